//! The annotated picture, to the clipboard or into a file.

use std::path::PathBuf;

use egui::Context;

use super::annotated::AnnotatedPicture;
use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, PictureAction};
use crate::app::job::Jobs;
use crate::app::ui::clipboard::{ClipboardError, SharedClipboard};
use crate::workshop::Stopped;

/// With the key that copies behind it.
const NO_FOLDER: &str = "Can't save the picture: no file dialog and no home folder available. Copy it";

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

    /// Saves the picture that was kept, under a name that is free in this folder: nobody could be asked where.
    pub fn save_in(
        &mut self,
        ctx: &Context,
        folder: impl FnOnce() -> Option<PathBuf> + Send + 'static,
    ) -> Result<(), String> {
        let Some(picture) = self.to_save.take() else { return Ok(()) };
        let no_folder = no_folder(ctx);
        self.start(ctx, "saving", move || {
            let folder = folder().ok_or_else(|| Stopped::failed(no_folder))?;
            // Without an ending: one is added, and a number where that file is there already.
            let path = picture.save(&folder.join(format!("{} with boxes", picture.name))).map_err(Stopped::failed)?;
            Ok(format!("Saved {} (no file dialog available)", path.display()))
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

fn no_folder(ctx: &Context) -> String {
    hint(ctx, NO_FOLDER, &Action::Picture(PictureAction::Copy))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::frame::annotated::AnnotatedPanes;
    use crate::detect::{Frame, Size};

    fn saved(folder: Option<PathBuf>) -> Result<String, Stopped> {
        let frame = Arc::new(Frame::new(Size::new(8, 8)).unwrap());
        let mut export = PictureExport::default();
        let picture = AnnotatedPicture { frame, panes: AnnotatedPanes::One(Vec::new()), name: "v1.2".into() };
        assert_eq!(export.keep(picture), "v1.2 with boxes.png");
        export.save_in(&Context::default(), move || folder).unwrap();
        loop {
            if let Some(result) = export.poll().next() {
                return result;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn without_a_dialog_a_picture_gets_a_free_name_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("v1.2 with boxes.png");
        std::fs::write(&taken, "years of notes").unwrap();
        for number in [2, 3] {
            let path = dir.path().join(format!("v1.2 with boxes-{number}.png"));
            let told = saved(Some(dir.path().into()));
            assert_eq!(told, Ok(format!("Saved {} (no file dialog available)", path.display())));
            assert!(path.is_file());
        }
        assert_eq!(std::fs::read(&taken).unwrap(), b"years of notes");
        assert_eq!(saved(None), Err(Stopped::failed(no_folder(&Context::default()))));
    }
}
