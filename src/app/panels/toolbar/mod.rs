//! The row at the top: source, view, models, pause; and at its right end panels, theme and help.
//!
//! It is laid out from a list of its parts, each of a known width: what the list says fits, fits. In a narrow window words
//! make way for signs, and then one thing after another moves into the menu "More".

mod form;

use egui::{Atom, Atoms, Button, IdSalt, Popup, Response, RichText, Role, Separator, Ui, WidgetInfo, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, CameraAction, HistoryAction, LayersAction, ModelsAction, SourceAction, WindowAction};
use crate::app::models::picker::ModelPicker;
use crate::app::panels::view_buttons;
use crate::app::source::picker::SourcePicker;
use crate::app::ui::elide;
use crate::app::ui::signs::Sign;
use crate::app::view::{Side, View};
use form::{Tool, ToolbarForm};

/// Of a button with a sign alone at least, and of the pause button with its word, in points.
const BUTTON: f32 = 34.0;
const PAUSE: f32 = 92.0;

/// Of the line between groups, with the space around it, in points.
const LINE: f32 = 6.0;

/// What rounding may add to the widths, in points.
const SLACK: f32 = 4.0;

/// What the toolbar shows.
pub struct Toolbar<'a> {
    pub sources: SourcePicker<'a>,
    /// The camera panel is shown.
    pub camera_open: bool,
    pub models: ModelPicker<'a>,
    pub view: View,
    pub paused: bool,
    pub can_pause: bool,
    /// A recording is made.
    pub recording: bool,
    /// The history, and the layers, are shown.
    pub history_open: bool,
    pub layers_open: bool,
}

/// A part of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ToolbarPart {
    SourceWord,
    Source,
    Camera,
    OpenFiles,
    Line,
    Views,
    Models,
    Pause,
    Record,
    History,
    Layers,
    Theme,
    Help,
    More,
}

impl Toolbar<'_> {
    pub fn ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let form = ToolbarForm::fitting(ui.available_width() - SLACK, |form| {
            let [left, right] = self.parts(form);
            self.width(ui, &left, form) + ui.spacing().item_spacing.x + self.width(ui, &right, form)
        });
        let [left, right] = self.parts(&form);
        ui.horizontal_centered(|ui| {
            for part in left {
                self.part(ui, part, &form, actions);
            }
            // From left to right here too: the keyboard goes through the row as it is read.
            let rest = ui.available_width() - self.width(ui, &right, &form);
            ui.add_space(rest.max(0.0));
            for part in right {
                self.part(ui, part, &form, actions);
            }
        });
    }

    /// What stands at the left, and at the right.
    fn parts(&self, form: &ToolbarForm) -> [Vec<ToolbarPart>; 2] {
        use ToolbarPart::*;
        let has_camera = self.sources.camera.is_some();
        let left = [
            (SourceWord, form.source_word),
            (Source, true),
            (Camera, has_camera && form.shows(Tool::Camera)),
            (OpenFiles, form.shows(Tool::OpenFiles)),
            (Line, form.shows(Tool::Views)),
            (Views, form.shows(Tool::Views)),
            (Line, form.shows(Tool::Models)),
            (Models, form.shows(Tool::Models)),
            (Line, true),
            (Pause, true),
            (Record, form.shows(Tool::Record)),
        ];
        let right = [
            (History, form.shows(Tool::Panels)),
            (Layers, form.shows(Tool::Panels)),
            (Theme, form.shows(Tool::Theme)),
            (Help, form.shows(Tool::Help)),
            (More, !form.in_more.is_empty()),
        ];
        let shown = |parts: &[(ToolbarPart, bool)]| {
            parts.iter().filter(|(_, shown)| *shown).map(|(part, _)| *part).collect::<Vec<_>>()
        };
        [shown(&left), shown(&right)]
    }

    /// Of these parts and the spaces between them.
    fn width(&self, ui: &Ui, parts: &[ToolbarPart], form: &ToolbarForm) -> f32 {
        let spaces = ui.spacing().item_spacing.x * parts.len().saturating_sub(1) as f32;
        parts.iter().map(|part| self.part_width(ui, *part, form)).sum::<f32>() + spaces
    }

    /// At least as wide as it becomes.
    fn part_width(&self, ui: &Ui, part: ToolbarPart, form: &ToolbarForm) -> f32 {
        match part {
            ToolbarPart::SourceWord => elide::width(ui, "Source").ceil(),
            ToolbarPart::Source => form.source,
            ToolbarPart::Line => LINE,
            ToolbarPart::Views => view_buttons::width(ui, form.view_words),
            ToolbarPart::Models => self.models.width(ui, self.view.compares(), form.picker()),
            ToolbarPart::Pause => self.pause_width(ui, form),
            ToolbarPart::Camera => button_width(ui, false, "⚙"),
            ToolbarPart::OpenFiles => button_width(ui, false, "🗁"),
            ToolbarPart::Help => button_width(ui, false, "?"),
            ToolbarPart::History => button_width(ui, true, if form.panel_words { "History" } else { "" }),
            ToolbarPart::Layers => button_width(ui, true, if form.panel_words { "Layers" } else { "" }),
            ToolbarPart::Record | ToolbarPart::Theme | ToolbarPart::More => button_width(ui, true, ""),
        }
    }

    fn part(&self, ui: &mut Ui, part: ToolbarPart, form: &ToolbarForm, actions: &mut Vec<Action>) {
        match part {
            ToolbarPart::SourceWord => _ = ui.label(RichText::new("Source").weak()),
            ToolbarPart::Source => self.sources.ui(ui, form.source, actions),
            ToolbarPart::Line => _ = ui.add(Separator::default().spacing(LINE)),
            ToolbarPart::Views => view_buttons::show(ui, self.view, form.view_words, actions),
            ToolbarPart::Models => self.models.ui(ui, self.view.compares(), form.picker(), actions),
            ToolbarPart::Pause => self.pause(ui, form, actions),
            ToolbarPart::Camera => {
                let what = "Camera settings: size, format, rate, controls, mirror and rotation";
                let action = Action::Camera(CameraAction::TogglePanel);
                let width = self.part_width(ui, part, form);
                let response = ui.add(Button::new("⚙").selected(self.camera_open).min_size(vec2(width, 0.0)));
                let open = self.camera_open;
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, "Camera settings"));
                finish(ui, response, what, action, actions);
            }
            ToolbarPart::OpenFiles => {
                let action = Action::Source(SourceAction::ChooseFiles);
                button(ui, "🗁", "Open files…", action, actions);
            }
            ToolbarPart::Help => {
                button(ui, "?", "Help", Action::Window(WindowAction::ToggleHelp), actions);
            }
            ToolbarPart::Theme => {
                let sign = if ui.visuals().dark_mode { Sign::Sun } else { Sign::Moon };
                let response = sign_button(ui, sign, "", false);
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Toggle dark/light theme"));
                let action = Action::Window(WindowAction::ToggleTheme);
                finish(ui, response, "Toggle dark/light theme", action, actions);
            }
            ToolbarPart::Record => {
                let (name, what) = record_words(self.recording);
                let response = sign_button(ui, Sign::Record, "", self.recording);
                let recording = self.recording;
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, recording, name));
                finish(ui, response, what, Action::History(HistoryAction::ToggleRecording), actions);
            }
            ToolbarPart::History | ToolbarPart::Layers => self.panel(ui, part, form, actions),
            ToolbarPart::More => self.more(ui, form, actions),
        }
    }

    /// The button of the history, or of the layers.
    fn panel(&self, ui: &mut Ui, part: ToolbarPart, form: &ToolbarForm, actions: &mut Vec<Action>) {
        let (sign, open) = match part {
            ToolbarPart::History => (Sign::History, self.history_open),
            _ => (Sign::Layers, self.layers_open),
        };
        let word = panel_word(part);
        let response = sign_button(ui, sign, if form.panel_words { word } else { "" }, open);
        // The panel's own title has the word alone.
        let name = format!("{word} panel");
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, &name));
        let (what, action) = panel_action(part);
        finish(ui, response, what, action, actions);
    }

    fn pause_width(&self, ui: &Ui, form: &ToolbarForm) -> f32 {
        // Both forms are as wide: the button must not jump when it is pressed.
        let widths = [false, true].map(|paused| button_width(ui, false, &pause_text(paused, form.pause_word)));
        widths.into_iter().fold(if form.pause_word { PAUSE } else { BUTTON }, f32::max)
    }

    fn pause(&self, ui: &mut Ui, form: &ToolbarForm, actions: &mut Vec<Action>) {
        let (word, what) =
            if self.paused { ("Resume", "Resume") } else { ("Pause", "Pause on this frame (thresholds stay live)") };
        let can = self.can_pause;
        let width = self.pause_width(ui, form);
        let button = Button::new(pause_text(self.paused, form.pause_word)).selected(self.paused);
        let response = ui.add_enabled(can, button.min_size(vec2(width, 0.0)));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, can, word));
        finish(ui, response, what, Action::Window(WindowAction::TogglePause), actions);
    }

    /// The menu with what has no room in the row.
    fn more(&self, ui: &mut Ui, form: &ToolbarForm, actions: &mut Vec<Action>) {
        let response = sign_button(ui, Sign::More, "", false);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "More"));
        Popup::menu(&response).show(|ui| {
            for tool in &form.in_more {
                self.entry(ui, *tool, actions);
            }
        });
        response.on_hover_text("More");
    }

    /// A tool in the menu.
    fn entry(&self, ui: &mut Ui, tool: Tool, actions: &mut Vec<Action>) {
        let mut row = |ui: &mut Ui, name: &str, chosen: bool, action: Action| {
            let response = ui.selectable_label(chosen, name);
            finish(ui, response, name, action, actions);
        };
        match tool {
            Tool::OpenFiles => row(ui, "Open files…", false, Action::Source(SourceAction::ChooseFiles)),
            Tool::Theme => row(ui, "Toggle dark/light theme", false, Action::Window(WindowAction::ToggleTheme)),
            Tool::Help => row(ui, "Help", false, Action::Window(WindowAction::ToggleHelp)),
            Tool::Record => {
                let name = record_words(self.recording).0;
                row(ui, name, self.recording, Action::History(HistoryAction::ToggleRecording));
            }
            Tool::Camera if self.sources.camera.is_none() => {}
            Tool::Camera => row(ui, "Camera settings", self.camera_open, Action::Camera(CameraAction::TogglePanel)),
            Tool::Panels => {
                let parts = [(ToolbarPart::History, self.history_open), (ToolbarPart::Layers, self.layers_open)];
                for (part, open) in parts {
                    row(ui, &format!("{} panel", panel_word(part)), open, panel_action(part).1);
                }
            }
            Tool::Swap if !self.view.compares() => {}
            Tool::Swap => row(ui, "Swap A and B", false, Action::Models(ModelsAction::Swap)),
            Tool::Views => {
                for view in View::ALL {
                    row(ui, view.label(), view == self.view, Action::Window(WindowAction::Show(view)));
                }
            }
            Tool::Models => {
                let sides = if self.view.compares() { &Side::BOTH[..] } else { &Side::BOTH[..1] };
                for which in sides {
                    let name = format!("Model {}", which.letter());
                    ui.menu_button(name, |ui| self.models.menu(ui, *which, actions));
                }
            }
        }
    }
}

/// The button's name, and what it does.
fn record_words(recording: bool) -> (&'static str, &'static str) {
    if recording {
        ("Stop recording", "Stop recording")
    } else {
        ("Record", "Record frames and raw model outputs, to replay them at other thresholds and with other models")
    }
}

fn panel_word(part: ToolbarPart) -> &'static str {
    if part == ToolbarPart::History { "History" } else { "Layers" }
}

/// What the button of a panel does, and how.
fn panel_action(part: ToolbarPart) -> (&'static str, Action) {
    match part {
        ToolbarPart::History => {
            let what = "History: agreement and latency over time, and the frames behind them";
            (what, Action::History(HistoryAction::TogglePanel))
        }
        _ => ("Layers: layer sensitivity of B", Action::Layers(LayersAction::TogglePanel)),
    }
}

fn pause_text(paused: bool, with_word: bool) -> String {
    let (sign, word) = if paused { ("▶", "Resume") } else { ("⏸", "Pause") };
    if with_word { format!("{sign}  {word}") } else { sign.to_owned() }
}

/// Of a button with a sign, a text or both, in points.
fn button_width(ui: &Ui, has_sign: bool, text: &str) -> f32 {
    let spacing = ui.spacing();
    let sign = if has_sign { Sign::SIZE.x } else { 0.0 };
    let gap = if has_sign && !text.is_empty() { spacing.icon_spacing } else { 0.0 };
    let text = if text.is_empty() { 0.0 } else { elide::width(ui, text) };
    (2.0 * spacing.button_padding.x + sign + gap + text).ceil().max(BUTTON)
}

fn button(ui: &mut Ui, text: &str, what: &str, action: Action, actions: &mut Vec<Action>) {
    let width = button_width(ui, false, text);
    let response = ui.add(Button::new(text).min_size(vec2(width, 0.0)));
    // A sign alone says nothing to a screen reader.
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, what));
    finish(ui, response, what, action, actions);
}

/// A button with a painted sign.
fn sign_button(ui: &mut Ui, sign: Sign, text: &str, chosen: bool) -> Response {
    let place = || IdSalt::new("sign");
    let mut atoms = Atoms::new(Atom::custom(place(), Sign::SIZE));
    if !text.is_empty() {
        atoms.push_right(text);
    }
    let width = button_width(ui, true, text);
    let button = Button::selectable(chosen, atoms).frame_when_inactive(true).min_size(vec2(width, 0.0));
    let response = button.atom_ui(ui);
    let visuals = ui.style().interact_selectable(&response.response, chosen);
    if let Some(rect) = response.rect(place()) {
        sign.paint(ui.painter(), rect, visuals.text_color(), visuals.weak_bg_fill);
    }
    response.response
}

fn finish(ui: &Ui, response: Response, what: &str, action: Action, actions: &mut Vec<Action>) {
    if response.on_hover_text(hint(ui.ctx(), what, &action)).clicked() {
        actions.push(action);
    }
}
