//! The system's dialog for opening a picture.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

/// A dialog that is gone sooner than a person could close it was never there.
const NEVER_THERE: Duration = Duration::from_millis(150);

/// At most one dialog at a time, on a thread of its own.
#[derive(Default)]
pub struct OpenDialog {
    answer: Option<(Instant, Receiver<Option<PathBuf>>)>,
}

/// What came of a dialog.
#[derive(Debug, PartialEq)]
pub enum Answer {
    Chosen(PathBuf),
    Cancelled,
    /// The system has no dialog to show.
    Missing,
}

impl OpenDialog {
    /// Shows the dialog, unless one is in sight already.
    pub fn show(&mut self, ctx: &Context) -> std::io::Result<()> {
        if self.answer.is_some() {
            return Ok(());
        }
        let (send, receive) = bounded(1);
        let ctx = ctx.clone();
        std::thread::Builder::new().name("file dialog".into()).spawn(move || {
            let dialog = rfd::FileDialog::new()
                .set_title("Open an image")
                .add_filter("Images", &["jpg", "jpeg", "png", "webp", "bmp"])
                .add_filter("All files", &["*"]);
            let _ = send.send(dialog.pick_file());
            ctx.request_repaint();
        })?;
        self.answer = Some((Instant::now(), receive));
        Ok(())
    }

    /// The answer, once.
    pub fn answer(&mut self) -> Option<Answer> {
        let (shown, receive) = self.answer.as_ref()?;
        let answer = match receive.try_recv() {
            Ok(Some(path)) => Answer::Chosen(path),
            Ok(None) if shown.elapsed() >= NEVER_THERE => Answer::Cancelled,
            Ok(None) | Err(TryRecvError::Disconnected) => Answer::Missing,
            Err(TryRecvError::Empty) => return None,
        };
        self.answer = None;
        Some(answer)
    }
}
