//! What can go wrong with a source, by cause.

use std::path::PathBuf;

use crate::detect::FrameError;

/// Who opens a source again after it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reopening {
    /// The engine, by itself, for as long as the window shows the source.
    Automatic,
    /// The user, by running a command again.
    ByHand,
}

/// Each message says what happened, to what, and what comes next where the engine opens the source again; see
/// [`SourceError::message`].
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("no camera found; plug one in, or start with --demo or --image FILE")]
    NoCamera,
    /// `there`: the cameras that are there.
    #[error("there is no {wanted}; available: {there}")]
    NoSuchCamera { wanted: String, there: String },
    #[error("{wanted} matches {found}; select one by its number or identity")]
    Ambiguous { wanted: String, found: String },
    /// It was there before.
    #[error("{}", self.message(Reopening::Automatic))]
    Absent { camera: String },
    #[error("no permission to open {camera}; add your user to the group `video`, then log in again ({cause})")]
    NoPermission { camera: String, cause: String },
    #[error("{camera} is in use by another program; close it first ({cause})")]
    Busy { camera: String, cause: String },
    #[error("{camera} offers no pixel format that Twinsight supports; it offers: {offered}")]
    NoFormat { camera: String, offered: String },
    #[error("{camera} has no mode {wanted}; it offers: {offered}")]
    NoMode { camera: String, wanted: String, offered: String },
    #[error("{}", self.message(Reopening::Automatic))]
    Disconnected { camera: String, cause: String },
    #[error("{}", self.message(Reopening::Automatic))]
    Silent { camera: String, seconds: u64 },
    /// An opening that has taken this long.
    #[error("{}", self.message(Reopening::Automatic))]
    Unresponsive { seconds: u64 },
    #[error("{camera} did not accept {control}: {cause}")]
    Control { camera: String, control: String, cause: String },
    #[error("{camera} failed: {cause}")]
    Camera { camera: String, cause: String },
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("no images (JPEG, PNG, WebP, BMP) in the folder {}", folder.display())]
    NoImages { folder: PathBuf },
    #[error("{} is not a supported image (JPEG, PNG, WebP, BMP)", path.display())]
    NoImage { path: PathBuf },
    /// It is an image, or its name says so.
    #[error("cannot read {}: {cause}", path.display())]
    Decode { path: PathBuf, cause: String },
    #[error("{} is too large: {cause}", path.display())]
    TooLarge { path: PathBuf, cause: String },
    #[error(
        "videos and streams need ffmpeg, which is not on the PATH; install it (Debian, Ubuntu: sudo apt install \
         ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg), then open this again"
    )]
    NoFfmpeg,
    #[error("cannot run {}: {cause}; reinstall ffmpeg", path.display())]
    BadFfmpeg { path: PathBuf, cause: String },
    #[error("ffmpeg {version} ({}) is too old; install version 4.2 or newer, then open this again", path.display())]
    OldFfmpeg { path: PathBuf, version: String },
    #[error("cannot play {name}: {cause}")]
    Video { name: String, cause: String },
    /// It was played to its end all the same; see [`SourceError::is_end`].
    #[error("{name} {cause}")]
    Damaged { name: String, cause: String },
    /// The cause names the file.
    #[error("{cause}")]
    Recording { cause: String },
    #[error("no frames from {name}: {cause}")]
    Stream { name: String, cause: String },
    #[error("{url} is not a supported address (rtsp://, rtsps://, http://, https://); give a file by its path")]
    Address { url: String },
    #[error("the demo has no photos ({cause}); `twinsight setup` downloads them")]
    NoDemo { cause: String },
    #[error("{0}")]
    Golden(String),
    #[error("cannot store a frame: {0}")]
    Frame(#[from] FrameError),
    #[error("cannot start the capture thread ({cause}); close other programs, then try again")]
    NoThread { cause: std::io::Error },
    /// A panic in this part, as "opening the source". `camera`: its driver may be at fault, and recover.
    #[error("{}", self.message(Reopening::Automatic))]
    Fault { part: &'static str, cause: String, camera: bool },
}

impl SourceError {
    /// The next step, where it depends on who opens the source again; `None` = the message says all.
    pub fn advice(&self, reopening: Reopening) -> Option<&'static str> {
        let (automatic, by_hand) = match self {
            Self::Absent { .. } | Self::Disconnected { .. } => {
                ("it will be reopened when it returns", "plug it in again, then restart this command")
            }
            Self::Silent { .. } => (
                "it will be reopened, but may have to be unplugged and plugged in again",
                "unplug it and plug it in again, then restart this command",
            ),
            Self::Unresponsive { .. } | Self::Fault { camera: true, .. } => {
                ("it will be retried", "restart this command")
            }
            Self::Fault { camera: false, .. } => ("select it again", "restart this command"),
            _ => return None,
        };
        Some(match reopening {
            Reopening::Automatic => automatic,
            Reopening::ByHand => by_hand,
        })
    }

    /// The message with the next step. [`Reopening::Automatic`] is what [`Display`](std::fmt::Display) gives.
    pub fn message(&self, reopening: Reopening) -> String {
        let Some(advice) = self.advice(reopening) else { return self.to_string() };
        match self {
            Self::Absent { camera } => format!("{camera} is not connected; {advice}"),
            Self::Disconnected { camera, cause } => format!("{camera} was unplugged; {advice} ({cause})"),
            Self::Silent { camera, seconds } => format!("no frame from {camera} for {seconds} s; {advice}"),
            Self::Unresponsive { seconds } => format!(
                "cannot open the camera: its driver has not responded for {seconds} s; unplug it and plug it in again; {advice}"
            ),
            Self::Fault { part, cause, .. } => {
                format!("{part} failed because of a bug in Twinsight ({cause}); {advice}, and please report this")
            }
            other => other.to_string(),
        }
    }

    /// Whether opening the same source again later may help: all that is wrong with a camera can be put right while
    /// the viewer runs, by a plug, a permission or another program's end.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoCamera
            | Self::NoSuchCamera { .. }
            | Self::Ambiguous { .. }
            | Self::Absent { .. }
            | Self::NoPermission { .. }
            | Self::Busy { .. }
            | Self::NoFormat { .. }
            | Self::NoMode { .. }
            | Self::Disconnected { .. }
            | Self::Silent { .. }
            | Self::Unresponsive { .. }
            | Self::Fault { camera: true, .. }
            | Self::Camera { .. }
            | Self::Stream { .. } => true,
            Self::Control { .. }
            | Self::Read { .. }
            | Self::NoImages { .. }
            | Self::NoImage { .. }
            | Self::Decode { .. }
            | Self::TooLarge { .. }
            | Self::NoFfmpeg
            | Self::BadFfmpeg { .. }
            | Self::OldFfmpeg { .. }
            | Self::Video { .. }
            | Self::Damaged { .. }
            | Self::Recording { .. }
            | Self::Address { .. }
            | Self::NoDemo { .. }
            | Self::Golden(_)
            | Self::NoThread { .. }
            | Self::Fault { camera: false, .. }
            | Self::Frame(_) => false,
        }
    }

    /// Whether it comes in place of [`Next::End`](super::Next::End): every frame that can be read was given.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_ends_promises_nothing() {
        let (camera, cause) = ("camera 0 (cam)".to_owned(), "No such device".to_owned());
        for (error, expected) in [
            (
                SourceError::Disconnected { camera: camera.clone(), cause },
                "camera 0 (cam) was unplugged; plug it in again, then restart this command (No such device)",
            ),
            (
                SourceError::Silent { camera: camera.clone(), seconds: 9 },
                "no frame from camera 0 (cam) for 9 s; unplug it and plug it in again, then restart this command",
            ),
            (
                SourceError::Absent { camera },
                "camera 0 (cam) is not connected; plug it in again, then restart this command",
            ),
            (
                SourceError::Unresponsive { seconds: 10 },
                "cannot open the camera: its driver has not responded for 10 s; unplug it and plug it in again; \
                 restart this command",
            ),
            (
                SourceError::Fault { part: "the source", cause: "no message".into(), camera: true },
                "the source failed because of a bug in Twinsight (no message); restart this command, and please \
                 report this",
            ),
        ] {
            let message = error.to_string();
            assert!(message.contains("it will be reopened") || message.contains("it will be retried"), "{message}");
            assert_eq!(error.message(Reopening::ByHand), expected);
        }
    }
}
