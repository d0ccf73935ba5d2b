//! Videos are known by their content, whatever their name says; as many frames come as ffprobe counts.

use std::path::Path;
use std::process::Command;

use twinsight::detect::{Frame, Size};
use twinsight::source::{FileKind, file_kind};

use crate::not_checked::not_checked;
use crate::program::root;
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

/// Made with libheif by `tests/reference/heic_tiles.py`: two tiles of 64×64, of which 100×64 pixels are the photo, and the same
/// turned by a quarter.
#[test]
fn a_photo_in_tiles_is_whole_or_refused() {
    let of = |name: &str| root().join("tests/data/photos").join(name);
    let dir = folder();
    let whole = std::fs::read(of("tiles.heic")).unwrap();
    // Of the same tiles, a photo that is a column narrower and a row lower.
    let mut bytes = whole.clone();
    let grid = bytes.windows(8).position(|eight| eight == [0, 0, 0, 1, 0, 100, 0, 64]).unwrap();
    (bytes[grid + 5], bytes[grid + 7]) = (99, 63);
    let odd = dir.path().join("odd.heic");
    std::fs::write(&odd, bytes).unwrap();
    for (path, size, pixels) in [
        (of("tiles.heic"), Size::new(100, 64), Some("tiles.rgb")),
        (of("turned.heic"), Size::new(64, 100), Some("turned.rgb")),
        (odd, Size::new(99, 63), None),
    ] {
        let name = path.display();
        assert_eq!(file_kind(&path), FileKind::Video, "{name}");
        let mut source = match open(path.clone()) {
            Ok(source) => source,
            Err(error) => {
                let words = "cannot read such photos; export it as JPEG, or install ffmpeg 7 or newer";
                assert!(error.to_string().contains(words), "{error}");
                not_checked(format!("the pixels of {name}"), "this ffmpeg is older than 7");
                continue;
            }
        };
        let mut frame = Frame::default();
        assert!(next(&mut source, &mut frame).unwrap());
        assert_eq!(frame.size(), size, "{name}");
        // libheif's pixels; converting from YCbCr may round otherwise.
        let Some(golden) = pixels.map(|file| std::fs::read(of(file)).unwrap()) else { continue };
        let off = frame.rgb().iter().zip(&golden).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(frame.rgb().len() == golden.len() && off <= Some(6), "{name} is off by {off:?}");
    }
    // Lying over each other, or mirrored: no part of it must pass for the whole.
    for (name, from, to) in
        [("over.heic", b"grid", b"iovl"), ("lost.heic", b"dimg", b"thmb"), ("other.avif", b"idat", b"free")]
    {
        let mut bytes = whole.clone();
        let at = bytes.windows(4).position(|four| four == from).unwrap();
        bytes[at..at + 4].copy_from_slice(to);
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let expected = "it is a photo in tiles that cannot be put together; export it as JPEG";
        assert_eq!(refusal(&path), format!("cannot play {}: {expected}", path.display()));
    }
}
