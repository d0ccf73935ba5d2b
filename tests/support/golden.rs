//! What independent programs computed for every tensor of the INT8 models, on an already letterboxed picture.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sha2::Digest;

/// Of one model.
pub struct Golden {
    pub file: String,
    /// The file's bytes.
    pub model: Vec<u8>,
    /// The CRC-32 of each tensor's bytes, little endian.
    pub tensors: BTreeMap<String, u32>,
}

#[derive(serde::Deserialize)]
struct Recorded {
    sha256: String,
    tensors: BTreeMap<String, String>,
}

impl Golden {
    /// Of both models; `name`: a file in tests/data.
    pub fn read(name: &str) -> Vec<Self> {
        let text = std::fs::read_to_string(root().join("tests/data").join(name)).unwrap();
        let recorded: BTreeMap<String, Recorded> = serde_json::from_str(&text).unwrap();
        assert_eq!(recorded.len(), 2);
        let of = |(file, Recorded { sha256, tensors }): (String, Recorded)| {
            let model = installed(&file);
            let sum: String = sha2::Sha256::digest(&model).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(sum, sha256, "{file} is not the model that the sums were recorded of; run make setup");
            let tensors = tensors.into_iter().map(|(name, crc)| (name, u32::from_str_radix(&crc, 16).unwrap()));
            Self { file, model, tensors: tensors.collect() }
        };
        recorded.into_iter().map(of).collect()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn installed(file: &str) -> Vec<u8> {
    let path = root().join("models").join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; run make setup", path.display()))
}

/// `[1, 3, 416, 416]`: tests/data/bus_416.png, which no decoder reads in another way.
pub fn picture() -> Vec<f32> {
    let picture = image::open(root().join("tests/data/bus_416.png")).unwrap().into_rgb8();
    let channel = |channel: usize| picture.pixels().map(move |pixel| f32::from(pixel.0[channel]) / 255.0);
    (0..3).flat_map(channel).collect()
}

/// CRC-32 as in zip and PNG: the polynomial 0xEDB88320, bits reflected.
pub fn crc32(bytes: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256u32)
        .map(|byte| (0..8).fold(byte, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }))
        .collect();
    !bytes.iter().fold(!0, |crc: u32, byte| crc >> 8 ^ table[((crc ^ u32::from(*byte)) & 255) as usize])
}

pub fn crc32_of_floats(values: &[f32]) -> u32 {
    crc32(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}
