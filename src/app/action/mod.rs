//! What can be asked of the window, by mouse or by key. Each owner has an enum of its own; panels and keys give
//! actions, and the viewer carries them out.

pub mod shortcuts;

use std::time::Duration;

use super::view::{Side, View};
use crate::detect::Thresholds;
use crate::model::{Arithmetic, ModelName};
use crate::source::{ControlId, ModeRequest, Orientation, SourceRequest};

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Source(SourceAction),
    Video(VideoAction),
    Camera(CameraAction),
    Models(ModelsAction),
    Thresholds(ThresholdsAction),
    History(HistoryAction),
    Layers(LayersAction),
    Picture(PictureAction),
    Pairs(PairsAction),
    Window(WindowAction),
}

#[derive(Clone, Debug, PartialEq)]
pub enum SourceAction {
    Open(SourceRequest),
    /// Shows the system's dialog for pictures and videos.
    ChooseFiles,
    /// Shows the system's dialog for a folder.
    ChooseFolder,
    /// Opens the clipboard's contents.
    Paste,
    /// Opens the same source again.
    Reopen,
    /// The album's next picture (1) or previous one (-1).
    StepPicture(i64),
    /// The album's picture at this index.
    GoToPicture(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum VideoAction {
    /// One frame forward (1) or back (-1).
    Step(i64),
    /// To this time in the video.
    Seek(Duration),
    ToggleLoop,
    /// Every frame of the video, or its own rate.
    ToggleEveryFrame,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CameraAction {
    TogglePanel,
    /// Opens the camera again in another mode.
    ChooseMode(ModeRequest),
    Orient(Orientation),
    ToggleMirror,
    SetControl(ControlId, i64),
    ResetControl(ControlId),
    ResetControls,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ModelsAction {
    Use(Side, ModelName),
    /// How a side's INT8 model is computed.
    Compute(Side, Arithmetic),
    /// The next model for A.
    SwitchPrecision,
    /// A becomes B and B becomes A.
    Swap,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThresholdsAction {
    Reset,
    /// One set of thresholds for A and B, or one each.
    ToggleLink,
    /// Sets one side's, and separates them from the other's.
    Set(Side, Thresholds),
    /// Finds B's score threshold that agrees best with A over the history.
    FindBest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryAction {
    TogglePanel,
    /// One kept frame forward (1) or back (-1).
    Step(i64),
    /// To the frame of this sequence number, or the nearest that is kept.
    GoTo(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayersAction {
    TogglePanel,
    /// Follows A's box of this verdict of the current frame through the layers.
    Follow(usize),
    Measure,
    MeasureHistory,
    /// Leaves the ticked layers in float.
    Rebuild,
    Calibrate,
    /// The recipe to calibrate for; `None` = B's own.
    ChooseRecipe(Option<&'static str>),
    /// Ends the calibration with the frames taken so far.
    Finish,
    Cancel,
    /// To the model that was B before.
    Back,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureAction {
    /// Copies the picture with its boxes.
    Copy,
    /// Saves the picture with its boxes.
    Save,
    ToggleLabels,
    Fit,
    ActualSize,
    ZoomIn,
    ZoomOut,
}

/// Indices are of the current frame's verdicts; `None` selects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairsAction {
    Select(Option<usize>),
    /// Selects a pair and zooms to it.
    Show(Option<usize>),
    /// The next row of the table (1) or the one above (-1).
    SelectNext(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowAction {
    Show(View),
    TogglePause,
    /// From a pause or the history to what comes next.
    Resume,
    /// One picture of the album forward (1) or back (-1) where there is one, else one frame of the history.
    Step(i64),
    /// Closes or deselects one thing at a time.
    Back,
    ToggleTheme,
    ToggleHelp,
    Quit,
}
