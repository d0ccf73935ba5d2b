//! Small pictures of large ones, made on a thread of their own.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::still::load;
use crate::detect::{Frame, Size};

/// The longer side, in pixels.
pub const THUMBNAIL: u32 = 160;

/// How many are kept, 77 kB each at most.
pub const THUMBNAILS_KEPT: usize = 256;

/// What became of a thumbnail.
#[derive(Clone, Debug, PartialEq)]
pub enum Thumbnail {
    /// RGB8, [`THUMBNAIL`] pixels at most.
    Ready(Arc<Frame>),
    /// The picture cannot be read: a message for people.
    Failed(Arc<str>),
}

/// Makes thumbnails of whatever is wanted now, and keeps the last [`THUMBNAILS_KEPT`].
pub struct Thumbnails {
    shared: Arc<SharedCache>,
    token: Sender<()>,
    /// Its end is the thread's.
    _alive: Sender<Infallible>,
}

#[derive(Default)]
struct SharedCache(Mutex<Cache>);

#[derive(Default)]
struct Cache {
    /// The first is made first.
    wanted: VecDeque<PathBuf>,
    /// The last is the newest.
    made: VecDeque<(PathBuf, Thumbnail)>,
}

impl Thumbnails {
    /// Starts the thread. `waker` is called on it after each thumbnail, and must return at once.
    pub fn start(waker: Arc<dyn Fn() + Send + Sync>) -> io::Result<Self> {
        let shared = Arc::<SharedCache>::default();
        let (token, wake) = bounded(1);
        let (alive, gone) = bounded(0);
        let theirs = Arc::clone(&shared);
        Builder::new().name("thumbnails".into()).spawn(move || work(&theirs, &wake, &gone, &*waker))?;
        Ok(Self { shared, token, _alive: alive })
    }

    /// What is in sight, in the order in which it is made. Replaces what was wanted before; of more than
    /// [`THUMBNAILS_KEPT`] the first count.
    pub fn want<'a>(&self, pictures: impl IntoIterator<Item = &'a Path>) {
        let mut cache = self.shared.lock();
        let wanted: VecDeque<PathBuf> = pictures.into_iter().take(THUMBNAILS_KEPT).map(Into::into).collect();
        for path in &wanted {
            cache.touch(path);
        }
        cache.wanted = wanted.into_iter().filter(|path| cache.find(path).is_none()).collect();
        drop(cache);
        // A full channel already says "look".
        let _ = self.token.try_send(());
    }

    /// `None`: not made yet, or not wanted for long.
    pub fn get(&self, picture: &Path) -> Option<Thumbnail> {
        self.shared.lock().find(picture).cloned()
    }

    /// Makes it again when it is wanted again: the file has changed.
    pub fn forget(&self, picture: &Path) {
        self.shared.lock().made.retain(|(made, _)| made != picture);
    }
}

impl SharedCache {
    fn lock(&self) -> MutexGuard<'_, Cache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn find(&self, path: &Path) -> Option<&Thumbnail> {
        self.made.iter().find(|(made, _)| made == path).map(|(_, thumbnail)| thumbnail)
    }

    /// What is wanted again is not the next to go.
    fn touch(&mut self, path: &Path) {
        let place = self.made.iter().position(|(made, _)| made == path);
        if let Some(made) = place.and_then(|place| self.made.remove(place)) {
            self.made.push_back(made);
        }
    }
}

fn work(shared: &SharedCache, wake: &Receiver<()>, gone: &Receiver<Infallible>, waker: &(dyn Fn() + Send + Sync)) {
    while gone.try_recv().is_err_and(|e| e.is_empty()) {
        let next = shared.lock().wanted.pop_front();
        let Some(path) = next else {
            select! {
                recv(wake) -> _ => continue,
                recv(gone) -> _ => return,
            }
        };
        let thumbnail = match load(&path) {
            Ok(frame) => Thumbnail::Ready(Arc::new(small(&frame))),
            Err(error) => Thumbnail::Failed(error.to_string().into()),
        };
        let mut cache = shared.lock();
        // Forgotten while it was being made, it may have been made twice.
        cache.made.retain(|(made, _)| *made != path);
        cache.made.push_back((path, thumbnail));
        while cache.made.len() > THUMBNAILS_KEPT {
            cache.made.pop_front();
        }
        drop(cache);
        waker();
    }
}

/// The picture with its longer side at [`THUMBNAIL`]; a smaller one as it is.
pub fn small(frame: &Frame) -> Frame {
    let Size { width, height } = frame.size();
    let longer = width.max(height);
    let to = |side: u32| (u64::from(side) * u64::from(THUMBNAIL) / u64::from(longer)).max(1) as u32;
    if longer <= THUMBNAIL {
        return frame.clone();
    }
    let Some(picture) = image::ImageBuffer::<image::Rgb<u8>, _>::from_raw(width, height, frame.rgb()) else {
        return Frame::default();
    };
    let small = image::imageops::thumbnail(&picture, to(width), to(height));
    let size = Size::new(small.width(), small.height());
    // It has the bytes that its size says.
    Frame::from_rgb(size, small.into_raw()).unwrap_or_default()
}
