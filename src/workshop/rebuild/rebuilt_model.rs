//! A model that was made again, and the files beside it.

use std::path::{Path, PathBuf};

use crate::workshop::calibration::CalibrationTable;
use crate::workshop::error::WorkshopError;
use crate::workshop::files::write_whole;
use crate::workshop::model_file::ModelFile;
use crate::workshop::recipe::Recipe;

/// Ends of the names of the files beside a model.
pub(super) const RECIPE: &str = "recipe.json";
pub(super) const TABLE: &str = "calibration.json";

/// The most files of one name: `a.onnx`, `a-2.onnx`, …
const MAX_FILES: usize = 1000;

/// A model that was made again, in memory.
#[derive(Clone, Debug)]
pub struct RebuiltModel {
    /// The file's name without its end.
    stem: String,
    file: ModelFile,
    recipe: Recipe,
    table: CalibrationTable,
}

impl RebuiltModel {
    /// `end` is put after the file's name.
    pub(super) fn new(file: ModelFile, end: &str, recipe: Recipe, table: CalibrationTable) -> Self {
        Self { stem: format!("{}{end}", file.file.trim_end_matches(".onnx")), file, recipe, table }
    }

    /// Writes the model into the first of these folders that can be written to, its recipe and its table beside it.
    /// A file of that name with other bytes stays: the new one gets a number.
    pub fn save(&self, dirs: &[PathBuf]) -> Result<PathBuf, WorkshopError> {
        let mut last = None;
        for dir in dirs {
            match self.save_in(dir) {
                Ok(path) => return Ok(path),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| WorkshopError::Write {
            path: PathBuf::from(&self.stem),
            cause: std::io::Error::other("no folder to save it in"),
        }))
    }

    fn save_in(&self, dir: &Path) -> Result<PathBuf, WorkshopError> {
        std::fs::create_dir_all(dir).map_err(WorkshopError::write(dir))?;
        let path = self.free_path(dir)?;
        // The model last: one without its table could not be rebuilt.
        write_beside(&path, &self.recipe, &self.table)?;
        self.file.write_to(&path)?;
        Ok(path)
    }

    fn free_path(&self, dir: &Path) -> Result<PathBuf, WorkshopError> {
        for number in 1..MAX_FILES {
            let end = if number == 1 { String::new() } else { format!("-{number}") };
            let path = dir.join(format!("{}{end}.onnx", self.stem));
            if !path.exists() || std::fs::read(&path).is_ok_and(|bytes| bytes == self.file.bytes) {
                return Ok(path);
            }
        }
        let cause = std::io::Error::other(format!("there are already {MAX_FILES} files with that name; remove some"));
        Err(WorkshopError::Write { path: dir.join(&self.stem), cause })
    }
}

/// `a.onnx` has `a.recipe.json` beside it.
pub(super) fn beside(model: &Path, end: &str) -> PathBuf {
    model.with_extension(end)
}

/// Puts a model's recipe and calibration table beside it.
pub fn write_beside(model: &Path, recipe: &Recipe, table: &CalibrationTable) -> Result<(), WorkshopError> {
    write_whole(&beside(model, RECIPE), recipe.to_json().as_bytes())?;
    table.write(&beside(model, TABLE))
}
