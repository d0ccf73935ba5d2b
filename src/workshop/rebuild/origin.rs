//! What an INT8 model was made of: its network, recipe and calibration table.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::rebuilt_model::{FRAMES, RECIPE, RebuiltModel, TABLE, beside};
use crate::detect::Form;
use crate::model::{Catalog, Precision, hex};
use crate::workshop::calibration::{CalibrationTable, Calibrator};
use crate::workshop::error::WorkshopError;
use crate::workshop::float_model::{FloatModel, read_weights_file};
use crate::workshop::leaky_slope::LeakySlope;
use crate::workshop::model_file::read_metadata;
use crate::workshop::recipe::{MAX_NAME, Recipe};

/// Why a model cannot be made again. Each message says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("{} does not record what it was built from; build it with `twinsight models quantize`, which records that", path.display())]
    NotTold { path: PathBuf },
    #[error("{} is not an INT8 model, so no layer can be put back into float", path.display())]
    NotInt8 { path: PathBuf },
    #[error("the recipe {recipe} of {} is unknown; put it beside the model, as {}", path.display(), beside(path, RECIPE).display())]
    NoRecipe { path: PathBuf, recipe: String },
    #[error("the weights that {} was built from are not in {}; put them there with their cfg, or the float model \
             built from them", path.display(), list(looked_in))]
    NoWeights { path: PathBuf, looked_in: Vec<PathBuf> },
    #[error("the calibration table of {} is missing; put it beside the model, as {}", path.display(), beside(path, TABLE).display())]
    NoTable { path: PathBuf },
    #[error("{} is already in float; select another layer", nodes.join(", "))]
    IsFloat { nodes: Vec<String> },
    #[error(transparent)]
    Workshop(#[from] WorkshopError),
}

/// What an INT8 model was made of.
#[derive(Clone, Debug)]
pub struct ModelOrigin {
    model: PathBuf,
    network: FloatModel,
    recipe: Recipe,
    /// The table's sum; `None`: the file does not say.
    calibration_sha256: Option<String>,
    /// Where tables lie.
    dirs: Vec<PathBuf>,
}

impl ModelOrigin {
    /// Finds weights, cfg and recipe of an INT8 model file of ours: weights by their sum, in the model's folder, beside
    /// `other`, in the models folder or among the downloads, or the float model that was made of them. Reads the models and
    /// weights there. `other`: the float model that it is compared with.
    pub fn near(catalog: &Catalog, model: &Path, other: Option<&Path>) -> Result<Self, RebuildError> {
        let path = || model.to_owned();
        let (_, _, metadata) = read_metadata(model)?;
        let metadata = metadata.ok_or_else(|| RebuildError::NotTold { path: path() })?;
        if metadata.precision != Precision::Int8 {
            return Err(RebuildError::NotInt8 { path: path() });
        }
        let written = beside(model, RECIPE);
        let recipe = if written.is_file() {
            Recipe::read(&written)?
        } else if Recipe::names().any(|name| name == metadata.recipe) {
            Recipe::find(&metadata.recipe)?
        } else {
            return Err(RebuildError::NoRecipe { path: path(), recipe: metadata.recipe });
        };
        let home = folder(model);
        let mut looked_in: Vec<PathBuf> = Vec::new();
        let places =
            [Some(home.clone()), other.map(folder), Some(catalog.dir().to_owned()), Some(catalog.download(""))];
        for place in places.into_iter().flatten() {
            if !looked_in.contains(&place) {
                looked_in.push(place);
            }
        }
        let weights = metadata.weights_sha256.ok_or_else(|| RebuildError::NotTold { path: path() })?;
        let slope = metadata.leaky_slope.as_ref().and_then(|slope| slope.parse().ok());
        let mut network = find_network(&weights, &metadata.form, slope, &looked_in)
            .ok_or(RebuildError::NoWeights { path: path(), looked_in })?;
        if let Some(slope) = slope {
            network = network.with_leaky_slope(slope);
        }
        // What is made of it is named as it is.
        let name = model.file_stem().unwrap_or_default().to_string_lossy();
        let network = network.with_stem(name.split("_int8_").next().unwrap_or(&name));
        let dirs = vec![home, catalog.dir().to_owned()];
        Ok(Self { model: path(), network, recipe, calibration_sha256: metadata.calibration_sha256, dirs })
    }

    /// Its network in float.
    pub fn network(&self) -> &FloatModel {
        &self.network
    }

    /// The recipe that it was made after.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The same model with these nodes left in float too. `nodes`: names of nodes, or of what they put out.
    pub fn with_float(&self, nodes: &[String]) -> Result<RebuiltModel, RebuildError> {
        let is_float = |name: &String| {
            let mut of_graph = self.network.graph().nodes.iter();
            let node = of_graph.find(|n| n.name == *name || n.outputs.iter().any(|tensor| tensor.name == *name));
            node.is_some_and(|node| self.recipe.leaves_in_float(node))
        };
        let new: Vec<String> = nodes.iter().filter(|name| !is_float(name)).cloned().collect();
        let mut recipe = self.recipe.clone().with_float(&new);
        if recipe.float.len() == self.recipe.float.len() {
            return Err(RebuildError::IsFloat { nodes: nodes.to_vec() });
        }
        recipe.name = telling_name(&self.recipe.name, &recipe.float);
        let (table, path) = self.table()?;
        let file = self.network.quantized(&recipe, &table, &path)?;
        Ok(RebuiltModel::new(file, "", recipe, table))
    }

    /// A model of the same network after a recipe, with the ranges that a calibrator saw.
    pub fn with_ranges(&self, recipe: &Recipe, calibrator: &Calibrator) -> Result<RebuiltModel, RebuildError> {
        self.calibrated(recipe, calibrator.table(recipe.ranges, recipe.grids()))
    }

    /// The same model with ranges that hold what a calibrator saw too, beside the pictures of its own calibration.
    pub fn with_added(&self, calibrator: &Calibrator) -> Result<RebuiltModel, RebuildError> {
        let (table, _) = self.table()?;
        self.calibrated(&self.recipe, calibrator.added_to(&table, self.recipe.grids()))
    }

    fn calibrated(&self, recipe: &Recipe, table: CalibrationTable) -> Result<RebuiltModel, RebuildError> {
        let file = self.network.quantized(recipe, &table, Path::new("of these frames"))?;
        let sum = table.sha256();
        let end = format!("_{}{FRAMES}{}", table.pictures, sum.get(..6).unwrap_or_default());
        Ok(RebuiltModel::new(file, &end, recipe.clone(), table))
    }

    fn table(&self) -> Result<(CalibrationTable, PathBuf), RebuildError> {
        let ours = Recipe::names().filter_map(|name| Recipe::find(name).ok());
        let names: Vec<String> =
            std::iter::once(self.recipe.clone()).chain(ours).map(|r| self.network.table_name(&r)).collect();
        let in_dirs = self.dirs.iter().flat_map(|dir| names.iter().map(|name| dir.join(name)));
        for path in std::iter::once(beside(&self.model, TABLE)).chain(in_dirs).filter(|path| path.is_file()) {
            let table = CalibrationTable::read(&path)?;
            let is_it = match &self.calibration_sha256 {
                Some(sum) => table.sha256() == *sum,
                None => table.method == self.recipe.ranges,
            };
            if is_it {
                return Ok((table, path));
            }
        }
        Err(RebuildError::NoTable { path: self.model.clone() })
    }
}

/// The network of this form whose weights have this sum: of darknet's file and a cfg beside it, or of the float model that
/// was made of them, with its own slope of leaky ReLUs or with this one. What cannot be read is not what is looked for.
fn find_network(sha256: &str, form: &Form, slope: Option<LeakySlope>, dirs: &[PathBuf]) -> Option<FloatModel> {
    for dir in dirs {
        // A folder that is not there has no weights.
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        let of_kind = |kind: &'static str| paths.iter().filter(move |p| p.extension().is_some_and(|end| end == kind));
        let is_it =
            |weights: &&PathBuf| read_weights_file(weights).is_ok_and(|bytes| hex(&Sha256::digest(bytes)) == sha256);
        let is_made_of_it = |model: &&PathBuf| {
            read_metadata(model).is_ok_and(|(_, sum, metadata)| {
                // A model that names no weights stands for itself.
                sum == sha256
                    || metadata
                        .is_some_and(|m| m.precision == Precision::Fp32 && m.weights_sha256.as_deref() == Some(sha256))
            })
        };
        // Darknet gives weights names of their own, as "mine_best.weights" after "mine.cfg".
        let of_weights = of_kind("weights").filter(is_it).flat_map(|weights| {
            of_kind("cfg").filter_map(|cfg| FloatModel::read_named(cfg, weights, |_| Ok(form.classes.clone())).ok())
        });
        let of_models = of_kind("onnx").filter(is_made_of_it).filter_map(|model| FloatModel::read_model(model).ok());
        let has_slope = |network: &FloatModel| network.leaky_slope().is_none_or(|own| Some(own) == slope);
        if let Some(found) = of_weights.chain(of_models).find(|network| network.form() == form && has_slope(network)) {
            return Some(found);
        }
    }
    None
}

/// The folder of a file; that of a bare name is the working directory.
fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// "card_float-head_stride_32": a name that a recipe and a file may have, no longer than a recipe's may be.
fn telling_name(recipe: &str, float: &[String]) -> String {
    let recipe = recipe.split("_float-").next().unwrap_or(recipe).trim_end_matches("-custom");
    let nodes: Vec<String> = float.iter().map(|node| plain(node)).collect();
    let all = format!("{recipe}_float-{}", nodes.join("-"));
    if all.len() <= MAX_NAME {
        return all;
    }
    let rest = match nodes.len().saturating_sub(1) {
        0 => String::new(),
        more => format!("-and-{more}-more"),
    };
    // All are ASCII. The end of a node's name tells most, and of the recipe's the beginning.
    let first = nodes.first().map_or("", String::as_str);
    let room = MAX_NAME.saturating_sub("_float-".len() + rest.len());
    let longest = room.saturating_sub(recipe.len().min(4));
    let first = match first.get(first.len().saturating_sub(longest)..).unwrap_or_default() {
        whole if whole.len() == first.len() => whole,
        end => end.split_once('-').map_or(end, |(_, parts)| parts),
    };
    let recipe = recipe.get(..recipe.len().min(room.saturating_sub(first.len()))).unwrap_or_default();
    format!("{recipe}_float-{first}{rest}")
}

/// A node's name with nothing in it that a recipe's name may not have: "model-0-Conv" of "/model/0/Conv".
fn plain(node: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let parts: Vec<&str> = node.split(|c| !kept(c)).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "layer".into() } else { parts.join("-") }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_which_layers_are_in_float() {
        let name = |recipe: &str, nodes: &[&str]| {
            telling_name(recipe, &nodes.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(name("card", &["head_stride_32"]), "card_float-head_stride_32");
        assert_eq!(name("card_float-head_stride_32", &["head_stride_32", "a"]), "card_float-head_stride_32-a");
        assert_eq!(name("card", &["head_*"]), "card_float-head_");
        let many = ["head_stride_32", "head_stride_16", "layer_28_conv"];
        assert_eq!(name("card", &many), "card_float-head_stride_32-and-2-more");
        let one = name(&"r".repeat(40), &many[..1]);
        assert!(one.len() <= MAX_NAME && one.ends_with("r_float-head_stride_32"), "{one}");
        let long = name(&"r".repeat(40), &many);
        assert!(long.len() <= MAX_NAME && long.ends_with("_float-head_stride_32-and-2-more"), "{long}");
    }

    #[test]
    fn any_nodes_name_gives_a_name_that_a_recipe_may_have() {
        let name = |node: &str| telling_name("card", &[node.to_owned()]);
        assert_eq!(name("/model/0/Conv"), "card_float-model-0-Conv");
        assert_eq!(name("свёрточный слой"), "card_float-layer");
        assert_eq!(name("слой-0"), "card_float-0");
        let deep = name("/module/backbone/stage1/blocks/block.0/conv1/Conv_output_0");
        assert_eq!(deep, "card_float-block-0-conv1-Conv_output_0");
        for node in
            ["слой первый очень длинный", "日本語の層の名前はとても長いです", "a/b//c", "...", "x", "/a b\u{301}/c"]
        {
            for recipe in ["card", &"r".repeat(40)] {
                for float in [vec![node.to_owned()], vec![node.repeat(9), node.into(), node.into()]] {
                    let name = telling_name(recipe, &float);
                    let named = Recipe { name: name.clone(), ..Recipe::card() };
                    assert!(Recipe::from_json(&named.to_json()).is_ok(), "{node}: {name}");
                }
            }
        }
    }
}
