//! Where frames come from.
//!
//! A [`Source`] is a small blocking thing; threads are the engine's business.

mod album;
mod camera;
pub mod camera_error;
pub mod demo;
mod error;
pub mod folder;
pub mod mode;
mod natural;
mod open;
pub mod pace;
pub mod pixels;
mod request;
mod still;
mod thumbnails;
#[cfg(target_os = "linux")]
mod v4l2;
pub mod video;

pub use album::{Album, AlbumError};
pub use camera::{CameraSource, cameras};
pub use demo::DemoSource;
pub use error::SourceError;
pub use folder::{Kind, kind};
pub use mode::{CameraInfo, Mode, PixelFormat};
pub use natural::natural;
pub use open::Opener;
pub use request::{CameraRequest, SourceRequest};
pub use still::{StillSource, load};
pub use thumbnails::{THUMBNAIL, THUMBNAILS_KEPT, Thumbnail, Thumbnails};
pub use video::{Playback, VideoControls, VideoLocation, VideoRequest, VideoSource};

use crate::detect::{Frame, Size};

/// Gives one frame after another.
pub trait Source {
    /// What this is, for people. May change with every frame.
    fn description(&self) -> Description;

    /// Waits for the next frame and writes it into `frame`, whose memory it uses again, or swaps it for its own.
    ///
    /// May block for as long as a driver does. After an error the source is spent: drop it and open it again.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError>;

    /// Called in place of `next` while paused: a live source throws away what has come meanwhile, so that
    /// the first frame after the pause is a new one. Others have nothing to do, and are not called in a loop.
    fn discard(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    /// Called before the `next` that comes after a pause: a source that keeps its own time goes on where it was.
    fn resume(&mut self) {}

    /// A live source delivers on its own clock, whether or not anybody takes its frames.
    fn is_live(&self) -> bool;
}

/// What came of a call of [`Source::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The frame holds a new picture.
    Frame,
    /// None came within a short while, and the frame is as it was: look whether one is still wanted, and ask again.
    Idle,
    /// There are no more; the frame is as it was. A still image gives one frame, then this.
    End,
}

/// What a source is, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// A camera's name, a file's name, "demo".
    pub name: String,
    pub size: Option<Size>,
    /// The pixel format as the driver names it, as "MJPEG"; `None` = not a camera, or unknown.
    pub format: Option<String>,
    /// Frames per second as promised by the source; `None` = unknown, or no rate.
    pub nominal_rate: Option<f32>,
    /// A remark that must stay in sight, as "demo: no camera found".
    pub note: Option<String>,
    /// Of a video: where the frame given last stands in it, and how to steer it.
    pub playback: Option<Playback>,
}
