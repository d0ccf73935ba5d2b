//! What the layers panel is told of the rest of the window.

use std::sync::Arc;

use egui::Context;

use crate::app::frame::current::CurrentFrame;
use crate::app::history::browser::HistoryBrowser;
use crate::app::models::titles::ModelTitles;
use crate::app::view::Side;
use crate::detect::{Frame, Thresholds};
use crate::engine::Status;
use crate::model::{ModelInfo, ModelName, Precision};
use crate::source::{Album, SourceRequest};

/// What the controller is told of the rest of the window.
pub struct LayersContext<'a> {
    pub ctx: &'a Context,
    pub status: &'a Status,
    pub current: &'a CurrentFrame,
    pub history: &'a HistoryBrowser,
    /// A's and B's.
    pub thresholds: [Thresholds; 2],
    /// A's and B's models, as they were chosen.
    pub models: [&'a ModelName; 2],
    pub titles: &'a ModelTitles,
    pub source: &'a SourceRequest,
    /// Whose pictures are shown; `None` = no album's.
    pub album: Option<&'a Album>,
    /// The picture is another one all the time.
    pub is_moving: bool,
    /// Frames that left the calibrated ranges of the INT8 model.
    pub clipped: &'a [Arc<Frame>],
}

impl LayersContext<'_> {
    /// A in float and B in INT8, as both looked at the current frame; else why that is not so.
    pub fn compared(&self) -> Result<[Arc<ModelInfo>; 2], String> {
        let is_golden = |model: &&ModelName| matches!(model, ModelName::Golden(_));
        if let Some(ModelName::Golden(heads)) = self.models.into_iter().find(is_golden) {
            let (label, check) = (heads.label(), heads.check_command());
            return Err(format!("{label} has no layers here; `{check}` checks each."));
        }
        let [a, b] = Side::BOTH.map(|which| self.current.output(which).map(|output| Arc::clone(&output.model)));
        let Some((a, b)) = a.zip(b) else {
            return Err("No frame has been processed by two models yet; select a view with A and B.".into());
        };
        match (a.precision, b.precision) {
            (Precision::Int8, Precision::Fp32) => Err("A is INT8 and B is float; swap them (X).".into()),
            (Precision::Int8, _) => Err(format!("A is {}, an INT8 model; select the float model as A.", a.name)),
            (_, Precision::Fp32) => Err(format!("B is {}, a float model; select an INT8 model as B.", b.name)),
            _ => Ok([a, b]),
        }
    }
}
