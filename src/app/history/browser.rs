//! Going back in the history: what is kept, and which frame of it is shown.

use std::sync::Arc;
use std::time::Duration;

use egui::{Context, Ui};

use super::plots::PlotState;
use super::plots::input::PlotInput;
use super::threshold_match::{SearchGround, ThresholdMatch};
use crate::app::action::Action;
use crate::app::compare_all::results::PairResults;
use crate::app::frame::current::CurrentFrame;
use crate::app::preferences::Preferences;
use crate::app::source::video_bar::clock;
use crate::compare::{BestThreshold, CompareSettings, Comparison};
use crate::detect::ClassSet;
use crate::engine::{Observation, SourceState, Status};
use crate::history::{History, Moment, RestoreError};

/// How long the history may compute figures before each painting of the window.
const BUDGET: Duration = Duration::from_millis(4);

/// How long it may rest while there is more to do: without frames, and while they come.
const REST: Duration = Duration::from_millis(50);
const REST_LIVE: Duration = Duration::from_millis(500);

/// The most that is kept, in megabytes, as long as no two models were compared: a single model's frames are looked
/// back at far less, and a window that compares nothing should be small.
const ALONE_MB: u32 = 96;

/// The history, and what waits while one of its frames is shown.
pub struct HistoryBrowser {
    /// `None` where its thread could not be started.
    history: Option<History>,
    plots: PlotState,
    /// What the engine gave last.
    newest: Option<Arc<Observation>>,
    /// Why the current frame stays although newer ones may come; `None` = it does not.
    hold: Option<Hold>,
    /// B's threshold, matched to A.
    pub matching: ThresholdMatch,
    /// Whether two models were compared since the window was opened.
    compared: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Hold {
    /// It was asked for.
    Chosen,
    /// A and B agree less on it than was asked for, as this says.
    BelowAgreement(String),
}

impl HistoryBrowser {
    /// Fails in the log only: without a history, the rest of the window works.
    pub fn start() -> Self {
        let history = History::start(bytes(ALONE_MB));
        if let Err(cause) = &history {
            log::error!("no history: its thread cannot be started ({cause})");
        }
        Self {
            history: history.ok(),
            plots: PlotState::default(),
            newest: None,
            hold: None,
            matching: ThresholdMatch::default(),
            compared: false,
        }
    }

    /// Number of frames in the history.
    pub fn len(&self) -> usize {
        self.history.as_ref().map_or(0, |history| history.ring.len())
    }

    /// Frames that two models looked at, oldest first.
    pub fn pairs(&self) -> Vec<&Moment> {
        let moments = self.history.iter().flat_map(|history| history.ring.moments());
        moments.filter(|moment| moment.is_pair()).collect()
    }

    /// Whether the current frame stays although newer ones come.
    pub fn is_held(&self) -> bool {
        self.hold.is_some()
    }

    /// The next observation is shown when it comes.
    pub fn forget_hold(&mut self) {
        self.hold = None;
    }

    /// Ends the hold. Gives the engine's newest observation, to be shown in place of what was held.
    pub fn release(&mut self) -> Option<Arc<Observation>> {
        self.hold.take()?;
        self.newest.clone()
    }

    /// What is to be said of the current frame.
    pub fn remark(&self, current: &Observation) -> Option<String> {
        match self.hold.as_ref()? {
            Hold::BelowAgreement(why) => Some(why.clone()),
            Hold::Chosen => {
                let newest = self.newest.as_ref()?;
                let before = newest.times.captured.saturating_duration_since(current.times.captured);
                let old = newest.sequence != current.sequence;
                // A frame of a video has one number, which the video's bar has, too.
                if let Some(place) = current.description.playback.as_ref().filter(|place| place.duration.is_some()) {
                    return Some(format!("History: {} (frame {})", clock(place.time), place.number));
                }
                let seconds = before.as_secs_f32();
                old.then(|| format!("History: {seconds:.1} s before the newest frame (frame {})", current.frame_id))
            }
        }
    }

    /// Takes note of a new observation, and of its comparison where it is shown.
    pub fn observe(&mut self, observation: &Arc<Observation>, comparison: Option<&Comparison>) {
        self.newest = Some(Arc::clone(observation));
        if let Some(history) = &mut self.history {
            history.observe(observation, comparison);
        }
    }

    /// Holds the current frame where A and B agree on it less than asked for. True: the source is to pause.
    pub fn hold_below_agreement(&mut self, current: &CurrentFrame, classes: &ClassSet, least: f64) -> bool {
        let Some(comparison) = current.comparison() else { return false };
        let agreement = comparison.agreement_of(classes).f1();
        let below = agreement < least;
        if below {
            let why = format!("Paused: agreement {agreement:.2} < {least:.2}");
            self.hold = Some(Hold::BelowAgreement(why));
        }
        below
    }

    /// Brings the figures up to the present thresholds, and continues a search, a slice at a time. Gives B's best
    /// threshold once it is found. `album`: what A and B see in the album's pictures.
    pub fn tend(
        &mut self,
        ctx: &Context,
        settings: &CompareSettings,
        preferences: &Preferences,
        status: &Status,
        album: Option<&PairResults>,
    ) -> Option<BestThreshold> {
        let history = self.history.as_mut()?;
        self.compared |= preferences.view.compares();
        let most = preferences.history_mb;
        history.ring.set_limit(bytes(if self.compared { most } else { most.min(ALONE_MB) }));
        if history.tend(settings, BUDGET) {
            // Where frames come, they bring the next slice along. Painting more often takes time from the models.
            let live = status.source == SourceState::Live;
            ctx.request_repaint_after(if live { REST_LIVE } else { REST });
        }
        let ground = SearchGround { ring: &history.ring, album };
        self.matching.tend(ctx, ground, settings, status, preferences.threshold_choice(), BUDGET)
    }

    /// Begins to look for the score threshold at which B agrees best with A.
    pub fn find_best_threshold(&mut self, settings: &CompareSettings, status: &Status) {
        if let Some(history) = &self.history {
            self.matching.start(&history.ring, settings, status);
        }
    }

    /// One kept frame forward (1) or back (-1) from the current one. `None`: there is none.
    pub fn step(&mut self, by: i64, current: &Observation) -> Option<Result<Arc<Observation>, RestoreError>> {
        let (history, now) = (self.history.as_ref()?, current.sequence);
        let to = if by < 0 { history.ring.before(now) } else { history.ring.after(now) };
        match to {
            Some(sequence) => self.go_to(sequence),
            // Forward from the newest that is kept is the newest of all.
            None if by > 0 && self.is_held() => Some(Ok(self.newest.clone().filter(|n| n.sequence > now)?)),
            None => None,
        }
    }

    /// The frame of this sequence number, or the nearest to it that is kept; it is held from now on.
    pub fn go_to(&mut self, sequence: u64) -> Option<Result<Arc<Observation>, RestoreError>> {
        let ring = &self.history.as_ref()?.ring;
        let restored = ring.nearest(sequence).and_then(|nearest| ring.get(nearest))?.restore();
        if restored.is_ok() {
            self.hold = Some(Hold::Chosen);
        }
        Some(restored.map(Arc::new))
    }

    /// Paints the panel into all of `ui`. `names` are those of A and B.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        current: Option<&Observation>,
        names: [&str; 2],
        preferences: &mut Preferences,
        actions: &mut Vec<Action>,
    ) {
        let Some(history) = &self.history else {
            ui.label("No history: its thread could not be started.");
            return;
        };
        let input = PlotInput {
            timeline: &history.timeline,
            ring: &history.ring,
            in_sight: current.map(|o| o.sequence),
            browsing: self.hold.is_some(),
            names,
            pause_below: preferences.pauses.then_some(preferences.pause_below),
            missed: history.missed(),
        };
        self.plots.ui(ui, &input, preferences, actions);
    }
}

fn bytes(megabytes: u32) -> usize {
    (megabytes as usize) << 20
}
