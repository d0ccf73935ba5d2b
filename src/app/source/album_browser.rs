//! The pictures of files and folders, from one to the next.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, Ui};

use super::thumbnail_strip::{AgreementOf, ThumbnailStrip};
use crate::app::action::Action;
use crate::detect::Frame;
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
    /// Pictures whose files have changed, for those who keep something of them.
    changed: Vec<PathBuf>,
    /// One more with each change of the list of pictures.
    version: u64,
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
        let is_other = album.update(&new);
        if is_other || !changed.is_empty() {
            self.strip.renew(&changed);
        }
        self.version += u64::from(is_other);
        self.changed.extend(changed);
        self.listing = new;
    }

    /// Pictures whose files have changed since the last call.
    pub fn take_changed(&mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.changed)
    }

    /// Another number for another list of pictures.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Browses these pictures first, in this order; none: all of them in the order of the files.
    pub fn arrange(&mut self, first: Vec<PathBuf>) {
        if let Some(album) = &mut self.album {
            album.arrange(first);
            self.strip.renew(&[]);
        }
    }

    /// The picture cannot be read.
    pub fn mark(&mut self, picture: &Path, why: String) {
        if let Some(album) = &mut self.album {
            album.mark(picture, why);
        }
    }

    /// The picture's thumbnail, once it is made.
    pub fn thumbnail(&self, picture: &Path) -> Option<Arc<Frame>> {
        self.strip.thumbnail(picture)
    }

    /// The pictures that probably come next, the likeliest first.
    pub fn likely_next(&self) -> impl Iterator<Item = &Path> {
        let directions = if self.direction < 0 { [-1, 1] } else { [1, -1] };
        self.album.iter().flat_map(move |album| {
            let next = directions.into_iter().filter_map(move |by| album.neighbour(by));
            next.map(move |index| album.pictures()[index].as_path())
        })
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

    /// To the last picture that can be read (1), or the first one (-1). False: it is the current one.
    pub fn go_to_end(&mut self, end: i64) -> bool {
        let Some(album) = &self.album else { return false };
        let can_be_read = |path: &PathBuf| album.problem(path).is_none();
        let pictures = album.pictures();
        let found =
            if end < 0 { pictures.iter().position(can_be_read) } else { pictures.iter().rposition(can_be_read) };
        let found = found.filter(|index| *index != album.index());
        found.is_some_and(|index| {
            let moved = self.go_to(index);
            // From one that turns out to be unreadable it goes on inwards.
            if moved {
                self.direction = if end < 0 { 1 } else { -1 };
            }
            moved
        })
    }

    /// Brings the first pictures of the strip into view.
    pub fn show_start(&mut self) {
        self.strip.show_start();
    }

    /// A shown picture whose file is gone stays in the album until another one is shown.
    fn drop_missing(&mut self) {
        if let Some(album) = self.album.as_mut().filter(|_| !self.listing.pictures().is_empty())
            && album.update(&self.listing)
        {
            self.strip.renew(&[]);
            self.version += 1;
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
    pub fn ui(&mut self, ui: &mut Ui, agreement: AgreementOf<'_>, actions: &mut Vec<Action>) {
        let Some(album) = &mut self.album else { return };
        // "3 of 12"
        let place = format!("{} of {}", album.index() + 1, album.pictures().len());
        self.strip.ui(ui, album, &place, agreement, actions);
    }
}
