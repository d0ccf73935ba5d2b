//! A video that plays in the window: pause, steps, and going to another place in it.

use std::time::Duration;

use egui::Context;

use super::scrub::Scrub;
use super::video_bar::VideoBar;
use super::viewer::Viewer;
use crate::engine::{SourceState, Status};
use crate::source::{Description, Playback, SourceRequest, VideoLocation, VideoRequest};

/// A step back goes to this many frames before the one in sight. The first frame from there on is the one before it,
/// and times that are a little off do no harm.
const ONE_BACK: f64 = 1.4;

/// The frame rate that is assumed where a video names none.
const USUAL_RATE: f64 = 25.0;

/// A place so near the end may have no frame any more.
const BEFORE_THE_END: Duration = Duration::from_secs(1);

/// What waits for a video that is being opened.
#[derive(Default)]
pub struct Playing {
    pub scrub: Scrub,
    seek: Option<Duration>,
}

/// A stream without an end.
fn is_live(request: &SourceRequest, playback: Option<&Playback>) -> bool {
    let url = matches!(request, SourceRequest::Video(VideoRequest { location: VideoLocation::Url(_), .. }));
    url && playback.is_none_or(|p| p.duration.is_none())
}

impl Viewer {
    /// The bar under the picture, where there is a video.
    pub(super) fn video_bar<'a>(&self, status: &'a Status) -> Option<VideoBar<'a>> {
        let SourceRequest::Video(request) = &self.settings.source else { return None };
        let playback = status.description.as_ref().and_then(|d| d.playback.as_ref());
        Some(VideoBar {
            playback,
            state: &status.source,
            live: is_live(&self.settings.source, playback),
            paused: self.is_paused(status),
            every_frame: request.every_frame,
        })
    }

    /// Whether the picture stands still because a person wants it to.
    pub(super) fn is_paused(&self, status: &Status) -> bool {
        let playback = status.description.as_ref().and_then(|d| d.playback.as_ref());
        self.settings.paused || self.past.is_held() || playback.is_some_and(|p| p.controls.is_paused())
    }

    /// Where the video's newest frame stands; `None` = no video that can be steered is open.
    fn playback(&self) -> Option<(Playback, SourceState)> {
        let Status { description, source, .. } = self.engine.status();
        let playback = description?.playback?;
        (self.is_video() && !is_live(&self.settings.source, Some(&playback))).then_some((playback, source))
    }

    fn is_video(&self) -> bool {
        matches!(self.settings.source, SourceRequest::Video(_))
    }

    /// It has come to its end, and may be played again.
    pub(super) fn has_ended(&self, status: &Status) -> bool {
        self.is_video() && status.source == SourceState::Ended
    }

    /// Space on a video: a file is held by itself, so that steps and seeks still show. False: it is none.
    pub(super) fn toggle_video(&mut self, ctx: &Context) -> bool {
        let Some((playback, state)) = self.playback() else { return false };
        let held = self.past.is_held();
        self.let_go(ctx);
        if state == SourceState::Ended {
            self.reopen_video(Duration::ZERO, false);
        } else if self.settings.paused {
            playback.controls.pause(false);
            self.change(|s| s.paused = false);
        } else if !held {
            playback.controls.pause(!playback.controls.is_paused());
        }
        true
    }

    /// From a pause of its own.
    pub(super) fn play_on(&self) {
        if let Some((playback, _)) = self.playback() {
            playback.controls.pause(false);
        }
    }

    /// One frame on (1) or back (-1), and there it stands still.
    pub(super) fn step_video(&mut self, ctx: &Context, by: i64) {
        let Some((playback, state)) = self.playback() else { return };
        self.let_go(ctx);
        let ended = state == SourceState::Ended;
        if by > 0 && !ended {
            playback.controls.step();
        } else if by < 0 && playback.duration.is_some() {
            let to = self.one_back(&playback);
            if ended {
                self.reopen_video(to, true);
            } else {
                playback.controls.pause(true);
                playback.controls.seek(to);
            }
        }
        if self.settings.paused {
            self.change(|s| s.paused = false);
        }
    }

    fn one_back(&self, playback: &Playback) -> Duration {
        let rate = self.engine.status().description.and_then(|d| d.nominal_rate).map_or(USUAL_RATE, f64::from);
        let (time, number) = (playback.time.as_secs_f64(), playback.number as f64);
        // Where the frames come at an even rate, their numbers are exact.
        let frames = if (number / rate - time).abs() * rate < 1.0 { number } else { time * rate };
        Duration::try_from_secs_f64((frames - ONE_BACK) / rate).unwrap_or_default()
    }

    /// Goes to a place in the video; of several wishes the newest wins.
    pub(super) fn seek(&mut self, ctx: &Context, to: Duration) {
        if !self.is_video() {
            return;
        }
        match self.playback() {
            Some((playback, SourceState::Ended | SourceState::Failed { .. })) => {
                let last = playback.duration.map_or(to, |whole| whole.saturating_sub(BEFORE_THE_END));
                self.reopen_video(to.min(last), false);
            }
            Some((playback, _)) => {
                self.let_go(ctx);
                if self.settings.paused {
                    // The frame there is to be seen, and it is not to go on from there.
                    playback.controls.pause(true);
                    self.change(|s| s.paused = false);
                }
                playback.controls.seek(to);
            }
            None => self.playing.seek = Some(to),
        }
    }

    pub(super) fn toggle_loop(&mut self) {
        let Some((playback, state)) = self.playback() else { return };
        let looped = !playback.controls.is_looped();
        playback.controls.set_looped(looped);
        if looped && state == SourceState::Ended {
            self.reopen_video(Duration::ZERO, false);
        }
    }

    /// Every frame, or its own rate. It goes on where it was.
    pub(super) fn toggle_every_frame(&mut self) {
        let Some((playback, state)) = self.playback() else { return };
        let paused = playback.controls.is_paused() || state == SourceState::Ended;
        let last = playback.duration.map_or(playback.time, |whole| whole.saturating_sub(BEFORE_THE_END));
        if let SourceRequest::Video(video) = &mut self.settings.source {
            video.every_frame = !video.every_frame;
        }
        self.reopen_video(playback.time.min(last), paused);
    }

    /// A video cannot go on after its end: it is opened anew at a place.
    fn reopen_video(&mut self, start: Duration, paused: bool) {
        let looped = self.playback().map(|(playback, _)| playback.controls.is_looped());
        self.playing.seek = None;
        self.keeps_zoom = true;
        self.past.forget_place();
        self.change(|s| {
            if let SourceRequest::Video(video) = &mut s.source {
                (video.start, video.paused) = (start, paused);
                video.looped = looped.unwrap_or(video.looped);
            }
            s.reopen += 1;
            s.paused = false;
        });
    }

    /// A source was opened: what was wished for meanwhile is done now.
    pub(super) fn video_opened(&mut self, description: &Description) {
        let seek = self.playing.seek.take();
        let Some(playback) = &description.playback else { return };
        if let Some(to) = seek {
            playback.controls.seek(to);
        }
    }
}
