//! An evaluation as it is kept: its JSON is part of the interface, and what a model card is filled in from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Difference, ErrorReport, Figures, Interval, PrecisionCurves, Precisions, Replicates};
use crate::files::{FileFormat, ReadError, has_keys, read_limited, without_mark};
use crate::model::{Arithmetic, InferenceEngine, Precision};

/// The version of the file's form.
const FORMAT: u32 = 1;

/// The most bytes that are read.
const MAX_BYTES: u64 = 1 << 28;

/// Figures of several models over the same pictures.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct EvalReport {
    /// [`EvalReport::FORMAT`].
    pub format: u32,
    /// Version of the program.
    pub twinsight: String,
    /// Version of the library.
    pub onnx_runtime: String,
    /// What was typed.
    pub command: String,
    pub annotations: Annotations,
    pub protocol: Protocol,
    pub pictures: Pictures,
    /// In older files "bootstrap", which it was.
    #[serde(alias = "bootstrap")]
    pub resampling: Sampling,
    /// The first is what the others differ from.
    pub models: Vec<OfModel>,
    /// Mean and spread over replicates of the pictures. `None` = each was seen once. All else in the report is of the
    /// first replicate, which is the pictures as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicates: Option<Replicates>,
    /// Pictures in which a model falls behind the first one, the worst first.
    pub by_damage: Vec<Damaged>,
}

/// What the models were evaluated against.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Annotations {
    /// As it was named.
    pub file: String,
    /// Of the file, in hexadecimal.
    pub sha256: String,
    /// What of the file does not count, and why: a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// How boxes were made.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Protocol {
    /// Scores are over this.
    pub score: f32,
    pub nms_iou: f32,
    /// The most a picture.
    pub detections: usize,
}

/// What the figures stand over.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Pictures {
    /// The annotations list these.
    pub annotated: usize,
    /// These were asked for: all, or the first ones by image id.
    pub of: usize,
    /// The figures are over these.
    pub evaluated: usize,
    /// The user interrupted it.
    pub interrupted: bool,
    pub skipped: Vec<Skipped>,
    /// To be found in the evaluated pictures.
    pub things: Things,
    /// The categories that were chosen out of the annotations'; empty = all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
}

/// A picture that could not be used.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub file: String,
    pub why: String,
}

/// Counts by size.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Things {
    pub all: usize,
    pub small: usize,
    pub medium: usize,
    pub large: usize,
}

/// How the intervals were made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Sampling {
    pub resamples: usize,
    pub seed: u64,
    pub level: f64,
    /// In older files the basic bootstrap, whose intervals hold less than they say.
    #[serde(default = "basic_bootstrap")]
    pub method: String,
    /// How often such intervals of AP, AP50, AP75 and of their differences held the true figure in simulations: at worst, at
    /// best. `null` = it was not measured.
    #[serde(default)]
    pub coverage: Option<[f64; 2]>,
}

fn basic_bootstrap() -> String {
    "basic bootstrap".to_owned()
}

/// Figures of one model.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct OfModel {
    pub name: String,
    pub file: String,
    pub sha256: String,
    pub precision: Precision,
    /// `null` = the file does not say.
    pub recipe: Option<String>,
    /// How its integers were computed; a float model has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<Arithmetic>,
    /// What computed its integers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<InferenceEngine>,
    /// Boxes that were judged.
    pub detections: usize,
    /// Median time of one inference in this run; `null` = no picture was done.
    pub inference_ms: Option<f64>,
    pub figures: Figures,
    pub intervals: Precisions<Option<Interval>>,
    /// From the first model; `null` for that itself.
    pub differences: Option<Precisions<Option<Difference>>>,
    /// Those that are in the annotations.
    pub classes: Vec<OfClass>,
    /// Mean precision at recalls 0.00, 0.01, ... 1.00.
    pub curves: PrecisionCurves,
    /// `None` = an older Twinsight wrote the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<ErrorReport>,
}

/// Figures of one class; `null` = it is in no picture.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct OfClass {
    /// As the annotations name it.
    pub class: String,
    pub things: u32,
    #[serde(rename = "AP")]
    pub ap: Option<f64>,
    #[serde(rename = "AP50")]
    pub ap50: Option<f64>,
    #[serde(rename = "AP75")]
    pub ap75: Option<f64>,
}

/// How much worse a picture is with one model than with the first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Damaged {
    pub file: String,
    pub model: String,
    pub things: usize,
    /// AP of this picture alone, with the first model.
    pub ap_first: f64,
    /// AP of this picture alone, with this one.
    pub ap: f64,
    /// The loss of AP times the number of objects in the picture: a crowd at a table counts more than a single dog.
    pub damage: f64,
}

/// Why an evaluation cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("cannot read the evaluation {}: {cause}", path.display())]
    Read { path: PathBuf, cause: ReadError },
    #[error("{} is not an evaluation: {cause}; create one with `twinsight eval --json FILE`", path.display())]
    Form { path: PathBuf, cause: serde_json::Error },
    #[error("{} has format {found}; this Twinsight reads format {FORMAT}; run `twinsight eval` again", path.display())]
    Format { path: PathBuf, found: u32 },
}

impl EvalReport {
    /// The version of the form that is written and read.
    pub const FORMAT: u32 = FORMAT;

    /// The file's kind.
    pub const FILE: FileFormat = FileFormat {
        name: "a JSON file of `eval`",
        reads: MAX_BYTES,
        is: |bytes| has_keys(bytes, &["format", "twinsight", "protocol", "models"]),
    };

    /// Reads what `twinsight eval --json` wrote.
    pub fn read(path: &Path) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct ReportHead {
            format: u32,
        }
        let bytes =
            read_limited(path, MAX_BYTES).map_err(|cause| ReportError::Read { path: path.to_owned(), cause })?;
        let form = |cause| ReportError::Form { path: path.to_owned(), cause };
        let ReportHead { format } = serde_json::from_slice(without_mark(&bytes)).map_err(form)?;
        if format != FORMAT {
            return Err(ReportError::Format { path: path.to_owned(), found: format });
        }
        serde_json::from_slice(without_mark(&bytes)).map_err(form)
    }

    /// As it is written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}
