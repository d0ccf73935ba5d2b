//! A and B, which look at the same frames.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::frame_stages::FrameStages;
use crate::compare::{Comparer, Comparison, ModelInput};
use crate::detect::{Frame, Thresholds};
use crate::live;
use crate::model::{Catalog, FrameDetector, ModelError, ModelInfo, ModelLoader, ModelRequest};

/// Two models. Only those that know the same classes can be compared.
pub struct DetectorPair {
    detectors: [FrameDetector; 2],
    comparer: Comparer,
}

/// How long each stage of a frame took.
#[derive(Clone, Copy, Debug, Default)]
pub struct LookTimes {
    /// Of both.
    pub letterbox: Duration,
    pub inference: [Duration; 2],
}

impl DetectorPair {
    pub fn open(catalog: &Catalog, [a, b]: &[ModelRequest; 2]) -> Result<Self, ModelError> {
        let loader = ModelLoader::new(catalog.clone());
        let open = |request: &ModelRequest| live::load(&loader, request).map(FrameDetector::of);
        Ok(Self { detectors: [open(a)?, open(b)?], comparer: Comparer::default() })
    }

    /// Fails where they do not know the same classes.
    pub fn open_alike(catalog: &Catalog, requests: &[ModelRequest; 2]) -> Result<Self, Box<dyn Error>> {
        let pair = Self::open(catalog, requests)?;
        let [a, b] = pair.detectors.each_ref().map(|detector| &**detector.info());
        if a.form.classes != b.form.classes {
            let [a, b] = [a, b].map(|m| format!("{} ({} classes)", m.path.display(), m.form.classes.len()));
            return Err(format!("{a} and {b} have different classes; compare two models with the same classes").into());
        }
        Ok(pair)
    }

    /// A and B.
    pub fn detectors(&self) -> &[FrameDetector; 2] {
        &self.detectors
    }

    /// A's and B's.
    pub fn infos(&self) -> [Arc<ModelInfo>; 2] {
        self.detectors.each_ref().map(|detector| Arc::clone(detector.info()))
    }

    /// Lets both look at a frame.
    pub fn look(&mut self, frame: &Frame, stages: &mut FrameStages) -> Result<LookTimes, ModelError> {
        let mut times = LookTimes::default();
        let detectors = self.detectors.iter_mut().zip(["inference A", "inference B"]);
        for ((detector, name), inference) in detectors.zip(&mut times.inference) {
            let begun = Instant::now();
            detector.letterbox(frame);
            let letterboxed = Instant::now();
            detector.infer()?;
            let done = Instant::now();
            stages.span("letterbox", begun, letterboxed);
            stages.span(name, letterboxed, done);
            times.letterbox += letterboxed - begun;
            *inference = done - letterboxed;
        }
        Ok(times)
    }

    /// What both made of the last frame.
    pub fn inputs(&self, thresholds: Thresholds) -> [ModelInput<'_>; 2] {
        inputs(&self.detectors, thresholds)
    }

    /// Boxes and verdicts of the last frame.
    pub fn compare(&mut self, thresholds: Thresholds) -> &Comparison {
        let [a, b] = inputs(&self.detectors, thresholds);
        self.comparer.run(&a, &b)
    }

    /// What [`DetectorPair::compare`] gave last.
    pub fn comparison(&self) -> &Comparison {
        self.comparer.comparison()
    }
}

fn inputs(detectors: &[FrameDetector; 2], thresholds: Thresholds) -> [ModelInput<'_>; 2] {
    detectors.each_ref().map(|detector| ModelInput {
        form: &detector.info().form,
        heads: detector.heads(),
        letterbox: detector.place(),
        thresholds,
    })
}
