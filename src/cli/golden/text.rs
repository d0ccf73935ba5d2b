//! A check as text.

use super::headline::headline;
use crate::cli::compare::report::{PictureReport, VerdictEntry};
use crate::compare::VerdictKind;
use crate::workshop::golden::{CheckReport, CheckedTensor, Outcome, three_digits};

/// The most boxes that are listed.
const BOXES: usize = 12;

/// `all`: with the tensors that are exact.
pub fn text(found: &CheckReport, boxes: &PictureReport<'_>, all: bool) -> String {
    let mut text = headline(found) + "\n";
    if let Some(first) = found.first_wrong() {
        text += &format!("\nFirst wrong: {}", first.tensor);
        if let (Some(node), Some(operator)) = (&first.node, &first.operator) {
            text += &format!(", the output of {node} ({operator})");
        }
        if let Some(why) = why(first) {
            text += &format!("\n  {why}\n");
        }
    }
    if all || !found.is_exact() {
        text += &table(found, all);
    }
    if !found.is_exact() {
        text += &format!("\n{}", told(found, boxes));
    }
    for file in &found.unknown {
        text += &format!("\n{file} belongs to no tensor; say to which with --map TENSOR=FILE");
    }
    text
}

/// The fault in words.
pub fn why(tensor: &CheckedTensor) -> Option<String> {
    let Outcome::Wrong { fault, same_as } = &tensor.outcome else { return None };
    let same = same_as.as_ref().map_or_else(String::new, |same| format!("; these are the bytes of {same}"));
    Some(format!("{fault}{same}"))
}

fn table(found: &CheckReport, all: bool) -> String {
    let mut text =
        format!("\n{:<30} {:>9} {:>9} {:>8}  {:<8}  {}\n", "tensor", "differ", "by > 1", "largest", "CRC32", "");
    for tensor in &found.tensors {
        if tensor.outcome == Outcome::NotDumped || !all && tensor.outcome == Outcome::Exact {
            continue;
        }
        let figures = tensor.difference.as_ref().map_or_else(
            || format!("{:>9} {:>9} {:>8}  {:<8}", "-", "-", "-", "-"),
            |of| {
                let (differ, more) = (percent(of.differ), percent(of.differ_by_more));
                format!("{differ:>9} {more:>9} {:>8}  {}", three_digits(of.largest), of.crc32)
            },
        );
        let outcome = match &tensor.outcome {
            Outcome::Exact => "exact".to_owned(),
            Outcome::Follows => "right for these inputs".to_owned(),
            Outcome::NotDumped => String::new(),
            Outcome::Wrong { .. } => format!("WRONG: {}", why(tensor).unwrap_or_default()),
        };
        let note = tensor.note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
        text += &format!("{:<30} {figures}  {outcome}{note}\n", tensor.tensor);
    }
    text
}

/// A share; one that is not 0 is not shown as 0.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0".into(),
        percent if percent < 0.001 => "<0.001 %".into(),
        percent => format!("{percent:.3} %"),
    }
}

/// What became of the boxes.
pub fn told(found: &CheckReport, boxes: &PictureReport<'_>) -> String {
    let source = if found.heads_dumped { "" } else { " (computed from the board's last tensors)" };
    let agreement = &boxes.agreement;
    let moved = boxes.verdicts.iter().filter(|entry| has_moved(entry)).count();
    let mut text = format!(
        "boxes{source}: {} golden, {} on the board; {} lost, {} gained, {} of another class, {moved} moved\n",
        agreement.a, agreement.b, agreement.lost, agreement.gained, agreement.flips
    );
    for entry in
        boxes.verdicts.iter().filter(|entry| entry.kind != VerdictKind::Matched || has_moved(entry)).take(BOXES)
    {
        let of = |found: &Option<crate::cli::output::detections::NamedDetection<'_>>| {
            found.as_ref().map_or_else(|| "none".to_owned(), |found| format!("{} {:.3}", found.class, found.score))
        };
        let iou = entry.iou.map_or_else(String::new, |iou| format!(", IoU {iou:.3}"));
        text += &format!("  {:<8} {} → {}{iou}\n", kind(entry), of(&entry.a), of(&entry.b));
    }
    text
}

fn kind(entry: &VerdictEntry<'_>) -> &'static str {
    if entry.kind == VerdictKind::Matched { "moved" } else { entry.kind.word() }
}

/// By a hundredth of its score or of its overlap.
fn has_moved(entry: &VerdictEntry<'_>) -> bool {
    const MOVED: f32 = 0.01;
    entry.kind == VerdictKind::Matched
        && (entry.delta_score.is_some_and(|by| by.abs() >= MOVED) || entry.iou.is_some_and(|iou| 1.0 - iou >= MOVED))
}
