//! What gives frames.

use super::camera::{Control, ControlId};
use super::description::Description;
use super::error::SourceError;
use crate::detect::Frame;

/// Gives one frame after another.
pub trait Source {
    /// What this is, for people. May change with every frame.
    fn description(&self) -> Description;

    /// Waits for the next frame and writes it into `frame`, whose memory it uses again, or swaps it for its own.
    ///
    /// May block for as long as a driver does. After an error the source is spent: drop it and open it again. An error
    /// for which [`SourceError::is_end`] holds is its end, as [`Next::End`] is.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError>;

    /// Called in place of `next` while paused: a live source throws away what has come meanwhile, so that
    /// the first frame after the pause is a new one. Others have nothing to do, and are not called in a loop.
    fn discard(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    /// Called before the `next` that comes after a pause: a source that keeps its own time resumes where it was.
    fn resume(&mut self) {}

    /// A live source delivers on its own clock, whether or not anybody takes its frames.
    fn is_live(&self) -> bool;

    /// What can be set while it runs, and how it is set now.
    fn controls(&mut self) -> Vec<Control> {
        Vec::new()
    }

    /// Sets a control to the nearest value that it can have. The source keeps delivering after an error.
    fn set_control(&mut self, _id: ControlId, _value: i64) -> Result<(), SourceError> {
        Ok(())
    }
}

/// What came of a call of [`Source::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The frame holds a new picture.
    Frame,
    /// None came within a short while, and the frame is as it was: look whether one is still wanted, and ask again.
    Idle,
    /// What came is no picture, as a cut JPEG; the frame's pixels are unspecified. More may come.
    Broken,
    /// There are no more; the frame is as it was. A still image gives one frame, then this.
    End,
}
