//! Frames for a calibration: of the running source as they come, or the pictures of an album.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::remake::{Frames, Next};
use crate::detect::Frame;

/// How long the work waits for a frame before it looks whether it is to end.
const WAIT: Duration = Duration::from_millis(100);

/// The window's end of it.
pub struct Tap {
    /// `None`: there are no more.
    send: Option<Sender<Arc<Frame>>>,
    finish: Arc<AtomicBool>,
    /// Of which source.
    pub generation: u64,
}

impl Tap {
    /// Frames of the running source: those that come while one is being measured are left out.
    pub fn live(generation: u64) -> (Self, Live) {
        let (send, frames) = bounded(1);
        let finish = Arc::<AtomicBool>::default();
        let live = Live { frames, finish: Arc::clone(&finish) };
        (Self { send: Some(send), finish, generation }, live)
    }

    /// The pictures of an album.
    pub fn files(generation: u64, paths: Vec<PathBuf>) -> (Self, Files) {
        let finish = Arc::<AtomicBool>::default();
        let files = Files { paths: paths.into_iter(), finish: Arc::clone(&finish) };
        (Self { send: None, finish, generation }, files)
    }

    pub fn give(&self, frame: &Arc<Frame>) {
        if let Some(send) = &self.send {
            let _ = send.try_send(Arc::clone(frame));
        }
    }

    /// No more come.
    pub fn close(&mut self) {
        self.send = None;
    }

    /// It shall end with what it has.
    pub fn finish(&self) {
        self.finish.store(true, Ordering::Relaxed);
    }
}

/// As they come.
pub struct Live {
    frames: Receiver<Arc<Frame>>,
    finish: Arc<AtomicBool>,
}

impl Frames for Live {
    fn next(&mut self) -> Next {
        if self.finish.load(Ordering::Relaxed) {
            return Next::End;
        }
        match self.frames.recv_timeout(WAIT) {
            Ok(frame) => Next::Frame(frame),
            Err(RecvTimeoutError::Timeout) => Next::None,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }
}

/// One after the other; what cannot be read is passed over.
pub struct Files {
    paths: std::vec::IntoIter<PathBuf>,
    finish: Arc<AtomicBool>,
}

impl Frames for Files {
    fn next(&mut self) -> Next {
        if self.finish.load(Ordering::Relaxed) {
            return Next::End;
        }
        match self.paths.next().map(|path| crate::source::load(&path)) {
            Some(Ok(frame)) => Next::Frame(Arc::new(frame)),
            Some(Err(error)) => {
                log::warn!("{error}");
                Next::None
            }
            None => Next::End,
        }
    }
}
