//! `twinsight eval --replicates`: each image several times, mirrored, shifted, or with noise.

use serde_json::{Value, json};
use twinsight::workshop::evaluate::Replicate;

use super::Set;
use crate::photos::photos;
use crate::program::twinsight;
use crate::run::Run;

#[test]
fn replicates_add_mean_and_spread_and_change_nothing_else() {
    let set = Set::new();
    let (json, html) = (set.path("eval.json"), set.path("eval.html"));
    let files = ["--json", json.to_str().unwrap(), "--html", html.to_str().unwrap()];
    let arguments = [&files[..], &["--resamples", "20", "--model", "fp32", "int8"]].concat();
    let plain = Run::of(&mut set.eval(&arguments)).done();
    let (mut once, page_once) = (set.report(), std::fs::read_to_string(&html).unwrap());
    let out = Run::of(&mut set.eval(&[&arguments[..], &["--replicates", "3"]].concat())).done();
    let mut report = set.report();

    let replicates = report.as_object_mut().unwrap().remove("replicates").unwrap();
    for report in [&mut once, &mut report] {
        report["command"].take();
        report["models"].as_array_mut().unwrap().iter_mut().for_each(|m| drop(m["inference_ms"].take()));
    }
    assert_eq!(once, report);
    let more = out.strip_prefix(plain.trim_end()).unwrap();
    assert!(more.contains("3 replicates of each image: unchanged, mirrored, ±1 noise\n"), "{more}");

    assert_eq!(replicates["count"], 3);
    assert_eq!(replicates["names"], json!(["unchanged", "mirrored", "±1 noise"]));
    let values = |spread: &Value| -> Vec<f64> {
        spread["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let close = |a: f64, b: &Value| (a - b.as_f64().unwrap()).abs() < 1e-12;
    let models = replicates["models"].as_array().unwrap();
    assert_eq!(models.len(), 2);
    for (model, all) in models.iter().zip(report["models"].as_array().unwrap()) {
        assert_eq!(model["name"], all["name"]);
        for figure in ["AP", "AP50", "AP75"] {
            let spread = &model["figures"][figure];
            let values = values(spread);
            assert_eq!((values.len(), json!(values[0])), (3, all["figures"][figure].clone()), "{figure}");
            assert!(close(values.iter().sum::<f64>() / 3.0, &spread["mean"]), "{spread}");
            assert!(close(values.iter().copied().fold(1.0, f64::min), &spread["min"]), "{spread}");
            assert!(close(values.iter().copied().fold(0.0, f64::max), &spread["max"]), "{spread}");
            let sd = spread["sd"].as_f64().unwrap();
            let range = spread["max"].as_f64().unwrap() - spread["min"].as_f64().unwrap();
            // Of three values, over their number less one.
            assert!(sd > 0.499 * range && sd < 0.578 * range, "{spread}");
        }
    }
    let [fp32, int8] = [0, 1].map(|model: usize| values(&models[model]["figures"]["AP"]));
    assert!(models[0]["differences"].is_null());
    let differences = values(&models[1]["differences"]["AP"]);
    for (place, difference) in differences.iter().enumerate() {
        assert!((difference - (int8[place] - fp32[place])).abs() < 1e-12, "{differences:?}");
    }
    assert_eq!(differences.len(), 3);
    // Boxes that were left mirrored would meet next to nothing.
    assert!(fp32[1] > 0.6 && fp32[1] < fp32[0] && fp32[2] > 0.6, "{fp32:?}");

    let page = std::fs::read_to_string(html).unwrap();
    let worst = |page: &str| page[page.find("<h2>Precision").unwrap()..page.find("<footer>").unwrap()].to_owned();
    assert!(worst(&page) == worst(&page_once), "the worst pictures are others");
    let mean = replicates["models"][1]["figures"]["AP"]["mean"].as_f64().unwrap();
    assert!(page.contains("Mean over 3 replicates") && page.contains(&format!("<td>{mean:.4}<br>")), "{mean}");
    let card = Run::of(twinsight().args(["card", "--eval"]).arg(&json)).done();
    let row = format!("\n| INT8, mean of 3 replicates | {mean:.4} (");
    assert!(card.contains(&row) && card.contains("unchanged, mirrored, ±1 noise."), "{card}");
}

/// A photo's part, off the centre of a grey picture; and that picture's mirror image, whose mirror image it is.
#[test]
fn what_is_found_in_the_mirror_comes_back_to_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let person = image::open(&photos()[0]).unwrap().crop_imm(20, 380, 230, 540).to_rgb8();
    let mut picture = image::RgbImage::from_pixel(900, 600, image::Rgb([114; 3]));
    image::imageops::replace(&mut picture, &person, 40, 30);
    picture.save(path("picture.png")).unwrap();
    image::imageops::flip_horizontal(&picture).save(path("mirror.png")).unwrap();
    let mut set = Set::of(&[path("picture.png")]);
    let boxes = set.annotations["annotations"].as_array().unwrap().clone();
    assert!(!boxes.is_empty() && boxes.iter().all(|b| b["bbox"][0].as_f64().unwrap() < 300.0), "{boxes:?}");

    let json = set.path("eval.json");
    let mut figures = |name: &str| -> [Vec<Value>; 2] {
        set.annotations["images"][0]["file_name"] = json!(name);
        std::fs::copy(path(name), set.path("pictures").join(name)).unwrap();
        let arguments = ["--model", "fp32", "--resamples", "10", "--replicates", "2"];
        Run::of(set.eval(&arguments).arg("--json").arg(&json)).done();
        // For the mirror image the truth is mirrored.
        for annotation in set.annotations["annotations"].as_array_mut().unwrap() {
            let [left, width] = [0, 2].map(|i| annotation["bbox"][i].as_f64().unwrap());
            annotation["bbox"][0] = json!(900.0 - left - width);
        }
        let figures = &set.report()["replicates"]["models"][0]["figures"];
        ["AP50", "AP75"].map(|figure| figures[figure]["values"].as_array().unwrap().clone())
    };
    let [ap50, ap75] = figures("picture.png");
    assert!(ap50[0].as_f64().unwrap() > 0.999 && ap50[1].as_f64().unwrap() > 0.9, "{ap50:?}");
    // To the digit: the same pixels, seen from the other side.
    let [mirrored_50, mirrored_75] = figures("mirror.png");
    for (mirrored, here) in [(mirrored_50, ap50), (mirrored_75, ap75)] {
        assert_eq!(mirrored, here.into_iter().rev().collect::<Vec<_>>());
    }
}

#[test]
fn help_names_the_replicates_in_their_order() {
    let help = Run::of(twinsight().args(["eval", "--help"])).done();
    let words: Vec<&str> = help.split_whitespace().collect();
    let help = words.join(" ");
    let mut from = 0;
    for (number, replicate) in (1..).zip(&Replicate::ALL) {
        let place = help[from..].find(&format!("{number} {}", replicate.name));
        from += place.unwrap_or_else(|| panic!("{} is not in its place: {help}", replicate.name));
    }
    let run = Run::of(twinsight().args(["eval", "--annotations", "a", "--images", "b", "--replicates", "9"]));
    assert!(run.code == 2 && run.err.contains("9 is not in 1..=8"), "{run:?}");
}
