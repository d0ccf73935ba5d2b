//! Pictures to browse: files and folders as they were named, one of them in sight.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::folder_watch::{AlbumError, Listing};
use crate::source::SourceRequest;

/// A list of pictures and a place in it. It opens nothing: the caller marks a picture that cannot be read with
/// [`Album::mark`], and it is skipped from then on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Album {
    /// As they were named: looked at again by a [`FolderWatch`](super::FolderWatch).
    named: Vec<PathBuf>,
    /// In the order of their names.
    listed: Vec<PathBuf>,
    /// In the order in which they are browsed.
    pictures: Vec<PathBuf>,
    /// What comes first in that order, where it is another; what is not among these comes last.
    first: Vec<PathBuf>,
    current: usize,
    /// Why a picture cannot be shown.
    problems: HashMap<PathBuf, String>,
}

impl Album {
    /// Files in the order given, each folder's pictures in natural order. The first one is current.
    pub fn open(paths: &[PathBuf]) -> Result<Self, AlbumError> {
        let pictures = Listing::look(paths)?.pictures().to_vec();
        Ok(Self { named: paths.to_vec(), listed: pictures.clone(), pictures, ..Self::default() })
    }

    /// All of them, unreadable ones included, in the order in which they are browsed.
    pub fn pictures(&self) -> &[PathBuf] {
        &self.pictures
    }

    /// All of them in the order of the files: as they were named, each folder's in natural order.
    pub fn listed(&self) -> &[PathBuf] {
        &self.listed
    }

    /// Browses these pictures first, in this order; none: all of them in the order of the files. The current one stays.
    pub fn arrange(&mut self, first: Vec<PathBuf>) {
        self.first = first;
        let current = self.current().map(PathBuf::from);
        self.pictures = arranged(&self.listed, &self.first);
        let place = current.and_then(|current| self.pictures.iter().position(|picture| *picture == current));
        self.current = place.unwrap_or(0);
    }

    /// Whether the order is another than that of the files.
    pub fn is_arranged(&self) -> bool {
        !self.first.is_empty()
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
        self.go(self.neighbour(1))
    }

    /// Goes to the previous picture that is not marked. `false`: there is none, and nothing changed.
    pub fn back(&mut self) -> bool {
        self.go(self.neighbour(-1))
    }

    /// The index of the next picture (1) or the previous one (-1) that is not marked.
    pub fn neighbour(&self, by: i64) -> Option<usize> {
        self.find(by, |_| true)
    }

    /// The index of the nearest picture after the current one (1) or before it (-1) that is not marked, and wanted.
    pub fn find(&self, by: i64, is_wanted: impl Fn(&Path) -> bool) -> Option<usize> {
        let good = |i: &usize| !self.is_marked(*i) && is_wanted(self.pictures[*i].as_path());
        if by < 0 {
            (0..self.current.min(self.pictures.len())).rev().find(good)
        } else {
            (self.current + 1..self.pictures.len()).find(good)
        }
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

    /// How many pictures cannot be shown, as far as is known.
    pub fn problems(&self) -> usize {
        self.problems.len()
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
        let Some(current) = self.pictures.get(self.current).cloned() else { return false };
        if !pictures.contains(&current) {
            // After the nearest one before it that is still there.
            let own = self.listed.iter().position(|p| *p == current).unwrap_or(0);
            let place = |picture: &PathBuf| pictures.iter().position(|p| p == picture);
            let index = self.listed[..own].iter().rev().find_map(place).map_or(0, |before| before + 1);
            pictures.insert(index, current.clone());
        }
        let changed = pictures != self.listed;
        self.listed = pictures;
        self.pictures = arranged(&self.listed, &self.first);
        self.current = self.pictures.iter().position(|p| *p == current).unwrap_or(0);
        if changed {
            self.problems.retain(|path, _| self.listed.contains(path));
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

/// `listed`, with these first in their order.
fn arranged(listed: &[PathBuf], first: &[PathBuf]) -> Vec<PathBuf> {
    if first.is_empty() {
        return listed.to_vec();
    }
    let places: HashMap<&PathBuf, usize> = first.iter().zip(0..).collect();
    let mut pictures = listed.to_vec();
    // Stable: the others stay as they are.
    pictures.sort_by_key(|picture| places.get(picture).copied().unwrap_or(usize::MAX));
    pictures
}
