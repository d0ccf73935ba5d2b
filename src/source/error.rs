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
    #[error("no camera was found; plug one in, or start with --demo or --image FILE")]
    NoCamera,
    /// `there`: the cameras that are there.
    #[error("there is no {wanted}; there are: {there}")]
    NoSuchCamera { wanted: String, there: String },
    #[error("{wanted} may be any of {found}; name one by its number or its identity")]
    Ambiguous { wanted: String, found: String },
    /// It was there before.
    #[error("{}", self.message(Reopening::Automatic))]
    Absent { camera: String },
    #[error("no permission to open {camera}; add yourself to the group `video`, then log in again ({cause})")]
    NoPermission { camera: String, cause: String },
    #[error("{camera} is used by another program; close that one first ({cause})")]
    Busy { camera: String, cause: String },
    #[error("{camera} offers no pixel format that Twinsight reads; it has: {offered}")]
    NoFormat { camera: String, offered: String },
    #[error("{camera} has no mode {wanted}; it has: {offered}")]
    NoMode { camera: String, wanted: String, offered: String },
    #[error("{}", self.message(Reopening::Automatic))]
    Disconnected { camera: String, cause: String },
    #[error("{}", self.message(Reopening::Automatic))]
    Silent { camera: String, seconds: u64 },
    /// An opening that has taken this long.
    #[error("{}", self.message(Reopening::Automatic))]
    Unresponsive { seconds: u64 },
    #[error("{camera} did not take {control}: {cause}")]
    Control { camera: String, control: String, cause: String },
    #[error("{camera} failed: {cause}")]
    Camera { camera: String, cause: String },
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("{} is no picture that Twinsight reads (JPEG, PNG, WebP, BMP): {cause}", path.display())]
    Decode { path: PathBuf, cause: String },
    #[error("{} is too large: {cause}", path.display())]
    TooLarge { path: PathBuf, cause: String },
    #[error(
        "videos and streams need ffmpeg, and there is none on the PATH; install it (Debian, Ubuntu: sudo apt install \
         ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg), then open this again"
    )]
    NoFfmpeg,
    #[error("{} cannot be run: {cause}; install ffmpeg anew", path.display())]
    BadFfmpeg { path: PathBuf, cause: String },
    #[error("cannot play {name}: {cause}")]
    Video { name: String, cause: String },
    #[error("no pictures come from {name}: {cause}")]
    Stream { name: String, cause: String },
    #[error(
        "{url} is no address that Twinsight opens: these are rtsp://, rtsps://, http:// and https://; name a file by its path"
    )]
    Address { url: String },
    #[error("the demo has no photos ({cause}); `make setup` fetches them")]
    NoDemo { cause: String },
    #[error("a frame cannot be kept: {0}")]
    Frame(#[from] FrameError),
    #[error("the capture thread cannot be started ({cause}); close other programs, try again")]
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
                ("it is opened again as soon as it is back", "plug it in again, then start this command anew")
            }
            Self::Silent { .. } => (
                "it is opened again, but may have to be plugged in anew",
                "plug it in anew, then start this command again",
            ),
            Self::Unresponsive { .. } | Self::Fault { camera: true, .. } => {
                ("it is tried again", "start this command again")
            }
            Self::Fault { camera: false, .. } => ("choose it again", "choose it again"),
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
            Self::Absent { camera } => format!("{camera} is not plugged in; {advice}"),
            Self::Disconnected { camera, cause } => format!("{camera} was unplugged; {advice} ({cause})"),
            Self::Silent { camera, seconds } => format!("{camera} has given no frame for {seconds} s; {advice}"),
            Self::Unresponsive { seconds } => format!(
                "the camera does not open: its driver has given no answer for {seconds} s; plug it in anew, {advice}"
            ),
            Self::Fault { part, cause, .. } => {
                format!("{part} failed by a fault in the program ({cause}); {advice}, and please report this")
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
            | Self::Decode { .. }
            | Self::TooLarge { .. }
            | Self::NoFfmpeg
            | Self::BadFfmpeg { .. }
            | Self::Video { .. }
            | Self::Address { .. }
            | Self::NoDemo { .. }
            | Self::NoThread { .. }
            | Self::Fault { camera: false, .. }
            | Self::Frame(_) => false,
        }
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
                "camera 0 (cam) was unplugged; plug it in again, then start this command anew (No such device)",
            ),
            (
                SourceError::Silent { camera: camera.clone(), seconds: 9 },
                "camera 0 (cam) has given no frame for 9 s; plug it in anew, then start this command again",
            ),
            (
                SourceError::Absent { camera },
                "camera 0 (cam) is not plugged in; plug it in again, then start this command anew",
            ),
            (
                SourceError::Unresponsive { seconds: 10 },
                "the camera does not open: its driver has given no answer for 10 s; plug it in anew, start this command \
                 again",
            ),
            (
                SourceError::Fault { part: "the source", cause: "no message".into(), camera: true },
                "the source failed by a fault in the program (no message); start this command again, and please \
                 report this",
            ),
        ] {
            let message = error.to_string();
            assert!(message.contains("it is opened again") || message.contains("it is tried again"), "{message}");
            assert_eq!(error.message(Reopening::ByHand), expected);
        }
    }
}
