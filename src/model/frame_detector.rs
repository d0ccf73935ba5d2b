//! A model with all that it takes to run it on a frame.

use std::sync::Arc;

use super::{Detector, ModelError, ModelInfo, ModelLoader, ModelRequest};
use crate::detect::{Detection, Frame, Letterbox, Letterboxer, Postprocessor, RawHeads, Size, Thresholds};

/// A detector, its input and its raw heads; the memory of one frame serves the next.
///
/// ```text
/// Frame ─ letterbox ─▶ tensor ─ infer ─▶ raw heads ─ detections ─▶ boxes in pixels of the frame
/// ```
pub struct FrameDetector {
    detector: Box<dyn Detector>,
    letterboxer: Letterboxer,
    letterbox: Letterbox,
    heads: RawHeads,
    postprocessor: Postprocessor,
}

impl FrameDetector {
    /// Loads a model.
    pub fn open(loader: &ModelLoader, request: &ModelRequest) -> Result<Self, ModelError> {
        Ok(Self::of(loader.load(request)?))
    }

    /// Of a model that is loaded.
    pub fn of(detector: Box<dyn Detector>) -> Self {
        let form = &detector.info().form;
        Self {
            letterboxer: Letterboxer::new(form.input),
            letterbox: Letterbox::new(Size::new(1, 1), form.input),
            heads: RawHeads::zeros(form),
            postprocessor: Postprocessor::default(),
            detector,
        }
    }

    /// What is known of the model.
    pub fn info(&self) -> &Arc<ModelInfo> {
        self.detector.info()
    }

    /// Letterboxes a frame into the input tensor.
    pub fn letterbox(&mut self, frame: &Frame) {
        self.letterbox = self.letterboxer.fill(frame);
    }

    /// Computes the raw heads of the frame that was letterboxed last.
    pub fn infer(&mut self) -> Result<(), ModelError> {
        self.detector.run(self.letterboxer.tensor(), &mut self.heads)
    }

    /// Letterboxes a frame and computes its raw heads.
    pub fn run(&mut self, frame: &Frame) -> Result<(), ModelError> {
        self.letterbox(frame);
        self.infer()
    }

    /// Detections in the raw heads, in pixels of the frame, highest score first.
    pub fn detections(&mut self, thresholds: Thresholds) -> &[Detection] {
        self.postprocessor.run(&self.detector.info().form, &self.heads, &self.letterbox, thresholds)
    }

    /// The input of the frame that was letterboxed last, `[1, 3, H, W]`.
    pub fn tensor(&self) -> &[f32] {
        self.letterboxer.tensor()
    }

    /// Where that frame lies in the input.
    pub fn place(&self) -> &Letterbox {
        &self.letterbox
    }

    /// The raw heads of the last inference.
    pub fn heads(&self) -> &RawHeads {
        &self.heads
    }
}
