//! Checks whether explanations are true.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use twinsight::compare::{Comparison, FLOOR, MIN_IOU, ModelInput, Reason, Remedy, Verdict};
use twinsight::detect::{Detection, MAX_DETECTIONS, Postprocessor, Thresholds};

/// What a side sees at other thresholds.
pub fn seen(side: &ModelInput<'_>, thresholds: Thresholds) -> Vec<Detection> {
    Postprocessor::default().run(side.form, side.heads, side.letterbox, thresholds).to_vec()
}

/// A side, and what it sees at the thresholds that were asked for: at the lowest, decode and NMS take long, and most
/// explanations ask for these.
struct Sight<'a> {
    side: &'a ModelInput<'a>,
    seen: RefCell<HashMap<[u32; 2], Rc<[Detection]>>>,
}

impl<'a> Sight<'a> {
    fn of(side: &'a ModelInput<'a>) -> Self {
        Self { side, seen: RefCell::default() }
    }

    fn at(&self, thresholds: Thresholds) -> Rc<[Detection]> {
        let key = [thresholds.score, thresholds.nms_iou].map(f32::to_bits);
        Rc::clone(self.seen.borrow_mut().entry(key).or_insert_with(|| seen(self.side, thresholds).into()))
    }
}

/// Does what each explanation names, and looks whether the box is back.
pub fn check_reasons(comparison: &Comparison, a: &ModelInput<'_>, b: &ModelInput<'_>) -> Result<(), String> {
    let (a, b) = (&Sight::of(a), &Sight::of(b));
    for verdict in comparison.verdicts() {
        match *verdict {
            Verdict::Lost { a, reason } => check(b, &comparison.a()[a], comparison.b(), reason)?,
            Verdict::Gained { b, reason } => check(a, &comparison.b()[b], comparison.a(), reason)?,
            Verdict::Matched { .. } | Verdict::ClassFlip { .. } => {}
        }
    }
    Ok(())
}

/// Does what the reason says brings the box back, and looks for it.
fn check(sight: &Sight<'_>, missed: &Detection, kept: &[Detection], reason: Reason) -> Result<(), String> {
    let now = sight.side.thresholds;
    let there = |d: &Detection| d.class_id == missed.class_id && d.bbox.iou(&missed.bbox) >= MIN_IOU;
    let back = |thresholds: Thresholds| {
        let seen = sight.at(thresholds);
        seen.iter().any(there) || seen.len() == MAX_DETECTIONS
    };
    let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{what}: {reason:?}, {missed:?}")) };
    match reason {
        Reason::Taken { by, overlap } => {
            ensure(there(&kept[by]) && kept[by].bbox.iou(&missed.bbox) == overlap, "not there")?;
            return Ok(());
        }
        _ => ensure(!kept.iter().any(there), "it is there")?,
    }
    if let Some(remedy) = Remedy::of(&reason) {
        ensure(back(remedy.apply(now)), "the remedy does not bring it back")?;
    }
    // Just over and far over what is given: the promise has no upper end.
    let raised = |free_at: f32| [free_at, (free_at + 1.0) / 2.0, 1.0];
    match reason {
        Reason::BelowThreshold { score } => {
            ensure(score <= now.score, "not below")?;
            for lower in [score.next_down(), score / 2.0, 0.0] {
                ensure(back(Thresholds { score: lower, ..now }), "not back")?;
            }
            ensure(!sight.at(Thresholds { score, ..now }).iter().any(there), "back too early")?;
        }
        Reason::SuppressedByNms { score, by, overlap, free_at } => {
            ensure(now.score < score && kept[by].class_id == missed.class_id && !there(&kept[by]), "not hidden")?;
            ensure(now.nms_iou < overlap && overlap <= free_at && kept[by].score >= score, "not suppressed")?;
            for nms_iou in raised(free_at) {
                ensure(back(Thresholds { nms_iou, ..now }), "not back")?;
            }
        }
        Reason::BelowThresholdAndSuppressed { score, free_at } => {
            ensure(score <= now.score && now.nms_iou < free_at, "neither nor")?;
            for nms_iou in raised(free_at) {
                ensure(back(Thresholds { score: score.next_down(), nms_iou }), "not back")?;
            }
            let floor = Thresholds { score: now.score.min(FLOOR), ..now };
            ensure(!sight.at(floor).iter().any(there), "the threshold would do")?;
        }
        Reason::BeyondLimit { .. } => ensure(kept.len() == MAX_DETECTIONS, "there was room")?,
        Reason::NoCandidate => {
            let all = Thresholds { score: now.score.min(FLOOR), nms_iou: 1.0 };
            let seen = sight.at(all);
            ensure(seen.len() == MAX_DETECTIONS || !seen.iter().any(there), "a candidate")?;
        }
        Reason::Taken { .. } => {}
    }
    Ok(())
}
