//! Damaged and truncated videos play as far as they go, and say so; whole ones say nothing. What is damaged was damaged here.

use std::path::{Path, PathBuf};

use twinsight::detect::Frame;
use twinsight::source::{Source, SourceError};

use crate::video_support::{ffmpeg, folder, next, open, run, twinsight_in};

const H264: [&str; 6] = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"];

/// Three seconds of a moving test picture, 75 frames.
fn clip(folder: &Path, name: &str, codec: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let made = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=3"];
    run(&mut ffmpeg(&[&made[..], codec, &[path.to_str().unwrap()]].concat()));
    path
}

/// Frames that came, the message at the end, and the remark by then.
fn played(path: &Path) -> (usize, Option<String>, Option<String>) {
    let mut source = open(path).unwrap_or_else(|error| panic!("{error}"));
    let (mut frame, mut frames) = (Frame::default(), 0);
    let error = loop {
        match next(&mut source, &mut frame) {
            Ok(true) => frames += 1,
            Ok(false) => break None,
            Err(error) => break Some(error),
        }
    };
    if let Some(error) = &error {
        assert!(matches!(error, SourceError::Damaged { .. }) && !error.is_transient(), "{error:?}");
    }
    (frames, error.map(|error| error.to_string()), source.description().note)
}

#[test]
fn whole_videos_give_no_alarm() {
    let dir = folder();
    for (name, codec) in [
        ("a.mp4", &H264[..]),
        ("a.mkv", &H264),
        ("a.ts", &H264),
        ("a.flv", &H264),
        ("b.avi", &["-c:v", "mjpeg"]),
        ("c.avi", &["-c:v", "mpeg4", "-bf", "2"]),
        ("a.mpg", &["-c:v", "mpeg2video"]),
        ("a.gif", &["-c:v", "gif", "-pix_fmt", "rgb8"]),
        ("a.webm", &["-c:v", "libvpx", "-deadline", "realtime"]),
        ("a.ogv", &["-c:v", "libtheora"]),
        ("a.wmv", &["-c:v", "wmv2"]),
        ("a.mov", &["-c:v", "mjpeg"]),
        ("a.mjpeg", &["-c:v", "mjpeg"]),
        ("a.h264", &H264),
    ] {
        let path = clip(dir.path(), name, codec);
        assert_eq!(played(&path), (75, None, None), "{name}");
    }
    // A recording that begins within a group of frames, as of television: what comes before its first key frame is not missed.
    let path = clip(dir.path(), "open.ts", &[&H264[..], &["-g", "12"]].concat());
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[bytes.len() / 188 / 3 * 188..]).unwrap();
    let (frames, error, note) = played(&path);
    assert!((30..60).contains(&frames), "{frames}");
    assert_eq!((error, note), (None, None));
}

#[test]
fn frames_that_are_damaged_are_counted() {
    let dir = folder();
    for (name, codec) in [
        ("a.mp4", &H264[..]),
        ("a.mkv", &H264),
        ("a.ts", &H264),
        ("b.avi", &["-c:v", "mjpeg"]),
        ("c.avi", &["-c:v", "mpeg4"]),
        ("a.mpg", &["-c:v", "mpeg2video"]),
        ("a.gif", &["-c:v", "gif", "-pix_fmt", "rgb8"]),
    ] {
        let path = clip(dir.path(), name, codec);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        for (n, byte) in bytes[middle..middle + 600].iter_mut().enumerate() {
            *byte = (n * 37) as u8;
        }
        std::fs::write(&path, bytes).unwrap();
        let (frames, error, note) = played(&path);
        let error = error.unwrap_or_else(|| panic!("{name}: {frames} frames, and no word"));
        assert!(error.starts_with(&format!("{} is ", path.display())), "{error}");
        assert!(error.contains("is damaged: at least ") && error.contains(" damaged or missing ("), "{error}");
        assert!(note.is_some_and(|note| note.starts_with("this video is damaged: at least ")), "{name}");
    }
}

#[test]
fn where_a_file_was_cut_it_says_where_it_ends() {
    let dir = folder();
    for (name, codec, whole) in [
        ("a.mkv", &H264[..], " of 3.0 s, about "),
        // Without its index, ffmpeg estimates how long it is.
        ("b.avi", &["-c:v", "mjpeg"], ""),
        ("c.avi", &H264, ""),
        ("a.flv", &H264, " of 3.1 s, about "),
        ("a.gif", &["-c:v", "gif", "-pix_fmt", "rgb8"], ""),
        ("a.ts", &H264, ""),
        ("a.ogv", &["-c:v", "libtheora"], ""),
        ("a.webm", &["-c:v", "libvpx", "-deadline", "realtime"], " of 3.0 s, about "),
    ] {
        let path = clip(dir.path(), name, codec);
        let bytes = std::fs::read(&path).unwrap();
        // Not between two packets, which of some kinds nothing tells.
        let cut = bytes.len() * 6 / 10 / 188 * 188 + 90;
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let (frames, error, _) = played(&path);
        assert!((20..60).contains(&frames), "{name}: {frames}");
        let error = error.unwrap_or_else(|| panic!("{name}: {frames} frames, and no word"));
        assert!(error.contains(" is truncated: it ends at ") && error.contains(whole), "{error}");
    }
}

/// ffmpeg takes the first packet of the second recording for a loss.
#[test]
fn joined_recordings_have_lost_nothing_unless_they_have() {
    let dir = folder();
    let path = clip(dir.path(), "a.ts", &H264);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], &whole].concat()).unwrap();
    assert_eq!(played(&path), (150, None, None));
    // Packets that are not there, as of bad reception.
    let middle = whole.len() / 188 / 2 * 188;
    std::fs::write(&path, [&whole[..middle], &whole[middle + 188 * 9..], &whole].concat()).unwrap();
    let (_, error, _) = played(&path);
    assert!(error.is_some_and(|error| error.contains(" is damaged: at least ")));
}

/// Everything that could be read is printed, and the exit status tells.
#[test]
fn detect_tells_and_fails_after_the_last_frame() {
    let dir = folder();
    let path = clip(dir.path(), "a.ts", &H264);
    let (code, out, err) = twinsight_in(dir.path(), &["detect", "--json", "--every", "25", "--video", "a.ts"]);
    assert_eq!((code, out.lines().count(), err.as_str()), (Some(0), 3, ""));
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 3000].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let (code, out, err) = twinsight_in(dir.path(), &["detect", "--json", "--every", "25", "--video", "a.ts"]);
    assert_eq!((code, out.lines().count()), (Some(1), 3), "{err}");
    assert!(err.starts_with("twinsight: a.ts is damaged: at least ") && err.contains(" damaged or missing ("), "{err}");
    let (code, out, err) = twinsight_in(dir.path(), &["detect", "--json", "--frames", "70", "--video", "a.ts"]);
    assert_eq!((code, out.lines().count()), (Some(1), 70), "{err}");
}
