//! What was asked for, carried out: one action at a time, by its owner, and what follows from it for the others.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Context, ViewportCommand};

use super::Viewer;
use crate::app::action::shortcuts::hint;
use crate::app::action::{
    Action, CameraAction, HistoryAction, LayersAction, ModelsAction, PairsAction, PictureAction, SavingAction,
    SourceAction, ThresholdsAction, VideoAction, WindowAction,
};
use crate::app::layers::controller::LayersEffect;
use crate::app::panels::bottom::BottomTab;
use crate::app::panels::thresholds::LEAST_SCORE;
use crate::app::preferences::recent::RecentSource;
use crate::app::source::camera::in_use::CameraInUse;
use crate::app::source::{SourceContext, video_playback};
use crate::app::ui::file_dialog::{FileQuestion, videos_folder};
use crate::app::view::{Side, View};
use crate::compare::Arrow;
use crate::detect::{ClassSet, Thresholds};
use crate::engine::{Observation, SourceState, Status};
use crate::history::RestoreError;
use crate::source::{SourceRequest, VideoLocation, VideoRequest};

impl Viewer {
    pub(super) fn apply(&mut self, ctx: &Context, action: Action, status: &Status) {
        match action {
            Action::Source(action) => self.apply_to_source(ctx, action, status),
            Action::Album(action) => self.apply_to_album(ctx, action, status),
            Action::Video(action) => self.apply_to_video(ctx, action, status),
            Action::Camera(action) => self.apply_to_camera(action, status),
            Action::Models(action) => self.apply_to_models(ctx, action),
            Action::Thresholds(action) => self.apply_to_thresholds(action),
            Action::History(action) => self.apply_to_history(ctx, action, status),
            Action::Layers(action) => self.apply_to_layers(ctx, action, status),
            Action::Picture(action) => self.apply_to_picture(ctx, action),
            Action::Pairs(action) => self.apply_to_pairs(ctx, action, status),
            Action::Saving(action) => self.apply_to_saving(ctx, action),
            Action::Window(action) => self.apply_to_window(ctx, action, status),
        }
        // The sooner it is asked for, the sooner it is decoded.
        self.preview(ctx);
        ctx.request_repaint();
    }

    pub(super) fn apply_to_source(&mut self, ctx: &Context, action: SourceAction, status: &Status) {
        match action {
            SourceAction::OpenRecent(RecentSource::File(path) | RecentSource::Folder(path)) => {
                self.open_files(ctx, vec![path]);
            }
            SourceAction::OpenRecent(RecentSource::Address(url)) => {
                let video = SourceRequest::Video(VideoRequest::new(VideoLocation::Url(url)));
                self.apply_to_source(ctx, SourceAction::Open(video), status);
            }
            SourceAction::LookAtRecent => self.source.recent.look(ctx),
            SourceAction::Reopen if self.source.empty_folder().is_some() => {
                let folder = self.source.empty_folder().map(PathBuf::from);
                self.open_files(ctx, folder.into_iter().collect());
            }
            SourceAction::ChooseFiles => self.ask(ctx, FileQuestion::Files),
            SourceAction::ChooseFolder => self.ask(ctx, FileQuestion::Folder),
            SourceAction::ChooseStream => self.stream_dialog.open(),
            SourceAction::Paste => {
                let pasted = self.source.paste(ctx, self.clipboard.clone());
                self.warn_of(pasted.map_err(not_opened));
            }
            action => {
                let (source, mut context) = self.source(status);
                if let Some(change) = source.apply(action, &mut context) {
                    self.follow_source(change);
                }
            }
        }
    }

    /// Opens files and folders; a model's file, as a model.
    pub(super) fn open_files(&mut self, ctx: &Context, files: Vec<PathBuf>) {
        let files = self.take_models(ctx, files);
        let opened = self.source.open_files(ctx, files, self.models.pack().cloned());
        self.warn_of(opened.map_err(not_opened));
    }

    pub(super) fn ask(&mut self, ctx: &Context, question: FileQuestion) {
        if let Err(e) = self.dialog.show(ctx, question) {
            let message = format!("Can't open the file dialog: {e}. Drop the file on the window.");
            self.notifications.warn(&message);
        }
    }

    fn apply_to_video(&mut self, ctx: &Context, action: VideoAction, status: &Status) {
        let moves = matches!(action, VideoAction::Step(_) | VideoAction::Seek(_));
        let current = self.frame.current.observation().filter(|_| self.history.is_held());
        let held = current.and_then(|held| video_playback::in_sight(Some(held), true, status)).cloned();
        if moves && video_playback::is_steerable(&self.control, status) {
            self.release(ctx);
        }
        let (source, mut context) = self.source(status);
        if let Some(change) = source.apply_to_video(action, held.as_ref(), &mut context) {
            self.follow_source(change);
        }
    }

    fn apply_to_camera(&mut self, action: CameraAction, status: &Status) {
        if action == CameraAction::TogglePanel {
            if CameraInUse::of(self.control.source(), status).is_some() {
                self.preferences.camera = !self.preferences.camera;
            }
            return;
        }
        let has_picture = self.frame.has_picture();
        let mut context = SourceContext { control: &mut self.control, status, has_picture };
        if let Some(change) = self.source.apply_to_camera(action, &mut context, &mut self.preferences.cameras) {
            self.follow_source(change);
        }
    }

    fn apply_to_thresholds(&mut self, action: ThresholdsAction) {
        match action {
            ThresholdsAction::Reset => self.preferences.reset_thresholds(),
            ThresholdsAction::ToggleLink => self.preferences.link(!self.preferences.linked),
            ThresholdsAction::Set(which, thresholds) => {
                // As low as the slider goes.
                let score = thresholds.score.max(LEAST_SCORE);
                self.preferences.set_thresholds(which, Thresholds { score, ..thresholds });
            }
            ThresholdsAction::FindBest => self.find_best_threshold(),
            ThresholdsAction::UndoBest => {
                if let Some(before) = self.history.matching.undo() {
                    self.preferences.restore_thresholds(before);
                }
            }
        }
    }

    fn apply_to_history(&mut self, ctx: &Context, action: HistoryAction, status: &Status) {
        match action {
            HistoryAction::TogglePanel => {
                let in_front = self.bottom_tab() == Some(BottomTab::History);
                self.layers.close();
                self.preferences.history = !in_front || self.hides_panels;
                self.hides_panels = false;
            }
            HistoryAction::GoTo(sequence) => {
                let restored = self.history.go_to(sequence);
                self.show_restored(ctx, restored, status);
            }
            HistoryAction::ToggleRecording => {
                // Of a folder, the next picture gives a frame.
                let ended = status.source == SourceState::Ended && !self.source.is_in_album(&self.control);
                if ended && self.recording.state().is_none() {
                    let why = "Nothing to record: the source has ended, and no frames are coming.";
                    return self.notifications.warn(why);
                }
                let folder = self.preferences.recordings.clone().or_else(videos_folder);
                match self.recording.toggle(ctx, folder) {
                    Ok(message) => message.into_iter().for_each(|message| self.notifications.done(message)),
                    Err(message) => self.notifications.warn(&message),
                }
            }
            HistoryAction::Step(by) => {
                let Some(current) = self.frame.current.observation() else { return };
                let restored = self.history.step(by, current);
                self.show_restored(ctx, restored, status);
            }
        }
    }

    fn show_restored(
        &mut self,
        ctx: &Context,
        restored: Option<Result<Arc<Observation>, RestoreError>>,
        status: &Status,
    ) {
        match restored {
            None => {}
            Some(Err(error)) => self.notifications.warn(&error.to_string()),
            Some(Ok(observation)) => {
                if self.control.can_pause(status) {
                    self.control.set_paused(true);
                }
                self.frame.show(ctx, observation, false);
            }
        }
    }

    /// From a held frame back to what the engine gave last.
    pub(super) fn release(&mut self, ctx: &Context) {
        if let Some(newest) = self.history.release() {
            self.frame.show(ctx, newest, false);
        }
    }

    fn apply_to_layers(&mut self, ctx: &Context, action: LayersAction, status: &Status) {
        if action == LayersAction::TogglePanel && std::mem::take(&mut self.hides_panels) && self.layers.is_open() {
            return;
        }
        // What is under way has its place in the panel.
        if action == LayersAction::AddClipped {
            self.hides_panels = false;
            self.clipping.close();
        }
        let (layers, context) = self.layers(ctx, status);
        let effect = layers.apply(action, &context);
        // One tab is in front.
        self.preferences.history &= !self.layers.is_open();
        if let Some(effect) = effect {
            self.follow_layers(ctx, effect, status);
        }
    }

    /// What the layers panel means for the other owners.
    pub(super) fn follow_layers(&mut self, ctx: &Context, effect: LayersEffect, status: &Status) {
        match effect {
            LayersEffect::Compare if self.preferences.view.compares() => {}
            LayersEffect::Compare => self.show_view(ctx, View::Overlay),
            LayersEffect::Resume => self.resume(ctx, status),
            LayersEffect::UseAsB(model) => {
                self.models.add_choice(model.clone());
                if *self.models.model(Side::B) != model {
                    self.apply_to_models(ctx, ModelsAction::Use(Side::B, model));
                }
            }
            LayersEffect::Done(message) => self.notifications.done(message),
            LayersEffect::Warn(message) => self.notifications.warn(&message),
        }
    }

    fn apply_to_picture(&mut self, ctx: &Context, action: PictureAction) {
        match action {
            PictureAction::ToggleLabels => self.preferences.labels = !self.preferences.labels,
            PictureAction::ToggleLegend => self.preferences.legend = !self.preferences.legend,
            PictureAction::ToggleTruth => self.preferences.truth = !self.preferences.truth,
            PictureAction::Copy | PictureAction::Save => {
                let filter = self.detections.filter(Arrow::Word);
                let picture = self.frame.annotated(self.preferences.view, self.preferences.labels, &filter);
                match picture {
                    None if action == PictureAction::Copy => {
                        self.notifications.warn("No picture to copy yet.");
                    }
                    None => self.notifications.warn("No picture to save yet."),
                    Some(picture) if action == PictureAction::Copy => {
                        let copied = self.export.copy(ctx, picture, self.clipboard.clone());
                        self.warn_of(copied);
                    }
                    Some(picture) => {
                        let name = self.export.keep(picture);
                        self.ask(ctx, FileQuestion::Save(name));
                    }
                }
            }
            zoom => self.frame.apply(zoom),
        }
    }

    fn apply_to_saving(&mut self, ctx: &Context, action: SavingAction) {
        let folder = self.preferences.recordings.clone();
        let done = match action {
            SavingAction::ToggleVideo => self.saving.video.toggle(ctx, folder),
            SavingAction::ToggleHarvest => self.saving.harvest.toggle(ctx, &self.frame.current, folder),
        };
        self.warn_of(done);
    }

    fn apply_to_pairs(&mut self, ctx: &Context, action: PairsAction, status: &Status) {
        let current = &self.frame.current;
        match action {
            PairsAction::Select(verdict) => {
                self.detections.select(verdict, current);
                self.preferences.knows_clicks |= verdict.is_some();
            }
            PairsAction::Show(verdict) => self.show_pair(verdict),
            PairsAction::SelectNext(by) => {
                if self.preferences.view.compares()
                    && let Some(next) = self.detections.neighbour(by, current)
                {
                    self.show_pair(Some(next));
                }
            }
            PairsAction::BringBack => match self.detections.remedy(current) {
                Ok((side, thresholds)) => self.apply_to_thresholds(ThresholdsAction::Set(side, thresholds)),
                Err(why) => self.notifications.warn(why),
            },
            PairsAction::FindLayers => match self.detections.traceable(current) {
                Ok(verdict) => self.apply_to_layers(ctx, LayersAction::Follow(verdict), status),
                Err(why) => self.notifications.warn(why),
            },
            PairsAction::ShowAllClasses => self.detections.classes = ClassSet::default(),
            PairsAction::ShowAllVerdicts => self.detections.show_all_verdicts(),
            PairsAction::CopyTable => {
                let table = self.detections.table_csv(current, self.preferences.view.compares());
                self.copy_csv(ctx, table);
            }
            PairsAction::CopyClasses => {
                let table = self.detections.classes_csv(current);
                self.copy_csv(ctx, table);
            }
        }
    }

    /// Puts a table and the number of its rows into the clipboard.
    fn copy_csv(&mut self, ctx: &Context, (rows, text): (usize, String)) {
        if rows == 0 {
            return self.notifications.warn("The table is empty: nothing to copy.");
        }
        ctx.copy_text(text);
        let word = if rows == 1 { "row" } else { "rows" };
        self.notifications.done(format!("Copied {rows} {word} as CSV."));
    }

    fn show_pair(&mut self, verdict: Option<usize>) {
        self.detections.select(verdict, &self.frame.current);
        if let Some(verdict) = verdict {
            self.frame.bring_into_sight(verdict);
            self.preferences.knows_clicks = true;
        }
    }

    fn apply_to_window(&mut self, ctx: &Context, action: WindowAction, status: &Status) {
        match action {
            WindowAction::Show(view) => self.show_view(ctx, view),
            WindowAction::TogglePause => self.toggle_pause(ctx, status),
            WindowAction::Resume => self.resume(ctx, status),
            WindowAction::Step(by) if self.source.is_in_album(&self.control) => {
                self.apply_to_source(ctx, SourceAction::StepPicture(by), status);
            }
            WindowAction::Step(by) if video_playback::can_step(&self.control, status, by) => {
                self.apply_to_video(ctx, VideoAction::Step(by), status);
            }
            WindowAction::Step(by) => self.apply_to_history(ctx, HistoryAction::Step(by), status),
            WindowAction::Back => {
                if self.shows_help {
                    self.shows_help = false;
                } else if self.computed_as.close() || self.clipping.close() || self.detections.deselect() {
                    // That was all.
                } else if self.hides_panels {
                    self.hides_panels = false;
                } else if is_full_screen(ctx) {
                    ctx.send_viewport_cmd(ViewportCommand::Fullscreen(false));
                }
            }
            WindowAction::ToggleTheme => {
                let other = if ctx.theme() == egui::Theme::Dark { egui::Theme::Light } else { egui::Theme::Dark };
                self.preferences.theme = other.into();
                ctx.set_theme(self.preferences.theme);
            }
            WindowAction::ToggleFullScreen => {
                ctx.send_viewport_cmd(ViewportCommand::Fullscreen(!is_full_screen(ctx)));
            }
            WindowAction::TogglePanels => {
                self.hides_panels = !self.hides_panels;
                if self.hides_panels {
                    self.notifications.done(hint(ctx, "Show the panels again", &Action::Window(action)));
                }
            }
            WindowAction::ToggleHelp => self.shows_help = !self.shows_help,
            WindowAction::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    pub(super) fn show_view(&mut self, ctx: &Context, view: View) {
        self.preferences.view = view;
        self.detections.highlighted = None;
        self.run_models(ctx);
    }

    /// From the history or a pause back to what comes, or the other way.
    fn toggle_pause(&mut self, ctx: &Context, status: &Status) {
        let held = self.history.is_held();
        self.release(ctx);
        if video_playback::is_steerable(&self.control, status) {
            if let Some(change) = self.source.video.toggle_pause(&mut self.control, status, held) {
                self.follow_source(change);
            }
        } else if self.control.is_paused() || (self.control.can_pause(status) && !held) {
            self.control.set_paused(!self.control.is_paused());
        }
    }

    fn resume(&mut self, ctx: &Context, status: &Status) {
        self.release(ctx);
        video_playback::resume(&self.control, status);
        self.control.set_paused(false);
    }
}

fn not_opened(cause: std::io::Error) -> String {
    format!("Can't open it: {cause}. Try again.")
}

fn is_full_screen(ctx: &Context) -> bool {
    ctx.input(|i| i.viewport().fullscreen == Some(true))
}
