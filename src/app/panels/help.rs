//! The window that lists the keys.

use egui::{Align2, Grid, RichText, Ui};

use crate::app::action::shortcuts::{SHORTCUTS, key_name};

/// What is no shortcut.
const OTHERS: [(&str, &str); 6] = [
    ("Hold A, hold B", "Show only A's boxes, only B's"),
    ("Click a box", "Select it: its numbers, and why it differs"),
    ("Wheel", "Zoom"),
    ("Drag", "Pan"),
    ("Double-click", "Fit"),
    ("Drop files or a folder", "Open them"),
];

/// Shows it while `open`; the cross closes it.
pub fn show(ui: &Ui, open: &mut bool) {
    let window = egui::Window::new("Keyboard shortcuts").open(open).collapsible(false).resizable(false).vscroll(true);
    let window = window.max_height((ui.ctx().content_rect().height() - 80.0).max(120.0));
    window.anchor(Align2::CENTER_CENTER, [0.0, 0.0]).show(ui.ctx(), |ui| {
        Grid::new("keys").num_columns(2).spacing([24.0, 5.0]).show(ui, |ui| {
            for shortcut in &SHORTCUTS {
                let key = key_name(ui.ctx(), &shortcut.key);
                ui.label(RichText::new(key).monospace().strong());
                ui.label(shortcut.what);
                ui.end_row();
            }
            for (key, what) in OTHERS {
                ui.label(RichText::new(key).monospace().strong());
                ui.label(what);
                ui.end_row();
            }
        });
        ui.add_space(8.0);
        ui.label(RichText::new(concat!("Twinsight ", env!("CARGO_PKG_VERSION"))).weak());
    });
}
