//! The comparison as CSV: one box or pair a line.

use crate::cli::compare::report::{ComparisonReport, VerdictEntry};
use crate::cli::output::detections::NamedDetection;
use crate::compare::csv::{CsvBox, CsvPair, PAIR_COLUMNS, TRUTH_COLUMNS, truth_cells};
use crate::compare::truth::PairTruth;
use crate::files::FileFormat;

/// The file's kind.
pub const CSV: FileFormat = FileFormat {
    name: "a CSV table of `compare`",
    reads: HEADER_START.len() as u64,
    is: |bytes| bytes.starts_with(HEADER_START.as_bytes()),
};

/// Later versions may add columns.
const HEADER_START: &str = "source,verdict,class_a,score_a,";

/// All pictures, in their order; columns that do not apply are empty. Those of the truth are there where any is known.
pub fn csv(report: &ComparisonReport<'_>) -> String {
    let has_truth = report.truth.is_some();
    let mut text = format!("{PAIR_COLUMNS}{}\n", if has_truth { TRUTH_COLUMNS } else { "" });
    // A float model has none.
    let models = [report.models.a, report.models.b];
    let arithmetics = models.map(|m| m.arithmetic.as_ref().map_or_else(String::new, ToString::to_string));
    let arithmetics = arithmetics.each_ref().map(String::as_str);
    let engines = models.map(|m| m.arithmetic.as_ref().map_or("", |_| m.engine.engine.as_str()));
    for picture in &report.pictures {
        let name = picture.name();
        for verdict in &picture.verdicts {
            text += &pair(verdict).line(&name, arithmetics, engines);
            if has_truth {
                text += &truth_cells(PairTruth { boxes: [verdict.truth_a, verdict.truth_b] });
            }
            text.push('\n');
        }
    }
    text
}

fn pair<'a>(entry: &'a VerdictEntry<'a>) -> CsvPair<'a> {
    let found = |detection: &'a NamedDetection<'a>| CsvBox {
        class: detection.class,
        score: detection.score,
        corners: detection.bbox,
    };
    let reason = entry.reason.as_ref();
    CsvPair {
        kind: entry.kind,
        boxes: [entry.a.as_ref().map(found), entry.b.as_ref().map(found)],
        iou: entry.iou,
        delta_score: entry.delta_score,
        reason: reason.map(|reason| reason.reason),
        reason_figures: reason.map_or([None; 3], |r| [r.score, r.overlap, r.free_at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_the_start_of_its_header() {
        assert!(PAIR_COLUMNS.starts_with(HEADER_START) && (CSV.is)(PAIR_COLUMNS.as_bytes()));
    }
}
