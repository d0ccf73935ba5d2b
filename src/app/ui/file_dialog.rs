//! The system's dialogs for opening and saving.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use directories::UserDirs;
use egui::Context;

use crate::app::view::Side;
use crate::files::{WriteCause, WriteError};
use crate::source::pictures::folder::{PICTURES, RECORDINGS, VIDEOS};

/// A dialog that is gone sooner than a person could close it was never there.
const NEVER_THERE: Duration = Duration::from_millis(150);

/// At most one dialog at a time, on a thread of its own.
#[derive(Default)]
pub struct FileDialog {
    open: Option<OpenDialog>,
}

struct OpenDialog {
    since: Instant,
    asks: FileQuestion,
    answer: Receiver<Option<FileAnswer>>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum FileQuestion {
    /// Which pictures, or which video.
    Files,
    /// Which folder of pictures.
    Folder,
    /// Which model for a side.
    Model(Side),
    /// Which folder of a board's dumps for a side.
    Dump(Side),
    /// Which hardware profile for a side.
    Profile(Side),
    /// Where to save a picture, under this name unless another is chosen.
    Save(String),
    /// The same for a hardware profile.
    SaveProfile(String),
}

/// What came of a dialog.
#[derive(Debug, PartialEq)]
pub enum FileAnswer {
    Open(Vec<PathBuf>),
    Model(Side, PathBuf),
    Dump(Side, PathBuf),
    Profile(Side, PathBuf),
    Save(PathBuf),
    SaveProfile(PathBuf),
    Cancelled,
    /// The system has no dialog to show, which would have asked this.
    Missing(FileQuestion),
}

impl FileDialog {
    /// Shows the dialog, unless one is already open.
    pub fn show(&mut self, ctx: &Context, ask: FileQuestion) -> std::io::Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        let (send, receive) = bounded(1);
        let (ctx, asks) = (ctx.clone(), ask.clone());
        std::thread::Builder::new().name("file dialog".into()).spawn(move || {
            let _ = send.send(put(ask));
            ctx.request_repaint();
        })?;
        self.open = Some(OpenDialog { since: Instant::now(), asks, answer: receive });
        Ok(())
    }

    /// The answer, once.
    pub fn answer(&mut self) -> Option<FileAnswer> {
        let OpenDialog { since, asks, answer } = self.open.as_ref()?;
        let answer = match answer.try_recv() {
            Ok(Some(answer)) => answer,
            Ok(None) if since.elapsed() >= NEVER_THERE => FileAnswer::Cancelled,
            Ok(None) | Err(TryRecvError::Disconnected) => FileAnswer::Missing(asks.clone()),
            Err(TryRecvError::Empty) => return None,
        };
        self.open = None;
        Some(answer)
    }
}

/// Where a picture goes that nobody could be asked about: the user's folder of pictures, else the home folder.
pub fn pictures_folder() -> Option<PathBuf> {
    of_user(UserDirs::picture_dir)
}

/// Where recordings go: the user's folder of videos, else the home folder.
pub fn videos_folder() -> Option<PathBuf> {
    of_user(UserDirs::video_dir)
}

/// The same for other files: the user's folder of documents.
pub fn documents_folder() -> Option<PathBuf> {
    of_user(UserDirs::document_dir)
}

fn of_user(folder: fn(&UserDirs) -> Option<&Path>) -> Option<PathBuf> {
    let dirs = UserDirs::new()?;
    let folder = folder(&dirs).filter(|folder| folder.is_dir());
    Some(folder.unwrap_or(dirs.home_dir()).to_owned())
}

/// Why a file was not saved, in the window's words, which has no flags.
pub fn not_saved(error: &WriteError) -> String {
    match &error.cause {
        WriteCause::OtherKind(kind) => format!("it exists and is not {kind}. Choose another name."),
        cause => format!("{cause}. Choose another folder."),
    }
}

/// Waits for the person.
fn put(ask: FileQuestion) -> Option<FileAnswer> {
    let dialog = rfd::FileDialog::new();
    match ask {
        FileQuestion::Files => {
            let all = [&PICTURES[..], &VIDEOS[..], &RECORDINGS[..]].concat();
            let dialog = dialog.set_title("Open files").add_filter("Images, videos and recordings", &all);
            dialog.add_filter("All files", &["*"]).pick_files().map(FileAnswer::Open)
        }
        FileQuestion::Folder => {
            dialog.set_title("Open folder").pick_folder().map(|folder| FileAnswer::Open(vec![folder]))
        }
        FileQuestion::Model(which) => {
            let dialog = dialog.set_title(format!("Open model {}", which.letter()));
            let dialog = dialog.add_filter("ONNX models", &["onnx"]).add_filter("All files", &["*"]);
            dialog.pick_file().map(|path| FileAnswer::Model(which, path))
        }
        FileQuestion::Dump(which) => {
            let dialog = dialog.set_title(format!("Open a board's dump as {}", which.letter()));
            dialog.pick_folder().map(|folder| FileAnswer::Dump(which, folder))
        }
        FileQuestion::Profile(which) => {
            let dialog = dialog.set_title(format!("Open a hardware profile for {}", which.letter()));
            let dialog = dialog.add_filter("Hardware profiles", &["json"]).add_filter("All files", &["*"]);
            dialog.pick_file().map(|path| FileAnswer::Profile(which, path))
        }
        FileQuestion::Save(name) => {
            let dialog = dialog.set_title("Save the picture with its boxes").set_file_name(name);
            dialog.add_filter("PNG", &["png"]).save_file().map(FileAnswer::Save)
        }
        FileQuestion::SaveProfile(name) => {
            let dialog = dialog.set_title("Save the hardware profile").set_file_name(name);
            dialog.add_filter("JSON", &["json"]).save_file().map(FileAnswer::SaveProfile)
        }
    }
}
