//! The panel without a window around it: by label and key.

mod rows;

use egui::accesskit::{Role, Toggled};
use egui::{Key, Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::input::PairsInput;
use super::selection::Selection;
use super::*;
use crate::app::action::ThresholdsAction;
use crate::app::ui::theme;
use crate::app::view::Side;
use crate::compare::truth::JudgedBoxes;
use crate::compare::{Comparer, Comparison, ModelInput, VerdictKind};
use crate::detect::{ClassSet, Form, Letterbox, RawHeads, Thresholds};

const PERSON: usize = 0;
const DOG: usize = 16;
const CAT: usize = 15;

/// A class, its score, and a cell of the coarse grid, three cells from the next.
type Sight = (usize, f32, usize);

const A: [Sight; 5] = [(PERSON, 0.9, 14), (DOG, 0.6, 17), (CAT, 0.5, 20), (PERSON, 0.7, 53), (PERSON, 0.4, 59)];
/// The same, but a dog that is weaker, a cat that became a dog, a person that is gone for good, and a cat.
const B: [Sight; 5] = [(PERSON, 0.85, 14), (DOG, 0.2, 17), (DOG, 0.45, 20), (PERSON, 0.3, 53), (CAT, 0.8, 56)];

fn heads(form: &Form, sights: &[Sight]) -> RawHeads {
    let mut heads = RawHeads::zeros(form);
    heads.heads.iter_mut().for_each(|values| values.fill(-20.0));
    for &(class_id, score, cell) in sights {
        let mut set = |plane: usize, value: f32| heads.heads[1][plane * 169 + cell] = value;
        (0..4).for_each(|plane| set(plane, 0.0));
        // σ(objectness) = σ(class) = √score.
        let root = score.sqrt();
        let logit = (root / (1.0 - root)).ln();
        set(4, logit);
        set(5 + class_id, logit);
    }
    heads
}

/// The finer head with one box: its anchor 2 has the size of the coarse grid's anchor 0. In the cells of twice the row
/// and column the centre is 8 pixels off.
fn on_the_finer_grid(class_id: usize, row: usize, column: usize) -> Vec<f32> {
    let mut values = vec![-20.0; 3 * 85 * 676];
    for (plane, value) in [(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0), (4, 1.0), (5 + class_id, 2.0)] {
        values[(2 * 85 + plane) * 676 + row * 26 + column] = value;
    }
    values
}

struct State {
    form: Form,
    heads: [RawHeads; 2],
    comparison: Comparison,
    judged: Option<[JudgedBoxes; 2]>,
    panel: PairsPanel,
    classes: ClassSet,
    highlighted: Option<usize>,
    chosen: Option<usize>,
    hovered: Option<usize>,
    asked: Option<(Side, Thresholds)>,
    /// All other actions.
    others: Vec<Action>,
    live: bool,
    /// What the thresholds of both are said to be.
    score: f32,
}

impl State {
    fn new(a: &[Sight], b: &[Sight]) -> Self {
        let form = Form::yolov4_tiny_416();
        let heads = [heads(&form, a), heads(&form, b)];
        let mut state = Self {
            form,
            heads,
            comparison: Comparison::default(),
            judged: None,
            panel: PairsPanel::default(),
            classes: ClassSet::default(),
            highlighted: None,
            chosen: None,
            hovered: None,
            asked: None,
            others: Vec::new(),
            live: false,
            score: 0.25,
        };
        state.compare(0.25);
        state
    }

    fn compare(&mut self, score: f32) {
        let letterbox = Letterbox::new(self.form.input, self.form.input);
        let [a, b] = self.sides(&letterbox, score);
        self.comparison = Comparer::default().run(&a, &b).clone();
    }

    fn sides<'a>(&'a self, letterbox: &'a Letterbox, score: f32) -> [ModelInput<'a>; 2] {
        let thresholds = Thresholds { score, ..Thresholds::LIVE };
        [0, 1].map(|i| ModelInput { form: &self.form, heads: &self.heads[i], letterbox, thresholds })
    }

    fn show(ui: &mut Ui, state: &mut Self) {
        let mut panel = std::mem::take(&mut state.panel);
        let letterbox = Letterbox::new(state.form.input, state.form.input);
        let input = PairsInput {
            comparison: &state.comparison,
            judged: state.judged.as_ref(),
            sides: state.sides(&letterbox, state.score),
            names: ["FP32", "INT8"],
            chosen_classes: &state.classes,
            highlighted: state.highlighted,
            selected: state.chosen,
            missing: false,
            live: state.live,
        };
        let mut actions = Vec::new();
        let hovered = panel.ui(ui, &input, &mut actions);
        (state.panel, state.hovered) = (panel, hovered);
        for action in actions {
            match action {
                Action::Pairs(PairsAction::Show(verdict)) => state.chosen = verdict,
                Action::Thresholds(ThresholdsAction::Set(side, thresholds)) => state.asked = Some((side, thresholds)),
                other => state.others.push(other),
            }
        }
        if hovered.is_some() {
            state.highlighted = hovered;
        }
    }
}

struct Bench(Harness<'static, State>);

impl Bench {
    fn new(state: State) -> Self {
        Self::of_height(state, 700.0)
    }

    fn of_height(state: State, height: f32) -> Self {
        let setup = |ctx: &egui::Context| theme::install(ctx);
        let builder = Harness::builder().with_size(vec2(340.0, height)).with_context_setup(setup);
        let mut bench = Self(builder.build_ui_state(State::show, state));
        bench.0.run_steps(3);
        bench
    }

    /// The names of the rows from the top down.
    fn rows(&self) -> Vec<String> {
        let mut rows: Vec<_> = self.0.query_all_by_role(Role::ListItem).collect();
        rows.sort_by(|x, y| x.rect().top().total_cmp(&y.rect().top()));
        rows.iter().map(|row| row.accesskit_node().label().unwrap_or_default()).collect()
    }

    /// The first words of the rows' names.
    fn starts(&self) -> Vec<String> {
        self.rows().iter().map(|row| row.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect()
    }

    fn click(&mut self, label: &str) {
        self.0.get_by_label(label).click();
        self.0.run_steps(3);
    }

    fn press(&mut self, key: Key) {
        self.0.key_press(key);
        self.0.run_steps(3);
    }

    fn chosen_row(&self) -> Option<String> {
        let chosen = self.0.state().chosen?;
        self.rows().into_iter().nth(self.0.state().panel.model.place(chosen)?)
    }

    fn has_words(&self, words: &str) -> bool {
        self.0.query_all_by_label_contains(words).next().is_some()
    }
}

fn bench() -> Bench {
    Bench::new(State::new(&A, &B))
}

#[test]
fn rows_say_what_became_of_each_box_and_what_differs_comes_first() {
    assert_eq!(
        bench().rows(),
        [
            "dog 0.60 → lost: INT8 scored this box 0.200, not above the threshold of 0.25",
            "person 0.40 → lost: INT8 has no candidate of this class near this box",
            "cat 0.80, gained: FP32 has no candidate of this class near this box",
            "cat 0.50 → dog 0.45, class changed, IoU 1.00",
            "person 0.70 → 0.30, matched, IoU 1.00",
            "person 0.90 → 0.85, matched, IoU 1.00",
        ]
    );
}

#[test]
fn a_click_on_a_title_sorts_and_another_turns_it_round() {
    let mut bench = bench();
    bench.click("Sort by score A");
    let falling = ["person 0.90", "person 0.70", "dog 0.60", "cat 0.50", "person 0.40", "cat 0.80,"];
    assert_eq!(bench.starts(), falling);
    bench.click("Sort by score A");
    let rising = ["person 0.40", "cat 0.50", "dog 0.60", "person 0.70", "person 0.90", "cat 0.80,"];
    assert_eq!(bench.starts(), rising, "what has no score stays last");
    bench.click("Sort by score B");
    assert_eq!(bench.starts()[..2], ["person 0.90", "cat 0.80,"]);
    bench.click("Sort by class");
    assert_eq!(bench.starts()[..3], ["cat 0.80,", "cat 0.50", "dog 0.60"]);
    bench.click("Sort by score difference");
    assert_eq!(bench.starts()[..2], ["dog 0.60", "person 0.70"]);
    bench.click("Sort by IoU");
    assert_eq!(bench.starts()[3..], ["dog 0.60", "person 0.40", "cat 0.80,"], "no IoU, hence last");
    bench.click("Sort by verdict");
    assert_eq!(bench.starts()[0], "dog 0.60");
}

#[test]
fn each_kind_can_be_left_out_and_tells_its_count() {
    let mut bench = bench();
    bench.click("2 lost");
    assert_eq!(bench.starts(), ["cat 0.80,", "cat 0.50", "person 0.70", "person 0.90"]);
    let state = bench.0.state();
    let shown = |verdict: &&crate::compare::Verdict| state.panel.kinds()[verdict.kind() as usize];
    assert_eq!(state.comparison.verdicts().iter().filter(shown).count(), 4);
    for label in ["1 gained", "1 class changed", "2 matched"] {
        bench.click(label);
    }
    assert!(bench.rows().is_empty() && bench.has_words("All pairs are filtered out."));
}

#[test]
fn rows_and_counts_follow_the_classes() {
    let mut state = State::new(&A, &B);
    state.classes = ClassSet::only(CAT, 80);
    let bench = Bench::new(state);
    assert_eq!(bench.starts(), ["cat 0.80,", "cat 0.50"]);
    assert!(bench.has_words("0 lost") && bench.has_words("1 class changed"));
}

#[test]
fn pointing_at_a_row_gives_its_verdict_and_lights_it_up() {
    let mut bench = bench();
    bench.0.get_by_label_contains("dog 0.60").hover();
    bench.0.run_steps(3);
    let state = bench.0.state();
    assert_eq!(state.hovered.map(|i| state.comparison.verdicts()[i].kind()), Some(VerdictKind::Lost));
    let lit = |label: &str| bench.0.get_by_label_contains(label).accesskit_node().toggled() == Some(Toggled::True);
    assert!(lit("dog 0.60") && !lit("person 0.90"));
}

#[test]
fn a_click_chooses_and_shows_the_details_and_the_cross_takes_them_away() {
    let mut bench = bench();
    bench.0.get_by_label_contains("dog 0.60").click();
    bench.0.run_steps(3);
    assert!(bench.has_words("INT8 scored this box 0.200, not above the threshold of 0.25."));
    assert!(bench.has_words("It reappears at a score threshold of 0.19 or lower."));
    assert!(bench.has_words("head 1 (stride 32), anchor 0 (81×82), row 1, column 4"));
    assert!(bench.has_words("objectness: FP32 0.7746, INT8 0.4472"));
    assert!(bench.has_words("dog: FP32 0.7746, INT8 0.4472"));
    bench.click("Close details");
    assert_eq!(bench.0.state().chosen, None);
    assert!(!bench.has_words("objectness"));
}

#[test]
fn a_button_brings_a_lost_box_back_and_the_choice_stays() {
    let mut bench = bench();
    bench.0.get_by_label_contains("dog 0.60").click();
    bench.0.run_steps(3);
    bench.click("Lower INT8's threshold to 0.19");
    let state = bench.0.state_mut();
    let (side, thresholds) = state.asked.take().unwrap();
    assert_eq!((side, thresholds), (Side::B, Thresholds { score: 0.19, ..Thresholds::LIVE }));
    let chosen = Selection::new(&state.comparison, state.chosen.unwrap()).unwrap();
    state.compare(0.19);
    let found = chosen.find(&state.comparison).unwrap();
    assert!(state.comparison.verdicts()[found].agrees());
}

#[test]
fn boxes_of_different_candidates_are_shown_each_at_its_own() {
    let mut state = State::new(&[(PERSON, 0.9, 14)], &[]);
    state.heads[1].heads[0] = on_the_finer_grid(PERSON, 2, 2);
    state.compare(0.25);
    state.chosen = Some(0);
    let bench = Bench::new(state);
    assert!(bench.has_words("The boxes come from different candidates"));
    assert!(bench.has_words("FP32: head 1 (stride 32), anchor 0 (81×82), row 1, column 1"));
    assert!(bench.has_words("INT8: head 0 (stride 16), anchor 2 (81×82), row 2, column 2"));
    assert!(bench.has_words("objectness: FP32 0.9487, INT8 0.7311"), "σ(1) = 0.7311");
    assert!(bench.has_words("person: FP32 0.9487, INT8 0.8808"), "σ(2) = 0.8808");
}

#[test]
fn models_of_other_forms_do_not_break_the_details() {
    let mut state = State::new(&[(PERSON, 0.9, 14)], &[]);
    state.chosen = Some(0);
    state.heads[1] = RawHeads::default();
    let bench = Bench::new(state);
    assert!(bench.has_words("INT8 has no such candidate"));
    assert!(bench.has_words("objectness: FP32 0.9487, INT8 unknown"));
}

#[test]
fn arrows_move_the_choice_and_escape_ends_it() {
    let mut bench = bench();
    bench.0.get_by_label_contains("dog 0.60").focus();
    bench.0.run_steps(3);
    bench.press(Key::Enter);
    assert_eq!(bench.chosen_row().unwrap()[..8], *"dog 0.60");
    bench.press(Key::ArrowDown);
    bench.press(Key::ArrowDown);
    assert_eq!(bench.chosen_row().unwrap()[..8], *"cat 0.80");
    bench.press(Key::ArrowUp);
    assert_eq!(bench.chosen_row().unwrap()[..11], *"person 0.40");
    bench.press(Key::End);
    bench.press(Key::ArrowDown);
    assert_eq!(bench.chosen_row().unwrap()[..11], *"person 0.90");
    bench.press(Key::Home);
    assert_eq!(bench.chosen_row().unwrap()[..8], *"dog 0.60");
    bench.press(Key::Escape);
    assert_eq!(bench.0.state().chosen, None);
}

/// Far more than fit.
fn many() -> State {
    // A class each, the strongest first.
    let cells = (0..12).step_by(3).flat_map(|row| (0..12).step_by(3).map(move |column| row * 13 + column));
    let sights: Vec<Sight> = cells.enumerate().map(|(i, cell)| (i, 0.9 - i as f32 * 0.02, cell)).collect();
    State::new(&sights, &[])
}

#[test]
fn what_is_pointed_at_in_the_picture_scrolls_into_sight() {
    let mut bench = Bench::of_height(many(), 240.0);
    let in_sight = |bench: &Bench, class_id: usize| {
        let class = bench.0.state().form.classes.name(class_id);
        let label = format!("{class} 0.");
        let row = bench.0.query_by_label_contains(&label);
        row.is_some_and(|row| row.rect().top() >= 60.0 && row.rect().bottom() <= 241.0)
    };
    assert!(in_sight(&bench, 0) && !in_sight(&bench, 15));
    bench.0.state_mut().highlighted = Some(15);
    bench.0.run_steps(4);
    assert!(in_sight(&bench, 15) && !in_sight(&bench, 0));
}

#[test]
fn keys_go_on_where_the_wheel_has_taken_the_row_away() {
    let mut bench = Bench::of_height(many(), 240.0);
    bench.0.get_by_label_contains("person 0.90").focus();
    bench.0.run_steps(2);
    bench.0.state_mut().highlighted = Some(15);
    bench.0.run_steps(4);
    bench.press(Key::Home);
    assert_eq!(bench.0.state().chosen, Some(0));
}

#[test]
fn rows_are_made_only_when_something_changed() {
    let state = State::new(&A, &B);
    let mut model = Model::default();
    let mut update = |classes: &ClassSet, change: fn(&mut Model)| {
        change(&mut model);
        model.update(&state.comparison, None, &state.form.classes, classes, false)
    };
    let all = ClassSet::default();
    assert!(update(&all, |_| {}) && !update(&all, |_| {}));
    assert!(update(&all, |m| m.sort.click(model::PairSortKey::Iou)) && !update(&all, |_| {}));
    assert!(update(&ClassSet::only(DOG, 80), |_| {}));
    assert!(update(&all, |m| *m.shown.of(VerdictKind::Lost) = false) && !update(&all, |_| {}));
}

#[test]
fn a_choice_outlives_a_slider_and_a_frame() {
    let mut state = State::new(&A, &B);
    let kinds = |state: &State, i: usize| state.comparison.verdicts()[i].kind();
    let dog = (0..6).find(|i| kinds(&state, *i) == VerdictKind::Lost).unwrap();
    let mut chosen = Selection::new(&state.comparison, dog).unwrap();
    state.compare(0.1);
    assert_eq!(chosen.find(&state.comparison).map(|i| kinds(&state, i)), Some(VerdictKind::Matched));
    state.compare(0.8);
    assert_eq!(chosen.find(&state.comparison), None);
    state.compare(0.25);
    assert_eq!(chosen.find(&state.comparison), Some(dog));
    // A cell further, half a box to the side: the next frame.
    let moved = A.map(|(class_id, score, cell)| (class_id, score, cell + 1));
    let next = State::new(&moved, &B);
    assert_eq!(chosen.find(&next.comparison), None);
    assert_eq!(chosen.follow(&next.comparison), None, "an IoU of 0.43 is another thing");
    assert_eq!(chosen.find(&state.comparison), Some(dog), "what was not found is still chosen");
    let mut next = State::new(&[], &[]);
    next.heads[1].heads[0] = on_the_finer_grid(DOG, 2, 8);
    next.compare(0.25);
    assert_eq!(chosen.follow(&next.comparison), Some(0), "8 pixels off");
    assert_eq!(chosen.find(&next.comparison), Some(0), "and followed from there");
}

#[test]
fn every_control_has_a_name() {
    let mut bench = bench();
    bench.0.get_by_label_contains("dog 0.60").click();
    bench.0.run_steps(3);
    bench.0.check_accessibility();
}
