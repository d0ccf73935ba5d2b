//! What a person can ask of the window, by mouse or by key.

use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use crate::model::ModelName;
use crate::source::SourceRequest;

/// One wish. Panels and keys give these; the viewer carries them out.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Open(SourceRequest),
    /// Shows the system's dialog for a picture.
    ChooseImage,
    /// Opens the same source anew.
    Reopen,
    Use(ModelName),
    SwitchPrecision,
    TogglePause,
    ResetThresholds,
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
pub const SHORTCUTS: [Shortcut; 12] = [
    Shortcut { action: Action::SwitchPrecision, key: plain(Key::P), what: "Switch precision, FP32 or INT8" },
    Shortcut { action: Action::TogglePause, key: plain(Key::Space), what: "Pause, or go on" },
    Shortcut { action: Action::ChooseImage, key: command(Key::O), what: "Open an image" },
    Shortcut { action: Action::ResetThresholds, key: plain(Key::R), what: "Reset score and NMS thresholds" },
    Shortcut { action: Action::ToggleLabels, key: plain(Key::L), what: "Show or hide labels" },
    Shortcut { action: Action::Fit, key: plain(Key::F), what: "Fit the picture to the window" },
    Shortcut { action: Action::ActualSize, key: plain(Key::Z), what: "One image pixel to one screen pixel" },
    Shortcut { action: Action::ZoomIn, key: plain(Key::Plus), what: "Zoom in (or the wheel)" },
    Shortcut { action: Action::ZoomOut, key: plain(Key::Minus), what: "Zoom out (or the wheel)" },
    Shortcut { action: Action::ToggleTheme, key: plain(Key::T), what: "Dark or light" },
    Shortcut { action: Action::ToggleHelp, key: plain(Key::Questionmark), what: "Show these keys" },
    Shortcut { action: Action::Quit, key: command(Key::Q), what: "Quit" },
];

/// The actions of the keys that went down now. None while a person types into a field; and Space, where a control
/// has the focus, is that control's.
pub fn pressed(ctx: &Context) -> Vec<Action> {
    if ctx.text_edit_focused() {
        return Vec::new();
    }
    let focused = ctx.memory(|m| m.focused().is_some());
    let down = |shortcut: &&Shortcut| {
        if focused && shortcut.key.logical_key == Key::Space {
            return false;
        }
        let held = ctx.input(|i| i.events.iter().any(|e| is_repeat(e, shortcut.key.logical_key)));
        if held && !matches!(shortcut.action, Action::ZoomIn | Action::ZoomOut) {
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
