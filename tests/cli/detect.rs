//! `twinsight detect`: its output, the files it saves, and its messages for bad images and wrong usage.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::detections::{Found, iou, lines};
use crate::photos::photos;
use crate::program::{installed, twinsight};
use crate::run::Run;

fn detect(args: &[&str], pictures: &[PathBuf]) -> Run {
    Run::of(twinsight().arg("detect").args(args).args(pictures))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_json_line_has_the_documented_keys_in_their_order() {
    for precision in ["fp32", "int8"] {
        let out = detect(&["--json", "--precision", precision], &photos()).done();
        assert_eq!(out.lines().count(), 2);
        for (text, (picture, width, height)) in out.lines().zip([("bus.jpg", 810, 1080), ("zidane.jpg", 1280, 720)]) {
            let line: Value = serde_json::from_str(text).unwrap();
            assert_eq!(keys(&line), ["source", "width", "height", "model", "detections", "timing_ms"]);
            assert!(line["source"].as_str().unwrap().ends_with(picture));
            assert_eq!((line["width"].as_u64(), line["height"].as_u64()), (Some(width), Some(height)));
            // A float model has but one arithmetic.
            let of_model: &[&str] = match precision {
                "fp32" => &["precision", "sha256"],
                _ => &["precision", "arithmetic", "engine", "sha256"],
            };
            assert_eq!(keys(&line["model"]), of_model);
            assert!(precision == "fp32" || line["model"]["arithmetic"] == "exact");
            assert_eq!(line["model"]["precision"], precision);
            assert_eq!(line["model"]["sha256"].as_str().unwrap().len(), 64);
            assert_eq!(keys(&line["timing_ms"]), ["decode", "letterbox", "inference", "postprocess"]);
            assert!(line["timing_ms"].as_object().unwrap().values().all(|ms| ms.as_f64().unwrap() >= 0.0));
            let detections = line["detections"].as_array().unwrap();
            assert!(!detections.is_empty());
            for detection in detections {
                assert_eq!(keys(detection), ["class_id", "class", "score", "box"]);
            }
        }
    }
}

#[test]
fn a_model_may_be_named_with_its_arithmetic() {
    let file = installed("yolov4-tiny-416_int8_qop.onnx").display().to_string();
    for (flag, model, arithmetic) in [
        ("--precision", "int8@native", Some("native")),
        ("--precision", "int8@exact", Some("exact")),
        ("--precision", "fp32@native", None),
        ("--model", &format!("{file}@native"), Some("native")),
        ("--model", &file, Some("exact")),
    ] {
        let out = detect(&["--json", flag, model], &photos()[..1]).done();
        let line: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(line["model"]["arithmetic"].as_str(), arithmetic, "{model}");
    }
}

/// Of a picture: every box with its score.
fn boxes(args: &[&str]) -> (Value, Vec<String>) {
    let out = detect(&[&["--json"], args].concat(), &photos()[..1]).done();
    let line: Value = serde_json::from_str(&out).unwrap();
    let boxes = line["detections"].as_array().unwrap().iter().map(Value::to_string).collect();
    (line["model"].clone(), boxes)
}

#[test]
fn a_hardware_profile_computes_as_its_chip_does() {
    let dir = tempfile::tempdir().unwrap();
    let profile = |bits: u32| {
        let path = dir.path().join(format!("m{bits}-own.json"));
        let text = format!(
            r#"{{"name": "own-{bits}", "multiplier_bits": {bits}, "rounding": "half up", "leaky_relu": "multipliers",
                "accumulator": {{"bits": 32, "overflow": "wrap"}}}}"#
        );
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (_, exact) = boxes(&["--precision", "tuned"]);
    let (fine, coarse) = (profile(12), profile(2));
    let (model, of_fine) = boxes(&["--precision", "tuned", "--arithmetic", &fine]);
    assert_eq!((model["arithmetic"]["name"].as_str(), model["engine"].as_str()), (Some("own-12"), Some("integer")));
    assert_eq!(model["arithmetic"]["multiplier_bits"], 12);
    assert!(of_fine != exact, "12 bits are not exact");
    let (_, of_coarse) = boxes(&["--precision", &format!("tuned@{coarse}")]);
    let kept = of_coarse.iter().filter(|found| of_fine.contains(found)).count();
    assert!(of_coarse.len() != exact.len() || kept == 0, "2 bits break boxes: {of_coarse:?}");
    let (model, shipped) = boxes(&["--precision", "tuned@zynq-m31"]);
    assert_eq!(model["arithmetic"], "zynq-m31");
    assert_eq!(shipped.len(), exact.len());
}

#[test]
fn both_engines_find_the_same_boxes() {
    let of = |engine| boxes(&["--precision", "int8", "--engine", engine]);
    let [(of_session, session), (of_integer, integer)] = ["onnxruntime", "integer"].map(of);
    assert_eq!((&of_session["engine"], &of_integer["engine"]), (&"onnxruntime".into(), &"integer".into()));
    assert_eq!((of_session["arithmetic"].as_str(), &session), (Some("exact"), &integer));
    assert!(boxes(&["--engine", "integer"]).0["engine"].is_null(), "a float model has but one");
}

#[test]
fn how_no_model_can_be_computed_is_told() {
    for (args, words) in [
        (&["--arithmetic", "m61"][..], &["\"m61\"", "exact, native, saturating", "m18"][..]),
        (&["--precision", "int8@m61"], &["\"m61\"", "zynq-m31"]),
        (&["--precision", "int8", "--arithmetic", "gone.json"], &["gone.json"]),
        (&["--engine", "tensorrt"], &["\"tensorrt\"", "onnxruntime or integer"]),
        (&["--precision", "int8@native", "--engine", "integer"], &["native", "--engine onnxruntime"]),
        (&["--precision", "int8@m16", "--engine", "onnxruntime"], &["m16", "--engine integer"]),
    ] {
        let run = detect(args, &photos()[..1]);
        assert_ne!(run.code, 0, "{args:?}");
        assert!(run.out.is_empty() && words.iter().all(|word| run.err.contains(word)), "{args:?}: {}", run.err);
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.json");
    std::fs::write(&path, include_str!("../../models/profiles/m16.json").replace("m16", "exact")).unwrap();
    let run = detect(&["--arithmetic", path.to_str().unwrap()], &photos()[..1]);
    assert!(run.err.contains("another arithmetic, exact"), "{}", run.err);
}

#[test]
fn class_names_are_those_of_their_numbers() {
    let names = include_str!("../../assets/coco.names").lines().collect::<Vec<_>>();
    let out = detect(&["--json", "--score", "0.05"], &photos()).done();
    for line in out.lines().map(|text| serde_json::from_str::<Value>(text).unwrap()) {
        for detection in line["detections"].as_array().unwrap() {
            let id = detection["class_id"].as_u64().unwrap();
            assert_eq!(detection["class"].as_str().unwrap(), names[usize::try_from(id).unwrap()]);
        }
    }
}

#[test]
fn boxes_lie_in_the_picture_and_the_best_comes_first() {
    for line in lines(&detect(&["--json", "--score", "0.01"], &photos()).done()) {
        assert!(line.detections.len() > 10);
        assert!(line.detections.is_sorted_by(|a, b| a.score >= b.score), "{:?}", line.detections);
        for Found { bbox: [x1, y1, x2, y2], .. } in line.detections {
            let (w, h) = (f64::from(line.width), f64::from(line.height));
            assert!(0.0 <= x1 && x1 < x2 && x2 <= w && 0.0 <= y1 && y1 < y2 && y2 <= h, "{:?}", [x1, y1, x2, y2]);
        }
    }
}

#[test]
fn thresholds_are_those_of_the_flags() {
    let photo = &photos()[..1];
    let at = |args: &[&str]| {
        let args = [&["--json"], args].concat();
        lines(&detect(&args, photo).done()).remove(0).detections
    };
    let default = at(&[]);
    assert_eq!(at(&["--score", "0.25", "--nms", "0.45"]), default);
    assert!(default.iter().any(|d| d.score <= 0.6));

    let strict = at(&["--score", "0.6"]);
    let expected: Vec<Found> = default.into_iter().filter(|d| d.score > 0.6).collect();
    assert_eq!(strict, expected);

    let worst_overlap = |found: &[Found]| {
        let pairs = found.iter().enumerate().flat_map(|(i, a)| found[..i].iter().map(move |b| (a, b)));
        pairs.filter(|(a, b)| a.class_id == b.class_id).map(|(a, b)| iou(a.bbox, b.bbox)).fold(0.0, f64::max)
    };
    let [few, many] = ["0.2", "0.8"].map(|nms| at(&["--score", "0.05", "--nms", nms]));
    assert!(worst_overlap(&few) <= 0.2 && few.len() < many.len());
    assert!((0.45..=0.8).contains(&worst_overlap(&many)), "{}", worst_overlap(&many));
}

#[test]
fn a_picture_that_cannot_be_read_is_named_and_the_others_are_done() {
    let dir = tempfile::tempdir().unwrap();
    let [bus, zidane] = photos();
    let bad = ["missing.jpg", "text.jpg", "cut.jpg", "empty.png", "folder"].map(|name| dir.path().join(name));
    std::fs::write(&bad[1], "not a picture").unwrap();
    let whole = std::fs::read(&bus).unwrap();
    std::fs::write(&bad[2], &whole[..whole.len() / 3]).unwrap();
    std::fs::write(&bad[3], "").unwrap();
    std::fs::create_dir(&bad[4]).unwrap();

    let all: Vec<PathBuf> = [bus].into_iter().chain(bad.clone()).chain([zidane]).collect();
    let run = detect(&["--json"], &all);
    assert_eq!(run.code, 1);
    let done: Vec<PathBuf> = lines(&run.out).into_iter().map(|line| line.source.into()).collect();
    assert_eq!(done, [all[0].clone(), all[6].clone()]);
    let said: Vec<&str> = run.err.lines().collect();
    assert_eq!(said.len(), bad.len(), "{}", run.err);
    for (line, path) in said.iter().zip(&bad) {
        assert!(line.contains(path.to_str().unwrap()), "{line}");
    }
    assert!(said[1].ends_with("is not a supported image (JPEG, PNG, WebP, BMP)"), "{}", said[1]);
    assert_eq!(said[2], format!("twinsight: cannot read {}: the JPEG is truncated", bad[2].display()));
}

#[test]
fn annotate_saves_pictures_of_the_same_size_with_boxes_on_them() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a/new/folder");
    detect(&["--annotate", folder.to_str().unwrap()], &photos()).done();
    for photo in photos() {
        let before = image::open(&photo).unwrap().into_rgb8();
        let saved = folder.join(photo.file_name().unwrap()).with_extension("png");
        let after = image::open(saved).unwrap().into_rgb8();
        assert_eq!(before.dimensions(), after.dimensions());
        let changed = before.pixels().zip(after.pixels()).filter(|(a, b)| a != b).count();
        let share = changed as f64 / f64::from(before.width() * before.height());
        assert!((0.002..0.3).contains(&share), "{share} of {} changed", photo.display());
    }
}

#[test]
fn annotate_replaces_no_picture_that_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let original = dir.path().join("bus.png");
    image::open(&photos()[0]).unwrap().save(&original).unwrap();
    let before = std::fs::read(&original).unwrap();
    detect(&["--annotate", dir.path().to_str().unwrap()], std::slice::from_ref(&original)).done();
    assert!(std::fs::read(&original).unwrap() == before);
    assert!(dir.path().join("bus-2.png").is_file());
}

#[test]
fn wrong_usage_is_told_from_failure() {
    for args in [
        &["--unknown", "a.jpg"][..],
        &[],
        &["--score", "7", "a.jpg"],
        &["--score", "NaN", "a.jpg"],
        &["--nms", "-0.1", "a.jpg"],
        &["--precision", "int4", "a.jpg"],
        &["--precision", "int8@fast", "a.jpg"],
        &["--precision", "int8", "--model", "a.onnx", "a.jpg"],
        &["--frames", "3"],
        &["--frames", "3", "a.jpg"],
        &["--camera", "0", "a.jpg"],
        &["--camera", "0", "--video", "a.mp4"],
        &["--video", "a.mp4", "--mirror"],
        &["--camera", "0", "--frames", "0"],
    ] {
        let run = detect(args, &[]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}: {}", run.err);
        assert!(run.err.starts_with("error: "), "{args:?}: {}", run.err);
    }
    assert_eq!(Run::of(twinsight().arg("no-such-command")).code, 2);
}

/// As with `twinsight detect … | head -1`.
#[test]
fn a_reader_that_leaves_is_no_error_to_talk_about() {
    let [bus, _] = photos();
    // Enough that the program cannot finish before the reader has left.
    let pictures = vec![bus; 40];
    let mut child = twinsight()
        .args(["detect", "--json"])
        .args(pictures)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(lines(&first).len(), 1);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(141), ""));
}

#[test]
fn every_command_that_prints_survives_a_reader_that_left() {
    photos();
    for args in [&["doctor"][..], &["models", "list"], &["models", "verify"], &["cameras"], &["cameras", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = Run::of_with_stdout(twinsight().args(args), writer.into());
        assert_eq!((run.code, run.err.as_str()), (141, ""), "{args:?}");
    }
}

#[test]
fn a_camera_that_is_not_there_is_one_clear_line() {
    let run = detect(&["--camera", "4242"], &[]);
    let error = run.error();
    assert!(error.starts_with("there is no camera 4242; available: "), "{error}");
}

#[test]
fn pictures_are_named_as_they_were_given() {
    let photo = &photos()[0];
    let mut command = twinsight();
    command.current_dir(photo.parent().unwrap()).args(["detect", "--json", "bus.jpg"]);
    assert_eq!(lines(&Run::of(&mut command).done())[0].source, "bus.jpg");
}
