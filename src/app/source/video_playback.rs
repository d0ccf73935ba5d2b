//! A video that plays in the window: pause, steps, and seeking.

use std::time::Duration;

use egui::Ui;

use super::change::SourceChange;
use super::seek_bar::SeekBar;
use super::video_bar::VideoBar;
use crate::app::action::{Action, VideoAction};
use crate::app::engine_control::EngineControl;
use crate::engine::{Observation, SourceState, Status};
use crate::source::{Description, Playback, SourceRequest, VideoLocation, VideoRequest};

/// A step back seeks to this many frames before the current one. The first frame from there on is the previous one,
/// and times that are a little off do no harm.
const ONE_BACK: f64 = 1.4;

/// The frame rate that is assumed where a video names none.
const USUAL_RATE: f64 = 25.0;

/// A place this near the end may have no frame any more.
const BEFORE_THE_END: Duration = Duration::from_secs(1);

/// The bar's state, and what waits for a video that is being opened.
#[derive(Default)]
pub struct VideoPlayback {
    seek_bar: SeekBar,
    seek: Option<Duration>,
}

pub fn is_video(request: &SourceRequest) -> bool {
    matches!(request, SourceRequest::Video(_))
}

/// A stream without an end.
fn is_live(request: &SourceRequest, playback: Option<&Playback>) -> bool {
    let url = matches!(request, SourceRequest::Video(VideoRequest { location: VideoLocation::Url(_), .. }));
    url && playback.is_none_or(|p| p.duration.is_none())
}

fn playback(status: &Status) -> Option<&Playback> {
    status.description.as_ref()?.playback.as_ref()
}

/// Where the frame in sight stands in the open video. `held`: it is one of the history. What is left of an earlier opening
/// until the first frame comes says nothing of this one.
pub fn in_sight<'a>(current: Option<&'a Observation>, held: bool, status: &'a Status) -> Option<&'a Playback> {
    let (open, now) = (status.description.as_ref()?, playback(status)?);
    let shown = current.map(|observation| &observation.description).filter(|shown| shown.name == open.name);
    let shown = shown.and_then(|shown| shown.playback.as_ref());
    shown.filter(|shown| held || shown.controls == now.controls).or(Some(now))
}

/// Frames per second.
fn rate(status: &Status) -> f64 {
    status.description.as_ref().and_then(|d| d.nominal_rate).map_or(USUAL_RATE, f64::from)
}

/// The open video that can be paused and seeked.
fn steerable<'a>(control: &EngineControl, status: &'a Status) -> Option<&'a Playback> {
    let playback = playback(status)?;
    (is_video(control.source()) && !is_live(control.source(), Some(playback))).then_some(playback)
}

/// Whether a video is open that can be paused and seeked.
pub fn is_steerable(control: &EngineControl, status: &Status) -> bool {
    steerable(control, status).is_some()
}

/// Whether there is a way one frame on (1) or back (-1).
pub fn can_step(control: &EngineControl, status: &Status, by: i64) -> bool {
    steerable(control, status).is_some_and(|playback| by > 0 || playback.duration.is_some())
}

/// Whether the video itself is paused, apart from the engine.
pub fn is_paused(status: &Status) -> bool {
    playback(status).is_some_and(|p| p.controls.is_paused())
}

/// It has come to its end, and can be played again.
pub fn has_ended(control: &EngineControl, status: &Status) -> bool {
    is_video(control.source()) && status.source == SourceState::Ended
}

/// From a pause of its own.
pub fn resume(control: &EngineControl, status: &Status) {
    if let Some(playback) = steerable(control, status) {
        playback.controls.pause(false);
    }
}

/// Opens the same video again at a place: it cannot continue after its end.
fn reopen(playback: &Playback, control: &mut EngineControl, start: Duration, paused: bool) -> SourceChange {
    reopen_as(playback, control, start, |video| video.paused = paused)
}

fn reopen_as(
    playback: &Playback,
    control: &mut EngineControl,
    start: Duration,
    adjust: impl FnOnce(&mut VideoRequest),
) -> SourceChange {
    control.reopen(false, |source| {
        if let SourceRequest::Video(video) = source {
            (video.start, video.looped) = (start, playback.controls.is_looped());
            adjust(video);
        }
    });
    SourceChange { keeps_zoom: true, keeps_selection: true }
}

impl VideoPlayback {
    /// Paints the bar under the picture; `shown` as [`in_sight`] gives it.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        control: &EngineControl,
        status: &Status,
        shown: Option<&Playback>,
        paused: bool,
        actions: &mut Vec<Action>,
    ) {
        let SourceRequest::Video(request) = control.source() else { return };
        let playback = playback(status);
        let live = is_live(control.source(), playback);
        let (rate, every_frame) = (rate(status), request.every_frame);
        let bar = VideoBar { playback, shown, rate, state: &status.source, live, paused, every_frame };
        bar.ui(ui, &mut self.seek_bar, actions);
    }

    /// `held`: where the frame of the history stands that is in sight.
    pub fn apply(
        &mut self,
        action: VideoAction,
        held: Option<&Playback>,
        control: &mut EngineControl,
        status: &Status,
    ) -> Option<SourceChange> {
        let Some(playback) = steerable(control, status) else {
            if let VideoAction::Seek(to) = action {
                self.seek = is_video(control.source()).then_some(to);
            }
            return None;
        };
        match action {
            VideoAction::Step(by) => step(by, playback, held, control, status),
            VideoAction::Seek(to) => seek(to, playback, control, status),
            VideoAction::ToggleLoop => {
                let looped = !playback.controls.is_looped();
                playback.controls.set_looped(looped);
                let again = looped && status.source == SourceState::Ended;
                again.then(|| reopen(playback, control, Duration::ZERO, false))
            }
            VideoAction::ToggleEveryFrame => Some(toggle_every_frame(playback, control, status)),
        }
    }

    /// Space on a video: a file is paused by itself, so that steps and seeks still show. `held`: the history holds the
    /// current frame.
    pub fn toggle_pause(&mut self, control: &mut EngineControl, status: &Status, held: bool) -> Option<SourceChange> {
        let playback = steerable(control, status)?;
        if status.source == SourceState::Ended {
            return Some(reopen(playback, control, Duration::ZERO, false));
        }
        if control.is_paused() {
            playback.controls.pause(false);
            control.set_paused(false);
        } else if !held {
            playback.controls.pause(!playback.controls.is_paused());
        }
        None
    }

    /// A source was opened: seeks where it was asked to meanwhile.
    pub fn opened(&mut self, description: &Description) {
        if let Some((to, playback)) = self.seek.take().zip(description.playback.as_ref()) {
            playback.controls.seek(to);
        }
    }
}

/// One frame forward (1) or back (-1), from the frame that is held or else from where the video is, and pauses there.
fn step(
    by: i64,
    playback: &Playback,
    held: Option<&Playback>,
    control: &mut EngineControl,
    status: &Status,
) -> Option<SourceChange> {
    let ended = status.source == SourceState::Ended;
    let mut change = None;
    if by > 0 && held.is_none() && !ended {
        playback.controls.step();
    } else if (by < 0 || held.is_some()) && playback.duration.is_some() {
        let to = beside(held.unwrap_or(playback), by, status);
        if ended {
            change = Some(reopen(playback, control, to, true));
        } else {
            playback.controls.pause(true);
            playback.controls.seek(to);
        }
    }
    control.set_paused(false);
    change
}

/// A place from which on the first frame is the next one (1) or the previous one (-1).
fn beside(playback: &Playback, by: i64, status: &Status) -> Duration {
    let rate = rate(status);
    let (time, number) = (playback.time.as_secs_f64(), playback.number as f64);
    // Where the frames come at an even rate, their numbers are exact.
    let frames = if (number / rate - time).abs() * rate < 1.0 { number } else { time * rate };
    let to = if by < 0 { frames - ONE_BACK } else { frames + 2.0 - ONE_BACK };
    Duration::try_from_secs_f64(to / rate).unwrap_or_default()
}

/// Of several seeks the newest wins.
fn seek(to: Duration, playback: &Playback, control: &mut EngineControl, status: &Status) -> Option<SourceChange> {
    if matches!(status.source, SourceState::Ended | SourceState::Failed { .. }) {
        return Some(reopen(playback, control, to.min(last(playback).unwrap_or(to)), false));
    }
    if control.is_paused() {
        // The frame there is shown, and the video does not continue from there.
        playback.controls.pause(true);
        control.set_paused(false);
    }
    playback.controls.seek(to);
    None
}

/// Every frame, or its own rate, from the current place on.
fn toggle_every_frame(playback: &Playback, control: &mut EngineControl, status: &Status) -> SourceChange {
    let paused = playback.controls.is_paused() || status.source == SourceState::Ended;
    let at = playback.time.min(last(playback).unwrap_or(playback.time));
    reopen_as(playback, control, at, |video| {
        (video.every_frame, video.paused) = (!video.every_frame, paused);
    })
}

/// The last place where a frame is sure to be.
fn last(playback: &Playback) -> Option<Duration> {
    playback.duration.map(|whole| whole.saturating_sub(BEFORE_THE_END))
}
