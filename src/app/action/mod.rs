//! What can be asked of the window, by mouse or by key. Each owner has an enum of its own; panels and keys give
//! actions, and the viewer carries them out.

pub mod shortcuts;

use std::path::PathBuf;
use std::time::Duration;

use super::preferences::recent::RecentSource;
use super::view::{Side, View};
use crate::detect::Thresholds;
use crate::model::{Arithmetic, ModelName};
use crate::source::{ControlId, ModeRequest, Orientation, SourceRequest};

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Source(SourceAction),
    Album(AlbumAction),
    Video(VideoAction),
    Camera(CameraAction),
    Models(ModelsAction),
    Thresholds(ThresholdsAction),
    History(HistoryAction),
    Layers(LayersAction),
    Picture(PictureAction),
    Pairs(PairsAction),
    Saving(SavingAction),
    Window(WindowAction),
}

#[derive(Clone, Debug, PartialEq)]
pub enum SourceAction {
    Open(SourceRequest),
    /// Opens what was opened before.
    OpenRecent(RecentSource),
    /// Looks which of them are still there.
    LookAtRecent,
    /// Shows the system's dialog for pictures and videos.
    ChooseFiles,
    /// Shows the system's dialog for a folder.
    ChooseFolder,
    /// Asks for the address of a stream.
    ChooseStream,
    /// Opens the clipboard's contents.
    Paste,
    /// Opens the same source again.
    Reopen,
    /// The album's next picture (1) or previous one (-1).
    StepPicture(i64),
    /// The album's picture at this index.
    GoToPicture(usize),
    /// The album's last picture (1) or first one (-1).
    GoToEnd(i64),
}

/// Of all pictures of the album; from one to the next goes [`SourceAction`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlbumAction {
    /// Compares A and B on every picture that has yet to be compared.
    CompareAll,
    /// Stops that; what was compared stays.
    Cancel,
    /// To the next picture (1) or the previous one (-1) on which A and B differ.
    NextDifference(i64),
    /// To the picture on which they agree least.
    Worst,
    SortByName,
    SortWorstFirst,
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
    /// Shows or hides how a side's INT8 model is computed.
    ToggleComputedAs(Side),
    /// How a side's INT8 model is computed.
    Compute(Side, Arithmetic),
    /// The same, by a profile that is being adjusted: no step on the way is one to go back to.
    Adjust(Side, Arithmetic),
    /// Shows the system's dialog for a side's hardware profile.
    ChooseProfile(Side),
    /// Saves a side's hardware profile.
    SaveProfile(Side),
    /// A is again what it was before.
    SwitchPrecision,
    /// The next model for A.
    Next,
    /// A becomes B and B becomes A.
    Swap,
    /// Shows the system's dialog for a side's model.
    ChooseFile(Side),
    /// Shows a model file on a side.
    Open(Side, PathBuf),
    /// Shows the system's dialog for what a board dumped of the golden pack in use, for a side.
    ChooseDump(Side),
    /// Shows that on a side.
    OpenDump(Side, PathBuf),
    /// Asks for a model's new name.
    AskRename(ModelName),
    /// Asks whether to delete a model.
    AskDelete(ModelName),
    /// Gives a model's file another name, without its end.
    Rename(ModelName, String),
    /// Deletes a model's file and what belongs to it.
    Delete(ModelName),
    /// Takes a model out of the lists, and leaves its file.
    Remove(ModelName),
    /// Shows or hides which layers leave their calibrated ranges.
    ToggleClipping,
    /// Discards the frames on which they did.
    ForgetClipped,
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
    /// Back to the thresholds before B's was matched to A.
    UndoBest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryAction {
    TogglePanel,
    /// One kept frame forward (1) or back (-1).
    Step(i64),
    /// To the frame of this sequence number, or the nearest that is kept.
    GoTo(u64),
    /// Starts recording what comes into a file, or ends that.
    ToggleRecording,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayersAction {
    TogglePanel,
    /// Follows the box of this verdict of the current frame through the layers.
    Follow(usize),
    Measure,
    MeasureHistory,
    /// Leaves the ticked layers in float.
    Rebuild,
    Calibrate,
    /// Adds the frames that left the calibrated ranges to the calibration.
    AddClipped,
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
    ToggleLegend,
    /// Shows or hides what annotations say.
    ToggleTruth,
    Fit,
    ActualSize,
    ZoomIn,
    ZoomOut,
}

/// Indices are of the current frame's verdicts; `None` selects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairsAction {
    Select(Option<usize>),
    /// Selects a pair and brings its boxes into sight.
    Show(Option<usize>),
    /// The next row of the table (1) or the one above (-1).
    SelectNext(i64),
    /// Moves the threshold that hides the selected pair's other box.
    BringBack,
    /// Follows the selected pair's box through B's layers.
    FindLayers,
    /// Every class, in the picture and in the lists.
    ShowAllClasses,
    /// Every verdict, likewise.
    ShowAllVerdicts,
    /// Copies the table on the right as CSV.
    CopyTable,
    /// Copies the classes and their counts as CSV.
    CopyClasses,
}

/// Each begins, and ends what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavingAction {
    /// Saves what is seen as a video.
    ToggleVideo,
    /// Keeps the frames on which A and B disagree.
    ToggleHarvest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowAction {
    Show(View),
    TogglePause,
    /// From a pause or the history to what comes next.
    Resume,
    /// Forward (1) or back (-1) by a picture of the album where there is one, by a frame of the video, or of the history.
    Step(i64),
    /// Closes or deselects one thing at a time.
    Back,
    ToggleTheme,
    ToggleFullScreen,
    /// Leaves nothing but the picture in the window, or shows the panels again.
    TogglePanels,
    ToggleHelp,
    Quit,
}
