//! What comes from the engine, recorded into a file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use egui::Context;

use crate::detect::Thresholds;
use crate::engine::Observation;
use crate::files::{FileFormat, GrowingFile, Outputs, free_name};
use crate::recording::{
    FinishedRecording, JPEG_QUALITY, PictureForm, RecordingError, RecordingLimit, RecordingLimits, RecordingState,
    RecordingWriter, RunningRecording,
};

const STILL_WRITING: &str = "The last recording is still being written. Press Record again once it is saved.";
const NO_FOLDER: &str = "Can't record: there is no folder for videos and no home folder.";

/// A recording that has ended.
pub struct Recorded {
    /// `None`: there is nothing in it.
    pub path: Option<PathBuf>,
    /// What to tell.
    pub message: String,
}

/// At most one recording at a time.
#[derive(Default)]
pub struct RecordingController {
    running: Option<RunningRecording>,
}

impl RecordingController {
    /// Starts a recording in a new file in this folder, or asks the one that runs to end. Gives what to tell.
    pub fn toggle(&mut self, ctx: &Context, folder: Option<PathBuf>) -> Result<Option<String>, String> {
        if let Some(running) = &mut self.running {
            if running.is_stopping() {
                return Err(STILL_WRITING.into());
            }
            running.stop();
            return Ok(None);
        }
        let path = folder.ok_or(NO_FOLDER)?.join(format!("Twinsight {}", stamp(SystemTime::now())));
        let create = move || -> Result<RecordingWriter, RecordingError> {
            let file = Outputs::default().file(&free_name(&path, "mcap"), &FileFormat::NEW)?;
            // JPEG, so that the picture on the screen keeps its pace.
            let form = PictureForm::Jpeg { quality: JPEG_QUALITY };
            RecordingWriter::create(GrowingFile::create(file)?, form, RecordingLimits::default())
        };
        let ctx = ctx.clone();
        let running = RunningRecording::start(create, move || ctx.request_repaint());
        self.running = Some(running.map_err(|error| told(&error))?);
        Ok(Some(format!("Recording: frames as JPEG {JPEG_QUALITY}, raw model outputs as they are")))
    }

    /// Adds an observation, if a recording runs. Thresholds are A's and B's; `swapped`: A is the engine's second model.
    pub fn give(&mut self, observation: &Arc<Observation>, thresholds: [Thresholds; 2], swapped: bool) {
        if let Some(running) = &mut self.running {
            running.give(observation, thresholds, swapped);
        }
    }

    /// How far the recording is; `None`: there is none.
    pub fn state(&self) -> Option<RecordingState> {
        self.running.as_ref().filter(|running| !running.is_stopping()).map(RunningRecording::state)
    }

    /// What became of the recording, once it has ended.
    pub fn poll(&mut self) -> Option<Result<Recorded, String>> {
        let result = self.running.as_ref()?.poll()?;
        self.running = None;
        let recorded = |finished: FinishedRecording| {
            let message = summary(&finished);
            if finished.frames == 0 {
                return Recorded { path: None, message };
            }
            let message = format!("{message}. To open it, choose it in the source menu");
            Recorded { path: Some(finished.path), message }
        };
        Some(result.map(recorded).map_err(|error| told(&error)))
    }

    /// Ends the recording with the window, and waits until its file is whole.
    pub fn end(self, deadline: Duration) {
        match self.running.map(|running| running.end(deadline)) {
            None => {}
            Some(Some(Ok(finished))) => log::info!("{}", summary(&finished)),
            Some(Some(Err(error))) => log::error!("{error}"),
            Some(None) => log::warn!("the recording could not be ended in time; its frames can be opened"),
        }
    }
}

/// "0:12", "34 MB"
pub fn figures(state: &RecordingState) -> [String; 2] {
    let seconds = state.time.as_secs();
    [format!("{}:{:02}", seconds / 60, seconds % 60), format!("{} MB", state.bytes / 1_000_000)]
}

fn told(error: &RecordingError) -> String {
    format!("The recording ended: {error}.")
}

fn summary(finished: &FinishedRecording) -> String {
    let FinishedRecording { path, frames, bytes, time, limit, missed } = finished;
    if *frames == 0 {
        return format!("Recorded nothing, because no frame came: {}", path.display());
    }
    let state = RecordingState { frames: *frames, bytes: *bytes, time: *time, missed: *missed };
    let [time, size] = figures(&state);
    let limit = match limit {
        Some(RecordingLimit::Size) => "; it ended at the limit of its size",
        Some(RecordingLimit::Time) => "; it ended at the limit of its time",
        None => "",
    };
    let missed = if *missed > 0 { format!("; {missed} came too fast for the disk") } else { String::new() };
    let things = if *frames == 1 { "frame" } else { "frames" };
    format!("Recorded {frames} {things}, {time}, {size}{limit}{missed}: {}", path.display())
}

/// "2026-11-28 11.38.05Z": the time in UTC, as no file's name may have colons everywhere.
fn stamp(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let [year, month, day] = date(seconds / 86_400);
    let [hour, minute, second] = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60];
    format!("{year}-{month:02}-{day:02} {hour:02}.{minute:02}.{second:02}Z")
}

/// Year, month and day of a day since 1970, after Howard Hinnant's `civil_from_days`: years begin in March.
fn date(days: u64) -> [u64; 3] {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    [era * 400 + year + u64::from(month <= 2), month, day]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_date() {
        let at = |seconds| stamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01 00.00.00Z");
        assert_eq!(at(951_782_399), "2000-02-28 23.59.59Z");
        assert_eq!(at(951_782_400), "2000-02-29 00.00.00Z");
        assert_eq!(at(1_795_866_285), "2026-11-28 11.44.45Z");
        assert_eq!(at(4_107_542_400), "2100-03-01 00.00.00Z");
    }

    #[test]
    fn figures_are_short() {
        let state = RecordingState { frames: 9, bytes: 34_600_000, time: Duration::from_secs(72), missed: 0 };
        assert_eq!(figures(&state), ["1:12", "34 MB"]);
    }
}
