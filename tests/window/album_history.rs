//! The history of a folder: by picture, and whatever leads to one brings its name, its number and its boxes along.

use egui::Key;
use egui::accesskit::{Role, Toggled};
use egui_kittest::kittest::{NodeT, Queryable};
use twinsight::app::View;
use twinsight::model::ModelName;
use twinsight::source::SourceRequest;

use crate::support::{DOG, Desk, PERSON, Plan};

/// How many pictures are leafed through.
const LEAFED: usize = 6;

/// A folder whose second picture, and every other one from there, is seen alike by both models.
fn leafed() -> (Desk, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    for n in 1..=9 {
        let grey = [128; 16 * 12 * 3];
        image::save_buffer(dir.path().join(format!("{n}.png")), &grey, 16, 12, image::ExtendedColorType::Rgb8).unwrap();
    }
    let fp32 = vec![(PERSON, 0.9, 30), (DOG, 0.5, 60)];
    let mut plan = Plan { view: Some(View::Overlay), ..Plan::default() };
    plan.sights = [(ModelName::Fp32, fp32.clone()), (ModelName::Int8, vec![(PERSON, 0.8, 30)])].into();
    plan.others = [(ModelName::Fp32, fp32), (ModelName::Int8, vec![(PERSON, 0.8, 30), (DOG, 0.4, 60)])].into();
    plan.source = SourceRequest::Still(dir.path().join("1.png"));
    plan.files = vec![dir.path().into()];
    let mut desk = Desk::new(plan);
    desk.until("the first pairs", |d| d.has("1 of 9") && d.has_words("person 0.90 → 0.80"));
    for n in 2..=LEAFED {
        desk.press(Key::ArrowRight);
        desk.until("the next pairs", |d| d.has(&format!("{n} of 9")) && d.has_words("person 0.90 → 0.80"));
    }
    (desk, dir)
}

fn current(desk: &Desk) -> Option<String> {
    let mut nodes = desk.harness.query_all_by_label_contains(".png");
    nodes.find(|node| node.accesskit_node().toggled() == Some(Toggled::True))?.accesskit_node().label()
}

#[test]
fn worst_selects_the_picture_with_its_name_its_number_and_its_thumbnail() {
    let (mut desk, _dir) = leafed();
    desk.press(Key::H);
    desk.until("the history by image", |d| d.has_words("Agreement by image: image 1 to 9"));
    desk.until("the pictures that were leafed to", |d| d.has_words("6 of 9 images compared"));
    assert!(!desk.has("Worst frame") && !desk.has("Back to live"), "nothing in an album is live");
    // On the first, B misses the dog; it is the first of the worst.
    desk.click("Worst image");
    desk.until("the worst image", |d| d.has("1 of 9") && current(d).as_deref() == Some("1.png"));
    assert!(!desk.has_words("History: "), "it is the picture itself, and not a frame of the past");
    desk.until("its boxes", |d| d.has_words("person 0.90 → 0.80"));
}

#[test]
fn the_plot_tells_the_name_under_the_pointer_and_goes_there() {
    let (mut desk, _dir) = leafed();
    desk.press(Key::H);
    desk.until("the history by image", |d| d.has_words("Agreement by image: "));
    let plot = {
        let mut plots = desk.harness.query_all_by_label_contains("Agreement by image: ");
        plots.find(|node| node.accesskit_node().role() == Role::Image).unwrap().rect()
    };
    // Numbers stand at the left.
    let left = plot.min.x + 34.0;
    let at = egui::pos2(left + (plot.max.x - 4.0 - left) * 3.5 / 9.0, plot.center().y);
    desk.harness.hover_at(at);
    desk.until("the name", |d| d.has_words("4.png\nimage 4 of 9"));
    desk.click_at(at);
    desk.until("the fourth", |d| d.has("4 of 9") && current(d).as_deref() == Some("4.png"));
}

#[test]
fn a_folder_without_pictures_stands_in_the_middle_with_a_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let source = SourceRequest::Still(dir.path().into());
    let mut desk = Desk::new(Plan { source, files: vec![dir.path().into()], real: true, ..Plan::default() });
    let name = dir.path().file_name().unwrap().to_string_lossy().into_owned();
    desk.until("the reason", |d| d.has("No images in this folder") && d.has_words(&name));
    assert!(!desk.has_words("is a directory"), "{}", desk.names("directory"));
    assert!(desk.control("Open folder…").is_some());
    assert!(desk.harness.query_all_by_label("Open files…").next().is_some());
    // Once there is one, another try finds it.
    let grey = [128; 16 * 12 * 3];
    image::save_buffer(dir.path().join("1.png"), &grey, 16, 12, image::ExtendedColorType::Rgb8).unwrap();
    desk.click("Try again");
    desk.until("the picture", |d| d.has("1 of 1") && !d.has("No images in this folder"));
}
