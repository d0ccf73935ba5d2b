//! What an album asks of several owners: a picture that is shown before its boxes, and all pictures compared.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, Ui};

use super::Viewer;
use crate::app::action::{Action, AlbumAction, SourceAction};
use crate::app::compare_all::search::AlbumSearch;
use crate::app::compare_all::{AlbumContext, CompareAllEffect, row};
use crate::app::frame::preview::Preview;
use crate::app::view::Side;
use crate::engine::{Observation, Output, Status};
use crate::source::{Album, SourceRequest};

impl Viewer {
    /// Shows the picture that was asked for, as far as it is decoded, until the models have looked at it.
    pub(super) fn preview(&mut self, ctx: &Context) {
        // At the start there is nothing in sight that stays: the picture waits for no model to be loaded.
        let is_first = !self.frame.has_picture();
        let awaited = if is_first { Some(self.control.source()) } else { self.frame.awaited() };
        let shown = match awaited {
            Some(SourceRequest::Still(path)) => self.source.pictures.read(ctx, path, &self.source.album),
            Some(SourceRequest::Pasted(pasted)) => Some((Arc::clone(&pasted.frame), true)),
            _ => None,
        };
        if let Some((picture, is_whole)) = shown {
            if is_first {
                self.frame.set_expected(Preview::of(self.control.source()));
            }
            self.frame.show_preview(ctx, picture, is_whole);
        }
    }

    /// Follows the album, and what is compared of it.
    pub(super) fn tend_album(&mut self, ctx: &Context) {
        let changed = self.source.album.take_changed();
        self.source.pictures.forget(changed.iter().map(PathBuf::as_path));
        let settings = self.compare_settings();
        let Some(album) = self.source.album.album() else { return self.compare_all.close() };
        let models = Side::BOTH.map(|which| self.models.request(which));
        let version = self.source.album.version();
        let truth = self.truth.all().filter(|_| self.preferences.truth);
        let context = AlbumContext { ctx, album, version, models, settings: &settings, truth };
        for effect in self.compare_all.tend(&context, &changed) {
            match effect {
                CompareAllEffect::Mark(picture, why) => self.source.album.mark(&picture, why),
                CompareAllEffect::Warn(message) => self.notifications.warn(&message),
                CompareAllEffect::Done(message) => {
                    self.notifications.done(message);
                    if self.source.album.album().is_some_and(Album::is_arranged) {
                        self.sort_worst_first();
                    }
                }
            }
        }
        self.keep_comparison(ctx);
    }

    /// Keeps what A and B see in the picture that is looked at. An album may be known to be one only after that.
    fn keep_comparison(&mut self, ctx: &Context) {
        let SourceRequest::Still(picture) = self.control.source() else { return };
        let Some(observation) = self.frame.current.observation() else { return };
        if observation.outputs.len() < 2 || self.compare_all.observed() == Some(observation.sequence) {
            return;
        }
        let status = self.control.status();
        let [a, b] = Side::BOTH.map(|which| self.own_output(which, observation, &status));
        if let (Some(a), Some(b)) = (a, b) {
            let models = Side::BOTH.map(|which| self.models.request(which));
            self.compare_all.observe(picture, observation.sequence, [a, b], models);
            ctx.request_repaint();
        }
    }

    /// What a side's model made of a frame; not what the last good one made of it in its place.
    fn own_output<'a>(&self, which: Side, observation: &'a Observation, status: &Status) -> Option<&'a Output> {
        let slot = self.models.slot(which);
        let output = observation.outputs.iter().find(|output| output.slot == slot)?;
        let state = status.models.get(slot).filter(|state| state.request == *self.models.request(which))?;
        let runs = state.running.as_ref().is_some_and(|running| Arc::ptr_eq(running, &output.model));
        runs.then_some(output)
    }

    pub(super) fn apply_to_album(&mut self, ctx: &Context, action: AlbumAction, status: &Status) {
        let Some(album) = self.source.album.album() else { return };
        match action {
            AlbumAction::CompareAll => {
                let settings = self.compare_settings();
                let models = Side::BOTH.map(|which| self.models.request(which));
                let version = self.source.album.version();
                let truth = self.truth.all().filter(|_| self.preferences.truth);
                let context = AlbumContext { ctx, album, version, models, settings: &settings, truth };
                let started = self.compare_all.start(&context, self.control.examiner());
                self.warn_of(started.map_err(|cause| format!("Can't compare all images: {cause}. Try again.")));
            }
            AlbumAction::Cancel => self.compare_all.cancel(),
            AlbumAction::NextDifference(by) => {
                let next = self.compare_all.next_difference(album, by);
                let compared = self.compare_all.summary().compared;
                let place = if by < 0 { "before" } else { "after" };
                match next {
                    Some(index) => self.apply_to_source(ctx, SourceAction::GoToPicture(index), status),
                    None => self
                        .notifications
                        .done(format!("No image {place} this one differs, of {compared} that were compared")),
                }
            }
            AlbumAction::Worst => {
                if let Some(index) = self.compare_all.worst(album) {
                    self.apply_to_source(ctx, SourceAction::GoToPicture(index), status);
                }
            }
            AlbumAction::SortByName => self.source.album.arrange(Vec::new()),
            AlbumAction::SortWorstFirst => {
                self.sort_worst_first();
                self.source.album.show_start();
            }
        }
    }

    /// Once, and not with every new figure: thumbnails that move are hard to click.
    fn sort_worst_first(&mut self) {
        let Some(album) = self.source.album.album() else { return };
        let order = self.compare_all.worst_first(album);
        self.source.album.arrange(order);
    }

    /// Whether B's best threshold is searched over the album's pictures.
    pub(super) fn matches_in_album(&self) -> bool {
        self.source.is_in_album(&self.control) && self.compare_all.results().is_some()
    }

    /// Searches B's best threshold: in an album over its pictures, elsewhere over the history.
    pub(super) fn find_best_threshold(&mut self) {
        let (settings, status) = (self.compare_settings(), self.control.status());
        let album = self.source.album.album().filter(|_| self.matches_in_album());
        match album.zip(self.compare_all.results()) {
            Some((album, results)) => {
                let search = AlbumSearch::new(album.listed(), results, &settings);
                self.history.matching.start_in_album(search, &settings, &status);
            }
            None => self.history.find_best_threshold(&settings, &status),
        }
    }

    /// The thumbnails, and what is known of all pictures.
    pub(super) fn album_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let worst_first = self.source.album.album().is_some_and(Album::is_arranged);
        row::show(ui, self.compare_all.summary(), worst_first, actions);
        let compare_all = &self.compare_all;
        self.source.album.ui(ui, &|picture: &Path| compare_all.agreement(picture), actions);
    }
}
