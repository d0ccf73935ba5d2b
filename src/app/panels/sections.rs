//! Sections of a panel that can be closed, and the facts about the source and the models.

use egui::{CollapsingHeader, Grid, RichText, Ui};

use crate::app::models::facts::FactsBook;
use crate::model::ModelInfo;
use crate::source::Description;

/// A section under its title, which opens and closes it. One that starts closed where there is little room, and open
/// where there is enough, is kept apart for each.
pub fn section(ui: &mut Ui, title: &str, open: bool, contents: impl FnOnce(&mut Ui)) {
    let header = CollapsingHeader::new(RichText::new(title).strong()).id_salt(("section", title, open));
    let header = header.default_open(open);
    header.show_unindented(ui, contents);
}

/// What is looked at, and with which models.
pub fn facts<'a>(
    ui: &mut Ui,
    source: Option<&Description>,
    models: impl Iterator<Item = (&'a str, &'a ModelInfo)>,
    facts: &FactsBook,
) {
    ui.spacing_mut().interact_size.y = 15.0;
    if let Some(source) = source {
        ui.label(RichText::new("Source").strong());
        Grid::new("source facts").num_columns(2).spacing([10.0, 3.0]).show(ui, |ui| {
            fact(ui, "Name", &source.name, "");
            fact(ui, "Size", &source.size.map_or_else(String::new, |s| s.to_string()), "");
            fact(ui, "Format", source.format.as_deref().unwrap_or_default(), "");
            let rate = source.nominal_rate.map_or_else(String::new, |r| format!("{r:.0}/s"));
            fact(ui, "Rate", &rate, "Nominal rate of the source; the measured rate is in the status bar");
        });
    }
    for (title, model) in models {
        ui.add_space(6.0);
        ui.label(RichText::new(title).strong());
        facts.ui(ui, title, model);
    }
}

/// One line; nothing where the value is not known.
fn fact(ui: &mut Ui, name: &str, value: &str, what: &str) {
    if value.is_empty() {
        return;
    }
    ui.label(RichText::new(name).small().weak());
    let response = ui.add(egui::Label::new(RichText::new(value).small()).truncate());
    if !what.is_empty() {
        response.on_hover_text(what);
    }
    ui.end_row();
}
