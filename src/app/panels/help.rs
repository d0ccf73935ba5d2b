//! The help: all keys in groups, what the mouse does, what the lines of the boxes mean, and what A and B are.

use egui::scroll_area::ScrollBarVisibility;
use egui::style::ScrollStyle;
use egui::{Align2, Context, Label, RichText, ScrollArea, Sense, Stroke, Ui, vec2};

use crate::app::action::shortcuts::{HELD, SHORTCUTS, key_name};
use crate::app::action::{Action, CameraAction, HistoryAction, PictureAction, WindowAction};
use crate::app::ui::palette::TRUTH;
use crate::app::ui::verdict_style;
use crate::compare::VerdictKind;

/// What stands under one heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HelpGroup {
    View,
    Models,
    Boxes,
    Pictures,
    History,
    Panels,
}

impl HelpGroup {
    const ALL: [Self; 6] = [Self::View, Self::Models, Self::Boxes, Self::Pictures, Self::History, Self::Panels];

    fn of(action: &Action) -> Self {
        match action {
            Action::Picture(PictureAction::Copy | PictureAction::Save)
            | Action::Saving(_)
            | Action::History(HistoryAction::ToggleRecording) => Self::Pictures,
            Action::Picture(_) | Action::Window(WindowAction::Show(_)) => Self::View,
            Action::Models(_) | Action::Thresholds(_) => Self::Models,
            Action::Pairs(_) | Action::Window(WindowAction::Back) => Self::Boxes,
            Action::Window(WindowAction::TogglePause | WindowAction::Resume | WindowAction::Step(_)) => Self::History,
            Action::History(HistoryAction::TogglePanel)
            | Action::Camera(CameraAction::TogglePanel)
            | Action::Layers(_)
            | Action::Window(_) => Self::Panels,
            Action::History(_) => Self::History,
            Action::Source(_) | Action::Album(_) | Action::Video(_) | Action::Camera(_) => Self::Pictures,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::View => "View",
            Self::Models => "Models and thresholds",
            Self::Boxes => "Boxes and pairs",
            Self::Pictures => "Images, videos, cameras",
            Self::History => "Pause and history",
            Self::Panels => "Panels and window",
        }
    }

    /// What the mouse does.
    fn others(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::View => &[("Wheel", "Zoom"), ("Drag", "Move the picture"), ("Double-click", "Fit")],
            Self::Boxes => &[("Click a box", "Select it: its scores, and why it differs")],
            Self::Pictures => &[("Drop", "Open files or a folder")],
            Self::History => &[("Click a plot", "Go to that frame")],
            Self::Models | Self::Panels => &[],
        }
    }

    /// Keys and what they do, from the one table of them; then the mouse.
    fn rows(self, ctx: &Context) -> Vec<(String, String)> {
        let keys = SHORTCUTS.iter().filter(|shortcut| Self::of(&shortcut.action) == self);
        let keys = keys.map(|shortcut| (key_name(ctx, &shortcut.key), shortcut.what.to_owned()));
        let held = HELD.iter().filter(|_| self == Self::View);
        let held = held.map(|(key, side)| (format!("Hold {}", key.name()), format!("Only {}'s boxes", side.letter())));
        let others = self.others().iter().map(|(what, does)| ((*what).to_owned(), (*does).to_owned()));
        keys.chain(held).chain(others).collect()
    }
}

/// What stands beside a verdict's line.
fn meaning(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Matched => "A and B found a box there, of the same class",
        VerdictKind::Lost => "only A found the box",
        VerdictKind::Gained => "only B found the box",
        VerdictKind::Flip => "A and B found a box there, of different classes",
    }
}

const ABOUT: &str = "A and B are two models that see the same frames, as a rule one in FP32 and its INT8 version. \
                     Twinsight matches their boxes by place and class. Agreement is the F1 score: 1 if every box has a \
                     partner, 0 if none has. Click a box to see why it differs, and at which threshold it reappears.";

/// Of a column, in points, at most.
const COLUMN: f32 = 350.0;

/// Of the keys in it.
const KEYS: f32 = 104.0;

const GAP: f32 = 24.0;

/// What the window needs besides its contents: title, margins, and space around it.
const AROUND: [f32; 2] = [72.0, 92.0];

/// Shows it while `open`; the cross closes it.
pub fn show(ui: &Ui, open: &mut bool) {
    let room = ui.ctx().content_rect().size() - vec2(AROUND[0], AROUND[1]);
    let column = ((room.x - GAP) / 2.0).min(COLUMN);
    let window = egui::Window::new("Help").open(open).collapsible(false).resizable(false);
    window.anchor(Align2::CENTER_CENTER, [0.0, 0.0]).show(ui.ctx(), |ui| {
        // A bar that is always there tells that there is more.
        ui.spacing_mut().scroll = ScrollStyle::solid();
        let height = room.y.max(120.0);
        // As high as there is room, and not only as the window is by default.
        let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
        area.scroll_bar_visibility(ScrollBarVisibility::VisibleWhenNeeded).show(ui, |ui| contents(ui, column));
    });
}

fn contents(ui: &mut Ui, column: f32) {
    let groups = HelpGroup::ALL.map(|group| (group, group.rows(ui.ctx())));
    let first = first_column(&groups.each_ref().map(|(_, rows)| rows.len()));
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        for (place, groups) in [&groups[..first], &groups[first..]].into_iter().enumerate() {
            ui.vertical(|ui| {
                ui.set_width(column);
                ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
                groups.iter().for_each(|(group, rows)| keys(ui, group.title(), rows));
                if place == 1 {
                    legend(ui);
                }
            });
        }
    });
    ui.add_space(6.0);
    ui.add(Label::new(ABOUT).wrap());
    ui.add_space(4.0);
    ui.label(RichText::new(concat!("Twinsight ", env!("CARGO_PKG_VERSION"))).weak());
}

/// How many groups stand in the first column, so that both are about as long: a heading is as high as two rows, and the
/// legend as seven.
fn first_column(rows: &[usize]) -> usize {
    let height = |rows: &[usize]| rows.iter().map(|rows| rows + 2).sum::<usize>();
    let longer = |first: &usize| height(&rows[..*first]).max(height(&rows[*first..]) + 7);
    (0..=rows.len()).min_by_key(longer).unwrap_or(rows.len())
}

fn keys(ui: &mut Ui, title: &str, rows: &[(String, String)]) {
    heading(ui, title);
    for (key, what) in rows {
        row(ui, |ui| _ = ui.add(Label::new(RichText::new(key).monospace().strong())), what);
    }
}

fn legend(ui: &mut Ui) {
    heading(ui, "Lines of the boxes");
    row(ui, |ui| _ = ui.label("A"), "thick, or on the left");
    row(ui, |ui| _ = ui.label("B"), "thin, or on the right");
    for kind in VerdictKind::ALL {
        let sample = |ui: &mut Ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(KEYS - 14.0, 18.0), Sense::hover());
            let stroke = Stroke::new(2.0, kind.edge(ui.visuals().dark_mode));
            verdict_style::sample(ui.painter(), rect.left_center(), rect.width(), kind, stroke);
        };
        row(ui, sample, &format!("{}: {}", kind.word(), meaning(kind)));
    }
    let sample = |ui: &mut Ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(KEYS - 14.0, 18.0), Sense::hover());
        verdict_style::truth_sample(ui.painter(), rect.left_center(), rect.width(), Stroke::new(2.0, TRUTH));
    };
    row(ui, sample, "truth: an object of the annotations, where there are some");
}

fn heading(ui: &mut Ui, title: &str) {
    ui.add_space(6.0);
    ui.label(RichText::new(title).strong());
}

/// `first` has a column of its own; what does not fit beside it goes into the next line.
fn row(ui: &mut Ui, first: impl FnOnce(&mut Ui), what: &str) {
    ui.horizontal_top(|ui| {
        let left = ui.cursor().left();
        first(ui);
        let used = ui.cursor().left() - left;
        ui.add_space((KEYS - used).max(0.0));
        ui.add(Label::new(what).wrap());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_one_group() {
        let ctx = Context::default();
        let listed: usize = HelpGroup::ALL.iter().map(|group| group.rows(&ctx).len() - group.others().len()).sum();
        assert_eq!(listed, SHORTCUTS.len() + HELD.len());
        for group in HelpGroup::ALL {
            assert!(group.rows(&ctx).len() > 2, "{group:?} has too little for a heading");
        }
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn the_page_of_keys_lists_what_the_help_lists() {
        let page = include_str!("../../../docs/keys.md");
        let ctx = Context::default();
        let mut of_page = page.split("\n## ").skip(1);
        for group in HelpGroup::ALL {
            let (title, table) = of_page.next().and_then(|part| part.split_once('\n')).unwrap();
            assert_eq!(title, group.title());
            let rows: Vec<String> = table.lines().skip(3).map(str::to_owned).filter(|line| !line.is_empty()).collect();
            // The arrows that keyboards have, and a hyphen.
            let printed = |key: &str| {
                [("⏴", "←"), ("⏵", "→"), ("⏶", "↑"), ("⏷", "↓"), ("\u{2212}", "-")]
                    .iter()
                    .fold(key.to_owned(), |key, (shown, printed)| key.replace(shown, printed))
            };
            let row = |(key, what): (String, String)| format!("| `{}` | {what} |", printed(&key));
            assert_eq!(rows, group.rows(&ctx).into_iter().map(row).collect::<Vec<_>>(), "docs/keys.md");
        }
        assert!(of_page.next().is_none());
    }

    #[test]
    fn both_columns_are_about_as_long() {
        assert_eq!(first_column(&[10, 10, 10, 4]), 2);
        assert_eq!(first_column(&[3, 3, 3, 3, 3, 3]), 4);
        let ctx = Context::default();
        let first = first_column(&HelpGroup::ALL.map(|group| group.rows(&ctx).len()));
        assert!((1..HelpGroup::ALL.len()).contains(&first));
    }
}
