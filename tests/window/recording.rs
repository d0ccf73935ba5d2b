//! The button that records, and a recording that is opened like a video.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::Key;
use twinsight::app::{Preferences, View};
use twinsight::engine::Open;
use twinsight::model::{Arithmetic, ModelName};
use twinsight::recording::{RecordingReader, RecordingSource};
use twinsight::source::{Source, SourceError, SourceRequest, VideoLocation, VideoRequest};

use crate::support::{Desk, Plan};
use crate::video::frame;

/// A window with frames for ever, and a folder for its recordings.
fn window(dir: &Path) -> Desk {
    let opened_before = Preferences::from_json(r#"{"recent": [{"file": "/a/bus.jpg"}]}"#);
    let preferences = Preferences { recordings: Some(dir.into()), ..opened_before };
    let mut desk = Desk::new(Plan { endless: true, view: Some(View::Overlay), preferences, ..Plan::default() });
    desk.until("the boxes", |d| d.has_words("person"));
    desk
}

/// A window that has recorded a second, and goes on.
fn recording(dir: &Path) -> Desk {
    let mut desk = window(dir);
    desk.click("Record");
    desk.until("a second of frames", has_a_second);
    desk
}

/// The only file of a folder.
fn only_file(dir: &Path) -> Option<PathBuf> {
    let mut files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.next().filter(|_| files.next().is_none())
}

/// Opens recordings.
struct Recordings;

impl Open for Recordings {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        let SourceRequest::Video(video) = request else { panic!("no video: {request:?}") };
        let VideoLocation::File(path) = &video.location else { panic!("no file: {request:?}") };
        Ok(Box::new(RecordingSource::open(path, video)?))
    }
}

/// Paused at its first frame.
fn showing(path: &Path) -> Plan {
    let request = VideoRequest { paused: true, ..VideoRequest::new(VideoLocation::File(path.into())) };
    let source = SourceRequest::Video(request);
    Plan { source, opener: Some(Arc::new(Recordings)), view: Some(View::Overlay), ..Plan::default() }
}

/// Whether a second or more is recorded, by the status bar.
fn has_a_second(desk: &Desk) -> bool {
    desk.has_words("● ") && !desk.has_words("● 0:00")
}

/// Records until there are some frames, and stops by the button.
fn record(dir: &Path) -> PathBuf {
    let mut desk = window(dir);
    assert!(desk.control("Record").is_some() && !desk.has_words("● "));
    desk.press_command(Key::R);
    desk.until("the recording", |d| d.control("Stop recording").is_some() && d.has_words("● "));
    assert!(desk.said().contains("JPEG"), "{}", desk.said());
    desk.until("a second of frames", has_a_second);
    desk.click("Stop recording");
    desk.until("the file", |d| d.said().starts_with("Recorded "));
    let path = only_file(dir).unwrap();
    assert!(desk.said().contains(&path.display().to_string()), "{}", desk.said());
    desk.until("the end", |d| d.control("Record").is_some() && !d.has_words("● "));
    path
}

#[test]
fn what_was_seen_is_recorded_and_opens_like_a_video_without_inference() {
    let dir = tempfile::tempdir().unwrap();
    let path = record(dir.path());
    assert_eq!(path.extension().unwrap(), "mcap");
    let mut reader = RecordingReader::open(&path).unwrap();
    assert!(!reader.is_cut() && reader.len() > 1);
    let names: Vec<&str> = reader.models().iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["FP32", "INT8"]);
    assert_eq!(reader.read(1).unwrap().outputs.len(), 2);

    let mut desk = Desk::new(showing(&path));
    desk.until("the first frame", |d| d.has("Play video") && frame(d) == Some(0));
    desk.until("the boxes", |d| d.has_words("person"));
    desk.press(Key::Period);
    desk.until("the next frame", |d| frame(d) == Some(1));
    desk.press(Key::Comma);
    desk.until("the first frame again", |d| frame(d) == Some(0));
    let last = reader.len() - 1;
    desk.set_slider("Position", reader.time(last).as_secs_f64());
    desk.until("the last frame", |d| frame(d) == Some(last as u32));
    assert_eq!(desk.runs(), 0, "the heads were recorded");

    // Computed in another way, B has to look itself.
    let arithmetics = [None, Some(Arithmetic::Native)];
    let models = [Some(ModelName::Fp32), Some(ModelName::Int8)];
    let mut desk = Desk::new(Plan { models, arithmetics, ..showing(&path) });
    desk.until("B's own look", |d| d.runs() > 0);
}

#[test]
fn a_window_that_closes_leaves_a_whole_recording() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = recording(dir.path());
    let viewer = desk.harness.state_mut().take().unwrap();
    viewer.close(std::time::Duration::from_secs(20));
    let reader = RecordingReader::open(&only_file(dir.path()).unwrap()).unwrap();
    assert!(!reader.is_cut() && reader.len() > 1);
}

#[test]
fn a_recording_stands_first_among_the_recent_files() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = recording(dir.path());
    desk.click("Stop recording");
    desk.until("the file", |d| d.said().starts_with("Recorded ") && d.said().contains("the source menu"));
    let path = only_file(dir.path()).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let names = |d: &Desk| d.preferences().recent.entries().iter().map(|entry| entry.name()).collect::<Vec<_>>();
    desk.until("it to be kept", |d| names(d) == [name, "bus.jpg"]);
}

#[test]
fn a_source_that_has_ended_gives_nothing_to_record() {
    let dir = tempfile::tempdir().unwrap();
    let preferences = Preferences { recordings: Some(dir.path().into()), ..Preferences::default() };
    let mut desk = Desk::with_picture(Plan { preferences, ..Plan::default() });
    desk.until("the end", |d| d.has("age – ms"));
    desk.press_command(Key::R);
    desk.until("the reason", |d| d.said().starts_with("Nothing to record: the source has ended"));
    assert!(only_file(dir.path()).is_none() && !desk.has_words("● "));
}

#[test]
fn a_recording_that_cannot_be_written_is_told_and_the_window_lives() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = window(&dir.path().join("gone"));
    desk.click("Record");
    desk.until("the reason", |d| d.said().starts_with("The recording ended: "));
    assert!(desk.said().contains("there is no folder"), "{}", desk.said());
    desk.until("the button", |d| d.control("Record").is_some() && !d.has_words("● "));
}
