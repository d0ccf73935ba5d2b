//! What comes out of ffmpeg: pictures as PPM, and a line for each one's time.
//!
//! ```text
//! pictures   P6⏎320 240⏎255⏎ 230400 bytes RGB   P6⏎…
//! times      frame:0    pts:512     pts_time:0.04⏎t=1⏎   frame:1 …
//! ```

use std::io::{self, BufRead, Read};
use std::time::Duration;

use crate::detect::{Frame, FrameError, Size};

/// The longest header that is a header.
const HEADER: usize = 32;

/// Why the next picture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PpmError {
    #[error("ffmpeg's output ended within a frame")]
    Cut,
    #[error("ffmpeg's output has an unexpected format")]
    Garbled,
    #[error(transparent)]
    Size(#[from] FrameError),
    #[error("cannot read ffmpeg's output: {0}")]
    Read(io::Error),
}

impl From<io::Error> for PpmError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Cut } else { Self::Read(error) }
    }
}

/// Reads the next picture into `frame`; `false` at the end. The size is checked before memory is taken for it.
pub fn read(from: &mut impl BufRead, frame: &mut Frame) -> Result<bool, PpmError> {
    if from.fill_buf()?.is_empty() {
        return Ok(false);
    }
    let size = header(from)?;
    frame.resize(size)?;
    from.read_exact(frame.rgb_mut())?;
    Ok(true)
}

fn header(from: &mut impl Read) -> Result<Size, PpmError> {
    let mut text = [0; HEADER];
    let mut length = 0;
    // "P6", "width height" and "255", each up to its line's end.
    for _ in 0..3 {
        loop {
            let byte = text.get_mut(length).ok_or(PpmError::Garbled)?;
            from.read_exact(std::slice::from_mut(byte))?;
            length += 1;
            if text[length - 1] == b'\n' {
                break;
            }
        }
    }
    let text = std::str::from_utf8(&text[..length]).map_err(|_| PpmError::Garbled)?;
    let mut words = text.split_whitespace();
    let mut next = || words.next().ok_or(PpmError::Garbled);
    let (kind, width, height, depth) = (next()?, next()?, next()?, next()?);
    if kind != "P6" || depth != "255" {
        return Err(PpmError::Garbled);
    }
    let side = |word: &str| word.parse().map_err(|_| PpmError::Garbled);
    Ok(Size::new(side(width)?, side(height)?))
}

/// The time of the next picture; `None` where it has none, or no more are told. `line` is used again.
pub fn time(from: &mut impl BufRead, line: &mut Vec<u8>) -> Option<Duration> {
    loop {
        line.clear();
        // A line is short; whatever else comes is no time.
        if from.by_ref().take(256).read_until(b'\n', line).ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(line);
        if text.starts_with("frame:") {
            let (_, seconds) = text.split_once("pts_time:")?;
            // Before its start, a video may have frames of negative time.
            return Duration::try_from_secs_f64(seconds.trim().parse::<f64>().ok()?.max(0.0)).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(mut bytes: &[u8]) -> Result<Vec<(Size, Vec<u8>)>, PpmError> {
        let (mut frame, mut found) = (Frame::default(), Vec::new());
        while read(&mut bytes, &mut frame)? {
            found.push((frame.size(), frame.rgb().to_vec()));
        }
        Ok(found)
    }

    #[test]
    fn pictures_follow_each_other_and_may_change_size() {
        let pictures = read_all(b"P6\n1 1\n255\nabcP6\n2 1\n255\nABCDEF").unwrap();
        assert_eq!(pictures, [(Size::new(1, 1), b"abc".to_vec()), (Size::new(2, 1), b"ABCDEF".to_vec())]);
    }

    #[test]
    fn every_cut_and_every_lie_is_an_error() {
        let whole = b"P6\n2 1\n255\nABCDEF";
        for end in 1..whole.len() {
            assert!(matches!(read_all(&whole[..end]), Err(PpmError::Cut)), "{end}");
        }
        for lie in [
            "P5\n2 1\n255\nABCDEF",
            "P6\n2 -1\n255\n",
            "P6\n2 1\n65535\n",
            "ffmpeg version 5, \nand so on and on and on\n",
        ] {
            assert!(matches!(read_all(lie.as_bytes()), Err(PpmError::Garbled)), "{lie}");
        }
        assert!(matches!(read_all(b"P6\n99999 99999\n255\n"), Err(PpmError::Size(FrameError::TooLarge(_)))));
        assert!(matches!(read_all(b"P6\n0 9\n255\n"), Err(PpmError::Size(FrameError::Empty(_)))));
    }

    #[test]
    fn times_are_found_among_the_other_lines() {
        let mut text: &[u8] = b"frame:0    pts:0       pts_time:0\nt=1\nframe:1    pts:512     pts_time:0.04\nt=1\n\
            frame:2    pts:NOPTS   pts_time:NOPTS\nframe:3 pts:-1 pts_time:-0.1\n";
        let mut line = Vec::new();
        let mut next = || time(&mut text, &mut line);
        assert_eq!(next(), Some(Duration::ZERO));
        assert_eq!(next(), Some(Duration::from_millis(40)));
        assert_eq!(next(), None);
        assert_eq!(next(), Some(Duration::ZERO));
        assert_eq!(next(), None);
    }
}
