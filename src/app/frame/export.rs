//! The annotated picture, to the clipboard or into a file.

use std::path::PathBuf;

use egui::Context;

use super::annotated::AnnotatedPicture;
use crate::app::job::Job;
use crate::app::ui::clipboard::{ClipboardError, SharedClipboard};
use crate::workshop::Stopped;

/// A key that is pressed again and again does not fill the memory with pictures.
const AT_ONCE: usize = 8;

/// What is being copied and saved.
#[derive(Default)]
pub struct PictureExport {
    /// What is saved once it is known where.
    to_save: Option<AnnotatedPicture>,
    jobs: Vec<Job<String>>,
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
        let failed = |cause: String| format!("That failed: {cause}. Try again.");
        if self.jobs.len() >= AT_ONCE {
            return Err(failed("too many tasks are running".into()));
        }
        self.jobs.push(Job::start(ctx, name, move |_| work()).map_err(|cause| failed(cause.to_string()))?);
        Ok(())
    }

    /// What was done since the last call, or why it could not be.
    pub fn poll(&mut self) -> Vec<Result<String, Stopped>> {
        let mut ended = Vec::new();
        self.jobs.retain(|job| job.poll().map(|result| ended.push(result)).is_none());
        ended
    }
}
