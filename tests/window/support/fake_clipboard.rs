//! A clipboard of the window's own: the system's is the person's.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use twinsight::app::{Clip, Clipboard, ClipboardError};
use twinsight::detect::Frame;

/// What lies in the window's clipboard; `None` = the desk has none.
pub type Copied = Option<Result<Clip, ()>>;

/// The clipboard as the window has it.
pub struct FakeClipboard {
    pub copied: Arc<Mutex<Copied>>,
    pub text: Option<String>,
}

impl FakeClipboard {
    fn clip(&self) -> Result<Clip, ClipboardError> {
        if self.text.is_some() {
            return Err(ClipboardError::Missing("incorrect type received from clipboard".into()));
        }
        match &*self.copied.lock().unwrap() {
            Some(Ok(clip)) => Ok(clip.clone()),
            Some(Err(())) => Err(ClipboardError::Empty),
            None => Err(ClipboardError::Missing("no display".into())),
        }
    }
}

impl Clipboard for FakeClipboard {
    fn files(&mut self) -> Result<Vec<PathBuf>, ClipboardError> {
        match self.clip()? {
            Clip::Files(files) => Ok(files),
            _ => Err(ClipboardError::Empty),
        }
    }

    fn picture(&mut self) -> Result<Frame, ClipboardError> {
        match self.clip()? {
            Clip::Picture(picture) => Ok(picture),
            _ => Err(ClipboardError::Empty),
        }
    }

    fn text(&mut self) -> Result<String, ClipboardError> {
        match &self.text {
            Some(text) => Ok(text.clone()),
            None => Err(self.clip().err().unwrap_or(ClipboardError::Empty)),
        }
    }

    fn put(&mut self, picture: &Frame) -> Result<(), ClipboardError> {
        match &mut *self.copied.lock().unwrap() {
            Some(clip) => *clip = Ok(Clip::Picture(picture.clone())),
            None => return Err(ClipboardError::Missing("no display".into())),
        }
        Ok(())
    }
}
