//! `harvest`: which frames of a video it keeps, held against `compare --json`, and what its folder is good for.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::twinsight;
use crate::run::Run;
use crate::small_network::Shop;

const SIDE: usize = 64;

/// A minute.
const FRAMES: usize = 600;
const RATE: usize = 10;

/// Each picture comes twice, and again after a while.
fn pixels(number: usize) -> Vec<u8> {
    let seed = number / 2 % 100;
    let value = |x: usize, y: usize, k: usize| (x * (3 + seed) + y * (5 + 7 * k) + seed * 40 * (k + 1)) % 256;
    let places = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
    places.flat_map(|(x, y)| [0, 1, 2].map(|k| value(x / 9, y / 7, k) as u8)).collect()
}

/// Without loss.
fn clip(path: &Path) {
    let (size, rate) = (format!("{SIDE}x{SIDE}"), RATE.to_string());
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]);
    command.args(["-s", &size, "-r", &rate, "-i", "pipe:0", "-c:v", "ffv1", "-f", "matroska"]).arg(path);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("ffmpeg is missing: run make setup");
    let mut stdin = child.stdin.take().unwrap();
    (0..FRAMES).for_each(|number| stdin.write_all(&pixels(number)).unwrap());
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// The stated measure, once more: mean grey levels of 16×16 cells.
fn cells(rgb: &[u8]) -> Vec<f64> {
    let step = SIDE / 16;
    let grey = |x: usize, y: usize| rgb[(y * SIDE + x) * 3..][..3].iter().map(|v| f64::from(*v)).sum::<f64>() / 3.0;
    let cell = |cx: usize, cy: usize| {
        let inside = (0..step).flat_map(|dy| (0..step).map(move |dx| (cx * step + dx, cy * step + dy)));
        inside.map(|(x, y)| grey(x, y)).sum::<f64>() / (step * step) as f64
    };
    (0..256).map(|i| cell(i % 16, i / 16)).collect()
}

fn run(shop: &Shop, words: &[&str]) -> Run {
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
    Run::of(command.args(words))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const MODELS: [&str; 4] = ["--a", "small-64_float.onnx", "--b", "small-64_int8_qop.onnx"];

/// Which frames a condition holds for, after `compare --json`.
fn meets(condition: &str, line: &Value) -> bool {
    let count = |key: &str| line["agreement"][key].as_u64().unwrap();
    match condition {
        "lost" => count("lost") > 0,
        "gained" => count("gained") > 0,
        "flip" => count("class_flips") > 0,
        "uncertain" => {
            let verdicts = line["verdicts"].as_array().unwrap().iter();
            let scores = verdicts.flat_map(|verdict| ["a", "b"].map(|side| verdict[side]["score"].as_f64()));
            scores.flatten().any(|score| score as f32 - 0.25 < 0.1)
        }
        agreement => {
            let least: f64 = agreement.strip_prefix("agreement<").unwrap().parse().unwrap();
            line["agreement"]["f1"].as_f64().unwrap() < least
        }
    }
}

#[test]
fn a_minute_of_video_gives_every_frame_that_meets_a_condition_and_differs_and_no_other() {
    let shop = Shop::new();
    clip(&shop.path("clip.mkv"));
    let compared = lines(&run(&shop, &[&["compare", "--json", "clip.mkv"], &MODELS[..]].concat()).done());
    let compared = &compared[..FRAMES];
    let small: Vec<Vec<f64>> = (0..FRAMES).map(|number| cells(&pixels(number))).collect();
    let differs = |one: usize, other: usize| {
        small[one].iter().zip(&small[other]).map(|(a, b)| (a - b).abs()).sum::<f64>() / 256.0 >= 4.0
    };
    for (at, when) in ["lost,gained,flip", "lost", "agreement<0.8", "uncertain,flip"].into_iter().enumerate() {
        let dir = format!("out{at}");
        let words = ["harvest", "clip.mkv", "-o", &dir, "--when", when, "--json"];
        let found = lines(&run(&shop, &[&words[..], &MODELS].concat()).done());
        let (totals, found) = found.split_last().unwrap();
        let conditions: Vec<&str> = when.split(',').collect();
        let met: Vec<usize> =
            (0..FRAMES).filter(|n| conditions.iter().any(|condition| meets(condition, &compared[*n]))).collect();
        let mut kept = Vec::new();
        for number in &met {
            if kept.iter().all(|other| differs(*number, *other)) {
                kept.push(*number);
            }
        }
        let frame = |line: &Value| line["frame"].as_u64().unwrap() as usize;
        let told: Vec<usize> = found.iter().map(frame).collect();
        assert_eq!(told, met, "{when}: which frames meet it");
        let told: Vec<usize> = found.iter().filter(|line| line["file"].is_string()).map(frame).collect();
        assert_eq!(told, kept, "{when}: which frames are kept");
        let expected = [FRAMES, met.len(), kept.len(), met.len() - kept.len()];
        let counts = ["frames", "met", "kept", "near_duplicates"].map(|key| totals["totals"][key].as_u64().unwrap());
        assert_eq!(counts.map(|count| count as usize), expected, "{when}");
        for line in found {
            let reasons: Vec<&str> = line["reasons"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
            let other = &compared[frame(line)];
            let holds: Vec<&str> = conditions.iter().copied().filter(|condition| meets(condition, other)).collect();
            assert_eq!(reasons, holds);
            assert_eq!(line["time_s"], other["time_s"]);
            match line["file"].as_str() {
                Some(file) => {
                    let picture = image::open(shop.path(&dir).join(file)).unwrap().into_rgb8();
                    assert!(picture.into_raw() == pixels(frame(line)), "{file} has other pixels");
                }
                None => assert!(line["like"]["difference"].as_f64().unwrap() < 4.0, "{line}"),
            }
        }
        let written = lines(&std::fs::read_to_string(shop.path(&dir).join("harvest.jsonl")).unwrap());
        assert_eq!((&written[1..=found.len()], written.last().unwrap()), (found, totals));
        let measure = &written[0]["harvest"]["near_duplicates"];
        assert_eq!((&measure["cells"], &measure["least_difference"]), (&16.into(), &4.0.into()));
        assert!(
            at > 0 || !kept.is_empty() && kept.len() < met.len(),
            "the models disagree nowhere, or nothing comes twice"
        );
    }
}

#[test]
fn a_harvest_feeds_eval_and_calibrate_in_each_form() {
    let shop = Shop::new();
    for seed in 0..4 {
        shop.picture("pictures", seed);
    }
    let mut truths = BTreeMap::new();
    for form in ["coco", "yolo", "voc"] {
        let words = ["harvest", "pictures", "-o", form, "--labels", form, "--when", "agreement<1,uncertain"];
        let told = run(&shop, &[&words[..], &MODELS].concat()).done();
        assert!(told.contains(" of 4 frames kept in "), "{told}");
        let (images, json) = (format!("{form}/images"), format!("{form}.json"));
        let eval =
            ["eval", "--model", "small-64_float.onnx", "--images", &images, "--resamples", "10", "--json", &json];
        run(&shop, &eval).done();
        let report: Value = serde_json::from_str(&std::fs::read_to_string(shop.path(&json)).unwrap()).unwrap();
        let errors = &report["models"][0]["errors"];
        // A's boxes are the labels; COCO's rules count 100 of a picture.
        let point = &errors["working_point"];
        assert!(point["wrong"] == 0 && point["right"].as_u64() > Some(100), "{form}: {point}");
        truths.insert(form, errors["working_point"]["objects"].clone());
        let table = format!("{form}.calibration.json");
        let calibrate = ["models", "calibrate", "--onnx", "small-64_float.onnx", "--images", &images, "-o", &table];
        assert_eq!(run(&shop, &calibrate).code, 0, "{form}");
        assert!(shop.path(&table).is_file());
    }
    assert!(truths["coco"].as_u64().unwrap() > 0, "{truths:?}");
    assert!(truths.values().all(|objects| *objects == truths["coco"]), "{truths:?}");
}

/// A stream without an end would fill any disk.
#[test]
fn a_harvest_ends_at_its_limits_and_says_at_which() {
    let shop = Shop::new();
    let (width, height) = (320, 240);
    for seed in 0..12u32 {
        // Noise, which no PNG makes small: 230 kB each.
        let mut state = seed + 1;
        let picture = image::RgbImage::from_fn(width, height, |x, y| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Other cells are bright in each.
            let bright = if (x / 20 + y / 15) % 12 == seed { 128 } else { 0 };
            image::Rgb([0, 8, 16].map(|shift| bright + ((state >> (8 + shift)) as u8 & 127)))
        });
        let dir = shop.path("noise");
        std::fs::create_dir_all(&dir).unwrap();
        picture.save(dir.join(format!("{seed:02}.png"))).unwrap();
    }
    let harvest = |dir: &str, more: &[&str]| {
        let words = ["harvest", "noise", "-o", dir, "--when", "agreement<1,uncertain"];
        let run = run(&shop, &[&words[..], more, &MODELS].concat());
        assert_eq!(run.code, 0, "{run:?}");
        let kept = std::fs::read_dir(shop.path(dir).join("images")).unwrap();
        let sizes: Vec<u64> = kept.map(|entry| entry.unwrap().metadata().unwrap().len()).collect();
        let labels = std::fs::read_to_string(shop.path(dir).join("annotations.json")).unwrap();
        let labels: Value = serde_json::from_str(&labels).unwrap();
        assert_eq!(labels["images"].as_array().unwrap().len(), sizes.len(), "the folder is whole");
        (run, sizes)
    };
    let (all, sizes) = harvest("all", &[]);
    assert!(sizes.len() > 6 && all.err.is_empty(), "{all:?}");
    let (asked, sizes) = harvest("two", &["--max-kept", "2"]);
    assert!(sizes.len() == 2 && asked.err.is_empty() && asked.out.starts_with("2 of "), "{asked:?}");
    let (full, sizes) = harvest("full", &["--max-size", "1"]);
    assert!(sizes.len() > 1 && sizes.iter().sum::<u64>() <= 1_000_000, "{sizes:?}");
    assert!(full.err.contains("the harvest ends at the limit of its size; --max-size sets another"), "{full:?}");
    assert_eq!(full.err.lines().count(), 1, "{full:?}");
}

#[test]
fn what_was_kept_has_its_labels_although_the_reader_left() {
    let shop = Shop::new();
    for seed in 0..4 {
        shop.picture("pictures", seed);
    }
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
    command.args(["harvest", "pictures", "-o", "out", "--when", "agreement<1,uncertain", "--json"]).args(MODELS);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // Long before the models are loaded.
    drop(child.stdout.take());
    assert!(!child.wait().unwrap().success());
    let pictures = std::fs::read_dir(shop.path("out/images")).unwrap().count();
    let labels = std::fs::read_to_string(shop.path("out/annotations.json")).unwrap();
    let labels: Value = serde_json::from_str(&labels).unwrap();
    assert_eq!((pictures, labels["images"].as_array().unwrap().len()), (1, 1));
    let written = lines(&std::fs::read_to_string(shop.path("out/harvest.jsonl")).unwrap());
    assert_eq!(written.last().unwrap()["totals"]["kept"], 1);
}

#[test]
fn a_harvest_overwrites_nothing_and_says_what_a_condition_is() {
    let shop = Shop::new();
    shop.picture("pictures", 0);
    let harvest = |more: &[&str]| run(&shop, &[&["harvest", "pictures"], more, &MODELS].concat());
    let taken = harvest(&["-o", "pictures"]);
    assert!(taken.error().contains("pictures: the folder is not empty; choose a new one"), "{taken:?}");
    assert_eq!(std::fs::read_dir(shop.path("pictures")).unwrap().count(), 1);
    for when in ["less", "agreement<2", "agreement"] {
        let run = harvest(&["-o", "new", "--when", when]);
        assert!(run.code == 2 && run.err.contains("is not a condition; use lost, gained, flip"), "{run:?}");
    }
    assert!(!shop.path("new").exists());
    let help = run(&shop, &["harvest", "--help"]).done();
    assert!(!help.contains("1 from a camera"), "a camera is harvested until it is enough: {help}");
    for word in [
        "[default: 10000]",
        "[default: 8000]",
        "near-duplicate",
        "4 of 255 grey levels",
        "16×16 cells",
        "harvest.jsonl",
        "agreement<",
    ] {
        // However wide the terminal is.
        let words: Vec<&str> = help.split_whitespace().collect();
        assert!(words.join(" ").to_lowercase().contains(word), "{word}: {help}");
    }
}
