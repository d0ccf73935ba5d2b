//! Third-party detectors of the family: a file beside the model supplies what the model does not say.
//!
//! The models are written by our own exporter and then stripped of their metadata.

use std::path::{Path, PathBuf};

use prost::Message;
use twinsight::detect::{Classes, Form, Letterbox, Postprocessor, RawHeads, Size, Thresholds};
use twinsight::model::{Catalog, Detector, ModelError, ModelName, Precision, Runtime, SessionDetector};
use twinsight::onnx::ModelProto;
use twinsight::workshop::FloatModel;

use crate::program::models;

/// Three heads over one small convolution each, as YOLOv3 has them: strides 8, 16 and 32, 2 classes.
const CFG: &str = "[net]\nwidth=96\nheight=64\nchannels=3\n\
    [convolutional]\nfilters=14\nsize=1\nstride=8\nactivation=linear\n\
    [yolo]\nmask=0,1\nanchors=4,5, 9,7, 20,21, 33,12, 40,60, 90,50\nnum=6\nclasses=2\nscale_x_y=1.2\n\
    [route]\nlayers=-2\n\
    [convolutional]\nfilters=14\nsize=1\nstride=2\nactivation=linear\n\
    [yolo]\nmask=2,3\nanchors=4,5, 9,7, 20,21, 33,12, 40,60, 90,50\nnum=6\nclasses=2\nscale_x_y=1.1\n\
    [route]\nlayers=-2\n\
    [convolutional]\nfilters=14\nsize=1\nstride=2\nactivation=linear\n\
    [yolo]\nmask=4,5\nanchors=4,5, 9,7, 20,21, 33,12, 40,60, 90,50\nnum=6\nclasses=2\n";

const SIDECAR: &str = r#"{
  "input": [96, 64],
  "classes": ["gate", "drone"],
  "heads": [
    { "stride": 32, "anchors": [[40, 60], [90, 50]] },
    { "stride": 8, "anchors": [[4, 5], [9, 7]], "scale_x_y": 1.2 },
    { "stride": 16, "anchors": [[20, 21], [33, 12]], "scale_x_y": 1.1 }
  ],
  "precision": "fp32"
}"#;

struct Files {
    dir: tempfile::TempDir,
    /// As exported.
    ours: PathBuf,
    /// Without metadata, and its outputs in another order.
    theirs: PathBuf,
}

impl Files {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |file: &str| dir.path().join(file);
        std::fs::write(path("three.cfg"), CFG).unwrap();
        std::fs::write(path("three.names"), "gate\ndrone\n").unwrap();
        let mut bytes: Vec<u8> = [0i32, 2, 5, 0, 0].iter().flat_map(|v| v.to_le_bytes()).collect();
        // Of each convolution its biases, then its weights; different everywhere.
        let count = 14 + 14 * 3 + 2 * (14 + 14 * 14);
        bytes.extend((0..count).flat_map(|i| ((i * 37 % 101) as f32 / 50.0 - 0.9).to_le_bytes()));
        std::fs::write(path("three.weights"), bytes).unwrap();
        let source = FloatModel::read(&path("three.cfg"), &path("three.weights"), Some(&path("three.names"))).unwrap();
        let built = source.float();
        let ours = built.write(dir.path()).unwrap();
        let mut model = ModelProto::decode(built.bytes.as_slice()).unwrap();
        model.metadata_props.clear();
        model.graph.as_mut().unwrap().output.reverse();
        let theirs = path("theirs.onnx");
        std::fs::write(&theirs, model.encode_to_vec()).unwrap();
        Self { dir, ours, theirs }
    }

    fn describe(&self, text: &str) {
        std::fs::write(self.dir.path().join("theirs.onnx.json"), text).unwrap();
    }

    fn open(&self, path: &Path) -> Result<SessionDetector, ModelError> {
        let installed = Catalog::at(models());
        let runtime = Runtime::find(&installed).unwrap_or_else(|e| panic!("{e}: run make setup"));
        SessionDetector::open(&runtime, &Catalog::at(self.dir.path()), &ModelName::File(path.to_owned()).into())
    }

    fn refusal(&self) -> String {
        self.open(&self.theirs).err().unwrap().to_string()
    }
}

#[test]
fn described_it_sees_what_it_sees_with_our_own_metadata() {
    let files = Files::new();
    files.describe(SIDECAR);
    let input: Vec<f32> = (0..3 * 64 * 96).map(|i| (i * 61 % 257) as f32 / 257.0).collect();
    let mut seen = Vec::new();
    for path in [&files.ours, &files.theirs] {
        let mut detector = files.open(path).unwrap();
        let info = detector.info().clone();
        assert_eq!((info.precision, info.form.heads.len()), (Precision::Fp32, 3));
        assert_eq!(info.form.classes, Classes::new(["gate", "drone"]));
        let mut heads = RawHeads::default();
        detector.run(&input, &mut heads).unwrap();
        let letterbox = Letterbox::new(Size::new(192, 128), info.form.input);
        let thresholds = Thresholds { score: 0.3, nms_iou: 0.45 };
        seen.push(Postprocessor::default().run(&info.form, &heads, &letterbox, thresholds).to_vec());
    }
    assert!(seen[0].len() > 3, "nothing is seen: {seen:?}");
    assert!(seen[0].iter().any(|d| d.id.head == 0) && seen[0].iter().any(|d| d.id.head > 0), "{seen:?}");
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn undescribed_it_is_refused_and_told_how_to_describe_it() {
    let files = Files::new();
    let why = files.refusal();
    assert!(why.contains("its input is") && why.contains("not float32 [1, 3, 416, 416]"), "{why}");
    let sidecar = files.dir.path().join("theirs.onnx.json");
    assert!(why.ends_with(&format!("describe it in {}", sidecar.display())), "{why}");
}

#[test]
fn a_description_of_another_model_is_refused_with_the_reason() {
    let files = Files::new();
    for (from, to, words) in [
        (r#", "drone"]"#, r#", "drone", "bird"]"#, "no output is float32 [1, 16, 8, 12]; it has"),
        ("[[4, 5], [9, 7]]", "[[4, 5]]", "no output is float32 [1, 7, 8, 12]"),
        ("[96, 64]", "[96, 96]", "not float32 [1, 3, 96, 96]"),
        ("96, 64", "96, 60", "theirs.onnx.json: stride 8 does not divide"),
        (
            "    { \"stride\": 32, \"anchors\": [[40, 60], [90, 50]] },\n",
            "",
            "it has 3 outputs, but a model of its form has 2",
        ),
        ("\"classes\"", "\"names\"", "unknown field `names`"),
    ] {
        assert!(SIDECAR.contains(from), "{from}");
        files.describe(&SIDECAR.replace(from, to));
        let why = files.refusal();
        assert!(why.contains(words), "{words:?} is not in {why:?}");
        assert!(!why.contains("describe it in"), "{why}");
    }
}

#[test]
fn names_come_from_a_file_beside_it() {
    let files = Files::new();
    files.describe(&SIDECAR.replace(r#"["gate", "drone"]"#, r#""three.names""#));
    assert_eq!(files.open(&files.theirs).unwrap().info().form.classes, Classes::new(["gate", "drone"]));
    files.describe(&SIDECAR.replace(r#"["gate", "drone"]"#, r#""none.names""#));
    let why = files.refusal();
    assert!(why.contains("theirs.onnx.json") && why.contains("none.names"), "{why}");
}

/// A description beside one of our own models takes precedence.
#[test]
fn a_description_goes_before_metadata() {
    let files = Files::new();
    let mut sidecar = files.ours.clone().into_os_string();
    sidecar.push(".json");
    std::fs::write(sidecar, SIDECAR.replace("gate", "door")).unwrap();
    let info = files.open(&files.ours).unwrap().info().clone();
    assert_eq!(info.form.classes, Classes::new(["door", "drone"]));
    assert_eq!(info.recipe.as_deref(), Some("float"));
    assert_ne!(info.form, Form::yolov4_tiny_416());
}
