//! Asks for a model's new name, and before a model is deleted.

use std::path::{Path, PathBuf};

use egui::{Button, Context, Id, Key, Modal, RichText, Role, TextEdit, Ui, WidgetInfo};

use crate::app::action::{Action, ModelsAction};
use crate::app::ui::theme;
use crate::model::ModelName;
use crate::workshop::rebuild::ModelFiles;

/// In points.
const WIDTH: f32 = 440.0;

/// One question at a time, over the window.
#[derive(Default)]
pub struct ModelDialog {
    question: Option<ModelQuestion>,
}

/// What is asked.
enum ModelQuestion {
    Rename {
        model: ModelName,
        title: String,
        name: String,
        /// The field has not had the focus yet.
        is_new: bool,
    },
    Delete {
        model: ModelName,
        title: String,
        files: Vec<PathBuf>,
        /// They lie in one of the folders in which models are made.
        is_ours: bool,
        in_use: bool,
    },
}

impl ModelDialog {
    /// Asks for the new name of a model.
    pub fn ask_name(&mut self, model: ModelName, title: &str) {
        let name = model.label();
        self.question = Some(ModelQuestion::Rename { model, title: title.into(), name, is_new: true });
    }

    /// Asks whether a model is to be deleted. `folders`: where models are made; `in_use`: it is A or B.
    pub fn ask_deletion(&mut self, model: ModelName, title: &str, folders: &[PathBuf], in_use: bool) {
        let ModelName::File(path) = &model else { return };
        let is_ours = folders.iter().any(|folder| lies_in(path, folder));
        let files = ModelFiles::of(path).paths().to_vec();
        self.question = Some(ModelQuestion::Delete { model, title: title.into(), files, is_ours, in_use });
    }

    /// Shows the question, where there is one, until it is answered.
    pub fn ui(&mut self, ctx: &Context, actions: &mut Vec<Action>) {
        let Some(question) = &mut self.question else { return };
        let modal = Modal::new(Id::unique("model question")).show(ctx, |ui| {
            ui.set_width(WIDTH.min(ctx.content_rect().width() - 40.0));
            match question {
                ModelQuestion::Rename { model, title, name, is_new } => rename(ui, model, title, name, is_new),
                ModelQuestion::Delete { model, title, files, is_ours, in_use } => {
                    delete(ui, model, title, files, *is_ours, *in_use)
                }
            }
        });
        let is_over = modal.should_close();
        match modal.inner {
            Some(Answer::Do(action)) => {
                actions.push(Action::Models(action));
                self.question = None;
            }
            Some(Answer::Cancel) => self.question = None,
            None if is_over => self.question = None,
            None => {}
        }
    }
}

enum Answer {
    Do(ModelsAction),
    Cancel,
}

fn rename(ui: &mut Ui, model: &ModelName, title: &str, name: &mut String, is_new: &mut bool) -> Option<Answer> {
    ui.heading(format!("Rename {title}"));
    ui.add_space(4.0);
    ui.label(RichText::new("Its recipe and calibration table are renamed with it.").weak());
    let field = ui.add(TextEdit::singleline(name).desired_width(f32::INFINITY));
    field.widget_info(|| WidgetInfo {
        label: Some("New name".into()),
        ..WidgetInfo::text_edit(true, &*name, &*name, "")
    });
    if std::mem::take(is_new) {
        field.request_focus();
    }
    let wrong = ModelFiles::check_name(name.trim()).err();
    if let Some(wrong) = &wrong {
        ui.label(RichText::new(wrong.to_string()).small().color(theme::scheme(ui).error));
    }
    ui.add_space(8.0);
    let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let mut answer = None;
    ui.horizontal(|ui| {
        let done = ui.add_enabled(wrong.is_none(), Button::new("Rename")).clicked();
        if wrong.is_none() && (done || entered) {
            answer = Some(Answer::Do(ModelsAction::Rename(model.clone(), name.trim().to_owned())));
        }
        if ui.button("Cancel").clicked() {
            answer = Some(Answer::Cancel);
        }
    });
    answer
}

fn delete(
    ui: &mut Ui,
    model: &ModelName,
    title: &str,
    files: &[PathBuf],
    is_ours: bool,
    in_use: bool,
) -> Option<Answer> {
    ui.heading(format!("Delete {title}?"));
    ui.add_space(4.0);
    if !is_ours {
        let warning = "It lies outside the models folder:";
        ui.label(RichText::new(warning).color(theme::scheme(ui).warning));
    }
    for file in files {
        ui.add(egui::Label::new(RichText::new(file.display().to_string()).monospace()).wrap());
    }
    ui.label("This cannot be undone.");
    if in_use {
        ui.label("It is in use; a built-in model takes its place.");
    }
    ui.add_space(8.0);
    let mut answer = None;
    ui.horizontal_wrapped(|ui| {
        let what =
            if files.len() == 1 { "Delete the file".to_owned() } else { format!("Delete {} files", files.len()) };
        let delete = ui.button(what);
        delete.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Delete the files"));
        if delete.clicked() {
            answer = Some(Answer::Do(ModelsAction::Delete(model.clone())));
        }
        let keep = ui.button("Remove from the list only");
        if keep
            .on_hover_text("Keep the files; a model in the models folder is listed again at the next start")
            .clicked()
        {
            answer = Some(Answer::Do(ModelsAction::Remove(model.clone())));
        }
        if ui.button("Cancel").clicked() {
            answer = Some(Answer::Cancel);
        }
    });
    answer
}

/// Whether a file lies in a folder itself, whatever both are called.
fn lies_in(file: &Path, folder: &Path) -> bool {
    let home = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    home.canonicalize().ok().zip(folder.canonicalize().ok()).is_some_and(|(home, folder)| home == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_models_folder_itself_is_ours() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(path("models/other")).unwrap();
        assert!(lies_in(&path("models/a.onnx"), &path("models")));
        assert!(lies_in(&path("models/other/../a.onnx"), &path("models")));
        assert!(!lies_in(&path("models/other/a.onnx"), &path("models")));
        assert!(!lies_in(&path("a.onnx"), &path("models")) && !lies_in(Path::new("a.onnx"), &path("models")));
    }
}
