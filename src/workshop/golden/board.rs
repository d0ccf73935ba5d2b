//! Files of a board: which one is of which tensor.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::error::GoldenError;
use super::manifest::{MANIFEST, PackedTensor, REQUANTIZATION};
use crate::files::ReadError;

/// Where the tensors of a board are.
#[derive(Debug, Default)]
pub struct BoardFiles {
    files: HashMap<String, PathBuf>,
    /// Files that have the name of no tensor.
    pub unknown: Vec<PathBuf>,
}

/// The most files that are looked at.
const MAX_FILES: usize = 100_000;

impl BoardFiles {
    /// `against`: a folder of files, or one file; `picture`: the folder below it that is looked at too. Files are known by
    /// the name of a tensor, or of its file in the pack, with any end. `map` comes first.
    pub fn find(
        against: &Path,
        picture: &str,
        tensors: &[&PackedTensor],
        map: &[(String, PathBuf)],
    ) -> Result<Self, GoldenError> {
        let mut found = Self::default();
        for (tensor, path) in map {
            if tensors.iter().all(|of| of.name != *tensor) {
                return Err(GoldenError::NoTensor { tensor: tensor.clone(), near: nearest(tensor, tensors) });
            }
            found.files.insert(tensor.clone(), path.clone());
        }
        let failed =
            |cause: std::io::Error| GoldenError::Read { path: against.to_owned(), cause: ReadError::Io(cause) };
        let about = std::fs::metadata(against).map_err(failed)?;
        let mapped = |path: &Path| map.iter().any(|(_, file)| file == path);
        if about.is_dir() {
            let folders = [against.join(picture), against.join("constants"), against.to_owned()];
            for folder in folders.iter().filter(|folder| folder.is_dir()) {
                for entry in std::fs::read_dir(folder).map_err(failed)?.take(MAX_FILES) {
                    let path = entry.map_err(failed)?.path();
                    if path.is_file() && !mapped(&path) {
                        found.add(path, tensors);
                    }
                }
            }
        } else if !mapped(against) {
            found.add(against.to_owned(), tensors);
            if let [path] = &found.unknown[..] {
                return Err(GoldenError::UnknownFile { path: path.clone() });
            }
        }
        if found.files.is_empty() {
            return Err(GoldenError::NothingFound { path: against.to_owned() });
        }
        found.unknown.sort();
        Ok(found)
    }

    fn add(&mut self, path: PathBuf, tensors: &[&PackedTensor]) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = |file: &str| Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        // A tensor's name may have a dot in it.
        let is_of = |tensor: &&&PackedTensor| {
            let of_pack = stem(&tensor.file);
            [Some(name.clone()), stem(&name)]
                .iter()
                .any(|of| of.is_some() && (*of == of_pack || of.as_ref() == Some(&tensor.name)))
        };
        match tensors.iter().find(is_of) {
            Some(tensor) => {
                // The first one stays: the folder of the picture comes before the one above.
                self.files.entry(tensor.name.clone()).or_insert(path);
            }
            // What a pack has besides.
            None if matches!(name.as_str(), MANIFEST | REQUANTIZATION | "model.onnx") => {}
            None => self.unknown.push(path),
        }
    }

    pub fn get(&self, tensor: &str) -> Option<&Path> {
        self.files.get(tensor).map(PathBuf::as_path)
    }
}

/// The name that has most in common with a misspelt one.
fn nearest(name: &str, tensors: &[&PackedTensor]) -> String {
    let common = |other: &str| {
        let start = name.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let end = name.bytes().rev().zip(other.bytes().rev()).take_while(|(a, b)| a == b).count();
        start + end
    };
    let best = tensors.iter().max_by_key(|tensor| (common(&tensor.name), std::cmp::Reverse(tensor.name.len())));
    best.map_or_else(String::new, |tensor| tensor.name.clone())
}
