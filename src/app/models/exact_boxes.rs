//! Which boxes of exact arithmetic another one keeps, on one picture. Raw heads are kept, so that a threshold costs no
//! inference.

use std::sync::Arc;

use crate::compare::{Agreement, Comparer, ModelInput, VerdictKind};
use crate::detect::{Frame, Letterbox, RawHeads, Thresholds};
use crate::model::ModelInfo;

/// One picture in two arithmetics of a model.
pub struct ExactBoxes {
    model: Arc<ModelInfo>,
    letterbox: Letterbox,
    /// In exact arithmetic, which is A here, and in the model's.
    heads: [RawHeads; 2],
    comparer: Comparer,
    /// What the comparer was asked last; `None` = nothing yet.
    taken_at: Option<Thresholds>,
}

impl ExactBoxes {
    /// `heads`: what the model gives on the frame in exact arithmetic, and in its own.
    pub fn new(model: Arc<ModelInfo>, frame: &Frame, heads: [RawHeads; 2]) -> Self {
        let letterbox = Letterbox::new(frame.size(), model.form.input);
        Self { model, letterbox, heads, comparer: Comparer::default(), taken_at: None }
    }

    /// What becomes of the boxes of exact arithmetic where both are seen at these thresholds.
    pub fn agreement(&mut self, thresholds: Thresholds) -> &Agreement {
        if self.taken_at != Some(thresholds) {
            let [exact, other] = &self.heads;
            let exact = ModelInput { form: &self.model.form, heads: exact, letterbox: &self.letterbox, thresholds };
            self.comparer.run(&exact, &ModelInput { heads: other, ..exact });
            self.taken_at = Some(thresholds);
        }
        self.comparer.comparison().agreement()
    }
}

/// "Boxes: 3 of 5 matched with exact; 1 lost, 1 class changed"
pub fn words(agreement: &Agreement) -> String {
    let (boxes, matched) = (agreement.a, agreement.matched);
    let differing = VerdictKind::ALL.into_iter().filter(|kind| *kind != VerdictKind::Matched);
    let counts = differing.map(|kind| (kind, agreement.of_kind(kind))).filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(kind, count)| kind.counted(count)).collect();
    match (boxes, counts.is_empty()) {
        (0, true) => "Boxes: none in either".to_owned(),
        (_, true) => format!("Boxes: {matched} of {boxes} matched with exact"),
        (_, false) => format!("Boxes: {matched} of {boxes} matched with exact; {}", counts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Form, Size};

    fn boxes(exact: RawHeads, other: RawHeads) -> ExactBoxes {
        let frame = Frame::new(Size::new(416, 416)).unwrap();
        ExactBoxes::new(Arc::new(ModelInfo::sample("INT8")), &frame, [exact, other])
    }

    #[test]
    fn the_words_say_how_many_boxes_stay_and_what_becomes_of_the_others() {
        let form = Form::yolov4_tiny_416();
        let of = |class_id| RawHeads::of_one(&form, class_id);
        let nothing = || RawHeads::of_nothing(&form);
        for (exact, other, expected) in [
            (of(0), of(0), "Boxes: 1 of 1 matched with exact"),
            (of(0), nothing(), "Boxes: 0 of 1 matched with exact; 1 lost"),
            (nothing(), of(0), "Boxes: 0 of 0 matched with exact; 1 gained"),
            (of(0), of(16), "Boxes: 0 of 1 matched with exact; 1 class changed"),
            (nothing(), nothing(), "Boxes: none in either"),
        ] {
            assert_eq!(words(boxes(exact, other).agreement(Thresholds::LIVE)), expected);
        }
    }

    /// The box's score is 0.987.
    #[test]
    fn they_are_those_at_the_thresholds_of_now() {
        let form = Form::yolov4_tiny_416();
        let mut boxes = boxes(RawHeads::of_one(&form, 0), RawHeads::of_nothing(&form));
        let at = |score| Thresholds { score, ..Thresholds::LIVE };
        for (score, lost) in [(0.25, 1), (0.99, 0), (0.5, 1)] {
            assert_eq!(boxes.agreement(at(score)).lost, lost, "{score}");
        }
    }
}
