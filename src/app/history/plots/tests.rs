//! The plots as a person uses them, over a history that no engine made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Event, PointerButton, Pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::*;
use crate::app::action::{HistoryAction, WindowAction};
use crate::detect::{Classes, Form, Frame, Head, Letterbox, RawHeads, Size};
use crate::engine::{Observation, Output, Times};
use crate::history::{Compactor, RECORDS, Ring};
use crate::model::ModelInfo;
use crate::source::Description;

struct Desk {
    timeline: Timeline,
    ring: Ring,
    state: PlotState,
    in_sight: Option<u64>,
    browsing: bool,
    preferences: Preferences,
    actions: Vec<Action>,
}

/// Ten frames a second. A sees one box; B sees it too, but for the frames in `lost`.
struct Studio {
    start: Instant,
    model: Arc<ModelInfo>,
    /// With and without a box.
    heads: [Arc<RawHeads>; 2],
}

impl Studio {
    fn new() -> Self {
        let head = Head { stride: 16, anchors: vec![[16.0, 16.0]], scale_x_y: 1.0 };
        let form = Form { input: Size::new(64, 64), classes: Classes::new(["person"]), heads: vec![head] };
        let empty = RawHeads { heads: vec![vec![-20.0; 6 * 16]] };
        let mut box_in_cell_5 = empty.clone();
        for plane in 0..6 {
            box_in_cell_5.heads[0][plane * 16 + 5] = if plane < 4 { 0.0 } else { 5.0 };
        }
        let model = ModelInfo { form, ..ModelInfo::sample("FP32") };
        Self { start: Instant::now(), model: Arc::new(model), heads: [Arc::new(box_in_cell_5), Arc::new(empty)] }
    }

    fn observation(&self, sequence: u64, models: usize, lost: bool) -> Observation {
        let size = Size::new(64, 64);
        let output = |slot| Output {
            slot,
            model: Arc::clone(&self.model),
            heads: Arc::clone(&self.heads[usize::from(lost && slot == 1)]),
            letterbox: Letterbox::new(size, size),
            inference: Duration::from_millis(if lost { 90 } else { 20 }),
        };
        let captured = self.start + Duration::from_millis(100) * sequence as u32;
        Observation {
            frame_id: sequence,
            sequence,
            frame: Arc::new(Frame::new(size).unwrap()),
            outputs: (0..models).map(output).collect(),
            times: Times {
                captured,
                capture: Duration::ZERO,
                letterbox: Duration::from_millis(1),
                finished: captured + Duration::from_millis(40),
            },
            source_generation: 0,
            description: Description::default(),
        }
    }
}

impl Desk {
    /// Frames 0 to 600, a minute; the last 100 and some others are kept. Frame 580 is bad.
    fn new(models: usize) -> Self {
        let (studio, mut compactor) = (Studio::new(), Compactor::default());
        let (mut timeline, mut ring) = (Timeline::default(), Ring::default());
        for sequence in 0..=600 {
            let observation = studio.observation(sequence, models, sequence == 580);
            timeline.add(&observation, None);
            if sequence > 500 || sequence == 480 {
                ring.push(compactor.run(&observation));
            }
        }
        assert!(timeline.refresh(&mut ring, Duration::from_secs(60)));
        let (state, preferences) = (PlotState::default(), Preferences::default());
        Self { timeline, ring, state, in_sight: Some(600), browsing: false, preferences, actions: Vec::new() }
    }

    fn open(self, width: f32) -> Harness<'static, Self> {
        let paint = |ui: &mut Ui, desk: &mut Self| {
            let input = PlotInput {
                timeline: &desk.timeline,
                ring: &desk.ring,
                in_sight: desk.in_sight,
                browsing: desk.browsing,
                names: ["FP32", "INT8"],
                pause_below: None,
                missed: 0,
            };
            desk.state.ui(ui, &input, &mut desk.preferences, &mut desk.actions);
        };
        let mut harness = Harness::builder()
            .with_size(vec2(width, 220.0))
            .with_context_setup(|ctx: &egui::Context| theme::install(ctx))
            .build_ui_state(paint, self);
        harness.run_steps(3);
        harness
    }
}

fn go_to(sequence: u64) -> Action {
    Action::History(HistoryAction::GoTo(sequence))
}

/// The place in a plot of a time, as a part of its width.
fn place(harness: &Harness<'_, Desk>, plot: &str, part: f32) -> Pos2 {
    let rect = harness.get_by_label_contains(plot).rect();
    Pos2::new(rect.left() + rect.width() * part, rect.center().y)
}

fn press(harness: &mut Harness<'_, Desk>, pos: Pos2, pressed: bool) {
    let modifiers = egui::Modifiers::NONE;
    harness.event(Event::PointerMoved(pos));
    harness.step();
    harness.event(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers });
    harness.step();
}

fn click(harness: &mut Harness<'_, Desk>, pos: Pos2) -> Vec<Action> {
    harness.state_mut().actions.clear();
    press(harness, pos, true);
    press(harness, pos, false);
    harness.run_steps(2);
    std::mem::take(&mut harness.state_mut().actions)
}

#[test]
fn a_click_goes_to_the_nearest_kept_moment() {
    let mut harness = Desk::new(2).open(1200.0);
    for plot in ["Agreement over time", "lost boxes over time", "Latency over time"] {
        // A minute from left to right: a tenth of a second is a 600th.
        let at = place(&harness, plot, 550.0 / 600.0);
        assert_eq!(click(&mut harness, at), [go_to(550)], "{plot}");
        // 490 is not kept: 501 is 11 off, 480 is 10.
        let at = place(&harness, plot, 490.0 / 600.0);
        assert_eq!(click(&mut harness, at), [go_to(480)], "{plot}");
        let at = place(&harness, plot, 0.01);
        assert_eq!(click(&mut harness, at), [go_to(480)], "{plot}");
        // It is already shown.
        let at = place(&harness, plot, 0.9999);
        assert_eq!(click(&mut harness, at), [], "{plot}");
    }
}

#[test]
fn one_frame_is_no_plot_but_a_line_that_says_what_fills_them() {
    let (studio, mut compactor) = (Studio::new(), Compactor::default());
    let (mut timeline, mut ring) = (Timeline::default(), Ring::default());
    // A still, at which other models look again.
    for sequence in 0..3 {
        let again = Observation { sequence, ..studio.observation(0, 2, false) };
        timeline.add(&again, None);
        ring.push(compactor.run(&again));
    }
    assert!(timeline.refresh(&mut ring, Duration::from_secs(60)));
    let desk = Desk { timeline, ring, in_sight: Some(2), ..Desk::new(2) };
    let mut harness = desk.open(1200.0);
    let has = |harness: &Harness<'_, Desk>, words: &str| harness.query_all_by_label_contains(words).next().is_some();
    assert!(has(&harness, "Live cameras and videos") && !has(&harness, "over time:"));
    assert!(!has(&harness, "Worst frame") && has(&harness, "History tab"));
    // With the next frame there are plots.
    let next = studio.observation(3, 2, false);
    harness.state_mut().timeline.add(&next, None);
    harness.run_steps(2);
    assert!(!has(&harness, "Live cameras and videos") && has(&harness, "Latency over time:"));
}

#[test]
fn dragging_goes_from_moment_to_moment() {
    let mut harness = Desk::new(2).open(1200.0);
    let places = [510.0, 530.0, 560.0].map(|n| place(&harness, "Agreement over time", n / 600.0));
    press(&mut harness, places[0], true);
    for place in places {
        harness.event(Event::PointerMoved(place));
        harness.run_steps(2);
    }
    let actions = &harness.state().actions;
    // Without having moved it is a click, which ends elsewhere.
    assert!([530, 560].iter().all(|s| actions.contains(&go_to(*s))), "{actions:?}");
}

#[test]
fn while_browsing_the_plots_stand_still() {
    // Before the window opens, which takes a while on a busy machine: both starts differ by less than a frame.
    let studio = Studio::new();
    let mut desk = Desk::new(2);
    (desk.browsing, desk.in_sight) = (true, Some(520));
    let mut harness = desk.open(1200.0);
    let at = place(&harness, "Agreement over time", 550.0 / 600.0);
    for sequence in 601..=700 {
        let observation = studio.observation(sequence, 2, false);
        harness.state_mut().timeline.add(&observation, None);
    }
    harness.run_steps(2);
    // 700 is 100 after the newest before.
    assert_eq!(click(&mut harness, at), [go_to(550)]);
    harness.state_mut().browsing = false;
    harness.run_steps(2);
    let at = place(&harness, "Agreement over time", 450.0 / 600.0);
    assert!(matches!(click(&mut harness, at)[..], [Action::History(HistoryAction::GoTo(549..=551))]));
}

#[test]
fn the_row_steps_finds_the_worst_and_goes_back_to_live() {
    let mut desk = Desk::new(2);
    (desk.browsing, desk.in_sight) = (true, Some(550));
    let mut harness = desk.open(1200.0);
    for (label, action) in [
        ("Previous frame in history", Action::History(HistoryAction::Step(-1))),
        ("Next frame in history", Action::History(HistoryAction::Step(1))),
        ("Worst frame", go_to(580)),
        ("Back to live", Action::Window(WindowAction::Resume)),
    ] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
        assert_eq!(std::mem::take(&mut harness.state_mut().actions), [action], "{label}");
    }
    // Nothing comes after the newest, which is live.
    (harness.state_mut().browsing, harness.state_mut().in_sight) = (false, Some(600));
    harness.run_steps(2);
    for label in ["Next frame in history", "Back to live"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
        assert_eq!(harness.state().actions, [], "{label}");
    }
}

#[test]
fn what_a_screen_reader_reads() {
    let mut desk = Desk::new(2);
    desk.in_sight = Some(580);
    let harness = desk.open(1200.0);
    harness.get_by_label("Agreement over time: 0.00");
    harness.get_by_label("Gained and lost boxes over time: 0 gained, 1 lost, 0 class changed");
    harness.get_by_label("Latency over time: FP32 20.0 ms, INT8 20.0 ms, letterbox 1.0 ms");
    harness.get_by_label("Pause below this agreement");
    let megabytes = (harness.state().ring.bytes() as f64 / f64::from(1 << 20)).round();
    harness.get_by_label(&format!("101 frames buffered ({megabytes:.0} of 256 MB)"));
}

#[test]
fn the_legends_tell_of_the_frame_under_the_pointer() {
    let mut harness = Desk::new(2).open(1200.0);
    harness.get_by_label("Agreement over time: 1.00");
    let bad = place(&harness, "Agreement over time", 580.0 / 600.0);
    harness.hover_at(bad);
    harness.run_steps(3);
    harness.get_by_label("Agreement over time: 0.00");
    harness.get_by_label("Gained and lost boxes over time: 0 gained, 1 lost, 0 class changed");
    harness.remove_cursor();
    harness.run_steps(3);
    harness.get_by_label("Agreement over time: 1.00");
}

#[test]
fn before_the_first_frame_there_is_nothing_to_point_at() {
    let mut desk = Desk::new(2);
    // A minute is recorded: it takes the last fifth.
    desk.state.reach = Reach::FiveMinutes;
    let mut harness = desk.open(1200.0);
    for (part, is_recorded) in [(0.5, false), (0.95, true)] {
        harness.hover_at(place(&harness, "Agreement over time", part));
        harness.run_steps(3);
        assert_eq!(harness.state().state.view.pointed.is_some(), is_recorded, "{part}");
    }
}

#[test]
fn the_tooltip_has_every_figure_of_its_frame() {
    let desk = Desk::new(2);
    let input = PlotInput {
        timeline: &desk.timeline,
        ring: &desk.ring,
        in_sight: None,
        browsing: false,
        names: ["FP32", "INT8"],
        pause_below: None,
        missed: 0,
    };
    let record = desk.timeline.get(580).unwrap();
    assert_eq!(before_newest(record, &input), "−2 s");
    let figures = tooltip::figures(record, &input);
    let read: Vec<(&str, &str)> = figures.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [
        ("Agreement (F1)", "0.000"),
        ("Lost", "1"),
        ("Gained", "0"),
        ("Class changed", "0"),
        ("FP32", "90.0 ms (p50 20.0)"),
        ("INT8", "90.0 ms (p50 20.0)"),
        ("letterbox", "1.0 ms (p50 1.0)"),
    ];
    assert_eq!(read, expected);
}

#[test]
fn a_low_panel_scrolls_and_a_high_one_is_filled() {
    let height = |panel: f32| {
        let mut harness = Desk::new(2).open(1200.0);
        harness.set_size(vec2(1200.0, panel));
        harness.run_steps(4);
        harness.get_by_label_contains("Agreement over time").rect().height()
    };
    let [low, middle, high] = [90.0, 220.0, 400.0].map(height);
    assert!(low > 20.0, "{low}");
    assert!((high - middle - 180.0).abs() < 2.0, "{middle} {high}");
}

#[test]
fn pausing_below_an_agreement_is_chosen() {
    let mut harness = Desk::new(2).open(1200.0);
    assert!(!harness.state().preferences.pauses);
    harness.get_by_label("Pause when agreement falls below").click();
    harness.run_steps(2);
    assert!(harness.state().preferences.pauses);
}

#[test]
fn one_model_has_latencies_alone_and_a_narrow_window_one_plot() {
    let single = Desk::new(1).open(1200.0);
    assert!(single.query_by_label_contains("Agreement over time").is_none());
    single.get_by_label("Latency over time: FP32 20.0 ms, letterbox 1.0 ms");
    let mut narrow = Desk::new(2).open(640.0);
    assert!(narrow.query_by_label_contains("Latency over time").is_none());
    narrow.get_by_label_contains("Agreement over time");
    narrow.get_by_label("Latency").click();
    narrow.run_steps(3);
    narrow.get_by_label_contains("Latency over time");
    let empty = Desk { timeline: Timeline::default(), ring: Ring::default(), in_sight: None, ..Desk::new(1) };
    empty.open(1200.0).get_by_label_contains("Live cameras and videos");
}

/// As many as there can be, one of them bad.
fn long() -> Timeline {
    let (studio, mut timeline, mut ring) = (Studio::new(), Timeline::default(), Ring::default());
    let mut compactor = Compactor::default();
    for sequence in 0..RECORDS as u64 {
        timeline.add(&studio.observation(sequence, 2, sequence == 12_345), None);
        // Judged and gone: figures are here to stay.
        ring.push(compactor.run(&studio.observation(sequence, 2, sequence == 12_345)));
        timeline.refresh(&mut ring, Duration::from_secs(1));
        ring.clear();
    }
    timeline
}

#[test]
fn a_spike_is_seen_however_long_the_history_is() {
    let timeline = long();
    let mut curves = Curves::default();
    curves.fill(&timeline, 0.0, 3600.0, 3600.0 / 400.0);
    let spike = curves.agreement.points().iter().find(|p| p.y < 0.5).unwrap();
    assert!((spike.x - 1234.5).abs() < 1e-3);
    assert!(curves.inference[1].now.points().iter().any(|p| p.y == 90.0));
    assert!(curves.agreement.points().len() <= 802);
}

/// `cargo test --lib plots -- --ignored --nocapture`
#[test]
#[ignore = "measures"]
fn how_long_a_frame_takes() {
    let desk = Desk { timeline: long(), ..Desk::new(2) };
    let mut curves = Curves::default();
    for reach in Reach::ALL {
        let mut view = TimeRange::default();
        let input = PlotInput {
            timeline: &desk.timeline,
            ring: &desk.ring,
            in_sight: None,
            browsing: false,
            names: ["", ""],
            pause_below: None,
            missed: 0,
        };
        view.update(reach, &input);
        let mut took: Vec<Duration> = (0..21)
            .map(|_| {
                let begun = Instant::now();
                curves.fill(&desk.timeline, view.from, view.until, (view.until - view.from) / 400.0);
                begun.elapsed()
            })
            .collect();
        took.sort();
        eprintln!("curves of {}: {:?}", reach.label(), took[10]);
    }
    let mut harness = desk.open(1280.0);
    harness.state_mut().state.reach = Reach::All;
    harness.run_steps(3);
    let begun = Instant::now();
    (0..200).for_each(|_| harness.step());
    eprintln!("a whole step of the harness, layout and tessellation included: {:?}", begun.elapsed() / 200);
}
