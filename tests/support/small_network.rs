//! A network so small that its layers are measured in a moment: 3 classes, one head, weights that differ everywhere.

use std::path::PathBuf;

use twinsight::model::{Catalog, Runtime};
use twinsight::workshop::darknet::{DarknetNetwork, LayerKind};
use twinsight::workshop::{CalibrationFrame, Calibrator, FloatModel, GridKind, Method, Recipe};

use crate::program::installed;

const CFG: &str = "\
[net]
width=64
height=64
channels=3

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky

[route]
layers=-1
groups=2
group_id=1

[convolutional]
batch_normalize=1
filters=8
size=3
stride=1
pad=1
activation=leaky

[route]
layers=-1,-3

[maxpool]
size=2
stride=2

[convolutional]
size=1
stride=1
filters=16
activation=linear

[yolo]
mask=0,1
anchors=10,14, 23,27
classes=3
num=2
";

/// A models folder of its own, with ONNX Runtime and the small network in FP32 and in INT8 after the card's recipe.
pub struct Shop {
    pub dir: tempfile::TempDir,
}

impl Shop {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shop = Self { dir };
        std::fs::create_dir(shop.path("runtime")).unwrap();
        for entry in std::fs::read_dir(installed("runtime")).unwrap() {
            let entry = entry.unwrap();
            std::fs::hard_link(entry.path(), shop.path("runtime").join(entry.file_name()))
                .or_else(|_| std::fs::copy(entry.path(), shop.path("runtime").join(entry.file_name())).map(|_| ()))
                .unwrap();
        }
        std::fs::write(shop.path("small.cfg"), CFG).unwrap();
        std::fs::write(shop.path("small.names"), "gate\ndrone\nperson\n").unwrap();
        std::fs::write(shop.path("small.weights"), weights()).unwrap();
        let source = shop.source();
        source.float().write(shop.dir.path()).unwrap();
        let mut calibrator = Calibrator::new(&shop.runtime(), &source).unwrap();
        for seed in 0..3 {
            let frame = twinsight::source::load(&shop.picture("calibration", seed)).unwrap();
            calibrator.add(&CalibrationFrame::of(frame.into())).unwrap();
        }
        let table = calibrator.table(Method::MINMAX, GridKind::default());
        table.write(&shop.path(&source.table_name(&Recipe::card()))).unwrap();
        source.quantized(&Recipe::card(), &table, &shop.path("table")).unwrap().write(shop.dir.path()).unwrap();
        shop
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    pub fn float(&self) -> PathBuf {
        self.path("small-64_float.onnx")
    }

    pub fn int8(&self) -> PathBuf {
        self.path("small-64_int8_qop.onnx")
    }

    pub fn catalog(&self) -> Catalog {
        Catalog::at(self.dir.path())
    }

    pub fn runtime(&self) -> Runtime {
        Runtime::find(&self.catalog()).unwrap()
    }

    pub fn source(&self) -> FloatModel {
        FloatModel::read(&self.path("small.cfg"), &self.path("small.weights"), Some(&self.path("small.names"))).unwrap()
    }

    /// A picture in a folder of this name; another for each seed.
    pub fn picture(&self, folder: &str, seed: u32) -> PathBuf {
        let dir = self.path(folder);
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join(format!("{seed:02}.png"));
        let part = |x: u32, y: u32, k: u32| ((x * (3 + seed) + y * (5 + 7 * k) + seed * 40 * (k + 1)) % 256) as u8;
        let picture = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([0, 1, 2].map(|k| part(x / 9, y / 7, k))));
        picture.save(&path).unwrap();
        path
    }
}

/// In darknet's order. What the head adds puts scores around the usual threshold.
fn weights() -> Vec<u8> {
    let network = DarknetNetwork::from_cfg(CFG).unwrap();
    let mut bytes: Vec<u8> = [0i32, 2, 5, 0, 0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut seed = 5u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 24) as f32
    };
    for layer in &network.layers {
        let LayerKind::Conv(conv) = &layer.kind else { continue };
        for filter in 0..conv.filters {
            let bias = match filter % 8 {
                _ if conv.batch_normalize => random() - 0.5,
                4 => 1.0,
                5.. => 0.0,
                _ => 0.2 * random(),
            };
            bytes.extend(bias.to_le_bytes());
        }
        if conv.batch_normalize {
            // Scales, means, variances.
            for (low, span) in [(0.5, 1.0), (-0.2, 0.4), (0.5, 1.0)] {
                for _ in 0..conv.filters {
                    bytes.extend((low + span * random()).to_le_bytes());
                }
            }
        }
        for _ in 0..conv.weights() {
            bytes.extend((1.6 * (random() - 0.5)).to_le_bytes());
        }
    }
    bytes
}
