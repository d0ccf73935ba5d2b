//! Figures of every observation, kept far longer than the pictures.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::ring::Judged;
use super::{FrameFigures, Latency, MomentComparer, Record, Ring, Stage};
use crate::compare::{CompareSettings, Comparison};
use crate::engine::{Observation, Samples};

/// Maximum number of records: 20 minutes at 30 frames per second, in 5 MB.
pub const RECORDS: usize = 36_000;

/// Number of settings that are remembered, in case the user returns to one.
const SETTINGS: usize = 32;

/// One record per observation, oldest first.
///
/// Percentiles of a stage cover the last [`crate::engine::SAMPLES`] observations (five seconds at 24 per second) of
/// the same source, or of the same model for inference, as in the engine's status; each is a duration that actually
/// occurred.
///
/// When the [`CompareSettings`] change, [`Timeline::refresh`] recomputes the figures of records whose moment is still
/// stored; older ones keep theirs, and [`Timeline::is_current`] tells them apart.
#[derive(Debug, Default)]
pub struct Timeline {
    records: VecDeque<Record>,
    /// Capture time of the very first frame, even if its record is gone.
    start: Option<Instant>,
    windows: [LatencyWindow; Stage::ALL.len()],
    comparer: MomentComparer,
    /// The known settings, the current one last; never empty once there is a record.
    settings: VecDeque<(u32, CompareSettings)>,
    /// Revision of the current setting.
    revision: u32,
    /// Number of settings so far.
    revisions: u32,
}

/// The last durations of a stage.
#[derive(Debug, Default)]
struct LatencyWindow {
    samples: Samples,
    /// Source (0 for inference) and model they belong to; a change starts a new window.
    of: (u64, String, String),
}

impl Timeline {
    /// Computes figures for this setting from now on. Costs nothing if it has not changed.
    pub fn set(&mut self, setting: &CompareSettings) {
        if self.settings.back().is_some_and(|(_, now)| now == setting) {
            return;
        }
        let known = self.settings.iter().position(|(_, known)| known == setting);
        let entry = known.and_then(|i| self.settings.remove(i)).unwrap_or_else(|| {
            self.revisions += 1;
            (self.revisions, setting.clone())
        });
        self.revision = entry.0;
        self.settings.push_back(entry);
        if self.settings.len() > SETTINGS {
            self.settings.pop_front();
        }
    }

    /// The current setting; `None` if not yet set.
    pub fn setting(&self) -> Option<&CompareSettings> {
        self.settings.back().map(|(_, setting)| setting)
    }

    /// Records an observation that is newer than all others; any other is ignored. `comparison` is that of its two
    /// models at the current setting's thresholds; without one, [`Timeline::refresh`] computes it.
    pub fn add(&mut self, observation: &Observation, comparison: Option<&Comparison>) {
        if self.last().is_some_and(|last| last.sequence >= observation.sequence) {
            return;
        }
        if self.settings.is_empty() {
            self.set(&CompareSettings::default());
        }
        let captured = observation.times.captured;
        let start = *self.start.get_or_insert(captured);
        let seconds = captured.saturating_duration_since(start).as_secs_f64();
        // A frame processed again keeps its capture time; time on a plot never goes backwards.
        let seconds = self.last().map_or(seconds, |last| last.seconds.max(seconds));
        let classes = self.setting().map(|setting| &setting.classes);
        let figures = comparison.zip(classes).map(|(comparison, classes)| FrameFigures::of(comparison, classes));
        let latencies = self.latencies(observation);
        if self.records.len() == RECORDS {
            self.records.pop_front();
        }
        self.records.push_back(Record {
            sequence: observation.sequence,
            seconds,
            source_generation: observation.source_generation,
            figures,
            latencies,
            revision: self.revision,
        });
    }

    fn latencies(&mut self, observation: &Observation) -> [Option<Latency>; Stage::ALL.len()] {
        let generation = observation.source_generation;
        Stage::ALL.map(|stage| {
            let window = &mut self.windows[stage.place()?];
            let (took, (source, name, model)) = match stage {
                Stage::Letterbox => (observation.times.letterbox, (generation, "", "")),
                Stage::Age => (observation.times.age(observation.times.finished), (generation, "", "")),
                // Whatever the source: the network's input is always of one size. So does the engine's status.
                Stage::Inference(slot) => {
                    let output = observation.outputs.iter().find(|o| o.slot == slot)?;
                    (output.inference, (0, output.model.name.as_str(), output.model.sha256.as_str()))
                }
            };
            if (window.of.0, window.of.1.as_str(), window.of.2.as_str()) != (source, name, model) {
                *window = LatencyWindow { samples: Samples::new(), of: (source, name.to_owned(), model.to_owned()) };
            }
            Latency::next(&mut window.samples, took)
        })
    }

    /// Judges stored moments at the current setting, newest first, for about as long as `budget`: at least one, and
    /// one in progress is finished. Returns true if nothing is left to do.
    pub fn refresh(&mut self, ring: &mut Ring, budget: Duration) -> bool {
        let begun = Instant::now();
        let mut any = false;
        let Some((revision, setting)) = self.settings.back() else { return true };
        for place in (0..ring.len()).rev() {
            let Some(entry) = ring.entry(place) else { break };
            if entry.judged.is_some_and(|judged| judged.revision == *revision) {
                continue;
            }
            if any && begun.elapsed() >= budget {
                return false;
            }
            any = true;
            let sequence = entry.moment.sequence();
            let known = search(&self.records, sequence).and_then(|i| self.records.get_mut(i));
            let figures = match &known {
                Some(Record { figures: figures @ Some(_), revision: taken, .. }) if taken == revision => *figures,
                _ => self.comparer.figures(&entry.moment, setting),
            };
            if let Some(record) = known.filter(|_| figures.is_some()) {
                (record.figures, record.revision) = (figures, *revision);
            }
            ring.judge(sequence, Judged { revision: *revision, figures });
        }
        true
    }

    /// Whether a record's figures are for the current setting. A record without figures is never outdated.
    pub fn is_current(&self, record: &Record) -> bool {
        record.figures.is_none() || record.revision == self.revision
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Oldest first.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &Record> + ExactSizeIterator {
        self.records.iter()
    }

    /// Those captured between two times, in seconds since the first frame, plus one on either side.
    pub fn between(&self, from: f64, until: f64) -> impl DoubleEndedIterator<Item = &Record> + ExactSizeIterator {
        let first = self.records.partition_point(|r| r.seconds < from).saturating_sub(1);
        let end = (self.records.partition_point(|r| r.seconds <= until) + 1).min(self.records.len());
        self.records.range(first.min(end)..end)
    }

    /// The record of this sequence number.
    pub fn get(&self, sequence: u64) -> Option<&Record> {
        self.records.get(search(&self.records, sequence)?)
    }

    /// The newest.
    pub fn last(&self) -> Option<&Record> {
        self.records.back()
    }

    /// The one captured nearest to a time, in seconds since the first frame.
    pub fn nearest(&self, seconds: f64) -> Option<&Record> {
        let place = self.records.partition_point(|r| r.seconds < seconds);
        let around = [place.checked_sub(1), Some(place)].into_iter().flatten().filter_map(|i| self.records.get(i));
        around.min_by(|x, y| (x.seconds - seconds).abs().total_cmp(&(y.seconds - seconds).abs()))
    }

    /// Forgets the records; the setting stays.
    pub fn clear(&mut self) {
        self.records.clear();
        self.start = None;
        self.windows = Default::default();
    }
}

fn search(records: &VecDeque<Record>, sequence: u64) -> Option<usize> {
    records.binary_search_by_key(&sequence, |record| record.sequence).ok()
}
