//! The keys.

use egui::text_selection::LabelSelectionState;
use egui::{Context, Event, Id, Key, KeyboardShortcut, Modifiers, Popup};

use super::{
    Action, AlbumAction, CameraAction, HistoryAction, LayersAction, ModelsAction, PairsAction, PictureAction,
    SavingAction, SourceAction, ThresholdsAction, VideoAction, WindowAction,
};
use crate::app::ui::list_focus;
use crate::app::view::{Side, View};

/// A key and what it does.
pub struct Shortcut {
    pub action: Action,
    pub key: KeyboardShortcut,
    pub what: &'static str,
}

const fn plain(key: Key, action: Action, what: &'static str) -> Shortcut {
    Shortcut { action, key: KeyboardShortcut::new(Modifiers::NONE, key), what }
}

const fn command(key: Key, action: Action, what: &'static str) -> Shortcut {
    Shortcut { action, key: KeyboardShortcut::new(Modifiers::COMMAND, key), what }
}

const fn shifted(key: Key, action: Action, what: &'static str) -> Shortcut {
    Shortcut { action, key: KeyboardShortcut::new(Modifiers::SHIFT, key), what }
}

/// Every key, in the order in which the help lists them.
pub static SHORTCUTS: [Shortcut; 51] = [
    plain(Key::Num1, Action::Window(WindowAction::Show(View::Single)), "One model"),
    plain(Key::Num2, Action::Window(WindowAction::Show(View::Split)), "A and B, split by a movable divider"),
    plain(Key::Num3, Action::Window(WindowAction::Show(View::SideBySide)), "A and B side by side"),
    plain(Key::Num4, Action::Window(WindowAction::Show(View::Overlay)), "A and B overlaid, coloured by match result"),
    plain(Key::P, Action::Models(ModelsAction::SwitchPrecision), "Switch A between its last two models"),
    shifted(Key::P, Action::Models(ModelsAction::Next), "Next model for A"),
    plain(Key::X, Action::Models(ModelsAction::Swap), "Swap A and B"),
    plain(Key::I, Action::Models(ModelsAction::ToggleComputedAs(Side::B)), "How B's INT8 model is computed"),
    plain(Key::Space, Action::Window(WindowAction::TogglePause), "Pause or resume"),
    plain(Key::ArrowLeft, Action::Window(WindowAction::Step(-1)), "Previous image, or frame (video, history)"),
    plain(Key::ArrowRight, Action::Window(WindowAction::Step(1)), "Next image, or frame (video, history)"),
    plain(Key::PageUp, Action::Source(SourceAction::StepPicture(-1)), "Previous image"),
    plain(Key::PageDown, Action::Source(SourceAction::StepPicture(1)), "Next image"),
    plain(Key::Home, Action::Source(SourceAction::GoToEnd(-1)), "First image"),
    plain(Key::End, Action::Source(SourceAction::GoToEnd(1)), "Last image"),
    plain(Key::D, Action::Album(AlbumAction::CompareAll), "Compare A and B on all images"),
    plain(Key::N, Action::Album(AlbumAction::NextDifference(1)), "Next image on which A and B differ"),
    shifted(Key::N, Action::Album(AlbumAction::NextDifference(-1)), "Previous image on which A and B differ"),
    plain(Key::Comma, Action::Video(VideoAction::Step(-1)), "Previous frame of the video"),
    plain(Key::Period, Action::Video(VideoAction::Step(1)), "Next frame of the video"),
    plain(Key::ArrowUp, Action::Pairs(PairsAction::SelectNext(-1)), "Previous pair in the table"),
    plain(Key::ArrowDown, Action::Pairs(PairsAction::SelectNext(1)), "Next pair in the table"),
    plain(Key::Enter, Action::Pairs(PairsAction::BringBack), "Adjust the threshold that hides the pair's box"),
    plain(Key::Y, Action::Pairs(PairsAction::FindLayers), "Which layers caused the selected pair's difference"),
    plain(Key::Escape, Action::Window(WindowAction::Back), "Deselect"),
    plain(Key::H, Action::History(HistoryAction::TogglePanel), "Show or hide the history"),
    plain(Key::C, Action::Camera(CameraAction::TogglePanel), "Show or hide the camera settings"),
    plain(Key::M, Action::Camera(CameraAction::ToggleMirror), "Toggle mirror"),
    plain(Key::W, Action::Layers(LayersAction::TogglePanel), "Layer sensitivity of B"),
    command(Key::O, Action::Source(SourceAction::ChooseFiles), "Open files"),
    command(Key::U, Action::Source(SourceAction::ChooseStream), "Open a stream by its address"),
    command(Key::V, Action::Source(SourceAction::Paste), "Paste image, path or address"),
    command(Key::C, Action::Picture(PictureAction::Copy), "Copy the picture with its boxes"),
    command(Key::S, Action::Picture(PictureAction::Save), "Save the picture with its boxes"),
    plain(Key::V, Action::Saving(SavingAction::ToggleVideo), "Start or stop saving a video with boxes"),
    plain(Key::S, Action::Saving(SavingAction::ToggleHarvest), "Start or stop harvesting frames that differ"),
    command(Key::R, Action::History(HistoryAction::ToggleRecording), "Start or stop recording"),
    plain(Key::R, Action::Thresholds(ThresholdsAction::Reset), "Reset score threshold and NMS IoU"),
    plain(Key::K, Action::Thresholds(ThresholdsAction::ToggleLink), "Link or unlink A's and B's thresholds"),
    plain(Key::G, Action::Thresholds(ThresholdsAction::FindBest), "Match B's threshold to A"),
    plain(Key::L, Action::Picture(PictureAction::ToggleLabels), "Show or hide labels"),
    plain(Key::U, Action::Picture(PictureAction::ToggleTruth), "Show or hide the truth (annotations)"),
    plain(Key::F, Action::Picture(PictureAction::Fit), "Fit the picture to the window"),
    plain(Key::Z, Action::Picture(PictureAction::ActualSize), "Actual size (100 %)"),
    plain(Key::Plus, Action::Picture(PictureAction::ZoomIn), "Zoom in (or mouse wheel)"),
    plain(Key::Minus, Action::Picture(PictureAction::ZoomOut), "Zoom out (or mouse wheel)"),
    plain(Key::T, Action::Window(WindowAction::ToggleTheme), "Toggle dark/light theme"),
    plain(Key::F9, Action::Window(WindowAction::TogglePanels), "Hide or show all panels"),
    plain(Key::F11, Action::Window(WindowAction::ToggleFullScreen), "Full screen"),
    plain(Key::Questionmark, Action::Window(WindowAction::ToggleHelp), "Help"),
    command(Key::Q, Action::Window(WindowAction::Quit), "Quit"),
];

/// While one of these is held down, only that side's boxes are shown.
pub const HELD: [(Key, Side); 2] = [(Key::A, Side::A), (Key::B, Side::B)];

/// The side that is shown alone, while its key is held down.
pub fn held(ctx: &Context) -> Option<Side> {
    if ctx.text_edit_focused() {
        return None;
    }
    let down = |key| ctx.input(|i| i.key_down(key) && i.modifiers.is_none());
    HELD.into_iter().find(|(key, _)| down(*key)).map(|(_, which)| which)
}

/// Keys that a control with the focus needs for itself.
const OF_CONTROLS: [Key; 9] = [
    Key::Space,
    Key::Enter,
    Key::ArrowLeft,
    Key::ArrowRight,
    Key::ArrowUp,
    Key::ArrowDown,
    Key::Home,
    Key::End,
    Key::Escape,
];

/// Keys that move within a list.
const OF_LISTS: [Key; 2] = [Key::PageUp, Key::PageDown];

/// To be called once all panels are painted: Escape in a text field is that field's. It has lost the focus already when the
/// next keys are looked at.
pub fn note_text_field(ctx: &Context) {
    let focused = ctx.text_edit_focused();
    ctx.data_mut(|d| d.insert_temp(text_field(), focused));
}

/// Where it is noted whether a text field had the focus when everything was painted last.
fn text_field() -> Id {
    Id::unique("a text field had the focus")
}

/// Whether Escape is a text field's or an open menu's, which look for it when they are painted.
fn escape_is_taken(ctx: &Context) -> bool {
    ctx.data(|d| d.get_temp::<bool>(text_field())).unwrap_or_default() || Popup::is_any_open(ctx)
}

/// The actions of the keys that went down now. None while a text field has the focus; where another control has it,
/// Space, Enter, the arrows, Home and End are that control's.
pub fn pressed(ctx: &Context) -> Vec<Action> {
    // A dialog that waits for an answer has all keys, Escape among them.
    if ctx.text_edit_focused() || ctx.memory(|m| m.top_modal_layer().is_some()) {
        return Vec::new();
    }
    let focused = ctx.memory(|m| m.focused().is_some());
    let (in_list, escape_is_taken) = (list_focus::has_page_keys(ctx), escape_is_taken(ctx));
    let down = |shortcut: &&Shortcut| {
        let key = shortcut.key.logical_key;
        let is_taken = focused && OF_CONTROLS.contains(&key)
            || in_list && OF_LISTS.contains(&key)
            || escape_is_taken && key == Key::Escape;
        if is_taken {
            return false;
        }
        if shortcut.action == Action::Picture(PictureAction::Copy) && has_selected_text(ctx) {
            return false;
        }
        let held = ctx.input(|i| i.events.iter().any(|e| is_repeat(e, shortcut.key.logical_key)));
        if held && !repeats(&shortcut.action) {
            return false;
        }
        ctx.input_mut(|i| {
            i.consume_shortcut(&shortcut.key)
                // Some layouts need Shift for a sign, or give the unshifted one.
                || (shortcut.key.logical_key == Key::Plus && i.consume_key(Modifiers::NONE, Key::Equals))
                || (shortcut.key.logical_key == Key::Questionmark && i.consume_key(Modifiers::SHIFT, Key::Slash))
        })
    };
    // A key alone would take the one with Shift, too.
    let (with_shift, without): (Vec<_>, Vec<_>) = SHORTCUTS.iter().partition(|s| s.key.modifiers.shift);
    with_shift.into_iter().chain(without).filter(down).map(|s| s.action.clone()).collect()
}

/// Whether a key that is held down does this again and again; a switch must not flip each time.
fn repeats(action: &Action) -> bool {
    matches!(
        action,
        Action::Picture(PictureAction::ZoomIn | PictureAction::ZoomOut)
            | Action::Window(WindowAction::Step(_))
            | Action::Source(SourceAction::StepPicture(_))
            | Action::Album(AlbumAction::NextDifference(_))
            | Action::Video(VideoAction::Step(_))
            | Action::Pairs(PairsAction::SelectNext(_))
    )
}

/// Whether text of a label is selected: Ctrl+C copies that then.
pub fn has_selected_text(ctx: &Context) -> bool {
    ctx.plugin::<LabelSelectionState>().lock().has_selection()
}

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
