//! The bar of a video under the picture: play, step, position, loop.

use std::time::{Duration, Instant};

use egui::{Button, RichText, Role, Slider, Ui, WidgetInfo, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, VideoAction, WindowAction};
use crate::app::source::seek_bar::SeekBar;
use crate::app::ui::{row_end, theme};
use crate::engine::SourceState;
use crate::source::Playback;

/// The bar's height with its margins.
pub const HEIGHT: f32 = 40.0;

/// Narrower than this, words make way for signs.
const NARROW: f32 = 900.0;

/// What the bar shows.
pub struct VideoBar<'a> {
    /// `None` = not open yet.
    pub playback: Option<&'a Playback>,
    /// Where the frame in sight stands: elsewhere, while it is one of the history.
    pub shown: Option<&'a Playback>,
    /// Frames per second.
    pub rate: f64,
    pub state: &'a SourceState,
    /// An endless stream: it continues whether or not it is watched.
    pub live: bool,
    pub paused: bool,
    pub every_frame: bool,
}

impl VideoBar<'_> {
    pub fn ui(&self, ui: &mut Ui, seek_bar: &mut SeekBar, actions: &mut Vec<Action>) {
        let narrow = ui.available_width() < NARROW;
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            self.buttons(ui, actions);
            ui.add_space(6.0);
            let wanted = seek_bar.wanted();
            let position = |ui: &mut Ui| if self.live { None } else { self.position(ui, seek_bar) };
            let (seek, ()) = row_end::show(ui, "video", position, |ui| {
                // What comes and goes here changes no id of the switches.
                ui.scope(|ui| self.figures(ui, wanted));
                if !self.live {
                    self.switches(ui, narrow, actions);
                }
            });
            actions.extend(seek.map(|to| Action::Video(VideoAction::Seek(to))));
        });
    }

    fn buttons(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let open = self.playback.is_some();
        let mut button = |sign: &str, what: &str, can: bool, action: Action| {
            let response = ui.add_enabled(can, Button::new(sign).min_size(vec2(32.0, 0.0)));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, can, what));
            if response.on_hover_text(hint(ui.ctx(), what, &action)).clicked() {
                actions.push(action);
            }
        };
        let (sign, what) = match (self.state, self.paused) {
            (SourceState::Ended, _) => ("⟲", "Play video again"),
            (_, true) => ("▶", "Play video"),
            (_, false) => ("⏸", "Pause video"),
        };
        let steps = open && !self.live;
        if !self.live {
            button("◀|", "Previous frame", steps && self.can_seek(), Action::Video(VideoAction::Step(-1)));
        }
        button(sign, what, open, Action::Window(WindowAction::TogglePause));
        if !self.live {
            button("|▶", "Next frame", steps && *self.state != SourceState::Ended, Action::Video(VideoAction::Step(1)));
        }
    }

    fn can_seek(&self) -> bool {
        self.playback.is_some_and(|p| p.duration.is_some())
    }

    fn switches(&self, ui: &mut Ui, narrow: bool, actions: &mut Vec<Action>) {
        let looped = self.playback.is_some_and(|p| p.controls.is_looped());
        let loop_what = "Restart at the end";
        let every_what = "Show every frame, however slow the models are; otherwise late frames are skipped to keep \
                    real-time speed";
        ui.add_space(6.0);
        for (chosen, sign, word, what, action) in [
            (looped, "🔁", "Loop", loop_what, VideoAction::ToggleLoop),
            (self.every_frame, "▦", "Every frame", every_what, VideoAction::ToggleEveryFrame),
        ] {
            let open = self.playback.is_some();
            let text = if narrow { sign.to_owned() } else { word.to_owned() };
            let button = Button::selectable(chosen, text).frame_when_inactive(true).min_size(vec2(32.0, 0.0));
            let response = ui.add_enabled(open, button);
            response.widget_info(|| WidgetInfo::selected(Role::Button, open, chosen, word));
            if response.on_hover_text(what).clicked() {
                actions.push(Action::Video(action));
            }
        }
    }

    /// The time, the frame, how it stands. `wanted`: where the handle is, until the video is there; in seconds.
    fn figures(&self, ui: &mut Ui, wanted: Option<f64>) {
        let scheme = theme::scheme(ui);
        let state = match self.state {
            SourceState::Opening if self.live => Some("connecting…".to_owned()),
            SourceState::Opening => Some("opening…".into()),
            SourceState::Ended => Some("ended".into()),
            SourceState::Failed { retry_in: Some(left), .. } => {
                Some(format!("reconnecting in {:.0} s", left.as_secs_f32().ceil()))
            }
            SourceState::Failed { retry_in: None, .. } => Some("failed".into()),
            SourceState::Stalled { .. } => Some("stalled".into()),
            SourceState::Paused => Some("paused".into()),
            SourceState::Live if self.paused => Some("paused".into()),
            SourceState::Live => self.live.then(|| "live".into()),
        };
        let place = self.playback.zip(self.shown);
        if let Some((playback, shown)) = place {
            self.place(ui, playback, shown, wanted);
        }
        if let Some(state) = state {
            if place.is_some() {
                ui.separator();
            }
            let fault = matches!(self.state, SourceState::Failed { .. } | SourceState::Stalled { .. });
            ui.label(RichText::new(state).color(if fault { scheme.warning } else { scheme.weak }));
        }
    }

    /// The time, and the frame's number.
    fn place(&self, ui: &mut Ui, playback: &Playback, shown: &Playback, wanted: Option<f64>) {
        let digits = |text: String| RichText::new(text).font(theme::digits());
        let (time, number) = match wanted {
            Some(at) => (Duration::try_from_secs_f64(at).unwrap_or_default(), (at * self.rate).round() as u64),
            None => (shown.time, shown.number),
        };
        let skipped = match playback.skipped {
            0 => "Frame number in the video, from 0".to_owned(),
            n => format!("Frame number in the video, from 0; {n} frames skipped to keep real-time speed"),
        };
        let length = playback.duration.map_or_else(String::new, |whole| format!(" / {}", clock(whole)));
        ui.label(digits(format!("{}{length}", clock(time)))).on_hover_text("Time in the video, and duration");
        ui.separator();
        ui.label(digits(format!("frame {number}"))).on_hover_text(skipped);
    }

    /// Gives where to go in the video now.
    fn position(&self, ui: &mut Ui, seek_bar: &mut SeekBar) -> Option<Duration> {
        let duration = self.playback.and_then(|playback| playback.duration);
        let (shown, duration) = self.shown.zip(duration)?;
        let id = ui.scope_id().with("held");
        let held = ui.data(|data| data.get_temp(id)).unwrap_or(false);
        let now = Instant::now();
        let end = duration.as_secs_f64();
        let mut at = seek_bar.place(shown.time.as_secs_f64(), held, now).min(end);
        ui.spacing_mut().slider_width = (ui.available_width() - 8.0).max(60.0);
        let before = at;
        // Without steps: the slider would round to one by itself, which would count as a request.
        let slider = ui.add(Slider::new(&mut at, 0.0..=end).show_value(false).smart_aim(false));
        slider.widget_info(|| WidgetInfo { value: Some(at), ..WidgetInfo::labeled(Role::Slider, true, "Position") });
        if slider.changed() && at != before {
            seek_bar.hold(at);
        }
        let held = slider.dragged();
        ui.data_mut(|data| data.insert_temp(id, held));
        let due = seek_bar.due(held, now).map(|to| Duration::try_from_secs_f64(to).unwrap_or_default());
        if held {
            // The last place of a drag that rests is gone to as well.
            ui.ctx().request_repaint_after(Duration::from_millis(100));
        }
        slider.on_hover_text(format!("Position: {}", clock(Duration::try_from_secs_f64(at).unwrap_or_default())));
        due
    }
}

/// "0:07.2", "1:02:03.0"
pub fn clock(time: Duration) -> String {
    let tenths = time.as_millis() / 100;
    let (hours, minutes, seconds) = (tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}.{}", tenths % 10),
        _ => format!("{hours}:{minutes:02}:{seconds:02}.{}", tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_on_a_player() {
        let read = |millis| clock(Duration::from_millis(millis));
        assert_eq!([read(0), read(7_250), read(62_000)], ["0:00.0", "0:07.2", "1:02.0"]);
        assert_eq!(read(3_723_999), "1:02:03.9");
    }
}
