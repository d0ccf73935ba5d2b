//! The model card: what a person who gets the files must know of them, filled in from what was measured.
//!
//! A figure that was not measured, or was measured of another file, is "not measured": the sum of a file's bytes decides.

mod bench;
mod text;

use std::path::{Path, PathBuf};

pub use bench::{BenchError, BenchProcessor, BenchReport};

use super::calibration::CalibrationTable;
use super::error::WorkshopError;
use super::evaluate::{EvalReport, OfModel};
use super::model_file::read_metadata;
use crate::detect::Form;
use crate::files::FileFormat;
use crate::model::metadata::Metadata;
use crate::model::{Arithmetic, Catalog, ModelError, ModelName, Precision, Sidecar};

/// Everything that a card is made of.
#[derive(Debug)]
pub struct Card {
    pub files: Vec<CardFile>,
    pub form: Form,
    pub evaluation: Option<EvalReport>,
    pub bench: Option<BenchReport>,
    /// The table that INT8 was made with, where it is at hand.
    pub calibration: Option<CalibrationTable>,
}

/// One model file.
#[derive(Clone, Debug, PartialEq)]
pub struct CardFile {
    /// As in the window and in reports.
    pub name: String,
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    pub precision: Precision,
    /// `None` = it has none of ours.
    pub metadata: Option<Metadata>,
    /// Its bytes are those of a file that others published.
    pub published: bool,
}

/// Why there is no card.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    #[error(transparent)]
    Workshop(#[from] WorkshopError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("no models in {}; build them with `twinsight setup` or `twinsight models build`", dir.display())]
    NoModels { dir: PathBuf },
    #[error(
        "{first} and {second} have different inputs, classes or heads; a card covers models of one network, so name \
         them with --model"
    )]
    DifferentForms { first: String, second: String },
    #[error(
        "the evaluation is for other files (none of its checksums is that of {}); measure these with `twinsight eval \
         --json`",
        list(files)
    )]
    OtherFiles { files: Vec<String> },
}

/// Whether a file is a card that Twinsight wrote.
fn is_card(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.starts_with("---\nlicense:") && text.contains("\n- this card: Twinsight ")
}

fn list(files: &[String]) -> String {
    files.join(", ")
}

impl Card {
    /// The file's kind.
    pub const FILE: FileFormat = FileFormat { name: "a model card of Twinsight", reads: 1 << 20, is: is_card };

    /// Reads the models' files. `names`: those of the card; empty = the installed ones of the catalog.
    pub fn read(catalog: &Catalog, names: &[ModelName]) -> Result<Self, CardError> {
        let names = match names {
            [] => catalog.installed(),
            names => names.to_vec(),
        };
        let (mut files, mut forms): (Vec<CardFile>, Vec<Form>) = (Vec::new(), Vec::new());
        for name in &names {
            let (file, form) = read(&catalog.path(name), name)?;
            files.push(file);
            forms.push(form);
        }
        let Some(form) = forms.first().cloned() else {
            return Err(CardError::NoModels { dir: catalog.dir().to_owned() });
        };
        if let Some(other) = forms.iter().position(|f| *f != form) {
            let [first, second] = [0, other].map(|i| files[i].file.clone());
            return Err(CardError::DifferentForms { first, second });
        }
        let calibration = calibration(catalog, &files);
        Ok(Self { files, form, evaluation: None, bench: None, calibration })
    }

    /// Fills in accuracy. At least one of the models must be among those evaluated.
    pub fn with_evaluation(mut self, report: EvalReport) -> Result<Self, CardError> {
        self.evaluation = Some(report);
        if self.files.iter().all(|file| self.measured(file).is_none()) {
            return Err(CardError::OtherFiles { files: self.files.into_iter().map(|f| f.file).collect() });
        }
        Ok(self)
    }

    /// Fills in latency.
    pub fn with_bench(mut self, bench: BenchReport) -> Self {
        self.bench = Some(bench);
        self
    }

    /// What was measured of exactly these bytes: the model's own figures, and not those of a processor that overflows.
    fn measured(&self, file: &CardFile) -> Option<&OfModel> {
        let of_file = |model: &&OfModel| {
            model.sha256 == file.sha256 && matches!(model.arithmetic, None | Some(Arithmetic::Exact))
        };
        self.evaluation.as_ref()?.models.iter().find(of_file)
    }
}

fn read(path: &Path, name: &ModelName) -> Result<(CardFile, Form), CardError> {
    let (bytes, sha256, metadata) = read_metadata(path)?;
    let published = Catalog::published(&sha256);
    let known = published.as_ref().unwrap_or(name);
    let sidecar = Sidecar::of(path)?;
    let of_file = metadata.as_ref().map(|m| (m.form.clone(), m.precision));
    let (form, precision) = of_file.unwrap_or_else(|| (Form::yolov4_tiny_416(), known.precision()));
    let (form, precision) = match sidecar {
        Some(sidecar) => (sidecar.form, sidecar.precision.unwrap_or(precision)),
        None => (form, precision),
    };
    let file = CardFile {
        name: known.label(),
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        bytes,
        sha256,
        precision,
        metadata,
        published: published.is_some(),
    };
    Ok((file, form))
}

/// The table in the models folder whose sum the models name.
fn calibration(catalog: &Catalog, files: &[CardFile]) -> Option<CalibrationTable> {
    let wanted = files.iter().find_map(|f| f.metadata.as_ref()?.calibration_sha256.as_deref())?;
    let entries = std::fs::read_dir(catalog.dir()).ok()?;
    let tables = entries.flatten().map(|entry| entry.path());
    let mut tables = tables.filter(|path| path.to_string_lossy().ends_with(".calibration.json"));
    // A table that cannot be read is not this one.
    tables.find_map(|path| CalibrationTable::read(&path).ok().filter(|table| table.sha256() == wanted))
}
