//! What the layers panel has under way: one thing at a time.

use super::feed::Tap;
use super::measure::Findings;
use super::remake::Outcome;
use crate::app::job::{Job, Progress};
use crate::model::ModelName;

/// How many frames that differ are taken for a calibration.
pub const FRAMES: usize = 64;

pub enum Work {
    Measuring(Job<Findings>),
    /// And what was B when it began.
    Rebuilding(Job<Outcome>, ModelName),
    Calibrating(Job<Outcome>, ModelName, Tap),
}

impl Work {
    pub fn progress(&self) -> Progress {
        match self {
            Self::Measuring(job) => job.progress(),
            Self::Rebuilding(job, _) | Self::Calibrating(job, ..) => job.progress(),
        }
    }

    /// The making of a model, which no measuring may break off.
    pub fn making(&self) -> Option<&'static str> {
        match self {
            Self::Measuring(_) => None,
            Self::Rebuilding(..) => Some("rebuild"),
            Self::Calibrating(..) => Some("calibration"),
        }
    }

    /// The frames that it takes; `None` = it takes none, or no more.
    pub fn tap(&self) -> Option<&Tap> {
        match self {
            Self::Calibrating(_, _, tap) => Some(tap).filter(|tap| tap.is_taking()),
            Self::Measuring(_) | Self::Rebuilding(..) => None,
        }
    }

    pub fn cancel(&self) {
        match self {
            Self::Measuring(job) => job.cancel(),
            Self::Rebuilding(job, _) | Self::Calibrating(job, ..) => job.cancel(),
        }
    }
}
