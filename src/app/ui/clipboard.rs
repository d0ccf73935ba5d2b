//! The clipboard: pictures and files from it, annotated pictures to it.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::detect::{Frame, MAX_PIXELS, Size};

/// Somewhere to copy to and to paste from. Its calls may take a while, and are made on threads of their own.
pub trait Clipboard: Send {
    /// What can be looked at.
    fn take(&mut self) -> Result<Clip, ClipboardError>;

    fn put(&mut self, picture: &Frame) -> Result<(), ClipboardError>;
}

/// A clipboard that several threads use in turn.
#[derive(Clone)]
pub struct SharedClipboard(Arc<Mutex<Box<dyn Clipboard>>>);

impl SharedClipboard {
    pub fn new(clipboard: Box<dyn Clipboard>) -> Self {
        Self(Arc::new(Mutex::new(clipboard)))
    }

    pub fn lock(&self) -> MutexGuard<'_, Box<dyn Clipboard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What lies in the clipboard.
#[derive(Clone, PartialEq)]
pub enum Clip {
    /// Copied in a file manager, or a path as text.
    Files(Vec<PathBuf>),
    Picture(Frame),
}

/// Why nothing was copied or pasted.
#[derive(Debug, thiserror::Error)]
pub enum ClipboardError {
    #[error("Nothing to open in the clipboard (no image or path). Copy one, or drop a file on the window.")]
    Empty,
    #[error("Can't access the clipboard ({0}). Drop a file on the window, or save the picture with Ctrl+S.")]
    Missing(String),
    #[error("Another program is using the clipboard. Try again.")]
    Busy,
    #[error("Can't show the image in the clipboard: {0}")]
    Picture(String),
}

impl From<arboard::Error> for ClipboardError {
    fn from(error: arboard::Error) -> Self {
        match error {
            arboard::Error::ContentNotAvailable => Self::Empty,
            arboard::Error::ClipboardOccupied => Self::Busy,
            arboard::Error::ConversionFailure => Self::Picture("unknown format".into()),
            other => Self::Missing(other.to_string().trim_end_matches('.').to_owned()),
        }
    }
}

/// The system's. Kept open once it was used: on X11, what was copied is gone with its owner.
#[derive(Default)]
pub struct SystemClipboard(Option<arboard::Clipboard>);

impl SystemClipboard {
    fn open(&mut self) -> Result<&mut arboard::Clipboard, ClipboardError> {
        Ok(match &mut self.0 {
            Some(open) => open,
            closed => closed.insert(arboard::Clipboard::new()?),
        })
    }
}

impl Clipboard for SystemClipboard {
    fn take(&mut self) -> Result<Clip, ClipboardError> {
        let clipboard = self.open()?;
        if let Some(files) = clipboard.get().file_list().ok().filter(|files| !files.is_empty()) {
            return Ok(Clip::Files(files));
        }
        match clipboard.get_image() {
            Ok(picture) => return frame(picture.width, picture.height, &picture.bytes).map(Clip::Picture),
            Err(arboard::Error::ContentNotAvailable) => {}
            Err(other) => return Err(other.into()),
        }
        let files = files_in(&clipboard.get_text()?);
        if files.is_empty() { Err(ClipboardError::Empty) } else { Ok(Clip::Files(files)) }
    }

    fn put(&mut self, picture: &Frame) -> Result<(), ClipboardError> {
        let rgb = picture.rgb().as_chunks::<3>().0;
        let bytes: Vec<u8> = rgb.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Ok(self.open()?.set_image(arboard::ImageData { width, height, bytes: Cow::Owned(bytes) })?)
    }
}

/// From RGBA; what is transparent lies over white.
fn frame(width: usize, height: usize, rgba: &[u8]) -> Result<Frame, ClipboardError> {
    let bad = |cause: String| ClipboardError::Picture(cause);
    let sides = u32::try_from(width).ok().zip(u32::try_from(height).ok());
    let size = sides.map(|(w, h)| Size::new(w, h)).filter(|size| size.area() <= MAX_PIXELS);
    let size = size.ok_or_else(|| {
        bad(format!("{width}×{height} pixels exceed the limit of {} million", MAX_PIXELS / 1_000_000))
    })?;
    let over = |channel: u8, alpha: u8| {
        let (channel, alpha) = (u32::from(channel), u32::from(alpha));
        ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let pixels = rgba.as_chunks::<4>().0;
    let rgb = pixels.iter().flat_map(|[r, g, b, a]| [over(*r, *a), over(*g, *a), over(*b, *a)]).collect();
    Frame::from_rgb(size, rgb).map_err(|e| bad(e.to_string()))
}

/// The files that a text names, a path or a `file://` address a line: all of them are there, or it is just a text.
fn files_in(text: &str) -> Vec<PathBuf> {
    const LINES: usize = 10_000;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let files: Vec<PathBuf> = lines.take(LINES).map(path_of).collect();
    if files.iter().all(|file| file.is_absolute() && file.exists()) { files } else { Vec::new() }
}

fn path_of(line: &str) -> PathBuf {
    let Some(address) = line.strip_prefix("file://") else { return line.trim_matches(['"', '\'']).into() };
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => (bytes.push(byte), rest = &after[2..]).0,
            _ => (bytes.push(*first), rest = after).0,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_picture_lies_over_white_and_is_not_larger_than_can_be_shown() {
        let picture = frame(2, 1, &[10, 20, 30, 255, 0, 0, 0, 0]).unwrap();
        assert_eq!(picture.rgb(), [10, 20, 30, 255, 255, 255]);
        assert!(frame(20_000, 20_000, &[]).is_err_and(|e| e.to_string().contains("100 million")));
        assert!(frame(usize::MAX, 1, &[]).is_err());
        assert!(frame(2, 2, &[0; 4]).is_err(), "fewer bytes than its size says");
    }

    #[test]
    fn a_text_is_taken_for_files_only_where_all_of_them_are_there() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a photo.png");
        std::fs::write(&file, "").unwrap();
        let path = file.to_str().unwrap();
        assert_eq!(files_in(&format!("{path}\r\n")), std::slice::from_ref(&file));
        assert_eq!(files_in(&format!("\"{path}\"")), std::slice::from_ref(&file));
        assert_eq!(files_in(&format!("file://{}", path.replace(' ', "%20"))), std::slice::from_ref(&file));
        assert!(files_in(&format!("{path}\n/no/such/file.png")).is_empty());
        assert!(files_in("some words").is_empty() && files_in("Cargo.toml").is_empty(), "not a path that says where");
    }
}
