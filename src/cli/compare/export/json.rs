//! The comparison as JSON: a line for each picture as it comes, and one for all of them.

use serde::Serialize;

use crate::cli::compare::report::{ComparisonReport, PictureReport, figures};
use crate::cli::compare::truth::TruthFiguresEntry;
use crate::cli::output::model_identity::ModelIdentity;
use crate::compare::Agreement;
use crate::compare::truth::TruthFigures;

/// The line of a picture.
pub fn picture(picture: &PictureReport<'_>) -> Result<String, serde_json::Error> {
    serde_json::to_string(picture)
}

/// The last line: everything together. The pictures are sorted by damage.
pub fn totals(report: &ComparisonReport<'_>) -> Result<String, serde_json::Error> {
    let models = &report.models;
    let class = |(class_id, of): (usize, &Agreement)| ClassAgreement {
        class_id,
        class: models.classes().name_in_files(class_id),
        agreement: *of,
    };
    let truth_of = |(class_id, of): (usize, &TruthFigures)| ClassTruth {
        class_id,
        class: models.classes().name_in_files(class_id),
        figures: of.into(),
    };
    let truth = report.truth.as_ref().map(|truth| TruthTotalsEntry {
        images: truth.pictures,
        figures: (&truth.all).into(),
        classes: report.truth_by_class().map(truth_of).collect(),
    });
    serde_json::to_string(&TotalsLine {
        totals: TotalsReport {
            images: report.totals.frames,
            unreadable: report.unreadable,
            a: ModelIdentity::of(models.a),
            b: ModelIdentity::of(models.b),
            score: models.thresholds.score,
            nms: models.thresholds.nms_iou,
            agreement: report.totals.all,
            truth,
            best_threshold: report.best.map(|b| BestEntry { score: b.score, f1_before: b.before, f1_after: b.after }),
            classes: report.seen_classes().map(class).collect(),
            by_damage: report.damaged().map(PictureReport::name).collect(),
        },
    })
}

#[derive(Serialize)]
struct TotalsLine<'a> {
    totals: TotalsReport<'a>,
}

#[derive(Serialize)]
struct TotalsReport<'a> {
    images: usize,
    unreadable: usize,
    a: ModelIdentity<'a>,
    b: ModelIdentity<'a>,
    score: f32,
    nms: f32,
    #[serde(serialize_with = "figures")]
    agreement: Agreement,
    #[serde(skip_serializing_if = "Option::is_none")]
    truth: Option<TruthTotalsEntry<'a>>,
    /// B's score threshold that agrees best with A.
    best_threshold: Option<BestEntry>,
    classes: Vec<ClassAgreement<'a>>,
    /// Names of the pictures that differ, the worst first.
    by_damage: Vec<String>,
}

#[derive(Serialize)]
struct BestEntry {
    score: f32,
    f1_before: f64,
    f1_after: f64,
}

#[derive(Serialize)]
struct ClassAgreement<'a> {
    class_id: usize,
    class: &'a str,
    #[serde(flatten, serialize_with = "figures")]
    agreement: Agreement,
}

/// What annotations say, over the images whose truth is known.
#[derive(Serialize)]
struct TruthTotalsEntry<'a> {
    images: usize,
    #[serde(flatten)]
    figures: TruthFiguresEntry,
    classes: Vec<ClassTruth<'a>>,
}

#[derive(Serialize)]
struct ClassTruth<'a> {
    class_id: usize,
    class: &'a str,
    #[serde(flatten)]
    figures: TruthFiguresEntry,
}
