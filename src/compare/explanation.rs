//! Explains what became of a box: how a pair differs, why a box has no match, and what would give it one.

use super::{Comparison, Reason, Verdict, VerdictKind, score_text, thousandths};
use crate::detect::{BBox, Classes, MAX_DETECTIONS, Thresholds};

/// Explains the verdicts of a comparison: it knows what people call the models and the classes.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    pub comparison: &'a Comparison,
    pub classes: &'a Classes,
    /// Of A and of B.
    pub names: [&'a str; 2],
    /// Of A and of B.
    pub thresholds: [Thresholds; 2],
}

/// Thresholds of the model that lacks a box with which it has it, in steps of a hundredth; finer where a hundredth
/// is too coarse. `None` = may stay as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Remedy {
    /// This or less.
    pub score: Option<f32>,
    /// This or more.
    pub nms_iou: Option<f32>,
}

impl Remedy {
    /// `None` where no threshold of that model helps.
    pub fn of(reason: &Reason) -> Option<Self> {
        match *reason {
            Reason::BelowThreshold { score } => Some(Self { score: Some(below(score)), nms_iou: None }),
            Reason::SuppressedByNms { free_at, .. } => Some(Self { score: None, nms_iou: Some(at_least(free_at)) }),
            Reason::BelowThresholdAndSuppressed { score, free_at } => {
                Some(Self { score: Some(below(score)), nms_iou: Some(at_least(free_at)) })
            }
            Reason::Taken { .. } | Reason::BeyondLimit { .. } | Reason::NoCandidate => None,
        }
    }

    /// Thresholds that are moved no further than the remedy asks for.
    pub fn apply(&self, to: Thresholds) -> Thresholds {
        Thresholds {
            score: self.score.map_or(to.score, |score| to.score.min(score)),
            nms_iou: self.nms_iou.map_or(to.nms_iou, |nms_iou| to.nms_iou.max(nms_iou)),
        }
    }
}

impl Explanation<'_> {
    /// What became of a verdict's boxes, as a sentence without its full stop: [`Explanation::reason`], or how a pair's boxes
    /// differ: "Matched: same class, IoU 0.74; score 0.958 → 0.500; edges of INT8's box: left −12, bottom +8 px".
    pub fn outcome(&self, verdict: &Verdict) -> String {
        self.reason(verdict).or_else(|| self.pair(verdict)).unwrap_or_else(|| verdict.kind().what(self.names))
    }

    /// `None` where one of the boxes is lacking.
    fn pair(&self, verdict: &Verdict) -> Option<String> {
        let (a, b) = (self.comparison.a().get(verdict.a()?)?, self.comparison.b().get(verdict.b()?)?);
        let what = match verdict.kind() {
            VerdictKind::Matched => "Matched: same class".to_owned(),
            _ => format!("Class changed: {} → {}", self.classes.name(a.class_id), self.classes.name(b.class_id)),
        };
        let iou = verdict.iou()?;
        let [of_a, of_b] = self.thresholds;
        let [from, to] = [(a, of_a), (b, of_b)].map(|(found, of)| score_text(thousandths(found.score, of.score)));
        let moved = moved_edges(&a.bbox, &b.bbox);
        let moved = moved.map_or_else(String::new, |edges| format!("; edges of {}'s box: {edges}", self.names[1]));
        Some(format!("{what}, IoU {iou:.2}; score {from} → {to}{moved}"))
    }

    /// Why a verdict's box has no match: "INT8 scored this box 0.210, not above the threshold of 0.25". `None` if it has one.
    pub fn reason(&self, verdict: &Verdict) -> Option<String> {
        let reason = verdict.reason()?;
        let side = self.lacking(verdict);
        let (model, threshold) = (self.names[side], self.thresholds[side].score);
        let others = [self.comparison.a(), self.comparison.b()][side];
        let by = |index: usize| match others.get(index) {
            Some(by) => format!("{} {:.3}", self.classes.name(by.class_id), by.score),
            None => "another box".into(),
        };
        let precise = |score| precise(score, threshold);
        Some(match reason {
            Reason::BelowThreshold { score } => format!(
                "{model} scored this box {}, not above the threshold of \
                    {threshold}",
                precise(score)
            ),
            Reason::SuppressedByNms { score, by: index, overlap, free_at } if free_at > overlap => format!(
                "{model} scored this box {}, suppressed by {} (IoU {overlap:.2}); kept at an NMS IoU of {:.2} or \
                 higher",
                precise(score),
                by(index),
                at_least(free_at)
            ),
            Reason::SuppressedByNms { score, by: index, overlap, .. } => {
                format!("{model} scored this box {}, suppressed by {} (IoU {overlap:.2})", precise(score), by(index))
            }
            Reason::BelowThresholdAndSuppressed { score, free_at } => format!(
                "{model} scored this box {}, not above the threshold of {threshold}; NMS would also suppress it at an \
                 NMS IoU below {:.2}",
                precise(score),
                at_least(free_at)
            ),
            Reason::Taken { by: index, overlap } => {
                format!("{model}'s only box here ({}, IoU {overlap:.2}) is already matched to another", by(index))
            }
            Reason::BeyondLimit { score } => {
                format!("{model} scored this box {}, but {MAX_DETECTIONS} stronger boxes come first", precise(score))
            }
            Reason::NoCandidate => format!("{model} has no candidate of this class near this box"),
        })
    }

    /// What would give a verdict's box its partner, as a sentence. `None` where it has one.
    pub fn remedy(&self, verdict: &Verdict) -> Option<String> {
        let reason = verdict.reason()?;
        let side = self.lacking(verdict);
        let (model, other) = (self.names[side], self.names[1 - side]);
        let then = if side == 1 { "It reappears".into() } else { format!("{model} also finds it") };
        Some(match (Remedy::of(&reason), reason) {
            (Some(Remedy { score: Some(score), nms_iou: None }), _) => {
                format!("{then} at a score threshold of {} or lower.", threshold_text(score))
            }
            (Some(Remedy { score: None, nms_iou: Some(nms_iou) }), _) => {
                format!("{then} at an NMS IoU of {nms_iou:.2} or higher.")
            }
            (Some(Remedy { score: Some(score), nms_iou: Some(nms_iou) }), _) => format!(
                "{then} at a score threshold of {} or lower and an NMS IoU of {nms_iou:.2} or higher.",
                threshold_text(score)
            ),
            (_, Reason::Taken { .. }) => format!("{other} finds two objects where {model} finds one."),
            (_, Reason::BeyondLimit { .. }) => {
                format!("A frame has at most {MAX_DETECTIONS} boxes, strongest first.")
            }
            _ => format!("No threshold of {model} brings it back."),
        })
    }

    /// The side that lacks a verdict's box, 0 for A and 1 for B, and thresholds at which it has it. `None` where no
    /// threshold gives it.
    pub fn thresholds_with(&self, verdict: &Verdict) -> Option<(usize, Thresholds)> {
        let remedy = Remedy::of(&verdict.reason()?)?;
        let side = self.lacking(verdict);
        Some((side, remedy.apply(self.thresholds[side])))
    }

    /// The model that lacks the box is the one that a reason speaks of.
    fn lacking(&self, verdict: &Verdict) -> usize {
        usize::from(verdict.a().is_some())
    }
}

/// How far the edges of `b` lie from those of `a`, in whole pixels: "left −12, bottom +8 px". `None` where none is a pixel off.
fn moved_edges(a: &BBox, b: &BBox) -> Option<String> {
    let edges = [("left", b.x1 - a.x1), ("top", b.y1 - a.y1), ("right", b.x2 - a.x2), ("bottom", b.y2 - a.y2)];
    let moved = edges.into_iter().map(|(name, by)| (name, by.round() as i32)).filter(|(_, by)| *by != 0);
    let moved: Vec<String> = moved.map(|(name, by)| format!("{name} {by:+}").replace('-', "−")).collect();
    (!moved.is_empty()).then(|| moved.join(", ") + " px")
}

/// Three digits, or as many as tell a score from the threshold that it does not pass.
fn precise(score: f32, threshold: f32) -> String {
    let short = format!("{score:.3}");
    let same = short.parse::<f32>().is_ok_and(|s| s == threshold || ((s > threshold) != (score > threshold)));
    if same { score.to_string() } else { short }
}

/// The greatest hundredth that is less than the score, or thousandth where that is 0, and so on.
fn below(score: f32) -> f32 {
    let step = |steps: f64| {
        let last = (f64::from(score) * steps).ceil();
        // The value before may be the score itself once it is rounded to single precision.
        [last - 1.0, last - 2.0].map(|n| (n / steps) as f32).into_iter().find(|s| *s < score)
    };
    [1e2, 1e3, 1e4, 1e5].into_iter().filter_map(step).find(|s| *s > 0.0).unwrap_or(0.0)
}

/// The least hundredth that is no less than the value.
fn at_least(value: f32) -> f32 {
    ((f64::from(value) * 100.0).ceil() / 100.0) as f32
}

/// Two digits, or as many as a finer threshold has.
pub fn threshold_text(threshold: f32) -> String {
    let short = format!("{threshold:.2}");
    if short.parse() == Ok(threshold) { short } else { threshold.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Comparer, ModelInput};
    use crate::detect::{Form, Letterbox, RawHeads};

    fn told(verdict: Verdict) -> [Option<String>; 2] {
        let comparison = Comparison::default();
        let classes = Classes::coco();
        let thresholds = [Thresholds::LIVE; 2];
        let explanation =
            Explanation { comparison: &comparison, classes: &classes, names: ["FP32", "INT8"], thresholds };
        [explanation.reason(&verdict), explanation.remedy(&verdict)]
    }

    #[test]
    fn every_reason_has_its_words_and_its_remedy() {
        let nms = |overlap| Reason::SuppressedByNms { score: 0.4, by: 0, overlap, free_at: 0.613 };
        let both = Reason::BelowThresholdAndSuppressed { score: 0.2, free_at: 0.5 };
        for (reason, why, remedy) in [
            (
                Reason::BelowThreshold { score: 0.2123 },
                "INT8 scored this box 0.212, not above the threshold of 0.25",
                "It reappears at a score threshold of 0.21 or lower.",
            ),
            (
                nms(0.613),
                "INT8 scored this box 0.400, suppressed by another box (IoU 0.61)",
                "It reappears at an NMS IoU of 0.62 or higher.",
            ),
            (
                nms(0.5),
                "INT8 scored this box 0.400, suppressed by another box (IoU 0.50); kept at an NMS IoU of 0.62 or \
                 higher",
                "It reappears at an NMS IoU of 0.62 or higher.",
            ),
            (
                both,
                "INT8 scored this box 0.200, not above the threshold of 0.25; NMS would also suppress it at an NMS \
                 IoU below 0.50",
                "It reappears at a score threshold of 0.19 or lower and an NMS IoU of 0.50 or higher.",
            ),
            (
                Reason::Taken { by: 0, overlap: 0.7 },
                "INT8's only box here (another box, IoU 0.70) is already matched to another",
                "FP32 finds two objects where INT8 finds one.",
            ),
            (
                Reason::BeyondLimit { score: 0.3 },
                "INT8 scored this box 0.300, but 2000 stronger boxes come first",
                "A frame has at most 2000 boxes, strongest first.",
            ),
            (
                Reason::NoCandidate,
                "INT8 has no candidate of this class near this box",
                "No threshold of INT8 brings it back.",
            ),
        ] {
            assert_eq!(told(Verdict::Lost { a: 0, reason }), [Some(why.to_owned()), Some(remedy.to_owned())]);
        }
        let [why, remedy] = told(Verdict::Gained { b: 0, reason: Reason::BelowThreshold { score: 0.25 } });
        assert_eq!(why.as_deref(), Some("FP32 scored this box 0.25, not above the threshold of 0.25"));
        assert_eq!(remedy.as_deref(), Some("FP32 also finds it at a score threshold of 0.24 or lower."));
        assert_eq!(told(Verdict::Matched { a: 0, b: 0, iou: 1.0, delta_score: 0.0 }), [None, None]);
    }

    #[test]
    fn a_pair_is_told_by_what_both_share_and_by_how_they_differ() {
        let form = Form::yolov4_tiny_416();
        let letterbox = Letterbox::new(form.input, form.input);
        let told = |a: usize, b: usize, move_b: bool| {
            let [heads_a, mut heads_b] = [a, b].map(|class_id| RawHeads::of_one(&form, class_id));
            if move_b {
                // All widths: the centre stays.
                for head in &mut heads_b.heads {
                    let cells = head.len() / (3 * 85);
                    (0..3).for_each(|anchor| head[(anchor * 85 + 2) * cells..][..cells].fill(0.2));
                }
            }
            let input = |heads| ModelInput { form: &form, heads, letterbox: &letterbox, thresholds: Thresholds::LIVE };
            let mut comparer = Comparer::default();
            let comparison = comparer.run(&input(&heads_a), &input(&heads_b));
            let explanation = Explanation {
                comparison,
                classes: &form.classes,
                names: ["FP32", "INT8"],
                thresholds: [Thresholds::LIVE; 2],
            };
            explanation.outcome(&comparison.verdicts()[0])
        };
        let same = told(0, 0, false);
        assert!(same.starts_with("Matched: same class, IoU 1.00; score 0.") && !same.contains("edges"), "{same}");
        let changed = told(0, 16, false);
        assert!(changed.starts_with("Class changed: person → dog, IoU 1.00; score 0."), "{changed}");
        let wider = told(0, 0, true);
        assert!(wider.starts_with("Matched: same class, IoU 0.8") && wider.ends_with(" px"), "{wider}");
        assert!(wider.contains("edges of INT8's box: left −") && wider.contains(", right +"), "{wider}");
        assert!(!wider.contains("top") && !wider.contains("bottom"), "{wider}");
    }

    #[test]
    fn edges_that_moved_by_less_than_half_a_pixel_are_not_told() {
        let a = BBox::new(10.0, 20.0, 110.0, 220.0);
        let moved = |x1, y1, x2, y2| moved_edges(&a, &BBox::new(x1, y1, x2, y2));
        assert_eq!(moved(10.4, 19.6, 110.0, 220.0), None);
        assert_eq!(moved(-2.0, 20.0, 110.4, 228.0).as_deref(), Some("left −12, bottom +8 px"));
    }

    #[test]
    fn a_threshold_that_helps_is_a_hundredth_and_on_the_right_side() {
        for i in 1..=10_000 {
            let exact = i as f32 / 10_000.0;
            for value in [exact.next_down(), exact, exact.next_up()] {
                let (score, nms_iou) = (below(value), at_least(value));
                assert!(score < value && (value < 0.011 || value - score < 0.0101), "{value}: {score}");
                assert!(nms_iou >= value && nms_iou - value < 0.0101, "{value}: {nms_iou}");
                let text = threshold_text(score);
                assert!(score > 0.0 && text.parse() == Ok(score), "{value}: {text}");
            }
        }
    }
}
