//! The toolbar's choice of models.

use egui::{Button, ComboBox, RichText, Role, Ui, WidgetInfo, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, ModelsAction};
use crate::app::models::pair::ModelPair;
use crate::app::view::Side;
use crate::engine::{ModelPhase, ModelState};
use crate::model::{Arithmetic, ModelName, ModelRequest};

/// The available models, and the selected one.
pub struct ModelPicker<'a> {
    pub pair: &'a ModelPair,
    /// How it stands with the engine's models, by slot.
    pub states: &'a [ModelState],
}

impl ModelPicker<'_> {
    /// A row of buttons, or a list where there are many: one model looks.
    pub fn single(&self, ui: &mut Ui, narrow: bool, actions: &mut Vec<Action>) {
        if self.pair.choices().len() > BUTTONS {
            return self.list(ui, Side::A, narrow, actions);
        }
        // In a narrow window the comparing views' lists have the choice.
        let has_arithmetic = self.computes_in_integers(Side::A) && !narrow;
        if !narrow && !has_arithmetic {
            ui.label(RichText::new("Precision").weak());
        }
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for model in self.pair.choices() {
                let chosen = self.pair.model(Side::A) == model;
                let failure = self.failure(Side::A).filter(|_| chosen);
                let button = Button::selectable(chosen, signed(model, failure.is_some()));
                let name = if failure.is_some() { format!("⚠ {}", model.label()) } else { model.label() };
                let response = ui.add(button.frame_when_inactive(true).min_size(vec2(52.0, 0.0)));
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
                let what = failure.map_or_else(|| what(model), str::to_owned);
                if response
                    .on_hover_text(hint(ui.ctx(), &what, &Action::Models(ModelsAction::SwitchPrecision)))
                    .clicked()
                {
                    actions.push(Action::Models(ModelsAction::Use(Side::A, model.clone())));
                }
            }
        });
        if has_arithmetic {
            let chosen = &self.pair.request(Side::A).arithmetic;
            let combo = ComboBox::from_id_salt("arithmetic").width(64.0).selected_text(chosen.as_str());
            let response = combo.show_ui(ui, |ui| self.arithmetics(ui, Side::A, actions)).response;
            response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "INT8 arithmetic"));
            response.on_hover_text(&*chosen.explanation());
        }
    }

    /// A list each for A and B, and a button between them that swaps the two.
    pub fn both(&self, ui: &mut Ui, narrow: bool, actions: &mut Vec<Action>) {
        self.list(ui, Side::A, narrow, actions);
        let swap = ui.add(Button::new("⇄").min_size(vec2(30.0, 0.0)));
        swap.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Swap A and B"));
        if swap.on_hover_text(hint(ui.ctx(), "Swap A and B", &Action::Models(ModelsAction::Swap))).clicked() {
            actions.push(Action::Models(ModelsAction::Swap));
        }
        self.list(ui, Side::B, narrow, actions);
    }

    fn list(&self, ui: &mut Ui, which: Side, narrow: bool, actions: &mut Vec<Action>) {
        let chosen = self.pair.model(which);
        let failure = self.failure(which);
        ui.label(RichText::new(which.letter()).strong());
        let request = self.pair.request(which);
        let (width, most) = match (narrow, &request.arithmetic) {
            (true, _) => (76.0, IN_LIST),
            (false, Arithmetic::Exact) => (92.0, IN_LIST),
            (false, _) => (124.0, MOST),
        };
        let combo = ComboBox::from_id_salt(("model", which.letter())).width(width).truncate();
        let text = selected(request, failure.is_some(), most);
        let response = combo.selected_text(text).show_ui(ui, |ui| {
            for model in self.pair.choices() {
                if ui.selectable_label(model == chosen, model.label()).clicked() && model != chosen {
                    actions.push(Action::Models(ModelsAction::Use(which, model.clone())));
                }
            }
            if self.computes_in_integers(which) {
                ui.separator();
                ui.label(RichText::new("Arithmetic").small().weak());
                self.arithmetics(ui, which, actions);
            }
        });
        let name = format!("Model {}", which.letter());
        response.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &name));
        response.response.on_hover_text(failure.map_or_else(|| what(chosen), str::to_owned));
    }

    fn arithmetics(&self, ui: &mut Ui, which: Side, actions: &mut Vec<Action>) {
        let chosen = &self.pair.request(which).arithmetic;
        for arithmetic in Arithmetic::choices() {
            let words = match &arithmetic {
                Arithmetic::Exact => "exact: as the model specifies",
                Arithmetic::Native => "native: this processor's kernels",
                Arithmetic::Saturating => "saturating: without VNNI",
                Arithmetic::Chip(profile) => &profile.name,
            };
            let label = ui.selectable_label(arithmetic == *chosen, words);
            if label.on_hover_text(&*arithmetic.explanation()).clicked() && arithmetic != *chosen {
                actions.push(Action::Models(ModelsAction::Compute(which, arithmetic)));
            }
        }
    }

    /// Whether there is a choice of arithmetic: the model that is chosen runs, and computes in integers.
    fn computes_in_integers(&self, which: Side) -> bool {
        let info = self.state(which).and_then(|state| state.running.as_ref());
        info.is_some_and(|info| info.arithmetic.is_some())
    }

    fn state(&self, which: Side) -> Option<&ModelState> {
        self.states.get(self.pair.slot(which)).filter(|state| state.request == *self.pair.request(which))
    }

    fn failure(&self, which: Side) -> Option<&str> {
        match &self.state(which)?.phase {
            ModelPhase::Failed { message } => Some(message),
            ModelPhase::Loading | ModelPhase::Ready => None,
        }
    }
}

fn what(model: &ModelName) -> String {
    match model {
        ModelName::File(path) => format!("Use {}", path.display()),
        _ => format!("Use the {} model", model.label()),
    }
}

/// What a button shows: beside INT8 there is room for the recipe alone.
fn signed(model: &ModelName, failed: bool) -> String {
    let label = match model {
        ModelName::Tuned => "tuned".into(),
        ModelName::Safe => "safe".into(),
        other => cut(&other.label(), MOST),
    };
    if failed { format!("⚠ {label}") } else { label }
}

/// What a list shows while it is closed: the arithmetic stands at the end, where names are not cut.
fn selected(request: &ModelRequest, failed: bool, most: usize) -> String {
    let name = request.name.label();
    let label = match &request.arithmetic {
        Arithmetic::Exact => cut(&name, most),
        other => cut(&format!("{name} {other}"), most),
    };
    if failed { format!("⚠ {label}") } else { label }
}

/// More models than this are a list and not a row of buttons.
const BUTTONS: usize = 4;

/// Longer names are cut, or have A or B in their place.
const MOST: usize = 18;

/// What the lists of A and B have room for.
const IN_LIST: usize = 11;

/// What a model is called in the midst of other words.
pub fn name_or_letter(name: &str, which: Side) -> &str {
    if name.chars().count() <= MOST { name } else { which.letter() }
}

/// Long file names must not push everything else out of the window.
pub fn shortened(label: &str) -> String {
    cut(label, MOST + 2)
}

fn cut(label: &str, most: usize) -> String {
    if label.chars().count() <= most {
        return label.to_owned();
    }
    // Names of one family differ at their ends.
    let begin = label.chars().take(most / 3);
    let end = label.chars().skip(label.chars().count() - (most - 1 - most / 3));
    begin.chain(['…']).chain(end).collect()
}
