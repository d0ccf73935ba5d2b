//! `detect --labels`, and what it wrote as the truth of `eval`.

use std::path::Path;

use serde_json::Value;

use crate::photos::photos;
use crate::program::{installed, twinsight};
use crate::run::Run;

/// Labels of the sample photos in a form.
fn write(form: &str, to: &Path) -> Run {
    Run::of(twinsight().args(["detect", "--labels", form, "-o"]).arg(to).args(photos()))
}

/// The photos in a folder of their own.
fn pictures(dir: &Path) -> std::path::PathBuf {
    let folder = dir.join("images");
    std::fs::create_dir(&folder).unwrap();
    for photo in photos() {
        std::fs::copy(&photo, folder.join(photo.file_name().unwrap())).unwrap();
    }
    folder
}

fn eval(images: &Path, annotations: Option<&Path>, json: &Path) -> Run {
    let mut command = twinsight();
    command.args(["eval", "--model", "fp32", "int8", "--resamples", "10", "--images"]).arg(images);
    command.args(annotations.iter().flat_map(|path| ["--annotations".as_ref(), path.as_os_str()]));
    Run::of(command.arg("--json").arg(json))
}

#[test]
fn labels_read_back_as_truth_give_a_perfect_f1_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let images = pictures(dir.path());
    let mut int8 = Vec::new();
    for (form, file) in [("coco", "annotations.json"), ("yolo", "."), ("voc", ".")] {
        let (labels, json) = (dir.path().join(form), dir.path().join(format!("{form}.json")));
        write(form, &labels).done();
        let annotations = labels.join(file);
        let run = eval(&images, Some(&annotations), &json);
        // VOC files know the classes of their objects alone, and that is told.
        assert!(run.code == 0 && (run.err.is_empty() || form == "voc"), "{form}: {run:?}");
        let out = run.out;
        assert!(out.contains("FP32 above score 0.25: ") && out.contains("best F1 1.000 at score "), "{form}: {out}");
        let report: Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
        let errors = |model: usize| report["models"][model]["errors"].clone();
        let point = &errors(0)["working_point"];
        assert!(point["objects"].as_u64().unwrap() > 5, "{point}");
        assert_eq!((&point["right"], &point["wrong"]), (&point["objects"], &Value::from(0)), "{form}");
        assert_eq!(errors(0)["sweep"]["f1"][25], 1.0, "{form}");
        int8.push((form, errors(1)["working_point"].clone(), errors(1)["kinds"].clone()));
    }
    // What the other model makes of it is the same too.
    let (_, coco, kinds) = &int8[0];
    assert!(coco["wrong"].as_u64().unwrap() > 0, "{coco}");
    for (form, point, other) in &int8[1..] {
        assert_eq!(point, coco, "{form}");
        // Weak boxes of classes that VOC files do not name are of no kind.
        for (a, b) in other.as_array().unwrap().iter().zip(kinds.as_array().unwrap()).filter(|_| *form != "voc") {
            assert_eq!((&a["kind"], &a["count"]), (&b["kind"], &b["count"]), "{form}");
        }
    }
}

#[test]
fn labels_beside_the_pictures_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let images = pictures(dir.path());
    let json = dir.path().join("eval.json");
    let run = eval(&images, None, &json);
    assert!(run.error().contains("no annotations beside the pictures in"), "{run:?}");
    write("yolo", &dir.path().join("labels")).done();
    eval(&images, None, &json).done();
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(report["annotations"]["file"], "labels");
    // They are inputs.
    let refused = eval(&images, None, &dir.path().join("labels/bus.txt"));
    assert!(refused.error().contains("this command reads it"), "{refused:?}");
    // Without names, those of the model.
    std::fs::remove_file(dir.path().join("labels/classes.txt")).unwrap();
    eval(&images, None, &json).done();
    let again: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(again["models"][0]["figures"], report["models"][0]["figures"]);
}

#[test]
fn labels_overwrite_nothing() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bus.txt"), "mine").unwrap();
    let run = write("yolo", dir.path());
    assert!(run.error().contains("the folder is not empty; choose a new one"), "{run:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(std::fs::read_to_string(dir.path().join("bus.txt")).unwrap(), "mine");

    let other = dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(&photos()[0], other.join(photos()[0].file_name().unwrap())).unwrap();
    let both = [photos()[0].clone(), other.join(photos()[0].file_name().unwrap())];
    let to = dir.path().join("labels");
    let run = Run::of(twinsight().args(["detect", "--labels", "voc", "-o"]).arg(&to).args(both));
    assert!(run.code == 1 && run.err.contains("two pictures are called bus"), "{run:?}");

    // It would be written, and no program would read it.
    let train = other.join("train.jpg");
    std::fs::copy(&photos()[0], &train).unwrap();
    let run = Run::of(twinsight().args(["detect", "--labels", "yolo", "-o"]).arg(dir.path().join("lists")).arg(&train));
    assert!(run.code == 1 && run.err.contains("the label of train.jpg would have the name of a list"), "{run:?}");

    for arguments in [&["--labels", "xml", "-o", "a"][..], &["--labels", "coco"], &["-o", "a"]] {
        let run = Run::of(twinsight().arg("detect").args(arguments).arg(&photos()[0]));
        assert_eq!(run.code, 2, "{run:?}");
    }
}

#[test]
fn yolo_labels_have_the_names_of_the_model() {
    let dir = tempfile::tempdir().unwrap();
    write("yolo", &dir.path().join("labels")).done();
    let names = std::fs::read_to_string(installed("downloads/coco.names")).unwrap();
    let written = std::fs::read_to_string(dir.path().join("labels/classes.txt")).unwrap();
    assert_eq!(written.trim_end(), names.trim_end());
    let label = std::fs::read_to_string(dir.path().join("labels/bus.txt")).unwrap();
    assert!(label.lines().count() > 3);
    for line in label.lines() {
        let values: Vec<f64> = line.split(' ').map(|value| value.parse().unwrap()).collect();
        assert!(values.len() == 5 && values[1..].iter().all(|value| (0.0..=1.0).contains(value)), "{line}");
    }
}
