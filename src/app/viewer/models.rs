//! What is asked of models: which ones look, and what becomes of their files.

use std::path::{Path, PathBuf};

use egui::Context;

use super::Viewer;
use crate::app::action::ModelsAction;
use crate::app::ui::file_dialog::FileQuestion;
use crate::app::view::{Side, View};
use crate::model::{GoldenHeads, ModelName};
use crate::workshop::rebuild::ModelFiles;

impl Viewer {
    pub(super) fn apply_to_models(&mut self, ctx: &Context, action: ModelsAction) {
        match action {
            ModelsAction::ChooseFile(which) => self.ask(ctx, FileQuestion::Model(which)),
            ModelsAction::ToggleComputedAs(which) => {
                // Where one model looks, it is A.
                let which = if self.preferences.view.compares() { which } else { Side::A };
                self.computed_as.toggle(which, !ctx.input(|i| i.pointer.any_click()));
            }
            ModelsAction::ChooseProfile(which) => self.ask(ctx, FileQuestion::Profile(which)),
            ModelsAction::SaveProfile(which) => {
                if let Some(profile) = self.models.request(which).arithmetic.profile().cloned() {
                    let name = self.computed_as.files.keep(profile);
                    self.ask(ctx, FileQuestion::SaveProfile(name));
                }
            }
            ModelsAction::Open(which, path) => self.open_model(ctx, which, &path),
            ModelsAction::ChooseDump(which) => self.ask(ctx, FileQuestion::Dump(which)),
            ModelsAction::OpenDump(which, path) => match self.models.pack().map(|pack| pack.against(&path)) {
                Some(heads) => self.show_heads(ctx, which, heads),
                None => self.notifications.warn("Open the golden pack first: a dump belongs to one."),
            },
            ModelsAction::AskRename(model) => {
                let title = self.titles.of(&model);
                self.model_dialog.ask_name(model, &title);
            }
            ModelsAction::AskDelete(model) => {
                let title = self.titles.of(&model);
                let in_use = self.is_in_use(&model);
                self.model_dialog.ask_deletion(model, &title, &self.catalog.folders(), in_use);
            }
            ModelsAction::Rename(model, name) => self.rename_model(ctx, &model, &name),
            ModelsAction::Delete(model) => self.delete_model(ctx, &model),
            ModelsAction::Remove(model) => self.remove_model(ctx, &model),
            ModelsAction::ToggleClipping => self.clipping.toggle(),
            ModelsAction::ForgetClipped => self.clipping.forget_frames(),
            action => {
                if self.models.apply(action, self.preferences.view.compares()) {
                    self.preferences.swap_sides();
                }
                for which in Side::BOTH {
                    self.preferences.keep_own_profile(which, &self.models.request(which).arithmetic);
                }
                self.run_models(ctx);
            }
        }
    }

    /// Tells the engine which models are to look. A swap of two that run changes nothing for it.
    pub(super) fn run_models(&mut self, ctx: &Context) {
        if self.control.run(self.models.wanted(self.preferences.view)) {
            // A frame of the history keeps the models that looked at it; the engine looks at its own newest.
            self.release(ctx);
        }
    }

    /// Adds a model file to the choices, and shows it on a side.
    fn open_model(&mut self, ctx: &Context, which: Side, path: &Path) {
        let model = self.known_model(path);
        if *self.models.model(which) == model {
            return;
        }
        self.models.add_choice(model.clone());
        self.apply_to_models(ctx, ModelsAction::Use(which, model));
    }

    /// Shows raw heads that were computed elsewhere on a side, beside the other side's model.
    pub(super) fn show_heads(&mut self, ctx: &Context, which: Side, heads: GoldenHeads) {
        let other = if which == Side::A { Side::B } else { Side::A };
        // Heads of another pack have nothing to say of this one's picture.
        if matches!(self.models.model(other), ModelName::Golden(of) if of.pack != heads.pack) {
            self.apply_to_models(ctx, ModelsAction::Use(other, ModelName::Fp32));
        }
        let model = ModelName::Golden(heads);
        self.models.add_choice(model.clone());
        if *self.models.model(which) != model {
            self.apply_to_models(ctx, ModelsAction::Use(which, model));
        }
        if !self.preferences.view.compares() {
            self.show_view(ctx, View::Overlay);
        }
    }

    /// A file as the choices name it: under whatever name it comes, each model is there once.
    fn known_model(&self, path: &Path) -> ModelName {
        let place = |path: &Path| path.canonicalize().ok();
        let here = place(path);
        let is_it = |model: &&ModelName| here.is_some() && place(&self.catalog.path(model)) == here;
        let known = self.models.choices().iter().find(is_it).cloned();
        known.unwrap_or_else(|| ModelName::File(std::path::absolute(path).unwrap_or_else(|_| path.into())))
    }

    fn is_in_use(&self, model: &ModelName) -> bool {
        Side::BOTH.into_iter().any(|which| self.models.model(which) == model)
    }

    fn rename_model(&mut self, ctx: &Context, model: &ModelName, name: &str) {
        let ModelName::File(path) = model else { return };
        match ModelFiles::of(path).rename(name) {
            Err(error) => self.notifications.warn(&format!("Can't rename it: {error}. Choose another name.")),
            Ok(new) => {
                let renamed = ModelName::File(new);
                self.titles.forget(model);
                self.layers.forget_model(model);
                self.models.rename(model, &renamed);
                self.run_models(ctx);
                self.notifications.done(format!("Renamed to {}.", self.titles.of(&renamed)));
            }
        }
    }

    /// Another one takes its place first where it is in use.
    fn delete_model(&mut self, ctx: &Context, model: &ModelName) {
        let ModelName::File(path) = model else { return };
        let (files, title) = (ModelFiles::of(path), self.titles.of(model));
        self.remove_model(ctx, model);
        match files.delete() {
            Ok(()) => self.notifications.done(format!("Deleted {title}.")),
            Err(error) => {
                // It is still there to be chosen.
                self.models.add_choice(model.clone());
                self.notifications.warn(&format!("Can't delete {title}: {error}. Delete it in a file manager."));
            }
        }
    }

    fn remove_model(&mut self, ctx: &Context, model: &ModelName) {
        self.titles.forget(model);
        self.layers.forget_model(model);
        self.models.remove(model);
        self.run_models(ctx);
    }

    /// Takes the models out of files that were dropped, and shows one: as B where two are compared.
    pub(super) fn take_models(&mut self, ctx: &Context, files: Vec<PathBuf>) -> Vec<PathBuf> {
        let is_model = |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("onnx"));
        let (models, rest): (Vec<_>, Vec<_>) = files.into_iter().partition(is_model);
        let which = if self.preferences.view.compares() { Side::B } else { Side::A };
        for path in models {
            self.open_model(ctx, which, &path);
        }
        rest
    }
}
