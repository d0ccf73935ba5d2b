//! The annotated picture, to the clipboard or into a file.

use std::path::PathBuf;

use egui::Context;

use super::annotated::AnnotatedPicture;
use crate::app::job::Jobs;
use crate::app::ui::clipboard::{ClipboardError, SharedClipboard};
use crate::workshop::Stopped;

/// What is being copied and saved.
#[derive(Default)]
pub struct PictureExport {
    /// What is saved once it is known where.
    to_save: Option<AnnotatedPicture>,
    jobs: Jobs<String>,
}

impl PictureExport {
    pub fn copy(&mut self, ctx: &Context, picture: AnnotatedPicture, clipboard: SharedClipboard) -> Result<(), String> {
        self.start(ctx, "copying", move || {
            let painted = picture.paint().map_err(|e| ClipboardError::Picture(e.to_string()));
            painted.and_then(|frame| clipboard.lock().put(&frame)).map_err(Stopped::failed)?;
            Ok("Copied the picture with its boxes".into())
        })
    }

    /// Keeps a picture until it is known where to save it. Gives the file name to offer.
    pub fn keep(&mut self, picture: AnnotatedPicture) -> String {
        let name = format!("{} with boxes.png", picture.name);
        self.to_save = Some(picture);
        name
    }

    /// Saves the picture that was kept.
    pub fn save(&mut self, ctx: &Context, path: PathBuf) -> Result<(), String> {
        let Some(picture) = self.to_save.take() else { return Ok(()) };
        self.start(ctx, "saving", move || {
            let path = picture.save(&path).map_err(Stopped::failed)?;
            Ok(format!("Saved {}", path.display()))
        })
    }

    fn start(
        &mut self,
        ctx: &Context,
        name: &str,
        work: impl FnOnce() -> Result<String, Stopped> + Send + 'static,
    ) -> Result<(), String> {
        let failed = |cause| format!("That failed: {cause}. Try again.");
        self.jobs.start(ctx, name, work).map_err(failed)
    }

    /// What was done since the last call, or why it could not be.
    pub fn poll(&mut self) -> impl Iterator<Item = Result<String, Stopped>> {
        self.jobs.poll().into_iter().map(|(_, result)| result)
    }
}
