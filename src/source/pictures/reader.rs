//! Whole pictures, decoded on a thread of their own: the one to be shown, then those that may come next.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::still::load;
use crate::detect::Frame;

/// Pictures that are decoded ahead may take this much memory together, in bytes: three of 12 megapixels.
const AHEAD: usize = 128 << 20;

/// Decodes whatever is wanted now, the newest wish first.
///
/// Apart from the engine, whose worker is busy with its models for a good part of a second: who leafs through pictures sees
/// each of them at once, whether or not the models have caught up.
pub struct StillReader {
    shared: Arc<SharedWishes>,
    token: Sender<()>,
    /// Its end is the thread's.
    _alive: Sender<Infallible>,
}

#[derive(Default)]
struct SharedWishes(Mutex<Wishes>);

#[derive(Default)]
struct Wishes {
    /// The first is the one to be shown, where one `is_shown`.
    wanted: Vec<PathBuf>,
    is_shown: bool,
    /// `None`: it cannot be read, or is too large to be kept ahead.
    read: Vec<(PathBuf, Option<Arc<Frame>>)>,
}

impl StillReader {
    /// Starts the thread. `waker` is called on it after each picture, and must return at once.
    pub fn start(waker: Arc<dyn Fn() + Send + Sync>) -> io::Result<Self> {
        let shared = Arc::<SharedWishes>::default();
        let (token, wake) = bounded(1);
        let (alive, gone) = bounded(0);
        let theirs = Arc::clone(&shared);
        Builder::new().name("pictures".into()).spawn(move || work(&theirs, &wake, &gone, &*waker))?;
        Ok(Self { shared, token, _alive: alive })
    }

    /// The picture to be shown (none: all of them are for later), and those that may come next. All others are forgotten.
    pub fn want<'a>(&self, shown: Option<&'a Path>, next: impl IntoIterator<Item = &'a Path>) {
        let mut wishes = self.shared.lock();
        let wanted = shown.into_iter().chain(next);
        let Wishes { wanted: kept, is_shown, read } = &mut *wishes;
        let before = kept.first().filter(|_| *is_shown).map(PathBuf::as_path);
        // What could not be read is read again when it is to be shown, but not with each painting after that.
        let again = shown.filter(|_| shown != before);
        read.retain(|(path, frame)| frame.is_some() || again != Some(path.as_path()));
        kept.clear();
        kept.extend(wanted.map(PathBuf::from));
        *is_shown = shown.is_some();
        read.retain(|(path, _)| kept.contains(path));
        drop(wishes);
        // A full channel already says "look".
        let _ = self.token.try_send(());
    }

    /// `None`: not decoded yet, not wanted, or not readable.
    pub fn get(&self, picture: &Path) -> Option<Arc<Frame>> {
        self.shared.lock().read.iter().find(|(path, _)| path == picture)?.1.clone()
    }

    /// Its file has changed.
    pub fn forget(&self, picture: &Path) {
        self.shared.lock().read.retain(|(path, _)| path != picture);
    }
}

impl SharedWishes {
    fn lock(&self) -> MutexGuard<'_, Wishes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wishes {
    /// What is decoded next.
    fn next(&self) -> Option<PathBuf> {
        let is_read = |wanted: &PathBuf| self.read.iter().any(|(path, _)| path == wanted);
        self.wanted.iter().find(|wanted| !is_read(wanted)).cloned()
    }

    /// Keeps what was decoded, where it is still wanted and there is room. The first is shown, whatever its size.
    fn add(&mut self, path: PathBuf, frame: Option<Arc<Frame>>) {
        let Some(place) = self.wanted.iter().position(|wanted| *wanted == path) else { return };
        let frames = self.read.iter().filter_map(|(_, frame)| frame.as_ref()).chain(&frame);
        let fits = place == 0 || frames.map(|frame| frame.rgb().len()).sum::<usize>() <= AHEAD;
        self.read.push((path, frame.filter(|_| fits)));
    }
}

fn work(shared: &SharedWishes, wake: &Receiver<()>, gone: &Receiver<Infallible>, waker: &(dyn Fn() + Send + Sync)) {
    while gone.try_recv().is_err_and(|e| e.is_empty()) {
        let next = shared.lock().next();
        let Some(path) = next else {
            select! {
                recv(wake) -> _ => continue,
                recv(gone) -> _ => return,
            }
        };
        // Why one cannot be read, the engine tells.
        let frame = load(&path).ok().map(Arc::new);
        shared.lock().add(path, frame);
        waker();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn picture(dir: &Path, name: &str) -> PathBuf {
        let path = dir.join(name);
        let grey = [128; 4 * 3 * 3];
        image::save_buffer(&path, &grey, 4, 3, image::ExtendedColorType::Rgb8).unwrap();
        path
    }

    #[test]
    fn what_is_wanted_is_decoded_and_the_rest_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["1.png", "2.png", "3.png"].map(|name| picture(dir.path(), name));
        let broken = dir.path().join("broken.png");
        std::fs::write(&broken, "no picture").unwrap();
        let (tell, told) = bounded(16);
        let reader = StillReader::start(Arc::new(move || _ = tell.try_send(()))).unwrap();
        let wait = |count| {
            for _ in 0..count {
                told.recv_timeout(Duration::from_secs(20)).unwrap();
            }
        };
        let has = |path: &PathBuf| reader.get(path).is_some();
        reader.want(Some(&paths[0]), [paths[1].as_path(), broken.as_path()]);
        wait(3);
        assert!(has(&paths[0]) && has(&paths[1]) && !has(&broken) && !has(&paths[2]));
        let first = reader.get(&paths[1]);
        reader.want(Some(&paths[1]), [paths[2].as_path()]);
        wait(1);
        assert!(!has(&paths[0]) && has(&paths[2]));
        assert!(Arc::ptr_eq(&first.unwrap(), &reader.get(&paths[1]).unwrap()), "it was decoded ahead");
        // A picture that was repaired is read again once it is to be shown.
        reader.want(None, [broken.as_path()]);
        wait(1);
        std::fs::copy(&paths[0], &broken).unwrap();
        reader.want(Some(&broken), []);
        wait(1);
        assert!(has(&broken));
        // One that cannot be read is not read again each time that the window is painted.
        std::fs::write(&broken, "no picture").unwrap();
        reader.forget(&broken);
        reader.want(Some(&broken), []);
        wait(1);
        reader.want(Some(&broken), [paths[0].as_path()]);
        wait(1);
        assert!(has(&paths[0]) && !has(&broken));
    }

    #[test]
    fn what_is_decoded_ahead_stays_within_its_memory() {
        let large = || Some(Arc::new(Frame::new(crate::detect::Size::new(6000, 4000)).unwrap()));
        let names = ["a", "b", "c"].map(PathBuf::from);
        let mut wishes = Wishes { wanted: names.to_vec(), is_shown: true, read: Vec::new() };
        names.iter().for_each(|name| wishes.add(name.clone(), large()));
        wishes.add("d".into(), large());
        let kept: Vec<bool> = wishes.read.iter().map(|(_, frame)| frame.is_some()).collect();
        assert_eq!(kept, [true, false, false], "of 72 MB each, beside the one that is shown none");
        assert_eq!(wishes.next(), None);
    }
}
