//! Bytes that an arithmetic changes: as the plain executor finds them, tensor by tensor.

use std::sync::Arc;

use twinsight::detect::{Frame, Letterboxer};
use twinsight::integer::{Element, Executor, Network, Profile, Sums, Values};
use twinsight::model::{Arithmetic, FrameDetector, ModelInfo, ModelLoader, ModelName, ModelRequest};
use twinsight::workshop::{ByteStudy, LayerBytes, Progress, Stopped};

use crate::small_network::Shop;

/// Waits for ever, or has given up.
struct Waiting {
    is_cancelled: bool,
}

impl Progress for Waiting {
    fn report(&self, _: &str, _: usize, _: usize) {}

    fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }
}

const PATIENT: Waiting = Waiting { is_cancelled: false };

fn frame(shop: &Shop, seed: u32) -> Arc<Frame> {
    twinsight::source::load(&shop.picture("pictures", seed)).unwrap().into()
}

fn loaded(shop: &Shop, arithmetic: Arithmetic) -> Arc<ModelInfo> {
    let request = ModelRequest::new(ModelName::File(shop.int8()), arithmetic);
    Arc::clone(ModelLoader::new(shop.catalog()).load(&request).unwrap().info())
}

fn chip(bits: u32) -> Arithmetic {
    let m16 = Profile::built_in("m16").unwrap();
    Profile { name: format!("m{bits}"), multiplier_bits: bits, ..m16 }.into()
}

/// All tensors in bytes, by the plain executor.
fn values(shop: &Shop, arithmetic: &Arithmetic, frame: &Frame) -> Vec<(String, Values)> {
    let network = Network::read(&std::fs::read(shop.int8()).unwrap()).unwrap();
    let (network, sums) = match arithmetic {
        Arithmetic::Chip(profile) => (network.on_chip(profile).unwrap(), Sums::Exact),
        Arithmetic::Saturating => (network, Sums::Saturating),
        Arithmetic::Exact | Arithmetic::Native => (network, Sums::Exact),
    };
    let mut letterboxer = Letterboxer::new(twinsight::detect::Size::new(64, 64));
    letterboxer.fill(frame);
    let mut executor = Executor::new(Arc::new(network));
    executor.run(letterboxer.tensor(), sums).unwrap();
    let network = Arc::clone(executor.network());
    let in_bytes = network.tensors().iter().filter(|tensor| tensor.element != Element::F32);
    in_bytes.map(|tensor| (tensor.name.clone(), executor.values(&tensor.name).unwrap())).collect()
}

fn expected(shop: &Shop, arithmetic: &Arithmetic, frame: &Frame) -> Vec<LayerBytes> {
    let pairs = values(shop, arithmetic, frame).into_iter().zip(values(shop, &Arithmetic::Exact, frame));
    let layer = |((name, one), (_, other)): ((String, Values), (String, Values))| {
        let (Values::U8(one), Values::U8(other)) = (one, other) else { panic!("{name} is not in uint8") };
        let differing = one.iter().zip(&other).filter(|(one, other)| one != other).count();
        LayerBytes { tensor: name.trim_end_matches("_quantized").to_owned(), bytes: one.len(), differing }
    };
    pairs.map(layer).collect()
}

#[test]
fn they_are_those_of_the_executor_for_one_arithmetic_after_another() {
    let shop = Shop::new();
    let mut study = ByteStudy::default();
    for seed in [7, 9] {
        let frame = frame(&shop, seed);
        let mut shares = Vec::new();
        for arithmetic in [chip(12), chip(2), Arithmetic::Saturating, Arithmetic::Exact] {
            let model = loaded(&shop, arithmetic.clone());
            let found = study.compare(&model, &frame, &PATIENT).unwrap();
            assert_eq!(found.layers, expected(&shop, &arithmetic, &frame), "{arithmetic}");
            shares.push(found.share());
        }
        assert!(shares[0] < shares[1] && shares[1] > 0.1, "few bits change more: {shares:?}");
        assert_eq!(shares[3], 0.0);
    }
}

#[test]
fn the_raw_heads_are_those_of_a_detector_in_each_arithmetic() {
    let shop = Shop::new();
    let mut study = ByteStudy::default();
    assert_eq!(study.take_heads(), None);
    for seed in [7, 9] {
        let frame = frame(&shop, seed);
        let detected = |arithmetic: &Arithmetic| {
            let request = ModelRequest::new(ModelName::File(shop.int8()), arithmetic.clone());
            let mut detector = FrameDetector::open(&ModelLoader::new(shop.catalog()), &request).unwrap();
            detector.run(&frame).unwrap();
            detector.heads().clone()
        };
        for arithmetic in [chip(12), chip(2), Arithmetic::Saturating] {
            study.compare(&loaded(&shop, arithmetic.clone()), &frame, &PATIENT).unwrap();
            let expected = [&Arithmetic::Exact, &arithmetic].map(detected);
            assert_eq!(study.take_heads(), Some(expected), "{arithmetic}");
        }
    }
}

#[test]
fn what_nobody_waits_for_ends_and_a_file_that_has_changed_is_told() {
    let shop = Shop::new();
    let (frame, model) = (frame(&shop, 7), loaded(&shop, chip(4)));
    let mut study = ByteStudy::default();
    let cancelled = study.compare(&model, &frame, &Waiting { is_cancelled: true });
    assert_eq!(cancelled, Err(Stopped::Cancelled));
    assert!(study.compare(&model, &frame, &PATIENT).unwrap().worst().is_some());
    let mut bytes = std::fs::read(shop.int8()).unwrap();
    bytes.push(0);
    std::fs::write(shop.int8(), bytes).unwrap();
    let why = ByteStudy::default().compare(&model, &frame, &PATIENT).unwrap_err().to_string();
    assert!(why.contains("has changed since it was loaded"), "{why}");
}
