//! The popup "computed as" at a model's picker: how a side's INT8 model is computed. Each change acts on the picture in
//! sight at once.
//!
//! ```text
//! choices ──▶ exact, native, saturating, a profile ─┐
//! form ─────▶ the person's own profile ─────────────┴─▶ ModelsAction ──▶ engine ──▶ boxes, bytes that differ
//! ```

use std::collections::HashMap;

use egui::scroll_area::ScrollBarVisibility;
use egui::style::ScrollStyle;
use egui::{
    Align, Button, Context, Frame, Label, Layout, Rect, RichText, Role, ScrollArea, Ui, WidgetInfo, pos2, vec2,
};

use super::byte_check::{ByteCheck, ByteSight};
use super::pair::ModelPair;
use super::profile_files::ProfileFiles;
use super::titles::ModelTitles;
use super::{own_profile, profile_form};
use crate::app::action::shortcuts::hint;
use crate::app::action::{Action, ModelsAction};
use crate::app::ui::theme;
use crate::app::view::Side;
use crate::engine::{ModelPhase, ModelState};
use crate::integer::Profile;
use crate::model::{Arithmetic, EngineInfo, ModelName, ModelRequest};

/// Of a column, and between two of them, in points.
const COLUMN: f32 = 304.0;
const BETWEEN: f32 = 20.0;

/// Between the items of a row.
const ITEMS: f32 = 8.0;

/// What the popup needs besides its contents: title, margins, and space around it.
const AROUND: [f32; 2] = [56.0, 92.0];

/// Of the bar at the right of what scrolls.
const BAR: f32 = 12.0;

/// From the toolbar, and from the window's edge.
const GAP: f32 = 8.0;

/// The popup, and what belongs to it.
#[derive(Default)]
pub struct ComputedAs {
    open: Option<Side>,
    /// It was opened with a key: the chosen row takes the focus.
    takes_focus: bool,
    pub files: ProfileFiles,
    pub bytes: ByteCheck,
    /// What computed a model exactly when it last was.
    exact: HashMap<ModelName, EngineInfo>,
}

/// What the popup is told of the rest of the window.
pub struct ComputedAsContext<'a> {
    pub pair: &'a ModelPair,
    /// How it stands with the engine's models, by slot.
    pub states: &'a [ModelState],
    pub titles: &'a ModelTitles,
    /// A's and B's, as they were in the form last.
    pub own: &'a [Arithmetic; 2],
    pub compares: bool,
    /// Where the picture is: the table at its right, which tells what a change does, stays in sight.
    pub picture: Rect,
    /// A's and B's models in sight, and the frame.
    pub sights: [Option<ByteSight<'a>>; 2],
}

impl ComputedAs {
    /// Opens the popup for a side, or closes it. `by_key`: and not with the mouse.
    pub fn toggle(&mut self, which: Side, by_key: bool) {
        if !self.close_for(Some(which)) {
            (self.open, self.takes_focus) = (Some(which), by_key);
        }
    }

    /// False: it was not open.
    pub fn close(&mut self) -> bool {
        self.close_for(self.open)
    }

    fn close_for(&mut self, side: Option<Side>) -> bool {
        let closes = self.open.is_some() && self.open == side;
        if closes {
            self.open = None;
            self.bytes.clear();
        }
        closes
    }

    /// The side that it is shown for. Where one model looks, there is no B.
    pub fn side(&self, compares: bool) -> Option<Side> {
        self.open.filter(|which| compares || *which == Side::A)
    }

    /// Shows it while it is open.
    pub fn ui(&mut self, ctx: &Context, context: &ComputedAsContext<'_>, actions: &mut Vec<Action>) {
        self.note_exact(context.states);
        let Some(which) = self.side(context.compares) else { return };
        let (whole, both) = (ctx.content_rect(), 2.0 * COLUMN + BETWEEN);
        let room = whole.size() - vec2(AROUND[0], AROUND[1]);
        // The form of a profile stands beside the choices, as long as the table stays in sight: below them it may have to
        // be scrolled to.
        let has_form =
            applies(context.pair, context.states, which) && context.pair.request(which).arithmetic.profile().is_some();
        let beside = has_form && context.picture.right() - whole.left() >= both + AROUND[0];
        let width = if beside { both } else { COLUMN.min(room.x) };
        let outer = width + Frame::window(&ctx.global_style()).total_margin().sum().x + BAR;
        let mut open = true;
        let title = format!("{} computed as", which.letter());
        let window = egui::Window::new(title).open(&mut open).collapsible(false).resizable(false);
        // Over the thresholds, so that what a change does stays in sight: the table whole, and most of the picture. The
        // second column moves nothing when it comes.
        let window = window.default_pos(pos2(whole.left(), context.picture.top()) + vec2(GAP, GAP));
        // A window keeps the width that it once had, unless it is held to another.
        let window = window.default_width(outer).min_width(outer).max_width(outer);
        window.show(ctx, |ui| {
            // A bar that is always there tells that there is more.
            ui.spacing_mut().scroll = ScrollStyle::solid();
            let height = room.y.max(120.0);
            // As high as there is room, and not only as the window is by default.
            let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
            area.scroll_bar_visibility(ScrollBarVisibility::VisibleWhenNeeded).show(ui, |ui| {
                let spacing = ui.spacing_mut();
                (spacing.item_spacing.y, spacing.interact_size.y, spacing.button_padding) = (4.0, 22.0, vec2(8.0, 3.0));
                self.contents(ui, which, beside, context, actions);
            });
        });
        if !open {
            self.close();
        }
    }

    /// `beside`: the form stands in a column of its own.
    fn contents(
        &mut self,
        ui: &mut Ui,
        which: Side,
        beside: bool,
        context: &ComputedAsContext<'_>,
        actions: &mut Vec<Action>,
    ) {
        if !applies(context.pair, context.states, which) {
            return column(ui, |ui| {
                title(ui, context, which);
                ui.add(Label::new("A float model: only INT8 models are computed in more than one way.").wrap());
            });
        }
        let request = context.pair.request(which);
        // What comes and goes above a slider takes it out of the hand: failures and bytes stand below the choices, or
        // below the form.
        if !beside {
            return column(ui, |ui| {
                self.ways(ui, which, context, actions);
                match request.arithmetic.profile() {
                    Some(profile) => {
                        ui.separator();
                        form(ui, which, profile, actions);
                    }
                    None => {
                        let what = self.explanation(&request.arithmetic, request);
                        ui.add(Label::new(RichText::new(what).weak()).wrap());
                    }
                }
                ui.separator();
                self.outcome(ui, which, context);
            });
        }
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = BETWEEN;
            column(ui, |ui| {
                self.ways(ui, which, context, actions);
                ui.separator();
                self.outcome(ui, which, context);
            });
            column(ui, |ui| {
                if let Some(profile) = request.arithmetic.profile() {
                    form(ui, which, profile, actions);
                }
            });
        });
    }

    /// The ways in which the model can be computed.
    fn ways(&mut self, ui: &mut Ui, which: Side, context: &ComputedAsContext<'_>, actions: &mut Vec<Action>) {
        title(ui, context, which);
        if let Some(chosen) = self.choices(ui, context.pair.request(which), &context.own[which.index()]) {
            actions.push(Action::Models(ModelsAction::Compute(which, chosen)));
        }
        let what = "Compute by a hardware profile of your own; the models folder has examples in profiles/";
        if ui.add(Button::new("Profile from file…")).on_hover_text(what).clicked() {
            actions.push(Action::Models(ModelsAction::ChooseProfile(which)));
        }
    }

    /// What came of it: why it cannot be computed, or how many boxes and bytes differ.
    fn outcome(&mut self, ui: &mut Ui, which: Side, context: &ComputedAsContext<'_>) {
        if let Some(failure) = failure(context, which) {
            ui.add(Label::new(RichText::new(failure).color(theme::scheme(ui).error)).wrap());
        }
        self.bytes.ui(ui, context.sights[which.index()]);
    }

    /// A row for each arithmetic. Gives the one that was chosen now.
    fn choices(&mut self, ui: &mut Ui, request: &ModelRequest, own: &Arithmetic) -> Option<Arithmetic> {
        let mut asked = None;
        // Not while the popup's size is found out: nothing takes the focus then.
        let takes_focus = !ui.is_sizing_pass() && std::mem::take(&mut self.takes_focus);
        let is_own = own_profile::of(&request.arithmetic).is_some();
        ui.with_layout(Layout::top_down_justified(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let mut row = |ui: &mut Ui, words: &str, arithmetic: Arithmetic, chosen: bool| {
                let response = ui.selectable_label(chosen, words);
                response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, words));
                if chosen && takes_focus {
                    response.request_focus();
                }
                let what = |ui: &mut Ui| _ = ui.label(self.explanation(&arithmetic, request));
                if response.on_hover_ui(what).clicked() && !chosen {
                    asked = Some(arithmetic);
                }
            };
            for arithmetic in Arithmetic::choices() {
                let words = match &arithmetic {
                    Arithmetic::Exact => "exact: as the model specifies",
                    Arithmetic::Native => "native: this processor's kernels",
                    Arithmetic::Saturating => "saturating: without VNNI",
                    Arithmetic::Chip(profile) => &profile.name,
                };
                let chosen = request.arithmetic == arithmetic;
                row(ui, words, arithmetic.clone(), chosen);
            }
            let arithmetic = if is_own { request.arithmetic.clone() } else { own.clone() };
            row(ui, "Own profile", arithmetic, is_own);
        });
        asked
    }

    /// What an arithmetic means; of exact arithmetic, with what computes it and why, once that is known.
    fn explanation(&self, arithmetic: &Arithmetic, request: &ModelRequest) -> String {
        let text = match own_profile::of(arithmetic) {
            Some(profile) => format!("{}: {}", profile.name, arithmetic.explanation()),
            None => arithmetic.explanation().into_owned(),
        };
        let engine = self.exact.get(&request.name).filter(|_| *arithmetic == Arithmetic::Exact);
        match engine.map(|engine| (engine, &engine.why)) {
            Some((engine, Some(why))) => format!("{text}\nComputed by: {engine}\n({why})"),
            Some((engine, None)) => format!("{text}\nComputed by: {engine}"),
            None => text,
        }
    }

    /// Remembers what computes a model exactly: that can be told while it is computed in another way, too.
    fn note_exact(&mut self, states: &[ModelState]) {
        for state in states.iter().filter(|state| state.phase == ModelPhase::Ready) {
            let Some(info) = state.running.as_ref().filter(|info| info.arithmetic == Some(Arithmetic::Exact)) else {
                continue;
            };
            if self.exact.get(&state.request.name) != Some(&info.engine) {
                self.exact.insert(state.request.name.clone(), info.engine.clone());
            }
        }
    }
}

fn title(ui: &mut Ui, context: &ComputedAsContext<'_>, which: Side) {
    let title = context.titles.of(&context.pair.request(which).name);
    ui.add(Label::new(RichText::new(&*title).strong()).truncate()).on_hover_text(&*title);
}

fn column(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    ui.vertical(|ui| {
        ui.set_width(COLUMN.min(ui.ctx().content_rect().width() - AROUND[0]));
        ui.spacing_mut().item_spacing.x = ITEMS;
        contents(ui);
    });
}

/// The profile's values, and the way to keep them.
fn form(ui: &mut Ui, which: Side, profile: &Profile, actions: &mut Vec<Action>) {
    if let Some(other) = profile_form::show(ui, profile) {
        actions.push(Action::Models(ModelsAction::Adjust(which, other.into())));
    }
    ui.add_space(2.0);
    let what = "Save this profile as JSON, for --arithmetic and for other windows";
    if ui.add(Button::new("Save profile…")).on_hover_text(what).clicked() {
        actions.push(Action::Models(ModelsAction::SaveProfile(which)));
    }
}

/// The button at a picker: how the side's model is computed, and the way to change it.
pub fn button(
    ui: &mut Ui,
    which: Side,
    arithmetic: &Arithmetic,
    (text, width): (&str, f32),
    open: bool,
    actions: &mut Vec<Action>,
) {
    let response = ui.add(Button::new(text).selected(open).truncate().min_size(vec2(width, 0.0)));
    let name = format!("Computed as ({})", which.letter());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, &name));
    let action = Action::Models(ModelsAction::ToggleComputedAs(which));
    let what = format!("{} is computed as {arithmetic}", which.letter());
    let what = hint(ui.ctx(), &what, &action);
    if response.on_hover_text(format!("{what}\n{}", arithmetic.explanation())).clicked() {
        actions.push(action);
    }
}

/// Whether a side's model is computed in more than one way: it is an INT8 model, as far as is known; or it was asked for in
/// another arithmetic than its own, and does not run, so that there must be a way back.
pub fn applies(pair: &ModelPair, states: &[ModelState], which: Side) -> bool {
    let request = pair.request(which);
    let state = states.get(pair.slot(which)).filter(|state| state.request.name == request.name);
    let running = state.and_then(|state| state.running.as_ref());
    running.is_some_and(|info| info.arithmetic.is_some())
        || request.arithmetic != Arithmetic::Exact && state.is_none_or(|state| state.phase != ModelPhase::Ready)
}

fn failure<'a>(context: &'a ComputedAsContext<'_>, which: Side) -> Option<&'a str> {
    let state = context.states.get(context.pair.slot(which))?;
    match &state.phase {
        ModelPhase::Failed { message } if state.request == *context.pair.request(which) => Some(message),
        _ => None,
    }
}
