//! The system's dialogs for opening and saving.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

use crate::source::pictures::folder::{PICTURES, VIDEOS};

/// A dialog that is gone sooner than a person could close it was never there.
const NEVER_THERE: Duration = Duration::from_millis(150);

/// At most one dialog at a time, on a thread of its own.
#[derive(Default)]
pub struct FileDialog {
    answer: Option<(Instant, Receiver<Option<FileAnswer>>)>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum FileQuestion {
    /// Which pictures, or which video.
    Files,
    /// Which folder of pictures.
    Folder,
    /// Where to save a picture, under this name unless another is chosen.
    Save(String),
}

/// What came of a dialog.
#[derive(Debug, PartialEq)]
pub enum FileAnswer {
    Open(Vec<PathBuf>),
    Save(PathBuf),
    Cancelled,
    /// The system has no dialog to show.
    Missing,
}

impl FileDialog {
    /// Shows the dialog, unless one is already open.
    pub fn show(&mut self, ctx: &Context, ask: FileQuestion) -> std::io::Result<()> {
        if self.answer.is_some() {
            return Ok(());
        }
        let (send, receive) = bounded(1);
        let ctx = ctx.clone();
        std::thread::Builder::new().name("file dialog".into()).spawn(move || {
            let _ = send.send(put(ask));
            ctx.request_repaint();
        })?;
        self.answer = Some((Instant::now(), receive));
        Ok(())
    }

    /// The answer, once.
    pub fn answer(&mut self) -> Option<FileAnswer> {
        let (shown, receive) = self.answer.as_ref()?;
        let answer = match receive.try_recv() {
            Ok(Some(answer)) => answer,
            Ok(None) if shown.elapsed() >= NEVER_THERE => FileAnswer::Cancelled,
            Ok(None) | Err(TryRecvError::Disconnected) => FileAnswer::Missing,
            Err(TryRecvError::Empty) => return None,
        };
        self.answer = None;
        Some(answer)
    }
}

/// Waits for the person.
fn put(ask: FileQuestion) -> Option<FileAnswer> {
    let dialog = rfd::FileDialog::new();
    match ask {
        FileQuestion::Files => {
            let all = [&PICTURES[..], &VIDEOS[..]].concat();
            let dialog = dialog.set_title("Open files").add_filter("Images and videos", &all);
            dialog.add_filter("All files", &["*"]).pick_files().map(FileAnswer::Open)
        }
        FileQuestion::Folder => {
            dialog.set_title("Open folder").pick_folder().map(|folder| FileAnswer::Open(vec![folder]))
        }
        FileQuestion::Save(name) => {
            let dialog = dialog.set_title("Save the picture with its boxes").set_file_name(name);
            dialog.add_filter("PNG", &["png"]).save_file().map(FileAnswer::Save)
        }
    }
}
