//! The clipping alarm: what leaves the calibrated ranges raises it, what they were calibrated on does not, and what is
//! added to the calibration raises it no longer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use twinsight::detect::{Frame, Letterboxer, Size};
use twinsight::integer::{Executor, Network, Sums, Values};
use twinsight::model::{Catalog, ModelInfo, ModelLoader, ModelName};
use twinsight::onnx::float_name;
use twinsight::workshop::clipping::{ClippingReading, ClippingSources, ClippingStudy, RangeEnd, ShareSource};
use twinsight::workshop::rebuild::ModelOrigin;
use twinsight::workshop::{
    CalibrationFrame, CalibrationTable, Calibrator, CountedEnds, GridKind, Method, Progress, Stopped,
};

use crate::dark_network::{SEEDS, dimmed, int8};
use crate::program::twinsight;
use crate::run::Run;
use crate::small_network::Shop;

struct Patience {
    has_ended: bool,
}

impl Progress for Patience {
    fn report(&self, _: &str, _: usize, _: usize) {}

    fn is_cancelled(&self) -> bool {
        self.has_ended
    }
}

fn loaded(shop: &Shop, model: &Path) -> Arc<ModelInfo> {
    let request = ModelName::File(model.to_owned()).into();
    Arc::clone(ModelLoader::new(shop.catalog()).load(&request).unwrap().info())
}

fn try_read(shop: &Shop, model: &Path, picture: &Path, has_ended: bool) -> Result<ClippingReading, Stopped> {
    let frame = twinsight::source::load(picture).unwrap();
    let (catalog, info) = (shop.catalog(), loaded(shop, model));
    let sources = ClippingSources { catalog: &catalog, photos: &Vec::<Frame>::new };
    ClippingStudy::default().read(&info, &frame, &sources, &Patience { has_ended })
}

fn read(shop: &Shop, model: &Path, picture: &Path) -> ClippingReading {
    try_read(shop, model, picture, false).unwrap()
}

fn calibrated(shop: &Shop, pictures: &[PathBuf]) -> Calibrator {
    let mut calibrator = Calibrator::new(&shop.runtime(), &shop.source()).unwrap();
    for picture in pictures {
        let frame = twinsight::source::load(picture).unwrap();
        calibrator.add(&CalibrationFrame::of(frame.into())).unwrap();
    }
    calibrator
}

#[test]
fn the_bytes_at_the_ends_are_those_of_the_executor() {
    let shop = Shop::new();
    let model = int8(&shop);
    let picture = shop.picture("pictures", 7);
    let reading = read(&shop, &model, &picture);
    let network = Arc::new(Network::read(&std::fs::read(&model).unwrap()).unwrap());
    let mut letterboxer = Letterboxer::new(Size::new(64, 64));
    letterboxer.fill(&twinsight::source::load(&picture).unwrap());
    let mut executor = Executor::new(Arc::clone(&network));
    executor.run(letterboxer.tensor(), Sums::Exact).unwrap();
    let tensors = network.cut_tensors();
    assert!(tensors.len() >= 8, "the input, 3 convolutions, their leaky ReLUs, the head: {tensors:?}");
    assert!(!tensors.iter().any(|cut| cut.tensor.contains("split")), "bytes that are only moved are left out");
    for cut in &tensors {
        let Some(Values::U8(bytes)) = executor.values(&cut.tensor) else { panic!("{} is not in uint8", cut.tensor) };
        let at = |end: u8, clips: bool| bytes.iter().filter(|byte| clips && **byte == end).count();
        let share = (at(0, cut.clips[0]) + at(255, cut.clips[1])) as f64 / bytes.len() as f64;
        let found = reading.clipped(float_name(&cut.tensor)).unwrap_or_default();
        assert!((found - share).abs() < 1e-12, "{}: {found}, and not {share}", cut.tensor);
    }
    assert!(tensors.iter().any(|cut| cut.before_leaky) && !tensors.iter().all(|cut| cut.before_leaky));
}

#[test]
fn brightened_pictures_leave_the_ranges_until_they_are_added_to_the_calibration() {
    let shop = Shop::new();
    let model = int8(&shop);
    for seed in SEEDS {
        let calm = read(&shop, &model, &dimmed(&shop, seed));
        assert_eq!(calm.source, ShareSource::Table { counted: 3, pictures: 3 });
        assert!(calm.over().is_empty(), "{:?}", calm.over());
    }
    let bright = SEEDS.map(|seed| shop.picture("bright", seed));
    for picture in &bright {
        let reading = read(&shop, &model, picture);
        let over = reading.over();
        let of_input = over.iter().find(|end| end.tensor == "images").unwrap();
        assert!(of_input.end == RangeEnd::High && of_input.share > 0.3, "{over:?}");
        // What is cut off there is dark enough for the layers after it.
        assert_eq!(over.len(), 1, "{over:?}");
    }

    let origin = ModelOrigin::near(&shop.catalog(), &model, None).unwrap();
    let made = origin.with_added(&calibrated(&shop, &bright)).unwrap().save(&[shop.path("made")]).unwrap();
    assert!(made.to_string_lossy().contains("small-64_int8_qop_6-frames-"), "{}", made.display());
    let table = CalibrationTable::read(&made.with_extension("calibration.json")).unwrap();
    assert_eq!((table.pictures, table.ends.pictures), (6, 6));
    // Where nothing is cut off, ranges are those of all pictures.
    let all: Vec<PathBuf> = SEEDS.iter().map(|seed| dimmed(&shop, *seed)).chain(bright.clone()).collect();
    assert_eq!(table.ranges, calibrated(&shop, &all).table(Method::MINMAX, GridKind::default()).ranges);
    for picture in &bright {
        let [before, after] = [&model, &made].map(|model| read(&shop, model, picture));
        assert!(after.over().is_empty(), "{:?}", after.over());
        let share = |reading: &ClippingReading| reading.clipped("images").unwrap_or_default();
        assert!(share(&after) < 0.2 * share(&before), "{} {}", share(&before), share(&after));
    }
    for seed in SEEDS {
        assert!(read(&shop, &made, &dimmed(&shop, seed)).over().is_empty());
    }
}

/// How many of COCO's calibration pictures raise the alarm of the shipped models, as they are and brightened:
///
/// ```text
/// cargo test --release --test workshop clipping -- --ignored --nocapture
/// ```
#[test]
#[ignore = "a measurement"]
fn how_often_the_pictures_of_a_calibration_raise_it() {
    let catalog = Catalog::find();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/coco/calibration");
    let mut pictures: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pictures.retain(|path| path.extension().is_some_and(|end| end == "jpg"));
    pictures.sort();
    for name in [ModelName::Int8, ModelName::Tuned, ModelName::Safe] {
        let info = Arc::clone(ModelLoader::new(catalog.clone()).load(&name.clone().into()).unwrap().info());
        let mut study = ClippingStudy::default();
        for factor in [1.0, 1.5, 2.0, 3.0, 5.0] {
            let (mut raised, mut of, mut ends) = (0, 0, BTreeMap::<_, u32>::new());
            for path in pictures.iter().step_by(7) {
                let mut frame = twinsight::source::load(path).unwrap();
                frame.rgb_mut().iter_mut().for_each(|byte| *byte = (f32::from(*byte) * factor).min(255.0) as u8);
                let sources = ClippingSources { catalog: &catalog, photos: &Vec::<Frame>::new };
                let reading = study.read(&info, &frame, &sources, &Patience { has_ended: false }).unwrap();
                assert_eq!(reading.source, ShareSource::Table { counted: 343, pictures: 343 });
                raised += usize::from(!reading.over().is_empty());
                of += 1;
                for end in reading.over() {
                    *ends.entry(format!("{} {}", end.tensor, end.end)).or_default() += 1;
                }
            }
            eprintln!("{} at {factor} times the brightness: {raised} of {of} pictures; {ends:?}", name.label());
        }
    }
}

#[test]
fn a_table_without_counts_is_judged_by_its_method_and_no_table_not_at_all() {
    let shop = Shop::new();
    let (model, bright) = (int8(&shop), shop.picture("bright", SEEDS[0]));
    let path = model.with_extension("calibration.json");
    let counted = CalibrationTable::read(&path).unwrap();
    CalibrationTable { ends: CountedEnds::default(), ..counted }.write(&path).unwrap();
    let by_method = read(&shop, &model, &bright);
    assert_eq!(by_method.source, ShareSource::Method(Method::MINMAX));
    assert!(!by_method.over().is_empty() && by_method.ends.iter().all(|end| end.calibrated == Some(0.0)));
    std::fs::remove_file(&path).unwrap();
    let unknown = read(&shop, &model, &bright);
    assert_eq!(unknown.source, ShareSource::Unknown);
    assert!(unknown.over().is_empty() && unknown.clipped("images").is_some(), "nothing is guessed");
    assert_eq!(try_read(&shop, &model, &bright, true), Err(Stopped::Cancelled));
}

#[test]
fn the_layers_command_tells_the_share_of_each_tensor() {
    let shop = Shop::new();
    let (model, bright) = (int8(&shop), shop.picture("bright", SEEDS[0]));
    let layers = |flags: &[&str]| {
        let mut command = twinsight();
        command.arg("layers").args(flags).arg("--a").arg(shop.float()).arg("--b").arg(&model).arg(&bright);
        Run::of(&mut command).done()
    };
    let report: Value = serde_json::from_str(&layers(&["--quick", "--json"])).unwrap();
    let reading = read(&shop, &model, &bright);
    let lines = report["layers"].as_array().unwrap();
    let mut told = 0;
    for line in lines {
        let tensor = line["tensor"].as_str().unwrap();
        let (found, wanted) = (line["clipped"].as_f64(), reading.clipped(tensor));
        match (found, wanted) {
            (Some(found), Some(wanted)) => assert!((found - wanted).abs() < 1e-9, "{tensor}: {found} {wanted}"),
            // All its ends are natural.
            (found, wanted) => assert!(wanted.is_none() && found.unwrap_or_default() == 0.0, "{tensor}: {found:?}"),
        }
        told += usize::from(found.is_some_and(|share| share > 0.0));
    }
    assert!(told > 0 && lines.iter().any(|line| line["clipped"].is_null()), "{lines:?}");
    let text = layers(&["--quick"]);
    assert!(text.contains("   clipped") && text.contains("clipped: bytes at the ends"), "{text}");
}
