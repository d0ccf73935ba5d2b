//! The clipboard: pictures, files and addresses from it, annotated pictures to it.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::detect::{Frame, MAX_PIXELS, Size};
use crate::source::VideoLocation;

/// Somewhere to copy to and to paste from. Its calls may take a while, and are made on threads of their own. What a
/// program has copied is there in several kinds at once; each may be missing or fail by itself.
pub trait Clipboard: Send {
    /// Copied in a file manager.
    fn files(&mut self) -> Result<Vec<PathBuf>, ClipboardError>;

    fn picture(&mut self) -> Result<Frame, ClipboardError>;

    fn text(&mut self) -> Result<String, ClipboardError>;

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

    /// What can be looked at.
    pub fn take(&self) -> Result<Clip, ClipboardError> {
        take(self.lock().as_mut())
    }
}

/// What lies in the clipboard.
#[derive(Clone, PartialEq)]
pub enum Clip {
    /// Copied in a file manager, or paths as text.
    Files(Vec<PathBuf>),
    Picture(Frame),
    /// Of a stream or a video.
    Address(VideoLocation),
}

/// Why nothing was copied or pasted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClipboardError {
    #[error("Nothing to open in the clipboard (no image, path or address).")]
    Empty,
    #[error("The clipboard names a file that does not exist: {}", .0.display())]
    NoFile(PathBuf),
    /// The cause is for the log.
    #[error("Can't access the clipboard. Drop a file on the window, or save the picture to a file.")]
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
            other => {
                log::debug!("the clipboard failed: {other}");
                Self::Missing(other.to_string())
            }
        }
    }
}

/// What can be looked at: files, else a picture, else what a text names. A kind that fails hides none of the others:
/// some programs answer a request for one kind with another.
fn take(clipboard: &mut dyn Clipboard) -> Result<Clip, ClipboardError> {
    let mut causes = Vec::new();
    match clipboard.files() {
        Ok(files) if !files.is_empty() => return Ok(Clip::Files(files)),
        Ok(_) => causes.push(ClipboardError::Empty),
        Err(cause) => causes.push(cause),
    }
    match clipboard.picture() {
        Ok(picture) => return Ok(Clip::Picture(picture)),
        Err(cause) => causes.push(cause),
    }
    match clipboard.text().and_then(|text| named_in(&text)) {
        Ok(clip) => return Ok(clip),
        Err(cause) => causes.push(cause),
    }
    let told = told(causes);
    log::debug!("nothing pasted: {told:?}");
    Err(told)
}

/// The cause that helps most. Only where nothing at all could be asked, there is no clipboard.
fn told(causes: Vec<ClipboardError>) -> ClipboardError {
    if causes.iter().all(|cause| matches!(cause, ClipboardError::Missing(_))) {
        let cause = causes.into_iter().next_back();
        return cause.unwrap_or(ClipboardError::Empty);
    }
    let helps = |cause: &ClipboardError| match cause {
        ClipboardError::Picture(_) => 0,
        ClipboardError::NoFile(_) => 1,
        ClipboardError::Busy => 2,
        ClipboardError::Empty | ClipboardError::Missing(_) => 3,
    };
    let best = causes.into_iter().min_by_key(helps);
    best.filter(|cause| helps(cause) < 3).unwrap_or(ClipboardError::Empty)
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
    fn files(&mut self) -> Result<Vec<PathBuf>, ClipboardError> {
        Ok(self.open()?.get().file_list()?)
    }

    fn picture(&mut self) -> Result<Frame, ClipboardError> {
        let picture = self.open()?.get_image()?;
        frame(picture.width, picture.height, &picture.bytes)
    }

    fn text(&mut self) -> Result<String, ClipboardError> {
        Ok(self.open()?.get_text()?)
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

/// What a text names: an address, or files, a path or a `file://` address a line. Other text is just text.
fn named_in(text: &str) -> Result<Clip, ClipboardError> {
    const LINES: usize = 10_000;
    const LONGEST_PATH: usize = 4096;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    let Some(first) = lines.peek() else { return Err(ClipboardError::Empty) };
    if let Some(address) = VideoLocation::address(first) {
        return Ok(Clip::Address(address));
    }
    let files: Vec<PathBuf> = lines.take(LINES).map(path_of).collect();
    // What begins like a path may be anything, and as long.
    if !files.iter().all(|file| file.is_absolute() && file.as_os_str().len() <= LONGEST_PATH) {
        return Err(ClipboardError::Empty);
    }
    match files.iter().find(|file| !file.exists()) {
        Some(missing) => Err(ClipboardError::NoFile(missing.clone())),
        None => Ok(Clip::Files(files)),
    }
}

fn path_of(line: &str) -> PathBuf {
    let Some(address) = line.strip_prefix("file://") else { return line.trim_matches(['"', '\'']).into() };
    // RFC 8089: the host may be named.
    let address = address.strip_prefix("localhost").unwrap_or(address);
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
    fn a_text_names_files_where_all_of_them_are_there() {
        let dir = tempfile::tempdir().unwrap();
        let files = ["a photo.png", "b.png"].map(|name| dir.path().join(name));
        for file in &files {
            std::fs::write(file, "").unwrap();
        }
        let [one, two] = files.each_ref().map(|file| file.to_str().unwrap());
        let named = |text: &str| match named_in(text) {
            Ok(Clip::Files(files)) => files,
            other => panic!("{text:?}: {:?}", other.err()),
        };
        assert_eq!(named(&format!("{one}\r\n")), files[..1]);
        assert_eq!(named(&format!("\"{one}\"")), files[..1]);
        assert_eq!(named(&format!("{one}\n\n{two}\n")), files);
        for host in ["", "localhost"] {
            assert_eq!(named(&format!("file://{host}{}\r\nfile://{two}", one.replace(' ', "%20"))), files);
        }
        let missing = "/no/such/file.png";
        let refused = |text: &str| named_in(text).err();
        assert_eq!(refused(&format!("{one}\n{missing}")), Some(ClipboardError::NoFile(missing.into())));
        for text in ["some words", "Cargo.toml", "", " \n "] {
            assert_eq!(refused(text), Some(ClipboardError::Empty), "{text:?} is no path that says where");
        }
    }

    #[test]
    fn a_text_names_an_address_that_is_opened() {
        for address in ["rtsp://me:pass@cam/live", "HTTP://host/a.mp4?x=1", "https://host"] {
            let url = VideoLocation::Url(address.into());
            assert!(named_in(&format!(" {address}\n")) == Ok(Clip::Address(url)), "{address}");
        }
        for text in ["gopher://host", "see https://host for more", "https://host and more", "https:host"] {
            assert_eq!(named_in(text).err(), Some(ClipboardError::Empty), "{text}");
        }
    }

    /// Gives what it is told to.
    struct Board {
        files: Result<Vec<PathBuf>, ClipboardError>,
        picture: Result<Frame, ClipboardError>,
        text: Result<String, ClipboardError>,
    }

    impl Clipboard for Board {
        fn files(&mut self) -> Result<Vec<PathBuf>, ClipboardError> {
            self.files.clone()
        }

        fn picture(&mut self) -> Result<Frame, ClipboardError> {
            self.picture.clone()
        }

        fn text(&mut self) -> Result<String, ClipboardError> {
            self.text.clone()
        }

        fn put(&mut self, _: &Frame) -> Result<(), ClipboardError> {
            Ok(())
        }
    }

    #[test]
    fn a_kind_that_fails_hides_no_other() {
        let missing = || ClipboardError::Missing("incorrect type received from clipboard".into());
        let bad = || ClipboardError::Picture("unknown format".into());
        let board =
            |files, picture, text: Result<&str, _>| take(&mut Board { files, picture, text: text.map(str::to_owned) });
        let (address, frame) = ("https://host/a.mp4", Frame::new(Size::new(2, 2)).unwrap());
        for cause in [missing(), bad(), ClipboardError::Busy, ClipboardError::Empty] {
            let pasted = board(Err(cause.clone()), Err(cause.clone()), Ok(address));
            assert!(pasted == Ok(Clip::Address(VideoLocation::Url(address.into()))), "text after {cause:?}");
            let pasted = board(Err(cause.clone()), Ok(frame.clone()), Err(cause.clone()));
            assert!(pasted == Ok(Clip::Picture(frame.clone())), "a picture after {cause:?}");
        }
        let told = |picture, text| board(Err(missing()), Err(picture), text).err();
        assert_eq!(told(missing(), Err(missing())), Some(missing()), "no clipboard at all");
        assert_eq!(told(missing(), Ok("words")), Some(ClipboardError::Empty));
        assert_eq!(told(bad(), Err(missing())), Some(bad()));
        assert_eq!(told(ClipboardError::Empty, Err(ClipboardError::Busy)), Some(ClipboardError::Busy));
        let plain = missing().to_string();
        assert!(!plain.contains("incorrect type"), "{plain}");
    }
}
