//! Time and memory that the history takes, with the real models on the demo's pictures.
//!
//! `cargo test --test history -- --ignored --nocapture measure`

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use twinsight::compare::CompareSettings;
use twinsight::detect::{Frame, Letterboxer, RawHeads, Size};
use twinsight::engine::{Observation, Output, Times};
use twinsight::history::{BestSearch, Compactor, MomentComparer, Ring, Search, Timeline};
use twinsight::live::PHOTOS;
use twinsight::model::{Catalog, Detector, ModelName, Runtime, SessionDetector};
use twinsight::source::{DemoSource, Description};

const FRAMES: u64 = 40;

fn timed<R>(times: &mut Vec<Duration>, run: impl FnOnce() -> R) -> R {
    let begun = Instant::now();
    let result = run();
    times.push(begun.elapsed());
    result
}

/// The least and the median.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    format!("{:.2?} to {:.2?}", times[0], times[times.len() / 2])
}

fn observe(number: u64, frame: Frame, detectors: &mut [SessionDetector]) -> Observation {
    let mut outputs = Vec::new();
    for (slot, detector) in detectors.iter_mut().enumerate() {
        let info = Arc::clone(detector.info());
        let mut letterboxer = Letterboxer::new(info.form.input);
        let letterbox = letterboxer.fill(&frame);
        let mut heads = RawHeads::default();
        detector.run(letterboxer.tensor(), &mut heads).unwrap();
        let heads = Arc::new(heads);
        outputs.push(Output { slot, model: info, heads, letterbox, inference: Duration::ZERO });
    }
    let now = Instant::now();
    let times = Times { captured: now, capture: Duration::ZERO, letterbox: Duration::ZERO, finished: now };
    Observation {
        frame_id: number,
        sequence: number,
        frame: Arc::new(frame),
        outputs,
        times,
        source_generation: 0,
        description: Description::default(),
    }
}

fn enlarged(frame: &Frame, size: Size) -> Frame {
    let picture = image::RgbImage::from_raw(frame.width(), frame.height(), frame.rgb().to_vec()).unwrap();
    let filter = image::imageops::FilterType::CatmullRom;
    Frame::from_rgb(size, image::imageops::resize(&picture, size.width, size.height, filter).into_raw()).unwrap()
}

#[test]
#[ignore = "measures"]
fn what_a_moment_takes() {
    let catalog = Catalog::at(Path::new(env!("CARGO_MANIFEST_DIR")).join("models"));
    let runtime = Runtime::find(&catalog).unwrap();
    let open = |name: &ModelName| SessionDetector::open(&runtime, &catalog, &name.clone().into()).unwrap();
    let mut detectors: Vec<SessionDetector> = ModelName::BUILT.iter().map(open).collect();
    let photos: Vec<_> = PHOTOS.iter().map(|file| catalog.download(file)).collect();
    let mut demo = DemoSource::open(&photos, "").unwrap();
    let (mut ring, mut timeline, mut compactor) = (Ring::default(), Timeline::default(), Compactor::default());
    let (mut small, mut large, mut whole, mut restored) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut jpeg, mut large_jpeg, mut bytes) = (0, 0, 0);
    for number in 0..FRAMES {
        let mut frame = Frame::default();
        demo.render(number * 12, &mut frame).unwrap();
        let observation = observe(number, frame, &mut detectors);
        let bare = Observation { outputs: Vec::new(), ..observation.clone() };
        jpeg += timed(&mut small, || compactor.run(&bare)).bytes();
        let wide = Arc::new(enlarged(&bare.frame, Size::new(1280, 720)));
        let bare = Observation { frame: wide, ..bare };
        large_jpeg += timed(&mut large, || compactor.run(&bare)).bytes();
        let moment = timed(&mut whole, || compactor.run(&observation));
        bytes += moment.bytes();
        timed(&mut restored, || moment.restore().unwrap());
        timeline.add(&observation, None);
        ring.push(moment);
    }
    let each = bytes / FRAMES as usize;
    eprintln!("JPEG of 848×480: {}, {} KB", spread(small), jpeg / FRAMES as usize / 1024);
    eprintln!("JPEG of 1280×720: {}, {} KB", spread(large), large_jpeg / FRAMES as usize / 1024);
    eprintln!("a moment of FP32 and INT8: {}, {} KB; restored in {}", spread(whole), each / 1024, spread(restored));
    let limit = ring.limit();
    eprintln!(
        "in {} MB: {} moments; a minute at 25 a second takes {} MB",
        limit >> 20,
        limit / each,
        (each * 1500) >> 20
    );

    let (mut judge, mut judged) = (MomentComparer::default(), Vec::new());
    for moment in ring.moments() {
        timed(&mut judged, || judge.figures(moment, &CompareSettings::default()).unwrap());
    }
    eprintln!("figures of a moment at 0.25: {}", spread(judged));
    let mut added = Vec::new();
    let mut search = BestSearch::new(&ring, &CompareSettings::default());
    let found = loop {
        match timed(&mut added, || search.step(&ring, Duration::ZERO)) {
            Search::Going { .. } => {}
            found => break found,
        }
    };
    let solved = added.pop().unwrap();
    eprintln!("best threshold: {} a moment, then {solved:?}: {found:?}", spread(added));
}
