//! From darknet's files to model files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use prost::Message;
use sha2::{Digest, Sha256};

use super::darknet::{Network, read_weights};
use super::graph::{Graph, Tensor};
use super::import::import;
use super::quantize::quantized_model;
use super::{CalibrationTable, Recipe, TableError, WorkshopError, calibration, float_model};
use crate::detect::{Classes, Form, Size};
use crate::model::metadata::Metadata;
use crate::model::{Precision, Sidecar, hex};
use crate::onnx::{Integers, MetadataOnly};

const MAX_TEXT_BYTES: u64 = 1 << 20;
pub(super) const MAX_WEIGHTS_BYTES: u64 = 1 << 30;
const MAX_MODEL_BYTES: u64 = 1 << 30;

/// A network and its numbers, ready to be written as a model.
#[derive(Clone, Debug)]
pub struct Source {
    /// What the files of its models begin with, as "yolov4-tiny-416".
    stem: String,
    form: Form,
    graph: Graph,
    weights_sha256: String,
}

impl Source {
    /// Reads the files. `names`: one class name a line; `None` is enough for COCO's 80 classes.
    pub fn read(cfg: &Path, weights: &Path, names: Option<&Path>) -> Result<Self, WorkshopError> {
        Self::read_named(cfg, weights, |classes| class_names(classes, names))
    }

    /// `names` is asked for the names of so many classes.
    pub(super) fn read_named(
        cfg: &Path,
        weights: &Path,
        names: impl FnOnce(usize) -> Result<Classes, WorkshopError>,
    ) -> Result<Self, WorkshopError> {
        // Comments are in any encoding, and the rest is ASCII.
        let text = String::from_utf8_lossy(&read_limited(cfg, MAX_TEXT_BYTES)?).into_owned();
        let network = Network::from_cfg(&text)
            .map_err(|cause| WorkshopError::Cfg { path: cfg.to_owned(), cause: Box::new(cause) })?;
        let classes = names(network.classes())?;
        let bytes = read_limited(weights, MAX_WEIGHTS_BYTES)?;
        let numbers = read_weights(&bytes, &network)
            .map_err(|cause| WorkshopError::Weights { path: weights.to_owned(), cause })?;
        let name = cfg.file_stem().map_or_else(|| "model".into(), |s| s.to_string_lossy().into_owned());
        let Size { width, height } = network.input;
        let side = if width == height { width.to_string() } else { format!("{width}x{height}") };
        Ok(Self {
            stem: format!("{name}-{side}"),
            form: network.form(classes),
            graph: Graph::new(&network, &numbers),
            weights_sha256: hex(&Sha256::digest(&bytes)),
        })
    }

    /// Reads a float model in ONNX. Its form is what a sidecar says, or the model itself; where neither does, that of the
    /// model card. The weights' sum is the one that the model names, or that of the file.
    pub fn read_model(path: &Path) -> Result<Self, WorkshopError> {
        let bytes = read_limited(path, MAX_MODEL_BYTES)?;
        let graph = import(&bytes).map_err(|cause| WorkshopError::Import { path: path.to_owned(), cause })?;
        let props = MetadataOnly::decode(bytes.as_slice()).unwrap_or_default().metadata_props;
        let get = |key: &str| props.iter().find(|p| p.key == key).map(|p| p.value.clone());
        let metadata = Metadata::from_props(get).unwrap_or_default();
        let weights = metadata.as_ref().and_then(|m| m.weights_sha256.clone());
        let form = match Sidecar::of(path)? {
            Some(sidecar) => sidecar.form,
            None => metadata.map_or_else(Form::yolov4_tiny_416, |m| m.form),
        };
        check_heads(path, &graph, &form)?;
        let name = path.file_stem().map_or_else(|| "model".into(), |s| s.to_string_lossy().into_owned());
        let stem = name.strip_suffix("_float").unwrap_or(&name).to_owned();
        let weights_sha256 = weights.unwrap_or_else(|| hex(&Sha256::digest(&bytes)));
        Ok(Self { stem, form, graph, weights_sha256 })
    }

    /// The same, with files that begin in another way.
    #[must_use]
    pub(super) fn with_stem(self, stem: impl Into<String>) -> Self {
        Self { stem: stem.into(), ..self }
    }

    pub fn form(&self) -> &Form {
        &self.form
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn input(&self) -> Size {
        self.form.input
    }

    pub fn weights_sha256(&self) -> &str {
        &self.weights_sha256
    }

    /// The file name of this network's calibration table for a recipe. Recipes of ours that choose ranges in one way
    /// share one table.
    pub fn table_name(&self, recipe: &Recipe) -> String {
        let ours = Recipe::built().into_iter().find(|ours| ours.ranges == recipe.ranges);
        let is_ours = Recipe::names().any(|name| name == recipe.name);
        match ours.filter(|_| is_ours).map_or_else(|| recipe.name.clone(), |ours| ours.name).as_str() {
            "card" => format!("{}.calibration.json", self.stem),
            name => format!("{}.{name}.calibration.json", self.stem),
        }
    }

    /// The model in float32.
    pub fn float(&self) -> Built {
        let metadata = self.metadata(Precision::Fp32, "float", None);
        Built::new(format!("{}_float.onnx", self.stem), float_model(&self.graph, &metadata))
    }

    /// Whether the recipe fits this network.
    pub fn check(&self, recipe: &Recipe) -> Result<(), WorkshopError> {
        if let Some(pattern) = recipe.stray_pattern(&self.graph) {
            let nodes: Vec<&str> = self.graph.nodes.iter().map(|node| node.name.as_str()).collect();
            let (recipe, pattern) = (recipe.name.clone(), pattern.to_owned());
            return Err(WorkshopError::NoNode { recipe, pattern, nodes: nodes.join(", ") });
        }
        if let Some(node) = recipe.cannot_put_out_float(&self.graph) {
            let (recipe, node) = (recipe.name.clone(), node.to_owned());
            return Err(WorkshopError::NoFloatOutput { recipe, node });
        }
        Ok(())
    }

    /// The INT8 model after a recipe. `path` is the table's, for messages.
    pub fn quantized(&self, recipe: &Recipe, table: &CalibrationTable, path: &Path) -> Result<Built, WorkshopError> {
        let wrong = |cause| WorkshopError::Table { path: path.to_owned(), cause };
        table.check(&self.weights_sha256, self.input()).map_err(wrong)?;
        if table.method != recipe.ranges {
            let (recipe, wanted) = (recipe.name.clone(), recipe.ranges);
            return Err(wrong(TableError::OtherMethod { table: table.method, recipe, wanted }));
        }
        self.check(recipe)?;
        let metadata = self.metadata(Precision::Int8, &recipe.name, Some(table.sha256()));
        let bytes = quantized_model(&self.graph, table, recipe, &metadata)?;
        Ok(Built::new(format!("{}_int8_{}.onnx", self.stem, recipe.file_suffix()), bytes))
    }

    /// The INT8 model after the model card's recipe.
    pub fn card(&self, table: &CalibrationTable, path: &Path) -> Result<Built, WorkshopError> {
        self.quantized(&Recipe::card(), table, path)
    }

    fn metadata(&self, precision: Precision, recipe: &str, calibration_sha256: Option<String>) -> Metadata {
        Metadata {
            form: self.form.clone(),
            precision,
            recipe: recipe.to_owned(),
            weights_sha256: Some(self.weights_sha256.clone()),
            calibration_sha256,
        }
    }
}

/// A model file in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    pub file: String,
    pub bytes: Vec<u8>,
    /// In hexadecimal.
    pub sha256: String,
}

impl Built {
    fn new(file: String, bytes: Vec<u8>) -> Self {
        let sha256 = hex(&Sha256::digest(&bytes));
        Self { file, bytes, sha256 }
    }

    /// Writes the file into `dir`, and gives its path.
    pub fn write(&self, dir: &Path) -> Result<PathBuf, WorkshopError> {
        let path = dir.join(&self.file);
        self.write_to(&path)?;
        Ok(path)
    }

    /// Writes it as another file.
    pub fn write_to(&self, path: &Path) -> Result<(), WorkshopError> {
        write_whole(path, &self.bytes)
    }
}

impl CalibrationTable {
    pub fn read(path: &Path) -> Result<Self, WorkshopError> {
        let bytes = read_limited(path, calibration::MAX_BYTES as u64)?;
        Self::from_json(&String::from_utf8_lossy(&bytes))
            .map_err(|cause| WorkshopError::Table { path: path.to_owned(), cause })
    }

    pub fn write(&self, path: &Path) -> Result<(), WorkshopError> {
        write_whole(path, self.to_json().as_bytes())
    }
}

/// A model file's sum and size, and what it says of itself: `None` where it has no metadata of ours, or none
/// that can be read.
pub fn read_metadata(path: &Path) -> Result<(u64, String, Option<Metadata>), WorkshopError> {
    let bytes = read_limited(path, MAX_MODEL_BYTES)?;
    let props = MetadataOnly::decode(bytes.as_slice()).unwrap_or_default().metadata_props;
    let get = |key: &str| props.iter().find(|p| p.key == key).map(|p| p.value.clone());
    let metadata = Metadata::from_props(get).unwrap_or_default();
    Ok((bytes.len() as u64, hex(&Sha256::digest(&bytes)), metadata))
}

/// What a model file says of its integer arithmetic; `None`: it is a float model, or none.
pub fn read_integers(path: &Path) -> Result<Option<Integers>, WorkshopError> {
    Ok(Integers::of(&read_limited(path, MAX_MODEL_BYTES)?))
}

/// Whether a graph reads and puts out what a form says.
fn check_heads(path: &Path, graph: &Graph, form: &Form) -> Result<(), WorkshopError> {
    let wanted: Vec<[usize; 4]> = form.heads.iter().map(|head| form.shape(head)).collect();
    let shape = |t: &Tensor| [1, t.shape.channels, t.shape.size.height, t.shape.size.width].map(|n| n as usize);
    let found: Vec<[usize; 4]> = graph.outputs.iter().map(shape).collect();
    if found == wanted && graph.input.shape.size == form.input {
        return Ok(());
    }
    let told = |input: Size, heads: &[[usize; 4]]| format!("{heads:?} for {input}");
    Err(WorkshopError::Heads {
        path: path.to_owned(),
        found: told(graph.input.shape.size, &found),
        wanted: told(form.input, &wanted),
        sidecar: Sidecar::path(path),
    })
}

fn class_names(classes: usize, names: Option<&Path>) -> Result<Classes, WorkshopError> {
    let Some(path) = names else {
        let coco = Classes::coco();
        return if coco.len() == classes { Ok(coco) } else { Err(WorkshopError::NamesNeeded { classes }) };
    };
    let text = String::from_utf8_lossy(&read_limited(path, MAX_TEXT_BYTES)?).into_owned();
    let given = Classes::from_lines(&text);
    if given.len() != classes {
        return Err(WorkshopError::NameCount { path: path.to_owned(), names: given.len(), classes });
    }
    Ok(given)
}

/// Reads a file that has at most `limit` bytes.
pub(super) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, WorkshopError> {
    let failed = |cause| WorkshopError::Read { path: path.to_owned(), cause };
    let bytes = std::fs::metadata(path).map_err(failed)?.len();
    if bytes > limit {
        return Err(WorkshopError::TooLarge { path: path.to_owned(), bytes, limit });
    }
    std::fs::read(path).map_err(failed)
}

/// Writes beside the place and renames, so that nobody ever sees half a file.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WorkshopError> {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(part);
    let write = || {
        let mut file = std::fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().map_err(|cause| {
        // What was written is of no use; that it cannot be removed says nothing new.
        let _ = std::fs::remove_file(&part);
        WorkshopError::Write { path: path.to_owned(), cause }
    })
}
