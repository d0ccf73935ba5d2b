//! B's threshold matched to A: what is said of it goes as soon as it is no longer so, and it can be undone.

use egui::Key;
use twinsight::app::{Preferences, View};
use twinsight::model::ModelName::{Fp32, Int8};

use crate::support::{CAT, DOG, Desk, PERSON, Plan};

const NOTE: &str = "Best threshold for B";

/// INT8 sees the cat too weakly; at a lower threshold of B's both see the same.
fn matched(preferences: Preferences) -> Desk {
    let fp32 = vec![(PERSON, 0.9, 30), (DOG, 0.5, 60), (CAT, 0.3, 120)];
    let int8 = vec![(PERSON, 0.8, 30), (DOG, 0.4, 60), (CAT, 0.2, 120)];
    let sights = [(Fp32, fp32), (Int8, int8)].into();
    let mut desk = Desk::new(Plan { sights, preferences, view: Some(View::Overlay), ..Plan::default() });
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80"));
    desk.until("the frame in the history", |d| d.history_len() == 1);
    desk.press(Key::G);
    desk.until("what it found", |d| d.has_words(NOTE));
    desk
}

#[test]
fn the_note_goes_with_what_it_was_said_of() {
    type Change = fn(&mut Desk);
    let changes: [(&str, Change); 7] = [
        ("A's threshold", |d| d.set_slider("Score A", 0.4)),
        ("B's threshold", |d| d.set_slider("Score B", 0.4)),
        ("the defaults", |d| d.press(Key::R)),
        ("linked thresholds", |d| d.press(Key::K)),
        ("swapped sides", |d| d.press(Key::X)),
        ("one model", |d| d.press(Key::Num1)),
        ("another source", |d| {
            let file = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
            d.drop_files([file.path()]);
            d.until("the file", |d| d.opened.lock().unwrap().len() > 1);
        }),
    ];
    for (what, change) in changes {
        let mut desk = matched(Preferences::default());
        for key in [Key::L, Key::T, Key::Num3, Key::Num4] {
            desk.press(key);
        }
        assert!(desk.has_words(NOTE), "labels, themes and views change nothing of it");
        change(&mut desk);
        desk.until(what, |d| !d.has_words(NOTE));
        assert!(desk.control("Undo").is_none(), "{what}");
    }
}

#[test]
fn a_class_that_is_left_out_ends_it() {
    let mut desk = matched(Preferences::default());
    // Its row is in sight.
    desk.harness.set_size(egui::vec2(1280.0, 1200.0));
    desk.click("class cat");
    desk.until("the note to go", |d| !d.has_words(NOTE));
}

#[test]
fn undo_brings_back_the_thresholds_of_before() {
    let apart = Preferences { linked: false, score_b: 0.45, nms_iou_b: 0.6, ..Preferences::default() };
    for preferences in [Preferences::default(), apart] {
        let mut desk = matched(preferences.clone());
        assert_ne!(desk.preferences().thresholds(), preferences.thresholds());
        desk.click("Undo");
        assert_eq!(desk.preferences().thresholds(), preferences.thresholds());
        assert_eq!(desk.preferences().linked, preferences.linked);
        assert!(!desk.has_words(NOTE) && desk.control("Undo").is_none());
    }
}
