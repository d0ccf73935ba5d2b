//! The search for the score threshold at which B agrees best with A, and what it found, for as long as that is true.

use std::time::Duration;

use egui::Context;

use crate::app::compare_all::results::PairResults;
use crate::app::compare_all::search::AlbumSearch;
use crate::app::preferences::threshold_choice::ThresholdChoice;
use crate::compare::{BestThreshold, CompareSettings};
use crate::engine::Status;
use crate::history::{BestSearch, Ring, Search};
use crate::model::ModelRequest;

/// A search that goes on, or its result in words.
#[derive(Default)]
pub struct ThresholdMatch {
    search: Option<Searching>,
    note: Option<Note>,
}

/// Where a search looks.
#[derive(Clone, Copy)]
pub struct SearchGround<'a> {
    pub ring: &'a Ring,
    /// What A and B see in the album's pictures.
    pub album: Option<&'a PairResults>,
}

/// What is searched.
enum Searching {
    History(BestSearch),
    Album(AlbumSearch),
}

impl Searching {
    fn step(&mut self, ground: SearchGround<'_>, budget: Duration) -> Search {
        match (self, ground.album) {
            (Self::History(search), _) => search.step(ground.ring, budget),
            (Self::Album(search), Some(results)) => search.step(results, budget),
            (Self::Album(_), None) => Search::Nothing,
        }
    }

    /// "7 frames"
    fn count(&self, number: usize) -> String {
        let (one, several) = match self {
            Self::History(_) => ("frame", "frames"),
            Self::Album(_) => ("image", "images"),
        };
        format!("{number} {}", if number == 1 { one } else { several })
    }
}

/// What is said, and what it is said of.
struct Note {
    text: String,
    settings: CompareSettings,
    models: Vec<ModelRequest>,
    /// The thresholds that it replaced; `None` = it replaced none.
    before: Option<ThresholdChoice>,
    /// There was no frame to search: true until there is one.
    needs_frames: bool,
}

impl Note {
    fn new(text: String, settings: &CompareSettings, status: &Status) -> Self {
        let models = status.models.iter().map(|model| model.request.clone()).collect();
        Self { text, settings: settings.clone(), models, before: None, needs_frames: false }
    }

    fn is_true(&self, ring: &Ring, settings: &CompareSettings, status: &Status) -> bool {
        self.settings == *settings
            && self.models.iter().eq(status.models.iter().map(|model| &model.request))
            && !(self.needs_frames && ring.moments().next_back().is_some_and(|moment| moment.is_pair()))
    }
}

impl ThresholdMatch {
    /// Begins to search.
    pub fn start(&mut self, ring: &Ring, settings: &CompareSettings, status: &Status) {
        self.search_in(Searching::History(BestSearch::new(ring, settings)), settings, status);
    }

    /// Begins to search the pictures of an album.
    pub fn start_in_album(&mut self, search: AlbumSearch, settings: &CompareSettings, status: &Status) {
        self.search_in(Searching::Album(search), settings, status);
    }

    fn search_in(&mut self, search: Searching, settings: &CompareSettings, status: &Status) {
        self.search = Some(search);
        self.note = Some(Note::new("Searching…".into(), settings, status));
    }

    /// What was found, or how far it is.
    pub fn text(&self) -> Option<&str> {
        self.note.as_ref().map(|note| note.text.as_str())
    }

    /// Whether there are thresholds to go back to.
    pub fn can_undo(&self) -> bool {
        self.note.as_ref().is_some_and(|note| note.before.is_some())
    }

    /// The thresholds before the match, which is forgotten.
    pub fn undo(&mut self) -> Option<ThresholdChoice> {
        let before = self.note.as_ref()?.before?;
        self.forget();
        Some(before)
    }

    /// It is no longer so, or no longer wanted.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Forgets what is no longer true, and continues a search for about as long as `budget`. Gives B's best threshold
    /// once it is found and not B's already; `now` are the thresholds that it will replace.
    pub fn tend(
        &mut self,
        ctx: &Context,
        ground: SearchGround<'_>,
        settings: &CompareSettings,
        status: &Status,
        now: ThresholdChoice,
        budget: Duration,
    ) -> Option<BestThreshold> {
        if !self.note.as_ref()?.is_true(ground.ring, settings, status) {
            self.forget();
            return None;
        }
        let search = self.search.as_mut()?;
        ctx.request_repaint();
        let (best, moments) = match search.step(ground, budget) {
            Search::Going { done, total } => {
                let text = format!("Searching: {done} of {}…", search.count(total));
                self.note = Some(Note::new(text, settings, status));
                return None;
            }
            Search::Nothing => {
                let text = "No frame in the history has been processed by both models yet.".into();
                (self.search, self.note) =
                    (None, Some(Note { needs_frames: true, ..Note::new(text, settings, status) }));
                return None;
            }
            Search::Found { best, moments } => (best, moments),
        };
        let over = search.count(moments);
        self.search = None;
        let BestThreshold { score, before, after } = best;
        if score == settings.thresholds[1].score {
            let text = format!("B's threshold is already the best: {score:.2} (agreement {after:.3}, {over})");
            self.note = Some(Note::new(text, settings, status));
            return None;
        }
        let text = format!("Best threshold for B: {score:.3} (agreement {before:.3} → {after:.3}, {over})");
        let mut matched = settings.clone();
        matched.thresholds[1].score = score;
        self.note = Some(Note { before: Some(now), ..Note::new(text, &matched, status) });
        Some(best)
    }
}
