//! Frames for a calibration: of the running source as they come, or the pictures of an album.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::detect::Frame;
use crate::workshop::{CalibrationFrame, Frames, NextFrame, Stopped};

/// How long the work waits for a frame before it looks whether it must end.
const WAIT: Duration = Duration::from_millis(100);

/// The window's end: it gives frames to a calibration.
pub struct FrameTap {
    /// `None`: there are no more.
    send: Option<Sender<Arc<Frame>>>,
    /// Shared with the work's end as long as that takes frames.
    finish: Arc<AtomicBool>,
    /// Of which running source; `None`: the frames do not come from it.
    generation: Option<u64>,
}

impl FrameTap {
    /// Frames of the running source: those that come while one is being measured are left out.
    pub fn live(generation: u64) -> (Self, LiveFrames) {
        let (send, frames) = bounded(1);
        let finish = Arc::<AtomicBool>::default();
        let live = LiveFrames { frames, finish: Arc::clone(&finish) };
        (Self { send: Some(send), finish, generation: Some(generation) }, live)
    }

    /// The pictures of an album.
    pub fn files(paths: Vec<PathBuf>) -> (Self, AlbumFrames) {
        let finish = Arc::<AtomicBool>::default();
        let files = AlbumFrames { paths: paths.into_iter(), finish: Arc::clone(&finish) };
        (Self { send: None, finish, generation: None }, files)
    }

    /// A frame of the running source of this generation.
    pub fn give(&self, generation: u64, frame: &Arc<Frame>) {
        if let Some(send) = self.send.as_ref().filter(|_| self.generation == Some(generation)) {
            let _ = send.try_send(Arc::clone(frame));
        }
    }

    /// Whether frames are still taken; when the building begins they are not.
    pub fn is_taking(&self) -> bool {
        Arc::strong_count(&self.finish) > 1
    }

    /// Whether it waits for frames of another source than the one of this generation.
    pub fn has_lost(&self, generation: u64) -> bool {
        self.is_taking() && self.generation.is_some_and(|mine| mine != generation)
    }

    /// No more come.
    pub fn close(&mut self) {
        self.send = None;
    }

    /// Ends the calibration with the frames that it has.
    pub fn finish(&self) {
        self.finish.store(true, Ordering::Relaxed);
    }
}

/// Frames of the running source as they come.
pub struct LiveFrames {
    frames: Receiver<Arc<Frame>>,
    finish: Arc<AtomicBool>,
}

impl Frames for LiveFrames {
    fn next(&mut self) -> Result<NextFrame, Stopped> {
        if self.finish.load(Ordering::Relaxed) {
            return Ok(NextFrame::End);
        }
        Ok(match self.frames.recv_timeout(WAIT) {
            Ok(frame) => NextFrame::Frame(CalibrationFrame::of(frame)),
            Err(RecvTimeoutError::Timeout) => NextFrame::NotYet,
            Err(RecvTimeoutError::Disconnected) => NextFrame::End,
        })
    }
}

/// One after the other; what cannot be read is skipped.
pub struct AlbumFrames {
    paths: std::vec::IntoIter<PathBuf>,
    finish: Arc<AtomicBool>,
}

impl Frames for AlbumFrames {
    fn next(&mut self) -> Result<NextFrame, Stopped> {
        if self.finish.load(Ordering::Relaxed) {
            return Ok(NextFrame::End);
        }
        Ok(match self.paths.next().map(|path| crate::source::load(&path)) {
            Some(Ok(frame)) => NextFrame::Frame(CalibrationFrame::of(Arc::new(frame))),
            Some(Err(error)) => {
                log::warn!("{error}");
                NextFrame::NotYet
            }
            None => NextFrame::End,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_running_source_is_lost_and_only_while_frames_are_taken() {
        let (tap, live) = FrameTap::live(3);
        assert!(tap.is_taking() && tap.has_lost(4) && !tap.has_lost(3));
        drop(live);
        assert!(!tap.is_taking() && !tap.has_lost(4));
        let (tap, _files) = FrameTap::files(Vec::new());
        assert!(tap.is_taking() && !tap.has_lost(4));
    }
}
