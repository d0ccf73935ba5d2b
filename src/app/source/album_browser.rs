//! The pictures of files and folders, from one to the next.

use std::path::{Path, PathBuf};

use egui::{Context, Ui};

use super::thumbnail_strip::ThumbnailStrip;
use crate::app::action::Action;
use crate::source::{Album, FolderWatch, Listing, SourceRequest};

/// The album that is open, and the strip that shows it.
#[derive(Default)]
pub struct AlbumBrowser {
    album: Option<Box<Album>>,
    strip: ThumbnailStrip,
    /// Sees files come and go in its folders.
    watch: Option<FolderWatch>,
    /// What was there at the last look.
    listing: Listing,
    /// Where to continue from a picture that cannot be read: the next (1), the previous (-1), nowhere (0).
    direction: i64,
}

impl AlbumBrowser {
    /// Shows another album, and follows its folders.
    pub fn open(&mut self, ctx: &Context, album: Box<Album>) {
        let folders = album.named().to_vec();
        *self = Self { album: Some(album), direction: 1, ..Self::default() };
        if !folders.iter().any(|path| path.is_dir()) {
            return;
        }
        let ctx = ctx.clone();
        match FolderWatch::start(folders, move || ctx.request_repaint()) {
            Ok(watch) => self.watch = Some(watch),
            Err(error) => log::error!("cannot watch the folder: its thread cannot be started ({error})"),
        }
    }

    pub fn close(&mut self) {
        *self = Self::default();
    }

    pub fn album(&self) -> Option<&Album> {
        self.album.as_deref()
    }

    /// The current picture.
    pub fn request(&self) -> Option<SourceRequest> {
        self.album.as_ref()?.request()
    }

    /// Applies changes in the folders.
    pub fn refresh(&mut self) {
        let Some((new, album)) = self.watch.as_ref().and_then(FolderWatch::take).zip(self.album.as_mut()) else {
            return;
        };
        let changed = new.changed_since(&self.listing);
        // They may have been repaired, or be complete now.
        changed.iter().for_each(|path| album.clear(path));
        if album.update(&new) || !changed.is_empty() {
            self.strip.renew(&changed);
        }
        self.listing = new;
    }

    /// To the next picture that can be read (1), or the previous one (-1). False: there is none.
    pub fn step(&mut self, by: i64) -> bool {
        let Some(album) = &mut self.album else { return false };
        let moved = if by < 0 { album.back() } else { album.forward() };
        if moved {
            self.direction = by;
            self.drop_missing();
        }
        moved
    }

    /// To a picture by its index. False: there is no such picture.
    pub fn go_to(&mut self, index: usize) -> bool {
        let moved = self.album.as_mut().is_some_and(|album| album.select(index));
        if moved {
            self.direction = 0;
            self.drop_missing();
        }
        moved
    }

    /// A shown picture whose file is gone stays in the album until another one is shown.
    fn drop_missing(&mut self) {
        if let Some(album) = self.album.as_mut().filter(|_| !self.listing.pictures().is_empty())
            && album.update(&self.listing)
        {
            self.strip.renew(&[]);
        }
    }

    /// The current picture was opened.
    pub fn opened(&mut self) {
        if let Some(album) = &mut self.album
            && let Some(current) = album.current().map(PathBuf::from)
        {
            album.clear(&current);
        }
    }

    /// Marks the current picture, `shown`, as unreadable, and moves past it. False: it is not the current one, or there
    /// is none to move to.
    pub fn skip_unreadable(&mut self, shown: Option<&Path>, why: String) -> bool {
        let Some(album) = &mut self.album else { return false };
        let current = album.current().map(PathBuf::from).filter(|current| shown == Some(current));
        let Some(current) = current else { return false };
        album.mark(&current, why);
        let moved = match self.direction {
            0 => false,
            back if back < 0 => album.back(),
            _ => album.forward(),
        };
        if moved {
            self.drop_missing();
        }
        moved
    }

    /// The index of a file among the pictures.
    pub fn place_of(&self, path: &Path) -> Option<usize> {
        self.album.as_ref()?.pictures().iter().position(|picture| picture == path)
    }

    /// Paints the strip of thumbnails; nothing without an album.
    pub fn ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Some(album) = &mut self.album else { return };
        // "3 of 12"
        let place = format!("{} of {}", album.index() + 1, album.pictures().len());
        self.strip.ui(ui, album, &place, actions);
    }
}
