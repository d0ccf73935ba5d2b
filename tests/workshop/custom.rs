//! A custom network: other classes, other anchors, another input size.

use std::path::{Path, PathBuf};

use prost::Message;
use twinsight::detect::{Classes, Size};
use twinsight::model::metadata::Metadata;
use twinsight::model::{Arithmetic, Catalog, Detector, ModelName, Precision, SessionDetector};
use twinsight::onnx::ModelProto;
use twinsight::workshop::{
    CalibrationFrame, CalibrationTable, Calibrator, Choice, CountedEnds, EndShares, FloatModel, GridKind, Method,
    Recipe, TableError, WorkshopError,
};

use crate::program::{installed, models, twinsight};
use crate::run::Run;
use crate::stock::{runtime, source};

struct Custom {
    dir: tempfile::TempDir,
}

impl Custom {
    /// YOLOv4-tiny for 3 classes at 320×320, with weights that are small and different everywhere.
    fn new() -> Self {
        let cfg = std::fs::read_to_string(installed("downloads/yolov4-tiny.cfg")).unwrap();
        let cfg = cfg
            .replace("width=416", "width=320")
            .replace("height=416", "height=320")
            .replace("classes=80", "classes=3")
            .replace("filters=255", "filters=24")
            .replace("10,14,  23,27", "11,12,  21.5,22");
        let dir = tempfile::tempdir().unwrap();
        let custom = Self { dir };
        std::fs::write(custom.path("gates.cfg"), &cfg).unwrap();
        std::fs::write(custom.path("gates.names"), "gate\ndrone\nperson\n\n").unwrap();
        custom.write_weights(&cfg);
        custom
    }

    fn write_weights(&self, cfg: &str) {
        let network = twinsight::workshop::darknet::DarknetNetwork::from_cfg(cfg).unwrap();
        let mut bytes: Vec<u8> = [0i32, 2, 5, 0, 0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let mut seed = 1u32;
        for layer in &network.layers {
            if let twinsight::workshop::darknet::LayerKind::Conv(conv) = &layer.kind {
                let arrays = if conv.batch_normalize { 4 } else { 1 };
                for i in 0..u64::from(conv.filters) * arrays + conv.weights() {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let random = (seed >> 8) as f32 / (1 << 24) as f32;
                    // Scales and variances are positive, the rest is around 0.
                    let array = i / u64::from(conv.filters);
                    let value = if array == 1 || array == 3 { 0.5 + random } else { (random - 0.5) * 0.2 };
                    bytes.extend(value.to_le_bytes());
                }
            }
        }
        std::fs::write(self.path("gates.weights"), bytes).unwrap();
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn read(&self) -> Result<FloatModel, WorkshopError> {
        FloatModel::read(&self.path("gates.cfg"), &self.path("gates.weights"), Some(&self.path("gates.names")))
    }
}

fn open(path: PathBuf, custom: &Custom) -> SessionDetector {
    SessionDetector::open(&runtime(), &Catalog::at(custom.dir.path()), &ModelName::File(path).into()).unwrap()
}

#[test]
fn it_loads_with_its_own_form_in_both_precisions() {
    let custom = Custom::new();
    let source = custom.read().unwrap();
    let float = source.float();
    assert_eq!(float.file, "gates-320_float.onnx");
    let path = float.write(custom.dir.path()).unwrap();
    let mut detector = open(path, &custom);
    let info = detector.info().clone();
    assert_eq!((info.precision, info.recipe.as_deref()), (Precision::Fp32, Some("float")));
    assert_eq!(info.form.input, Size::new(320, 320));
    assert_eq!(info.form.classes, Classes::new(["gate", "drone", "person"]));
    assert_eq!(info.form.heads[0].anchors, [[21.5, 22.0], [37.0, 58.0], [81.0, 82.0]]);
    assert_eq!(info.form.shape(&info.form.heads[0]), [1, 24, 20, 20]);
    let mut heads = twinsight::detect::RawHeads::default();
    detector.run(&vec![0.5; info.form.input_len()], &mut heads).unwrap();
    assert!(heads.heads.iter().flatten().all(|v| v.is_finite()));

    let mut calibrator = Calibrator::new(&runtime(), &source).unwrap();
    for entry in std::fs::read_dir(custom.pictures()).unwrap() {
        let frame = twinsight::source::load(&entry.unwrap().path()).unwrap();
        calibrator.add(&CalibrationFrame::of(frame.into())).unwrap();
    }
    let table = calibrator.table(Method::MINMAX, GridKind::default());
    assert_eq!((table.pictures, table.input), (2, Size::new(320, 320)));
    let path = custom.path("table.json");
    table.write(&path).unwrap();
    let table = CalibrationTable::read(&path).unwrap();
    let card = source.quantized(&Recipe::card(), &table, &path).unwrap();
    assert_eq!(card.file, "gates-320_int8_qop.onnx");
    let path = card.write(custom.dir.path()).unwrap();
    let mut int8 = open(path, &custom);
    assert_eq!((int8.info().precision, &int8.info().form), (Precision::Int8, &info.form));
    int8.run(&vec![0.5; info.form.input_len()], &mut heads).unwrap();
}

/// Who has nothing but the ONNX file gets the same INT8 models out of it.
#[test]
fn a_float_model_stands_in_for_darknets_files() {
    let ours = source();
    let dir = tempfile::tempdir().unwrap();
    let read = FloatModel::read_model(&ours.float().write(dir.path()).unwrap()).unwrap();
    assert_eq!((read.form(), read.weights_sha256()), (ours.form(), ours.weights_sha256()));
    assert_eq!(read.float(), ours.float());
    for recipe in [Recipe::card(), Recipe::tuned().with_float(&["layer_00_conv".into()])] {
        let plain = Recipe::names().filter_map(|name| Recipe::find(name).ok()).find(|r| r.ranges == recipe.ranges);
        let path = models().join(ours.table_name(&plain.unwrap()));
        let table = CalibrationTable::read(&path).unwrap();
        let [a, b] = [&read, ours].map(|source| source.quantized(&recipe, &table, &path).unwrap());
        assert_eq!((a.file, a.sha256), (b.file, b.sha256));
    }
}

#[test]
fn quantize_takes_a_float_model_and_says_what_does_not_fit() {
    let custom = Custom::new();
    let pictures = custom.pictures();
    let float = custom.path("gates.onnx");
    Run::of(custom.command("export", true).arg("-o").arg(&float)).done();
    let quantize = |model: &Path, name: &str| {
        let mut command = twinsight();
        command.args(["models", "quantize", "--onnx"]).arg(model).arg("--images").arg(&pictures);
        command.arg("-o").arg(custom.path(name));
        command
    };
    Run::of(&mut quantize(&float, "a.onnx")).done();
    Run::of(custom.command("quantize", true).arg("--images").arg(&pictures).arg("-o").arg(custom.path("b.onnx")))
        .done();
    assert_eq!(std::fs::read(custom.path("a.onnx")).unwrap(), std::fs::read(custom.path("b.onnx")).unwrap());
    let run = Run::of(&mut quantize(&custom.path("a.onnx"), "c.onnx"));
    assert!(run.error().contains("a.onnx is already INT8"), "{}", run.err);
    let run = Run::of(&mut quantize(&pictures.join("30.png"), "c.onnx"));
    assert!(run.error().contains("30.png is not an ONNX model") || run.err.contains("has no graph"), "{}", run.err);
    let sidecar = r#"{"input": [320, 320], "classes": ["gate"], "heads": [{"stride": 32, "anchors": [[81, 82]]}]}"#;
    std::fs::write(custom.path("gates.onnx.json"), sidecar).unwrap();
    let run = Run::of(&mut quantize(&float, "c.onnx"));
    assert!(run.error().contains("outputs [[1, 24, 20, 20], [1, 24, 10, 10]] for 320×320"), "{}", run.err);
    let run = Run::of(quantize(&float, "c.onnx").arg("--cfg").arg(custom.path("gates.cfg")));
    assert_eq!(run.code, 2, "{}", run.err);
}

impl Custom {
    /// Two small pictures in a folder.
    fn pictures(&self) -> PathBuf {
        let pictures = self.path("pictures");
        std::fs::create_dir(&pictures).unwrap();
        for shade in [30u8, 200] {
            let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([shade, (x * 4) as u8, (y * 5) as u8]));
            picture.save(pictures.join(format!("{shade}.png"))).unwrap();
        }
        pictures
    }

    /// `twinsight models COMMAND` with this network's files.
    fn command(&self, command: &str, names: bool) -> std::process::Command {
        let mut twinsight = twinsight();
        twinsight.args(["models", command, "--cfg"]).arg(self.path("gates.cfg"));
        twinsight.arg("--weights").arg(self.path("gates.weights"));
        if names {
            twinsight.arg("--names").arg(self.path("gates.names"));
        }
        twinsight
    }
}

#[test]
fn the_program_takes_it_from_darknets_files_to_boxes() {
    let custom = Custom::new();
    let pictures = custom.pictures();
    let (float, int8) = (custom.path("gates.onnx"), custom.path("gates-int8.onnx"));
    Run::of(custom.command("export", true).arg("-o").arg(&float)).done();
    let mut quantize = custom.command("quantize", true);
    quantize.args(["--recipe", "tuned", "--exclude", "layer_00_conv", "--images"]).arg(&pictures);
    Run::of(quantize.arg("-o").arg(&int8)).done();
    for model in [&float, &int8] {
        let mut detect = twinsight();
        detect.args(["detect", "--json", "--score", "0.01", "--model"]).arg(model).arg(pictures.join("30.png"));
        let out = Run::of(&mut detect).done();
        let line: serde_json::Value = serde_json::from_str(&out).unwrap();
        let found = line["detections"].as_array().unwrap();
        let known = |d: &serde_json::Value| ["gate", "drone", "person"].contains(&d["class"].as_str().unwrap());
        assert!(!found.is_empty() && found.iter().all(known), "{out}");
    }
    let (_, _, metadata) = twinsight::workshop::read_metadata(&int8).unwrap();
    assert_eq!(metadata.unwrap().recipe, "tuned-custom");
}

#[test]
fn the_program_says_what_is_wrong_with_ones_own_files() {
    let custom = Custom::new();
    let out = custom.path("out.onnx");
    let error = |command: &mut std::process::Command| Run::of(command.arg("-o").arg(&out)).error().to_owned();
    assert!(error(&mut custom.command("export", false)).contains("pass a file with --names"));
    let nothing = error(&mut custom.command("quantize", true));
    assert!(nothing.starts_with("this network has not been calibrated"), "{nothing}");
    std::fs::write(custom.path("gates.names"), "gate\n").unwrap();
    assert!(error(&mut custom.command("export", true)).contains("has 1 names, but the cfg has 3 classes"));
    std::fs::write(custom.path("gates.weights"), [0u8; 100]).unwrap();
    assert!(error(&mut custom.command("export", false)).contains("--names"));
    std::fs::write(custom.path("gates.names"), "gate\ndrone\nperson\n").unwrap();
    assert!(error(&mut custom.command("export", true)).contains("gates.weights, at byte"));
    std::fs::write(custom.path("gates.cfg"), "[net]\nwidth=7\n").unwrap();
    assert!(error(&mut custom.command("export", true)).contains("gates.cfg, line"));
    assert!(!out.exists(), "a file was written in spite of an error");
}

#[test]
fn names_and_cfg_may_be_as_notepad_saves_them() {
    let custom = Custom::new();
    let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
    };
    let names = "gate\r\nTür\r\nperson\r\n";
    let marked = format!("\u{feff}{names}").into_bytes();
    for bytes in [names.into(), marked, wide(names, u16::to_le_bytes), wide(names, u16::to_be_bytes)] {
        std::fs::write(custom.path("gates.names"), bytes).unwrap();
        assert_eq!(custom.read().unwrap().form().classes, Classes::new(["gate", "Tür", "person"]));
    }
    let cfg = std::fs::read_to_string(custom.path("gates.cfg")).unwrap();
    for bytes in [format!("\u{feff}{cfg}").into_bytes(), wide(&cfg, u16::to_le_bytes)] {
        std::fs::write(custom.path("gates.cfg"), bytes).unwrap();
        assert_eq!(custom.read().unwrap().input(), Size::new(320, 320));
    }
    // In Latin-1, and in UTF-16 without its mark.
    for bytes in [b"gate\nT\xfcr\nperson".to_vec(), wide(names, u16::to_le_bytes).split_off(2)] {
        std::fs::write(custom.path("gates.names"), bytes).unwrap();
        let error = custom.read().unwrap_err().to_string();
        assert!(
            error.contains("gates.names is not text in UTF-8 (line ") && error.ends_with("save it as UTF-8"),
            "{error}"
        );
    }
}

#[test]
fn a_wrong_pattern_is_told_with_the_file_or_the_flag_that_has_it() {
    let custom = Custom::new();
    let recipe = custom.path("mine.json");
    std::fs::write(
        &recipe,
        Recipe::tuned().to_json().replace("\"tuned\"", "\"ours\"").replace("[]", "[\"layer_99*\"]"),
    )
    .unwrap();
    let quantize = |flag: &str, value: &Path| {
        let mut command = custom.command("quantize", true);
        Run::of(command.arg(flag).arg(value).arg("-o").arg(custom.path("out.onnx"))).error().to_owned()
    };
    let error = quantize("--recipe", &recipe);
    let expected = format!("{}: the recipe ours names the node layer_99*,", recipe.display());
    assert!(error.starts_with(&expected), "{error}");
    let error = quantize("--exclude", Path::new("layer_98*"));
    assert!(error.starts_with("--exclude names the node layer_98*, which the network does not have;"), "{error}");
}

#[test]
fn names_must_be_as_many_as_classes() {
    let custom = Custom::new();
    let without = FloatModel::read(&custom.path("gates.cfg"), &custom.path("gates.weights"), None);
    assert!(matches!(without.unwrap_err(), WorkshopError::NamesNeeded { classes: 3 }));
    std::fs::write(custom.path("gates.names"), "gate\ndrone\n").unwrap();
    assert!(matches!(custom.read().unwrap_err(), WorkshopError::NameCount { names: 2, classes: 3, .. }));
}

#[test]
fn a_table_of_another_network_is_refused() {
    let path = models().join("yolov4-tiny-416.calibration.json");
    let table = CalibrationTable::read(&path).unwrap();
    let error = Custom::new().read().unwrap().quantized(&Recipe::card(), &table, &path).unwrap_err();
    assert!(matches!(error, WorkshopError::Table { cause: TableError::OtherWeights { .. }, .. }), "{error}");
}

#[test]
fn a_table_without_a_tensor_is_refused() {
    let custom = Custom::new();
    let source = custom.read().unwrap();
    let table = CalibrationTable {
        method: Method::MINMAX,
        grids: GridKind::default(),
        leaky_slope: None,
        tool: "a test".into(),
        pictures: 1,
        pictures_sha256: String::new(),
        weights_sha256: source.weights_sha256().to_owned(),
        input: source.input(),
        ranges: vec![("images".into(), twinsight::workshop::TensorRange { min: 0.0, max: 1.0 })],
        ends: CountedEnds::default(),
    };
    let error = source.quantized(&Recipe::card(), &table, Path::new("table.json")).unwrap_err();
    assert!(
        error.to_string().starts_with("the calibration table table.json has no range for the tensor layer_00_conv: "),
        "{error}"
    );
}

#[test]
fn a_bad_table_is_refused() {
    let good = CalibrationTable {
        method: Method::of(Choice::Percentile(99.5)),
        grids: GridKind::default(),
        leaky_slope: None,
        tool: "a \"test\"".into(),
        pictures: 1,
        pictures_sha256: "aa".into(),
        weights_sha256: "bb".into(),
        input: Size::new(32, 32),
        ranges: vec![("images".into(), twinsight::workshop::TensorRange { min: -0.1, max: 1e-30 })],
        ends: CountedEnds { pictures: 1, shares: vec![("images".into(), EndShares { low: 0.0, high: 1e-7 })] },
    };
    let text = good.to_json();
    assert_eq!(CalibrationTable::from_json(&text), Ok(good));
    for kept in 0..text.trim_end().len() {
        assert!(matches!(CalibrationTable::from_json(&text[..kept]), Err(TableError::Json(_))), "{kept} bytes");
    }
    let swapped = text.replace("[-0.1, 1e-30]", "[0.2, 0.1]");
    assert!(matches!(CalibrationTable::from_json(&swapped), Err(TableError::Range { .. })));
    let newer = text.replace("\"format\": 1", "\"format\": 2");
    assert_eq!(CalibrationTable::from_json(&newer), Err(TableError::Format { found: 2, known: 1 }));
    let other = text.replace("percentile 99.5", "guess");
    assert!(matches!(CalibrationTable::from_json(&other), Err(TableError::Method(_))));
}

#[test]
fn pictures_that_cannot_be_read_are_named() {
    let custom = Custom::new();
    let calibrate = || {
        let table = custom.path("table.json");
        Run::of(custom.command("calibrate", true).arg("--images").arg(custom.dir.path()).arg("-o").arg(table))
    };
    let none = calibrate();
    assert!(none.error().contains("no images (jpg, png, webp, bmp)"), "{none:?}");
    std::fs::write(custom.path("broken.jpg"), b"\xff\xd8\xff\xe0 no more").unwrap();
    let broken = calibrate();
    assert!(broken.error().contains("broken.jpg") && broken.error().contains("remove it"), "{broken:?}");
}

#[test]
fn the_weights_of_another_cfg_are_refused() {
    let custom = Custom::new();
    let swapped =
        FloatModel::read(&installed("downloads/yolov4-tiny.cfg"), &custom.path("gates.weights"), None).unwrap_err();
    assert!(matches!(swapped, WorkshopError::Weights { .. }), "{swapped}");
}

/// The model of a network whose cfg has a `[maxpool]` that keeps its size, as YOLOv3-tiny's: padded at the end.
#[test]
fn a_pool_of_stride_one_keeps_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let cfg = "[net]\nwidth=64\nheight=32\nchannels=3\n[maxpool]\nsize=2\nstride=1\n[convolutional]\nfilters=6\nstride=32\n\
               activation=linear\n[yolo]\nmask=0\nanchors=1,2\nnum=1\nclasses=1\n";
    let mut weights: Vec<u8> = [0i32, 2, 5, 0, 0].iter().flat_map(|v| v.to_le_bytes()).collect();
    weights.extend((0..6 + 18).flat_map(|_| 1f32.to_le_bytes()));
    let path = |file: &str| dir.path().join(file);
    std::fs::write(path("pool.cfg"), cfg).unwrap();
    std::fs::write(path("pool.weights"), weights).unwrap();
    std::fs::write(path("pool.names"), "thing").unwrap();
    let source = FloatModel::read(&path("pool.cfg"), &path("pool.weights"), Some(&path("pool.names"))).unwrap();
    let built = source.float();
    assert_eq!(built.file, "pool-64x32_float.onnx");
    let props = ModelProto::decode(built.bytes.as_slice()).unwrap().metadata_props;
    let metadata =
        Metadata::from_props(|key| props.iter().find(|p| p.key == key).map(|p| p.value.clone())).unwrap().unwrap();
    assert_eq!((metadata.form.input, metadata.form.heads[0].stride), (Size::new(64, 32), 32));
    let mut session =
        twinsight::model::RawSession::from_bytes(&runtime(), &built.bytes, 1, &Arithmetic::Exact).unwrap();
    // Channel, row and column; the pool takes the larger of four neighbours.
    let input: Vec<f32> = (0..3 * 32 * 64).map(|i| i as f32).collect();
    session
        .run(&input, |_, shape, values| {
            assert_eq!(shape, [1, 6, 1, 2]);
            let pooled = |column: usize| (0..3).map(|c| (c * 2048 + 64 + column * 32 + 1) as f32).sum::<f32>() + 1.0;
            assert_eq!(values[..2], [pooled(0), pooled(1)]);
        })
        .unwrap();
}
