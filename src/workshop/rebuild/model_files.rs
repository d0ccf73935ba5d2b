//! A model's file and those of its name beside it, renamed and deleted together.

use std::io;
use std::path::{Path, PathBuf};

use super::rebuilt_model::{RECIPE, TABLE, beside};
use crate::files::rename_new;
use crate::model::Sidecar;
use crate::workshop::error::WorkshopError;
use crate::workshop::recipe::Recipe;

/// In bytes, with the ends that come after it; file systems allow 255.
const MAX_STEM: usize = 200;

/// Why a model cannot have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("Enter a name.")]
    Empty,
    #[error("A name is at most {MAX_STEM} bytes long.")]
    Long,
    #[error("A name must not contain / \\ : * ? \" < > | or line breaks.")]
    Character,
    #[error("A name must not start or end with a dot or a space.")]
    Edge,
}

/// A model's file, its recipe, its calibration table and its sidecar: those that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFiles {
    /// The model first.
    paths: Vec<PathBuf>,
}

impl ModelFiles {
    /// Those of the model at this path.
    pub fn of(model: &Path) -> Self {
        let paths = names(model).into_iter().enumerate();
        // The model itself counts as there: that it is not is told when it is renamed or deleted.
        let is_there = |(at, path): (usize, PathBuf)| (at == 0 || path.is_file()).then_some(path);
        Self { paths: paths.filter_map(is_there).collect() }
    }

    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The recipe that lies beside a model; `None` where there is none that can be read.
    pub fn recipe(model: &Path) -> Option<Recipe> {
        Recipe::read(&beside(model, RECIPE)).ok()
    }

    /// The calibration table that lies beside a model, or would.
    pub fn table(model: &Path) -> PathBuf {
        beside(model, TABLE)
    }

    /// Whether a model may have this name, which is its file's without the end.
    pub fn check_name(stem: &str) -> Result<(), NameError> {
        let is_bad = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
        match stem {
            "" => Err(NameError::Empty),
            stem if stem.len() > MAX_STEM => Err(NameError::Long),
            stem if stem.contains(is_bad) => Err(NameError::Character),
            stem if stem.starts_with(['.', ' ']) || stem.ends_with(['.', ' ']) => Err(NameError::Edge),
            _ => Ok(()),
        }
    }

    /// Gives all of them another name in the same folder, or none; nothing is replaced. Gives the model's new path.
    pub fn rename(&self, stem: &str) -> Result<PathBuf, WorkshopError> {
        let Some(model) = self.paths.first() else { return Ok(PathBuf::new()) };
        let target = model.with_file_name(format!("{stem}.onnx"));
        if target == *model {
            return Ok(target);
        }
        let failed = |path: &Path, cause: io::Error| WorkshopError::write(path)(cause);
        Self::check_name(stem).map_err(|why| failed(&target, io::Error::other(why.to_string())))?;
        let pairs: Vec<(PathBuf, PathBuf)> =
            names(model).into_iter().zip(names(&target)).filter(|(from, _)| self.paths.contains(from)).collect();
        // A recipe of another model of that name must not become this one's.
        if let Some(taken) = names(&target).into_iter().find(|path| path.symlink_metadata().is_ok()) {
            return Err(failed(&taken, io::ErrorKind::AlreadyExists.into()));
        }
        for (done, (from, to)) in pairs.iter().enumerate() {
            if let Err(cause) = rename_new(from, to) {
                for (from, to) in &pairs[..done] {
                    if let Err(cause) = rename_new(to, from) {
                        log::error!("{} could not be renamed back: {cause}", to.display());
                    }
                }
                return Err(failed(to, cause));
            }
        }
        Ok(target)
    }

    /// Deletes all of them, the model first.
    pub fn delete(&self) -> Result<(), WorkshopError> {
        self.paths.iter().try_for_each(|path| {
            std::fs::remove_file(path).or_else(|cause| match cause.kind() {
                // Somebody else was faster.
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(WorkshopError::write(path)(cause)),
            })
        })
    }
}

/// The model's own, and what its files beside it are called.
fn names(model: &Path) -> [PathBuf; 4] {
    [model.to_owned(), beside(model, RECIPE), beside(model, TABLE), Sidecar::path(model)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(dir: &Path) -> Vec<String> {
        let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_model_takes_its_files_along_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["a.onnx", "a.recipe.json", "a.calibration.json", "a.onnx.json", "b.recipe.json"] {
            std::fs::write(path(name), name).unwrap();
        }
        let files = ModelFiles::of(&path("a.onnx"));
        assert_eq!(files.paths().len(), 4);
        let taken = files.rename("b").unwrap_err().to_string();
        assert!(taken.contains("b.recipe.json"), "{taken}");
        assert!(listed(dir.path()).contains(&"a.recipe.json".to_owned()), "nothing moved");
        assert_eq!(files.rename("a").unwrap(), path("a.onnx"), "its own name is free");
        assert_eq!(files.rename("c.2").unwrap(), path("c.2.onnx"));
        assert_eq!(
            listed(dir.path()),
            ["b.recipe.json", "c.2.calibration.json", "c.2.onnx", "c.2.onnx.json", "c.2.recipe.json"]
        );
        ModelFiles::of(&path("c.2.onnx")).delete().unwrap();
        assert_eq!(listed(dir.path()), ["b.recipe.json"]);
    }

    #[test]
    fn names_that_no_file_can_have_are_refused() {
        for (name, why) in [
            ("", NameError::Empty),
            ("a/b", NameError::Character),
            ("a\nb", NameError::Character),
            (".a", NameError::Edge),
            ("a ", NameError::Edge),
            ("a".repeat(201).as_str(), NameError::Long),
        ] {
            assert_eq!(ModelFiles::check_name(name), Err(why), "{name}");
        }
        assert_eq!(ModelFiles::check_name("INT8, 2 layers – 模型"), Ok(()));
    }
}
