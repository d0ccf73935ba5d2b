//! What is wrong with the source, in words: a card on its last picture, and a few words in the status line.

use std::path::Path;
use std::time::Duration;

use egui::{Align2, Area, Button, Id, Order, Rect, RichText, Ui, vec2};

use crate::app::action::{Action, SourceAction};
use crate::app::ui::theme;
use crate::engine::SourceState;
use crate::source::SourceRequest;

/// No wider than this, in points.
const WIDTH: f32 = 420.0;

/// Of a button, in points.
const BUTTON: f32 = 132.0;

/// Why no new picture comes, and what happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceProblem {
    pub title: &'static str,
    pub text: String,
    /// What is done about it without anybody's help.
    pub next: Option<String>,
    /// The demo is a way out.
    pub offers_demo: bool,
}

impl SourceProblem {
    /// `None` while nothing is wrong. `camera`: the source is one; `absent`: it was looked for, and is not there.
    pub fn of(state: &SourceState, name: &str, camera: bool, absent: bool) -> Option<Self> {
        let waits = || Some("waiting for it to return".to_owned());
        match state {
            SourceState::Stalled { .. } if absent => Some(Self {
                title: "Unplugged",
                text: format!("{name} was unplugged."),
                next: waits(),
                offers_demo: true,
            }),
            SourceState::Stalled { since } => Some(Self {
                title: "Stalled",
                text: format!("No frame from {name} for {}.", span(*since)),
                next: Some(if camera { "reopening" } else { "waiting for the next frame" }.into()),
                offers_demo: true,
            }),
            SourceState::Failed { message, retry_in } => {
                let next = retry_in.map(|left| match left.as_secs_f32().ceil() {
                    seconds if seconds < 1.0 => "retrying now…".to_owned(),
                    seconds => format!("retrying in {seconds:.0} s"),
                });
                let title = if absent { "Unplugged" } else { "Source failed" };
                let next = if absent { next.and_then(|_| waits()) } else { next };
                // Its first letter stays: it may be a name's.
                Some(Self { title, text: format!("{}.", message.trim_end_matches('.')), next, offers_demo: true })
            }
            _ => None,
        }
    }

    /// A folder was opened in which there is nothing to look at.
    pub fn empty_folder(folder: &Path) -> Self {
        let text = format!("{} contains no images (JPEG, PNG, WebP, BMP).", folder.display());
        Self { title: "No images in this folder", text, next: None, offers_demo: true }
    }

    /// The same where the demo has no photos: it is no way out, and what is one is said instead.
    pub fn without_demo(mut self) -> Self {
        self.offers_demo = false;
        if self.next.is_none() {
            self.text += " Open an image, a folder or a video instead.";
        }
        self
    }

    /// "stalled, reopening"
    pub fn short(&self) -> String {
        let title = self.title.to_lowercase();
        self.next.as_ref().map_or_else(|| title.clone(), |next| format!("{title}, {next}"))
    }

    /// Puts the card on the picture, which is this old.
    pub fn ui(&self, ui: &Ui, picture: Rect, age: Duration, actions: &mut Vec<Action>) {
        let width = WIDTH.min(picture.width() - 24.0).max(120.0);
        let card = Area::new(Id::unique("source problem")).order(Order::Middle).pivot(Align2::CENTER_CENTER);
        card.fixed_pos(picture.center()).constrain_to(picture).show(ui.ctx(), |ui| {
            egui::Frame::window(ui.style()).inner_margin(16.0).show(ui, |ui| {
                ui.set_width(width - 32.0);
                ui.vertical_centered(|ui| {
                    let scheme = theme::scheme(ui);
                    ui.label(RichText::new(format!("⚠  {}", self.title)).heading().color(scheme.warning));
                    ui.add_space(2.0);
                    ui.label(&self.text);
                    ui.add_space(2.0);
                    let next = self.next.as_ref().map_or_else(String::new, |next| format!(" · {next}"));
                    let age = format!("Last picture {} ago{next}", span(age));
                    ui.label(RichText::new(age).color(scheme.weak));
                    ui.add_space(10.0);
                });
                self.ways_out(ui, actions);
            });
        });
    }

    /// Buttons beside each other, or below each other where the picture is small.
    fn ways_out(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let demo = self.offers_demo.then_some(("Show the demo", SourceAction::Open(SourceRequest::Demo)));
        let ways: Vec<_> = std::iter::once(("Try again", SourceAction::Reopen)).chain(demo).collect();
        let all = ways.len() as f32 * (BUTTON + ui.spacing().item_spacing.x) - ui.spacing().item_spacing.x;
        let beside = ui.available_width() >= all;
        let mut button = |ui: &mut Ui, (text, action)| {
            if ui.add(Button::new(text).min_size(vec2(BUTTON, 0.0))).clicked() {
                actions.push(Action::Source(action));
            }
        };
        if beside {
            ui.horizontal(|ui| {
                ui.add_space((ui.available_width() - all) / 2.0);
                ways.into_iter().for_each(|way| button(ui, way));
            });
        } else {
            ui.vertical_centered(|ui| ways.into_iter().for_each(|way| button(ui, way)));
        }
    }
}

/// Words of ours as a sentence. Not for messages: they may begin with a name, which a capital would falsify.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let rest = letters.as_str().trim_end_matches('.');
    // Dots that say that it goes on are an end, too.
    let end = if rest.ends_with('…') { "" } else { "." };
    format!("{first}{rest}{end}")
}

/// "12 s", "3 min 5 s", "2 h 10 min"
pub fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(retry_in: Option<u64>) -> SourceState {
        SourceState::Failed { message: "cam is busy".into(), retry_in: retry_in.map(Duration::from_millis) }
    }

    fn problem(state: &SourceState, absent: bool) -> SourceProblem {
        SourceProblem::of(state, "cam", true, absent).unwrap()
    }

    #[test]
    fn each_state_says_what_comes_next() {
        let stalled = SourceState::Stalled { since: Duration::from_secs(12) };
        assert_eq!(problem(&stalled, false).text, "No frame from cam for 12 s.");
        assert_eq!(problem(&stalled, false).short(), "stalled, reopening");
        assert_eq!(problem(&failed(Some(2100)), false).short(), "source failed, retrying in 3 s");
        assert_eq!(problem(&failed(Some(0)), false).short(), "source failed, retrying now…");
        assert_eq!(problem(&failed(Some(2100)), true).short(), "unplugged, waiting for it to return");
        assert_eq!(problem(&failed(None), false).short(), "source failed");
        assert_eq!(problem(&failed(None), false).text, "cam is busy.", "a name is kept as it is");
        for state in [SourceState::Opening, SourceState::Live, SourceState::Paused, SourceState::Ended] {
            assert_eq!(SourceProblem::of(&state, "cam", true, true), None);
        }
    }

    #[test]
    fn a_sentence_has_one_end() {
        assert_eq!(sentence("reopening"), "Reopening.");
        assert_eq!(sentence("retrying now…"), "Retrying now…");
    }

    #[test]
    fn spans_read_well() {
        let read = |seconds| span(Duration::from_secs(seconds));
        assert_eq!([read(0), read(59), read(185), read(7800)], ["0 s", "59 s", "3 min 5 s", "2 h 10 min"]);
    }
}
