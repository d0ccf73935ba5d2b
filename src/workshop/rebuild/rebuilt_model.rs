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

/// Stands in a file's name between how many frames were measured and the sum of the ranges.
pub(super) const FRAMES: &str = "-frames-";

/// The most letters of what was measured in a file's name.
const MAX_PLACE: usize = 24;

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

    /// The same model with the name of what its ranges were measured on in its file's name: "…_64-frames-of-val-1a2b3c".
    #[must_use]
    pub(super) fn measured_on(mut self, place: &str) -> Self {
        let plain = plain(place);
        if let Some((start, sum)) = self.stem.rsplit_once(FRAMES).filter(|_| !plain.is_empty()) {
            self.stem = format!("{start}{FRAMES}of-{plain}-{sum}");
        }
        self
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

/// Letters and digits, and `-` for whatever is between them.
fn plain(place: &str) -> String {
    let words = place.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-");
    joined.chars().take(MAX_PLACE).collect::<String>().trim_end_matches('-').to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_nothing_in_it_that_a_files_name_may_not_have() {
        assert_eq!(plain("val"), "val");
        assert_eq!(plain("rtsp://camera:554/live?…"), "rtsp-camera-554-live");
        assert_eq!(plain("a folder with a very long name.mp4"), "a-folder-with-a-very-lon");
        assert_eq!(plain("../…"), "");
    }
}
