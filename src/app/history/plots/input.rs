//! Input of the plots.

use crate::history::{Ring, Timeline};

/// What the plots show.
pub struct PlotInput<'a> {
    pub timeline: &'a Timeline,
    pub ring: &'a Ring,
    /// The sequence number of the current observation.
    pub in_sight: Option<u64>,
    /// The current frame comes from the history: the plots stand still around it.
    pub browsing: bool,
    /// Names of models A and B, as they are seen now.
    pub names: [&'a str; 2],
    /// The agreement (F1) below which the source pauses; `None` = it does not.
    pub pause_below: Option<f32>,
    /// Observations that came too fast to be kept.
    pub missed: u64,
}
