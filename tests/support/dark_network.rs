//! The small network, calibrated in the dark: everything bright leaves its ranges.

use std::path::PathBuf;

use twinsight::workshop::{CalibrationFrame, Calibrator, GridKind, Method, Recipe};

use crate::small_network::Shop;

/// Of the pictures that it was calibrated on.
pub const SEEDS: [u32; 3] = [1, 2, 5];

/// A picture that it was calibrated on: the one of this seed, with a quarter of its light.
pub fn dimmed(shop: &Shop, seed: u32) -> PathBuf {
    let mut picture = image::open(shop.picture("bright", seed)).unwrap().to_rgb8();
    picture.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(|value| value / 4));
    let dir = shop.path("a-dark");
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join(format!("{seed:02}.png"));
    picture.save(&path).unwrap();
    path
}

/// The INT8 model after the card's recipe, with its table beside it.
pub fn int8(shop: &Shop) -> PathBuf {
    let (source, dir) = (shop.source(), shop.path("dark"));
    std::fs::create_dir_all(&dir).unwrap();
    let mut calibrator = Calibrator::new(&shop.runtime(), &source).unwrap();
    for seed in SEEDS {
        let frame = twinsight::source::load(&dimmed(shop, seed)).unwrap();
        calibrator.add(&CalibrationFrame::of(frame.into())).unwrap();
    }
    let table = calibrator.table(Method::MINMAX, GridKind::default());
    let path = source.quantized(&Recipe::card(), &table, &dir).unwrap().write(&dir).unwrap();
    table.write(&path.with_extension("calibration.json")).unwrap();
    path
}
