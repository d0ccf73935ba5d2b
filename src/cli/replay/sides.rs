//! Whose raw heads a replay shows: those that were recorded, and those of models that run on the frames again.

use std::sync::Arc;

use super::expected::ReplayedModel;
use crate::detect::{Form, RawHeads, Thresholds};
use crate::model::{FrameDetector, ModelError, ModelInfo};
use crate::recording::{RecordedFrame, RecordedOutput};

/// What one model makes of a frame.
pub struct ReplaySide<'a> {
    pub name: &'a str,
    pub form: &'a Form,
    pub heads: &'a RawHeads,
    pub thresholds: Thresholds,
}

/// A and B, each recorded or computed.
pub struct ReplaySides {
    /// Models that run, each with its place: 0 is A.
    running: Vec<(usize, FrameDetector)>,
    /// Whether a place without such a model has what was recorded.
    takes_recorded: bool,
    /// As they were asked for.
    score: Option<f32>,
    nms_iou: Option<f32>,
    /// Whose recorded heads were taken, with their places.
    taken: Vec<(usize, Arc<ModelInfo>)>,
    equal_heads: Option<EqualHeads>,
}

/// Of heads that were recorded and computed again by the same model: how many are the same, bit by bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct EqualHeads {
    pub equal: usize,
    pub of: usize,
    /// Frames that came back with slightly other pixels, because they were kept as JPEG.
    pub inexact_frames: usize,
}

impl ReplaySides {
    /// `running`: models that run, each with its place. `takes_recorded`: a place without one has what was recorded.
    pub fn new(
        running: Vec<(usize, FrameDetector)>,
        takes_recorded: bool,
        score: Option<f32>,
        nms_iou: Option<f32>,
    ) -> Self {
        Self { running, takes_recorded, score, nms_iou, taken: Vec::new(), equal_heads: None }
    }

    /// Lets the models look at a frame.
    pub fn look(&mut self, recorded: &RecordedFrame) -> Result<(), ModelError> {
        for (_, detector) in &mut self.running {
            detector.run(&recorded.frame)?;
            let info = detector.info();
            let is_known = |o: &&RecordedOutput| o.model.sha256 == info.sha256 && o.model.arithmetic == info.arithmetic;
            if let Some(known) = recorded.outputs.iter().find(is_known) {
                let heads = self.equal_heads.get_or_insert_default();
                heads.of += 1;
                heads.equal += usize::from(same_bits(&known.heads, detector.heads()));
                heads.inexact_frames += usize::from(!recorded.is_exact);
            }
        }
        for output in recorded.outputs.iter().filter(|output| is_taken(&self.running, self.takes_recorded, output)) {
            if !self.taken.iter().any(|(_, known)| Arc::ptr_eq(known, &output.model)) {
                self.taken.push((output.slot, Arc::clone(&output.model)));
            }
        }
        Ok(())
    }

    /// What there is of the frame that was looked at last, A first.
    pub fn of<'a>(&'a self, recorded: &'a RecordedFrame) -> Vec<ReplaySide<'a>> {
        let taken = recorded.outputs.iter().filter(|output| is_taken(&self.running, self.takes_recorded, output));
        let taken = taken.map(|output| {
            let RecordedOutput { slot, model, heads, thresholds, .. } = output;
            let (name, form) = (model.name.as_str(), &model.form);
            (*slot, ReplaySide { name, form, heads, thresholds: self.thresholds(*thresholds) })
        });
        let computed = self.running.iter().map(|(place, detector)| {
            let info = detector.info();
            let thresholds = self.thresholds(self.recorded_thresholds(*place, recorded));
            (*place, ReplaySide { name: &info.name, form: &info.form, heads: detector.heads(), thresholds })
        });
        let mut sides: Vec<(usize, ReplaySide<'a>)> = taken.chain(computed).collect();
        sides.sort_by_key(|(place, _)| *place);
        sides.into_iter().map(|(_, side)| side).collect()
    }

    /// All of them, A first.
    pub fn models(&self) -> Vec<ReplayedModel> {
        let computed = self.running.iter().map(|(place, detector)| (*place, detector.info()));
        let taken = self.taken.iter().map(|(place, info)| (*place, info));
        let mut models: Vec<(usize, &Arc<ModelInfo>)> = computed.chain(taken).collect();
        models.sort_by_key(|(place, _)| *place);
        models.into_iter().map(|(_, info)| ReplayedModel::of(info)).collect()
    }

    /// `None`: no model ran that was recorded.
    pub fn equal_heads(&self) -> Option<EqualHeads> {
        self.equal_heads
    }

    fn thresholds(&self, default: Thresholds) -> Thresholds {
        Thresholds { score: self.score.unwrap_or(default.score), nms_iou: self.nms_iou.unwrap_or(default.nms_iou) }
    }

    /// Of the model in whose place another one runs; where there was none, of the first.
    fn recorded_thresholds(&self, place: usize, recorded: &RecordedFrame) -> Thresholds {
        let outputs = recorded.outputs.as_slice();
        let of = outputs.iter().find(|output| output.slot == place).or(outputs.first());
        of.filter(|_| self.takes_recorded).map_or(Thresholds::LIVE, |output| output.thresholds)
    }
}

/// Whether an output is shown as it was recorded.
fn is_taken(running: &[(usize, FrameDetector)], takes_recorded: bool, output: &RecordedOutput) -> bool {
    takes_recorded && running.iter().all(|(place, _)| *place != output.slot)
}

fn same_bits(a: &RawHeads, b: &RawHeads) -> bool {
    let same = |(a, b): (&Vec<f32>, &Vec<f32>)| a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits()));
    a.heads.len() == b.heads.len() && a.heads.iter().zip(&b.heads).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_compared_and_not_values() {
        let of = |values: &[f32]| RawHeads { heads: vec![values.to_vec()] };
        assert!(same_bits(&of(&[f32::NAN, 1.0]), &of(&[f32::NAN, 1.0])));
        assert!(!same_bits(&of(&[0.0]), &of(&[-0.0])));
        assert!(!same_bits(&of(&[0.0]), &of(&[0.0, 0.0])));
    }
}
