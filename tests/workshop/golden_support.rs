//! Packs of the small network, and boards that compute it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use twinsight::detect::{Letterboxer, Size};
use twinsight::files::Outputs;
use twinsight::integer::{Executor, Network, Sums};
use twinsight::model::{FrameDetector, ModelLoader, ModelName, ModelRequest};
use twinsight::workshop::golden::{
    CheckReport, CheckRequest, GoldenArray, GoldenModel, GoldenPack, GoldenPicture, PACK, PackArithmetic, PackEncoding,
    PackWriter, check,
};

use crate::small_network::Shop;

pub fn model(shop: &Shop) -> GoldenModel {
    let request = ModelRequest::from(ModelName::File(shop.int8()));
    let detector = FrameDetector::open(&ModelLoader::new(shop.catalog()), &request).unwrap();
    let info = detector.info();
    let bytes = std::fs::read(&info.path).unwrap();
    GoldenModel::new(&info.path, &info.name, &info.sha256, &info.form, bytes).unwrap()
}

pub fn picture(path: &Path, input: Size) -> GoldenPicture {
    let frame = twinsight::source::load(path).unwrap();
    let mut letterboxer = Letterboxer::new(input);
    let letterbox = letterboxer.fill(&frame);
    GoldenPicture {
        name: path.file_stem().unwrap().to_str().unwrap().into(),
        file: path.file_name().unwrap().to_str().unwrap().into(),
        sha256: "of the file".into(),
        size: frame.size(),
        letterbox,
        input: letterboxer.tensor().to_vec(),
    }
}

/// A pack of one picture.
pub fn pack(
    model: &GoldenModel,
    path: &Path,
    dir: &Path,
    encoding: PackEncoding,
    arithmetic: PackArithmetic,
) -> GoldenPack {
    let table = model.requantization(31, twinsight::integer::Rounding::HalfUp).unwrap();
    let folder = Outputs::default().folder(dir, &PACK).unwrap();
    let mut writer = PackWriter::new(model, folder, arithmetic, encoding, &table).unwrap();
    writer.add(picture(path, model.form.input)).unwrap();
    writer.finish().unwrap();
    GoldenPack::open(dir).unwrap()
}

/// A board: its tensors as the pack stores them, and its files.
pub struct Board {
    pub dir: tempfile::TempDir,
    pub arrays: BTreeMap<String, GoldenArray>,
}

impl Board {
    /// All tensors as they must be.
    pub fn of(pack: &GoldenPack) -> Self {
        let tensors = pack.manifest.constants.iter().chain(&pack.manifest.pictures[0].tensors);
        let arrays = tensors.map(|tensor| (tensor.name.clone(), pack.array(tensor).unwrap())).collect();
        Self { dir: tempfile::tempdir().unwrap(), arrays }
    }

    /// Changes one tensor's values, and computes all later ones from them, as a board with this fault does.
    pub fn computing(pack: &GoldenPack, network: Network, tensor: &str, fault: impl Fn(&mut GoldenArray)) -> Self {
        let mut board = Self::of(pack);
        let mut executor = Executor::new(Arc::new(network));
        let encoding = pack.manifest.encoding;
        let network = Arc::clone(executor.network());
        let mut changed = false;
        for of in network.tensors() {
            if of.name == network.input().name {
                let values = encoding.restored(of, &board.arrays[&of.name]).unwrap();
                assert!(executor.set(&of.name, &values));
                continue;
            }
            let mut array = encoding.stored(of, &executor.compute(&of.name, Sums::Exact).unwrap());
            if of.name == tensor {
                fault(&mut array);
                changed = true;
                assert!(executor.set(&of.name, &encoding.restored(of, &array).unwrap()));
            }
            board.arrays.insert(of.name.clone(), array);
        }
        assert!(changed, "there is no {tensor}");
        board
    }

    pub fn file(&self, tensor: &str) -> PathBuf {
        self.dir.path().join(format!("{tensor}.bin"))
    }

    /// Writes all tensors as raw bytes.
    pub fn write(&self) {
        for (name, array) in &self.arrays {
            std::fs::write(self.file(name), &array.bytes).unwrap();
        }
    }

    pub fn check(&self, pack: &GoldenPack) -> CheckReport {
        check(pack, &CheckRequest { against: self.dir.path(), picture: None, map: &[] }).unwrap()
    }
}

/// Numbers that look random, the same each time.
pub struct Numbers(pub u64);

impl Numbers {
    /// Below `end`.
    pub fn next(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}
