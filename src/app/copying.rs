//! The annotated picture, to the clipboard or into a file.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use egui::Context;

use super::annotated::{Annotated, Panes, mark};
use super::clipboard::ClipboardError;
use super::errand::News;
use super::view::{View, Which};
use super::viewer::Viewer;
use crate::compare::Arrow;

impl Viewer {
    /// The picture with the boxes of the view, as they are seen now; `None` = there is no picture.
    fn annotated(&mut self) -> Option<Annotated> {
        let observation = self.sight.observation()?.clone();
        let view = self.preferences.view;
        // A side that is looked at alone while its key is held is not the view.
        self.draw(view, Which::A, Arrow::Word);
        let labels = self.preferences.labels;
        let [a, b] = self.marks.each_ref().map(|marks| marks.iter().map(|m| mark(m, labels)).collect());
        let column = self.area.map_or(0, |area| {
            let bar = self.bar.parts(area.rect)[0].right_center();
            self.viewport.ui_from_image(&area).image_from_ui(bar).x.max(0.0).round() as u32
        });
        let panes = match view {
            View::Single | View::Overlay => Panes::One(a),
            View::Split => Panes::Split([a, b], column),
            View::SideBySide => Panes::Beside([a, b]),
        };
        let name = &observation.description.name;
        let stem = std::path::Path::new(name).file_stem().map_or_else(|| name.into(), |s| s.to_string_lossy());
        let safe = |c: char| if c.is_alphanumeric() || " -_.()".contains(c) { c } else { '-' };
        Some(Annotated { frame: Arc::clone(&observation.frame), panes, name: stem.chars().map(safe).collect() })
    }

    /// Copies it.
    pub(super) fn copy_picture(&mut self, ctx: &Context) {
        let Some(picture) = self.annotated() else {
            return self.warn("There is no picture to copy yet.");
        };
        let clipboard = Arc::clone(&self.clipboard);
        let copy = move || {
            let painted = picture.paint().map_err(|e| ClipboardError::Picture(e.to_string()));
            let put = |frame| clipboard.lock().unwrap_or_else(PoisonError::into_inner).put(&frame);
            match painted.and_then(put) {
                Ok(()) => News::Done("Copied the picture with its boxes".into()),
                Err(error) => News::Failed(error.to_string()),
            }
        };
        self.send(ctx, "copying", copy);
    }

    /// Asks where to save it.
    pub(super) fn ask_where_to_save(&mut self, ctx: &Context) {
        let Some(picture) = self.annotated() else {
            return self.warn("There is no picture to save yet.");
        };
        let name = format!("{} with boxes.png", picture.name);
        self.to_save = Some(picture);
        self.ask(ctx, super::dialog::Ask::Save(name));
    }

    /// Saves the picture that was in sight when it was asked where.
    pub(super) fn save_picture(&mut self, ctx: &Context, path: PathBuf) {
        let Some(picture) = self.to_save.take() else { return };
        self.send(ctx, "saving", move || match picture.save(&path) {
            Ok(path) => News::Done(format!("Saved {}", path.display())),
            Err(error) => News::Failed(error.to_string()),
        });
    }

    fn send(&mut self, ctx: &Context, name: &str, errand: impl FnOnce() -> News + Send + 'static) {
        if let Err(cause) = self.errands.send(ctx, name, errand) {
            self.warn(&format!("That could not be done: {cause}. Try again."));
        }
    }
}
