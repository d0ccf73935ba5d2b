//! From a lost box to a layer, and from a layer to a model that keeps the box: the layer found is the right one, and
//! the model built is the one requested.

use std::cell::{Cell, RefCell};
use std::path::Path;

use prost::Message;
use serde_json::Value;
use twinsight::detect::{Decoder, Detection, Letterbox, Letterboxer, RawHeads};
use twinsight::model::{Arithmetic, Detector, ModelName, SessionDetector};
use twinsight::onnx::ModelProto;
use twinsight::workshop::layers::{LayerModels, Layers, LayersError, Study, Target, study};
use twinsight::workshop::rebuild::{ModelOrigin, RebuildError, RebuiltModel};
use twinsight::workshop::{CalibrationFrame, CalibrationTable, Calibrator, Progress, Recipe, Stopped, read_metadata};

/// Notes every step, and cancels at one.
#[derive(Default)]
struct Steps {
    told: RefCell<Vec<(usize, usize)>>,
    cancel_at: Option<usize>,
    cancelled: Cell<bool>,
}

impl Progress for Steps {
    fn report(&self, _what: &str, done: usize, of: usize) {
        assert!(!self.cancelled.get(), "step {done} after the end");
        self.told.borrow_mut().push((done, of));
        self.cancelled.set(self.cancel_at == Some(done));
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.get()
    }
}

use crate::program::twinsight;
use crate::run::Run;
use crate::small_network::Shop;

/// What a model file gives for a letterboxed picture, by the detector that the window uses.
fn heads(shop: &Shop, model: &Path, input: &[f32]) -> RawHeads {
    let name = ModelName::File(model.to_owned());
    let mut detector = SessionDetector::open(&shop.runtime(), &shop.catalog(), &name.into()).unwrap();
    let mut heads = RawHeads::default();
    detector.run(input, &mut heads).unwrap();
    heads
}

/// With nothing but the model's file known.
fn origin_of(shop: &Shop, model: &Path) -> Result<ModelOrigin, RebuildError> {
    ModelOrigin::near(&shop.catalog(), model, None)
}

fn input(picture: &Path) -> Vec<f32> {
    let mut letterboxer = Letterboxer::new(twinsight::detect::Size::new(64, 64));
    letterboxer.fill(&twinsight::source::load(picture).unwrap());
    letterboxer.tensor().to_vec()
}

fn found(shop: &Shop, heads: &RawHeads) -> Vec<Detection> {
    let source = shop.source();
    let form = source.form();
    let letterbox = Letterbox::new(form.input, form.input);
    let mut found = Decoder::default().run(form, heads, &letterbox, 0.25).to_vec();
    found.sort_by(Detection::by_rank);
    found
}

#[test]
fn a_boxs_way_begins_at_the_float_models_score_and_ends_at_the_int8_models() {
    let shop = Shop::new();
    let source = shop.source();
    let form = source.form();
    let input = input(&shop.picture("pictures", 7));
    let [a, b] = [shop.float(), shop.int8()].map(|path| (heads(&shop, &path, &input), std::fs::read(path).unwrap()));
    let models = LayerModels { float: &a.1, int8: &b.1, form, arithmetic: &Arithmetic::Exact };
    let boxes = found(&shop, &a.0);
    assert!(boxes.len() > 3, "the small network sees {} boxes", boxes.len());
    for detection in boxes.iter().take(3) {
        let target = Target::of(detection);
        let steps = Steps::default();
        let study = study(&shop.runtime(), models, std::slice::from_ref(&input), Some(target), &steps).unwrap();
        let steps = steps.told.take();
        let close = |x: f32, y: f32| (x - y).abs() < 1e-6;
        let [float, int8] = study.target.unwrap();
        assert!(close(float, detection.score) && close(int8, target.score(form, &b.0)), "{float} {int8}");
        assert!((float - int8).abs() > 1e-4, "INT8 changes it: {float}");
        let of = |tensor: &str| study.layers.iter().find(|l| l.layer.tensor == tensor).unwrap();
        // Pictures are bytes to begin with: to round them loses nothing.
        let images = of("images");
        assert!((images.up_to.unwrap() - float).abs() < 1e-3 && images.change(float).unwrap().abs() < 1e-3);
        // Of the last node nothing comes after it: with it alone, the score is that of its own rounding.
        let head = of("head_stride_8");
        assert!(close(head.up_to.unwrap(), int8));
        assert_eq!(of("layer_02_split_1").loss, None, "it rounds nothing");
        assert_eq!(of("layer_02_split_1").up_to, of("layer_01_leaky").up_to, "bytes are only moved");
        assert_eq!(steps.len(), steps[0].1, "every step is told");
        assert_eq!(steps.last().map(|(done, of)| done == of), Some(true));
    }
}

/// Of one picture only what comes after each layer is computed; of more, everything, by another way.
#[test]
fn one_picture_gives_the_figures_of_that_picture_twice() {
    let shop = Shop::new();
    let source = shop.source();
    let [float, int8] = [shop.float(), shop.int8()].map(|path| std::fs::read(path).unwrap());
    let models = LayerModels { float: &float, int8: &int8, form: source.form(), arithmetic: &Arithmetic::Exact };
    let input = input(&shop.picture("pictures", 7));
    let target = Target::of(&found(&shop, &heads(&shop, &shop.float(), &input))[1]);
    let run = |inputs: &[Vec<f32>]| {
        let mut layers = Layers::new(&shop.runtime(), models).unwrap();
        for (picture, input) in inputs.iter().enumerate() {
            layers.add_and_try(input, Some(target).filter(|_| picture == 0), &mut || Ok(())).unwrap();
        }
        Study::of(&layers)
    };
    let (once, twice) = (run(std::slice::from_ref(&input)), run(&[input.clone(), input.clone()]));
    assert_eq!((once.target, once.layers.len()), (twice.target, twice.layers.len()));
    let mut moved = 0;
    for (one, two) in once.layers.iter().zip(&twice.layers) {
        assert_eq!((&one.layer.tensor, one.up_to), (&two.layer.tensor, two.up_to));
        let (Some(x), Some(y)) = (&one.loss, &two.loss) else {
            assert_eq!(one.loss, two.loss);
            continue;
        };
        moved += usize::from(x.iou_loss > 0.01);
        assert!(
            (x.iou_loss - y.iou_loss).abs() < 1e-4 && (x.score_change - y.score_change).abs() < 1e-5,
            "{x:?} {y:?}"
        );
        assert!((x.target.unwrap() - y.target.unwrap()).abs() < 1e-5, "{x:?} {y:?}");
    }
    assert!(moved > 0);
}

#[test]
fn measuring_can_be_ended_at_every_step() {
    let shop = Shop::new();
    let source = shop.source();
    let [float, int8] = [shop.float(), shop.int8()].map(|path| std::fs::read(path).unwrap());
    let models = LayerModels { float: &float, int8: &int8, form: source.form(), arithmetic: &Arithmetic::Exact };
    let input = [input(&shop.picture("pictures", 7))];
    let detection = found(&shop, &heads(&shop, &shop.float(), &input[0]))[0];
    let run = |cancel_at| {
        let steps = Steps { cancel_at, ..Steps::default() };
        study(&shop.runtime(), models, &input, Some(Target::of(&detection)), &steps)
    };
    let all = run(None).unwrap().layers.len();
    for last in [1, 2, all, all + 1] {
        assert_eq!(run(Some(last)), Err(LayersError::Stopped(Stopped::Cancelled)), "{last}");
    }
}

#[test]
fn a_model_says_of_what_it_was_made_and_is_made_anew_with_a_layer_in_float() {
    let shop = Shop::new();
    let origin = origin_of(&shop, &shop.int8()).unwrap();
    assert_eq!(origin.recipe(), &Recipe::card());
    let remade = origin.with_float(&["head_stride_8".into()]).unwrap();
    let before = std::fs::read(shop.int8()).unwrap();
    let path = remade.save(&[shop.dir.path().to_owned()]).unwrap();
    assert_eq!(path, shop.path("small-64_int8_card_float-head_stride_8.onnx"));
    assert_eq!(std::fs::read(shop.int8()).unwrap(), before, "the model that was there stays as it was");

    let model = ModelProto::decode(std::fs::read(&path).unwrap().as_slice()).unwrap();
    let nodes = model.graph.unwrap().node;
    let op = |name: &str| nodes.iter().find(|n| n.name.starts_with(name)).map(|n| n.op_type.as_str());
    assert_eq!((op("head_stride_8"), op("layer_00_conv")), (Some("Conv"), Some("QLinearConv")));

    // The head rounds nothing any more, and the score is nearer to the float model's for it.
    let input = input(&shop.picture("pictures", 3));
    let [a, b, c] = [&shop.float(), &shop.int8(), &path].map(|model| heads(&shop, model, &input).heads[0].clone());
    let noise = |x: &[f32]| a.iter().zip(x).map(|(a, x)| f64::from(a - x).powi(2)).sum::<f64>();
    assert!(noise(&c) < noise(&b), "{} {}", noise(&c), noise(&b));

    // A rebuilt model can itself be rebuilt, from the files beside it.
    let again = origin_of(&shop, &path).unwrap();
    assert_eq!(again.recipe().float, ["head_stride_8"]);
    let more = again.with_float(&["layer_00_conv".into()]).unwrap();
    let more = more.save(&[shop.dir.path().to_owned()]).unwrap();
    assert_eq!(more, shop.path("small-64_int8_card_float-head_stride_8-layer_00_conv.onnx"));
    let same = again.with_float(&["head_stride_8".into()]);
    assert!(matches!(same, Err(RebuildError::IsFloat { .. })), "{same:?}");

    // The command makes the same bytes of the same recipe and table.
    let out = shop.path("by-command.onnx");
    let of = |end: &str| path.with_extension(end);
    let run = twinsight()
        .args(["models", "quantize", "--cfg"])
        .arg(shop.path("small.cfg"))
        .arg("--weights")
        .arg(shop.path("small.weights"))
        .arg("--names")
        .arg(shop.path("small.names"))
        .arg("--recipe")
        .arg(of("recipe.json"))
        .arg("--table")
        .arg(of("calibration.json"))
        .arg("-o")
        .arg(&out)
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    assert_eq!(std::fs::read(out).unwrap(), std::fs::read(&path).unwrap());
}

#[test]
fn nothing_is_written_over_and_another_folder_takes_what_the_first_cannot() {
    let shop = Shop::new();
    let origin = origin_of(&shop, &shop.int8()).unwrap();
    let remade = origin.with_float(&["layer_01_conv".into()]).unwrap();
    let folder = shop.path("mine");
    let first = remade.save(std::slice::from_ref(&folder)).unwrap();
    assert_eq!(remade.save(std::slice::from_ref(&folder)).unwrap(), first, "the same bytes are the same file");
    std::fs::write(&first, "somebody's").unwrap();
    let second = remade.save(std::slice::from_ref(&folder)).unwrap();
    assert!(second.to_string_lossy().ends_with("_float-layer_01_conv-2.onnx"), "{}", second.display());
    assert_eq!(std::fs::read(&first).unwrap(), b"somebody's");
    // A file is no folder; so is one that may not be written to.
    let blocked = first.join("models");
    let other = shop.path("own/models");
    let saved = remade.save(&[blocked.clone(), other.clone()]).unwrap();
    assert_eq!(saved.parent(), Some(other.as_path()));
    assert!(remade.save(&[blocked]).is_err());
}

#[test]
fn other_ranges_make_another_model_beside_their_table() {
    let shop = Shop::new();
    let origin = origin_of(&shop, &shop.int8()).unwrap();
    let mut calibrator = Calibrator::new(&shop.runtime(), origin.network()).unwrap();
    for seed in 20..24 {
        let frame = twinsight::source::load(&shop.picture("own", seed)).unwrap();
        calibrator.add(&CalibrationFrame::of(frame.into())).unwrap();
    }
    for recipe in [Recipe::card(), Recipe::tuned()] {
        let remade = origin.with_ranges(&recipe, &calibrator).unwrap();
        let path = remade.save(&[shop.dir.path().to_owned()]).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with(&format!("small-64_int8_{}_4-frames-", recipe.file_suffix())), "{name}");
        let (_, _, metadata) = read_metadata(&path).unwrap();
        let table = CalibrationTable::read(&path.with_extension("calibration.json")).unwrap();
        assert_eq!(metadata.unwrap().calibration_sha256, Some(table.sha256()));
        let again = origin_of(&shop, &path).unwrap();
        assert_eq!(again.recipe(), &recipe);
        again.with_float(&["layer_00_conv".into()]).unwrap();
    }
}

/// A float model of another exporter: nothing in it says what it is, and its nodes are named as PyTorch names them.
#[test]
fn any_exporters_model_is_rebuilt_with_a_layer_in_float() {
    for prefix in ["/module/backbone/stage1/block.0/", "слой/первый/свёрточный/"] {
        let shop = Shop::new();
        let mut model = ModelProto::decode(std::fs::read(shop.float()).unwrap().as_slice()).unwrap();
        model.metadata_props.clear();
        for node in &mut model.graph.as_mut().unwrap().node {
            node.name = format!("{prefix}{}/Conv", node.name);
        }
        let home = shop.path("theirs");
        std::fs::create_dir(&home).unwrap();
        let float = home.join("net.onnx");
        std::fs::write(&float, model.encode_to_vec()).unwrap();
        let sidecar = r#"{"input": [64, 64], "classes": ["gate", "drone", "person"],
            "heads": [{"stride": 8, "anchors": [[10, 14], [23, 27]]}]}"#;
        std::fs::write(home.join("net.onnx.json"), sidecar).unwrap();
        let int8 = home.join("net8.onnx");
        shop.picture("calibration", 1);
        let mut command = twinsight();
        command.args(["models", "quantize", "--recipe", "card", "--onnx"]).arg(&float);
        command.arg("--images").arg(shop.path("calibration")).arg("-o").arg(&int8);
        Run::of(command.env("TWINSIGHT_MODELS", shop.dir.path())).done();
        // What is seen of a layer is its tensor; a node's own name does too.
        let origin = origin_of(&shop, &int8).unwrap();
        for name in ["layer_01_conv".to_owned(), format!("{prefix}layer_01_conv/Conv")] {
            let remade = origin.with_float(std::slice::from_ref(&name)).unwrap();
            let path = remade.save(&[shop.path("made")]).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            let nodes = ModelProto::decode(bytes.as_slice()).unwrap().graph.unwrap().node;
            let op = nodes.iter().find(|node| node.output[0] == "layer_01_conv").map(|node| node.op_type.as_str());
            assert_eq!(op, Some("Conv"), "{name}");
            // Saved elsewhere, it is found again by the float model that it is compared with.
            assert!(origin_of(&shop, &path).is_err());
            let again = ModelOrigin::near(&shop.catalog(), &path, Some(&float)).unwrap();
            let same = again.with_float(&["layer_01_conv".into()]);
            assert!(matches!(same, Err(RebuildError::IsFloat { .. })), "{same:?}");
            again.with_float(&["head_stride_8".into()]).unwrap().save(&[shop.path("made")]).unwrap();
        }
    }
}

/// As darknet and people leave them: weights with a name of their own, the names elsewhere, another cfg beside.
#[test]
fn a_models_own_names_and_whatever_cfg_fits_are_found() {
    let shop = Shop::new();
    let by_name = origin_of(&shop, &shop.int8()).unwrap().with_float(&["layer_00_conv".into()]).unwrap();
    std::fs::remove_file(shop.float()).unwrap();
    std::fs::rename(shop.path("small.weights"), shop.path("small_best.weights")).unwrap();
    std::fs::rename(shop.path("small.names"), shop.path("obj.data")).unwrap();
    std::fs::write(shop.path("a.cfg"), "[net]\nno cfg").unwrap();
    std::fs::write(shop.path("a.weights"), "no weights").unwrap();
    let by_form = origin_of(&shop, &shop.int8()).unwrap().with_float(&["layer_00_conv".into()]).unwrap();
    let [a, b] = [by_name, by_form].map(|remade| remade.save(&[shop.path("made")]).unwrap());
    assert_eq!(a, b, "the same bytes under the same name");
}

#[test]
fn what_is_missing_is_named() {
    let shop = Shop::new();
    let of = |model: &Path| origin_of(&shop, model);
    assert!(matches!(of(&shop.float()), Err(RebuildError::NotInt8 { .. })));
    std::fs::write(shop.path("strange.onnx"), b"no model").unwrap();
    assert!(matches!(of(&shop.path("strange.onnx")), Err(RebuildError::NotTold { .. })));
    let table = shop.path("small-64.calibration.json");
    let kept = std::fs::read(&table).unwrap();
    std::fs::write(&table, String::from_utf8(kept.clone()).unwrap().replacen("minmax", "mse", 1)).unwrap();
    let error = of(&shop.int8()).unwrap().with_float(&["layer_00_conv".into()]).unwrap_err();
    assert!(matches!(error, RebuildError::NoTable { .. }), "a table with another sum is another table: {error}");
    assert!(error.to_string().contains("small-64_int8_qop.calibration.json"), "{error}");
    std::fs::write(&table, kept).unwrap();
    let error = of(&shop.int8()).unwrap().with_float(&["layer_99".into()]).unwrap_err();
    assert!(error.to_string().contains("layer_99"), "{error}");
    // The float model holds the same weights.
    let by_weights = of(&shop.int8()).unwrap().with_float(&["layer_00_conv".into()]).unwrap();
    std::fs::remove_file(shop.path("small.weights")).unwrap();
    let by_model = of(&shop.int8()).unwrap().with_float(&["layer_00_conv".into()]).unwrap();
    let save = |remade: &RebuiltModel, dir: &str| remade.save(&[shop.path(dir)]).unwrap();
    let [a, b] = [save(&by_weights, "a"), save(&by_model, "b")];
    assert_eq!(a.file_name(), b.file_name());
    assert_eq!(std::fs::read(a).unwrap(), std::fs::read(b).unwrap());
    std::fs::remove_file(shop.float()).unwrap();
    let error = of(&shop.int8()).unwrap_err();
    assert!(matches!(error, RebuildError::NoWeights { .. }), "{error}");
    assert!(error.to_string().contains("put them there"), "{error}");
}

#[test]
fn the_command_follows_a_box_too() {
    let shop = Shop::new();
    let picture = shop.picture("pictures", 7);
    let layers = |number: &str| {
        let mut command = twinsight();
        command.args(["layers", "--json", "--worst", "--box", number, "--a"]).arg(shop.float());
        command.arg("--b").arg(shop.int8()).arg(&picture);
        Run::of(&mut command)
    };
    let report: Value = serde_json::from_str(&layers("2").done()).unwrap();
    let boxes = found(&shop, &heads(&shop, &shop.float(), &input(&picture)));
    let followed = &report["box"];
    assert_eq!((followed["number"].as_u64(), followed["class"].is_string()), (Some(2), true));
    let float = followed["scores"][0].as_f64().unwrap();
    assert!(boxes.iter().any(|d| (f64::from(d.score) - float).abs() < 1e-5), "{float}");
    let falls: Vec<f64> = report["layers"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| Some(float - line["box_alone"].as_f64()?))
        .collect();
    assert!(falls.len() > 8 && falls.is_sorted_by(|x, y| x >= y), "{falls:?}");
    let run = layers("900");
    assert!(run.error().contains("there is no box 900"), "{run:?}");
}
