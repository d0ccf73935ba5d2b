//! What a person says of an ONNX file that says nothing of itself.
//!
//! Other people's detectors of the YOLO family (YOLOv3, YOLOv3-tiny, YOLOv4 and their like) give raw heads too, but not their
//! anchors or their classes. A small JSON file beside the model, `NAME.onnx.json` for `NAME.onnx`, does:
//!
//! ```json
//! {
//!   "input": [416, 416],
//!   "classes": ["gate", "drone"],
//!   "heads": [
//!     { "stride": 16, "anchors": [[23, 27], [37, 58], [81, 82]], "scale_x_y": 1.05 },
//!     { "stride": 32, "anchors": [[81, 82], [135, 169], [344, 319]], "scale_x_y": 1.05 }
//!   ],
//!   "precision": "int8"
//! }
//! ```
//!
//! | key | what |
//! | --- | --- |
//! | `input` | width and height in pixels, multiples of every stride. The tensor is float32 `[1, 3, height, width]`: RGB, 0 to 1, letterboxed with 114 |
//! | `classes` | the names in the model's order, or the name of a text file beside this one, with one name a line |
//! | `heads` | for each output tensor, float32 `[1, anchors · (5 + classes), height / stride, width / stride]`, in any order: told apart by their shapes |
//! | `stride` | input pixels a cell |
//! | `anchors` | width and height of each in input pixels, of this head alone: in darknet's cfg those of its `mask` |
//! | `scale_x_y` | as in darknet's cfg; 1 where it is left out |
//! | `precision` | "fp32" or "int8"; may be left out |
//!
//! What the file says goes before the model's own metadata: it was put there on purpose.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ModelError, Precision};
use crate::detect::{Classes, Form, Head, Size};
use crate::files::read_limited;

/// Of a sidecar, and of a list of names.
const MAX_BYTES: u64 = 1 << 20;
const MAX_HEADS: usize = 8;
const MAX_ANCHORS: usize = 32;
const MAX_CLASSES: usize = 10_000;

/// What a sidecar says.
#[derive(Clone, Debug, PartialEq)]
pub struct Sidecar {
    pub form: Form,
    /// `None` = it does not say.
    pub precision: Option<Precision>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SidecarFile {
    input: [u32; 2],
    classes: Names,
    heads: Vec<SidecarHead>,
    precision: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "classes must be a list of names, or the name of a file with one name per line")]
enum Names {
    List(Vec<String>),
    File(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SidecarHead {
    stride: u32,
    anchors: Vec<[f32; 2]>,
    #[serde(default = "one")]
    scale_x_y: f32,
}

fn one() -> f32 {
    1.0
}

impl Sidecar {
    /// Where the sidecar of a model is, or would be.
    pub fn path(model: &Path) -> PathBuf {
        let mut path = model.as_os_str().to_owned();
        path.push(".json");
        path.into()
    }

    /// Reads the sidecar of a model; `None` where there is none.
    pub fn of(model: &Path) -> Result<Option<Self>, ModelError> {
        let path = Self::path(model);
        if !path.exists() {
            return Ok(None);
        }
        let wrong = |why: String| ModelError::Sidecar { path: path.clone(), why };
        let text = read(&path).map_err(wrong)?;
        let dir = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::from_json(&text, |names| read(&dir.join(names))).map(Some).map_err(wrong)
    }

    /// `names` reads a file of class names.
    fn from_json(text: &str, names: impl FnOnce(&Path) -> Result<String, String>) -> Result<Self, String> {
        // Editors on Windows write a byte order mark.
        let file: SidecarFile = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| e.to_string())?;
        let classes = match file.classes {
            Names::List(names) => Classes::new(names),
            Names::File(path) => {
                Classes::from_lines(&names(&path).map_err(|why| format!("{}: {why}", path.display()))?)
            }
        };
        if classes.len() > MAX_CLASSES {
            return Err(format!("it names {} classes, more than the limit of {MAX_CLASSES}", classes.len()));
        }
        if let Some(place) = classes.iter().position(|name| name.trim().is_empty()) {
            return Err(format!("class {place} has no name"));
        }
        if file.heads.len() > MAX_HEADS {
            return Err(format!("it has {} heads, more than the limit of {MAX_HEADS}", file.heads.len()));
        }
        let precision = match file.precision.as_deref() {
            None => None,
            Some(name) => Some(
                Precision::from_flag(name)
                    .ok_or_else(|| format!("its precision {name:?} is not \"fp32\" or \"int8\""))?,
            ),
        };
        let mut heads = Vec::with_capacity(file.heads.len());
        for SidecarHead { stride, anchors, scale_x_y } in file.heads {
            if anchors.len() > MAX_ANCHORS {
                let count = anchors.len();
                return Err(format!(
                    "the head of stride {stride} has {count} anchors, more than the limit of {MAX_ANCHORS}"
                ));
            }
            heads.push(Head { stride, anchors, scale_x_y });
        }
        heads.sort_by_key(|head| head.stride);
        let [width, height] = file.input;
        let form = Form { input: Size::new(width, height), classes, heads };
        form.check().map_err(|e| e.to_string())?;
        Ok(Self { form, precision })
    }
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = read_limited(path, MAX_BYTES).map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"input": [320, 256], "classes": ["gate", "drone"], "heads": [
        {"stride": 32, "anchors": [[81, 82.5]], "scale_x_y": 1.05}, {"stride": 16, "anchors": [[23, 27], [37, 58]]}]}"#;

    fn read(text: &str) -> Result<Sidecar, String> {
        Sidecar::from_json(text, |path| {
            if path == Path::new("a.names") { Ok("one\ntwo\n\n".into()) } else { Err("gone".into()) }
        })
    }

    #[test]
    fn heads_come_finest_first_and_names_may_be_in_a_file() {
        let Sidecar { form, precision } = read(GOOD).unwrap();
        assert_eq!((form.input, precision), (Size::new(320, 256), None));
        assert_eq!(form.classes, Classes::new(["gate", "drone"]));
        let fine = Head { stride: 16, anchors: vec![[23.0, 27.0], [37.0, 58.0]], scale_x_y: 1.0 };
        let coarse = Head { stride: 32, anchors: vec![[81.0, 82.5]], scale_x_y: 1.05 };
        assert_eq!(form.heads, [fine, coarse]);
        let named = read(&GOOD.replace(r#"["gate", "drone"]"#, r#""a.names", "precision": "int8""#)).unwrap();
        assert_eq!((named.form.classes, named.precision), (Classes::new(["one", "two"]), Some(Precision::Int8)));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let cases = [
            ("", "", "EOF"),
            ("\"heads\"", "\"head\"", "unknown field `head`"),
            ("\"input\": [320, 256], ", "", "missing field `input`"),
            ("[320, 256]", "[320, 250]", "stride 16 does not divide the input's 320×250"),
            ("[320, 256]", "[0, 0]", "0×0"),
            ("[320, 256]", "[32000, 32000]", "32000×32000"),
            ("[320, 256]", "[-320, 256]", "invalid value"),
            (r#"["gate", "drone"]"#, "[]", "no classes"),
            (r#"["gate", "drone"]"#, r#"["gate", " "]"#, "class 1 has no name"),
            (r#"["gate", "drone"]"#, "7", "classes must be a list of names"),
            (r#"["gate", "drone"]"#, r#""b.names""#, "b.names: gone"),
            ("\"stride\": 32", "\"stride\": 16", "two heads have stride 16"),
            ("\"stride\": 32", "\"stride\": 0", "stride 0"),
            ("[[81, 82.5]]", "[]", "stride 32 has no anchors"),
            ("[[81, 82.5]]", "[[81, -82.5]]", "an anchor that is not positive"),
            ("[[81, 82.5]]", "[[81]]", "invalid length 1"),
            ("1.05", "0", "scale_x_y 0 of the head of stride 32"),
            ("\"input\"", "\"precision\": \"int4\", \"input\"", "\"int4\" is not"),
        ];
        for (from, to, expected) in cases {
            let text = if from.is_empty() { String::new() } else { GOOD.replace(from, to) };
            let why = read(&text).unwrap_err();
            assert!(why.contains(expected), "{expected:?} is not in {why:?}");
        }
        let many = format!("{:?}", vec!["a"; MAX_CLASSES + 1]);
        assert!(read(&GOOD.replace(r#"["gate", "drone"]"#, &many)).unwrap_err().contains("more than the limit"));
        let anchors = format!("{:?}", vec![[1, 1]; MAX_ANCHORS + 1]);
        assert!(read(&GOOD.replace("[[81, 82.5]]", &anchors)).unwrap_err().contains("33 anchors"));
    }

    #[test]
    fn a_sidecar_that_is_no_small_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let model = dir.path().join("m.onnx");
        assert_eq!(Sidecar::of(&model).unwrap(), None);
        let sidecar = dir.path().join("m.onnx.json");
        std::fs::File::create(&sidecar).unwrap().set_len(MAX_BYTES + 1).unwrap();
        let large = Sidecar::of(&model).unwrap_err().to_string();
        assert!(large.contains("m.onnx.json") && large.contains("more than the limit"), "{large}");
        std::fs::remove_file(&sidecar).unwrap();
        std::fs::create_dir(&sidecar).unwrap();
        assert!(Sidecar::of(&model).unwrap_err().to_string().contains("a folder, not a file"));
    }
}
