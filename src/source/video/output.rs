//! What comes out of ffmpeg: pixels, and before each picture a line about it among its messages.
//!
//! ```text
//! stdout   230400 bytes RGB, 213600 bytes RGB, …
//! stderr   [Parsed_showinfo_3 @ 0x5] [info] n:   0 pts:    512 pts_time:0.04 … fmt:rgb24 sar:1/1 s:320x240 i:P …
//! ```
//!
//! The size stands in the line, because it may change from one picture to the next: encoders write every picture in the
//! size of the first, all but the one for raw pixels, which has no header.

use std::io::{self, BufRead};
use std::time::Duration;

use crate::detect::{Frame, FrameError, Size};

/// A picture that ffmpeg is about to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    pub size: Size,
    /// After the place where this run started; `None` = the video does not say.
    pub time: Option<Duration>,
}

impl Announced {
    /// Reads a line of the filter `showinfo`; and gives what stands behind it: other threads of ffmpeg may speak before
    /// the filter ends its line.
    pub fn of(line: &str) -> Option<(Self, &str)> {
        // A video's title is "[info]     title : …".
        if line.starts_with("[info]") || !line.contains(" fmt:rgb24 ") {
            return None;
        }
        let word = |key: &str| line.split_once(key)?.1.split_whitespace().next();
        let (width, height) = word(" s:")?.split_once('x')?;
        let size = Size::new(width.parse().ok()?, height.parse().ok()?);
        // Before its start, a video may have frames of negative time.
        let seconds = word(" pts_time:")?.parse::<f64>().ok();
        let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        let rest =
            line.split_once(" type:").map_or("", |(_, rest)| rest.trim_start_matches(|c: char| !c.is_whitespace()));
        Some((Self { size, time }, rest.trim()))
    }
}

/// Why the next picture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RawOutputError {
    #[error("ffmpeg's output ended within a frame")]
    Cut,
    #[error("ffmpeg's output has an unexpected format")]
    Garbled,
    #[error(transparent)]
    Size(#[from] FrameError),
    #[error("cannot read ffmpeg's output: {0}")]
    Read(io::Error),
}

impl From<io::Error> for RawOutputError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Cut } else { Self::Read(error) }
    }
}

/// Reads the next picture into `frame`; `false` at the end. The size is checked before memory is taken for it.
pub fn read(from: &mut impl BufRead, announced: Option<Announced>, frame: &mut Frame) -> Result<bool, RawOutputError> {
    if from.fill_buf()?.is_empty() {
        return Ok(false);
    }
    frame.resize(announced.ok_or(RawOutputError::Garbled)?.size)?;
    from.read_exact(frame.rgb_mut())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(width: u32, height: u32) -> Option<Announced> {
        Some(Announced { size: Size::new(width, height), time: None })
    }

    #[test]
    fn pictures_follow_each_other_and_may_change_size() {
        let (mut bytes, mut frame) = (&b"abcABCDEF"[..], Frame::default());
        for (size, pixels) in [((1, 1), &b"abc"[..]), ((2, 1), b"ABCDEF")] {
            assert!(read(&mut bytes, announced(size.0, size.1), &mut frame).unwrap());
            assert_eq!((frame.size(), frame.rgb()), (Size::new(size.0, size.1), pixels));
        }
        assert!(!read(&mut bytes, announced(9, 9), &mut frame).unwrap(), "announced, and then the end");
        assert!(!read(&mut bytes, None, &mut frame).unwrap());
    }

    #[test]
    fn every_cut_and_every_lie_is_an_error() {
        let mut frame = Frame::default();
        let mut error = |mut bytes: &[u8], announced| read(&mut bytes, announced, &mut frame).unwrap_err();
        for end in 1..6 {
            assert!(matches!(error(&b"ABCDEF"[..end], announced(2, 1)), RawOutputError::Cut), "{end}");
        }
        assert!(matches!(error(b"ABC", None), RawOutputError::Garbled));
        assert!(matches!(error(b"ABC", announced(99_999, 99_999)), RawOutputError::Size(FrameError::TooLarge(_))));
        assert!(matches!(error(b"ABC", announced(0, 9)), RawOutputError::Size(FrameError::Empty(_))));
    }

    /// As ffmpeg 4.2, 5.1, 7.0 and 8.0 say it; and as two of its threads say it at once.
    #[test]
    fn pictures_are_announced_in_the_words_of_each_version() {
        let ms = |ms| Some(Duration::from_millis(ms));
        for (line, time, rest) in [
            (
                "[Parsed_showinfo_3 @ 0x1f0] [info] n:   3 pts:1344000 pts_time:1.12    pos:   109473 fmt:rgb24 sar:1/1 \
                 s:200x356 i:P iskey:0 type:P",
                ms(1120),
                "",
            ),
            (
                "[Parsed_showinfo_3 @ 0x5] [info] n:   0 pts:    -44 pts_time:-0.04   pos:      -1 fmt:rgb24 sar:1/1 \
                 s:200x356 i:P iskey:1 type:I ",
                ms(0),
                "",
            ),
            (
                "[Parsed_showinfo_3 @ 0x7f6] [info] n:   3 pts:  NOPTS pts_time:NOPTS   duration:  48000 \
                 duration_time:0.04    fmt:rgb24 cl:center sar:1/1 s:200x356 i:P iskey:0 type:P ",
                None,
                "",
            ),
            (
                "[Parsed_showinfo_3 @ 0x5] [info] n:   1 pts:  3 pts_time:2 fmt:rgb24 sar:1/1 s:200x356 i:P iskey:0 \
                 type:P error while decoding MB 14 9, bytestream -8",
                ms(2000),
                "error while decoding MB 14 9, bytestream -8",
            ),
        ] {
            let found = Announced { size: Size::new(200, 356), time };
            assert_eq!(Announced::of(line), Some((found, rest)), "{line}");
        }
        for line in [
            "[info]     title           : n: 1 pts_time:2 fmt:rgb24 s:20x20 i:P type:I",
            "[Parsed_showinfo_3 @ 0x5] [info] config in time_base: 1/1000, frame_rate: 25/1",
            "[Parsed_showinfo_3 @ 0x5] [info] n: 1 pts_time:2 fmt:rgb24 s:20x i:P type:I",
            "",
        ] {
            assert_eq!(Announced::of(line), None, "{line}");
        }
    }
}
