//! Ctrl+V takes whatever can be looked at, and says in plain words where there is nothing.

use egui::Key;
use twinsight::app::View;
use twinsight::model::ModelName;
use twinsight::source::{SourceRequest, VideoLocation, VideoRequest};

use crate::support::{Desk, PERSON, Plan};

/// A window whose clipboard has only text: some programs fail, when they are asked for files or an image.
fn with_text(text: String) -> Desk {
    Desk::with_picture(Plan { copied_text: Some(text), ..Plan::default() })
}

#[test]
fn text_is_pasted_although_other_kinds_fail() {
    let file = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
    let path = file.path().to_owned();
    let mut desk = with_text(format!("file://{}\n", path.display()));
    desk.press_command(Key::V);
    let wanted = SourceRequest::Still(path);
    desk.until("the file to be opened", move |d| d.opened.lock().unwrap().contains(&wanted));
}

#[test]
fn a_pasted_path_of_a_model_is_b_or_the_one_that_looks() {
    let file = tempfile::Builder::new().prefix("own").suffix(".onnx").tempfile().unwrap();
    let own = ModelName::File(file.path().into());
    for (view, words) in [(View::Overlay, "person 0.90 → 0.70"), (View::Single, "person 0.70")] {
        let text = Some(format!("{}\n", file.path().display()));
        let mut plan = Plan { view: Some(view), copied_text: text, ..Plan::default() };
        plan.sights.insert(own.clone(), vec![(PERSON, 0.7, 30)]);
        let mut desk = Desk::new(plan);
        desk.until("the first detections", |d| d.has_words("person 0.90"));
        desk.press_command(Key::V);
        desk.until("its detections", |d| d.has_words(words));
        assert_eq!(desk.opened.lock().unwrap().len(), 1, "it is no picture");
    }
}

#[test]
fn several_paths_in_lines_become_an_album() {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["1.png", "2.png"].map(|name| dir.path().join(name));
    for path in &paths {
        image::save_buffer(path, &[128; 12], 2, 2, image::ExtendedColorType::Rgb8).unwrap();
    }
    let lines: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let mut desk = with_text(lines.join("\n"));
    desk.press_command(Key::V);
    desk.until("the album", |d| d.has("1 of 2"));
}

#[test]
fn an_address_is_opened() {
    // Nobody listens there: it is asked for all the same.
    let address = "http://127.0.0.1:9/a.mp4";
    let mut desk = with_text(format!("{address}\n"));
    desk.press_command(Key::V);
    let wanted = SourceRequest::Video(VideoRequest::new(VideoLocation::Url(address.into())));
    desk.until("the address to be opened", move |d| d.opened.lock().unwrap().contains(&wanted));
}

#[test]
fn text_that_names_nothing_is_told_in_plain_words() {
    let mut desk = with_text("some words".into());
    desk.press_command(Key::V);
    desk.until("the message", |d| d.said() == "Nothing to open in the clipboard (no image, path or address).");
    let mut desk = with_text("/no/such/file.png".into());
    desk.press_command(Key::V);
    desk.until("the message", |d| d.said() == "The clipboard names a file that does not exist: /no/such/file.png");
    assert!(desk.has("person 0.90"), "and the picture stays");
}
