//! Going back: the history, and where in it a person is.

use std::sync::Arc;
use std::time::Duration;

use egui::Context;

use super::viewer::Viewer;
use crate::engine::{Observation, SourceState};
use crate::history::{BestSearch, History, Search};

/// How long the history may work on figures before each painting of the window.
const BUDGET: Duration = Duration::from_millis(4);

/// How long it may rest while there is more to do: with no frames, and while they come.
const REST: Duration = Duration::from_millis(50);
const REST_LIVE: Duration = Duration::from_millis(500);

/// The most that is kept, in megabytes, as long as no two models were compared: a single model's frames are looked
/// back at far less, and a window that compares nothing should be small.
const ALONE_MB: u32 = 96;

/// The history, and what waits while a person looks at it.
#[derive(Default)]
pub struct Past {
    /// `None` where its thread could not be started.
    pub history: Option<History>,
    /// What the engine gave last.
    newest: Option<Arc<Observation>>,
    /// Why the frame in sight stays although newer ones may come; `None` = it does not.
    held: Option<Held>,
    search: Option<BestSearch>,
    /// What the last search found, in words.
    pub found: Option<String>,
    /// Whether two models were compared since the window was opened.
    compared: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Held {
    /// A person went to it.
    Chosen,
    /// A and B agree less on it than was asked for, as this says.
    Parted(String),
}

impl Past {
    /// Fails in the log only: without a history, the rest of the window goes on.
    pub fn start() -> Self {
        let history = History::start(bytes(ALONE_MB));
        if let Err(cause) = &history {
            log::error!("no history is kept: its thread cannot be started ({cause})");
        }
        Self { history: history.ok(), ..Self::default() }
    }

    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// What comes next comes into sight.
    pub fn forget_place(&mut self) {
        self.held = None;
    }

    /// What is to be said of the frame in sight.
    pub fn remark(&self, in_sight: &Observation) -> Option<String> {
        match self.held.as_ref()? {
            Held::Parted(why) => Some(why.clone()),
            Held::Chosen => {
                let newest = self.newest.as_ref()?;
                let before = newest.times.captured.saturating_duration_since(in_sight.times.captured);
                let old = newest.sequence != in_sight.sequence;
                old.then(|| {
                    format!("history: frame {} · {:.1} s before the newest", in_sight.frame_id, before.as_secs_f32())
                })
            }
        }
    }
}

fn bytes(megabytes: u32) -> usize {
    (megabytes as usize) << 20
}

impl Viewer {
    /// How many frames can be gone back to.
    pub fn history_len(&self) -> usize {
        self.past.history.as_ref().map_or(0, |history| history.ring.len())
    }

    /// Takes note of a new observation, and brings it into sight unless another is held there.
    pub(super) fn observe(&mut self, ctx: &Context, observation: Arc<Observation>) {
        self.past.newest = Some(Arc::clone(&observation));
        self.layers.give(&observation);
        let held = self.past.is_held();
        if !held {
            if self.see(ctx, Arc::clone(&observation)) {
                self.count_new();
            }
            self.judge();
        }
        if let Some(history) = &mut self.past.history {
            let comparison = self.sight.comparison().filter(|_| !held);
            history.observe(&observation, comparison);
        }
        if !held {
            self.pause_where_they_part();
        }
    }

    fn pause_where_they_part(&mut self) {
        let least = f64::from(self.preferences.pause_below);
        let asked = self.preferences.pauses && self.preferences.view.compares() && self.can_pause();
        let Some(comparison) = self.sight.comparison().filter(|_| asked && !self.settings.paused) else { return };
        let agreement = comparison.agreement_of(&self.classes).f1();
        if agreement < least {
            let why = format!("paused: on this frame they agree to {agreement:.2}, below {least:.2}");
            self.past.held = Some(Held::Parted(why));
            self.change(|s| s.paused = true);
        }
    }

    /// Brings the history up to the thresholds of now, a slice at a time.
    pub(super) fn tend_history(&mut self, ctx: &Context) {
        let setting = self.compare_settings();
        let Some(history) = &mut self.past.history else { return };
        self.past.compared |= self.preferences.view.compares();
        let most = self.preferences.history_mb;
        history.ring.set_limit(bytes(if self.past.compared { most } else { most.min(ALONE_MB) }));
        if history.tend(&setting, BUDGET) {
            // Where frames come, they bring the next slice along. Painting more often takes time from the models.
            let live = self.engine.status().source == SourceState::Live;
            ctx.request_repaint_after(if live { REST_LIVE } else { REST });
        }
        let Some(search) = &mut self.past.search else { return };
        ctx.request_repaint();
        match search.step(&history.ring, BUDGET) {
            Search::Going { done, total } => self.past.found = Some(format!("Looking: {done} of {total} frames …")),
            Search::Nothing => {
                self.past.search = None;
                self.past.found = Some("No frame of the history was seen by both models yet.".into());
            }
            Search::Found { best, moments } => {
                self.past.search = None;
                let frames = if moments == 1 { "frame" } else { "frames" };
                self.past.found = Some(if best.score == setting.thresholds[1].score {
                    format!(
                        "B agrees best where it stands, at {:.2}: {:.3} over {moments} {frames}",
                        best.score, best.after
                    )
                } else {
                    self.preferences.link(false);
                    self.preferences.score_b = best.score;
                    let (before, after) = (best.before, best.after);
                    format!("B at {:.3}: agreement {before:.3} → {after:.3} over {moments} {frames}", best.score)
                });
            }
        }
    }

    pub(super) fn find_best_threshold(&mut self) {
        let setting = self.compare_settings();
        if let Some(history) = &self.past.history {
            self.past.search = Some(BestSearch::new(&history.ring, &setting));
        }
    }

    /// One frame back or on.
    pub(super) fn step(&mut self, ctx: &Context, by: i64) {
        let in_sight = self.sight.observation().map(|o| o.sequence);
        let Some((history, now)) = self.past.history.as_ref().zip(in_sight) else { return };
        let to = if by < 0 { history.ring.before(now) } else { history.ring.after(now) };
        match to {
            Some(sequence) => self.go_to(ctx, sequence),
            // On from the newest that is kept is the newest of all.
            None if by > 0 && self.past.is_held() => {
                if let Some(newest) = self.past.newest.clone().filter(|n| n.sequence > now) {
                    self.see(ctx, newest);
                }
            }
            None => {}
        }
    }

    /// To a frame of the history, or the nearest to it that is kept.
    pub(super) fn go_to(&mut self, ctx: &Context, sequence: u64) {
        let Some(history) = &self.past.history else { return };
        let moment = history.ring.nearest(sequence).and_then(|nearest| history.ring.get(nearest));
        match moment.map(crate::history::Moment::restore) {
            None => {}
            Some(Err(error)) => self.warn(&error.to_string()),
            Some(Ok(observation)) => {
                self.past.held = Some(Held::Chosen);
                if self.can_pause() && !self.settings.paused {
                    self.change(|s| s.paused = true);
                }
                self.see(ctx, Arc::new(observation));
            }
        }
    }

    /// Back to what the engine gave last.
    pub(super) fn let_go(&mut self, ctx: &Context) {
        if self.past.held.take().is_some()
            && let Some(newest) = self.past.newest.clone()
        {
            self.see(ctx, newest);
        }
    }
}
