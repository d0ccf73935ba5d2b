//! What can go wrong with a source, by cause.

use std::path::PathBuf;

use crate::detect::FrameError;

/// What a message promises where whoever opened the camera opens it again by itself...
const WAITED_FOR: &str = "it is opened again as soon as it is back";
const OPENED_AGAIN: &str = "it is opened again, but may have to be plugged in anew";
pub const TRIED_AGAIN: &str = "it is tried again";

/// ...and what is to be done where nobody does.
const BY_HAND: [(&str, &str); 3] = [
    (WAITED_FOR, "plug it in again, then start this command anew"),
    (OPENED_AGAIN, "plug it in anew, then start this command again"),
    (TRIED_AGAIN, "start this command again"),
];

/// A camera's message for a command that ends with it: without the promise that it is opened again.
pub fn without_promise(message: &str) -> String {
    BY_HAND.iter().fold(message.to_owned(), |text, (promise, advice)| text.replace(promise, advice))
}

/// Each message says what happened, to what, and what to do next.
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
    #[error("{camera} is not plugged in; {WAITED_FOR}")]
    Absent { camera: String },
    #[error("no permission to open {camera}; add yourself to the group `video`, then log in again ({cause})")]
    NoPermission { camera: String, cause: String },
    #[error("{camera} is used by another program; close that one first ({cause})")]
    Busy { camera: String, cause: String },
    #[error("{camera} offers no pixel format that Twinsight reads; it has: {offered}")]
    NoFormat { camera: String, offered: String },
    #[error("{camera} has no mode {wanted}; it has: {offered}")]
    NoMode { camera: String, wanted: String, offered: String },
    #[error("{camera} was unplugged; {WAITED_FOR} ({cause})")]
    Disconnected { camera: String, cause: String },
    #[error("{camera} has given no frame for {seconds} s; {OPENED_AGAIN}")]
    Silent { camera: String, seconds: u64 },
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
}

impl SourceError {
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
        ] {
            let message = error.to_string();
            assert!(message.contains("it is opened again"), "{message}");
            assert_eq!(without_promise(&message), expected);
        }
    }
}
