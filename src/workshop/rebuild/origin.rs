//! What an INT8 model was made of: its network, recipe and calibration table.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::rebuilt_model::{RECIPE, RebuiltModel, TABLE, beside};
use crate::detect::Form;
use crate::model::{Catalog, Precision, hex};
use crate::workshop::calibration::{CalibrationTable, Calibrator};
use crate::workshop::error::WorkshopError;
use crate::workshop::float_model::{FloatModel, read_weights_file};
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
    /// Finds weights, cfg and recipe of an INT8 model file of ours: weights by their sum, in the model's folder or
    /// among the downloads, or the float model that was made of them. Takes a fraction of a second.
    pub fn of(catalog: &Catalog, model: &Path) -> Result<Self, RebuildError> {
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
        let home = model.parent().map_or_else(PathBuf::new, Path::to_owned);
        let looked_in = vec![home.clone(), catalog.download("")];
        let weights = metadata.weights_sha256.ok_or_else(|| RebuildError::NotTold { path: path() })?;
        let network = find_network(&weights, &metadata.form, &looked_in)
            .ok_or(RebuildError::NoWeights { path: path(), looked_in })?;
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

    /// The same model with these nodes left in float too.
    pub fn with_float(&self, nodes: &[String]) -> Result<RebuiltModel, RebuildError> {
        let mut recipe = self.recipe.clone().with_float(nodes);
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
        let table = calibrator.table(recipe.ranges);
        let file = self.network.quantized(recipe, &table, Path::new("of these frames"))?;
        let sum = table.sha256();
        let end = format!("_{}-frames-{}", table.pictures, sum.get(..6).unwrap_or_default());
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
/// was made of them. What cannot be read is not what is looked for.
fn find_network(sha256: &str, form: &Form, dirs: &[PathBuf]) -> Option<FloatModel> {
    for dir in dirs {
        // A folder that is not there has no weights.
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        let of_kind = |kind: &'static str| paths.iter().filter(move |p| p.extension().is_some_and(|end| end == kind));
        let is_it =
            |weights: &&PathBuf| read_weights_file(weights).is_ok_and(|bytes| hex(&Sha256::digest(bytes)) == sha256);
        let is_made_of_it = |model: &&PathBuf| {
            read_metadata(model).is_ok_and(|(_, _, metadata)| {
                metadata.is_some_and(|m| m.precision == Precision::Fp32 && m.weights_sha256.as_deref() == Some(sha256))
            })
        };
        // Darknet gives weights names of their own, as "mine_best.weights" after "mine.cfg".
        let of_weights = of_kind("weights").filter(is_it).flat_map(|weights| {
            of_kind("cfg").filter_map(|cfg| FloatModel::read_named(cfg, weights, |_| Ok(form.classes.clone())).ok())
        });
        let of_models = of_kind("onnx").filter(is_made_of_it).filter_map(|model| FloatModel::read_model(model).ok());
        if let Some(found) = of_weights.chain(of_models).find(|network| network.form() == form) {
            return Some(found);
        }
    }
    None
}

/// "card_float-head_stride_32", as long as a name may be.
fn telling_name(recipe: &str, float: &[String]) -> String {
    let recipe = recipe.split("_float-").next().unwrap_or(recipe).trim_end_matches("-custom");
    let plain: Vec<String> = float.iter().map(|node| node.replace('*', "")).collect();
    let all = format!("{recipe}_float-{}", plain.join("-"));
    if all.len() <= MAX_NAME {
        return all;
    }
    let first = plain.first().map_or("", String::as_str);
    let rest = match plain.len().saturating_sub(1) {
        0 => format!("_float-{first}"),
        more => format!("_float-{first}-and-{more}-more"),
    };
    let room = MAX_NAME.saturating_sub(rest.len());
    let mut name = format!("{}{rest}", recipe.get(..room.min(recipe.len())).unwrap_or_default());
    name.truncate(MAX_NAME);
    name
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
}
