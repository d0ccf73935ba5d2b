//! What a viewer asks of a video, on its way to the video's thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

/// Steers a video that is open. Cloned handles steer the same one; every call returns at once, and of several
/// [`seek`](Self::seek)s the newest wins, so that a bar may be dragged. After the video's end, or once it was opened
/// again, a handle does nothing.
///
/// To pause a *file*, use this and leave the engine running: a step or a seek then shows at once. A live stream is
/// paused through the engine.
#[derive(Clone, Debug)]
pub struct VideoControls(Arc<SharedRequests>);

#[derive(Debug)]
struct SharedRequests {
    requests: Mutex<Requests>,
    token: Sender<()>,
    wake: Receiver<()>,
}

/// What was asked for and is not done yet, and what holds until it is changed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Requests {
    pub paused: bool,
    pub looped: bool,
    /// Where to resume; done once.
    pub seek: Option<Duration>,
    /// Frames to show while paused.
    pub steps: u32,
}

impl VideoControls {
    /// Paused, its first frame shows all the same.
    pub(crate) fn new(looped: bool, paused: bool) -> Self {
        let (token, wake) = bounded(1);
        let requests = Requests { paused, looped, seek: None, steps: u32::from(paused) };
        Self(Arc::new(SharedRequests { requests: Mutex::new(requests), token, wake }))
    }

    /// Stands still at the frame in sight, or resumes from there.
    pub fn pause(&self, paused: bool) {
        self.change(|requests| *requests = Requests { paused, steps: 0, ..*requests });
    }

    /// Whether it stands still.
    pub fn is_paused(&self) -> bool {
        self.requests().paused
    }

    /// Pauses, and shows the next frame.
    pub fn step(&self) {
        self.change(|requests| {
            *requests = Requests { paused: true, steps: requests.steps.saturating_add(1), ..*requests }
        });
    }

    /// Resumes from there; while paused, shows the frame there. A place after the end is the last second.
    pub fn seek(&self, to: Duration) {
        self.change(|requests| *requests = Requests { seek: Some(to), steps: u32::from(requests.paused), ..*requests });
    }

    /// Begins again at the end.
    pub fn set_looped(&self, looped: bool) {
        self.change(|requests| requests.looped = looped);
    }

    /// Whether a file begins again at its end.
    pub fn is_looped(&self) -> bool {
        self.requests().looped
    }

    /// What is asked for now; a seek is given once.
    pub(crate) fn take(&self) -> Requests {
        let mut requests = self.requests();
        let now = *requests;
        requests.seek = None;
        now
    }

    /// A step was done.
    pub(crate) fn stepped(&self) {
        let mut requests = self.requests();
        requests.steps = requests.steps.saturating_sub(1);
    }

    /// Sends a token after each request.
    pub(crate) fn wake(&self) -> &Receiver<()> {
        &self.0.wake
    }

    fn change(&self, change: impl FnOnce(&mut Requests)) {
        change(&mut self.requests());
        // A full channel already says "look".
        let _ = self.0.token.try_send(());
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for VideoControls {
    /// Whether both steer the same video.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Where a frame stands in its video, and how to steer that.
#[derive(Clone, Debug, PartialEq)]
pub struct Playback {
    /// From the start of the video.
    pub time: Duration,
    /// The frame's number from 0. After a seek, or a start elsewhere, it is worked out from the time and the rate.
    pub number: u64,
    /// Of the whole video; `None` = a live stream, or unknown: nothing to seek in.
    pub duration: Option<Duration>,
    /// Frames that were passed over so far, to keep the video's own rate.
    pub skipped: u64,
    pub controls: VideoControls,
}
