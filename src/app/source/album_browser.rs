//! Leafing through pictures: files and folders become an album, and the keys go from one picture to the next.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use egui::Context;

use super::clipboard::{Clip, Clipboard};
use super::errand::{Found, News};
use super::strip::Strip;
use super::viewer::Viewer;
use crate::engine::SourceState;
use crate::source::{Album, FolderWatch, Listing, SourceRequest};

/// The album that is open, and the strip that shows it.
#[derive(Default)]
pub struct Leafing {
    pub album: Option<Box<Album>>,
    pub strip: Strip,
    /// Sees what comes and goes in its folders.
    watch: Option<FolderWatch>,
    /// What was there when it was looked at last.
    listing: Listing,
    /// Where to go on from a picture that cannot be read: to the next (1), to the one before (-1), nowhere (0).
    way: i64,
    /// Of errands that look for something to open, the newest wins.
    asked: u64,
}

impl Leafing {
    fn close(&mut self) {
        *self = Self { asked: self.asked, ..Self::default() };
    }

    /// From now on what comes and goes in the album's folders does so in the strip.
    fn follow_folders(&mut self, ctx: &Context) {
        let named = self.album.as_ref().map(|album| album.named().to_vec()).unwrap_or_default();
        if !named.iter().any(|path| path.is_dir()) {
            return;
        }
        let ctx = ctx.clone();
        match FolderWatch::start(named, move || ctx.request_repaint()) {
            Ok(watch) => self.watch = Some(watch),
            Err(error) => log::error!("the folder is not watched: its thread cannot be started ({error})"),
        }
    }

    /// Takes what came and went in the folders.
    fn renew(&mut self) {
        let Some((new, album)) = self.watch.as_ref().and_then(FolderWatch::take).zip(self.album.as_mut()) else {
            return;
        };
        let changed = new.changed_since(&self.listing);
        // They may have been repaired, or be whole now.
        changed.iter().for_each(|path| album.clear(path));
        if album.update(&new) || !changed.is_empty() {
            self.strip.renew(&changed);
        }
        self.listing = new;
    }

    /// The picture in sight was kept, where its file is gone; it goes with another in sight.
    fn let_go(&mut self) {
        if let Some(album) = self.album.as_mut().filter(|_| !self.listing.pictures().is_empty())
            && album.update(&self.listing)
        {
            self.strip.renew(&[]);
        }
    }

    /// "3 of 12"
    pub fn place(&self) -> Option<String> {
        self.album.as_ref().map(|album| format!("{} of {}", album.index() + 1, album.pictures().len()))
    }
}

/// What shows these files: one by itself, several or a folder as an album.
pub fn find(files: &[PathBuf]) -> News {
    if let [file] = files
        && !file.is_dir()
    {
        return News::Found(Found::Source(SourceRequest::file(file)));
    }
    match Album::open(files) {
        Ok(album) => News::Found(Found::Album(Box::new(album))),
        Err(error) => News::Failed(format!("{error}. Choose another folder, or drop pictures on the window.")),
    }
}

/// What shows that which lies in the clipboard.
pub fn find_pasted(clipboard: &Mutex<Box<dyn Clipboard>>) -> News {
    let taken = clipboard.lock().unwrap_or_else(PoisonError::into_inner).take();
    match taken {
        Ok(Clip::Files(files)) => find(&files),
        Ok(Clip::Picture(frame)) => {
            let pasted = crate::source::Pasted { name: "pasted picture".into(), frame: frame.into() };
            News::Found(Found::Source(SourceRequest::Pasted(pasted)))
        }
        Err(error) => News::Failed(error.to_string()),
    }
}

impl Viewer {
    /// Opens files and folders; which of them are there is looked up elsewhere, because a disk may take its time.
    pub(super) fn open_files(&mut self, ctx: &Context, files: Vec<PathBuf>) {
        if !files.is_empty() {
            self.look_for(ctx, move || find(&files));
        }
    }

    pub(super) fn look_for(&mut self, ctx: &Context, errand: impl FnOnce() -> News + Send + 'static) {
        match self.errands.send(ctx, "opening", errand) {
            Ok(number) => self.leafing.asked = number,
            Err(cause) => self.warn(&format!("Nothing could be opened: {cause}. Try again.")),
        }
    }

    /// Takes what the errands came back with.
    pub(super) fn take_news(&mut self, ctx: &Context) {
        self.leafing.renew();
        for (number, news) in self.errands.back() {
            match news {
                News::Done(message) => self.tell_done(message),
                News::Failed(message) => self.warn(&message),
                News::Found(_) if number != self.leafing.asked => {}
                News::Found(Found::Source(request)) => self.open(request),
                News::Found(Found::Album(album)) => {
                    let first = album.request();
                    let open = first.as_ref() == Some(&self.settings.source);
                    // It was not asked for by itself.
                    self.recent.retain(|recent| Some(recent) != first.as_ref());
                    self.leafing = Leafing { album: Some(album), way: 1, asked: number, ..Leafing::default() };
                    self.leafing.follow_folders(ctx);
                    // On the command line's first picture the engine works already; it may even have failed.
                    if let Some(first) = first.filter(|_| !open) {
                        self.open_source(first);
                    } else {
                        self.pass_over();
                    }
                }
            }
        }
    }

    /// Opens something that is in no album.
    pub(super) fn open(&mut self, request: SourceRequest) {
        self.leafing.close();
        self.open_source(request);
    }

    /// Whether the arrow keys go from picture to picture.
    pub(super) fn leafs(&self) -> bool {
        self.leafing.album.is_some() && matches!(self.settings.source, SourceRequest::Still(_))
    }

    /// To the next picture that can be read (1), or to the one before (-1).
    pub(super) fn leaf(&mut self, by: i64) {
        let Some(album) = &mut self.leafing.album else { return };
        if if by < 0 { album.back() } else { album.forward() } {
            self.leafing.way = by;
            self.show_leaf();
        }
    }

    /// To a picture by its place.
    pub(super) fn leaf_to(&mut self, index: usize) {
        if self.leafing.album.as_mut().is_some_and(|album| album.select(index)) {
            self.leafing.way = 0;
            self.show_leaf();
        }
    }

    fn show_leaf(&mut self) {
        self.leafing.let_go();
        let Some(request) = self.leafing.album.as_ref().and_then(|album| album.request()) else { return };
        self.chosen = None;
        self.open_source(request);
        self.keeps_zoom = true;
    }

    /// The album's current picture was opened.
    pub(super) fn leaf_opened(&mut self) {
        if let Some(album) = &mut self.leafing.album
            && let Some(current) = album.current().map(PathBuf::from)
        {
            album.clear(&current);
        }
    }

    /// Marks the album's current picture where it failed, and goes on. True: nothing else is to be said or done.
    pub(super) fn pass_over(&mut self) -> bool {
        // Another picture may be on its way already; what is told of the last one is late then.
        let SourceState::Failed { message, .. } = self.engine.status().source else { return false };
        let Some(album) = &mut self.leafing.album else { return false };
        let Some(current) = album.current().map(PathBuf::from) else { return false };
        if path_of(&self.settings.source) != Some(&current) {
            return false;
        }
        album.mark(&current, message);
        let before = self.before.take();
        let moved = match self.leafing.way {
            0 => false,
            way if way < 0 => album.back(),
            _ => album.forward(),
        };
        if moved {
            self.show_leaf();
            self.before = before;
            return true;
        }
        // Back to what was in sight, with the album open where it was part of it.
        let place = before.as_ref().and_then(path_of).and_then(|path| album.pictures().iter().position(|p| p == path));
        match place {
            Some(place) => {
                self.leaf_to(place);
                self.before = None;
                false
            }
            None => {
                self.before = before;
                false
            }
        }
    }
}

/// The file that is shown.
fn path_of(request: &SourceRequest) -> Option<&PathBuf> {
    match request {
        SourceRequest::Still(path) => Some(path),
        SourceRequest::Video(video) => match &video.location {
            crate::source::VideoLocation::File(path) => Some(path),
            crate::source::VideoLocation::Url(_) => None,
        },
        _ => None,
    }
}
