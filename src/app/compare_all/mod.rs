//! Every picture of an album compared with A and B: what is known of each, and the work that finds out the rest.
//!
//! ```text
//! pictures that are looked at ─┐
//! work (compare all) ──────────┴─▶ results of the pair of models ─▶ bars, order, totals, next difference, best threshold
//! ```

pub mod chart;
pub mod results;
pub mod row;
pub mod search;
mod work;

use std::cmp::Ordering;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui::Context;

use crate::compare::{Agreement, CompareSettings};
use crate::detect::Decoder;
use crate::engine::{Examiner, Output};
use crate::model::{ModelInfo, ModelRequest};
use crate::source::Album;
use crate::workshop::Stopped;
use crate::workshop::labels::ModelTruth;
use results::{PairResults, PictureCandidates, candidates};
use row::CompareSummary;
use work::{CompareWork, LookOutcome};

/// How many pairs of models are remembered: that before a change of a model, to come back to, and that after it.
const PAIRS: usize = 2;

/// How long figures may be computed before each painting of the window.
const BUDGET: Duration = Duration::from_millis(4);

/// What it is told of the rest of the window.
pub struct AlbumContext<'a> {
    pub ctx: &'a Context,
    pub album: &'a Album,
    /// Another number for another list of pictures.
    pub version: u64,
    /// A's and B's.
    pub models: [&'a ModelRequest; 2],
    pub settings: &'a CompareSettings,
    /// What is known to be in the pictures; `None` = nothing is known.
    pub truth: Option<&'a Arc<ModelTruth>>,
}

/// What it asks of the rest of the window.
pub enum CompareAllEffect {
    /// This picture cannot be read, and why.
    Mark(PathBuf, String),
    /// Every picture was compared.
    Done(String),
    Warn(String),
}

/// What is known of the pictures of the album.
#[derive(Default)]
pub struct CompareAll {
    /// The album: its files and folders as they were named, and the list that was seen last.
    named: Vec<PathBuf>,
    version: u64,
    /// A and B.
    models: Option<[ModelRequest; 2]>,
    /// In no order of A and B; the newest last.
    pairs: Vec<PairResults>,
    /// Videos among the files: nothing to compare.
    videos: HashSet<PathBuf>,
    work: Option<CompareWork>,
    /// The observation that was taken last of what is looked at.
    observed: Option<u64>,
    decoder: Decoder,
    summary: CompareSummary,
    /// What the summary was made of.
    summarized: Option<[u64; 4]>,
}

impl CompareAll {
    /// No album is open.
    pub fn close(&mut self) {
        if !self.named.is_empty() {
            *self = Self::default();
        }
    }

    /// Follows the album, the models and the settings, and takes what the work has found. `changed`: pictures whose files
    /// have changed.
    pub fn tend(&mut self, context: &AlbumContext<'_>, changed: &[PathBuf]) -> Vec<CompareAllEffect> {
        let mut effects = Vec::new();
        self.follow_album(context, changed);
        self.follow_models(context.models, &mut effects);
        self.take_results(&mut effects);
        self.end_work(context.album, &mut effects);
        if let Some((at, swapped)) = self.place(context.models) {
            let results = &mut self.pairs[at];
            results.set(&CompareSettings { swapped, ..context.settings.clone() });
            results.set_truth(context.truth);
            if !results.tend(BUDGET) {
                context.ctx.request_repaint();
            }
        }
        self.summarize(context.album);
        let [a, b] = context.settings.thresholds.map(|thresholds| thresholds.score);
        self.summary.apart = (a != b).then_some([a, b]);
        effects
    }

    fn follow_album(&mut self, context: &AlbumContext<'_>, changed: &[PathBuf]) {
        let AlbumContext { album, version, .. } = *context;
        if self.named != album.named() {
            *self = Self { named: album.named().to_vec(), version, ..Self::default() };
        }
        if std::mem::replace(&mut self.version, version) != version {
            self.pairs.iter_mut().for_each(|results| results.keep_only(album.listed()));
        }
        if !changed.is_empty() {
            self.pairs.iter_mut().for_each(|results| results.retain(|seen| changed.iter().all(|path| path != seen)));
            self.videos.retain(|video| !changed.contains(video));
        }
    }

    /// Another A or B makes what is under way worthless; a swap does not.
    fn follow_models(&mut self, models: [&ModelRequest; 2], effects: &mut Vec<CompareAllEffect>) {
        if self.models.as_ref().is_none_or(|now| now.each_ref() != models) {
            self.models = Some(models.map(ModelRequest::clone));
        }
        let [a, b] = models;
        let is_of = |work: &CompareWork| [[a, b], [b, a]].contains(&work.models.each_ref());
        if self.work.as_ref().is_some_and(|work| !is_of(work)) {
            self.work = None;
            let message = "Stopped comparing: A or B is another model now. Compare all again for these two.";
            effects.push(CompareAllEffect::Warn(message.into()));
        }
    }

    fn take_results(&mut self, effects: &mut Vec<CompareAllEffect>) {
        while let Some(work) = &self.work
            && let Some(looked) = work.take()
        {
            match looked.outcome {
                LookOutcome::Unreadable(why) => effects.push(CompareAllEffect::Mark(looked.path, why)),
                LookOutcome::Video => _ = self.videos.insert(looked.path),
                LookOutcome::Seen { candidates, infos } => {
                    let models = work.models.clone();
                    self.insert(looked.path, candidates, models.each_ref(), infos);
                }
            }
        }
    }

    fn end_work(&mut self, album: &Album, effects: &mut Vec<CompareAllEffect>) {
        let Some(result) = self.work.as_ref().and_then(CompareWork::ended) else { return };
        // What it sent last is there, now that it has ended.
        self.take_results(effects);
        self.work = None;
        match result {
            Ok(()) => {
                let compared = album.listed().iter().filter(|picture| self.agreement(picture).is_some()).count();
                let images = if compared == 1 { "image" } else { "images" };
                effects.push(CompareAllEffect::Done(format!("Compared {compared} {images}")));
            }
            Err(Stopped::Failed(message)) => {
                effects.push(CompareAllEffect::Warn(format!("Can't compare all images: {message}")));
            }
            Err(Stopped::Cancelled) => {}
        }
    }

    /// Begins, or takes up where it stopped. Fails only where no thread can be started.
    pub fn start(&mut self, context: &AlbumContext<'_>, examiner: Examiner) -> std::io::Result<()> {
        let album = context.album;
        let (before, after) = album.pictures().split_at(album.index().min(album.pictures().len()));
        // The current picture first.
        let left = after.iter().chain(before).filter(|picture| self.is_left(album, picture));
        let left: Vec<PathBuf> = left.cloned().collect();
        if self.work.is_none() && !left.is_empty() {
            let models = context.models.map(ModelRequest::clone);
            self.work = Some(CompareWork::start(context.ctx, left, models, examiner)?);
        }
        Ok(())
    }

    /// Ends the work within one picture; what was found stays.
    pub fn cancel(&mut self) {
        self.work = None;
    }

    /// Whether a picture was neither compared nor found to be nothing that can be.
    fn is_left(&self, album: &Album, picture: &Path) -> bool {
        album.problem(picture).is_none() && !self.videos.contains(picture) && self.agreement(picture).is_none()
    }

    /// The sequence number of the observation that was taken last.
    pub fn observed(&self) -> Option<u64> {
        self.observed
    }

    /// Two models have looked at a picture that was opened by itself.
    pub fn observe(&mut self, path: &Path, sequence: u64, outputs: [&Output; 2], models: [&ModelRequest; 2]) {
        self.observed = Some(sequence);
        let infos = outputs.map(|output| Arc::clone(&output.model));
        if infos[0].form.classes != infos[1].form.classes {
            return;
        }
        let known = self.place(models).filter(|(at, reversed)| self.pairs[*at].is_by(infos.each_ref(), *reversed));
        if known.is_none_or(|(at, _)| self.pairs[at].agreement(path).is_none()) {
            let candidates = candidates(&mut self.decoder, outputs);
            self.insert(path.to_owned(), candidates, models, infos);
        }
    }

    /// Adds what two models see in a picture; results of other files of the models' names make way.
    fn insert(
        &mut self,
        path: PathBuf,
        candidates: PictureCandidates,
        models: [&ModelRequest; 2],
        infos: [Arc<ModelInfo>; 2],
    ) {
        let found = self.place(models);
        let good = found.filter(|(at, reversed)| self.pairs[*at].is_by(infos.each_ref(), *reversed));
        let (at, reversed) = good.unwrap_or_else(|| {
            // The oldest goes.
            let old = found.map(|(at, _)| at).or((self.pairs.len() == PAIRS).then_some(0));
            old.into_iter().for_each(|at| _ = self.pairs.remove(at));
            self.pairs.push(PairResults::new(models.map(ModelRequest::clone), infos));
            (self.pairs.len() - 1, false)
        });
        self.pairs[at].insert(path, candidates, reversed);
    }

    /// Where the results of two models are, and whether they are named the other way round there.
    fn place(&self, models: [&ModelRequest; 2]) -> Option<(usize, bool)> {
        self.pairs.iter().enumerate().find_map(|(at, results)| Some((at, results.is_of(models)?)))
    }

    /// The results of A and B, where there are any.
    pub fn results(&self) -> Option<&PairResults> {
        let (at, _) = self.place(self.models.as_ref()?.each_ref())?;
        self.pairs.get(at)
    }

    /// How far A and B agree on a picture; `None` = they were not compared on it.
    pub fn agreement(&self, picture: &Path) -> Option<Agreement> {
        self.results()?.agreement(picture)
    }

    pub fn summary(&self) -> &CompareSummary {
        &self.summary
    }

    /// Brings the summary up to date, where anything in it may have changed: an album may have many pictures.
    fn summarize(&mut self, album: &Album) {
        let progress = self.work.as_ref().map(CompareWork::progress);
        let revision = self.results().map_or(0, |results| 1 + results.revision());
        let pair = self.models.as_ref().and_then(|models| self.place(models.each_ref()));
        let marks = [pair.map_or(0, |(at, _)| 1 + at as u64), (album.problems() + self.videos.len()) as u64];
        let now = [revision, self.version, marks[0], marks[1]];
        if self.summarized.replace(now) == Some(now) {
            self.summary.progress = progress;
            return;
        }
        let results = self.results();
        let listed = || album.listed().iter();
        let (compared, all) = results.map_or((0, Agreement::default()), |results| results.total(listed()));
        self.summary = CompareSummary {
            pictures: listed().filter(|picture| !self.videos.contains(*picture)).count(),
            compared,
            left: listed().filter(|picture| self.is_left(album, picture)).count(),
            unreadable: listed().filter(|picture| album.problem(picture).is_some()).count(),
            all,
            is_behind: results.is_some_and(PairResults::is_behind),
            truth: results.map(|results| results.truth(listed())).unwrap_or_default(),
            floor: results.filter(|results| results.is_below_floor()).map(PairResults::floor),
            apart: None,
            progress,
        };
    }

    /// Pictures that were compared, in the order of the files.
    fn compared<'a>(&self, album: &'a Album) -> impl Iterator<Item = (&'a PathBuf, Agreement)> {
        let results = self.results();
        album.listed().iter().filter_map(move |picture| Some((picture, results?.agreement(picture)?)))
    }

    /// The pictures that were compared, the lowest agreement first; of equal ones that with more differences.
    pub fn worst_first(&self, album: &Album) -> Vec<PathBuf> {
        let mut compared: Vec<_> = self.compared(album).collect();
        compared.sort_by(|(_, x), (_, y)| by_harm(x, y));
        compared.into_iter().map(|(picture, _)| picture.clone()).collect()
    }

    /// The index of the picture on which A and B agree least; `None` = they differ on none.
    pub fn worst(&self, album: &Album) -> Option<usize> {
        let differing = self.compared(album).filter(|(_, agreement)| agreement.damage() > 0);
        let (worst, _) = differing.min_by(|(_, x), (_, y)| by_harm(x, y))?;
        album.pictures().iter().position(|picture| picture == worst)
    }

    /// The index of the next picture (1) or the previous one (-1) on which A and B differ.
    pub fn next_difference(&self, album: &Album, by: i64) -> Option<usize> {
        album.find(by, |picture| self.agreement(picture).is_some_and(|agreement| agreement.damage() > 0))
    }
}

/// As the history orders its frames.
fn by_harm(x: &Agreement, y: &Agreement) -> Ordering {
    x.f1().total_cmp(&y.f1()).then(y.damage().cmp(&x.damage()))
}
