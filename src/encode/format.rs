//! Kinds of video file.

use std::path::Path;

/// A container, and what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoFormat {
    Mp4,
    WebM,
}

/// An encoder of ffmpeg.
pub(super) struct VideoEncoder {
    pub name: &'static str,
    pub arguments: &'static [&'static str],
    /// Of its time base.
    pub ticks_per_second: u32,
}

impl VideoFormat {
    /// By the ending of a file's name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "mp4" | "m4v" => Some(Self::Mp4),
            "webm" => Some(Self::WebM),
            _ => None,
        }
    }

    /// As ffmpeg names it, and people too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::WebM => "webm",
        }
    }

    /// The best one first. None of them gives frames out of order, so that each keeps its duration.
    pub(super) fn encoders(self) -> &'static [VideoEncoder] {
        const MP4: [VideoEncoder; 3] = [
            VideoEncoder {
                name: "libx264",
                arguments: &["-preset", "veryfast", "-crf", "18", "-bf", "0"],
                ticks_per_second: 90_000,
            },
            VideoEncoder { name: "libopenh264", arguments: &["-b:v", "12M"], ticks_per_second: 90_000 },
            // Its header has no room for more.
            VideoEncoder { name: "mpeg4", arguments: &["-q:v", "2", "-bf", "0"], ticks_per_second: 60_000 },
        ];
        const WEBM: [VideoEncoder; 2] = [
            VideoEncoder {
                name: "libvpx-vp9",
                arguments: &["-deadline", "realtime", "-cpu-used", "6", "-row-mt", "1", "-crf", "20", "-b:v", "0"],
                ticks_per_second: 90_000,
            },
            VideoEncoder {
                name: "libvpx",
                arguments: &["-deadline", "realtime", "-cpu-used", "6", "-crf", "8", "-b:v", "12M"],
                ticks_per_second: 90_000,
            },
        ];
        match self {
            Self::Mp4 => &MP4,
            Self::WebM => &WEBM,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_ending() {
        let of = |name: &str| VideoFormat::of(Path::new(name));
        assert_eq!(
            [of("a/b.MP4"), of("b.webm"), of("b.avi"), of("mp4")],
            [Some(VideoFormat::Mp4), Some(VideoFormat::WebM), None, None]
        );
    }
}
