//! Streams by their addresses, asked for in the window.

use std::path::Path;

use egui::{Event, Key};
use twinsight::source::{SourceRequest, VideoLocation, VideoRequest};

use crate::support::{Desk, Plan};

fn write(desk: &mut Desk, text: &str) {
    desk.press_command(Key::A);
    desk.harness.event(Event::Text(text.into()));
    desk.harness.run_steps(2);
}

fn ask(desk: &mut Desk) {
    desk.press_command(Key::U);
    desk.until("the question", |d| d.control("Address").is_some());
}

fn request(url: &str) -> SourceRequest {
    SourceRequest::Video(VideoRequest::new(VideoLocation::Url(url.into())))
}

/// Nobody listens there.
const ADDRESS: &str = "rtsp://ann:secret@127.0.0.1:9/live";

#[test]
fn an_address_is_checked_opened_and_offered_again() {
    let mut desk = Desk::with_picture(Plan::default());
    ask(&mut desk);
    write(&mut desk, "camera/live");
    desk.press(Key::Enter);
    desk.until("the reason", |d| d.has_words("An address starts with rtsp://"));
    write(&mut desk, ADDRESS);
    assert!(!desk.has_words("An address starts with"), "it is told of what was tried, and not while one types");
    desk.press(Key::Enter);
    desk.until("the stream to be asked for", |d| d.opened.lock().unwrap().contains(&request(ADDRESS)));
    assert!(desk.control("Address").is_none(), "the question is answered");
}

#[test]
fn escape_and_cancel_open_nothing_and_keys_are_letters_meanwhile() {
    let mut desk = Desk::with_picture(Plan::default());
    let before = desk.opened.lock().unwrap().len();
    ask(&mut desk);
    desk.harness.event(Event::Text("p".into()));
    desk.press(Key::P);
    desk.press(Key::Escape);
    desk.until("the question to be gone", |d| d.control("Address").is_none());
    desk.click("Source");
    desk.click("🌐  Open stream…");
    desk.until("the question", |d| d.control("Address").is_some());
    desk.click("Cancel");
    desk.until("the question to be gone", |d| d.control("Address").is_none());
    assert!(desk.has("person 0.90"), "P was a letter, and switched nothing");
    assert_eq!(desk.opened.lock().unwrap().len(), before);
}

#[test]
fn recent_addresses_are_offered_and_recent_files_are_not() {
    let mut preferences = twinsight::app::Preferences::default();
    let kept = format!(r#"[{{"address": "rtsp://127.0.0.1:9/live"}}, {{"file": {:?}}}]"#, Path::new("/a/bus.jpg"));
    preferences.recent = serde_json::from_str(&kept).unwrap();
    let mut desk = Desk::with_picture(Plan { preferences, ..Plan::default() });
    ask(&mut desk);
    assert!(desk.control("rtsp://127.0.0.1:9/live").is_some() && desk.control("bus.jpg").is_none());
    desk.click("rtsp://127.0.0.1:9/live");
    let wanted = request("rtsp://127.0.0.1:9/live");
    desk.until("the stream to be asked for", move |d| d.opened.lock().unwrap().contains(&wanted));
}
