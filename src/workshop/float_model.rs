//! A network in float: read from darknet's files or from ONNX, written as float or INT8 models.

use std::borrow::Cow;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::calibration::CalibrationTable;
use super::darknet::{DarknetNetwork, read_weights};
use super::error::{TableError, WorkshopError};
use super::export::float_onnx;
use super::graph::{Graph, GraphTensor};
use super::import::import;
use super::leaky_slope::LeakySlope;
use super::model_file::{self, ModelFile};
use super::quantize::quantized_onnx;
use super::recipe::Recipe;
use crate::detect::{Classes, Form, Size};
use crate::files::{decoded, read_limited};
use crate::model::metadata::Metadata;
use crate::model::{Precision, Sidecar, hex, read_model};

const MAX_TEXT_BYTES: u64 = 1 << 20;
const MAX_WEIGHTS_BYTES: u64 = 1 << 30;

/// A network and its weights in float, ready to be written as a model.
#[derive(Clone, Debug)]
pub struct FloatModel {
    /// What the files of its models begin with, as "yolov4-tiny-416".
    stem: String,
    form: Form,
    graph: Graph,
    weights_sha256: String,
    /// That replaced the network's own.
    leaky_slope: Option<LeakySlope>,
}

impl FloatModel {
    /// Reads the files. `names`: one class name a line; `None` is enough for COCO's 80 classes.
    pub fn read(cfg: &Path, weights: &Path, names: Option<&Path>) -> Result<Self, WorkshopError> {
        Self::read_named(cfg, weights, |classes| class_names(classes, names))
    }

    /// The same, with the names that `names` gives for this number of classes.
    pub(super) fn read_named(
        cfg: &Path,
        weights: &Path,
        names: impl FnOnce(usize) -> Result<Classes, WorkshopError>,
    ) -> Result<Self, WorkshopError> {
        let bytes = read_limited(cfg, MAX_TEXT_BYTES).map_err(WorkshopError::read(cfg))?;
        // Comments are in any encoding, and the rest is ASCII.
        let text = decoded(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned());
        let network = DarknetNetwork::from_cfg(&text)
            .map_err(|cause| WorkshopError::Cfg { path: cfg.to_owned(), cause: Box::new(cause) })?;
        let classes = names(network.classes())?;
        let bytes = read_weights_file(weights)?;
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
            leaky_slope: None,
        })
    }

    /// Reads a float model in ONNX. Its form is what a sidecar says, or the model itself; where neither does, that of the
    /// model card. The weights' sum is the one that the model names, or that of the file.
    pub fn read_model(path: &Path) -> Result<Self, WorkshopError> {
        let bytes = read_model(path)?;
        let metadata = model_file::metadata(&bytes);
        let weights = metadata.as_ref().and_then(|m| m.weights_sha256.clone());
        // One that cannot be read replaced nothing that is known.
        let leaky_slope = metadata.as_ref().and_then(|m| m.leaky_slope.as_ref()?.parse::<LeakySlope>().ok());
        let form = match Sidecar::of(path)? {
            Some(sidecar) => sidecar.form,
            None => metadata.map_or_else(Form::yolov4_tiny_416, |m| m.form),
        };
        let imported = import(&bytes, form.input);
        let graph = imported.map_err(|cause| WorkshopError::Import { path: path.to_owned(), cause })?;
        check_heads(path, &graph, &form)?;
        let name = path.file_stem().map_or_else(|| "model".into(), |s| s.to_string_lossy().into_owned());
        let stem = name.strip_suffix(&float_end(leaky_slope)).unwrap_or(&name).to_owned();
        let weights_sha256 = weights.unwrap_or_else(|| hex(&Sha256::digest(&bytes)));
        Ok(Self { stem, form, graph, weights_sha256, leaky_slope })
    }

    /// The same, with files that begin in another way.
    #[must_use]
    pub(super) fn with_stem(self, stem: impl Into<String>) -> Self {
        Self { stem: stem.into(), ..self }
    }

    /// The same network with another slope of its leaky ReLUs: a model of its own, as what a chip computes in INT8 is
    /// compared with.
    #[must_use]
    pub fn with_leaky_slope(self, slope: LeakySlope) -> Self {
        Self { graph: self.graph.with_leaky_slope(slope.value()), leaky_slope: Some(slope), ..self }
    }

    /// The network as a recipe computes it, in float.
    pub fn for_recipe(&self, recipe: &Recipe) -> Cow<'_, Self> {
        match recipe.leaky_slope {
            Some(slope) if self.leaky_slope != Some(slope) => Cow::Owned(self.clone().with_leaky_slope(slope)),
            _ => Cow::Borrowed(self),
        }
    }

    /// The slope of leaky ReLUs that replaced the network's own.
    pub fn leaky_slope(&self) -> Option<LeakySlope> {
        self.leaky_slope
    }

    /// Its input, classes and heads.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Its operations, in float.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Its input's size in pixels.
    pub fn input(&self) -> Size {
        self.form.input
    }

    /// Of darknet's weights file, in hexadecimal; of an ONNX file that names none, of that file.
    pub fn weights_sha256(&self) -> &str {
        &self.weights_sha256
    }

    /// The file name of this network's calibration table for a recipe. Recipes of ours that choose ranges in one way
    /// share one table.
    pub fn table_name(&self, recipe: &Recipe) -> String {
        let ours = Recipe::built().into_iter().find(|ours| ours.shares_table(recipe));
        let is_ours = Recipe::names().any(|name| name == recipe.name);
        match ours.filter(|_| is_ours).map_or_else(|| recipe.name.clone(), |ours| ours.name).as_str() {
            "card" => format!("{}.calibration.json", self.stem),
            name => format!("{}.{name}.calibration.json", self.stem),
        }
    }

    /// The model in float32.
    pub fn float(&self) -> ModelFile {
        let metadata = self.metadata(Precision::Fp32, "float", None);
        ModelFile::new(format!("{}{}.onnx", self.stem, float_end(self.leaky_slope)), float_onnx(&self.graph, &metadata))
    }

    /// Whether the recipe fits this network: every node that it names is there.
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
    pub fn quantized(
        &self,
        recipe: &Recipe,
        table: &CalibrationTable,
        path: &Path,
    ) -> Result<ModelFile, WorkshopError> {
        let wrong = |cause| WorkshopError::Table { path: path.to_owned(), cause };
        table.check(&self.weights_sha256, self.input()).map_err(wrong)?;
        if table.method != recipe.ranges {
            let (recipe, wanted) = (recipe.name.clone(), recipe.ranges);
            return Err(wrong(TableError::OtherMethod { table: table.method, recipe, wanted }));
        }
        if table.grids != recipe.grids_of_ranges() {
            let (recipe, wanted) = (recipe.name.clone(), recipe.grids_of_ranges());
            return Err(wrong(TableError::OtherGrids { table: table.grids, recipe, wanted }));
        }
        let network = self.for_recipe(recipe);
        if table.leaky_slope != network.leaky_slope {
            let [table, wanted] = [table.leaky_slope, network.leaky_slope].map(slope_text);
            return Err(wrong(TableError::OtherSlope { table, wanted }));
        }
        self.check(recipe)?;
        let metadata = network.metadata(Precision::Int8, &recipe.name, Some(table.sha256()));
        let bytes = quantized_onnx(&network.graph, table, recipe, &metadata).map_err(wrong)?;
        Ok(ModelFile::new(format!("{}_int8_{}.onnx", self.stem, recipe.file_suffix()), bytes))
    }

    fn metadata(&self, precision: Precision, recipe: &str, calibration_sha256: Option<String>) -> Metadata {
        Metadata {
            form: self.form.clone(),
            precision,
            recipe: recipe.to_owned(),
            weights_sha256: Some(self.weights_sha256.clone()),
            calibration_sha256,
            leaky_slope: self.leaky_slope.map(|slope| slope.to_string()),
        }
    }
}

/// How the name of a float model's file ends.
fn float_end(slope: Option<LeakySlope>) -> String {
    slope.map_or_else(|| "_float".into(), |slope| format!("_float_{}", slope.file_part()))
}

fn slope_text(slope: Option<LeakySlope>) -> String {
    slope.map_or_else(|| "the network's own".into(), |slope| slope.to_string())
}

/// Whether a graph reads and puts out what a form says.
fn check_heads(path: &Path, graph: &Graph, form: &Form) -> Result<(), WorkshopError> {
    let wanted: Vec<[usize; 4]> = form.heads.iter().map(|head| form.shape(head)).collect();
    let shape = |t: &GraphTensor| [1, t.shape.channels, t.shape.size.height, t.shape.size.width].map(|n| n as usize);
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

/// Reads darknet's weights file.
pub(super) fn read_weights_file(path: &Path) -> Result<Vec<u8>, WorkshopError> {
    read_limited(path, MAX_WEIGHTS_BYTES).map_err(WorkshopError::read(path))
}

fn class_names(classes: usize, names: Option<&Path>) -> Result<Classes, WorkshopError> {
    let Some(path) = names else {
        let coco = Classes::coco();
        return if coco.len() == classes { Ok(coco) } else { Err(WorkshopError::NamesNeeded { classes }) };
    };
    let bytes = read_limited(path, MAX_TEXT_BYTES).map_err(WorkshopError::read(path))?;
    let text = decoded(&bytes).map_err(|line| WorkshopError::NamesText { path: path.to_owned(), line })?;
    let given = Classes::from_lines(&text);
    if given.len() != classes {
        return Err(WorkshopError::NameCount { path: path.to_owned(), names: given.len(), classes });
    }
    Ok(given)
}
