//! Pictures to browse: files and folders as they were named, one of them in sight.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::folder::pictures_in;
use super::folder_watch::{AlbumError, Listing};
use crate::source::SourceRequest;

/// A list of pictures and a place in it. It opens nothing: the caller marks a picture that cannot be read with
/// [`Album::mark`], and it is skipped from then on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Album {
    /// As they were named: looked at again by a [`FolderWatch`](super::FolderWatch).
    named: Vec<PathBuf>,
    pictures: Vec<PathBuf>,
    current: usize,
    /// Why a picture cannot be shown.
    problems: HashMap<PathBuf, String>,
}

impl Album {
    /// Files in the order given, each folder's pictures in natural order. The first one is current.
    pub fn open(paths: &[PathBuf]) -> Result<Self, AlbumError> {
        let pictures = Listing::look(paths)?.pictures().to_vec();
        Ok(Self { named: paths.to_vec(), pictures, ..Self::default() })
    }

    /// The pictures of the file's folder, with the file current. Where the folder cannot be read, the file alone.
    pub fn around(file: &Path) -> Self {
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut pictures = pictures_in(folder).unwrap_or_default();
        if folder == Path::new(".") {
            // As the file was named.
            pictures = pictures.iter().filter_map(|p| p.file_name()).map(PathBuf::from).collect();
        }
        match pictures.iter().position(|p| p == file) {
            Some(current) => Self { named: vec![folder.into()], pictures, current, ..Self::default() },
            None => Self { named: vec![file.into()], pictures: vec![file.into()], ..Self::default() },
        }
    }

    /// All of them, unreadable ones included.
    pub fn pictures(&self) -> &[PathBuf] {
        &self.pictures
    }

    /// The index of the current picture, from 0.
    pub fn index(&self) -> usize {
        self.current
    }

    /// `None` only of an empty album.
    pub fn current(&self) -> Option<&Path> {
        self.pictures.get(self.current).map(PathBuf::as_path)
    }

    /// What shows the current picture.
    pub fn request(&self) -> Option<SourceRequest> {
        self.current().map(SourceRequest::file)
    }

    /// Goes to the next picture that is not marked. `false`: there is none, and nothing changed.
    pub fn forward(&mut self) -> bool {
        let next = (self.current + 1..self.pictures.len()).find(|i| !self.is_marked(*i));
        self.go(next)
    }

    /// Goes to the previous picture that is not marked. `false`: there is none, and nothing changed.
    pub fn back(&mut self) -> bool {
        let before = (0..self.current.min(self.pictures.len())).rev().find(|i| !self.is_marked(*i));
        self.go(before)
    }

    /// Goes to a picture by its place, marked or not: a user who points at one wants to know.
    pub fn select(&mut self, index: usize) -> bool {
        self.go((index < self.pictures.len()).then_some(index))
    }

    /// The picture cannot be read, and why.
    pub fn mark(&mut self, picture: &Path, problem: String) {
        self.problems.insert(picture.into(), problem);
    }

    /// It could be read after all.
    pub fn clear(&mut self, picture: &Path) {
        self.problems.remove(picture);
    }

    /// Why the picture cannot be shown; `None` = nothing is known against it.
    pub fn problem(&self, picture: &Path) -> Option<&str> {
        self.problems.get(picture).map(String::as_str)
    }

    /// What was opened: files and folders.
    pub fn named(&self) -> &[PathBuf] {
        &self.named
    }

    /// Applies the current listing. The current picture stays, even if its file is gone, because it is shown: the next call
    /// after another became current lets it go. `true`: the list changed.
    pub fn update(&mut self, listing: &Listing) -> bool {
        let mut pictures = listing.pictures().to_vec();
        if self.named == [PathBuf::from(".")] && !self.pictures.iter().any(|p| p.starts_with(".")) {
            pictures = pictures.iter().filter_map(|p| p.file_name()).map(PathBuf::from).collect();
        }
        let place = |picture: &PathBuf| pictures.iter().position(|p| p == picture);
        let Some(current) = self.pictures.get(self.current) else { return false };
        self.current = match place(current) {
            Some(index) => index,
            None => {
                // After the nearest one before it that is still there.
                let index = self.pictures[..self.current].iter().rev().find_map(place).map_or(0, |before| before + 1);
                pictures.insert(index, current.clone());
                index
            }
        };
        let changed = pictures != self.pictures;
        self.pictures = pictures;
        if changed {
            self.problems.retain(|path, _| self.pictures.contains(path));
        }
        changed
    }

    fn is_marked(&self, index: usize) -> bool {
        self.pictures.get(index).is_some_and(|p| self.problems.contains_key(p))
    }

    fn go(&mut self, to: Option<usize>) -> bool {
        self.current = to.unwrap_or(self.current);
        to.is_some()
    }
}
