//! The status line says what is true now, and nothing of it is cut off.

use egui::{Key, Rect, vec2};
use egui_kittest::kittest::Queryable;
use twinsight::app::View;
use twinsight::source::SourceRequest;

use crate::support::{Desk, Plan};

const RATES: [&str; 5] = ["captured", "inferred", "shown", "age", "dropped"];

/// Whether the line has a figure of this name.
fn has_figure(desk: &Desk, name: &str) -> bool {
    let start = format!("{name} ");
    desk.names(&start).split(" | ").any(|found| found.starts_with(&start))
}

#[test]
fn a_still_has_no_rates_however_often_models_look_at_it() {
    let source = SourceRequest::Still("street.png".into());
    let mut desk = Desk::with_picture(Plan { source, ..Plan::default() });
    for score in ["person 0.80", "person 0.90", "person 0.80"] {
        desk.press(Key::P);
        desk.until("the other model's detections", |d| d.has(score));
    }
    desk.until("the time of the letterbox", |d| has_figure(d, "letterbox"));
    for name in RATES {
        assert!(!has_figure(&desk, name), "{}", desk.names(name));
    }
}

#[test]
fn while_paused_no_rate_is_claimed() {
    let mut desk = Desk::with_picture(Plan { endless: true, ..Plan::default() });
    desk.until("a rate", |d| d.has_words("inferred ") && !d.has("inferred – fps"));
    desk.press(Key::Space);
    desk.until("no rates", |d| ["captured", "inferred", "shown"].iter().all(|name| d.has(&format!("{name} – fps"))));
    assert!(desk.has("age – ms"));
}

#[test]
fn in_a_small_window_the_least_figures_leave_and_none_is_cut() {
    let mut desk = Desk::new(Plan { endless: true, view: Some(View::Overlay), ..Plan::default() });
    desk.until("all figures", |d| RATES.iter().all(|name| has_figure(d, name)) && d.has_words("letterbox "));
    assert!(!desk.has_words("More: "), "there is room for all of them: {}", desk.names("More: "));
    for width in [760.0, 900.0, 1000.0, 1100.0] {
        desk.harness.set_size(vec2(width, 420.0));
        desk.harness.run_steps(3);
        let fit = desk.control("Zoom out").unwrap().rect();
        let cells: Vec<Rect> = (RATES.iter().chain(&["letterbox", "FP32", "INT8", "More:"]))
            .flat_map(|name| {
                let words = format!("{name} ");
                let found = desk.harness.query_all_by_label_contains(&words);
                found.map(|node| node.rect()).filter(|rect| rect.center().y > 390.0).collect::<Vec<_>>()
            })
            .collect();
        assert!(cells.len() > 3, "{width}: {cells:?}");
        assert!(cells.iter().all(|cell| cell.max.x < fit.min.x), "{width}: {cells:?} {fit:?}");
    }
    desk.harness.set_size(vec2(760.0, 420.0));
    desk.harness.run_steps(3);
    assert!(desk.names("More: ").contains("letterbox"), "{}", desk.names("More: "));
    assert!(has_figure(&desk, "inferred") && has_figure(&desk, "age"));
}

#[test]
fn the_title_is_the_name_of_what_is_in_sight() {
    let mut desk = Desk::new(Plan::default());
    let shown = |desk: &Desk| desk.harness.state().as_ref().unwrap().shown_name().map(str::to_owned);
    desk.until("the first detections", |d| d.has("person 0.90"));
    assert_eq!(shown(&desk).as_deref(), Some("fake"));
}
