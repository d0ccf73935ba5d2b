//! The comparison in words, for people.

use crate::cli::compare::report::{ComparisonReport, VerdictEntry};
use crate::cli::output::detections::NamedDetection;
use crate::cli::output::escape::on_a_line;
use crate::compare::truth::TruthFigures;
use crate::compare::{Agreement, VerdictKind};

/// More pictures than this are not told in every matched pair.
const FEW: usize = 3;

/// Everything, the worst pictures first. The pictures are sorted by damage.
pub fn text(report: &ComparisonReport<'_>) -> String {
    let mut text = String::new();
    let few = report.pictures.len() <= FEW;
    let names = [report.models.a.name.as_str(), report.models.b.name.as_str()];
    let told = if few { report.pictures.len() } else { report.damaged().count() };
    for picture in &report.pictures[..told] {
        text += &format!("{}: {}\n", on_a_line(&picture.name()), counts(&picture.agreement));
        for verdict in picture.verdicts.iter().filter(|v| few || v.kind != VerdictKind::Matched) {
            let truth =
                verdict.truth_sentence(names).map_or_else(String::new, |truth| format!("  {}", on_a_line(&truth)));
            text += &format!("  {}{truth}\n", sentence(verdict));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    if !few {
        text += &by_class(report);
        text += &truth_by_class(report);
    }
    text + &summary(report)
}

/// "matched 9, lost 2, ...", without what there is none of.
pub fn counts(of: &Agreement) -> String {
    let kinds = [VerdictKind::Matched, VerdictKind::Flip, VerdictKind::Lost, VerdictKind::Gained];
    let counted = kinds.into_iter().map(|kind| (kind, of.of_kind(kind))).filter(|(_, count)| *count > 0);
    let parts: Vec<String> = counted.map(|(kind, count)| kind.counted(count)).collect();
    if parts.is_empty() { "no detections".into() } else { parts.join(", ") }
}

/// "0.889", or "–" where neither model found anything, so that there is nothing to agree on.
pub fn agreement_text(of: &Agreement) -> String {
    of.known_f1().map_or_else(|| "–".into(), |f1| format!("{f1:.3}"))
}

/// A pair in one line.
fn sentence(entry: &VerdictEntry<'_>) -> String {
    let verdict = entry.kind.word();
    match (&entry.a, &entry.b) {
        (Some(a), Some(b)) => {
            let names = if a.class_id == b.class_id {
                a.shown_class.into()
            } else {
                format!("{} → {}", a.shown_class, b.shown_class)
            };
            let names = on_a_line(&names);
            let iou = entry.iou.unwrap_or_default();
            format!("{verdict:<13}  {names:<16} {:.3} → {:.3}  IoU {iou:.2}  {}", a.score, b.score, corners(a))
        }
        (Some(one), None) | (None, Some(one)) => {
            let why = on_a_line(entry.why.as_deref().unwrap_or_default());
            let score = format!("{:.3}", one.score);
            let score = if entry.a.is_some() { format!("{score}        ") } else { format!("      → {score}") };
            format!("{verdict:<13}  {:<16} {score}            {}  {why}", on_a_line(one.shown_class), corners(one))
        }
        (None, None) => verdict.to_owned(),
    }
}

fn corners(detection: &NamedDetection<'_>) -> String {
    let [x1, y1, x2, y2] = detection.bbox;
    format!("{x1:7.1} {y1:7.1} {x2:7.1} {y2:7.1}")
}

fn by_class(report: &ComparisonReport<'_>) -> String {
    let (a, b) = (report.models.a.name.as_str(), report.models.b.name.as_str());
    let mut text = format!(
        "{:<16} {a:>6} {b:>6}  {:>7} {:>5} {:>6} {:>13}  {:>5}\n",
        "class", "matched", "lost", "gained", "class changed", "F1"
    );
    for (name, of) in report.classes_by_damage() {
        let Agreement { a, b, matched, lost, gained, flips, .. } = of;
        let name = on_a_line(name);
        let f1 = agreement_text(of);
        text += &format!("{name:<16} {a:>6} {b:>6}  {matched:>7} {lost:>5} {gained:>6} {flips:>13}  {f1:>5}\n");
    }
    text.push('\n');
    text
}

/// Nothing where no truth is known.
fn truth_by_class(report: &ComparisonReport<'_>) -> String {
    if report.truth.is_none() {
        return String::new();
    }
    let mut text = format!(
        "{:<16} {:>7} {:>7} {:>7}  {:>15} {:>15}\n",
        "class", "objects", "A finds", "B finds", "lost true+false", "gained true+false"
    );
    for (class_id, of) in report.truth_by_class() {
        let TruthFigures { objects, found: [a, b], lost, gained, .. } = of;
        let name = on_a_line(report.models.classes().name(class_id));
        let [lost, gained] = [lost, gained].map(|counts| format!("{}+{}", counts.right, counts.wrong));
        text += &format!("{name:<16} {objects:>7} {a:>7} {b:>7}  {lost:>15} {gained:>15}\n");
    }
    text.push('\n');
    text
}

/// Two sentences: what is there and found, and what of the damage is any. `None` = no truth is known.
pub fn truth_summary(report: &ComparisonReport<'_>) -> Option<[String; 2]> {
    let truth = report.truth.as_ref()?;
    let (a, b) = (&report.models.a.name, &report.models.b.name);
    let TruthFigures { objects, found: [of_a, of_b], boxes: [boxes_a, boxes_b], lost, gained } = &truth.all;
    let images = if truth.pictures == 1 { "image" } else { "images" };
    Some([
        format!(
            "truth: {objects} objects in {} {images}; {a} finds {of_a} (boxes: {}), {b} finds {of_b} (boxes: {})",
            truth.pictures,
            boxes_a.text(),
            boxes_b.text()
        ),
        format!("of the boxes that {b} lost: {}; of those that it gained: {}", lost.text(), gained.text()),
    ])
}

fn summary(report: &ComparisonReport<'_>) -> String {
    let totals = &report.totals;
    let (a, b, all) = (&report.models.a.name, &report.models.b.name, &totals.all);
    let images = if totals.frames == 1 { "image" } else { "images" };
    let mut text = format!(
        "{} {images}, {a} {} boxes, {b} {} boxes: {}\nagreement F1 {}",
        totals.frames,
        all.a,
        all.b,
        counts(all),
        agreement_text(all)
    );
    if let (Some(iou), Some(delta)) = (all.mean_iou(), all.mean_delta_score()) {
        text += &format!(", mean IoU {iou:.3}, mean |Δscore| {delta:.3} of matched pairs");
    }
    if let Some(sentences) = truth_summary(report) {
        text += &format!("\n{}", sentences.join("\n"));
    }
    if let Some(best) = report.better_threshold() {
        text += &format!(
            "\nbest score threshold for {b}: {} (agreement F1 {:.3} instead of {:.3})",
            best.score, best.after, best.before
        );
    }
    text
}
