//! The panel that chooses classes.

use egui::{
    Align2, Button, FontId, Key, Rect, Response, RichText, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind,
    TextEdit, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::ui::palette::class_colour;
use crate::app::ui::theme;
use crate::detect::{ClassSet, Classes, Detection};

const ROW: f32 = 26.0;

/// How many boxes of each class there are, before the filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassCounts {
    /// By class id, of each side.
    of: Vec<[usize; 2]>,
    /// 1 = one model alone.
    sides: usize,
}

impl ClassCounts {
    /// Counts one model's boxes, or those of A and B.
    pub fn count(&mut self, classes: &Classes, sides: &[&[Detection]]) {
        self.of.clear();
        self.of.resize(classes.len(), [0; 2]);
        self.sides = sides.len().min(2);
        for (side, found) in sides.iter().take(2).enumerate() {
            for detection in *found {
                if let Some(of) = self.of.get_mut(detection.class_id) {
                    of[side] += 1;
                }
            }
        }
    }

    fn has(&self, class_id: usize) -> bool {
        self.of.get(class_id).is_some_and(|[a, b]| a + b > 0)
    }

    /// "3", or "3 | 2".
    fn text(&self, class_id: usize) -> String {
        let [a, b] = self.of.get(class_id).copied().unwrap_or_default();
        if self.sides < 2 { a.to_string() } else { format!("{a} | {b}") }
    }
}

/// What the panel keeps between frames.
#[derive(Default)]
pub struct ClassFilter {
    search: String,
    /// Class ids that match, those on the current frame first.
    rows: Vec<usize>,
    made_from: Option<ClassRowsKey>,
    /// Whether the pointer was over the list: rows must not jump away under it.
    pointed: bool,
}

#[derive(PartialEq)]
struct ClassRowsKey {
    classes: Classes,
    search: String,
    /// By class id.
    present: Vec<bool>,
}

impl ClassFilter {
    /// Shows the panel in all that is left of `ui`. True where the choice changed.
    pub fn ui(&mut self, ui: &mut Ui, classes: &Classes, counts: &ClassCounts, chosen: &mut ClassSet) -> bool {
        let before = chosen.clone();
        ui.horizontal(|ui| {
            ui.label(RichText::new("Classes").strong());
            ui.label(RichText::new(format!("{} of {}", chosen.count(classes.len()), classes.len())).weak());
        });
        self.search_field(ui);
        self.update(classes, counts);
        self.buttons(ui, chosen);
        if self.rows.is_empty() {
            ui.label(RichText::new(format!("No class matches “{}”.", self.search.trim())).weak());
            return *chosen != before;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        let list =
            ScrollArea::vertical().auto_shrink([false, false]).show_rows(ui, ROW, self.rows.len(), |ui, rows| {
                for class_id in self.rows[rows].iter().copied() {
                    let response = row(ui, classes, class_id, counts, chosen.contains(class_id));
                    if response.double_clicked() {
                        // Its first click took the last class away: it was the only one.
                        let was_only = chosen.count(classes.len()) == 0;
                        *chosen = if was_only { ClassSet::default() } else { ClassSet::only(class_id, classes.len()) };
                    } else if response.clicked() && ui.input(|i| i.modifiers.alt) {
                        let only = ClassSet::only(class_id, classes.len());
                        *chosen = if *chosen == only { ClassSet::default() } else { only };
                    } else if response.clicked() {
                        chosen.set(class_id, !chosen.contains(class_id));
                    }
                }
            });
        self.pointed = ui.rect_contains_pointer(list.inner_rect);
        *chosen != before
    }
}

impl ClassFilter {
    fn search_field(&mut self, ui: &mut Ui) {
        let field = TextEdit::singleline(&mut self.search).hint_text("Search").desired_width(f32::INFINITY);
        let response = ui.add(field);
        let text = self.search.clone();
        response.widget_info(|| WidgetInfo {
            label: Some("Search classes".into()),
            ..WidgetInfo::text_edit(true, &text, &text, "Search")
        });
        // The field gives up the focus on Escape by itself.
        if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
            self.search.clear();
        }
        response.on_hover_text("Filter classes by name; Escape clears the search");
    }

    fn buttons(&self, ui: &mut Ui, chosen: &mut ClassSet) {
        let searching = !self.search.trim().is_empty();
        let whom = if searching { "matching classes; the others are unchanged" } else { "classes" };
        let pressed = |ui: &mut Ui, text: &str, what: &str| {
            let button = Button::new(text).min_size(vec2((ui.available_width() / 3.0).clamp(40.0, 58.0), 0.0));
            ui.add(button).on_hover_text(format!("{what} {whom}")).clicked()
        };
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let all = pressed(ui, "All", "Show all");
            let none = pressed(ui, "None", "Hide all");
            let invert = pressed(ui, "Invert", "Invert selection of");
            for class_id in self.rows.iter().copied() {
                match (all, none, invert) {
                    (true, ..) => chosen.set(class_id, true),
                    (_, true, _) => chosen.set(class_id, false),
                    (.., true) => chosen.set(class_id, !chosen.contains(class_id)),
                    _ => break,
                }
            }
            if all && !searching {
                // Classes that only another model has, too.
                *chosen = ClassSet::default();
            }
        });
    }

    /// Updates the rows if the search, the model or the current frame changed.
    fn update(&mut self, classes: &Classes, counts: &ClassCounts) {
        let same = self.made_from.as_ref().is_some_and(|from| {
            let present = from.present.iter().enumerate().all(|(id, present)| *present == counts.has(id));
            from.classes == *classes && from.search == self.search && (present || self.pointed)
        });
        if same {
            return;
        }
        let wanted = self.search.trim().to_lowercase();
        let found = |id: &usize| classes.name(*id).to_lowercase().contains(&wanted);
        self.rows.clear();
        self.rows.extend((0..classes.len()).filter(found));
        // Stable: within both, in the model's order.
        self.rows.sort_by_key(|id| !counts.has(*id));
        let present = (0..classes.len()).map(|id| counts.has(id)).collect();
        self.made_from = Some(ClassRowsKey { classes: classes.clone(), search: self.search.clone(), present });
    }
}

/// One class: a checkbox, its colour, its name, how many boxes there are.
fn row(ui: &mut Ui, classes: &Classes, class_id: usize, counts: &ClassCounts, chosen: bool) -> Response {
    let scheme = theme::scheme(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let name = classes.name(class_id);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, chosen, format!("class {name}")));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if response.hovered() {
        painter.rect_filled(rect, 5.0, scheme.hovered);
    }
    if response.has_focus() {
        painter.rect_stroke(rect, 5.0, Stroke::new(1.5, scheme.accent), StrokeKind::Inside);
    }
    let present = counts.has(class_id);
    let colour = match (chosen, present) {
        (true, true) => scheme.strong,
        (true, false) => scheme.text,
        (false, _) => scheme.weak,
    };
    let tick = Rect::from_center_size(rect.left_center() + vec2(12.0, 0.0), vec2(14.0, 14.0));
    checkbox(&painter, tick, chosen, scheme);
    let swatch = Rect::from_center_size(rect.left_center() + vec2(31.0, 0.0), vec2(10.0, 10.0));
    painter.rect_filled(swatch, 3.0, class_colour(class_id));
    painter.rect_stroke(swatch, 3.0, Stroke::new(1.0, scheme.line), StrokeKind::Outside);
    let mut end = rect.right() - 6.0;
    if present {
        let text = counts.text(class_id);
        end =
            painter.text(pos2(end, rect.center().y), Align2::RIGHT_CENTER, text, theme::digits(), colour).left() - 6.0;
    }
    let clipped = painter.with_clip_rect(rect.with_max_x(end).intersect(ui.clip_rect()));
    let place = pos2(rect.left() + 43.0, rect.center().y);
    clipped.text(place, Align2::LEFT_CENTER, name, FontId::proportional(13.5), colour);
    let sees = if counts.sides < 2 { "boxes" } else { "boxes, A | B" };
    let what = format!(
        "{name}: {} {sees}\nClick to show or hide; double-click or Alt+click to show only this class, or all again",
        counts.text(class_id)
    );
    response.on_hover_text(what)
}

fn checkbox(painter: &egui::Painter, rect: Rect, checked: bool, scheme: &crate::app::ui::palette::Scheme) {
    if checked {
        painter.rect_filled(rect, 4.0, scheme.accent);
        let at = |x: f32, y: f32| rect.min + vec2(x, y) * rect.size();
        let points = vec![at(0.22, 0.52), at(0.42, 0.72), at(0.78, 0.30)];
        painter.add(Shape::line(points, Stroke::new(2.0, scheme.on_accent)));
    } else {
        painter.rect_filled(rect, 4.0, scheme.button);
        painter.rect_stroke(rect, 4.0, Stroke::new(1.0, scheme.weak), StrokeKind::Inside);
    }
}

#[cfg(test)]
mod tests {
    use egui::accesskit::Toggled;
    use egui::vec2;
    use egui_kittest::Harness;
    use egui_kittest::kittest::{NodeT, Queryable};

    use super::*;
    use crate::detect::{BBox, CandidateId};

    struct State {
        filter: ClassFilter,
        classes: Classes,
        counts: ClassCounts,
        chosen: ClassSet,
        changed: bool,
    }

    fn detection(class_id: usize) -> Detection {
        let id = CandidateId { head: 0, anchor: 0, cell: 0 };
        Detection { class_id, score: 0.5, bbox: BBox::new(0.0, 0.0, 9.0, 9.0), id }
    }

    fn bench() -> Harness<'static, State> {
        let classes = Classes::coco();
        let mut counts = ClassCounts::default();
        let [a, b] =
            [vec![16, 2, 2], vec![2, 5]].map(|ids: Vec<usize>| ids.into_iter().map(detection).collect::<Vec<_>>());
        counts.count(&classes, &[&a, &b]);
        let state =
            State { filter: ClassFilter::default(), classes, counts, chosen: ClassSet::default(), changed: false };
        let show = |ui: &mut Ui, state: &mut State| {
            state.changed |= state.filter.ui(ui, &state.classes, &state.counts, &mut state.chosen);
        };
        let setup = |ctx: &egui::Context| theme::install(ctx);
        let mut bench = Harness::builder()
            .with_size(vec2(220.0, 500.0))
            .with_step_dt(0.02)
            .with_context_setup(setup)
            .build_ui_state(show, state);
        bench.run_steps(3);
        bench
    }

    fn rows(bench: &Harness<'_, State>) -> Vec<String> {
        let mut rows: Vec<_> = bench.query_all_by_role(Role::CheckBox).collect();
        rows.sort_by(|x, y| x.rect().top().total_cmp(&y.rect().top()));
        rows.iter().map(|row| row.accesskit_node().label().unwrap_or_default().replace("class ", "")).collect()
    }

    fn click(bench: &mut Harness<'_, State>, label: &str) {
        bench.get_by_label(label).click();
        // Longer than a double click.
        bench.run_steps(30);
    }

    fn search(bench: &mut Harness<'_, State>, text: &str) {
        bench.get_by_label("Search classes").focus();
        bench.run_steps(2);
        bench.get_by_label("Search classes").type_text(text);
        bench.run_steps(3);
    }

    #[test]
    fn classes_in_sight_come_first_and_tell_how_many() {
        let bench = bench();
        assert_eq!(rows(&bench)[..6], ["car", "bus", "dog", "person", "bicycle", "motorbike"]);
        let counts = &bench.state().counts;
        assert_eq!([2, 5, 16].map(|id| counts.text(id)), ["2 | 1", "0 | 1", "1 | 0"]);
        let mut one = ClassCounts::default();
        one.count(&Classes::coco(), &[&[detection(2), detection(2)]]);
        assert_eq!(one.text(2), "2");
        assert!(rows(&bench).len() < 30, "rows out of sight cost nothing");
    }

    #[test]
    fn a_click_hides_a_class_and_another_shows_it() {
        let mut bench = bench();
        let ticked = |bench: &Harness<'_, State>| bench.get_by_label("class dog").accesskit_node().toggled();
        click(&mut bench, "class dog");
        assert!(!bench.state().chosen.contains(16) && bench.state().changed);
        assert_eq!(ticked(&bench), Some(Toggled::False));
        bench.get_by_label("79 of 80");
        click(&mut bench, "class dog");
        assert_eq!(bench.state().chosen, ClassSet::default());
        assert_eq!(ticked(&bench), Some(Toggled::True));
    }

    #[test]
    fn all_none_and_invert_are_about_every_class() {
        let mut bench = bench();
        click(&mut bench, "None");
        assert_eq!(bench.state().chosen, ClassSet::none(80));
        click(&mut bench, "class bus");
        click(&mut bench, "Invert");
        assert_eq!(bench.state().chosen.count(80), 79);
        assert!(!bench.state().chosen.contains(5));
        click(&mut bench, "All");
        assert_eq!(bench.state().chosen, ClassSet::default());
    }

    #[test]
    fn while_a_search_is_on_the_buttons_are_about_what_is_found() {
        let mut bench = bench();
        search(&mut bench, "CAR");
        assert_eq!(rows(&bench), ["car", "carrot"]);
        click(&mut bench, "None");
        assert_eq!(bench.state().chosen.count(80), 78);
        click(&mut bench, "class car");
        click(&mut bench, "Invert");
        assert!(!bench.state().chosen.contains(2) && bench.state().chosen.contains(51));
        click(&mut bench, "All");
        assert_eq!(bench.state().chosen, ClassSet::default());
        search(&mut bench, "xyz");
        assert!(bench.query_by_label_contains("No class matches").is_some() && rows(&bench).is_empty());
    }

    #[test]
    fn escape_ends_the_search() {
        let mut bench = bench();
        search(&mut bench, "zebra");
        assert_eq!(rows(&bench), ["zebra"]);
        bench.key_press(Key::Escape);
        bench.run_steps(3);
        assert_eq!(rows(&bench)[0], "car");
    }

    #[test]
    fn a_double_click_shows_a_class_alone_and_another_all_again() {
        let mut bench = bench();
        for expected in [ClassSet::only(5, 80), ClassSet::default()] {
            for _ in 0..2 {
                bench.get_by_label("class bus").click();
                bench.step();
            }
            bench.run_steps(60);
            assert_eq!(bench.state().chosen, expected);
        }
        let alt = egui::Modifiers::ALT;
        for expected in [ClassSet::only(5, 80), ClassSet::default()] {
            bench.get_by_label("class bus").click_modifiers(alt);
            bench.run_steps(60);
            assert_eq!(bench.state().chosen, expected);
        }
    }

    #[test]
    fn rows_stay_where_they_are_under_the_pointer() {
        let mut bench = bench();
        bench.get_by_label("class bus").hover();
        bench.run_steps(3);
        let classes = bench.state().classes.clone();
        bench.state_mut().counts.count(&classes, &[&[detection(79)], &[]]);
        bench.run_steps(3);
        assert_eq!(rows(&bench)[0], "car");
        bench.remove_cursor();
        bench.run_steps(3);
        assert_eq!(rows(&bench)[0], "toothbrush");
    }

    #[test]
    fn every_control_has_a_name() {
        bench().check_accessibility();
    }
}
