//! Videos whose frames change size: each frame comes in its own size, undistorted. The sizes are ffprobe's, the pixels
//! those of the part when it is played alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use twinsight::detect::{Frame, Size};

use crate::not_checked::not_checked;
use crate::video_support::{ffmpeg, folder, next, open, run};

/// One second of a moving test picture.
fn part(path: &Path, size: &str, more: &[&str]) {
    let source = format!("testsrc=size={size}:rate=10:duration=1");
    let path = path.to_str().unwrap();
    run(&mut ffmpeg(&[&["-f", "lavfi", "-i", &source, "-pix_fmt", "yuv420p"], more, &[path]].concat()));
}

/// One after the other, without decoding.
fn joined(parts: &[PathBuf], path: &Path) {
    let streams = ["ts", "h264", "mjpeg", "m2v"];
    if path.extension().is_some_and(|e| streams.iter().any(|s| e == *s)) {
        let bytes: Vec<u8> = parts.iter().flat_map(|part| std::fs::read(part).unwrap()).collect();
        return std::fs::write(path, bytes).unwrap();
    }
    let list = path.with_extension("txt");
    let lines: String = parts.iter().map(|p| format!("file '{}'\n", p.display())).collect();
    std::fs::write(&list, lines).unwrap();
    let (list, path) = (list.to_str().unwrap(), path.to_str().unwrap());
    run(&mut ffmpeg(&["-f", "concat", "-safe", "0", "-i", list, "-c", "copy", path]));
}

/// As ffprobe decodes them.
fn sizes(path: &Path) -> Vec<Size> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-select_streams", "v", "-show_entries", "frame=width,height", "-of", "csv=p=0"]);
    let output = command.arg(path).output().expect("ffprobe is missing: run make setup");
    let text = String::from_utf8(output.stdout).unwrap();
    let side = |text: &str| text.trim_end_matches(',').parse().unwrap();
    text.lines().filter_map(|line| line.split_once(',')).map(|(w, h)| Size::new(side(w), side(h))).collect()
}

fn frames(path: &Path) -> Vec<Frame> {
    let mut source = open(path).unwrap();
    let (mut frame, mut found) = (Frame::default(), Vec::new());
    while next(&mut source, &mut frame).unwrap() {
        found.push(frame.clone());
    }
    found
}

#[test]
fn each_frame_has_its_own_size_whatever_the_container() {
    let dir = folder();
    for (ending, codec) in [
        ("h264", &["-c:v", "libx264", "-bf", "0"][..]),
        ("ts", &["-c:v", "libx264", "-bf", "0"]),
        ("m2v", &["-c:v", "mpeg2video", "-r", "25"]),
        ("mjpeg", &["-c:v", "mjpeg"]),
        ("avi", &["-c:v", "mjpeg"]),
        ("mkv", &["-c:v", "libvpx", "-deadline", "realtime"]),
        ("webm", &["-c:v", "libvpx-vp9", "-deadline", "realtime"]),
        ("nut", &["-c:v", "mjpeg"]),
        ("flv", &["-c:v", "flv1"]),
    ] {
        let at = |name: &str| dir.path().join(format!("{name}.{ending}"));
        let (wide, tall, whole) = (at("wide"), at("tall"), at("whole"));
        part(&wide, "320x180", codec);
        part(&tall, "96x224", codec);
        joined(&[wide.clone(), tall.clone(), wide.clone()], &whole);
        let expected = sizes(&whole);
        assert!(expected.contains(&Size::new(96, 224)), "{ending}: {expected:?}");
        let found = frames(&whole);
        assert_eq!(found.iter().map(Frame::size).collect::<Vec<_>>(), expected, "{ending}");
        // The same pixels as of the part alone, not a stretched copy.
        let alone = frames(&tall);
        let tall: Vec<_> = found.iter().filter(|frame| frame.size() == Size::new(96, 224)).collect();
        assert!(tall.iter().all(|frame| alone.contains(frame)), "{ending}: its pixels are others");
    }
}

/// As television changes between 4:3 and 16:9 at 720×576.
#[test]
fn a_frames_own_aspect_ratio_counts() {
    let dir = folder();
    let [narrow, wide, whole] = ["narrow.m2v", "wide.m2v", "whole.m2v"].map(|name| dir.path().join(name));
    for (path, aspect) in [(&narrow, "setdar=4/3"), (&wide, "setdar=16/9")] {
        part(path, "720x576", &["-vf", aspect, "-c:v", "mpeg2video", "-r", "25"]);
    }
    joined(&[narrow, wide], &whole);
    let mut found: Vec<Size> = frames(&whole).iter().map(Frame::size).collect();
    found.dedup();
    let about = String::from_utf8(Command::new("ffmpeg").arg("-version").output().unwrap().stdout).unwrap();
    let version = about.split_whitespace().nth(2).unwrap();
    // A build of the newest sources has no number.
    let major: Option<u32> = version.trim_start_matches('n').split('.').next().and_then(|number| number.parse().ok());
    if major.is_none_or(|major| major >= 7) {
        not_checked("changes of the aspect ratio", format!("ffmpeg {version} gives every frame the first one's"));
        return;
    }
    assert_eq!(found, [Size::new(768, 576), Size::new(1024, 576)]);
}

/// A player that seeks behind the change finds the size there, and the one before it when it goes back.
#[test]
fn the_size_follows_a_seek() {
    let dir = folder();
    let [wide, tall, whole] = ["wide.mkv", "tall.mkv", "whole.mkv"].map(|name| dir.path().join(name));
    let codec = ["-c:v", "libvpx", "-deadline", "realtime", "-g", "5"];
    part(&wide, "320x180", &codec);
    part(&tall, "96x224", &codec);
    joined(&[wide, tall], &whole);
    let mut source = open(&whole).unwrap();
    use twinsight::source::Source;
    let controls = source.description().playback.unwrap().controls;
    let mut frame = Frame::default();
    for (ms, size) in [(1500, Size::new(96, 224)), (200, Size::new(320, 180))] {
        controls.seek(std::time::Duration::from_millis(ms));
        assert!(next(&mut source, &mut frame).unwrap());
        assert_eq!((frame.size(), source.description().size), (size, Some(size)), "{ms}");
    }
}
