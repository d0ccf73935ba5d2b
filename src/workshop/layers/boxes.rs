//! What one INT8 node alone does to the boxes.

use std::collections::HashMap;

use super::float_chain::{FloatChain, GivenRows};
use super::int8_side::MeasuredRow;
use super::{LayersError, Target};
use crate::detect::{BBox, CandidateId, Decoder, Detection, Form, Letterbox, RawHeads, Thresholds};

/// Of one node of the INT8 model, with everything else in float.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxLoss {
    /// Mean of 1 − IoU between the float model's boxes and those in the same cells of the raw heads, over the boxes
    /// of those heads that the node can move at all: a head's own convolution moves no box of another head.
    pub iou_loss: f64,
    /// Mean absolute difference of their scores, over the same boxes.
    pub score_change: f64,
    /// Whether there was any box; without, nothing could be moved.
    pub seen: bool,
    /// The score that the one box that is looked at then has; `None` = there is none.
    pub target: Option<f32>,
}

/// What one layer alone does, over the pictures so far.
#[derive(Default)]
pub struct Trial {
    rounds: bool,
    /// Of each head: what its boxes lose of their overlap, how far their scores move, and how many they are.
    sums: Vec<[f64; 3]>,
    target: Option<f32>,
    /// The score of the followed box with everything up to here in INT8.
    pub up_to: Option<f32>,
}

impl Trial {
    /// `sees`: whether there was any box. `None`: it rounds nothing.
    pub fn loss(&self, sees: bool) -> Option<BoxLoss> {
        let [iou_loss, score_change] = self.means();
        self.rounds.then_some(BoxLoss { iou_loss, score_change, seen: sees, target: self.target })
    }

    /// The figures of a [`BoxLoss`].
    fn means(&self) -> [f64; 2] {
        let moved = self.sums.iter().filter(|[_, score_change, _]| *score_change > 0.0);
        let [iou_loss, score_change, count] =
            moved.fold([0.0; 3], |all, head| std::array::from_fn(|i| all[i] + head[i]));
        let count = f64::max(count, 1.0);
        [iou_loss / count, score_change / count]
    }
}

/// A box by its place in the raw heads and its class.
type BoxPlace = (CandidateId, usize);

/// What the float model finds in a picture on which the layers are tried.
pub struct TriedPicture {
    /// In the order of the raw heads, with their scores.
    boxes: Vec<(BoxPlace, BBox, f32)>,
    /// Where each of these is.
    places: HashMap<BoxPlace, usize>,
    /// Their classes.
    classes: Vec<usize>,
    /// The box that is followed, and its score.
    followed: Option<(Target, f32)>,
}

impl TriedPicture {
    /// Of the picture that the chain ran last.
    pub fn new(chain: &FloatChain, target: Option<Target>) -> Result<Self, LayersError> {
        let (form, heads) = (chain.form(), chain.heads()?);
        let mut decoder = Decoder::default();
        let found = decoder.run(form, &heads, &whole(form), Thresholds::LIVE.score);
        let boxes: Vec<_> = found.iter().filter_map(|d| inside(form, d)).collect();
        let places = boxes.iter().enumerate().map(|(at, (place, ..))| (*place, at)).collect();
        let mut classes: Vec<usize> = boxes.iter().map(|((_, class_id), ..)| *class_id).collect();
        classes.sort_unstable();
        classes.dedup();
        let followed = target.map(|target| (target, target.score(form, &heads)));
        Ok(Self { boxes, places, classes, followed })
    }

    pub fn has_boxes(&self) -> bool {
        !self.boxes.is_empty()
    }

    pub fn is_followed(&self) -> bool {
        self.followed.is_some()
    }

    /// The float model's, of the box that is followed.
    pub fn target_score(&self) -> Option<f32> {
        self.followed.map(|(_, score)| score)
    }

    /// Tries a row's layer.
    pub fn add(
        &self,
        trial: &mut Trial,
        chain: &FloatChain,
        MeasuredRow { row, isolated, propagated }: MeasuredRow<'_>,
        decoder: &mut Decoder,
    ) -> Result<(), LayersError> {
        let form = chain.form();
        if let Some((target, _)) = self.followed {
            let given = chain.read_after(row).into_iter().map(|read| {
                let missing = || LayersError::Integers("a tensor was not computed".into());
                Ok((read, propagated(read).ok_or_else(missing)?))
            });
            let given = given.collect::<Result<Vec<_>, LayersError>>()?;
            let heads = chain.after(GivenRows::UpTo(row), given)?;
            trial.up_to = Some(target.score(form, &heads));
        }
        if let Some(isolated) = isolated {
            let heads = chain.after(GivenRows::Row(row), vec![(row, isolated)])?;
            trial.rounds = true;
            self.compare(form, &heads, decoder, &mut trial.sums);
            if let Some((target, _)) = self.followed {
                trial.target = Some(target.score(form, &heads));
            }
        }
        Ok(())
    }

    /// Adds what a layer does to the boxes.
    fn compare(&self, form: &Form, heads: &RawHeads, decoder: &mut Decoder, sums: &mut Vec<[f64; 3]>) {
        sums.resize(form.heads.len(), [0.0; 3]);
        let mut others = vec![(BBox::default(), 0.0); self.boxes.len()];
        let letterbox = whole(form);
        for class_id in &self.classes {
            // Low enough that a box is found whatever became of its score.
            let found = decoder.class(form, heads, &letterbox, 1e-4, *class_id);
            for (place, bbox, score) in found.iter().filter_map(|d| inside(form, d)) {
                if let Some(at) = self.places.get(&place) {
                    others[*at] = (bbox, score);
                }
            }
        }
        for ((place, bbox, score), (other, other_score)) in self.boxes.iter().zip(others) {
            let sum = &mut sums[usize::from(place.0.head)];
            sum[0] += 1.0 - f64::from(bbox.iou(&other));
            sum[1] += f64::from((score - other_score).abs());
            sum[2] += 1.0;
        }
    }
}

/// Boxes stay in pixels of the input.
fn whole(form: &Form) -> Letterbox {
    Letterbox::new(form.input, form.input)
}

/// A detection's place, its box within the input, and its score.
fn inside(form: &Form, detection: &Detection) -> Option<(BoxPlace, BBox, f32)> {
    let place = (detection.id, detection.class_id);
    Some((place, detection.bbox.clipped_to(form.input)?, detection.score))
}
