//! How a chip computes an INT8 model, as data: a hardware profile, `models/profiles/*.json` or a file of your own.
//!
//! ```json
//! { "name": "mine", "multiplier_bits": 18, "rounding": "half up", "leaky_relu": { "slope": 0.1015625 },
//!   "accumulator": { "bits": 24, "overflow": "saturate" } }
//! ```
//!
//! Every key is required, and no other is allowed.
//!
//! | key | values | meaning |
//! | --- | --- | --- |
//! | `name` | 1 to 40 letters, digits, `-` and `_` | not that of another built-in profile, nor of another arithmetic: `exact`, `native`, `saturating` |
//! | `multiplier_bits` | 1 to 31 | b, the bits of a fixed-point multiplier M0, without a sign; 1: only powers of two, that is, shifts |
//! | `rounding` | `half up`, `half even`, `half away`, `truncate` | see [`Rounding`] |
//! | `leaky_relu` | `"table"`, `"multipliers"`, `{ "slope": 0 to 1 }` | see [`LeakyRelu`]; the same way serves for inputs of a concatenation that are rounded to its scale |
//! | `accumulator.bits` | 16 to 32 | with the sign; wider ones count as 32, since a model's sums are int32 |
//! | `accumulator.overflow` | `wrap`, `saturate` | see [`OutOfRange`](super::OutOfRange) |
//!
//! What is computed, with scale s and zero point z of the input x, the weights w and the output y:
//!
//! - Convolution: sum = bias + Σ (x − z_x) · w, in the accumulator. M = s_x · s_w / s_y in float32, in this order, one
//!   per filter. y = clamp(((sum · M0 + rounding) >> n) + z_y) to 0..=255 (int8: −128..=127).
//! - M0 and n: the M0 · 2⁻ⁿ nearest to M with 2ᵇ⁻¹ ≤ M0 < 2ᵇ ([`Multiplier`]).
//! - Leaky ReLU with two multipliers: those of M = s_x / s_y where x ≥ z_x, and of slope · M where x < z_x, both in
//!   float32; y as above with x − z_x in place of the sum.
//! - Whatever only moves bytes moves them. Conversions from and to float are left to the host, as ONNX defines them.
//!
//! Four profiles are built in. None of them is a device's specification; each is a common way to build one. They round
//! once, half up. TensorFlow Lite, unless built with `TFLITE_SINGLE_ROUNDING`, and QNNPACK round twice, the second time
//! half away, so that some of their bytes differ from these.
//!
//! | profile | what it stands for | sources |
//! | --- | --- | --- |
//! | `zynq-m31` | programmable logic that rescales as TOSA does: M0 of 31 bits, half up, a leaky ReLU of two multipliers with the model's slope, int32 sums | Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018 (M = 2⁻ⁿ · M0); QNNPACK `requantization.h` (M0 from 2³⁰ to below 2³¹); TOSA `RESCALE` with `scale32` and a single rounding |
//! | `m18` | the same with an M0 of 18 bits | AMD UG479, 7 Series DSP48E1 slice: 25 × 18 multiplier, both with a sign. M0 takes the wide port; for the narrow one, `multiplier_bits` 17 |
//! | `m16` | the same with an M0 of 16 bits, as in processors that multiply 16-bit words without a sign | TOSA `RESCALE` without `scale32` (16 bits with a sign: `multiplier_bits` 15) |
//! | `power-of-two` | shifts only, and 1/8 for the leaky ReLU's slope of 0.1. Only useful with a model quantized with such scales | AMD UG1414, Vitis AI: the DPU's scales are powers of two. Its leaky ReLU has no other slope than 26/256 (Xilinx/Vitis-AI, issue 317) |

use std::hash::{Hash, Hasher};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::accumulator::Accumulator;
use super::error::{ProfileCause, ProfileError};
use super::multiplier::{Multiplier, Rounding};
use crate::files::{FileFormat, has_keys, read_limited};

/// Of a profile's file.
const MAX_BYTES: u64 = 1 << 16;
const MAX_NAME: usize = 40;

/// The profiles that come with the program, as their files are.
const BUILT_IN: [(&str, &str); 4] = [
    ("zynq-m31", include_str!("../../models/profiles/zynq-m31.json")),
    ("m18", include_str!("../../models/profiles/m18.json")),
    ("m16", include_str!("../../models/profiles/m16.json")),
    ("power-of-two", include_str!("../../models/profiles/power-of-two.json")),
];

/// Names of arithmetics that need no profile: what a name says must be one thing.
const RESERVED: [&str; 3] = ["exact", "native", "saturating"];

/// How a chip computes an INT8 model.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    /// Bits of M0, without a sign: [`Multiplier::BITS`].
    pub multiplier_bits: u32,
    pub rounding: Rounding,
    pub leaky_relu: LeakyRelu,
    pub accumulator: Accumulator,
}

/// How a chip computes a leaky ReLU, and brings the inputs of a concatenation to one scale.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LeakyRelu {
    /// From a table of 256 bytes per node, filled as ONNX Runtime does, in float32.
    Table,
    /// With two multipliers, from the zero point up and below it, the latter with the model's slope.
    Multipliers,
    /// With two multipliers and this slope in place of the model's, 0..=1.
    Slope(f32),
}

impl LeakyRelu {
    /// What makes two of them the same: slopes by their bits, so that NaN is itself too.
    fn key(self) -> (u8, u32) {
        match self {
            Self::Table => (0, 0),
            Self::Multipliers => (1, 0),
            Self::Slope(slope) => (2, slope.to_bits()),
        }
    }
}

impl PartialEq for LeakyRelu {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for LeakyRelu {}

impl Hash for LeakyRelu {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Profile {
    /// The file's kind.
    pub const FILE: FileFormat = FileFormat {
        name: "a hardware profile",
        reads: MAX_BYTES,
        is: |bytes| has_keys(bytes, &["name", "multiplier_bits", "rounding", "leaky_relu", "accumulator"]),
    };

    /// Names of the profiles that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A built-in profile by its name, or the profile of a file.
    pub fn find(text: &str) -> Result<Self, ProfileError> {
        if let Some(profile) = Self::built_in(text) {
            return Ok(profile);
        }
        let path = Path::new(text);
        if !path.exists() && path.extension().is_none() {
            let known = Self::names().collect::<Vec<_>>().join(", ");
            return Err(ProfileError::Unknown { name: text.to_owned(), known });
        }
        Self::read(path)
    }

    /// The profile of a file of at most 64 KiB.
    pub fn read(path: &Path) -> Result<Self, ProfileError> {
        let failed = |cause| ProfileError::File { path: path.to_owned(), cause };
        let bytes = read_limited(path, MAX_BYTES).map_err(|cause| failed(ProfileCause::Read(cause)))?;
        let text = std::str::from_utf8(&bytes).map_err(|cause| failed(ProfileCause::Json(cause.to_string())))?;
        Self::from_json(text).and_then(Self::checked).map_err(failed)
    }

    /// Reads a profile's text and checks its ranges.
    pub fn from_json(text: &str) -> Result<Self, ProfileCause> {
        let profile: Self = serde_json::from_str(text).map_err(|cause| ProfileCause::Json(cause.to_string()))?;
        profile.checked_ranges()
    }

    /// The text of its file.
    pub fn to_json(&self) -> String {
        // A struct of plain values always has a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// This profile, if its values are in their ranges and its name is its own.
    pub fn checked(self) -> Result<Self, ProfileCause> {
        let profile = self.checked_ranges()?;
        match Self::built_in(&profile.name) {
            Some(ours) if ours != profile => Err(ProfileCause::Taken(profile.name)),
            _ => Ok(profile),
        }
    }

    fn checked_ranges(self) -> Result<Self, ProfileCause> {
        let Self { name, multiplier_bits, leaky_relu, accumulator, .. } = &self;
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(good) {
            return Err(ProfileCause::Name { most: MAX_NAME });
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(ProfileCause::Reserved(name.clone()));
        }
        for (key, bits, range) in [
            ("multiplier_bits", *multiplier_bits, Multiplier::BITS),
            ("accumulator.bits", accumulator.bits, Accumulator::BITS),
        ] {
            if !range.contains(&bits) {
                return Err(ProfileCause::Bits { key, bits, least: *range.start(), most: *range.end() });
            }
        }
        match leaky_relu {
            LeakyRelu::Slope(slope) if !(0.0..=1.0).contains(slope) => Err(ProfileCause::Slope(*slope)),
            _ => Ok(self),
        }
    }

    /// Whether it comes with the program.
    pub fn is_built_in(&self) -> bool {
        Self::built_in(&self.name).as_ref() == Some(self)
    }

    /// The multiplier nearest to `value`; fails where there is none. The message follows the node's name and a colon.
    pub(super) fn multiplier(&self, value: f32) -> Result<Multiplier, String> {
        Multiplier::nearest(value, self.multiplier_bits)
            .ok_or_else(|| format!("a chip cannot multiply by {value}, which is negative or not finite"))
    }

    /// One that comes with the program, by its name.
    pub fn built_in(name: &str) -> Option<Self> {
        let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        #[expect(clippy::expect_used, reason = "a test reads every profile that comes with the program")]
        Some(Self::from_json(text).expect("a built-in profile can be read"))
    }
}
