//! Folders, several files and the clipboard in the window: driven by label and key, without a display.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::Key;
use egui::accesskit::Toggled;
use egui_kittest::kittest::{NodeT, Queryable};
use tempfile::TempDir;
use twinsight::app::{Clip, View};
use twinsight::detect::{Frame, Size};
use twinsight::source::SourceRequest;

use crate::support::{Desk, Plan};

/// Pictures named 1.png, 2.png …; those whose name says "broken" are, though of those "late" the thumbnail is well.
fn folder(names: &[&str]) -> (TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = names.iter().map(|name| dir.path().join(name)).collect();
    for path in &paths {
        let name = path.to_string_lossy();
        if name.contains("broken") && !name.contains("late") {
            std::fs::write(path, "no picture").unwrap();
        } else {
            let grey = [128; 16 * 12 * 3];
            image::save_buffer(path, &grey, 16, 12, image::ExtendedColorType::Rgb8).unwrap();
        }
    }
    (dir, paths)
}

/// Time from requesting a picture to showing it.
const SETTLED: Duration = Duration::from_millis(150);

/// A window with this folder open, showing its first picture.
fn leafing(dir: &Path, first: &Path) -> Desk {
    let plan = Plan { source: SourceRequest::Still(first.into()), files: vec![dir.into()], ..Plan::default() };
    let mut desk = Desk::with_picture(plan);
    desk.until("the strip", |d| d.has("Next image"));
    desk
}

fn last_opened(desk: &Desk) -> Option<SourceRequest> {
    desk.opened.lock().unwrap().last().cloned()
}

fn until_open(desk: &mut Desk, path: &Path) {
    let wanted = Some(SourceRequest::Still(path.into()));
    desk.until("another picture", move |d| last_opened(d) == wanted);
    let good = |r: &&SourceRequest| !matches!(r, SourceRequest::Still(p) if p.to_string_lossy().contains("broken"));
    let all = desk.opened.lock().unwrap().iter().filter(good).count();
    desk.until("a look at it", move |d| d.runs() >= all);
    let looked = Instant::now();
    desk.until("it to come into sight", move |d| looked.elapsed() > SETTLED && d.has("person 0.90"));
}

#[test]
fn the_keys_go_from_picture_to_picture_and_the_thresholds_stay() {
    let (dir, paths) = folder(&["1.png", "2.png", "10.png"]);
    let mut desk = leafing(dir.path(), &paths[0]);
    desk.set_slider("Score", 0.6);
    desk.press(Key::Z);
    assert!(desk.has("1 of 3") && desk.has("100 %"));
    desk.press(Key::ArrowRight);
    until_open(&mut desk, &paths[1]);
    assert!(desk.has("2 of 3") && desk.has("100 %") && !desk.has("dog 0.50"), "its zoom and thresholds stay");
    desk.press(Key::PageDown);
    until_open(&mut desk, &paths[2]);
    // The last one: it stays.
    desk.press(Key::ArrowRight);
    assert!(desk.has("3 of 3"));
    desk.press(Key::ArrowLeft);
    until_open(&mut desk, &paths[1]);
    desk.press(Key::PageUp);
    until_open(&mut desk, &paths[0]);
    assert_eq!(desk.preferences().view, View::Single);
}

#[test]
fn home_and_end_go_to_the_first_and_the_last_picture_that_can_be_read() {
    let (dir, paths) = folder(&["1 broken.png", "2.png", "3.png", "4.png", "5 broken.png"]);
    let mut desk = leafing(dir.path(), &paths[2]);
    desk.until("the marks", |d| d.has("1 broken.png, unreadable") && d.has("5 broken.png, unreadable"));
    desk.press(Key::End);
    until_open(&mut desk, &paths[3]);
    desk.press(Key::Home);
    until_open(&mut desk, &paths[1]);
}

#[test]
fn a_picture_that_cannot_be_read_is_passed_over_and_marked() {
    let (dir, paths) = folder(&["1.png", "2 broken.png", "3 broken.png", "4.png"]);
    let mut desk = leafing(dir.path(), &paths[0]);
    desk.press(Key::ArrowRight);
    until_open(&mut desk, &paths[3]);
    assert!(desk.has("4 of 4"));
    desk.until("the marks", |d| {
        d.has("2 broken.png, unreadable") && d.has("3 broken.png, unreadable") && d.has("1.png")
    });
    desk.press(Key::ArrowLeft);
    until_open(&mut desk, &paths[0]);
}

#[test]
fn a_picture_that_fails_only_when_it_is_opened_is_passed_over_in_both_directions() {
    let (dir, paths) = folder(&["1.png", "2 broken late.png", "3.png"]);
    let mut desk = leafing(dir.path(), &paths[0]);
    desk.until("its thumbnail", |d| d.has("2 broken late.png"));
    desk.press(Key::ArrowRight);
    until_open(&mut desk, &paths[2]);
    assert!(desk.has("3 of 3") && desk.has("2 broken late.png, unreadable"));
    desk.press(Key::ArrowLeft);
    until_open(&mut desk, &paths[0]);
}

#[test]
fn files_that_come_and_go_do_so_in_the_strip() {
    let (dir, paths) = folder(&["1.png", "3.png", "5 broken.png"]);
    let mut desk = leafing(dir.path(), &paths[0]);
    desk.press(Key::ArrowRight);
    until_open(&mut desk, &paths[1]);
    desk.until("the mark", |d| d.has("5 broken.png, unreadable"));
    // Another is added, one is repaired, the current one is deleted: it stays on screen.
    let looks = desk.opened.lock().unwrap().len();
    let new = dir.path().join("2.png");
    std::fs::copy(&paths[0], &new).unwrap();
    std::fs::copy(&paths[0], &paths[2]).unwrap();
    desk.until("the new one", |d| d.has("2.png") && d.has("3 of 4") && !d.has("5 broken.png, unreadable"));
    std::fs::remove_file(&paths[1]).unwrap();
    std::fs::remove_file(&paths[0]).unwrap();
    desk.until("the first one to go", |d| d.has("2 of 3") && !d.has("1.png"));
    assert!(desk.has("3.png") && desk.has("person 0.90"));
    assert_eq!(desk.opened.lock().unwrap().len(), looks, "nothing was opened anew");
    desk.press(Key::ArrowLeft);
    until_open(&mut desk, &new);
    desk.until("the one that is gone to go", |d| d.has("1 of 2") && !d.has("3.png"));
}

#[test]
fn a_click_on_a_thumbnail_goes_there() {
    let (dir, paths) = folder(&["1.png", "2 broken.png", "3.png"]);
    let mut desk = leafing(dir.path(), &paths[0]);
    desk.click("3.png");
    until_open(&mut desk, &paths[2]);
    let current =
        |desk: &Desk, name: &str| desk.harness.get_by_label(name).accesskit_node().toggled() == Some(Toggled::True);
    assert!(current(&desk, "3.png") && !current(&desk, "1.png"));
    // For a broken one the reason is reported, and the previous picture comes back.
    desk.until("the mark", |d| d.has("2 broken.png, unreadable"));
    desk.click("2 broken.png, unreadable");
    let tried = SourceRequest::Still(paths[1].clone());
    desk.until("a try", move |d| d.opened.lock().unwrap().contains(&tried));
    until_open(&mut desk, &paths[2]);
    desk.until("its place", |d| d.has("3 of 3") && d.said().contains("it is broken"));
}

#[test]
fn two_pictures_that_are_both_gone_do_not_take_turns() {
    let (dir, paths) = folder(&["1.png", "2.png"]);
    let mut desk = leafing(dir.path(), &paths[0]);
    let opened = |desk: &Desk| desk.opened.lock().unwrap().len();
    let before = opened(&desk);
    std::fs::write(dir.path().join("unplugged"), "").unwrap();
    desk.click("2.png");
    desk.until("the way back to the first", move |d| opened(d) >= before + 2);
    let since = Instant::now();
    desk.until("time for more", move |_| since.elapsed() > 4 * SETTLED);
    assert_eq!(opened(&desk), before + 2, "each is tried once");
}

#[test]
fn a_large_folder_has_thumbnails_only_where_it_is_looked_at() {
    let names: Vec<String> = (0..400).map(|n| format!("{n}.png")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (dir, paths) = folder(&names);
    let mut desk = leafing(dir.path(), &paths[0]);
    assert!(desk.has("1 of 400") && desk.has("3.png") && !desk.has("200.png"));
    desk.press(Key::PageDown);
    until_open(&mut desk, &paths[1]);
    desk.harness.check_accessibility();
}

#[test]
fn several_files_and_folders_that_are_dropped_become_an_album() {
    let (dir, paths) = folder(&["b.png", "a.png"]);
    let mut desk = Desk::with_picture(Plan::default());
    assert!(!desk.has("Next image"));
    desk.drop_files(paths.iter().map(PathBuf::as_path));
    until_open(&mut desk, &paths[0]);
    assert!(desk.has("1 of 2"), "in the order in which they were dropped");
    desk.drop_files([dir.path()]);
    until_open(&mut desk, &paths[1]);
    assert!(desk.has("1 of 2"));
    // One by itself is no album.
    desk.drop_files([paths[0].as_path()]);
    until_open(&mut desk, &paths[0]);
    desk.until("the strip to go", |d| !d.has("Next image"));
}

#[test]
fn a_folder_without_pictures_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::with_picture(Plan::default());
    desk.drop_files([dir.path()]);
    desk.until("the message", |d| d.said().contains("no images"));
    assert!(desk.has("person 0.90"));
}

#[test]
fn a_pasted_path_and_a_pasted_picture_are_opened() {
    let (_dir, paths) = folder(&["1.png"]);
    let clipboard = Some(Ok(Clip::Files(paths.clone())));
    let mut desk = Desk::with_picture(Plan { clipboard, ..Plan::default() });
    desk.press_command(Key::V);
    until_open(&mut desk, &paths[0]);
    *desk.copied.lock().unwrap() = Some(Ok(Clip::Picture(Frame::new(Size::new(64, 48)).unwrap())));
    desk.press_command(Key::V);
    desk.until("the picture", |d| matches!(last_opened(d), Some(SourceRequest::Pasted(p)) if p.frame.width() == 64));
}

#[test]
fn an_empty_clipboard_and_none_at_all_are_told() {
    let mut desk = Desk::with_picture(Plan { clipboard: Some(Err(())), ..Plan::default() });
    desk.press_command(Key::V);
    desk.until("the message", |d| d.said().contains("Nothing to open in the clipboard"));
    *desk.copied.lock().unwrap() = None;
    desk.press_command(Key::C);
    desk.until("the other message", |d| d.said().contains("Can't access the clipboard"));
    assert!(desk.has("person 0.90"), "and the picture stays");
}

#[test]
fn the_picture_is_copied_with_the_boxes_in_sight() {
    let mut desk = Desk::with_picture(Plan { clipboard: Some(Err(())), ..Plan::default() });
    let copied = |desk: &Desk| match &*desk.copied.lock().unwrap() {
        Some(Ok(Clip::Picture(frame))) => Some(frame.clone()),
        _ => None,
    };
    desk.press_command(Key::C);
    desk.until("the copy", |d| copied(d).is_some() && d.said().contains("Copied the picture"));
    let all = copied(&desk).unwrap();
    desk.set_slider("Score", 0.95);
    *desk.copied.lock().unwrap() = Some(Err(()));
    desk.press_command(Key::C);
    desk.until("another copy", |d| copied(d).is_some());
    let none = copied(&desk).unwrap();
    assert_eq!(all.size(), Size::new(416, 416));
    // The person's box is centred in cell 30 of 13×13, and 81×82 large: its left edge.
    let edge = (144 - 40, 80);
    assert_ne!(all.pixel(edge.0, edge.1), none.pixel(edge.0, edge.1));
    assert!(none.rgb().iter().all(|v| *v == none.rgb()[0]), "no box is over 0.95");
}
