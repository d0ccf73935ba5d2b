//! The one place that decides what a command may write.

use std::path::Path;

use super::folder::{FolderFormat, OutputFolder};
use super::format::FileFormat;
use super::output::{OutputFile, WriteCause, WriteError};
use super::place::{Place, Places};

/// What one command reads and writes. No output replaces an input or another output; none replaces a file of another
/// kind, unless the user says so.
#[derive(Default)]
pub struct Outputs {
    inputs: Places,
    outputs: Places,
    force: bool,
}

impl Outputs {
    /// `force`: a file of another kind may be replaced.
    pub fn new(force: bool) -> Self {
        Self { force, ..Self::default() }
    }

    /// Files that the command reads.
    pub fn reads<'a>(mut self, inputs: impl IntoIterator<Item = &'a Path>) -> Self {
        // What does not exist cannot be replaced; that it cannot be read is told by who reads it.
        inputs.into_iter().filter_map(|path| Place::of(path).ok()).for_each(|place| self.inputs.insert(place));
        self
    }

    /// The same, where no file of another kind may be replaced.
    pub fn without_force(self) -> Self {
        Self { force: false, ..self }
    }

    /// Whether the command reads this file.
    pub fn is_input(&self, path: &Path) -> bool {
        Place::of(path).is_ok_and(|place| self.inputs.contains(&place))
    }

    /// A file that is to be written later. All that can be known before is checked now, and nothing is changed.
    pub fn file(&mut self, path: &Path, format: &FileFormat) -> Result<OutputFile, WriteError> {
        let failed = |cause| WriteError { path: path.to_owned(), cause };
        if let Some(stream) = OutputFile::stream(path)? {
            // The shell may have opened a file that the command reads.
            return if self.is_input(path) { Err(failed(WriteCause::Input)) } else { Ok(stream) };
        }
        let place = Place::of(path).map_err(|cause| failed(WriteCause::missing_folder(path, cause)))?;
        let file = OutputFile::at(path, place.path.clone())?;
        if self.inputs.contains(&place) {
            return Err(failed(WriteCause::Input));
        }
        if self.outputs.contains(&place) {
            return Err(failed(WriteCause::Twice));
        }
        if place.path.exists() && !self.force && !format.is_of(&place.path) {
            return Err(failed(WriteCause::OtherKind(format.name)));
        }
        file.check()?;
        self.outputs.insert(place);
        Ok(file)
    }

    /// A folder that is to be written later, with files of its own alone. All that can be known before is checked now,
    /// and nothing is changed.
    pub fn folder(&mut self, path: &Path, format: &FolderFormat) -> Result<OutputFolder, WriteError> {
        let failed = |cause| WriteError { path: path.to_owned(), cause };
        let place = Place::of(path).map_err(|cause| failed(WriteCause::missing_folder(path, cause)))?;
        if self.inputs.contains(&place) || self.inputs.is_any_in(&place) {
            return Err(failed(WriteCause::Input));
        }
        if self.outputs.contains(&place) {
            return Err(failed(WriteCause::Twice));
        }
        let folder = OutputFolder::at(path, place.path.clone(), *format)?;
        self.outputs.insert(place);
        Ok(folder)
    }
}
