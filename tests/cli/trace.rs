//! `--trace`: every stage of every frame, nested, in a file that is whole at any moment.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::twinsight;
use crate::run::Run;
use crate::small_network::Shop;
use crate::video_file::video;

fn command(shop: &Shop, words: &[&str]) -> Command {
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path()).args(words);
    command
}

fn events(path: &Path, end: &str) -> Vec<Value> {
    serde_json::from_str(&(std::fs::read_to_string(path).unwrap() + end)).unwrap()
}

/// Nanoseconds, exact.
fn nanos(value: &Value) -> i64 {
    (value.as_f64().unwrap() * 1000.0).round() as i64
}

/// Each span lies within the one that holds it, or beside it.
fn assert_nested(events: &[Value]) {
    let mut spans: Vec<(i64, i64)> = events
        .iter()
        .filter(|event| event["ph"] == "X")
        .map(|event| {
            let (from, took) = (nanos(&event["ts"]), nanos(&event["dur"]));
            assert!(from >= 0 && took >= 0, "{event}");
            (from, from + took)
        })
        .collect();
    spans.sort_by_key(|(from, to)| (*from, -to));
    let mut open: Vec<i64> = Vec::new();
    for (from, to) in spans {
        open.retain(|end| *end > from);
        assert!(open.iter().all(|end| to <= *end), "a span from {from} to {to} ends after one that holds it: {open:?}");
        open.push(to);
    }
}

const MODELS: [&str; 4] = ["--a", "small-64_float.onnx", "--b", "small-64_int8_qop.onnx"];

#[test]
fn every_stage_of_every_frame_is_there_and_nested() {
    let shop = Shop::new();
    video(&shop.path("clip.mkv"), 12, 10);
    let compare = [&["compare", "clip.mkv", "--trace", "compare.json", "--annotate", "out"], &MODELS[..]].concat();
    let detect = ["detect", "clip.mkv", "--model", "small-64_float.onnx", "--trace", "detect.json"];
    let (a, b) = ("inference A", "inference B");
    let of_compare = ["decode", "letterbox", a, "letterbox", b, "compare", "paint", "write"];
    let of_detect = ["decode", "letterbox", a, "postprocess"];
    for (words, file, expected) in
        [(&compare[..], "compare.json", &of_compare[..]), (&detect[..], "detect.json", &of_detect[..])]
    {
        Run::of(&mut command(&shop, words)).done();
        let events = events(&shop.path(file), "");
        assert_nested(&events);
        for frame in 0..12 {
            let of_frame = events.iter().filter(|e| e["ph"] == "X" && e["args"]["frame"] == frame);
            let names: Vec<&str> = of_frame.map(|event| event["name"].as_str().unwrap()).collect();
            assert_eq!(names, [&["frame"][..], expected].concat(), "{file}, frame {frame}");
        }
        let last = events.iter().filter(|e| e["ph"] == "X").map(|e| e["args"]["frame"].as_u64().unwrap()).max();
        assert_eq!(last, Some(11));
        let named = events.iter().find(|event| event["name"] == "process_name").unwrap();
        assert_eq!(named["args"]["name"], "Twinsight");
    }
    // It is replaced by the next one, and replaces nothing else.
    Run::of(&mut command(&shop, &detect)).done();
    std::fs::write(shop.path("mine.json"), "[]").unwrap();
    let run =
        Run::of(&mut command(&shop, &["detect", "clip.mkv", "--model", "small-64_float.onnx", "--trace", "mine.json"]));
    assert!(run.error().contains("is not a trace that Twinsight wrote"), "{run:?}");
    assert_eq!(std::fs::read_to_string(shop.path("mine.json")).unwrap(), "[]");
}

#[test]
#[cfg(unix)]
fn what_a_killed_program_leaves_is_a_trace() {
    let shop = Shop::new();
    video(&shop.path("long.mkv"), 3000, 25);
    let words = [&["compare", "--json", "long.mkv", "--trace", "trace.json"], &MODELS[..]].concat();
    let mut child = command(&shop, &words).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    (0..5).for_each(|_| assert!(out.read_line(&mut text).unwrap() > 0));
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    let events = events(&shop.path("trace.json"), "]");
    assert_nested(&events);
    let frames = events.iter().filter(|event| event["name"] == "frame").count();
    assert!((4..3000).contains(&frames), "{frames}");
}
