//! The toolbar's choice of models.

use egui::{Button, ComboBox, Popup, RichText, Role, Ui, WidgetInfo, vec2};

use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, ModelsAction};
use crate::app::models::computed_as;
use crate::app::models::facts::FactsBook;
use crate::app::models::pair::ModelPair;
use crate::app::models::titles::ModelTitles;
use crate::app::ui::elide;
use crate::app::view::Side;
use crate::engine::{ModelPhase, ModelState};
use crate::model::{ModelInfo, ModelName};

/// The available models, and the selected one.
pub struct ModelPicker<'a> {
    pub pair: &'a ModelPair,
    /// How it stands with the engine's models, by slot.
    pub states: &'a [ModelState],
    pub titles: &'a ModelTitles,
    pub facts: &'a FactsBook,
    /// The side for which the popup is open that says how its model is computed.
    pub computed_as: Option<Side>,
}

/// How much room there is for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PickerForm {
    /// Of a list that is closed, in points.
    pub width: f32,
    /// One model has a button for each, where there are few.
    pub buttons: bool,
    /// The button between A and B is shown.
    pub swap: bool,
    /// An INT8 model has a button that says how it is computed.
    pub computed_as: bool,
}

/// More models than this are a list and not a row of buttons.
const BUTTONS: usize = 4;

/// Of a model's button at least, and of the button that swaps, in points.
const BUTTON: f32 = 52.0;
const SWAP: f32 = 36.0;

/// Of the button that opens the menu beside them.
const MENU: f32 = 36.0;

/// Of the button that says how a model is computed: with its sign alone, and with the arithmetic's name.
const COMPUTED_AS: [f32; 2] = [34.0, 92.0];

/// Its sign: sums.
const SUMS: &str = "∑";

/// Between the buttons of a row.
const BETWEEN: f32 = 2.0;

/// Longer names have A or B in their place.
const MOST: usize = 18;

impl ModelPicker<'_> {
    /// How wide it is, in points: at least as wide as it becomes.
    pub fn width(&self, ui: &Ui, compares: bool, form: PickerForm) -> f32 {
        let space = ui.spacing().item_spacing.x;
        let list = |which: Side| {
            let button = if self.has_button(which, form) { space + COMPUTED_AS[0] } else { 0.0 };
            elide::width(ui, which.letter()).ceil() + space + form.width + button
        };
        if compares {
            let swap = if form.swap { SWAP + space } else { 0.0 };
            list(Side::A) + space + swap + list(Side::B)
        } else if self.has_buttons(form) {
            let buttons = self.pair.choices().iter().map(|model| self.button_width(ui, model) + BETWEEN);
            let button = if self.has_button(Side::A, form) { space + COMPUTED_AS[1] } else { 0.0 };
            buttons.sum::<f32>() + MENU + button
        } else {
            list(Side::A)
        }
    }

    /// A list each for A and B, and a button between them that swaps the two; or one model's.
    pub fn ui(&self, ui: &mut Ui, compares: bool, form: PickerForm, actions: &mut Vec<Action>) {
        if compares {
            self.list(ui, Side::A, form, actions);
            if form.swap {
                swap(ui, actions);
            }
            self.list(ui, Side::B, form, actions);
        } else if self.has_buttons(form) {
            self.buttons(ui, form, actions);
        } else {
            self.list(ui, Side::A, form, actions);
        }
    }

    fn has_buttons(&self, form: PickerForm) -> bool {
        form.buttons && self.pair.choices().len() <= BUTTONS
    }

    /// A row of buttons: one model looks.
    fn buttons(&self, ui: &mut Ui, form: PickerForm, actions: &mut Vec<Action>) {
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = BETWEEN;
            for model in self.pair.choices() {
                let chosen = self.pair.model(Side::A) == model;
                let failure = self.failure(Side::A).filter(|_| chosen);
                let width = self.button_width(ui, model);
                let button = Button::selectable(chosen, self.button_text(model)).frame_when_inactive(true);
                let title = self.titles.of(model);
                let name = if failure.is_some() { format!("⚠ {title}") } else { title.to_string() };
                let response = ui.add(button.min_size(vec2(width, 0.0)));
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
                let mut what = failure.map_or_else(|| what(model), str::to_owned);
                if self.pair.is_switched_to(model) {
                    what = hint(ui.ctx(), &what, &Action::Models(ModelsAction::SwitchPrecision));
                }
                let response = response.on_hover_ui(|ui| {
                    ui.label(what);
                    if chosen {
                        self.facts_of(ui, Side::A);
                    }
                });
                if response.clicked() {
                    actions.push(Action::Models(ModelsAction::Use(Side::A, model.clone())));
                }
            }
            let response = ui.add(Button::new("…").min_size(vec2(MENU, 0.0)));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Model menu"));
            Popup::menu(&response).show(|ui| self.menu(ui, Side::A, actions));
            response.on_hover_text("Open another model, rename or delete this one");
        });
        if self.has_button(Side::A, form) {
            let arithmetic = &self.pair.request(Side::A).arithmetic;
            let room = COMPUTED_AS[1] - 2.0 * ui.spacing().button_padding.x - 2.0;
            let text = elide::middle(ui, &format!("{SUMS} {arithmetic}"), room);
            self.computed_as_button(ui, Side::A, (text.as_str(), COMPUTED_AS[1]), actions);
        }
    }

    /// Whether a side's model has a button that says how it is computed.
    fn has_button(&self, which: Side, form: PickerForm) -> bool {
        form.computed_as && computed_as::applies(self.pair, self.states, which)
    }

    fn computed_as_button(&self, ui: &mut Ui, which: Side, face: (&str, f32), actions: &mut Vec<Action>) {
        let open = self.computed_as == Some(which);
        computed_as::button(ui, which, &self.pair.request(which).arithmetic, face, open, actions);
    }

    fn button_width(&self, ui: &Ui, model: &ModelName) -> f32 {
        let text = elide::width(ui, &self.button_text(model));
        (text + 2.0 * ui.spacing().button_padding.x).ceil().max(BUTTON)
    }

    /// What a button shows: beside INT8 there is room for the recipe alone.
    fn button_text(&self, model: &ModelName) -> String {
        let failed = self.failure(Side::A).is_some() && self.pair.model(Side::A) == model;
        let text = match model {
            ModelName::Tuned => "tuned".into(),
            ModelName::Safe => "safe".into(),
            other => self.titles.of(other).to_string(),
        };
        if failed { format!("⚠ {text}") } else { text }
    }

    fn list(&self, ui: &mut Ui, which: Side, form: PickerForm, actions: &mut Vec<Action>) {
        let (failure, width) = (self.failure(which), form.width);
        ui.label(RichText::new(which.letter()).strong());
        let spacing = ui.spacing();
        // Beside the text there are the arrow and the space around both.
        let room = width - 2.0 * spacing.button_padding.x - spacing.icon_width - spacing.icon_spacing - 2.0;
        let title = self.titles.of_request(self.pair.request(which));
        let text = if failure.is_some() { format!("⚠ {title}") } else { title.clone() };
        let text = elide::middle(ui, &text, room);
        let combo = ComboBox::from_id_salt(("model", which.letter())).width(width).height(480.0).truncate();
        let response = combo.selected_text(text).show_ui(ui, |ui| self.menu(ui, which, actions)).response;
        let name = format!("Model {}", which.letter());
        response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &name));
        response.on_hover_ui(|ui| {
            ui.label(RichText::new(&title).strong());
            match failure {
                Some(failure) => _ = ui.label(failure),
                None => self.facts_of(ui, which),
            }
        });
        if self.has_button(which, form) {
            self.computed_as_button(ui, which, (SUMS, COMPUTED_AS[0]), actions);
        }
    }

    /// The models to choose from for a side, and what can be done with the chosen one.
    pub fn menu(&self, ui: &mut Ui, which: Side, actions: &mut Vec<Action>) {
        let chosen = self.pair.model(which);
        for model in self.pair.choices() {
            let response = ui.selectable_label(model == chosen, &*self.titles.of(model));
            if response.on_hover_text(what(model)).clicked() && model != chosen {
                actions.push(Action::Models(ModelsAction::Use(which, model.clone())));
            }
        }
        ui.separator();
        let mut entry = |ui: &mut Ui, text: &str, what: String, action: ModelsAction| {
            if ui.selectable_label(false, text).on_hover_text(what).clicked() {
                actions.push(Action::Models(action));
            }
        };
        if computed_as::applies(self.pair, self.states, which) {
            let what = format!("Choose how {} is computed: exactly, or as a processor or a chip does", which.letter());
            entry(ui, "Computed as…", what, ModelsAction::ToggleComputedAs(which));
        }
        let what = format!("Show an ONNX file as {}", which.letter());
        entry(ui, "Open model…", what, ModelsAction::ChooseFile(which));
        if let Some(pack) = self.pair.pack() {
            let what = format!("Show what a board dumped of {} as {}", pack.pack.display(), which.letter());
            entry(ui, "Board's dump…", what, ModelsAction::ChooseDump(which));
        }
        if matches!(chosen, ModelName::Golden(_)) {
            let what = "Remove it from the list; its files stay".to_owned();
            entry(ui, "Remove", what, ModelsAction::Remove(chosen.clone()));
        }
        // What set-up has built stays as it is.
        if let ModelName::File(path) = chosen {
            let path = path.display();
            entry(ui, "Rename…", format!("Rename {path}"), ModelsAction::AskRename(chosen.clone()));
            entry(
                ui,
                "Delete…",
                format!("Delete {path}, or remove it from the list"),
                ModelsAction::AskDelete(chosen.clone()),
            );
        }
    }

    /// Of the model that runs, once it does.
    fn facts_of(&self, ui: &mut Ui, which: Side) {
        if let Some(info) = self.running(which) {
            ui.set_max_width(420.0);
            self.facts.ui(ui, which.letter(), info);
        }
    }

    fn running(&self, which: Side) -> Option<&ModelInfo> {
        self.state(which)?.running.as_deref()
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

fn swap(ui: &mut Ui, actions: &mut Vec<Action>) {
    let swap = ui.add(Button::new("⇄").min_size(vec2(SWAP, 0.0)));
    swap.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Swap A and B"));
    if swap.on_hover_text(hint(ui.ctx(), "Swap A and B", &Action::Models(ModelsAction::Swap))).clicked() {
        actions.push(Action::Models(ModelsAction::Swap));
    }
}

fn what(model: &ModelName) -> String {
    match model {
        ModelName::File(path) => format!("Use {}", path.display()),
        ModelName::Golden(heads) => match &heads.dump {
            Some(dump) => format!("Use what a board dumped in {}", dump.display()),
            None => format!("Use the raw heads of the golden pack {}", heads.pack.display()),
        },
        _ => format!("Use the {} model", model.label()),
    }
}

/// What a model is called in the midst of other words.
pub fn name_or_letter(name: &str, which: Side) -> &str {
    if name.chars().count() <= MOST { name } else { which.letter() }
}

/// Long file names must not push everything else out of the window.
pub fn shortened(label: &str) -> String {
    cut(label, MOST + 8)
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
