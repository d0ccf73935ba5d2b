//! Boxes and pairs as CSV, one a line: what `twinsight compare --csv` writes, and what the window copies.

use super::truth::{BoxTruth, PairTruth};
use super::{Comparison, Reason, Verdict, VerdictKind};
use crate::detect::{Classes, Detection};

/// Names of the columns of a pair. Boxes are x1, y1, x2, y2 in image pixels. Later versions may add columns.
pub const PAIR_COLUMNS: &str = "source,verdict,class_a,score_a,x1_a,y1_a,x2_a,y2_a,class_b,score_b,x1_b,y1_b,x2_b,y2_b,\
                                iou,delta_score,reason,reason_score,reason_overlap,reason_free_at,arithmetic_a,\
                                arithmetic_b,engine_a,engine_b";

/// More columns, where the truth is known: what annotations say of A's box, and of B's.
pub const TRUTH_COLUMNS: &str = ",truth_a,truth_b";

/// Names of the columns of one model's box.
pub const DETECTION_COLUMNS: &str = "source,class,score,x1,y1,x2,y2,arithmetic";

/// A box in a table.
#[derive(Clone, Copy, Debug)]
pub struct CsvBox<'a> {
    pub class: &'a str,
    pub score: f32,
    /// x1, y1, x2, y2 in image pixels.
    pub corners: [f32; 4],
}

impl<'a> CsvBox<'a> {
    /// `classes` are those of the model that found it.
    pub fn new(detection: &Detection, classes: &'a Classes) -> Self {
        let Detection { class_id, score, bbox, .. } = *detection;
        Self { class: classes.name_in_files(class_id), score, corners: bbox.to_array() }
    }

    /// A line of [`DETECTION_COLUMNS`], without its end. `arithmetic` is empty for a float model.
    pub fn line(self, source: &str, arithmetic: &str) -> String {
        let mut fields = vec![cell(source)];
        fields.extend(columns(Some(self)));
        fields.push(arithmetic.to_owned());
        fields.join(",")
    }
}

/// A pair, or a box without one, in a table.
#[derive(Clone, Copy, Debug)]
pub struct CsvPair<'a> {
    pub kind: VerdictKind,
    /// Of A and of B.
    pub boxes: [Option<CsvBox<'a>>; 2],
    pub iou: Option<f32>,
    /// B's score less A's.
    pub delta_score: Option<f32>,
    /// Why the other model lacks the box, for programs.
    pub reason: Option<&'a str>,
    /// The reason's score, overlap, and the NMS IoU from which on NMS keeps the box.
    pub reason_figures: [Option<f32>; 3],
}

impl<'a> CsvPair<'a> {
    /// A verdict of a comparison; `classes` are those of both models.
    pub fn new(comparison: &Comparison, verdict: &Verdict, classes: &'a Classes) -> Self {
        let named = |found: &[Detection], index: Option<usize>| Some(CsvBox::new(found.get(index?)?, classes));
        let reason = verdict.reason();
        Self {
            kind: verdict.kind(),
            boxes: [named(comparison.a(), verdict.a()), named(comparison.b(), verdict.b())],
            iou: verdict.iou(),
            delta_score: verdict.delta_score(),
            reason: reason.map(|reason| reason.as_str()),
            reason_figures: reason.map_or([None; 3], |r: Reason| [r.score(), r.overlap(), r.free_at()]),
        }
    }

    /// A line of [`PAIR_COLUMNS`], without its end; columns that do not apply are empty. `arithmetics` and `engines` are
    /// those of A and B, empty for a float model.
    pub fn line(&self, source: &str, arithmetics: [&str; 2], engines: [&str; 2]) -> String {
        let mut fields = vec![cell(source), self.kind.as_str().to_owned()];
        fields.extend(self.boxes.into_iter().flat_map(columns));
        fields.extend([self.iou, self.delta_score].map(number));
        fields.push(self.reason.unwrap_or_default().to_owned());
        fields.extend(self.reason_figures.map(number));
        fields.extend(arithmetics.into_iter().chain(engines).map(str::to_owned));
        fields.join(",")
    }
}

fn columns(found: Option<CsvBox<'_>>) -> [String; 6] {
    let Some(CsvBox { class, score, corners }) = found else { return Default::default() };
    let [x1, y1, x2, y2] = corners.map(|v| v.to_string());
    [cell(class), score.to_string(), x1, y1, x2, y2]
}

fn number(value: Option<f32>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

/// The fields of [`TRUTH_COLUMNS`].
pub fn truth_cells(truth: PairTruth) -> String {
    let [a, b] = truth.boxes.map(|of| of.map_or("", BoxTruth::as_str));
    format!(",{a},{b}")
}

/// Text as a field of a CSV file. Where it begins as a formula does (`=`, `+`, `-`, `@`, a tab, a line's end, or the wide forms of
/// these signs), a `'` comes before it, as OWASP advises; so it does before a `'` at the beginning, so that it can be undone by
/// taking one `'` away. In quotes where it must be, as RFC 4180 has it.
pub fn cell(text: &str) -> String {
    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];
    let guarded = if text.starts_with(formula) { format!("'{text}") } else { text.to_owned() };
    let quoted = guarded.contains([',', ';', '\t', '"', '\n', '\r']);
    if quoted { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{BBox, CandidateId};

    #[test]
    fn no_cell_is_a_formula_and_each_can_be_undone() {
        assert_eq!(cell("bus.jpg"), "bus.jpg");
        assert_eq!(cell("a, \"b\".jpg"), "\"a, \"\"b\"\".jpg\"");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        for text in ["=1", "+1", "-1", "@SUM(A1)", "'quoted", "＝1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        for text in ["\tx", "\rx", "\nx"] {
            assert_eq!(cell(text), format!("\"'{text}\""));
        }
        assert_eq!((cell(""), cell("1-2"), cell("a=b")), (String::new(), "1-2".into(), "a=b".into()));
    }

    #[test]
    fn a_line_has_as_many_fields_as_there_are_columns() {
        assert_eq!(PAIR_COLUMNS.split(',').count(), 24);
        let id = CandidateId { head: 0, anchor: 0, cell: 0 };
        let dog = Detection { class_id: 16, score: 0.5, bbox: BBox::new(1.0, 2.0, 3.5, 4.0), id };
        let classes = Classes::coco();
        let found = CsvBox::new(&dog, &classes);
        assert_eq!(found.line("a,b.jpg", "exact"), "\"a,b.jpg\",dog,0.5,1,2,3.5,4,exact");
        assert_eq!(found.line("b.jpg", "").split(',').count(), DETECTION_COLUMNS.split(',').count());
        let lost = CsvPair {
            kind: VerdictKind::Lost,
            boxes: [Some(found), None],
            iou: None,
            delta_score: None,
            reason: Some("below_threshold"),
            reason_figures: [Some(0.25), None, None],
        };
        let line = lost.line("b.jpg", ["", "exact"], ["", "integer"]);
        assert_eq!(line, "b.jpg,lost,dog,0.5,1,2,3.5,4,,,,,,,,,below_threshold,0.25,,,,exact,,integer");
        assert_eq!(line.split(',').count(), PAIR_COLUMNS.split(',').count());
        let cells = truth_cells(PairTruth { boxes: [Some(BoxTruth::WrongClass), None] });
        assert_eq!((cells.as_str(), cells.split(',').count()), (",wrong_class,", TRUTH_COLUMNS.split(',').count()));
    }
}
