//! Videos whose frames carry their number, made here by ffmpeg without loss.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use twinsight::detect::Size;

pub const SIZE: Size = Size::new(64, 48);

/// A picture that says its number in every pixel, and its place in the third channel.
pub fn numbered(number: u32) -> Vec<u8> {
    let [low, high, ..] = number.to_le_bytes();
    (0..SIZE.area()).flat_map(|at| [low, high, at as u8]).collect()
}

/// `frames` frames at `rate`, as FFV1 in Matroska.
pub fn video(path: &Path, frames: u32, rate: u32) {
    let (size, rate) = (format!("{}x{}", SIZE.width, SIZE.height), rate.to_string());
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]);
    command.args(["-s", &size, "-r", &rate, "-i", "pipe:0", "-c:v", "ffv1", "-g", "10", "-f", "matroska"]);
    let mut output = std::ffi::OsString::from("file:");
    output.push(path);
    let mut child = command.arg(output).stdin(Stdio::piped()).spawn().expect("ffmpeg is missing: run make setup");
    let mut stdin = child.stdin.take().unwrap();
    (0..frames).for_each(|n| stdin.write_all(&numbered(n)).unwrap());
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
