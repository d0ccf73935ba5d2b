//! A and B, which look at the same frames.

use std::error::Error;
use std::sync::Arc;

use super::frame_stages::FrameStages;
use crate::compare::{Comparer, Comparison, ModelInput};
use crate::detect::{Frame, Thresholds};
use crate::model::{Catalog, FrameDetector, ModelError, ModelInfo, ModelLoader, ModelRequest};

/// Two models that know the same classes.
pub struct DetectorPair {
    detectors: [FrameDetector; 2],
    comparer: Comparer,
}

impl DetectorPair {
    pub fn open(catalog: &Catalog, [a, b]: &[ModelRequest; 2]) -> Result<Self, Box<dyn Error>> {
        let loader = ModelLoader::new(catalog.clone());
        let detectors = [FrameDetector::open(&loader, a)?, FrameDetector::open(&loader, b)?];
        let [a, b] = detectors.each_ref().map(|detector| &**detector.info());
        if a.form.classes != b.form.classes {
            let [a, b] = [a, b].map(|m| format!("{} ({} classes)", m.path.display(), m.form.classes.len()));
            return Err(format!("{a} and {b} have different classes; compare two models with the same classes").into());
        }
        Ok(Self { detectors, comparer: Comparer::default() })
    }

    /// A's and B's.
    pub fn infos(&self) -> [Arc<ModelInfo>; 2] {
        self.detectors.each_ref().map(|detector| Arc::clone(detector.info()))
    }

    /// Lets both look at a frame.
    pub fn look(&mut self, frame: &Frame, stages: &mut FrameStages) -> Result<(), ModelError> {
        for (detector, name) in self.detectors.iter_mut().zip(["inference A", "inference B"]) {
            stages.stage("letterbox", || detector.letterbox(frame));
            stages.stage(name, || detector.infer())?;
        }
        Ok(())
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
