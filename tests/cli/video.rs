//! `detect` and `compare` on videos: their output for each frame, and how Ctrl+C stops them.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::{installed, twinsight};
use crate::run::Run;
use crate::video_file::video;

/// The program on these arguments, in this folder.
fn run_in(folder: &Path, arguments: &[&str]) -> Run {
    Run::of(twinsight().current_dir(folder).args(arguments))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_frame_has_its_number_and_its_time() {
    let dir = tempfile::tempdir().unwrap();
    video(&dir.path().join("clip.mkv"), 12, 10);
    let run = |arguments: &[&str]| {
        let frames = lines(&run_in(dir.path(), arguments).done());
        for line in &frames {
            assert_eq!(line["source"], "clip.mkv");
            assert_eq!((line["width"].as_u64(), line["height"].as_u64()), (Some(64), Some(48)));
            let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys, ["source", "frame", "time_s", "width", "height", "model", "detections", "timing_ms"]);
            assert!((line["time_s"].as_f64().unwrap() - line["frame"].as_f64().unwrap() / 10.0).abs() < 1e-6);
        }
        frames.iter().map(|line| line["frame"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let all: Vec<u64> = (0..12).collect();
    assert_eq!(run(&["detect", "--json", "--video", "clip.mkv"]), all);
    assert_eq!(run(&["detect", "--json", "clip.mkv"]), all, "named like a picture");
    assert_eq!(run(&["detect", "--json", "--video", "clip.mkv", "--every", "5"]), [0, 5, 10]);
    assert_eq!(run(&["detect", "--json", "--video", "clip.mkv", "--every", "3", "--frames", "2"]), [0, 3]);
    assert_eq!(run(&["detect", "--json", "--video", "clip.mkv", "--frames", "1", "--annotate", "out"]), [0]);
    assert!(dir.path().join("out/clip-000000.png").is_file());
}

#[test]
fn frames_are_compared_like_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let photo = installed("downloads/bus.jpg");
    let clip = dir.path().join("clip.mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-loop", "1", "-framerate", "5", "-i"]).arg(photo);
    let status = ffmpeg.args(["-t", "1", "-pix_fmt", "yuv420p"]).arg(&clip).status();
    assert!(status.expect("ffmpeg is missing: run make setup").success());
    let arguments =
        ["compare", "--json", "--video", "clip.mp4", "--frames", "3", "--score", "0.1", "--html", "page.html"];
    let found = lines(&run_in(dir.path(), &arguments).done());
    let (totals, frames) = found.split_last().unwrap();
    assert_eq!(totals["totals"]["images"], 3);
    assert_eq!(frames.iter().map(|f| f["frame"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(frames.iter().all(|f| f["source"] == "clip.mp4" && !f["verdicts"].as_array().unwrap().is_empty()));
    // Frames cannot be read again for the page: their pixels were kept.
    let page = std::fs::read_to_string(dir.path().join("page.html")).unwrap();
    let differing = totals["totals"]["by_damage"].as_array().unwrap();
    assert!(!differing.is_empty() && differing.iter().all(|name| page.contains(name.as_str().unwrap())));
    assert_eq!(page.matches("href=\"data:image/jpeg;base64,").count(), differing.len());
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_with_what_there_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long.mkv");
    video(&path, 3000, 25);
    for command in ["detect", "compare"] {
        let arguments = [command, "--json", "--video", path.to_str().unwrap()];
        let mut child = twinsight()
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        (0..3).for_each(|_| assert!(out.read_line(&mut text).unwrap() > 0, "{command} ended"));
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        out.read_to_string(&mut text).unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{command}: {err}");

        let mut found = lines(&text);
        if command == "compare" {
            let last = found.pop().unwrap();
            assert_eq!(last["totals"]["images"].as_u64(), Some(found.len() as u64), "everything is in the totals");
        }
        assert!((3..3000).contains(&found.len()));
        assert!(found.iter().enumerate().all(|(n, line)| line["frame"].as_u64() == Some(n as u64)));
        assert_eq!(err, format!("twinsight: stopped after {} images\n", found.len()));
    }
}

#[test]
fn wrong_usage_is_told() {
    for arguments in [
        &["detect", "--video", "a.mkv", "b.jpg"][..],
        &["detect", "--video", "a.mkv", "--camera", "0"],
        &["detect", "--every", "2", "a.mkv"],
        &["detect", "--camera", "0", "--every", "2"],
        &["detect", "--video", "a.mkv", "--every", "0"],
        &["compare", "--video", "a.mkv", "--frames", "0"],
        &["compare"],
        &["view", "--video", "a.mkv", "--demo"],
        &["no-such-file.mp4"],
    ] {
        let run = run_in(Path::new("."), arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}: {}", run.err);
        assert!(run.err.starts_with("error: "), "{}", run.err);
    }
}
