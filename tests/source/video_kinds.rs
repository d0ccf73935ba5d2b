//! Videos are known by their content, whatever their name says; as many frames come as ffprobe counts.

use std::path::Path;
use std::process::Command;

use twinsight::detect::Frame;
use twinsight::source::{FileKind, file_kind};

use crate::video_support::{ffmpeg, folder, next, open, refusal, run};

/// What ffprobe decodes.
fn counted(path: &Path, more: &[&str]) -> usize {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error"]).args(more).args(["-select_streams", "v", "-show_entries", "frame=pict_type"]);
    let output = command.args(["-of", "csv=p=0"]).arg(path).output().expect("ffprobe is missing: run make setup");
    String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.is_empty()).count()
}

fn frames(path: &Path) -> usize {
    let mut source = open(path).unwrap_or_else(|error| panic!("{error}"));
    let (mut frame, mut frames) = (Frame::default(), 0);
    while next(&mut source, &mut frame).unwrap() {
        frames += 1;
    }
    frames
}

#[test]
fn videos_without_a_container_are_videos() {
    let dir = folder();
    let pal = ["-s", "720x576", "-r", "25", "-pix_fmt", "yuv420p"];
    for (name, format, codec) in [
        ("a.mjpeg", "mjpeg", &["-c:v", "mjpeg"][..]),
        ("a.h264", "h264", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]),
        ("a.hevc", "hevc", &["-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p"]),
        ("a.m1v", "mpeg1video", &["-c:v", "mpeg1video"]),
        ("a.m2v", "mpeg2video", &["-c:v", "mpeg2video"]),
        ("a.m4v", "m4v", &["-c:v", "mpeg4"]),
        ("a.ts", "mpegts", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]),
        ("a.m2ts", "mpegts", &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-mpegts_m2ts_mode", "1"]),
        ("a.vob", "vob", &["-c:v", "mpeg2video"]),
        ("a.mxf", "mxf", &["-c:v", "mpeg2video"]),
        ("a.dv", "dv", &[&pal[..], &["-c:v", "dvvideo"]].concat()),
        ("a.ivf", "ivf", &["-c:v", "libvpx"]),
        ("a.nut", "nut", &["-c:v", "mpeg4"]),
        ("a.rm", "rm", &["-s", "352x288", "-c:v", "rv20"]),
        ("a.avi", "avi", &["-c:v", "mjpeg"]),
        ("a.y4m", "yuv4mpegpipe", &["-pix_fmt", "yuv420p"]),
    ] {
        let path = dir.path().join(name);
        let to = path.to_str().unwrap();
        let made = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=1"];
        run(&mut ffmpeg(&[&made[..], codec, &["-f", format, to]].concat()));
        let expected = counted(&path, if format == "mjpeg" { &["-f", "mjpeg"] } else { &[] });
        assert!(expected > 20, "{name}: {expected}");
        let nameless = dir.path().join("nameless");
        std::fs::copy(&path, &nameless).unwrap();
        for path in [&path, &nameless] {
            assert_eq!(file_kind(path), FileKind::Video, "{}, {name}", path.display());
            assert_eq!(frames(path), expected, "{}, {name}", path.display());
        }
    }
}

/// Phones put a preview or a second exposure behind a photo.
#[test]
fn a_photo_with_more_behind_it_stays_a_photo() {
    let dir = folder();
    let [small, large] = ["small.jpg", "large.jpg"].map(|name| dir.path().join(name));
    for (path, size) in [(&small, "64x48"), (&large, "320x240")] {
        let source = format!("testsrc=size={size}:duration=1:rate=1");
        run(&mut ffmpeg(&["-f", "lavfi", "-i", &source, "-frames:v", "1", path.to_str().unwrap()]));
    }
    let [small, large] = [small, large].map(|path| std::fs::read(path).unwrap());
    for (name, bytes) in [
        ("photo.jpg", [&large[..], &small].concat()),
        ("photo.JPEG", [&large[..], &large].concat()),
        ("photo", [&large[..], &small].concat()),
        ("alone", large.clone()),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(file_kind(&path), FileKind::Picture, "{name}");
        assert_eq!(twinsight::source::load(&path).unwrap().width(), 320, "{name}");
    }
}
