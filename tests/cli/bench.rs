//! `twinsight bench` measures every stage and prints machine-readable output.

use serde_json::Value;

use crate::photos::photos;
use crate::program::twinsight;
use crate::run::Run;

#[test]
fn bench_prints_every_stage_as_json() {
    photos();
    let mut command = twinsight();
    let out = Run::of(command.args(["bench", "--rounds", "3", "--seconds", "0.2", "--age", "2", "--json"])).done();
    assert_eq!(out.lines().count(), 1);
    let bench: Value = serde_json::from_str(&out).unwrap();
    assert!(bench["runtime"].as_str().unwrap().starts_with("1."));
    assert!(bench["threads"].as_u64().unwrap() >= 1);
    assert!(bench["processor"]["name"].is_string() && bench["processor"].get("dot_product").is_some());

    let stages = bench["stages"].as_array().unwrap();
    let mut names: Vec<&str> = stages.iter().map(|s| s["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "camera MJPEG 1280×720",
            "camera NV12 1280×720",
            "camera YUYV 1280×720",
            "camera rotated by 90° 1280×720",
            "compare at 0.01",
            "compare at 0.25",
            "decode 1280×720 JPEG",
            "inference FP32",
            "inference INT8",
            "inference INT8 (integer)",
            "inference INT8 (m18)",
            "inference INT8 (native)",
            "inference INT8 (onnxruntime)",
            "inference INT8 (saturating)",
            "letterbox 1280×720",
            "postprocess FP32 at 0.01",
            "postprocess FP32 at 0.25",
            "postprocess INT8 at 0.01",
            "postprocess INT8 at 0.25",
        ]
    );
    for stage in stages {
        let [median, p95, p99] = ["median_ms", "p95_ms", "p99_ms"].map(|key| stage[key].as_f64().unwrap());
        assert!(0.0 < median && median <= p95 && p95 <= p99, "{stage}");
        assert_eq!(stage["runs"], 3);
    }

    let median = |name: &str| {
        let stage = stages.iter().find(|s| s["name"] == name).unwrap();
        stage["median_ms"].as_f64().unwrap()
    };
    let fp32 = median("inference FP32");
    let ours = median("letterbox 1280×720") + median("postprocess FP32 at 0.25");
    for (ratio, expected) in
        [("b_to_a", median("inference INT8") / fp32), ("letterbox_and_postprocess_to_a", ours / fp32)]
    {
        let got = bench["ratios"][ratio].as_f64().unwrap();
        assert!((got - expected).abs() < 1e-9, "{ratio} is {got}, and the medians give {expected}");
    }

    for (ratio, [one, other]) in [
        ("exact_to_native", ["INT8", "INT8 (native)"]),
        ("integer_to_onnxruntime", ["INT8 (integer)", "INT8 (onnxruntime)"]),
        ("profile_to_exact", ["INT8 (m18)", "INT8 (integer)"]),
    ] {
        // Of FP32 there is none.
        let [price] = bench["ratios"][ratio].as_array().unwrap().as_slice() else { panic!("{bench}") };
        let [one, other] = [one, other].map(|model| median(&format!("inference {model}")));
        assert!(price["model"] == "INT8" && (price["ratio"].as_f64().unwrap() - one / other).abs() < 1e-9, "{price}");
    }

    let throughput = bench["throughput"].as_array().unwrap();
    let models: Vec<&str> = throughput.iter().map(|t| t["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["FP32", "INT8", "FP32 and INT8"]);
    for row in throughput {
        assert!(["engine", "session", "ratio"].iter().all(|key| row[key].as_f64().unwrap() > 0.0), "{row}");
    }

    // A frame cannot be younger than what it went through, nor older than a full queue would make it.
    let age = &bench["age"];
    let [frames, median, inference] = ["frames", "median_ms", "inference_ms"].map(|key| age[key].as_f64().unwrap());
    assert!(age["model"] == "INT8" && frames > 2.0, "{age}");
    assert!(0.0 < inference && inference < median && median < 2.0 * inference + 500.0, "{age}");
    let over = (median - inference) * 30.0 / 1e3;
    assert!((age["frame_times_over_inference"].as_f64().unwrap() - over).abs() < 1e-9, "{age}");
    assert!(age["growth_ms"].is_f64(), "{age}");
}

#[test]
fn bench_refuses_what_it_cannot_measure() {
    for args in [&["--rounds", "0"][..], &["--rounds", "121"], &["--seconds", "0"], &["--seconds", "x"]] {
        let run = Run::of(twinsight().arg("bench").args(args));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}: {}", run.err);
    }
}
