//! A model that was made again, and the files beside it.

use std::io;
use std::path::{Path, PathBuf};

use crate::files::{OutputFile, Outputs, WriteError, read_limited};
use crate::workshop::calibration::CalibrationTable;
use crate::workshop::error::WorkshopError;
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
    /// Files of these names with other bytes stay: the new ones get a number.
    pub fn save(&self, dirs: &[PathBuf]) -> Result<PathBuf, WorkshopError> {
        let mut last = None;
        for dir in dirs {
            match self.save_in(dir) {
                Ok(path) => return Ok(path),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| {
            WorkshopError::write(Path::new(&self.stem))(io::Error::other("no folder to save it in"))
        }))
    }

    fn save_in(&self, dir: &Path) -> Result<PathBuf, WorkshopError> {
        std::fs::create_dir_all(dir).map_err(WorkshopError::write(dir))?;
        let path = self.free_path(dir)?;
        let mut outputs = Outputs::default();
        let model = outputs.file(&path, &ModelFile::FILE)?;
        // The model last: one without its table could not be rebuilt.
        BesideFiles::new(&mut outputs, &path)?.write(&self.recipe, &self.table)?;
        model.write(&self.file.bytes)?;
        Ok(path)
    }

    fn free_path(&self, dir: &Path) -> Result<PathBuf, WorkshopError> {
        let (recipe, table) = (self.recipe.to_json(), self.table.to_json());
        let is_free = |path: &Path, bytes: &[u8]| !path.exists() || holds(path, bytes);
        for number in 1..MAX_FILES {
            let end = if number == 1 { String::new() } else { format!("-{number}") };
            let path = dir.join(format!("{}{end}.onnx", self.stem));
            if is_free(&path, &self.file.bytes)
                && is_free(&beside(&path, RECIPE), recipe.as_bytes())
                && is_free(&beside(&path, TABLE), table.as_bytes())
            {
                return Ok(path);
            }
        }
        let cause = io::Error::other(format!("there are already {MAX_FILES} files with that name; remove some"));
        Err(WorkshopError::write(&dir.join(&self.stem))(cause))
    }
}

/// Whether a file has exactly these bytes.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    read_limited(path, bytes.len() as u64).is_ok_and(|found| found == bytes)
}

/// `a.onnx` has `a.recipe.json` beside it.
pub(super) fn beside(model: &Path, end: &str) -> PathBuf {
    model.with_extension(end)
}

/// A model's recipe and calibration table beside it: what it was made of, so that it can be made again.
pub struct BesideFiles {
    /// `None` = the file is there already.
    recipe: Option<OutputFile>,
    table: Option<OutputFile>,
}

impl BesideFiles {
    /// Both are to be written, and may replace older ones.
    pub fn new(outputs: &mut Outputs, model: &Path) -> Result<Self, WriteError> {
        Self::unless(outputs, model, [false; 2])
    }

    /// The recipe, or the table, is not written where it is a file that the command reads and that says the same:
    /// `is_same`.
    pub fn unless(outputs: &mut Outputs, model: &Path, is_same: [bool; 2]) -> Result<Self, WriteError> {
        let [recipe, table] = [RECIPE, TABLE].map(|end| beside(model, end));
        let mut file = |path: PathBuf, format, is_same| {
            if is_same && outputs.is_input(&path) { Ok(None) } else { outputs.file(&path, format).map(Some) }
        };
        Ok(Self {
            recipe: file(recipe, &Recipe::FILE, is_same[0])?,
            table: file(table, &CalibrationTable::FILE, is_same[1])?,
        })
    }

    /// Writes what is not there already.
    pub fn write(&self, recipe: &Recipe, table: &CalibrationTable) -> Result<(), WriteError> {
        if let Some(file) = &self.recipe {
            file.write(recipe.to_json().as_bytes())?;
        }
        if let Some(file) = &self.table {
            file.write(table.to_json().as_bytes())?;
        }
        Ok(())
    }
}
