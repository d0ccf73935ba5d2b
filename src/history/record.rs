//! One observation as figures alone.

use std::cmp::Ordering;
use std::time::Duration;

use crate::compare::Comparison;
use crate::detect::ClassSet;
use crate::engine::Samples;

/// How far A and B agree on a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Between 0 and 1; see [`crate::compare::Agreement::f1`].
    pub f1: f32,
    pub lost: u16,
    pub gained: u16,
    pub flips: u16,
}

impl Figures {
    /// Over the chosen classes.
    pub fn of(comparison: &Comparison, classes: &ClassSet) -> Self {
        let agreement = comparison.agreement_of(classes);
        // At most MAX_DETECTIONS a side.
        let [lost, gained, flips] = [agreement.lost, agreement.gained, agreement.flips].map(|n| n as u16);
        Self { f1: agreement.f1() as f32, lost, gained, flips }
    }

    /// Whether A and B see the same.
    pub fn is_perfect(&self) -> bool {
        self.damage() == 0
    }

    /// Lower agreement comes first; of the same, more boxes without an equal.
    pub fn by_harm(&self, other: &Self) -> Ordering {
        self.f1.total_cmp(&other.f1).then(other.damage().cmp(&self.damage()))
    }

    fn damage(&self) -> u32 {
        u32::from(self.lost) + u32::from(self.gained) + 2 * u32::from(self.flips)
    }
}

/// What takes time in the life of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Letterbox,
    /// `Detector::run` of the model in this slot: 0 or 1.
    Inference(usize),
    /// From the capture until the last model was done.
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
    /// Adds to the window, and reads it; `None` where nothing was ever added.
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
    /// When the frame was captured, in seconds since the timeline's first.
    pub seconds: f64,
    /// Another number than the record's before: the source has changed.
    pub source_generation: u64,
    /// `None` where no two models ran that can be compared, or not yet taken.
    pub figures: Option<Figures>,
    pub(super) latencies: [Option<Latency>; Stage::ALL.len()],
    /// Which setting the figures were taken at.
    pub(super) revision: u32,
}

impl Record {
    /// `None` where this stage was not run.
    pub fn latency(&self, stage: Stage) -> Option<Latency> {
        self.latencies[stage.place()?]
    }
}
