//! The webcam.
//!
//! ```text
//! devices ─▶ the one that is meant ─▶ its modes ─▶ the best that was allowed ─▶ Driver ─▶ bytes ─▶ Converter ─▶ Frame
//! (list.rs)   (identity.rs)                     (mode_request.rs)    v4l2/ on Linux, library.rs elsewhere
//! ```

mod camera_source;
mod control;
pub mod driver;
pub mod explain;
mod format;
pub mod identity;
// Kept compiled on Linux too, where it serves on request: see `list::CameraLister`.
mod library;
mod list;
pub mod mode;
mod mode_request;
mod rate;
mod request;
#[cfg(target_os = "linux")]
mod v4l2;
mod watch;

pub use camera_source::CameraSource;
pub use control::{Control, ControlId, ControlKind};
pub use format::PixelFormat;
pub use identity::{CameraId, CameraSelector, Device};
pub use list::{cameras, is_any};
pub use mode::{CameraInfo, Mode};
pub use mode_request::ModeRequest;
pub use rate::FrameRate;
pub use request::CameraRequest;
pub use watch::CameraWatch;
