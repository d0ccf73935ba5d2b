//! Verdicts as lines.

use crate::annotate::{FLIP, GAINED, LOST, MATCHED, Mark, label_text};
use crate::compare::{Comparison, Verdict};
use crate::detect::Classes;

/// Both sets of boxes, A's solid and B's dashed, what differs on top.
pub fn of(comparison: &Comparison, classes: &Classes) -> Vec<Mark> {
    let (a, b) = (comparison.a(), comparison.b());
    let name = |class_id: usize| classes.name(class_id);
    let mut marks = Vec::with_capacity(a.len() + b.len());
    let (differing, matched): (Vec<&Verdict>, Vec<&Verdict>) = comparison.verdicts().iter().partition(|v| !v.agrees());
    for verdict in differing.into_iter().chain(matched) {
        // Words, not arrows: the painted typeface has none.
        let (rgb, label) = match *verdict {
            Verdict::Matched { a: i, b: j, .. } => {
                (MATCHED, format!("{} to {:.2}", label_text(name(a[i].class_id), a[i].score), b[j].score))
            }
            Verdict::ClassFlip { a: i, b: j, .. } => {
                let [from, to] = [a[i], b[j]].map(|d| label_text(name(d.class_id), d.score));
                (FLIP, format!("{from} to {to}"))
            }
            Verdict::Lost { a: i, .. } => (LOST, format!("{} lost", label_text(name(a[i].class_id), a[i].score))),
            Verdict::Gained { b: j, .. } => (GAINED, format!("{} gained", label_text(name(b[j].class_id), b[j].score))),
        };
        let boxes = [(verdict.a().map(|i| a[i]), false), (verdict.b().map(|j| b[j]), true)];
        let mut label = Some(label);
        for (detection, dashed) in boxes {
            if let Some(d) = detection {
                // A pair has one label.
                marks.push(Mark { bbox: d.bbox, rgb, dashed, label: label.take().unwrap_or_default() });
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Comparer, Side};
    use crate::detect::{Form, Letterbox, RawHeads, Thresholds};

    #[test]
    fn a_pair_has_two_boxes_and_one_label_that_the_typeface_can_write() {
        let form = Form::yolov4_tiny_416();
        let mut heads = RawHeads::zeros(&form);
        heads.heads.iter_mut().for_each(|values| values.fill(-20.0));
        let cells = 13 * 13;
        for (plane, value) in [(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0), (4, 5.0), (5, 5.0)] {
            heads.heads[1][plane * cells + 84] = value;
        }
        let letterbox = Letterbox::new(form.input, form.input);
        let side = Side { form: &form, heads: &heads, letterbox: &letterbox, thresholds: Thresholds::LIVE };
        let nothing = Side { thresholds: Thresholds { score: 1.0, ..Thresholds::LIVE }, ..side };
        let marks = |a, b| of(Comparer::default().run(a, b), &form.classes);
        let matched = marks(&side, &side);
        let texts: Vec<_> = matched.iter().map(|m| (m.dashed, m.label.as_str())).collect();
        assert_eq!(texts, [(false, "person 0.99 to 0.99"), (true, "")]);
        assert_eq!(marks(&side, &nothing)[0].label, "person 0.99 lost");
        assert_eq!(marks(&nothing, &side)[0].label, "person 0.99 gained");
    }
}
