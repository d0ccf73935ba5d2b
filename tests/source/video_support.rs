//! Plays the videos of the tests, and looks after the processes that this starts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use twinsight::detect::Frame;
use twinsight::source::{Next, Source, SourceError, VideoLocation, VideoRequest, VideoSource};

use crate::program;
use crate::video_file::{SIZE, numbered};

/// Only a broken player lets a test wait this long.
pub const LONG: Duration = Duration::from_secs(60);

/// ffmpeg with its words on our standard error.
pub fn ffmpeg(arguments: &[&str]) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]).args(arguments);
    command
}

pub fn run(command: &mut Command) {
    let status = command.status().expect("ffmpeg is missing: run make setup");
    assert!(status.success(), "{command:?}: {status}");
}

/// The number that a frame carries; every pixel must agree.
pub fn number(frame: &Frame) -> u32 {
    let number = u32::from(frame.rgb()[0]) | u32::from(frame.rgb()[1]) << 8;
    assert!(frame.size() == SIZE && frame.rgb() == numbered(number), "frame {number} is damaged");
    number
}

/// A lossy video as cameras and the net have them, of a moving test picture.
pub fn h264(path: &Path, seconds: u32, more: &[&str]) {
    let source = format!("testsrc=size=320x240:rate=25:duration={seconds}");
    let path = path.to_str().unwrap();
    let arguments = [&["-f", "lavfi", "-i", &source, "-c:v", "libx264", "-pix_fmt", "yuv420p"], more, &[path]].concat();
    run(&mut ffmpeg(&arguments));
}

pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub fn every_frame(path: impl Into<PathBuf>) -> VideoRequest {
    VideoRequest { every_frame: true, ..VideoRequest::new(VideoLocation::File(path.into())) }
}

pub fn open(path: impl Into<PathBuf>) -> Result<VideoSource, SourceError> {
    VideoSource::open(&every_frame(path))
}

/// The message when a file cannot be played.
pub fn refusal(path: impl Into<PathBuf>) -> String {
    open(path).err().expect("it plays").to_string()
}

/// The next frame; `false` at the end.
pub fn next(source: &mut dyn Source, frame: &mut Frame) -> Result<bool, SourceError> {
    let deadline = Instant::now() + LONG;
    loop {
        match source.next(frame)? {
            Next::Frame => return Ok(true),
            Next::End => return Ok(false),
            Next::Idle | Next::Broken => assert!(Instant::now() < deadline, "no frame came"),
        }
    }
}

/// Numbers and times in milliseconds of all frames to come.
pub fn rest(source: &mut dyn Source) -> Vec<(u32, u128)> {
    let mut frame = Frame::default();
    let mut found = Vec::new();
    while next(source, &mut frame).unwrap() {
        found.push((number(&frame), source.description().playback.unwrap().time.as_millis()));
    }
    found
}

/// Ids of the processes that this one started and that were not waited for.
#[cfg(target_os = "linux")]
pub fn children(of: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // After the name in brackets: state, parent.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        if parent == Some(of) {
            found.push(id);
        }
    }
    found
}

/// Waits until `done`, looking again and again.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_millis(10));
    }
}

/// Our program on these arguments.
pub fn twinsight(arguments: &[&str]) -> Command {
    for file in ["yolov4-tiny-416_float.onnx", "yolov4-tiny-416_int8_qop.onnx", "runtime"] {
        program::installed(file);
    }
    let mut command = program::twinsight();
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs it in a folder: exit code, standard output, standard error.
pub fn twinsight_in(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = twinsight(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
