//! Where frames come from.
//!
//! A [`Source`] is a small blocking thing; threads are the engine's business.

mod album;
pub mod camera;
pub mod control;
pub mod demo;
mod error;
pub mod folder;
mod format;
pub mod identity;
mod listing;
pub mod mode;
#[path = "../app/source/camera/asked.rs"]
mod mode_request;
mod natural;
mod open;
mod orientation;
pub mod pace;
mod pasted;
pub mod pixels;
mod rate;
mod request;
mod still;
mod thumbnails;
pub mod video;

pub use album::{Album, AlbumError};
pub use camera::{CameraSource, CameraWatch, cameras};
pub use control::{Control, ControlId, ControlKind};
pub use demo::DemoSource;
pub use error::{SourceError, TRIED_AGAIN, without_promise};
pub use folder::{Kind, kind};
pub use format::PixelFormat;
pub use identity::{CameraId, Device, Which};
pub use listing::{FolderWatch, Listing};
pub use mode::{CameraInfo, Mode};
pub use mode_request::ModeRequest;
pub use natural::natural;
pub use open::Opener;
pub use orientation::{Orientation, Turn};
pub use pasted::Pasted;
pub use rate::FrameRate;
pub use request::{CameraRequest, SourceRequest};
pub use still::{StillSource, load};
pub use thumbnails::{THUMBNAIL, THUMBNAILS_KEPT, Thumbnail, Thumbnails};
pub use video::{Playback, VideoControls, VideoLocation, VideoRequest, VideoSource};

use std::sync::Arc;

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

    /// What can be set while it runs, and how it is set now.
    fn controls(&mut self) -> Vec<Control> {
        Vec::new()
    }

    /// Sets a control to the nearest value that it can have. The source goes on after an error.
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
    /// `None` = not a camera.
    pub camera: Option<Arc<CameraDetails>>,
}

impl Description {
    /// Of a camera that is open.
    pub fn of_camera(name: &str, details: &Arc<CameraDetails>) -> Self {
        let Mode { format, size, rate } = details.given;
        Self {
            name: name.into(),
            size: Some(size),
            format: Some(format.to_string()),
            nominal_rate: Some(rate.per_second() as f32),
            camera: Some(Arc::clone(details)),
            ..Self::default()
        }
    }
}

/// What a camera was asked for, and what its driver made of that.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraDetails {
    pub index: u32,
    pub id: CameraId,
    pub asked: CameraRequest,
    pub given: Mode,
}
