//! How old a frame is when its boxes are ready to be painted.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::camera::SIZE;
use super::throughput::WARM_UP;
use crate::cli::statistics::{median, millis};
use crate::detect::{Frame, Postprocessor, Thresholds};
use crate::engine::{Engine, Open, Parts, Settings};
use crate::live::{self, PHOTOS};
use crate::model::{Catalog, ModelRequest};
use crate::source::pixels::{Converter, PixelError};
use crate::source::{Description, Next, PixelFormat, Source, SourceError, SourceRequest};

/// Of the camera, in frames per second.
const RATE: u32 = 30;
/// How many pictures it keeps, as the queue of a driver does.
const QUEUE: u128 = 4;
/// How long the camera may take for a frame.
const PATIENCE: Duration = Duration::from_secs(5);

/// From the moment at which a camera has a picture until it is decoded, inferred, and its boxes are found. Medians, in
/// milliseconds.
#[derive(Serialize)]
pub struct FrameLatency {
    pub model: String,
    pub frames: usize,
    pub median_ms: f64,
    pub inference_ms: f64,
    /// How much of the age is not inference, in times from one frame of the camera to the next.
    pub frame_times_over_inference: f64,
    /// The median of the last quarter less that of the first.
    pub growth_ms: f64,
}

impl FrameLatency {
    /// Runs the engine for `time` on a camera that gives 30 pictures of 1280×720 a second as MJPEG.
    pub fn measure(catalog: &Catalog, model: &ModelRequest, time: Duration) -> Result<Self, Box<dyn Error>> {
        let photo = catalog.download(PHOTOS[1]);
        let jpeg = std::fs::read(&photo)
            .map_err(|e| format!("cannot read {}: {e}; run `twinsight setup`", photo.display()))?;
        let camera = Arc::new(FakeCamera { jpeg, ticks: Mutex::default() });
        let parts =
            Parts { opener: Arc::new(FakeOpener(Arc::clone(&camera))), ..live::parts(catalog, Arc::new(|| {})) };
        let source = SourceRequest::Demo;
        let engine = Engine::start(parts, Settings { source, reopen: 0, models: vec![model.clone()], paused: false })?;
        let mut postprocessor = Postprocessor::default();
        let (mut ages, mut inferences) = (Vec::new(), Vec::new());
        let (mut seen, mut start) = (0, Instant::now());
        while seen <= WARM_UP || start.elapsed() < time {
            let observation = engine.wait(PATIENCE).ok_or("the fake camera has stopped")?;
            let Some(output) = observation.outputs.first() else { continue };
            postprocessor.run(&output.model.form, &output.heads, &output.letterbox, Thresholds::LIVE);
            let now = Instant::now();
            seen += 1;
            if seen <= WARM_UP {
                start = now;
            } else if let Some(tick) = camera.tick(observation.frame_id) {
                ages.push(millis(now.saturating_duration_since(tick)));
                inferences.push(millis(output.inference));
            }
        }
        engine.stop(Duration::from_secs(2));
        let quarter = ages.len().div_ceil(4);
        let (first, last) = (&ages[..quarter], &ages[ages.len() - quarter..]);
        let growth_ms = median(&mut last.to_vec()) - median(&mut first.to_vec());
        let (frames, median_ms, inference_ms) = (ages.len(), median(&mut ages), median(&mut inferences));
        let frame_times_over_inference = (median_ms - inference_ms) * f64::from(RATE) / 1e3;
        Ok(Self { model: model.label(), frames, median_ms, inference_ms, frame_times_over_inference, growth_ms })
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let Self { model, frames, median_ms, inference_ms, frame_times_over_inference, growth_ms } = self;
        format!(
            "capture-to-result age of a camera frame, {model}: {median_ms:.1} ms = inference {inference_ms:.1} ms + \
             {frame_times_over_inference:.2} frame intervals at {RATE}/s\n  change from the first to the last quarter \
             of {frames} frames: {growth_ms:+.1} ms\n"
        )
    }
}

/// Has a picture on the beat, whether or not anybody takes it.
struct FakeCamera {
    jpeg: Vec<u8>,
    /// When each picture was there that was taken. The engine numbers those of its only source in the same way.
    ticks: Mutex<Vec<Instant>>,
}

impl FakeCamera {
    fn tick(&self, number: u64) -> Option<Instant> {
        self.ticks.lock().unwrap_or_else(PoisonError::into_inner).get(usize::try_from(number).ok()?).copied()
    }
}

struct FakeOpener(Arc<FakeCamera>);

impl Open for FakeOpener {
    fn open(&self, _: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(FakeStream { camera: Arc::clone(&self.0), due: Instant::now(), converter: Converter::default() }))
    }
}

struct FakeStream {
    camera: Arc<FakeCamera>,
    /// When the next picture is there, or was.
    due: Instant,
    converter: Converter,
}

impl Source for FakeStream {
    fn description(&self) -> Description {
        let nominal_rate = Some(RATE as f32);
        Description { name: "fake camera".into(), size: Some(SIZE), nominal_rate, ..Description::default() }
    }

    /// Like a driver, it keeps the pictures that nobody took yet, up to a few.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        let slot = Duration::from_secs(1) / RATE;
        let missed = self.due.elapsed().as_nanos() / slot.as_nanos();
        self.due += slot * u32::try_from(missed.saturating_sub(QUEUE)).unwrap_or(u32::MAX);
        // Nothing ever comes through this channel: it is the deadline that is waited for.
        let _ = crossbeam_channel::never::<()>().recv_deadline(self.due);
        let failed = |e: PixelError| SourceError::Camera { camera: "the fake camera".into(), cause: e.to_string() };
        self.converter.convert(PixelFormat::Mjpeg, SIZE, &self.camera.jpeg, frame).map_err(failed)?;
        self.camera.ticks.lock().unwrap_or_else(PoisonError::into_inner).push(self.due);
        self.due += slot;
        Ok(Next::Frame)
    }

    fn is_live(&self) -> bool {
        true
    }
}
