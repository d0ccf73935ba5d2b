//! How a model becomes INT8, as data: `models/recipes/*.json`, or a file of one's own.
//!
//! ```json
//! { "name": "mine", "weights": "channel", "ranges": "percentile 99.99, before leaky mse", "concat": "shared",
//!   "float": ["layer_00_conv"], "float_output": ["head_*"] }
//! ```

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::calibration::Method;
use super::error::{RecipeError, WorkshopError};
use super::graph::{Graph, GraphOp, Node};
use crate::files::{FileFormat, has_keys, read_limited, without_mark};

/// Of a recipe's file.
const MAX_BYTES: u64 = 1 << 16;
pub(super) const MAX_NAME: usize = 40;

/// The recipes that come with the program, as their files are.
const BUILT_IN: [(&str, &str); 4] = [
    ("card", include_str!("../../models/recipes/card.json")),
    ("tuned", include_str!("../../models/recipes/tuned.json")),
    ("safe", include_str!("../../models/recipes/safe.json")),
    ("card-signed", include_str!("../../models/recipes/card-signed.json")),
];

/// What is rounded, to what, and what is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Goes into the model's metadata and its file's name.
    pub name: String,
    pub weights: WeightScales,
    /// How the range of each tensor is chosen from its values.
    pub ranges: Method,
    pub concat: Concat,
    #[serde(default, skip_serializing_if = "Activations::is_uint8")]
    pub activations: Activations,
    /// Nodes that stay in float: names of nodes or of what they put out, or beginnings of names with a `*` after them.
    #[serde(default)]
    pub float: Vec<String>,
    /// 1×1 convolutions that compute in bytes and do not round what comes out: it is float. Named in the same way.
    #[serde(default)]
    pub float_output: Vec<String>,
}

/// What shares one scale of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightScales {
    /// All weights of a convolution.
    Tensor,
    /// Those of one filter.
    Channel,
    /// Those of one filter, scaled just so far that no two neighbours can overflow 16 bits: such a model is exact on
    /// every processor.
    #[serde(rename = "no overflow")]
    NoOverflow,
}

impl WeightScales {
    /// Whether each filter has a scale of its own.
    pub fn is_per_filter(self) -> bool {
        self != Self::Tensor
    }
}

/// What the bytes of activations are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activations {
    #[default]
    Uint8,
    /// The same values, 128 less: what `onnxruntime.quantization.quantize_static` makes by default.
    Int8,
}

impl Activations {
    fn is_uint8(&self) -> bool {
        *self == Self::Uint8
    }
}

/// How tensors are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Concat {
    /// Each input has its own scale, and is rounded again to the output's (QLinearConcat).
    Own,
    /// Inputs and output share one scale, so that bytes are only copied (Concat).
    Shared,
}

impl Recipe {
    /// The file's kind.
    pub const FILE: FileFormat =
        FileFormat { name: "a recipe", reads: MAX_BYTES, is: |bytes| has_keys(bytes, &["name", "weights", "ranges"]) };

    /// The model card's.
    pub fn card() -> Self {
        Self::built_in("card")
    }

    /// The best one that was found by measuring.
    pub fn tuned() -> Self {
        Self::built_in("tuned")
    }

    fn built_in(name: &str) -> Self {
        let text = BUILT_IN.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| text);
        #[expect(clippy::expect_used, reason = "a test reads every recipe that comes with the program")]
        Self::from_json(text).expect("a recipe of ours can be read")
    }

    /// The one that is exact on every processor by construction.
    pub fn safe() -> Self {
        Self::built_in("safe")
    }

    /// The recipes whose models set-up builds, in the order of the window.
    pub fn built() -> [Self; 3] {
        [Self::card(), Self::tuned(), Self::safe()]
    }

    /// Names of the recipes that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A recipe of ours by its name, or of a file.
    pub fn find(text: &str) -> Result<Self, WorkshopError> {
        if Self::names().any(|name| name == text) {
            return Ok(Self::built_in(text));
        }
        let path = Path::new(text);
        if !path.exists() && path.extension().is_none() {
            let known = Self::names().collect::<Vec<_>>().join(", ");
            return Err(WorkshopError::NoRecipe { name: text.to_owned(), known });
        }
        Self::read(path)
    }

    /// A recipe of a file.
    pub fn read(path: &Path) -> Result<Self, WorkshopError> {
        let bytes = read_limited(path, MAX_BYTES).map_err(WorkshopError::read(path))?;
        let wrong = |cause| WorkshopError::Recipe { path: path.to_owned(), cause };
        let recipe = Self::from_json(&String::from_utf8_lossy(without_mark(&bytes))).map_err(wrong)?;
        let ours = Self::names().find(|name| *name == recipe.name).map(Self::built_in);
        if ours.is_some_and(|ours| ours != recipe) {
            return Err(wrong(RecipeError::Taken(recipe.name)));
        }
        Ok(recipe)
    }

    /// Reads a recipe's text.
    pub fn from_json(text: &str) -> Result<Self, RecipeError> {
        let recipe: Self = serde_json::from_str(text).map_err(|e| RecipeError::Json(e.to_string()))?;
        let name = &recipe.name;
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(good) {
            return Err(RecipeError::Name { name: name.clone(), most: MAX_NAME });
        }
        Ok(recipe)
    }

    /// On one line.
    pub fn to_json(&self) -> String {
        // A struct of plain values always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The same recipe with more nodes left in float. It is another recipe then, and says so by its name.
    #[must_use]
    pub fn with_float(mut self, nodes: &[String]) -> Self {
        let new: Vec<String> = nodes.iter().filter(|n| !self.float.contains(n)).cloned().collect();
        if !new.is_empty() && !self.name.ends_with("-custom") {
            self.name.truncate(MAX_NAME - "-custom".len());
            self.name.push_str("-custom");
        }
        self.float.extend(new);
        self
    }

    /// Whether the recipe names this node to stay in float.
    pub fn leaves_in_float(&self, node: &Node) -> bool {
        self.float.iter().any(|pattern| fits(pattern, node))
    }

    /// Whether the recipe names this node to compute in bytes and to put out float.
    pub fn puts_out_float(&self, node: &Node) -> bool {
        self.float_output.iter().any(|pattern| fits(pattern, node))
    }

    /// A pattern of this recipe that fits no node of the graph.
    pub fn stray_pattern(&self, graph: &Graph) -> Option<&str> {
        let is_stray = |pattern: &&String| !graph.nodes.iter().any(|node| fits(pattern, node));
        self.float.iter().chain(&self.float_output).find(is_stray).map(String::as_str)
    }

    /// A node whose output cannot stay in float, because it is no 1×1 convolution.
    pub fn cannot_put_out_float<'a>(&self, graph: &'a Graph) -> Option<&'a str> {
        let can = |node: &Node| match &node.op {
            GraphOp::Conv(folded) => folded.size == 1 && folded.stride == 1 && folded.padding == [0; 4],
            _ => false,
        };
        graph.nodes.iter().find(|node| self.puts_out_float(node) && !can(node)).map(|node| node.name.as_str())
    }

    /// The end of a model's file name, after "int8_". The card's is the published file's.
    pub fn file_suffix(&self) -> &str {
        if self.name == "card" { "qop" } else { &self.name }
    }
}

/// Whether a pattern fits a node or a tensor that it puts out. Other exporters name both differently, and what is seen of
/// layers is their tensors.
fn fits(pattern: &str, node: &Node) -> bool {
    matches(pattern, &node.name) || node.outputs.iter().any(|tensor| matches(pattern, &tensor.name))
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_of_ours_can_be_read_and_has_its_files_name() {
        for name in Recipe::names() {
            assert_eq!(Recipe::find(name).unwrap().name, name);
        }
    }

    #[test]
    fn a_recipe_is_read_as_it_was_written() {
        for recipe in [Recipe::card(), Recipe::tuned()] {
            assert_eq!(Recipe::from_json(&recipe.to_json()), Ok(recipe));
        }
    }

    #[test]
    fn a_recipe_with_mistakes_is_refused() {
        let good = Recipe::tuned().to_json();
        for (from, to) in [
            ("\"channel\"", "\"group\""),
            ("\"shared\"", "\"half\""),
            ("99.99", "99.99.9"),
            ("percentile 99.99", "percentile 101"),
            ("percentile 99.99", "guess"),
            ("before leaky", "after leaky"),
            ("\"float\"", "\"floats\""),
            ("\"tuned\"", "\"../tuned\""),
            ("\"tuned\"", "\"\""),
        ] {
            let text = good.replace(from, to);
            assert_ne!(text, good, "{from}");
            assert!(Recipe::from_json(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_recipe_with_more_in_float_has_another_name() {
        let recipe = Recipe::card().with_float(&["layer_00_conv".into()]);
        assert_eq!((recipe.name.as_str(), recipe.float.len()), ("card-custom", 1));
        assert_eq!(recipe.clone().with_float(&["layer_00_conv".into()]), recipe);
    }

    #[test]
    fn stars_stand_for_any_end() {
        assert!(matches("head_*", "head_stride_16") && matches("a", "a") && matches("*", "b"));
        assert!(!matches("head_*", "layer_00_conv") && !matches("a", "ab"));
    }
}
