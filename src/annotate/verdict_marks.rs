//! The boxes of two models as marks, in the colours of their verdicts.

use super::Mark;
use super::colour::verdict_rgb;
use crate::compare::{Arrow, Comparison, Verdict, label};
use crate::detect::Classes;

/// Both sets of boxes, A's solid and B's dashed, what differs on top.
pub fn verdict_marks(comparison: &Comparison, classes: &Classes) -> Vec<Mark> {
    let (a, b) = (comparison.a(), comparison.b());
    let mut marks = Vec::with_capacity(a.len() + b.len());
    let (matched, differing): (Vec<&Verdict>, Vec<&Verdict>) = comparison.verdicts().iter().partition(|v| v.agrees());
    for verdict in differing.into_iter().chain(matched) {
        let rgb = verdict_rgb(verdict.kind());
        // Of a pair, the first box has the label.
        let mut label = label(verdict, comparison, classes, Arrow::Word);
        let boxes = [(verdict.a().map(|i| a[i]), false), (verdict.b().map(|j| b[j]), true)];
        for (detection, dashed) in boxes {
            if let Some(d) = detection {
                marks.push(Mark { bbox: d.bbox, rgb, dashed, label: std::mem::take(&mut label) });
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Comparer, ModelInput};
    use crate::detect::{Form, Letterbox, RawHeads, Thresholds};

    #[test]
    fn a_pair_has_two_boxes_and_one_label_that_the_typeface_can_write() {
        let form = Form::yolov4_tiny_416();
        let heads = RawHeads::of_one(&form, 0);
        let letterbox = Letterbox::new(form.input, form.input);
        let side = ModelInput { form: &form, heads: &heads, letterbox: &letterbox, thresholds: Thresholds::LIVE };
        let nothing = ModelInput { thresholds: Thresholds { score: 1.0, ..Thresholds::LIVE }, ..side };
        let marks = |a, b| verdict_marks(Comparer::default().run(a, b), &form.classes);
        let matched = marks(&side, &side);
        let texts: Vec<_> = matched.iter().map(|m| (m.dashed, m.label.as_str())).collect();
        assert_eq!(texts, [(false, "person 0.99 to 0.99"), (true, "")]);
        assert_eq!(marks(&side, &nothing)[0].label, "person 0.99 lost");
        assert_eq!(marks(&nothing, &side)[0].label, "person 0.99 gained");
    }
}
