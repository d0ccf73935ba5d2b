//! What a person can ask of the window, by mouse or by key.

use std::time::Duration;

use egui::text_selection::LabelSelectionState;
use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use super::view::{View, Which};
use crate::model::{Arithmetic, ModelName};
use crate::source::{ControlId, ModeRequest, Orientation, SourceRequest};

/// One wish. Panels and keys give these; the viewer carries them out.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Open(SourceRequest),
    /// Shows the system's dialog for pictures and videos.
    ChooseImage,
    /// Shows the system's dialog for a folder.
    ChooseFolder,
    /// Opens what lies in the clipboard.
    Paste,
    /// Copies the picture with its boxes.
    Copy,
    /// Saves the picture with its boxes.
    Save,
    /// Opens the same source anew.
    Reopen,
    Show(View),
    Use(Which, ModelName),
    /// How a side's INT8 model is computed.
    Compute(Which, Arithmetic),
    SwitchPrecision,
    /// A becomes B and B becomes A.
    Swap,
    TogglePause,
    ResetThresholds,
    /// One set of thresholds for A and B, or one each.
    ToggleLink,
    /// Solves B's score threshold that agrees best with A, over the history.
    AgreeBest,
    /// One frame back (-1) or on (1) in the history.
    Step(i64),
    /// One picture of the album back (-1) or on (1) where there is one, else a frame of the history.
    Turn(i64),
    /// The album's picture before (-1), or its next one (1).
    Leaf(i64),
    /// The album's picture at this place.
    LeafTo(usize),
    /// The video's frame before (-1), or its next one (1).
    StepVideo(i64),
    /// To this place in the video.
    Seek(Duration),
    ToggleLoop,
    /// Every frame of the video, or its own rate.
    ToggleEveryFrame,
    /// From a pause or the history to what comes.
    GoOn,
    /// To the frame of this sequence number in the history.
    GoTo(u64),
    ToggleHistory,
    /// Shows or hides the camera's panel.
    ToggleCamera,
    /// Opens the camera anew in another mode.
    ChooseMode(ModeRequest),
    /// Turns the camera's picture.
    Orient(Orientation),
    ToggleMirror,
    SetControl(ControlId, i64),
    ResetControl(ControlId),
    ResetControls,
    /// The layers panel.
    ToggleLayers,
    /// The next row of the table (1), or the one before (-1).
    ChooseNext(i64),
    /// Lets go of what is chosen or held, one thing at a time.
    Back,
    ToggleLabels,
    Fit,
    ActualSize,
    ZoomIn,
    ZoomOut,
    ToggleTheme,
    ToggleHelp,
    Quit,
}

/// A key and what it does.
pub struct Shortcut {
    pub action: Action,
    pub key: KeyboardShortcut,
    pub what: &'static str,
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn command(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

/// Every key, in the order in which the help lists them.
pub const SHORTCUTS: [Shortcut; 35] = [
    Shortcut { action: Action::Show(View::Single), key: plain(Key::Num1), what: "One model" },
    Shortcut { action: Action::Show(View::Split), key: plain(Key::Num2), what: "A and B, split by a bar" },
    Shortcut { action: Action::Show(View::SideBySide), key: plain(Key::Num3), what: "A and B side by side" },
    Shortcut { action: Action::Show(View::Overlay), key: plain(Key::Num4), what: "A and B overlaid, by verdict" },
    Shortcut { action: Action::SwitchPrecision, key: plain(Key::P), what: "Switch precision, FP32 or INT8" },
    Shortcut { action: Action::Swap, key: plain(Key::X), what: "Swap A and B" },
    Shortcut { action: Action::TogglePause, key: plain(Key::Space), what: "Pause, or go on" },
    Shortcut {
        action: Action::Turn(-1),
        key: plain(Key::ArrowLeft),
        what: "The picture before, or one frame back in the history",
    },
    Shortcut {
        action: Action::Turn(1),
        key: plain(Key::ArrowRight),
        what: "The next picture, or one frame on in the history",
    },
    Shortcut { action: Action::Leaf(-1), key: plain(Key::PageUp), what: "The picture before" },
    Shortcut { action: Action::Leaf(1), key: plain(Key::PageDown), what: "The next picture" },
    Shortcut { action: Action::StepVideo(-1), key: plain(Key::Comma), what: "One frame back in the video" },
    Shortcut { action: Action::StepVideo(1), key: plain(Key::Period), what: "One frame on in the video" },
    Shortcut { action: Action::ChooseNext(-1), key: plain(Key::ArrowUp), what: "The pair above in the table" },
    Shortcut { action: Action::ChooseNext(1), key: plain(Key::ArrowDown), what: "The next pair of the table" },
    Shortcut { action: Action::Back, key: plain(Key::Escape), what: "Let go of the chosen pair" },
    Shortcut { action: Action::ToggleHistory, key: plain(Key::H), what: "Show or hide the history" },
    Shortcut { action: Action::ToggleCamera, key: plain(Key::C), what: "Show or hide the camera's settings" },
    Shortcut {
        action: Action::ToggleMirror,
        key: plain(Key::M),
        what: "Show the camera's picture as in a mirror, or not",
    },
    Shortcut { action: Action::ToggleLayers, key: plain(Key::W), what: "Which layers of B hurt" },
    Shortcut { action: Action::ChooseImage, key: command(Key::O), what: "Open pictures or a video" },
    Shortcut { action: Action::Paste, key: command(Key::V), what: "Open what is in the clipboard" },
    Shortcut { action: Action::Copy, key: command(Key::C), what: "Copy the picture with its boxes" },
    Shortcut { action: Action::Save, key: command(Key::S), what: "Save the picture with its boxes" },
    Shortcut { action: Action::ResetThresholds, key: plain(Key::R), what: "Reset score and NMS thresholds" },
    Shortcut {
        action: Action::ToggleLink,
        key: plain(Key::K),
        what: "Link A's and B's thresholds, or take them apart",
    },
    Shortcut { action: Action::AgreeBest, key: plain(Key::G), what: "Find B's threshold that agrees best with A" },
    Shortcut { action: Action::ToggleLabels, key: plain(Key::L), what: "Show or hide labels" },
    Shortcut { action: Action::Fit, key: plain(Key::F), what: "Fit the picture to the window" },
    Shortcut { action: Action::ActualSize, key: plain(Key::Z), what: "One image pixel to one screen pixel" },
    Shortcut { action: Action::ZoomIn, key: plain(Key::Plus), what: "Zoom in (or the wheel)" },
    Shortcut { action: Action::ZoomOut, key: plain(Key::Minus), what: "Zoom out (or the wheel)" },
    Shortcut { action: Action::ToggleTheme, key: plain(Key::T), what: "Dark or light" },
    Shortcut { action: Action::ToggleHelp, key: plain(Key::Questionmark), what: "Show these keys" },
    Shortcut { action: Action::Quit, key: command(Key::Q), what: "Quit" },
];

/// While one of these is held down, only that side's boxes are seen.
pub const HELD: [(Key, Which); 2] = [(Key::A, Which::A), (Key::B, Which::B)];

/// The side that is looked at alone, while its key is held down.
pub fn held(ctx: &Context) -> Option<Which> {
    if ctx.text_edit_focused() {
        return None;
    }
    let down = |key| ctx.input(|i| i.key_down(key) && i.modifiers.is_none());
    HELD.into_iter().find(|(key, _)| down(*key)).map(|(_, which)| which)
}

/// Keys that a control with the focus needs for itself.
const OF_CONTROLS: [Key; 6] = [Key::Space, Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown, Key::Escape];

/// The actions of the keys that went down now. None while a person types into a field; and where a control has the
/// focus, Space and the arrows are that control's.
pub fn pressed(ctx: &Context) -> Vec<Action> {
    if ctx.text_edit_focused() {
        return Vec::new();
    }
    let focused = ctx.memory(|m| m.focused().is_some());
    let down = |shortcut: &&Shortcut| {
        if focused && OF_CONTROLS.contains(&shortcut.key.logical_key) {
            return false;
        }
        if shortcut.action == Action::Copy && has_selected_text(ctx) {
            return false;
        }
        let held = ctx.input(|i| i.events.iter().any(|e| is_repeat(e, shortcut.key.logical_key)));
        let repeats = matches!(
            shortcut.action,
            Action::ZoomIn
                | Action::ZoomOut
                | Action::Turn(_)
                | Action::Leaf(_)
                | Action::StepVideo(_)
                | Action::ChooseNext(_)
        );
        if held && !repeats {
            return false;
        }
        ctx.input_mut(|i| {
            i.consume_shortcut(&shortcut.key)
                // Some layouts need Shift for a sign, or give the unshifted one.
                || (shortcut.key.logical_key == Key::Plus && i.consume_key(Modifiers::NONE, Key::Equals))
                || (shortcut.key.logical_key == Key::Questionmark && i.consume_key(Modifiers::SHIFT, Key::Slash))
        })
    };
    SHORTCUTS.iter().filter(down).map(|s| s.action.clone()).collect()
}

/// Whether words of a label are selected: Ctrl+C copies those then.
pub fn has_selected_text(ctx: &Context) -> bool {
    ctx.plugin::<LabelSelectionState>().lock().has_selection()
}

/// A key that is held down comes again and again; a switch must not flip each time.
fn is_repeat(event: &Event, key: Key) -> bool {
    matches!(event, Event::Key { key: k, pressed: true, repeat: true, .. } if *k == key)
}

/// A key as it is printed on the keyboard: "P", "+", "Ctrl+O".
pub fn key_name(ctx: &Context, key: &KeyboardShortcut) -> String {
    if key.modifiers.is_none() { key.logical_key.symbol_or_name().to_owned() } else { ctx.format_shortcut(key) }
}

/// A tooltip's text: what a control does, and the key that does the same.
pub fn hint(ctx: &Context, what: &str, action: &Action) -> String {
    match SHORTCUTS.iter().find(|s| s.action == *action) {
        Some(shortcut) => format!("{what} ({})", key_name(ctx, &shortcut.key)),
        None => what.to_owned(),
    }
}
