//! Where frames come from.
//!
//! A [`Source`] is a small blocking thing; threads are the engine's business.

pub mod camera;
pub mod demo;
mod description;
mod error;
mod frame_source;
mod open;
mod orientation;
pub mod pace;
pub mod pictures;
pub mod pixels;
mod recorded;
mod request;
pub mod video;

pub use camera::{
    CameraId, CameraInfo, CameraRequest, CameraSelector, CameraSource, CameraWatch, Control, ControlId, ControlKind,
    Device, FrameRate, Mode, ModeRequest, PixelFormat, cameras,
};
pub use demo::DemoSource;
pub use description::{CameraDetails, Description};
pub use error::{Reopening, SourceError};
pub use frame_source::{Next, Source};
pub use open::Opener;
pub use orientation::{Orientation, Turn};
pub use pictures::{
    Album, AlbumError, FileKind, FolderWatch, Listing, Pasted, StillReader, StillSource, THUMBNAIL, THUMBNAILS_KEPT,
    Thumbnail, Thumbnails, file_kind, load, natural, picture_size,
};
pub use recorded::RecordedHeads;
pub use request::SourceRequest;
pub use video::{Playback, VideoControls, VideoLocation, VideoRequest, VideoSource};
