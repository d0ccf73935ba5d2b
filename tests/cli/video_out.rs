//! `--video-out`: as many frames as the source, at its pace, with the boxes where they belong. ffprobe and ffmpeg judge.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{installed, twinsight};
use crate::run::Run;
use crate::small_network::Shop;
use crate::video_file::video;

fn run(shop: &Shop, words: &[&str]) -> Run {
    let mut command = twinsight();
    Run::of(command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path()).args(words))
}

fn output(program: &str, arguments: &[&str], dir: &Path) -> Vec<u8> {
    let output = Command::new(program).args(arguments).current_dir(dir).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is missing ({error}): run make setup"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Frames, width, height, and the duration in seconds.
fn probed(dir: &Path, file: &str) -> (u64, u64, u64, f64) {
    let entries = "stream=nb_read_frames,width,height:format=duration";
    let told = output("ffprobe", &["-v", "error", "-count_frames", "-show_entries", entries, "-of", "json", file], dir);
    let told: Value = serde_json::from_slice(&told).unwrap();
    let stream = &told["streams"][0];
    let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let side = |key: &str| stream[key].as_u64().unwrap();
    (number(&stream["nb_read_frames"]) as u64, side("width"), side("height"), number(&told["format"]["duration"]))
}

const MODELS: [&str; 4] = ["--a", "small-64_float.onnx", "--b", "small-64_int8_qop.onnx"];

/// Seconds of all frames, as the program itself reads them.
fn times(shop: &Shop, file: &str) -> Vec<f64> {
    let told = run(shop, &["detect", "--json", "--model", "small-64_float.onnx", "--video", file]).done();
    told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["time_s"].as_f64().unwrap()).collect()
}

#[test]
fn frames_and_duration_are_the_sources_in_each_look_and_format() {
    let shop = Shop::new();
    let dir = shop.dir.path();
    video(&shop.path("clip.mkv"), 12, 10);
    for (file, look, width) in [
        ("overlay.mp4", "overlay", 64),
        ("split.mp4", "split", 64),
        ("beside.webm", "side-by-side", 128),
        ("overlay.webm", "overlay", 64),
    ] {
        let words = [&["compare", "clip.mkv", "--video-out", file, "--look", look], &MODELS[..]].concat();
        run(&shop, &words).done();
        let (frames, w, h, duration) = probed(dir, file);
        assert_eq!((frames, w, h), (12, width, 48), "{file}");
        assert!((duration - 1.2).abs() < 0.01, "{file}: {duration} s");
    }
    run(&shop, &["detect", "clip.mkv", "--model", "small-64_float.onnx", "--video-out", "detect.mp4"]).done();
    let (frames, _, _, duration) = probed(dir, "detect.mp4");
    assert!(frames == 12 && (duration - 1.2).abs() < 0.01, "{frames} frames, {duration} s");
    // Every other frame is shown twice as long; odd sides get a column and a row.
    output("ffmpeg", &["-v", "error", "-i", "clip.mkv", "-vf", "crop=63:47:0:0", "-c:v", "ffv1", "odd.mkv"], dir);
    let words =
        ["detect", "--video", "odd.mkv", "--every", "2", "--model", "small-64_float.onnx", "--video-out", "odd.mp4"];
    run(&shop, &words).done();
    let (frames, w, h, duration) = probed(dir, "odd.mp4");
    assert_eq!((frames, w, h), (6, 64, 48));
    assert!((duration - 1.2).abs() < 0.01, "{duration} s");
    let left: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains(".part")), "{left:?}");
}

#[test]
fn a_rate_that_varies_is_kept_frame_by_frame() {
    let shop = Shop::new();
    video(&shop.path("even.mkv"), 12, 10);
    let uneven = "setpts='if(lt(N,5),N,if(lt(N,6),8,2*N))/(10*TB)'";
    let arguments =
        ["-v", "error", "-i", "even.mkv", "-vf", uneven, "-vsync", "passthrough", "-c:v", "ffv1", "clip.mkv"];
    output("ffmpeg", &arguments, shop.dir.path());
    let source = times(&shop, "clip.mkv");
    assert!(source.len() == 12 && source.windows(2).any(|t| t[1] - t[0] > 0.15), "{source:?}");
    for file in ["out.mp4", "out.webm"] {
        run(&shop, &[&["compare", "clip.mkv", "--video-out", file], &MODELS[..]].concat()).done();
        let written = times(&shop, file);
        assert_eq!(written.len(), 12, "{file}");
        for (a, b) in source.iter().zip(&written) {
            assert!((a - source[0] - b).abs() < 0.0011, "{file}: {source:?} {written:?}");
        }
    }
}

/// The first frame as RGB.
fn first_frame(dir: &Path, file: &str) -> Vec<u8> {
    let arguments = ["-v", "error", "-i", file, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
    output("ffmpeg", &arguments, dir)
}

#[test]
fn a_frame_that_is_decoded_back_has_its_boxes_where_they_were() {
    for file in ["yolov4-tiny-416_float.onnx", "runtime"] {
        installed(file);
    }
    let dir = tempfile::tempdir().unwrap();
    let photo = installed("downloads/zidane.jpg");
    let arguments = [
        "-v",
        "error",
        "-loop",
        "1",
        "-framerate",
        "5",
        "-i",
        photo.to_str().unwrap(),
        "-t",
        "0.6",
        "-vf",
        "scale=800:450",
        "-c:v",
        "ffv1",
        "clip.mkv",
    ];
    output("ffmpeg", &arguments, dir.path());
    let mut command = twinsight();
    command.current_dir(dir.path()).args(["detect", "--video", "clip.mkv", "--annotate", "out"]);
    Run::of(command.args(["--video-out", "out.mp4"])).done();
    let bare = first_frame(dir.path(), "clip.mkv");
    let painted = image::open(dir.path().join("out/clip-000000.png")).unwrap().into_rgb8();
    let decoded = first_frame(dir.path(), "out.mp4");
    let (width, height) = (painted.width() as i64, painted.height() as i64);
    assert_eq!((width, height, decoded.len()), (800, 450, 800 * 450 * 3));
    let at = |rgb: &[u8], stride: i64, x: i64, y: i64| -> [i64; 3] {
        let from = ((y * stride + x) * 3) as usize;
        [0, 1, 2].map(|k| i64::from(rgb[from + k]))
    };
    let difference = |a: [i64; 3], b: [i64; 3]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<i64>();
    // Where boxes were painted, away from the edges.
    let inside = (4..height - 4).flat_map(|y| (4..width - 4).map(move |x| (x, y)));
    let marked: Vec<(i64, i64)> =
        inside.filter(|(x, y)| difference(at(&bare, width, *x, *y), at(&painted, width, *x, *y)) > 60).collect();
    assert!(marked.len() > 1000, "nothing was painted: {}", marked.len());
    let shifted = |dx: i64, dy: i64| {
        let of = |(x, y): &(i64, i64)| difference(at(&painted, width, *x, *y), at(&decoded, width, x + dx, y + dy));
        marked.iter().map(of).sum::<i64>() / marked.len() as i64
    };
    let here = shifted(0, 0);
    for (dx, dy) in [(-2, 0), (2, 0), (0, -2), (0, 2), (-2, -2), (2, 2)] {
        assert!(shifted(dx, dy) > here, "{dx} {dy}: {} is nearer than {here}", shifted(dx, dy));
    }
    assert!(here < 150, "the boxes have other colours: {here}");
}

#[test]
fn what_cannot_become_a_video_is_told_before_any_work() {
    let shop = Shop::new();
    video(&shop.path("clip.mkv"), 3, 10);
    shop.picture("pictures", 0);
    std::fs::write(shop.path("notes.mp4"), "years of notes").unwrap();
    for (input, file, why) in [
        ("clip.mkv", "out.avi", "must end in .mp4 or .webm"),
        ("pictures", "out.mp4", "--video-out needs one video, stream or camera"),
        ("clip.mkv", "notes.mp4", "replace it with --force"),
        ("clip.mkv", "clip.mkv", "this command reads it"),
        ("clip.mkv", "nowhere/out.mp4", "there is no folder nowhere"),
    ] {
        let told = run(&shop, &[&["compare", input, "--video-out", file], &MODELS[..]].concat());
        assert!(told.error().contains(why), "{input} {file}: {told:?}");
    }
    assert_eq!(std::fs::read_to_string(shop.path("notes.mp4")).unwrap(), "years of notes");
    // Without ffmpeg.
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).env("PATH", "/nowhere").current_dir(shop.dir.path());
    let told = Run::of(command.args(["compare", "clip.mkv", "--video-out", "out.mp4"]).args(MODELS));
    assert!(told.error().contains("need ffmpeg, which is not on the PATH"), "{told:?}");
}

#[test]
fn a_video_ends_at_the_limit_of_its_size_and_is_whole() {
    let shop = Shop::new();
    let dir = shop.dir.path();
    let noise = "color=c=gray:s=320x240:r=10:d=20,noise=alls=100:allf=t";
    output("ffmpeg", &["-v", "error", "-f", "lavfi", "-i", noise, "-c:v", "ffv1", "noise.mkv"], dir);
    let detect = ["detect", "noise.mkv", "--model", "small-64_float.onnx"];
    for (words, file) in
        [([&["compare", "noise.mkv"], &MODELS[..]].concat(), "compare.mp4"), (detect.to_vec(), "detect.mp4")]
    {
        let said = run(&shop, &[&words[..], &["--video-out", file, "--video-max-size", "1"]].concat());
        assert_eq!(said.code, 0, "{said:?}");
        assert!(
            said.err.contains("the video ends at the limit of its size; --video-max-size sets another"),
            "{said:?}"
        );
        let (frames, ..) = probed(dir, file);
        let bytes = shop.path(file).metadata().unwrap().len();
        assert!(frames > 1 && frames < 200 && bytes >= 1_000_000, "{file}: {frames} frames, {bytes} bytes");
    }
    // A replay's boxes are those of all frames: the video ends alone.
    run(&shop, &[&["record", "--video", "noise.mkv", "-o", "noise.mcap"], &MODELS[..]].concat()).done();
    let said = run(&shop, &["replay", "--json", "noise.mcap", "--video-out", "replay.mp4", "--video-max-size", "1"]);
    let lines = said.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!(lines.filter(|line| line["time_s"].is_number()).count(), 200, "{}", said.err);
    assert!(said.code == 0 && said.err.contains("the video ends at the limit of its size"), "{}", said.err);
    assert!((2..200).contains(&probed(dir, "replay.mp4").0));
    let alone = run(&shop, &[&detect[..], &["--video-max-size", "1"]].concat());
    assert!(alone.code == 2 && alone.err.contains("--video-out <FILE>"), "{alone:?}");
}

#[test]
fn a_recording_becomes_a_video_at_the_pace_at_which_it_was_recorded() {
    let shop = Shop::new();
    video(&shop.path("clip.mkv"), 12, 10);
    run(&shop, &[&["record", "--video", "clip.mkv", "-o", "clip.mcap"], &MODELS[..]].concat()).done();
    let replayed = run(&shop, &["replay", "--json", "clip.mcap"]).done();
    let lines = replayed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let recorded: Vec<f64> = lines.filter_map(|line| line["time_s"].as_f64()).collect();
    assert_eq!(recorded.len(), 12, "{replayed}");
    for (file, look, width) in [("split.mp4", "split", 64), ("beside.webm", "side-by-side", 128)] {
        run(&shop, &["replay", "clip.mcap", "--video-out", file, "--look", look]).done();
        assert_eq!(probed(shop.dir.path(), file).0, 12, "{file}");
        assert_eq!(probed(shop.dir.path(), file).1, width, "{file}");
        for (a, b) in recorded.iter().zip(times(&shop, file)) {
            assert!((a - recorded[0] - b).abs() < 0.0011, "{file}: {recorded:?}");
        }
    }
}

#[test]
fn a_video_that_is_there_is_replaced_only_by_force() {
    let shop = Shop::new();
    video(&shop.path("clip.mkv"), 3, 10);
    std::fs::copy(shop.path("clip.mkv"), shop.path("holiday.webm")).unwrap();
    let filmed = std::fs::read(shop.path("holiday.webm")).unwrap();
    let words = ["detect", "clip.mkv", "--model", "small-64_float.onnx", "--video-out", "holiday.webm"];
    let told = run(&shop, &words);
    assert!(told.error().contains("holiday.webm: it exists"), "{told:?}");
    assert_eq!(std::fs::read(shop.path("holiday.webm")).unwrap(), filmed);
    run(&shop, &[&words[..], &["--force"]].concat()).done();
    assert_eq!(probed(shop.dir.path(), "holiday.webm").0, 3);
    assert_ne!(std::fs::read(shop.path("holiday.webm")).unwrap(), filmed);
}
