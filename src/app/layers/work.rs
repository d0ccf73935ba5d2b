//! What the layers panel has under way: one thing at a time.

use super::frame_tap::FrameTap;
use crate::app::job::{Job, JobProgress};
use crate::model::ModelName;
use crate::workshop::layers::Findings;
use crate::workshop::rebuild::RebuildResult;

/// How many frames that differ are taken for a calibration.
pub const FRAMES: usize = 64;

pub enum Work {
    Measuring(Job<Findings>),
    /// And what was B when it began.
    Rebuilding(Job<RebuildResult>, ModelName),
    Calibrating(Job<RebuildResult>, ModelName, FrameTap),
}

impl Work {
    pub fn progress(&self) -> JobProgress {
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
    pub fn tap(&self) -> Option<&FrameTap> {
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
