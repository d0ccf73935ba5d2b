//! `twinsight compare` from the command line.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::program::{installed, root};

fn twinsight(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twinsight"));
    command.arg("compare").args(arguments).current_dir(root()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder with the sample photos under names that sort by number, and a file that is no picture.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let pictures = dir.path().join("pictures");
    std::fs::create_dir(&pictures).unwrap();
    for (from, to) in [("zidane.jpg", "shot 10.jpg"), ("bus.jpg", "shot 9.jpg")] {
        std::fs::copy(installed(&format!("downloads/{from}")), pictures.join(to)).unwrap();
    }
    std::fs::write(pictures.join("broken.png"), b"no picture").unwrap();
    std::fs::write(pictures.join("notes.txt"), b"nor meant as one").unwrap();
    (dir, pictures)
}

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_folder_is_compared_in_natural_order_and_what_cannot_be_read_is_reported() {
    let (dir, pictures) = folder();
    let csv = dir.path().join("boxes.csv");
    let annotated = dir.path().join("annotated");
    let arguments = [
        "--json",
        "--csv",
        csv.to_str().unwrap(),
        "--annotate",
        annotated.to_str().unwrap(),
        pictures.to_str().unwrap(),
    ];
    let output = twinsight(&arguments);
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(errors.contains("broken.png") && errors.lines().count() == 1, "{errors}");

    let all = lines(&output);
    let (last, each) = all.split_last().unwrap();
    let sources: Vec<_> = each.iter().map(|line| line["source"].as_str().unwrap()).collect();
    assert!(sources.len() == 2 && sources[0].ends_with("shot 9.jpg") && sources[1].ends_with("shot 10.jpg"));
    let totals = &last["totals"];
    assert_eq!((totals["images"].as_u64(), totals["unreadable"].as_u64()), (Some(2), Some(1)));
    assert_eq!((totals["a"]["precision"].as_str(), totals["b"]["precision"].as_str()), (Some("fp32"), Some("int8")));
    for figure in ["a", "b", "matched", "class_flips", "lost", "gained"] {
        let sum: u64 = each.iter().map(|line| line["agreement"][figure].as_u64().unwrap()).sum();
        assert_eq!(totals["agreement"][figure].as_u64(), Some(sum), "{figure}");
        let of_classes = totals["classes"].as_array().unwrap().iter().map(|c| c[figure].as_u64().unwrap());
        assert_eq!(of_classes.sum::<u64>(), sum, "{figure} by class");
    }
    let verdicts: Vec<&Value> = each.iter().flat_map(|line| line["verdicts"].as_array().unwrap()).collect();
    for verdict in &verdicts {
        let one_sided = verdict["a"].is_null() || verdict["b"].is_null();
        assert_eq!(one_sided, verdict["explanation"]["reason"].is_string(), "{verdict}");
        assert_eq!(one_sided, verdict["iou"].is_null(), "{verdict}");
    }
    let rows = std::fs::read_to_string(&csv).unwrap();
    assert_eq!(rows.lines().count(), 1 + verdicts.len());
    assert!(rows.lines().all(|row| row.split(',').count() == 24), "{rows}");
    let mut saved: Vec<_> =
        std::fs::read_dir(&annotated).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    saved.sort();
    assert_eq!(saved, ["shot 10.png", "shot 9.png"]);

    assert_eq!(output.stdout, twinsight(&arguments).stdout, "another time, another result");
}

#[test]
fn the_boxes_are_those_of_detect() {
    let photo = "models/downloads/bus.jpg";
    let compared = lines(&twinsight(&["--json", "--score", "0.1", photo]));
    for (side, precision) in [("a", "fp32"), ("b", "int8")] {
        let detected = Command::new(env!("CARGO_BIN_EXE_twinsight"))
            .args(["detect", "--json", "--score", "0.1", "--precision", precision, photo])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let detected = lines(&detected);
        let verdicts = compared[0]["verdicts"].as_array().unwrap();
        let mut boxes: Vec<&Value> = verdicts.iter().map(|v| &v[side]).filter(|found| !found.is_null()).collect();
        boxes.sort_by(|x, y| y["score"].as_f64().unwrap().total_cmp(&x["score"].as_f64().unwrap()));
        assert_eq!(boxes, detected[0]["detections"].as_array().unwrap().iter().collect::<Vec<_>>());
    }
}

#[test]
fn for_people_it_says_what_became_of_each_box_and_why() {
    let output = twinsight(&["models/downloads/bus.jpg"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("matched        bus ") && told.contains("agreement F1 0."), "{told}");
    let same = text(&twinsight(&["--b", "fp32", "models/downloads/bus.jpg"]).stdout);
    assert!(same.contains("agreement F1 1.000, mean IoU 1.000, mean |Δscore| 0.000"), "{same}");
    assert!(!same.contains("lost") && !same.contains("gained"), "{same}");
}

#[test]
fn wrong_usage_is_exit_2_and_what_cannot_be_done_is_exit_1() {
    let no_model = ["--b", "missing.onnx", "models/downloads/bus.jpg"];
    for arguments in
        [&[][..], &["--score", "2", "x.jpg"], &["--nms", "x", "x.jpg"], &["--b"], &["--x", "x.jpg"], &no_model]
    {
        assert_eq!(twinsight(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    for (arguments, message) in [
        (&["missing.jpg"][..], "missing.jpg"),
        (&[empty], "no images in the folder"),
        (&["--b", "Cargo.toml", "models/downloads/bus.jpg"], "Cargo.toml is not a model"),
        (&["--csv", "/no folder/x.csv", "models/downloads/bus.jpg"], "cannot write /no folder/x.csv"),
    ] {
        let output = twinsight(arguments);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
        assert!(errors.contains(message), "{arguments:?}: {errors}");
    }
}

#[test]
fn the_page_stands_alone() {
    let (dir, pictures) = folder();
    std::fs::remove_file(pictures.join("broken.png")).unwrap();
    let odd = pictures.join("a <b> & c.jpg");
    std::fs::copy(pictures.join("shot 9.jpg"), &odd).unwrap();
    let file = dir.path().join("report.html");
    let output = twinsight(&["--html", file.to_str().unwrap(), pictures.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("a &lt;b&gt; &amp; c.jpg") && !page.contains("<b> & c"), "a name is not escaped");
    assert!(page.contains("prefers-color-scheme: dark"));
    for outside in ["http:", "https:", "<script", "<link", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Twice the bus, which differs; zidane agrees.
    assert_eq!(page.matches("data:image/jpeg;base64,/9j/").count(), 2);
    let told = text(&output.stdout);
    let gained = page.matches("<rect class=\"gained b\"").count();
    assert!(gained > 0 && told.contains(&format!(", {gained} gained\n")), "{told}");
    let same = dir.path().join("same.html");
    twinsight(&["--b", "fp32", "--html", same.to_str().unwrap(), odd.to_str().unwrap()]);
    assert!(std::fs::read_to_string(&same).unwrap().contains("No image differs."));
}
