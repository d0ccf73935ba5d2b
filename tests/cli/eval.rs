//! `twinsight eval` and `twinsight card` from the command line, on the sample photos.

mod replicates;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::detections::lines;
use crate::photos::photos;
use crate::program::{installed, twinsight};
use crate::run::Run;

/// Annotations that are what FP32 sees in some pictures, and a folder with those.
struct Set {
    dir: tempfile::TempDir,
    annotations: Value,
}

impl Set {
    /// Of the sample photos.
    fn new() -> Self {
        Self::of(&photos())
    }

    fn of(pictures: &[PathBuf]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("pictures");
        std::fs::create_dir(&folder).unwrap();
        let seen = lines(&Run::of(twinsight().args(["detect", "--json"]).args(pictures)).done());
        let names = std::fs::read_to_string(installed("downloads/coco.names")).unwrap();
        // Ids that have nothing to do with the model's.
        let categories: Vec<Value> = names
            .lines()
            .enumerate()
            .map(|(class, name)| json!({"id": 900 - class, "name": name.to_uppercase()}))
            .collect();
        let (mut images, mut annotations) = (Vec::new(), Vec::new());
        for (line, photo) in seen.iter().zip(pictures) {
            let name = photo.file_name().unwrap().to_str().unwrap().to_owned();
            std::fs::copy(photo, folder.join(&name)).unwrap();
            let image = 10 * (images.len() + 1);
            images.push(json!({"id": image, "file_name": name, "width": line.width, "height": line.height}));
            for d in &line.detections {
                let [x1, y1, x2, y2] = d.bbox;
                annotations.push(json!({
                    "id": annotations.len() + 1, "image_id": image, "category_id": 900 - d.class_id,
                    "bbox": [x1, y1, x2 - x1, y2 - y1], "iscrowd": 0
                }));
            }
        }
        let annotations = json!({"images": images, "annotations": annotations, "categories": categories});
        Self { dir, annotations }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn add_image(&mut self, image: Value) {
        self.annotations["images"].as_array_mut().unwrap().push(image);
    }

    /// The command, with the annotations as they are now.
    fn eval(&self, arguments: &[&str]) -> Command {
        let file = self.path("truth.json");
        std::fs::write(&file, self.annotations.to_string()).unwrap();
        eval(&file, &self.path("pictures"), arguments)
    }

    fn report(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.path("eval.json")).unwrap()).unwrap()
    }
}

fn eval(annotations: &Path, images: &Path, arguments: &[&str]) -> Command {
    let mut command = twinsight();
    command.arg("eval").arg("--annotations").arg(annotations).arg("--images").arg(images).args(arguments);
    command
}

#[test]
fn what_fp32_sees_is_right_by_its_own_measure_and_int8_loses() {
    let set = Set::new();
    let (json, html) = (set.path("eval.json"), set.path("eval.html"));
    let files = ["--json", json.to_str().unwrap(), "--html", html.to_str().unwrap(), "--resamples", "50"];
    let out = Run::of(&mut set.eval(&files)).done();
    assert!(out.contains("INT8 − FP32\nAP  "), "{out}");
    let count = set.annotations["annotations"].as_array().unwrap().len();
    let last = out.lines().last().unwrap();
    assert!(last.starts_with(&format!("on 2 images; {count} objects: ")), "{last}");

    let report = set.report();
    let [fp32, int8, ..] = report["models"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((fp32["name"].as_str(), int8["name"].as_str()), (Some("FP32"), Some("INT8")));
    let ap = |model: &Value| model["figures"]["AP"].as_f64().unwrap();
    assert!(ap(fp32) > 0.999, "{fp32}");
    assert!(ap(int8) > 0.3 && ap(int8) < 0.95, "{int8}");
    let difference = int8["differences"]["AP"]["value"].as_f64().unwrap();
    assert!((difference - (ap(int8) - ap(fp32))).abs() < 1e-12);
    assert!(fp32["differences"].is_null());
    assert_eq!(int8["curves"]["at_75"].as_array().unwrap().len(), 101);
    assert_eq!(report["pictures"]["evaluated"], 2);
    let classes: Vec<_> = fp32["classes"].as_array().unwrap().iter().map(|c| c["class"].as_str().unwrap()).collect();
    assert!(classes.contains(&"PERSON") && classes.contains(&"BUS"), "{classes:?}");
    assert!(!report["by_damage"].as_array().unwrap().is_empty());
    let page = std::fs::read_to_string(html).unwrap();
    for part in ["INT8 − FP32", "class=\"truth\"", "data:image/jpeg;base64", "<polyline", "bus.jpg", "PERSON"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("http://") && !page.contains("https://"), "the page asks for something from elsewhere");

    // The card of the same files is filled in; of others it is not.
    let card = Run::of(twinsight().args(["card", "--eval"]).arg(&json)).done();
    let row = format!("| FP32 | {:.4} (", ap(fp32));
    assert!(card.contains(&row) && card.contains("## Latency"), "{card}");
    assert!(card.contains("cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87"), "{card}");
    assert_eq!(card.matches("not measured").count(), 2 * cards_models(&card), "{card}");
    let text = std::fs::read_to_string(&json).unwrap();
    let sum = int8["sha256"].as_str().unwrap();
    std::fs::write(&json, text.replace(sum, &"0".repeat(64))).unwrap();
    let card = Run::of(twinsight().args(["card", "--eval"]).arg(&json)).done();
    assert!(card.contains(&row) && card.contains("| INT8 | not measured | not measured |"), "{card}");
    let sums = report["models"].as_array().unwrap().iter().map(|m| m["sha256"].as_str().unwrap());
    let all_others = sums.fold(text, |text, sum| text.replace(sum, "0"));
    std::fs::write(&json, all_others).unwrap();
    let error = Run::of(twinsight().args(["card", "--eval"]).arg(&json));
    assert!(error.error().contains("the evaluation is for other files"), "{error:?}");
}

/// Rows of the latency table.
fn cards_models(card: &str) -> usize {
    let latency = card.split("## Latency").nth(1).unwrap().split("##").next().unwrap();
    latency.lines().filter(|line| line.starts_with("| ")).count() - 2
}

#[test]
fn annotations_that_do_not_count_are_told_and_the_others_stand() {
    let mut set = Set::new();
    let json = set.path("eval.json");
    let flags = ["--json", json.to_str().unwrap(), "--model", "fp32", "--resamples", "10"];
    Run::of(&mut set.eval(&flags)).done();
    let whole = set.report();
    for image in set.annotations["images"].as_array_mut().unwrap() {
        image["width"] = json!(-1);
        image["height"] = json!(-1);
    }
    let boxless = json!({"id": "a-1", "image_id": 10.0, "category_id": 900, "segmentation": [[1, 1, 5, 1, 5, 5]]});
    set.annotations["annotations"].as_array_mut().unwrap().push(boxless);
    // As Roboflow writes it.
    set.annotations["categories"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": 0, "name": "person", "supercategory": "none"}));
    let run = Run::of(&mut set.eval(&flags));
    let remark = "1 annotation has no bbox, and does not count (with id \"a-1\")";
    let told = format!("twinsight: the annotations {}: {remark}\n", set.path("truth.json").display());
    assert_eq!((run.code, run.err), (0, told));
    assert_eq!(set.report()["models"][0]["figures"], whole["models"][0]["figures"]);
    assert_eq!(set.report()["annotations"]["remarks"], json!([remark]));
}

#[test]
fn pictures_that_cannot_be_used_are_counted_and_named() {
    let mut set = Set::new();
    std::fs::write(set.path("pictures/broken.png"), "no picture").unwrap();
    std::fs::copy(&photos()[0], set.path("pictures/other.jpg")).unwrap();
    set.add_image(json!({"id": 1, "file_name": "broken.png"}));
    set.add_image(json!({"id": 2, "file_name": "gone.jpg"}));
    set.add_image(json!({"id": 30, "file_name": "other.jpg", "width": 5, "height": 7}));
    let json = set.path("eval.json");
    let run = Run::of(&mut set.eval(&["--model", "fp32", "--resamples", "10", "--json", json.to_str().unwrap()]));
    assert_eq!(run.code, 1);
    for told in [
        "broken.png: ",
        "gone.jpg: it is missing",
        "other.jpg: it is 810×1080, but its annotations are for an image of 5×7",
    ] {
        assert!(run.err.contains(told), "{}", run.err);
    }
    assert!(run.out.contains("on 2 of 5 images, 3 missing or unusable; "), "{}", run.out);
    assert_eq!(set.report()["pictures"]["skipped"].as_array().unwrap().len(), 3);
    // The first three by id are the two that cannot be used, and one that can.
    let run = Run::of(&mut set.eval(&["--model", "fp32", "--limit", "3", "--resamples", "10"]));
    assert!(run.out.contains("on 1 of 3 images, the first of 5 by id, 2 missing"), "{}", run.out);
}

#[test]
fn chosen_classes_count_alone_and_as_they_did_among_all() {
    let mut set = Set::new();
    // Boxes moved a little, so that figures are neither 0 nor 1.
    for annotation in set.annotations["annotations"].as_array_mut().unwrap() {
        let left = annotation["bbox"][0].as_f64().unwrap();
        annotation["bbox"][0] = json!(left + 12.0);
    }
    let json = set.path("eval.json");
    let arguments = ["--model", "int8", "--resamples", "10", "--json", json.to_str().unwrap()];
    Run::of(&mut set.eval(&arguments)).done();
    let all = set.report();
    let run = Run::of(&mut set.eval(&[&arguments[..], &["--classes", "Person,bus"]].concat()));
    let out = run.done();
    assert!(out.trim_end().ends_with("; classes counted: BUS, PERSON"), "{out}");
    let (some, class) = (set.report(), |report: &Value, name: &str| {
        let classes = report["models"][0]["classes"].as_array().unwrap().clone();
        classes.into_iter().find(|class| class["class"] == name)
    });
    assert_eq!(some["pictures"]["only"], json!(["BUS", "PERSON"]));
    assert_eq!(some["models"][0]["classes"].as_array().unwrap().len(), 2);
    let ap = |name: &str| {
        assert_eq!(class(&some, name), class(&all, name), "{name}");
        class(&some, name).unwrap()["AP"].as_f64().unwrap()
    };
    let (bus, person) = (ap("BUS"), ap("PERSON"));
    assert!(person > 0.1 && person < 0.9, "{person}");
    let mean = some["models"][0]["figures"]["AP"].as_f64().unwrap();
    assert!((mean - f64::midpoint(bus, person)).abs() < 1e-12, "{mean}");
    let run = Run::of(&mut set.eval(&["--model", "int8", "--classes", "persn"]));
    assert!(run.error().contains("have no category \"persn\"; they have "), "{}", run.err);
    let run = Run::of(&mut set.eval(&["--model", "int8", "--classes", "kite"]));
    assert!(run.error().contains("no boxes of the selected categories"), "{}", run.err);
}

#[test]
fn what_stands_in_the_way_is_told_in_one_line() {
    let set = Set::new();
    let (nowhere, empty) = (set.path("nowhere"), set.path("empty"));
    std::fs::create_dir(&empty).unwrap();
    set.eval(&[]);
    let (truth, pictures) = (set.path("truth.json"), set.path("pictures"));
    let error = |annotations: &Path, images: &Path, arguments: &[&str], words: &str| {
        let run = Run::of(&mut eval(annotations, images, arguments));
        assert!(run.error().contains(words), "{words:?} is not in {}", run.err);
    };
    error(&nowhere, &pictures, &[], "cannot read the annotations");
    error(&pictures.join("bus.jpg"), &pictures, &[], "is not a COCO annotations file");
    error(&truth, &nowhere, &[], "cannot read the image folder");
    error(&truth, &empty, &[], "is empty");
    error(&truth, set.dir.path(), &[], "none of the 2 annotated images is in");
    error(&truth, &pictures, &["--json", "/nowhere/eval.json"], "cannot write /nowhere/eval.json");
    let no_model = set.path("none.onnx");
    std::fs::create_dir(&no_model).unwrap();
    error(&truth, &pictures, &["--model", no_model.to_str().unwrap()], "none.onnx: it is a folder, not a file");
    let mut other = set.annotations.clone();
    for category in other["categories"].as_array_mut().unwrap() {
        category["name"] = json!(format!("thing {}", category["id"]));
    }
    std::fs::write(&truth, other.to_string()).unwrap();
    error(&truth, &pictures, &[], "the model FP32 and the annotations have no class in common");
    let report = set.path("report.json");
    for (text, words) in [("{}", "is not an evaluation: missing field `format`"), (r#"{"format": 9}"#, "has format 9")]
    {
        std::fs::write(&report, text).unwrap();
        let run = Run::of(twinsight().args(["card", "--eval"]).arg(&report));
        assert!(run.error().contains(words), "{}", run.err);
    }
    let run = Run::of(twinsight().args(["card", "--bench"]).arg(&report));
    assert!(run.error().contains("is not a measurement"), "{}", run.err);
}

#[test]
fn without_figures_a_card_has_none() {
    let card = Run::of(twinsight().arg("card")).done();
    assert!(card.starts_with("---\nlicense: other\n"), "{card}");
    assert!(!card.contains("model-index"), "{card}");
    let models = cards_models(&card);
    assert!(models >= 2);
    assert_eq!(card.matches("not measured").count(), models * 8, "{card}");
    let bench = r#"{"runtime": "1.32.0", "threads": 2, "stages": [{"name": "inference INT8", "median_ms": 11.84,
        "p95_ms": 12.3, "p99_ms": 13, "runs": 60}], "ratios": {}, "throughput": []}"#;
    let dir = tempfile::tempdir().unwrap();
    let (file, out) = (dir.path().join("bench.json"), dir.path().join("card.md"));
    std::fs::write(&file, bench).unwrap();
    Run::of(twinsight().args(["card", "--bench"]).arg(&file).arg("-o").arg(&out)).done();
    let card = std::fs::read_to_string(out).unwrap();
    assert!(
        card.contains("| INT8 | 11.8 | 12.3 |") && card.contains("| FP32 | not measured | not measured |"),
        "{card}"
    );
    assert!(card.contains("ONNX Runtime 1.32.0 on the CPU, 2 threads"), "{card}");
    // Where the measurement names its processor, so does the card.
    for (dot_product, words) in [("\"AVX-512 VNNI\"", "Xeon with AVX-512 VNNI"), ("null", "Xeon without VNNI")] {
        let processor = format!("{{\"processor\": {{\"name\": \"Xeon\", \"dot_product\": {dot_product}}},");
        std::fs::write(&file, bench.replacen('{', &processor, 1)).unwrap();
        let card = Run::of(twinsight().args(["card", "--bench"]).arg(&file)).done();
        assert!(card.contains(&format!("ONNX Runtime 1.32.0 on {words}")), "{card}");
    }
}

/// Ctrl+C: what was measured until then is reported, over as many pictures as there were.
#[cfg(unix)]
#[test]
fn results_so_far_survive_an_interruption() {
    let mut set = Set::new();
    set.add_image(json!({"id": 11, "file_name": "gone.jpg"}));
    for i in 0..5000 {
        set.add_image(json!({"id": 100 + i, "file_name": "zidane.jpg"}));
    }
    let out = interrupted(&set, &[]);
    assert!(out.contains(" of 5003 images, interrupted, 1 missing or unusable; "), "{out}");
    let report = set.report();
    let evaluated = report["pictures"]["evaluated"].as_u64().unwrap();
    assert!((1..5000).contains(&evaluated), "{evaluated}");
    assert_eq!(report["pictures"]["interrupted"], true);
    assert!(report["models"][0]["figures"]["AP"].as_f64().unwrap() > 0.5);
}

/// Runs with FP32 until it comes to the picture that is missing, and then presses Ctrl+C.
#[cfg(unix)]
fn interrupted(set: &Set, more: &[&str]) -> String {
    let json = set.path("eval.json");
    let arguments = ["--model", "fp32", "--resamples", "10", "--json", json.to_str().unwrap()];
    let mut command = set.eval(&[&arguments, more].concat());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It comes to the missing picture after the first one, and says so.
    let mut told = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut told).unwrap();
    assert!(told.contains("gone.jpg: it is missing"), "{told}");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{out}");
    out
}

/// Among pictures that some replicates had seen and others had not, figures would compare different pictures.
#[cfg(unix)]
#[test]
fn an_interruption_leaves_no_picture_to_some_replicates_alone() {
    let mut set = Set::new();
    set.add_image(json!({"id": 11, "file_name": "gone.jpg"}));
    for i in 0..5000 {
        set.add_image(json!({"id": 100 + i, "file_name": "zidane.jpg"}));
    }
    interrupted(&set, &["--replicates", "3"]);
    let stopped = set.report();
    // With the missing picture.
    let done = (stopped["pictures"]["evaluated"].as_u64().unwrap() + 1).to_string();
    let json = set.path("eval.json");
    let arguments = ["--model", "fp32", "--resamples", "10", "--replicates", "3", "--limit", &done];
    std::fs::remove_file(&json).unwrap();
    Run::of(set.eval(&arguments).arg("--json").arg(&json));
    assert_eq!(set.report()["replicates"], stopped["replicates"], "the first {done} pictures");
}
