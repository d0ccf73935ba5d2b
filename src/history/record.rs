//! The figures of one observation.

use std::cmp::Ordering;
use std::time::Duration;

use crate::compare::Comparison;
use crate::detect::ClassSet;
use crate::engine::Samples;

/// How far A and B agree on a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameFigures {
    /// Between 0 and 1; see [`crate::compare::Agreement::f1`].
    pub f1: f32,
    /// Neither model has a box: `f1` is 1, and is no figure to show.
    pub is_empty: bool,
    pub lost: u16,
    pub gained: u16,
    pub flips: u16,
}

impl FrameFigures {
    /// Counts the selected classes.
    pub fn of(comparison: &Comparison, classes: &ClassSet) -> Self {
        let agreement = comparison.agreement_of(classes);
        // At most MAX_DETECTIONS per side.
        let [lost, gained, flips] = [agreement.lost, agreement.gained, agreement.flips].map(|n| n as u16);
        Self { f1: agreement.f1() as f32, is_empty: agreement.known_f1().is_none(), lost, gained, flips }
    }

    /// The agreement as it is shown; `None` = neither model has a box, so that there is nothing to agree on.
    pub fn known_f1(&self) -> Option<f32> {
        (!self.is_empty).then_some(self.f1)
    }

    /// Whether A and B agree completely.
    pub fn is_perfect(&self) -> bool {
        self.damage() == 0
    }

    /// Lower agreement first; ties by the number of boxes without a match, most first.
    pub fn by_harm(&self, other: &Self) -> Ordering {
        self.f1.total_cmp(&other.f1).then(other.damage().cmp(&self.damage()))
    }

    fn damage(&self) -> u32 {
        u32::from(self.lost) + u32::from(self.gained) + 2 * u32::from(self.flips)
    }
}

/// Stages in the life of a frame that take time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Letterbox,
    /// `Detector::run` of the model in this slot: 0 or 1.
    Inference(usize),
    /// From capture until the last model finished.
    Age,
}

impl Stage {
    pub const ALL: [Self; 4] = [Self::Letterbox, Self::Inference(0), Self::Inference(1), Self::Age];

    pub(super) fn place(self) -> Option<usize> {
        match self {
            Self::Letterbox => Some(0),
            Self::Inference(slot @ 0..=1) => Some(1 + slot),
            Self::Inference(_) => None,
            Self::Age => Some(3),
        }
    }
}

/// Milliseconds of one stage: of this frame, and percentiles over the window that ends with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    pub now: f32,
    pub p50: f32,
    pub p95: f32,
    pub p99: f32,
}

impl Latency {
    /// Adds to the window and reads it; `None` if nothing was ever added.
    pub(super) fn next(window: &mut Samples, took: Duration) -> Option<Self> {
        window.add(took);
        let millis = |d: Duration| d.as_secs_f32() * 1e3;
        let p = window.percentiles()?;
        Some(Self { now: millis(took), p50: millis(p.p50), p95: millis(p.p95), p99: millis(p.p99) })
    }
}

/// One observation on the [`super::Timeline`].
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub sequence: u64,
    /// Capture time, in seconds since the timeline's first frame.
    pub seconds: f64,
    /// Differs from the previous record's if the source changed.
    pub source_generation: u64,
    /// `None` if no two comparable models ran, or if the figures are not yet computed.
    pub figures: Option<FrameFigures>,
    pub(super) latencies: [Option<Latency>; Stage::ALL.len()],
    /// The setting for which the figures were computed.
    pub(super) revision: u32,
}

impl Record {
    /// `None` if this stage did not run.
    pub fn latency(&self, stage: Stage) -> Option<Latency> {
        self.latencies[stage.place()?]
    }
}
