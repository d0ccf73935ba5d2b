//! What is saved while frames come: the frames on which A and B disagree, and what is seen as a video.

use std::path::{Path, PathBuf};

use egui::Key;
use serde_json::Value;
use twinsight::app::{Preferences, View};
use twinsight::detect::{Frame, Size};
use twinsight::files::Outputs;
use twinsight::source::{Next, Source, VideoLocation, VideoRequest, VideoSource};
use twinsight::trace::{TRACE, Trace};

use crate::support::{Desk, Plan};

/// A window with pictures for ever, on which INT8 loses a cat.
fn seeing(dir: &Path, view: View) -> Desk {
    let preferences = Preferences { recordings: Some(dir.into()), ..Preferences::default() };
    Desk::with_picture_in(Plan { view: Some(view), endless: true, preferences, ..Plan::default() }, view)
}

impl Desk {
    fn with_picture_in(plan: Plan, view: View) -> Self {
        let mut desk = Self::new(plan);
        let words = if view.compares() { "cat 0.30 → lost" } else { "person 0.90" };
        desk.until("the first boxes", move |d| d.has_words(words));
        desk
    }
}

/// What the harvest on the picture says.
fn kept(desk: &Desk) -> usize {
    let told = desk.names("harvest, ");
    told.split("harvest, ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or(0)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_harvest_keeps_frames_that_differ_with_labels_until_it_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = seeing(dir.path(), View::Overlay);
    for folder in ["Twinsight harvest", "Twinsight harvest 2"] {
        desk.press(Key::S);
        desk.until("some frames", |d| kept(d) >= 3);
        desk.press(Key::S);
        let folder = dir.path().join(folder);
        let end = format!("in {} ", folder.display());
        desk.until("its end", move |d| d.said().starts_with("Kept ") && d.said().contains(&end));
        assert!(!desk.has_words("harvest, "), "{}", desk.names("harvest"));
        let told: usize = desk.said().split(' ').nth(1).unwrap().parse().unwrap();
        let pictures = files(&folder.join("images"));
        assert!(told >= 3 && pictures.len() == told, "{}: {pictures:?}", desk.said());
        let labels: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("annotations.json")).unwrap()).unwrap();
        // A sees three things in each.
        assert_eq!(labels["images"].as_array().unwrap().len(), told);
        assert_eq!(labels["annotations"].as_array().unwrap().len(), 3 * told);
        let text = std::fs::read_to_string(folder.join("harvest.jsonl")).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of_frames = &lines[1..lines.len() - 1];
        assert!(of_frames.iter().all(|line| line["reasons"] == serde_json::json!(["lost"])), "{text}");
        let greys: Vec<i32> = pictures
            .iter()
            .map(|picture| i32::from(image::open(picture).unwrap().into_rgb8().get_pixel(0, 0).0[0]))
            .collect();
        for (at, grey) in greys.iter().enumerate() {
            assert!(greys[..at].iter().all(|other| (grey - other).abs() >= 4), "two alike: {greys:?}");
        }
    }
}

#[test]
fn one_model_has_nothing_to_harvest_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = seeing(dir.path(), View::Single);
    desk.press(Key::S);
    desk.until("the reason", |d| d.said().contains("Nothing to harvest"));
    assert!(files(dir.path()).is_empty());
}

#[test]
fn what_is_seen_becomes_a_video_at_its_pace() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = seeing(dir.path(), View::Overlay);
    desk.click("Save");
    desk.click("Save video");
    desk.until("it to run", |d| d.control("Stop video").is_some() && d.has_words("saving a video, 0:0"));
    let before = desk.history_len();
    desk.until("some frames", move |d| d.history_len() >= before + 5);
    desk.press(Key::V);
    desk.until("the video", |d| d.said().starts_with("Saved ") || d.said().contains("video"));
    let said = desk.said().to_owned();
    assert!(said.starts_with("Saved ") && desk.control("Save video").is_some(), "{said}");
    let path = dir.path().join("fake with boxes.mp4");
    assert!(said.contains(path.to_str().unwrap()), "{said}");
    assert_eq!(files(dir.path()), std::slice::from_ref(&path));
    let request = VideoRequest { every_frame: true, ..VideoRequest::new(VideoLocation::File(path)) };
    let mut source = VideoSource::open(&request).unwrap();
    let (mut frame, mut frames, mut boxed) = (Frame::default(), 0, 0);
    loop {
        match source.next(&mut frame).unwrap() {
            Next::Frame => {
                frames += 1;
                assert_eq!(frame.size(), Size::new(416, 416));
                // The pictures are grey, and boxes are not.
                boxed += usize::from(frame.rgb().chunks_exact(3).any(|p| p[0].abs_diff(p[2]) > 60));
            }
            Next::End => break,
            Next::Idle | Next::Broken => {}
        }
    }
    let told: usize = said.split(" s, ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(frames == told && boxed == frames && frames >= 3, "{said}: {frames} frames, {boxed} with boxes");
    let seconds: f64 = said.split('(').nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let last = source.description().playback.unwrap().time.as_secs_f64();
    assert!(last < seconds + 0.1 && seconds < 60.0, "{said}: the last frame is at {last} s");
}

#[test]
fn videos_in_a_row_have_names_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = seeing(dir.path(), View::Overlay);
    // The second begins while the first may still be written.
    for _ in 0..2 {
        desk.press(Key::V);
        let before = desk.history_len();
        desk.until("some frames", move |d| d.history_len() >= before + 2);
        desk.press(Key::V);
    }
    let whole = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "mp4");
    desk.until("both", |_| files(dir.path()).iter().filter(|path| whole(path)).count() == 2);
    let found: Vec<PathBuf> = files(dir.path()).into_iter().filter(whole).collect();
    assert_eq!(found, ["fake with boxes-2.mp4", "fake with boxes.mp4"].map(|name| dir.path().join(name)));
}

#[test]
fn a_trace_has_every_stage_of_the_frames_and_what_became_of_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trace.json");
    let trace = Trace::create(Outputs::default().file(&path, &TRACE).unwrap()).unwrap();
    let plan = Plan { view: Some(View::Overlay), endless: true, trace: trace.clone(), ..Plan::default() };
    let mut desk = Desk::with_picture_in(plan, View::Overlay);
    let before = desk.history_len();
    desk.until("some frames", move |d| d.history_len() >= before + 5);
    drop(desk);
    trace.finish().unwrap();
    let events: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let named = |name: &str| events.iter().filter(|event| event["name"] == name).collect::<Vec<_>>();
    for stage in ["capture", "frame", "letterbox", "inference A", "inference B", "upload", "compare", "paint"] {
        assert!(named(stage).len() >= 3, "{stage}: {}", named(stage).len());
    }
    // Those that came, and those that were looked at: the others were dropped, or are in hand at the end.
    let ids = |name: &str| named(name).iter().filter_map(|e| e["args"]["frame"].as_u64()).collect::<Vec<_>>();
    let (captured, looked_at, dropped) = (ids("capture"), ids("frame"), ids("dropped"));
    let missing = captured.iter().filter(|id| !looked_at.contains(id) && !dropped.contains(id)).count();
    assert!(missing <= 3, "{missing} of {} frames are nowhere", captured.len());
    // Within each lane, spans lie within or beside each other.
    let mut lanes: std::collections::BTreeMap<u64, Vec<(i64, i64)>> = std::collections::BTreeMap::new();
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let nanos = |key: &str| (event[key].as_f64().unwrap() * 1000.0).round() as i64;
        assert!(nanos("ts") >= 0 && nanos("dur") >= 0, "{event}");
        lanes.entry(event["tid"].as_u64().unwrap()).or_default().push((nanos("ts"), nanos("ts") + nanos("dur")));
    }
    assert!(lanes.len() >= 3, "capture, models and window: {:?}", lanes.keys());
    for spans in lanes.values_mut() {
        spans.sort_by_key(|(from, to)| (*from, -to));
        let mut open: Vec<i64> = Vec::new();
        for (from, to) in spans.iter() {
            open.retain(|end| end > from);
            assert!(open.iter().all(|end| to <= end), "{from} to {to} within {open:?}");
            open.push(*to);
        }
    }
}
