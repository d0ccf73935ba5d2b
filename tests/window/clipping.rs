//! The clipping alarm in the window: a quiet mark in the status line, the layers behind it, and the way to lower it.

use std::path::PathBuf;

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use twinsight::app::View;
use twinsight::model::ModelName;
use twinsight::source::SourceRequest;

use crate::dark_network::{SEEDS, dimmed, int8};
use crate::small_network::Shop;
use crate::support::{Desk, Plan};

const MARK: &str = "Outside the calibrated range: ";
const ADD: &str = "Add this frame to the calibration and rebuild";

/// A window on a picture of the calibration and a bright one.
fn desk(shop: &Shop, view: View, models: [PathBuf; 2]) -> Desk {
    let files = vec![dimmed(shop, SEEDS[0]), shop.picture("bright", SEEDS[0])];
    let mut desk = Desk::new(Plan {
        source: SourceRequest::Still(files[0].clone()),
        files,
        models: models.map(|path| Some(ModelName::File(path))),
        view: Some(view),
        catalog: shop.catalog(),
        real: true,
        ..Plan::default()
    });
    desk.until("the album", |d| d.has_words("1 of 2"));
    desk
}

fn open_list(desk: &mut Desk) {
    desk.press(Key::PageDown);
    desk.until("the mark", |d| d.has_words(MARK));
    desk.harness.get_by_label_contains(MARK).click();
    desk.harness.run_steps(3);
}

#[test]
fn a_bright_picture_raises_a_quiet_mark_and_adding_it_to_the_calibration_lowers_it() {
    let shop = Shop::new();
    let mut desk = desk(&shop, View::Overlay, [shop.float(), int8(&shop)]);
    desk.until("the pairs", |d| d.has_words("Agreement"));
    desk.press(Key::PageDown);
    desk.until("the mark", |d| d.has_words(MARK));
    let words = desk.names(MARK);
    assert!(words.contains("images ") && words.contains(" % of bytes (calibration "), "{words}");
    desk.press(Key::PageUp);
    desk.until("calm on the calibration's picture", |d| d.has_words("1 of 2") && !d.has_words(MARK));
    open_list(&mut desk);
    assert!(desk.has("images"), "the list names the layers");
    assert!(desk.has_words("counted on the 3 calibration images"), "and says what they are compared with");
    assert!(desk.has("1 frame that leaves the range is kept."));
    desk.click(ADD);
    desk.until("the new model", |d| d.said().starts_with("B is now small-64 INT8 · 4 frames."));
    assert!(desk.said().contains("1 frame added to the calibration: agreement with A"), "{}", desk.said());
    assert!(desk.control(ADD).is_none(), "the list has gone");
    desk.until("calm with it", |d| !d.has_words(MARK));
    assert!(desk.control("Back to small-64_int8_qop").is_some(), "in the layers panel there is a way back");
}

#[test]
fn frames_that_are_kept_can_be_discarded_and_escape_closes_the_list() {
    let shop = Shop::new();
    let mut desk = desk(&shop, View::Overlay, [shop.float(), int8(&shop)]);
    desk.until("the pairs", |d| d.has_words("Agreement"));
    open_list(&mut desk);
    desk.click("Discard");
    desk.until("none", |d| d.has("0 frames that leave the range are kept."));
    desk.press(Key::Escape);
    desk.until("its end", |d| d.control("Discard").is_none());
}

#[test]
fn without_a_float_model_beside_it_the_list_says_why_nothing_can_be_built() {
    let shop = Shop::new();
    let mut desk = desk(&shop, View::Single, [int8(&shop), shop.float()]);
    open_list(&mut desk);
    desk.until("the button", |d| d.control(ADD).is_some_and(|add| add.accesskit_node().is_disabled()));
}
