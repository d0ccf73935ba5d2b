//! Candidates of one frame, kept so that boxes can be computed again without the raw heads.

use super::{Decoder, Detection, Form, Letterbox, RawHeads, Size};

/// What one model proposes for a frame over a floor, strongest first: a few kilobytes in place of the raw heads' 862.
///
/// At every score threshold from the floor on, and at every NMS IoU, they give the very detections that the raw heads
/// give: see [`Postprocessor::run_ranked`](super::Postprocessor::run_ranked).
#[derive(Clone, Debug, PartialEq)]
pub struct RankedCandidates {
    ranked: Box<[Detection]>,
    image: Size,
    floor: f32,
}

impl RankedCandidates {
    /// Those with a score over `floor`; of more than `most`, the strongest.
    pub fn new(
        decoder: &mut Decoder,
        form: &Form,
        heads: &RawHeads,
        letterbox: &Letterbox,
        floor: f32,
        most: usize,
    ) -> Self {
        let mut ranked = decoder.run(form, heads, letterbox, floor).to_vec();
        ranked.sort_unstable_by(Detection::by_rank);
        let mut kept = Self { ranked: Box::default(), image: letterbox.image, floor };
        if let Some(first) = ranked.get(most) {
            kept.floor = first.score;
            ranked.truncate(most);
        }
        kept.ranked = ranked.into_boxed_slice();
        kept
    }

    /// Of more than `most`, the strongest stay, and the floor rises.
    pub fn truncate(&mut self, most: usize) {
        if let Some(first) = self.ranked.get(most) {
            self.floor = first.score;
            self.ranked = self.ranked[..most].into();
        }
    }

    /// Highest score first; boxes may reach out of the image, as those of [`Decoder::run`].
    pub fn ranked(&self) -> &[Detection] {
        &self.ranked
    }

    /// The size of the image that the boxes lie in.
    pub fn image(&self) -> Size {
        self.image
    }

    /// What scores no higher than this may be missing.
    pub fn floor(&self) -> f32 {
        self.floor
    }

    /// Size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.ranked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Postprocessor, Thresholds};

    /// Heads with something everywhere, so that NMS has work at every threshold.
    fn heads(form: &Form) -> RawHeads {
        let mut heads = RawHeads::zeros(form);
        let mut seed = 7u32;
        for values in heads.heads.iter_mut().flatten() {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *values = (seed >> 8) as f32 / (1 << 24) as f32 * 9.0 - 7.0;
        }
        heads
    }

    #[test]
    fn over_their_floor_they_give_what_the_raw_heads_give() {
        let form = Form::yolov4_tiny_416();
        let letterbox = Letterbox::new(Size::new(640, 427), form.input);
        let (heads, mut decoder) = (heads(&form), Decoder::default());
        let (mut whole, mut again) = (Postprocessor::default(), Postprocessor::default());
        let mut few = 0;
        for most in [usize::MAX, 1000] {
            let mut kept = RankedCandidates::new(&mut decoder, &form, &heads, &letterbox, 0.001, most);
            for most in [usize::MAX, 300] {
                kept.truncate(most);
                for score in [kept.floor(), 0.3, 0.5, 0.7].into_iter().filter(|score| *score >= kept.floor()) {
                    for nms_iou in [0.0, 0.45, 1.0] {
                        let thresholds = Thresholds { score, nms_iou };
                        let found = again.run_ranked(&kept, thresholds);
                        assert_eq!(found, whole.run(&form, &heads, &letterbox, thresholds), "{thresholds:?}");
                        few += usize::from(!found.is_empty());
                    }
                }
            }
            assert!(kept.ranked().len() == 300 && kept.floor() > 0.001);
        }
        assert!(few > 12, "nothing was compared: {few}");
    }
}
