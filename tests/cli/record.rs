//! `record` and `replay`: what is recorded comes back, is held against expected boxes, and outlives its recorder.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use twinsight::recording::RecordingReader;

use crate::program::{installed, twinsight};
use crate::run::Run;
use crate::small_network::Shop;

const MODELS: [&str; 4] = ["--a", "small-64_float.onnx", "--b", "small-64_int8_qop.onnx"];

/// The small models, and the demo's photos.
fn shop() -> Shop {
    let shop = Shop::new();
    assert!(shop.float().is_file() && shop.int8().is_file());
    std::fs::create_dir(shop.path("downloads")).unwrap();
    for photo in ["bus.jpg", "zidane.jpg"] {
        let photo = format!("downloads/{photo}");
        std::fs::copy(installed(&photo), shop.path(&photo)).unwrap();
    }
    shop
}

fn command(shop: &Shop, arguments: &[&str]) -> Command {
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path()).args(arguments);
    command
}

fn run(shop: &Shop, arguments: &[&str]) -> Run {
    Run::of(&mut command(shop, arguments))
}

/// Frames of the demo.
fn demo(shop: &Shop, frames: &str, more: &[&str]) -> Run {
    run(shop, &[&["record", "--demo", "--frames", frames, "--score", "0.2"], &MODELS[..], more].concat())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Of the frames: each model's number of boxes.
fn boxes(line: &Value) -> Vec<usize> {
    line["models"].as_array().unwrap().iter().map(|model| model["detections"].as_array().unwrap().len()).collect()
}

#[test]
fn a_recording_of_the_demo_is_replayed_and_held_against_expected_boxes() {
    let shop = shop();
    let said = demo(&shop, "20", &["-o", "demo.mcap"]).done();
    assert!(said.starts_with("demo.mcap: 20 frames, "), "{said}");

    // As recorded, the same bytes twice.
    let replayed = run(&shop, &["replay", "--json", "demo.mcap"]).done();
    assert_eq!(run(&shop, &["replay", "--json", "demo.mcap"]).done(), replayed);
    let found = lines(&replayed);
    assert_eq!(found.len(), 21);
    assert!(found[..20].iter().map(boxes).any(|boxes| boxes.iter().all(|count| *count > 0)), "{replayed}");
    assert_eq!(found[20]["totals"]["frames"], 20);

    // Through the same models again: the same heads, and the same boxes at the same thresholds.
    let again = ["replay", "demo.mcap", "--score", "0.2", "--model", MODELS[1], "--model", MODELS[3]];
    let computed = lines(&run(&shop, &[&again[..], &["--json"]].concat()).done());
    assert_eq!(computed[20]["totals"]["heads"], serde_json::json!({"equal": 40, "of": 40, "inexact_frames": 0}));
    assert_eq!(computed[..20], found[..20]);

    // Named as A and B, at the thresholds that were recorded; or one of them beside the recorded heads of the other.
    for (models, of) in [(&MODELS[..], 40), (&MODELS[..2], 20), (&MODELS[2..], 20)] {
        let computed = lines(&run(&shop, &[&["replay", "demo.mcap", "--json"], models].concat()).done());
        assert_eq!(computed[20]["totals"]["heads"]["equal"], of, "{models:?}");
        assert_eq!(computed[20]["totals"]["heads"]["of"], of, "{models:?}");
        assert_eq!(computed[..20], found[..20], "{models:?}");
    }
    // The other model in B's place: the same boxes twice, A's from the recording.
    let twice = lines(&run(&shop, &["replay", "demo.mcap", "--json", "--b", MODELS[1]]).done());
    for (frame, was) in twice[..20].iter().zip(&found) {
        let [a, b] = [0usize, 1].map(|side| &frame["models"][side]);
        assert!(a == b && *a == was["models"][0], "{frame}");
    }
    for (arguments, why) in [
        (&["--a-arithmetic", "m16", "--b", MODELS[3]][..], "--a-arithmetic changes nothing"),
        (&["--arithmetic", "m16"], "--arithmetic changes nothing"),
        (&["--engine", "integer"], "--engine changes nothing"),
    ] {
        let idle = run(&shop, &[&["replay", "demo.mcap"], arguments].concat());
        assert!(idle.error().starts_with(why), "{idle:?}");
    }
    assert_eq!(run(&shop, &["replay", "demo.mcap", "--a", MODELS[1], "--model", MODELS[3]]).code, 2);

    // Expected boxes: of the recorded heads, and then of models.
    let wrote = run(&shop, &["replay", "demo.mcap", "--write-expected", "boxes.json"]);
    assert_eq!(wrote.code, 0, "{wrote:?}");
    for arguments in [&["replay", "demo.mcap"][..], &again] {
        let held = run(&shop, &[arguments, &["--expect", "boxes.json"]].concat()).done();
        assert!(held.starts_with("20 frames") && held.trim().ends_with("every box as expected"), "{held}");
        assert_eq!(held.lines().count(), 1, "{held}");
    }

    // Another threshold: exactly the boxes below it are lost.
    let higher = run(&shop, &["replay", "demo.mcap", "--score", "0.5", "--expect", "boxes.json", "--json"]);
    assert_eq!(higher.code, 1, "{higher:?}");
    let told = lines(&higher.out);
    let (totals, changes) = told.split_last().unwrap();
    let weak: usize = found[..20]
        .iter()
        .flat_map(|frame| frame["models"].as_array().unwrap())
        .flat_map(|model| model["detections"].as_array().unwrap())
        .filter(|detection| detection["score"].as_f64().unwrap() <= 0.5)
        .count();
    let lost = changes.iter().filter(|change| change["change"]["lost"]["score"].as_f64().unwrap_or(1.0) <= 0.5).count();
    // Without a strong neighbour gone, nothing is gained: NMS goes from strong to weak.
    assert!(weak > 0 && lost == weak && changes.len() == weak, "{weak} {lost}: {}", higher.out);
    assert_eq!(totals["totals"]["changed_boxes"], weak);
}

#[test]
fn a_model_of_which_one_byte_differs_is_found() {
    let shop = shop();
    demo(&shop, "4", &["-o", "demo.mcap"]).done();
    let replay = |model: &str, more: &[&str]| {
        run(&shop, &[&["replay", "demo.mcap", "--score", "0.2", "--model", model], more].concat())
    };
    assert_eq!(replay(MODELS[3], &["--write-expected", "boxes.json"]).code, 0);
    assert_eq!(replay(MODELS[3], &["--expect", "boxes.json"]).code, 0);
    let bytes = std::fs::read(shop.int8()).unwrap();
    // Somewhere among the weights there is a byte that matters.
    let differs = (1..40).map(|part| bytes.len() * part / 40).find_map(|at| {
        let mut other = bytes.clone();
        other[at] ^= 0x40;
        std::fs::write(shop.path("other.onnx"), other).unwrap();
        let said = replay("other.onnx", &["--expect", "boxes.json"]);
        (said.code == 1 && said.out.contains("boxes changed in")).then_some(said)
    });
    let said = differs.expect("no byte matters");
    assert!(said.err.contains("other is another model than small-64_int8_qop"), "{said:?}");
    let changed = said.out.lines().filter(|line| line.starts_with("frame ")).count();
    assert!(said.out.contains(&format!("{changed} boxes changed in")), "{said:?}");
}

#[test]
fn pictures_stand_for_a_second_and_jpeg_is_told() {
    let shop = shop();
    shop.picture("pictures", 0);
    shop.picture("pictures", 1);
    let record = [&["record", "pictures", "--jpeg", "80", "-o", "a.mcap"], &MODELS[..]].concat();
    assert!(run(&shop, &record).done().starts_with("a.mcap: 2 frames, 1.0 s, "));
    let again = run(&shop, &record);
    assert!(again.error().contains("it exists and is not empty"), "{again:?}");
    let said = run(&shop, &["replay", "a.mcap", "--model", MODELS[3]]).done();
    assert!(said.contains("frame 1 at 1.00 s") && said.contains("frames are kept as JPEG"), "{said}");
    // Its frames are frames like those of a video, to every command.
    let detected = lines(&run(&shop, &["detect", "--json", "--model", MODELS[1], "a.mcap"]).done());
    let places = detected.iter().map(|line| (line["frame"].as_u64(), line["time_s"].as_f64()));
    assert_eq!(places.collect::<Vec<_>>(), [(Some(0), Some(0.0)), (Some(1), Some(1.0))]);
}

/// Whether a recording opens, and its last frame can be read; gives the number of frames.
fn whole_frames(path: &Path) -> usize {
    let mut reader = RecordingReader::open(path).unwrap();
    let frames = reader.len();
    assert_eq!(reader.read(frames - 1).unwrap().outputs.len(), 2);
    frames
}

#[test]
fn a_recording_cut_anywhere_opens_up_to_its_last_whole_frame() {
    let shop = shop();
    demo(&shop, "20", &["-o", "demo.mcap"]).done();
    let bytes = std::fs::read(shop.path("demo.mcap")).unwrap();
    let mut seed = 7u64;
    for _ in 0..30 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let length = bytes.len() / 4 + (seed >> 33) as usize % (bytes.len() * 3 / 4);
        std::fs::write(shop.path("cut.mcap"), &bytes[..length]).unwrap();
        // Frames of the demo are about of one size.
        let least = (20 * length / bytes.len()).saturating_sub(3);
        let frames = whole_frames(&shop.path("cut.mcap"));
        assert!(frames >= least.max(1), "{frames} of 20 frames in {length} of {} bytes", bytes.len());
    }
}

/// Nothing ever comes: it is the time that is waited for.
fn wait(time: Duration) {
    let _ = crossbeam_channel::never::<()>().recv_timeout(time);
}

#[test]
fn a_recorder_that_is_killed_loses_a_second_at_most() {
    let shop = shop();
    for (round, millis) in [300u64, 1100, 2400].into_iter().enumerate() {
        let name = format!("killed-{round}.mcap");
        let arguments = [&["record", "--demo", "--jpeg", "80", "-o", &name], &MODELS[..]].concat();
        let mut child = command(&shop, &arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let path = shop.path(&name);
        let limit = Instant::now() + Duration::from_secs(60);
        let mut until = |what: &str, is_so: &dyn Fn() -> bool| {
            while !is_so() {
                assert!(Instant::now() < limit && child.try_wait().unwrap().is_none(), "{what}: it never came");
                wait(Duration::from_millis(10));
            }
        };
        until("the file", &|| path.exists());
        let begun = Instant::now();
        until("a chunk", &|| RecordingReader::open(&path).is_ok());
        wait(Duration::from_millis(millis));
        child.kill().unwrap();
        let ran = begun.elapsed();
        child.wait().unwrap();
        let mut reader = RecordingReader::open(&path).unwrap();
        assert!(reader.is_cut());
        let last = reader.len() - 1;
        assert_eq!(reader.read(last).unwrap().outputs.len(), 2);
        let lost = ran.saturating_sub(reader.time(last));
        // A second, up to the frame after it; and another one for a machine that has other things to do.
        let gap = (0..last).map(|at| reader.time(at + 1) - reader.time(at)).max().unwrap_or_default();
        assert!(lost < Duration::from_secs(2) + gap * 3, "{lost:?} of {ran:?} are lost; frames are {gap:?} apart");
        let replayed = run(&shop, &["replay", &name]);
        assert!(replayed.code == 0 && replayed.err.contains("was cut off"), "{replayed:?}");
        let detected = run(&shop, &["detect", "--model", MODELS[1], &name]);
        assert!(
            detected.code == 0 && detected.err.contains(&format!("{name}: this recording was cut off")),
            "{detected:?}"
        );
    }
}

#[test]
#[cfg(unix)]
fn on_a_full_disk_the_recording_ends_and_opens() {
    let shop = shop();
    // To the program, a limit on the size of files is a full disk: 20 MB.
    let script = format!(
        "trap '' XFSZ; ulimit -f 20000; exec \"$0\" record --demo --frames 300 -o full.mcap {}",
        MODELS.join(" ")
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).arg(twinsight().get_program());
    let said = Run::of(bash.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path()));
    assert!(said.code == 1 && said.err.contains("cannot write full.mcap: "), "{said:?}");
    let frames = whole_frames(&shop.path("full.mcap"));
    assert!(said.err.contains(&format!("its {frames} frames until then can be opened")), "{frames}: {said:?}");
}

#[test]
fn what_is_no_recording_is_refused() {
    let shop = shop();
    std::fs::write(shop.path("notes.mcap"), "years of notes").unwrap();
    for (arguments, why) in [
        (&["replay", "notes.mcap"][..], "is not a recording of Twinsight"),
        (&["replay", "gone.mcap"], "cannot read gone.mcap"),
        (&["replay", "."], "it is not a file"),
        (&["replay", "notes.mcap", "--expect", "notes.mcap"], "is not a file of `replay --write-expected`"),
        (&["record", "gone.jpg", "-o", "new.mcap"], "gone.jpg"),
    ] {
        let said = run(&shop, &[arguments, if arguments[0] == "record" { &MODELS[..] } else { &[] }].concat());
        assert!(said.code == 1 && said.err.contains(why), "{arguments:?}: {said:?}");
    }
    assert!(!shop.path("new.mcap").exists(), "nothing was recorded");
    for arguments in [&["record", "a.jpg"][..], &["record", "--demo", "a.jpg", "-o", "a.mcap"], &["replay"]] {
        assert_eq!(run(&shop, arguments).code, 2, "{arguments:?}");
    }
}
