//! The comparison as CSV: one box or pair a line.

use crate::cli::compare::report::ComparisonReport;
use crate::cli::output::detections::NamedDetection;
use crate::cli::output::escape::cell;
use crate::files::FileFormat;

const HEADER: &str = "source,verdict,class_a,score_a,x1_a,y1_a,x2_a,y2_a,class_b,score_b,x1_b,y1_b,x2_b,y2_b,iou,\
                      delta_score,reason,reason_score,reason_overlap,reason_free_at,arithmetic_a,arithmetic_b,engine_a,\
                      engine_b\n";

/// The file's kind.
pub const CSV: FileFormat = FileFormat {
    name: "a CSV table of `compare`",
    reads: HEADER_START.len() as u64,
    is: |bytes| bytes.starts_with(HEADER_START.as_bytes()),
};

/// Later versions may add columns.
const HEADER_START: &str = "source,verdict,class_a,score_a,";

/// All pictures, in their order; columns that do not apply are empty.
pub fn csv(report: &ComparisonReport<'_>) -> String {
    let mut text = HEADER.to_owned();
    // A float model has none.
    let models = [report.models.a, report.models.b];
    let arithmetics = models.map(|m| m.arithmetic.as_ref().map_or_else(String::new, ToString::to_string));
    let engines = models.map(|m| m.arithmetic.as_ref().map_or("", |_| m.engine.engine.as_str()));
    for picture in &report.pictures {
        for verdict in &picture.verdicts {
            let reason = verdict.reason.as_ref();
            let mut fields = vec![cell(&picture.name()), verdict.kind.as_str().to_owned()];
            for detection in [&verdict.a, &verdict.b] {
                fields.extend(columns(detection.as_ref()));
            }
            fields.extend([verdict.iou, verdict.delta_score].map(number));
            fields.push(reason.map(|r| r.reason.to_owned()).unwrap_or_default());
            fields.extend(reason.map_or([None; 3], |r| [r.score, r.overlap, r.free_at]).map(number));
            fields.extend(arithmetics.clone());
            fields.extend(engines.map(str::to_owned));
            text += &fields.join(",");
            text.push('\n');
        }
    }
    text
}

fn columns(detection: Option<&NamedDetection<'_>>) -> [String; 6] {
    let Some(NamedDetection { class, score, bbox, .. }) = detection else { return Default::default() };
    let [x1, y1, x2, y2] = bbox.map(|v| v.to_string());
    [cell(class), score.to_string(), x1, y1, x2, y2]
}

fn number(value: Option<f32>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_columns_as_documented() {
        assert_eq!(HEADER.trim().split(',').count(), 24);
    }
}
