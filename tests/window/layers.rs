//! Layer sensitivity of B in the window: measure, follow a box, rebuild. With a real engine and small real models.

use std::path::{Path, PathBuf};

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::Value;
use twinsight::app::View;
use twinsight::model::ModelName::{self, Fp32, Int8};
use twinsight::source::SourceRequest;

use crate::program::{installed, twinsight};
use crate::small_network::Shop;
use crate::support::{Desk, Plan};

const CLOSE: &str = "Close layers";
const MEASURE: &str = "Measure this frame";
const CALIBRATE: &str = "Recalibrate from this source";

/// A window that shows the first of these files through both models of the shop.
fn desk(shop: &Shop, files: &[PathBuf], view: View) -> Desk {
    let plan = Plan {
        source: SourceRequest::Still(files[0].clone()),
        files: files.to_vec(),
        models: [shop.float(), shop.int8()].map(|path| Some(ModelName::File(path))),
        view: Some(view),
        catalog: shop.catalog(),
        real: true,
        ..Plan::default()
    };
    let mut desk = Desk::new(plan);
    desk.until("the picture", |d| d.has_words("frame") || d.control("Fit").is_some());
    desk
}

/// With the panel open and filled.
fn measured(shop: &Shop, files: &[PathBuf]) -> Desk {
    let mut desk = desk(shop, files, View::Overlay);
    desk.until("the pairs", |d| d.has_words("Agreement"));
    desk.press(Key::W);
    desk.until("the layers", |d| d.has_words("measured in"));
    desk
}

/// The visible rows, as a screen reader reads them.
fn rows(desk: &Desk) -> Vec<String> {
    let nodes = desk.harness.query_all_by_label_contains(": SQNR cumulative ");
    nodes.filter_map(|node| node.accesskit_node().label()).collect()
}

fn report(shop: &Shop, picture: &Path) -> Value {
    let mut command = twinsight();
    command.args(["layers", "--json", "--a"]).arg(shop.float()).arg("--b").arg(shop.int8()).arg(picture);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// ONNX files in the shop, by name.
fn models(shop: &Shop) -> Vec<String> {
    let files = std::fs::read_dir(shop.dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut models: Vec<String> = files.filter(|name| name.ends_with(".onnx")).collect();
    models.sort();
    models
}

#[test]
fn the_figures_are_those_of_the_command() {
    let shop = Shop::new();
    let picture = shop.picture("pictures", 7);
    let mut desk = measured(&shop, std::slice::from_ref(&picture));
    assert!(desk.has_words("small-64_int8_qop vs small-64_float · 07.png"), "{}", desk.names(" vs "));
    let report = report(&shop, &picture);
    let lines = report["layers"].as_array().unwrap();
    let words = |line: &Value| {
        let db = |key: &str| line[key].as_f64().map_or_else(|| "–".to_owned(), |db| format!("{db:.1} dB"));
        let [name, op] = ["tensor", "op"].map(|key| line[key].as_str().unwrap());
        let boxes = line["iou_loss"].as_f64().map_or_else(String::new, |loss| format!(", boxes {:.2} %", loss * 100.0));
        let parts = line["overflow_per_million"].as_f64().map(|parts| {
            let decimals = usize::from(parts > 0.0 && parts < 100.0);
            let parts = if parts > 0.0 && parts < 0.1 { "<0.1".into() } else { format!("{parts:.decimals$}") };
            format!(", overflow {parts} per million")
        });
        let overflow = parts.unwrap_or_default();
        format!(
            "{name}, {op}: SQNR cumulative {}, this layer {}{boxes}{overflow}",
            db("propagated_db"),
            db("isolated_db")
        )
    };
    let all: Vec<String> = lines.iter().map(words).collect();
    let seen = rows(&desk);
    assert!(seen.len() >= 6, "{seen:?}");
    for row in &seen {
        assert!(all.contains(row), "{row}\n{all:#?}");
    }
    assert!(desk.has_words("On a processor without VNNI, "), "what would become of the boxes");
    // The worst stand first; a click on a title sorts by it.
    let worst = lines.iter().max_by(|x, y| x["iou_loss"].as_f64().partial_cmp(&y["iou_loss"].as_f64()).unwrap());
    assert_eq!(seen[0], words(worst.unwrap()));
    desk.click("Sort by graph order");
    assert_eq!(rows(&desk)[..3], all[..3]);
    desk.click("Sort by graph order");
    assert_eq!(rows(&desk)[0], all[all.len() - 1]);
}

#[test]
fn what_has_the_focus_in_the_table_has_one_ring() {
    let shop = Shop::new();
    let mut desk = measured(&shop, &[shop.picture("pictures", 7)]);
    let row = rows(&desk).remove(0);
    for label in ["Sort by operation", row.as_str()] {
        let place = desk.control(label).unwrap().rect();
        desk.control(label).unwrap().focus();
        desk.harness.run_steps(3);
        assert!(desk.control(label).unwrap().is_focused(), "{label}");
        assert_eq!(desk.outlines(place), 1, "{label}");
    }
}

#[test]
fn one_key_opens_and_closes_it_and_one_model_alone_becomes_two() {
    let shop = Shop::new();
    let mut desk = desk(&shop, &[shop.picture("pictures", 7)], View::Single);
    assert!(desk.control(CLOSE).is_none());
    desk.press(Key::W);
    desk.until("the layers", |d| d.has_words("measured in"));
    assert_eq!(desk.preferences().view, View::Overlay, "one model alone has nothing to be held against");
    desk.press(Key::W);
    assert!(desk.control(CLOSE).is_none());
    desk.click("Layers panel");
    assert!(desk.has_words("measured in"), "what was found is still there");
    desk.click(CLOSE);
    assert!(desk.control(CLOSE).is_none());
}

#[test]
fn where_there_is_nothing_to_measure_it_says_why() {
    let mut plan = Plan { view: Some(View::Overlay), ..Plan::default() };
    plan.models = [Some(Int8), Some(Fp32)];
    let mut desk = Desk::new(plan);
    desk.until("the pairs", |d| d.has_words("Agreement"));
    desk.press(Key::W);
    // The fakes of this desk all say that they are float.
    desk.until("the reason", |d| d.has_words("B is FP32, a float model; select an INT8 model as B."));
    assert!(desk.control(MEASURE).unwrap().accesskit_node().is_disabled());
}

#[test]
fn a_box_is_followed_through_the_layers() {
    let shop = Shop::new();
    let mut desk = desk(&shop, &[shop.picture("pictures", 7)], View::Overlay);
    desk.until("the pairs", |d| d.has_words("Agreement"));
    desk.press(Key::ArrowDown);
    desk.until("the details", |d| d.control("Close details").is_some());
    assert!(desk.has_words(": lost"), "the worst stands first: {}", desk.names(": "));
    desk.click("Which layers caused this?");
    desk.until("the layers", |d| d.has_words("Score of "));
    let seen = rows(&desk);
    assert!(seen.iter().all(|row| row.contains("SQNR cumulative")), "{seen:?}");
    let alone: Vec<f32> = seen
        .iter()
        .filter_map(|row| row.split(", score this layer only ").nth(1)?.split(',').next()?.parse().ok())
        .collect();
    let ends = ends(&desk);
    let (falls, rises) = (ends[1] <= ends[0], ends[1] >= ends[0]);
    let sorted = falls && alone.is_sorted() || rises && alone.is_sorted_by(|x, y| x >= y);
    assert!(alone.len() > 3 && sorted, "what changes it most that way stands first: {ends:?} {seen:?}");
}

/// The followed box's score in float and in INT8, by the plot's title.
fn ends(desk: &Desk) -> [f32; 2] {
    let title = desk.names("Score of ");
    let ends = title.split(": ").nth(1).and_then(|ends| ends.split(['|', ';']).next()?.trim().split_once(" → "));
    let (float, int8) = ends.unwrap_or_else(|| panic!("{title}"));
    [float, int8].map(|score| score.trim().parse().unwrap())
}

#[test]
fn a_box_that_only_b_has_is_followed_too() {
    let shop = Shop::new();
    let mut desk = desk(&shop, &[shop.picture("pictures", 7)], View::Overlay);
    desk.until("the pairs", |d| d.has_words("Agreement"));
    // The best box of A is over the lowest threshold of B, and below that of A.
    desk.press(Key::K);
    desk.set_slider("Score A", 0.99);
    desk.set_slider("Score B", 0.01);
    desk.press(Key::ArrowDown);
    desk.until("a gained pair", |d| d.has_words(": gained"));
    desk.press(Key::Y);
    desk.until("the layers", |d| d.has_words("Score of "));
    assert!(rows(&desk).iter().any(|row| row.contains("score this layer only")), "{:?}", rows(&desk));
}

#[test]
fn a_layer_left_in_float_makes_a_model_that_is_b() {
    let shop = Shop::new();
    let stock = std::fs::read(shop.int8()).unwrap();
    let mut desk = measured(&shop, &[shop.picture("pictures", 7)]);
    desk.click("Keep head_stride_8 in float");
    desk.click("Keep head_stride_8 in float and rebuild");
    desk.until("before and after", |d| d.has_words("head_stride_8 in float: agreement with A"));
    let words = desk.names("head_stride_8 in float: agreement");
    for part in ["mean IoU", "worst output head SQNR", " dB", "on 07.png"] {
        assert!(words.contains(part), "{words}");
    }
    assert!(words.contains(" ms") || words.contains("same speed"), "{words}");
    assert!(desk.said().starts_with("B is now small-64 INT8 + head_stride_8."), "{}", desk.said());
    let made = "small-64_int8_card_float-head_stride_8";
    assert!(models(&shop).contains(&format!("{made}.onnx")), "{:?}", models(&shop));
    assert_eq!(std::fs::read(shop.int8()).unwrap(), stock);
    // The same frame is measured again, with the new model; its head rounds nothing.
    desk.until("the new figures", |d| d.has_words("small-64 INT8 + head_stride_8 vs"));
    desk.until("the head in float", |d| rows(d).iter().all(|row| !row.contains("head_stride_8, QLinearConv")));
    // The next window offers it among the models.
    let name = ModelName::File(shop.path(&format!("{made}.onnx")));
    assert!(shop.catalog().remade().contains(&name));
    desk.click("Back to small-64_int8_qop");
    desk.until("the old model", |d| d.control("Back to small-64_int8_qop").is_none());
    desk.click(MEASURE);
    desk.until("the old figures", |d| d.has_words("small-64_int8_qop vs small-64_float"));
}

#[test]
fn before_and_after_are_the_figures_of_the_compare_command() {
    let shop = Shop::new();
    // Wider than high: the bars around it are part of the input, and not of the picture.
    let picture = shop.path("wide.png");
    let part = |x: u32, y: u32, k: u32| ((x * 11 + y * (5 + 7 * k) + 200 * (k + 1)) % 256) as u8;
    let pixels = image::RgbImage::from_fn(160, 70, |x, y| image::Rgb([0, 1, 2].map(|k| part(x / 9, y / 7, k))));
    pixels.save(&picture).unwrap();
    let mut desk = measured(&shop, std::slice::from_ref(&picture));
    desk.click("Keep head_stride_8 in float");
    desk.click("Keep head_stride_8 in float and rebuild");
    desk.until("before and after", |d| d.has_words("head_stride_8 in float: agreement with A"));
    let figures = |b: &Path| -> [String; 2] {
        let mut command = twinsight();
        command.args(["compare", "--json", "--a"]).arg(shop.float()).arg("--b").arg(b).arg(&picture);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let line: Value = serde_json::Deserializer::from_slice(&output.stdout).into_iter().next().unwrap().unwrap();
        ["f1", "mean_iou"].map(|key| line["agreement"][key].as_f64().map_or("–".into(), |v| format!("{v:.3}")))
    };
    let [before, after] = [shop.int8(), shop.path("small-64_int8_card_float-head_stride_8.onnx")].map(|b| figures(&b));
    let expected = format!("agreement with A {} → {}, mean IoU {} → {},", before[0], after[0], before[1], after[1]);
    let words = desk.names("head_stride_8 in float: agreement");
    assert!(words.contains(&expected), "{words}\n{expected}");
}

#[test]
fn one_picture_is_too_little_to_calibrate_from_and_so_are_pictures_that_are_alike() {
    let shop = Shop::new();
    let mut desk = measured(&shop, &[shop.picture("one", 7)]);
    desk.click(CALIBRATE);
    desk.until("a refusal", |d| d.has_words("One image is not enough"));
    let before = models(&shop);

    let alike: Vec<PathBuf> = (0..10)
        .map(|copy| {
            let first = shop.picture("alike", 50);
            let path = shop.path("alike").join(format!("copy{copy}.png"));
            std::fs::copy(first, &path).unwrap();
            path
        })
        .collect();
    let mut desk = measured(&shop, &alike);
    desk.until("the album", |d| d.has_words("1 of 10"));
    desk.click(CALIBRATE);
    desk.until("a refusal", |d| d.has_words("Only 1 distinct frame was collected; 9 near-duplicates were skipped"));
    assert!(desk.has_words("move the camera"));
    assert_eq!(models(&shop), before, "nothing was written");
}

#[test]
fn ranges_of_a_folder_make_a_model_that_is_b() {
    let shop = Shop::new();
    let pictures: Vec<PathBuf> = (10..22).map(|seed| shop.picture("folder", seed)).collect();
    let mut desk = measured(&shop, &pictures);
    desk.until("the album", |d| d.has_words("1 of 12"));
    desk.click(CALIBRATE);
    // Going to the next picture changes nothing: the frames are those of the folder.
    desk.press(Key::ArrowRight);
    desk.until("before and after", |d| d.has_words("frames of this folder") && d.has_words("on the same frames"));
    let made: Vec<String> = models(&shop).into_iter().filter(|name| name.contains("-frames-")).collect();
    let [made] = made.as_slice() else { panic!("{made:?}") };
    let made = shop.path(made);
    for end in ["calibration.json", "recipe.json"] {
        assert!(made.with_extension(end).is_file(), "{end}");
    }
    assert!(desk.said().contains("B is now small-64 INT8 · "), "{}", desk.said());
    desk.until("the new model as B", |d| d.has_words(" frames vs small-64_float"));
}

#[test]
fn what_is_under_way_can_be_cancelled() {
    let shop = Shop::new();
    std::fs::create_dir(shop.path("downloads")).unwrap();
    for photo in ["downloads/bus.jpg", "downloads/zidane.jpg"] {
        std::fs::copy(installed(photo), shop.path(photo)).unwrap();
    }
    let plan = Plan {
        source: SourceRequest::Demo,
        models: [shop.float(), shop.int8()].map(|path| Some(ModelName::File(path))),
        view: Some(View::Overlay),
        catalog: shop.catalog(),
        real: true,
        ..Plan::default()
    };
    let mut desk = Desk::new(plan);
    desk.until("the pairs", |d| d.has_words("Agreement"));
    desk.press(Key::W);
    desk.until("the layers", |d| d.has_words("measured in"));
    // The history fills while the demo runs.
    desk.until("a history", |d| d.history_len() > 8);
    desk.click("Measure history");
    desk.until("the layers over the history", |d| d.has_words("· 8 of ") && d.has_words("frames in the history"));
    let before = models(&shop);
    desk.click(CALIBRATE);
    desk.until("progress", |d| d.has_words("Collecting frames"));
    desk.click("Cancel");
    desk.until("the end", |d| d.control(CALIBRATE).is_some());
    assert_eq!(models(&shop), before);
    assert!(!desk.has_words("Cancel"));

    // A calibration that waits for frames that differ can be ended with those that it has.
    desk.click(CALIBRATE);
    desk.until("enough frames", |d| d.control("Finish with these").is_some_and(|n| !n.accesskit_node().is_disabled()));
    desk.click("Finish with these");
    desk.until("before and after", |d| d.has_words("frames of demo"));
    assert_eq!(models(&shop).len(), before.len() + 1);
}
