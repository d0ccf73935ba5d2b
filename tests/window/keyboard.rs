//! The keyboard: Tab goes through every row as it is read, and one ring goes round what has the focus.

use egui::Key;
use twinsight::app::View;
use twinsight::source::SourceRequest;

use crate::support::{Desk, Plan};

fn desk(plan: Plan) -> Desk {
    let mut desk = Desk::new(Plan { view: Some(View::Overlay), ..plan });
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80") && d.control("Fit").is_some());
    desk
}

/// A window on a folder with two pictures.
fn album() -> (Desk, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    for name in ["1.png", "2.png"] {
        image::save_buffer(dir.path().join(name), &[128; 16 * 12 * 3], 16, 12, image::ExtendedColorType::Rgb8).unwrap();
    }
    let source = SourceRequest::Still(dir.path().join("1.png"));
    let mut desk = desk(Plan { source, files: vec![dir.path().into()], ..Plan::default() });
    desk.until("the strip", |d| d.control("2.png").is_some());
    (desk, dir)
}

#[test]
fn tab_goes_through_the_panel_at_the_bottom_as_it_is_read() {
    let mut desk = desk(Plan::default());
    desk.press(Key::H);
    desk.harness.run_steps(2);
    desk.tab_through(&["History tab", "Layers tab", "10 s", "1 min", "5 min", "all", "Close history"]);
    let close = desk.control("Close history").unwrap().rect();
    assert!(close.max.x > 1240.0, "and its cross is at the right end: {close:?}");
}

#[test]
fn tab_goes_through_the_row_above_the_thumbnails_as_it_is_read() {
    let (mut desk, _dir) = album();
    desk.until("the first picture compared", |d| d.has_words("1 image · "));
    desk.tab_through(&["Compare all images", "Next difference", "By name", "Worst first"]);
}

#[test]
fn a_thumbnail_with_the_focus_has_one_ring() {
    let (mut desk, _dir) = album();
    let place = desk.control("2.png").unwrap().rect();
    assert_eq!(desk.outlines(place), 0);
    desk.control("2.png").unwrap().focus();
    desk.harness.run_steps(3);
    assert!(desk.control("2.png").unwrap().is_focused());
    assert_eq!(desk.outlines(place), 1);
}
