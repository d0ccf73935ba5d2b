//! A video in the window: a real one, played by ffmpeg, whose frames carry their numbers.

use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::Builder;
use std::time::Duration;

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;
use twinsight::source::{SourceRequest, VideoLocation, VideoRequest};

use crate::support::{Desk, Plan};
use crate::video_file::video;

/// A window that shows a video with this number of frames at this rate.
fn playing(frames: u32, rate: u32) -> (Desk, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("clip.mkv");
    video(&path, frames, rate);
    (showing(path), dir)
}

fn showing(path: PathBuf) -> Desk {
    let source = SourceRequest::Video(VideoRequest::new(VideoLocation::File(path)));
    let mut desk = Desk::with_picture(Plan { source, ..Plan::default() });
    desk.until("the video's bar", |d| d.has("Pause video") || d.has("Play video again"));
    desk
}

/// The number of the frame in the bar.
pub fn frame(desk: &Desk) -> Option<u32> {
    desk.names("frame ").split(" | ").find_map(|name| name.strip_prefix("frame ")?.parse().ok())
}

fn opened(desk: &Desk) -> usize {
    desk.opened.lock().unwrap().len()
}

#[test]
fn space_holds_the_video_and_steps_show_single_frames() {
    let (mut desk, _dir) = playing(600, 20);
    desk.until("some frames", |d| frame(d) > Some(10));
    desk.press(Key::Space);
    desk.until("a pause", |d| d.has("Play video") && d.has("paused"));
    // What was on its way may still come.
    desk.harness.run_steps(10);
    let held = frame(&desk);
    desk.press(Key::Period);
    desk.until("the next frame", move |d| frame(d) > held);
    let here = frame(&desk).unwrap();
    desk.press(Key::Period);
    desk.until("one frame on", move |d| frame(d) == Some(here + 1));
    for back in [here, here - 1, here - 2] {
        desk.press(Key::Comma);
        desk.until("one frame back", move |d| frame(d) == Some(back));
    }
    assert_eq!(opened(&desk), 1, "all in one and the same source");
    desk.press(Key::Space);
    desk.until("it to go on", move |d| frame(d) > Some(here + 5));
}

#[test]
fn the_position_is_gone_to_and_a_pause_stays_one() {
    let (mut desk, _dir) = playing(600, 20);
    desk.set_slider("Position", 20.0);
    desk.until("the place", |d| frame(d) >= Some(400) && frame(d) < Some(500));
    desk.press(Key::Space);
    desk.until("a pause", |d| d.has("Play video"));
    desk.set_slider("Position", 5.0);
    desk.until("the other place", |d| frame(d) == Some(100));
    desk.harness.run_steps(20);
    assert_eq!(frame(&desk), Some(100), "it stands still there");
    assert_eq!(opened(&desk), 1);
}

#[test]
fn time_and_frame_follow_the_handle_before_the_video_does() {
    let (mut desk, _dir) = playing(600, 20);
    desk.until("some frames", |d| frame(d) > Some(2));
    desk.set_slider("Position", 20.0);
    // Without a step more: ffmpeg has not even been started there.
    assert!((400..410).contains(&frame(&desk).unwrap()), "{:?}", frame(&desk));
    assert!(desk.has_words("0:20."), "{}", desk.names("0:"));
    desk.until("frames from there on", |d| frame(d) > Some(412));
}

#[test]
fn the_arrows_step_the_video() {
    let (mut desk, _dir) = playing(600, 20);
    desk.until("some frames", |d| frame(d) > Some(10));
    desk.press(Key::Space);
    desk.until("a pause", |d| d.has("Play video") && d.has("paused"));
    desk.harness.run_steps(10);
    let here = frame(&desk).unwrap();
    desk.press(Key::ArrowRight);
    desk.until("one frame on", move |d| frame(d) == Some(here + 1));
    desk.press(Key::ArrowLeft);
    desk.until("one frame back", move |d| frame(d) == Some(here));
    assert!(!desk.has_words("History: "), "it is the video that was stepped");
    assert_eq!(opened(&desk), 1);
}

#[test]
fn a_frame_of_the_history_has_one_number_and_the_steps_go_on_from_it() {
    let (mut desk, _dir) = playing(600, 20);
    desk.until("some history", |d| frame(d) > Some(30) && d.history_len() >= 5);
    desk.press(Key::H);
    desk.click("Previous frame in history");
    desk.until("a frame of the past", |d| d.has_words("History: "));
    let remark = desk.names("History: ");
    let number: u32 = remark.split("(frame ").nth(1).unwrap().split(')').next().unwrap().parse().unwrap();
    assert_eq!(frame(&desk), Some(number), "{remark}");
    let handle = desk.harness.get_by_role_and_label(Role::Slider, "Position").accesskit_node().numeric_value().unwrap();
    assert!((handle - f64::from(number) / 20.0).abs() < 0.06, "{handle} for frame {number}");
    desk.press(Key::ArrowLeft);
    desk.until("the frame before it", move |d| frame(d) == Some(number - 1) && !d.has_words("History: "));
    desk.harness.run_steps(10);
    assert_eq!(frame(&desk), Some(number - 1), "it stands still there");
}

#[test]
fn its_end_is_told_and_space_plays_it_again() {
    let (mut desk, _dir) = playing(20, 20);
    // The end may be known before the last frame is shown.
    let is_over = |d: &Desk| d.has("ended") && frame(d) == Some(19);
    desk.until("the end", |d| is_over(d) && d.has("Play video again"));
    desk.press(Key::Space);
    desk.until("it again", |d| opened(d) == 2 && d.has("Pause video"));
    desk.until("its end again", is_over);
    // From the end one frame back, and there it stands still.
    desk.press(Key::Comma);
    desk.until("the frame before the last", |d| frame(d) == Some(18) && d.has("Play video"));
    desk.harness.run_steps(10);
    assert_eq!(frame(&desk), Some(18));
}

#[test]
fn a_truncated_video_ends_as_others_do_and_says_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("clip.mkv");
    video(&path, 20, 20);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
    let mut desk = showing(path);
    // The end may be known before the window is told of it.
    desk.until("the end", |d| d.has("ended") && d.said().contains("clip.mkv is truncated: it ends at "));
    desk.harness.run_steps(3);
    assert!(desk.has("Play video again") && desk.has_slider("Position"));
    assert!(!desk.has("⚠  Source failed") && !desk.has("Try again"));
}

#[test]
fn a_loop_begins_again_by_itself() {
    let (mut desk, _dir) = playing(20, 20);
    desk.click("Loop");
    desk.until("the end to be near", |d| frame(d) > Some(12));
    desk.until("its start", |d| frame(d) < Some(8));
    desk.until("the end to be near again", |d| frame(d) > Some(12));
    assert!(!desk.has("ended"));
}

#[test]
fn every_frame_goes_on_where_it_was() {
    let (mut desk, _dir) = playing(600, 20);
    desk.until("some frames", |d| frame(d) > Some(20));
    desk.click("Every frame");
    desk.until("it to be opened anew", |d| opened(d) == 2);
    let Some(SourceRequest::Video(request)) = desk.opened.lock().unwrap().last().cloned() else {
        panic!("another source was opened")
    };
    assert!(request.every_frame && request.start >= Duration::from_secs(1), "{request:?}");
    desk.until("frames from there on", |d| frame(d) > Some(30));
}

#[test]
fn every_control_of_the_bar_has_a_name_and_a_small_window_room_for_it() {
    let (mut desk, _dir) = playing(600, 20);
    desk.harness.check_accessibility();
    desk.harness.set_size(egui::vec2(760.0, 420.0));
    desk.harness.run_steps(3);
    let labels = ["Previous frame", "Pause video", "Next frame", "Position", "Loop", "Every frame"];
    let rects = labels.map(|label| desk.control(label).unwrap().rect());
    for (i, (a, label)) in rects.iter().zip(labels).enumerate() {
        assert!(a.min.x >= 0.0 && a.max.x <= 760.0, "{label} {a:?}");
        for (b, other) in rects[i + 1..].iter().zip(&labels[i + 1..]) {
            assert!(!a.intersects(b.shrink(0.5)), "{label} {a:?} lies on {other} {b:?}");
        }
    }
}

#[test]
fn tab_goes_through_the_bar_as_it_is_read() {
    let (mut desk, _dir) = playing(600, 20);
    desk.tab_through(&["Previous frame", "Pause video", "Next frame", "Position", "Loop", "Every frame"]);
}

/// What a camera in the network does.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    /// Lets callers wait for an answer.
    Mute,
    Sends,
    /// Keeps the line, and sends nothing.
    Holds,
    HangsUp,
}

/// A camera in the network that sends JPEGs, one after another, over HTTP; its address and its mood.
fn network_camera() -> (String, Arc<Mutex<Mood>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mood = Arc::new(Mutex::new(Mood::Mute));
    let theirs = Arc::clone(&mood);
    let serve = move || {
        for call in listener.incoming().flatten() {
            let mood = Arc::clone(&theirs);
            // A caller may hang up at any time.
            Builder::new().name("reply".into()).spawn(move || drop(reply(call, &mood))).unwrap();
        }
    };
    Builder::new().name("network camera".into()).spawn(serve).unwrap();
    (format!("http://{address}/live"), mood)
}

fn reply(mut call: TcpStream, mood: &Mutex<Mood>) -> std::io::Result<()> {
    let mut lines = BufReader::new(call.try_clone()?).lines().map_while(Result::ok);
    // To the empty line.
    let _ = lines.find(String::is_empty);
    let mut jpeg = Cursor::new(Vec::new());
    RgbImage::from_pixel(64, 48, Rgb([90; 3])).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    let mut head = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";
    loop {
        let now = *mood.lock().unwrap();
        match now {
            Mood::HangsUp => return Ok(()),
            Mood::Mute | Mood::Holds => {}
            Mood::Sends => {
                let part = format!("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
                call.write_all(&[std::mem::take(&mut head).as_bytes(), part.as_bytes(), &jpeg, b"\r\n"].concat())?;
            }
        }
        let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_millis(20));
    }
}

#[test]
fn the_bar_tells_how_a_stream_stands() {
    let (url, mood) = network_camera();
    let set = |now| *mood.lock().unwrap() = now;
    let source = SourceRequest::Video(VideoRequest::new(VideoLocation::Url(url)));
    let mut desk = Desk::new(Plan { source, ..Plan::default() });
    desk.until("the call", |d| d.has("connecting…"));
    set(Mood::Sends);
    desk.until("the first picture", |d| d.has("live") && d.has("person 0.90"));
    assert!(desk.control("Position").is_none() && desk.control("Previous frame").is_none(), "there is no way back");
    desk.press(Key::Space);
    desk.until("a pause", |d| d.has("paused") && d.has("Play video"));
    desk.press(Key::Space);
    desk.until("it again", |d| d.has("live"));
    set(Mood::Holds);
    desk.until("the silence", |d| d.has("stalled"));
    set(Mood::Sends);
    desk.until("it again", |d| d.has("live"));
    set(Mood::HangsUp);
    desk.until("the loss", |d| !d.names("reconnecting in ").is_empty());
    set(Mood::Sends);
    desk.until("it again", |d| d.has("live") && opened(d) > 1);
}
