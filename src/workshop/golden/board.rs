//! Files of a board: which one is of which tensor.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::error::GoldenError;
use super::manifest::{CONSTANTS, MANIFEST, MODEL, PackedTensor, REQUANTIZATION};
use crate::files::ReadError;

/// Where the tensors of a board are.
#[derive(Debug, Default)]
pub struct BoardFiles {
    files: HashMap<String, PathBuf>,
    /// Files that have the name of no tensor.
    pub unknown: Vec<PathBuf>,
}

/// Ends of what is shown and holds no values, though it may be called like a tensor: "images.png", "output.mp4".
const PICTURES: [&str; 10] = ["jpg", "jpeg", "png", "webp", "bmp", "mp4", "mov", "mkv", "avi", "webm"];

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
        let names = names_of(tensors);
        if about.is_dir() {
            let folders = [against.join(picture), against.join(CONSTANTS), against.to_owned()];
            for folder in folders.iter().filter(|folder| folder.is_dir()) {
                for entry in std::fs::read_dir(folder).map_err(failed)?.take(MAX_FILES) {
                    let path = entry.map_err(failed)?.path();
                    if path.is_file() && !mapped(&path) {
                        found.add(path, &names);
                    }
                }
            }
        } else if !mapped(against) {
            found.add(against.to_owned(), &names);
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

    fn add(&mut self, path: PathBuf, names: &HashMap<&str, &str>) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = Path::new(&name).file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let end = Path::new(&name).extension();
        let is_picture = end.is_some_and(|end| PICTURES.iter().any(|picture| end.eq_ignore_ascii_case(picture)));
        // A tensor's name may have a dot in it.
        match names.get(name.as_str()).or_else(|| names.get(stem)).filter(|_| !is_picture) {
            Some(tensor) => {
                // The first one stays: the folder of the picture comes before the one above.
                self.files.entry((*tensor).to_owned()).or_insert(path);
            }
            // What a pack has besides.
            None if matches!(name.as_str(), MANIFEST | REQUANTIZATION | MODEL) => {}
            None => self.unknown.push(path),
        }
    }

    pub fn get(&self, tensor: &str) -> Option<&Path> {
        self.files.get(tensor).map(PathBuf::as_path)
    }
}

/// Tensors by what their files may be called, without an end: as in the pack, or as the tensor.
fn names_of<'a>(tensors: &[&'a PackedTensor]) -> HashMap<&'a str, &'a str> {
    let in_pack = tensors.iter().copied().filter_map(|tensor| {
        let stem = Path::new(&tensor.file).file_stem().and_then(OsStr::to_str)?;
        Some((stem, tensor.name.as_str()))
    });
    let own = tensors.iter().copied().map(|tensor| (tensor.name.as_str(), tensor.name.as_str()));
    let mut names = HashMap::with_capacity(2 * tensors.len());
    for (name, tensor) in in_pack.chain(own) {
        names.entry(name).or_insert(tensor);
    }
    names
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, file: &str) -> PackedTensor {
        let text = format!(
            r#"{{"name": "{name}", "file": "{file}", "type": "uint8", "shape": [1], "layout": "o", "consumers": [],
               "crc32": "0", "min": null, "max": null}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn files_are_known_by_both_names_and_pictures_are_none() {
        let tensors = [tensor("conv", "00/conv.npy"), tensor("conv.1", "00/conv.1.npy"), tensor("a/b", "00/a_b.npy")];
        let tensors: Vec<&PackedTensor> = tensors.iter().collect();
        let names = names_of(&tensors);
        for (file, wanted) in [
            ("conv.bin", Some("conv")),
            // With an end or without one.
            ("conv.1.bin", Some("conv.1")),
            ("conv.1", Some("conv.1")),
            ("a_b.hex", Some("a/b")),
            ("conv.PNG", None),
            ("convs.bin", None),
        ] {
            let mut found = BoardFiles::default();
            found.add(file.into(), &names);
            assert_eq!(found.files.keys().next().map(String::as_str), wanted, "{file}");
            assert_eq!(found.unknown.is_empty(), wanted.is_some(), "{file}");
        }
    }
}
