//! What stands in an album's folders, looked at again and again while the album is open.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use super::folder::pictures_in;

/// How long it rests between two looks...
const EVERY: Duration = Duration::from_secs(1);

/// ...but this many times as long as a look takes: a slow disk is not kept busy.
const REST: u32 = 20;

/// Why there is no album.
#[derive(Debug, thiserror::Error)]
pub enum AlbumError {
    #[error("no images (JPEG, PNG, WebP, BMP) in the folder {}", folder.display())]
    Empty { folder: PathBuf },
    #[error("cannot read the folder {}: {cause}", folder.display())]
    Folder { folder: PathBuf, cause: io::Error },
}

/// The pictures there are, and what changes when one is overwritten.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    pictures: Vec<PathBuf>,
    /// Bytes and time of the last change; `None` = the file system does not say.
    stamps: Vec<Option<(u64, SystemTime)>>,
}

impl Listing {
    /// Files in the order given, each folder's pictures in natural order.
    pub fn look(named: &[PathBuf]) -> Result<Self, AlbumError> {
        let mut pictures = Vec::new();
        for path in named {
            if !path.is_dir() {
                pictures.push(path.clone());
                continue;
            }
            let folder = path.clone();
            match pictures_in(path) {
                Ok(inside) if inside.is_empty() => return Err(AlbumError::Empty { folder }),
                Ok(inside) => pictures.extend(inside),
                Err(cause) => return Err(AlbumError::Folder { folder, cause }),
            }
        }
        let stamp = |path: &PathBuf| std::fs::metadata(path).and_then(|m| Ok((m.len(), m.modified()?))).ok();
        let stamps = pictures.iter().map(stamp).collect();
        Ok(Self { pictures, stamps })
    }

    /// Files in the order given, each folder's pictures in natural order.
    pub fn pictures(&self) -> &[PathBuf] {
        &self.pictures
    }

    /// Pictures that were there before, and have been overwritten.
    pub fn changed_since(&self, earlier: &Self) -> Vec<PathBuf> {
        let before: std::collections::HashMap<_, _> = earlier.pictures.iter().zip(&earlier.stamps).collect();
        let now = self.pictures.iter().zip(&self.stamps);
        now.filter(|(path, stamp)| before.get(path).is_some_and(|old| old != stamp))
            .map(|(path, _)| path.clone())
            .collect()
    }
}

/// Looks on a thread of its own, because a disk may take its time.
pub struct FolderWatch {
    newest: Arc<Mutex<Option<Listing>>>,
    /// Its end is the thread's.
    _alive: Sender<Infallible>,
}

impl FolderWatch {
    /// Starts the thread. `changed` is called on it after the first look, and whenever something has changed; a folder
    /// that is empty now or cannot be read counts as unchanged.
    pub fn start(named: Vec<PathBuf>, changed: impl Fn() + Send + 'static) -> io::Result<Self> {
        let newest = Arc::<Mutex<Option<Listing>>>::default();
        let (alive, gone) = bounded(0);
        let write = Arc::clone(&newest);
        Builder::new().name("folder".into()).spawn(move || {
            let mut known = None;
            loop {
                let start = Instant::now();
                if let Ok(listing) = Listing::look(&named)
                    && known.as_ref() != Some(&listing)
                {
                    *write.lock().unwrap_or_else(PoisonError::into_inner) = Some(listing.clone());
                    known = Some(listing);
                    changed();
                }
                let rest = EVERY.max(start.elapsed() * REST);
                if gone.recv_timeout(rest) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        })?;
        Ok(Self { newest, _alive: alive })
    }

    /// What there is now, where that was not taken yet.
    pub fn take(&self) -> Option<Listing> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
