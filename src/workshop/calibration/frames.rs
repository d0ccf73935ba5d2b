//! Where the frames of a calibration come from: a camera, a video, a folder of pictures.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::detect::Frame;
use crate::model::hex;
use crate::workshop::progress::Stopped;

/// Gives one frame after another.
pub trait Frames {
    /// Waits for a short time. An error ends the calibration.
    fn next(&mut self) -> Result<NextFrame, Stopped>;
}

/// What came of a call of [`Frames::next`].
pub enum NextFrame {
    Frame(CalibrationFrame),
    /// Not yet, or not this one: ask again.
    NotYet,
    /// There are no more.
    End,
}

/// One frame, and what a table says of it.
#[derive(Clone, Debug)]
pub struct CalibrationFrame {
    pub frame: Arc<Frame>,
    /// For messages: a file's path, "a frame".
    pub name: String,
    /// Of the picture's file, in hexadecimal; `None`: the frame comes from no file, and its pixels are summed up.
    pub file_sha256: Option<String>,
}

impl CalibrationFrame {
    /// A frame that comes from no file.
    pub fn of(frame: Arc<Frame>) -> Self {
        Self { frame, name: "a frame".into(), file_sha256: None }
    }

    /// Of the file, or else of the RGB bytes, in hexadecimal.
    pub fn sha256(&self) -> String {
        self.file_sha256.clone().unwrap_or_else(|| hex(&Sha256::digest(self.frame.rgb())))
    }
}
