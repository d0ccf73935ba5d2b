//! Sizes of pictures, which are read from their files.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::detect::Size;

/// Sizes of pictures, each asked for once.
pub(super) struct PictureSizes<'a> {
    ask: &'a dyn Fn(&Path) -> Option<Size>,
    known: RefCell<HashMap<PathBuf, Option<Size>>>,
}

impl<'a> PictureSizes<'a> {
    /// `ask` gives the size of a picture; `None` = it cannot be read.
    pub fn new(ask: &'a dyn Fn(&Path) -> Option<Size>) -> Self {
        Self { ask, known: RefCell::default() }
    }

    pub fn of(&self, picture: &Path) -> Option<Size> {
        let known = self.known.borrow().get(picture).copied();
        known.unwrap_or_else(|| {
            let size = (self.ask)(picture);
            self.known.borrow_mut().insert(picture.to_owned(), size);
            size
        })
    }

    /// Whether its size was asked for, and is not known.
    pub fn is_unreadable(&self, picture: &Path) -> bool {
        self.known.borrow().get(picture).is_some_and(Option::is_none)
    }
}
