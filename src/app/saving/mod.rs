//! What goes to the disk while frames come: the frames on which A and B disagree, and what is seen as a video.
//!
//! ```text
//! viewer ── SeenFrame, AnnotatedPicture ─ bounded channel ─▶ thread of its own ─▶ files
//! ```
//! A disk or an encoder that is too slow costs frames, which are counted, and never the window's pace.

pub mod harvest;
pub mod place;
mod run;
pub mod section;
pub mod video;

use std::time::{Duration, Instant};

use harvest::LiveHarvest;
use section::SavingState;
use video::LiveVideo;

use crate::workshop::Stopped;

/// All of it.
#[derive(Default)]
pub struct Saving {
    pub harvest: LiveHarvest,
    pub video: LiveVideo,
}

impl Saving {
    /// `compares`: two models look at each frame.
    pub fn state(&self, compares: bool) -> SavingState {
        SavingState { video: self.video.age(), harvest: self.harvest.kept(), compares }
    }

    /// What to tell of what has ended.
    pub fn poll(&mut self) -> Vec<Result<String, Stopped>> {
        [self.harvest.poll(), self.video.poll()].concat()
    }

    /// Ends all, and waits for what is written, all together no longer than this.
    pub fn close(&mut self, patience: Duration) {
        let deadline = Instant::now() + patience;
        self.harvest.end();
        self.video.end();
        self.harvest.wait(deadline);
        self.video.wait(deadline);
    }
}
