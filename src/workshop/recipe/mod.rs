//! How a model becomes INT8, as data: `models/recipes/*.json`, or a file of one's own.
//!
//! ```json
//! { "name": "mine", "weights": "channel", "ranges": "percentile 99.99, before leaky mse", "concat": "shared",
//!   "float": ["layer_00_conv"], "float_output": ["head_*"] }
//! ```
//!
//! Chips ask for more. Each of these keys may be left out; the first value is then meant:
//!
//! | key | values | what it does |
//! | --- | --- | --- |
//! | `activations` | `"uint8"`, `"int8"`, `"symmetric"` | bytes with zero points; the same, signed; int8 with the zero point 0 |
//! | `scales` | `"float"`, `"power_of_two"` | all scales, of weights too, are powers of two: requantization is a shift |
//! | `leaky_slope` | the network's own, or `"26/256"`, `"3/32"`, `"1/8"`, … | replaces the slope of all leaky ReLUs, in calibration too |
//! | `weight_bits` | 8, or 2 to 7 | weights from −(2ⁿ⁻¹ − 1) to 2ⁿ⁻¹ − 1, in int8 |
//! | `bias_bits` | 32, or 8 to 31 | biases of so many bits, shifted left by as many places in a whole layer as it needs |
//! | `format` | `"qoperator"`, `"qdq"` | operators on bytes, or float ones between QuantizeLinear and DequantizeLinear |

mod settings;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use self::settings::{Activations, Concat, Scales, WeightScales};
use super::calibration::{GridKind, Method};
use super::error::{RecipeError, WorkshopError};
use super::graph::{Graph, GraphOp, Node};
use super::leaky_slope::LeakySlope;
use crate::files::{FileFormat, has_keys, read_limited, without_mark};
use crate::onnx::IntegerForm;

/// Of a recipe's file.
const MAX_BYTES: u64 = 1 << 16;
pub(super) const MAX_NAME: usize = 40;

/// Of weights, and of biases.
const WEIGHT_BITS: [u32; 2] = [2, 8];
const BIAS_BITS: [u32; 2] = [8, 32];

/// The recipes that come with the program, as their files are.
const BUILT_IN: [(&str, &str); 7] = [
    ("card", include_str!("../../../models/recipes/card.json")),
    ("tuned", include_str!("../../../models/recipes/tuned.json")),
    ("safe", include_str!("../../../models/recipes/safe.json")),
    ("vitis-like", include_str!("../../../models/recipes/vitis-like.json")),
    ("zynq", include_str!("../../../models/recipes/zynq.json")),
    ("m7", include_str!("../../../models/recipes/m7.json")),
    ("card-signed", include_str!("../../../models/recipes/card-signed.json")),
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
    #[serde(default, skip_serializing_if = "Scales::are_floats")]
    pub scales: Scales,
    /// Replaces the slope of the network's leaky ReLUs; `None` = they keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaky_slope: Option<LeakySlope>,
    /// From 2 to 8.
    #[serde(default = "most_weight_bits", skip_serializing_if = "is_most_weight_bits")]
    pub weight_bits: u32,
    /// From 8 to 32. Biases of fewer bits are shifted left, by as many places in a whole layer as it needs.
    #[serde(default = "most_bias_bits", skip_serializing_if = "is_most_bias_bits")]
    pub bias_bits: u32,
    #[serde(default, skip_serializing_if = "is_qoperator")]
    pub format: IntegerForm,
    /// Nodes that stay in float: names of nodes or of what they put out, or beginnings of names with a `*` after them.
    #[serde(default)]
    pub float: Vec<String>,
    /// 1×1 convolutions that compute in bytes and do not round what comes out: it is float. Named in the same way.
    #[serde(default)]
    pub float_output: Vec<String>,
}

fn most_weight_bits() -> u32 {
    WEIGHT_BITS[1]
}

fn is_most_weight_bits(bits: &u32) -> bool {
    *bits == most_weight_bits()
}

fn most_bias_bits() -> u32 {
    BIAS_BITS[1]
}

fn is_most_bias_bits(bits: &u32) -> bool {
    *bits == most_bias_bits()
}

fn is_qoperator(form: &IntegerForm) -> bool {
    *form == IntegerForm::QOperator
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
        let bits = [("weight_bits", recipe.weight_bits, WEIGHT_BITS), ("bias_bits", recipe.bias_bits, BIAS_BITS)];
        for (key, value, [least, most]) in bits {
            if !(least..=most).contains(&value) {
                return Err(RecipeError::Bits { key, value, least, most });
            }
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
        if !new.is_empty() {
            self.end_name("-custom");
        }
        self.float.extend(new);
        self
    }

    /// The same recipe for models of another form. It is another recipe then, and says so by its name.
    #[must_use]
    pub fn with_format(mut self, format: IntegerForm) -> Self {
        if format != self.format {
            self.end_name(&format!("-{}", format.as_str()));
        }
        self.format = format;
        self
    }

    fn end_name(&mut self, end: &str) {
        if !self.name.ends_with(end) {
            // Names are ASCII.
            self.name.truncate(MAX_NAME - end.len());
            self.name.push_str(end);
        }
    }

    /// The grids that its activations may have.
    pub fn grids(&self) -> GridKind {
        GridKind {
            power_of_two: self.scales == Scales::PowerOfTwo,
            symmetric: self.activations == Activations::Symmetric,
        }
    }

    /// Of them, those on which its ranges depend.
    pub fn grids_of_ranges(&self) -> GridKind {
        if self.ranges.sees_grids() { self.grids() } else { GridKind::default() }
    }

    /// Whether a calibration table of the other recipe serves this one too.
    pub fn shares_table(&self, other: &Self) -> bool {
        let key = |recipe: &Self| (recipe.ranges, recipe.grids_of_ranges(), recipe.leaky_slope);
        key(self) == key(other)
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
        let built_in = Recipe::names().map(Recipe::built_in);
        for recipe in built_in.chain([Recipe::tuned().with_format(IntegerForm::Qdq)]) {
            assert_eq!(Recipe::from_json(&recipe.to_json()), Ok(recipe));
        }
    }

    #[test]
    fn what_chips_ask_for_is_read() {
        let text = |more: &str| {
            format!(r#"{{"name": "mine", "weights": "tensor", "ranges": "mse", "concat": "own", {more}, "float": []}}"#)
        };
        let recipe = Recipe::from_json(&text(
            r#""activations": "symmetric", "scales": "power_of_two", "leaky_slope": "3/32", "weight_bits": 5,
               "bias_bits": 16, "format": "qdq""#,
        ))
        .unwrap();
        assert_eq!(recipe.grids(), GridKind { power_of_two: true, symmetric: true });
        assert_eq!(recipe.leaky_slope.map(LeakySlope::value), Some(0.09375));
        assert_eq!((recipe.weight_bits, recipe.bias_bits, recipe.format), (5, 16, IntegerForm::Qdq));
        let default = Recipe::from_json(&text(r#""activations": "uint8""#)).unwrap();
        assert_eq!((default.weight_bits, default.bias_bits, default.leaky_slope), (8, 32, None));
        assert_eq!((default.scales, default.format), (Scales::Float, IntegerForm::QOperator));
        for (more, said) in [
            (r#""activations": "int7""#, "expected one of `uint8`, `int8`, `symmetric`"),
            (r#""scales": "power of two""#, "expected `float` or `power_of_two`"),
            (r#""leaky_slope": "0.1""#, "such as \"26/256\""),
            (r#""leaky_slope": 0.1"#, "expected a string"),
            (r#""weight_bits": 1"#, "has weight_bits 1; use 2 to 8"),
            (r#""weight_bits": 9"#, "has weight_bits 9; use 2 to 8"),
            (r#""weight_bits": -4"#, "integer `-4`"),
            (r#""bias_bits": 7"#, "has bias_bits 7; use 8 to 32"),
            (r#""bias_bits": 33"#, "has bias_bits 33; use 8 to 32"),
            (r#""format": "qd""#, "expected `qoperator` or `qdq`"),
            (r#""formats": "qdq""#, "unknown field `formats`, expected one of `name`,"),
        ] {
            let error = Recipe::from_json(&text(more)).unwrap_err().to_string();
            assert!(error.contains(said), "{more}: {error}");
        }
    }

    #[test]
    fn tables_are_shared_by_recipes_that_choose_ranges_in_one_way() {
        let [tuned, vitis, zynq, m7] = ["tuned", "vitis-like", "zynq", "m7"].map(Recipe::built_in);
        assert!(m7.shares_table(&tuned) && !vitis.shares_table(&tuned) && !vitis.shares_table(&zynq));
        let other = Recipe { ranges: Method::MINMAX, leaky_slope: None, ..vitis };
        assert!(other.shares_table(&Recipe::card()), "the smallest and the largest value are those of any grid");
    }

    #[test]
    fn a_recipe_of_another_form_has_another_name() {
        let qdq = Recipe::tuned().with_format(IntegerForm::Qdq);
        assert_eq!((qdq.name.as_str(), qdq.file_suffix()), ("tuned-qdq", "tuned-qdq"));
        assert_eq!(qdq.clone().with_format(IntegerForm::Qdq), qdq);
        assert_eq!(Recipe::tuned().with_format(IntegerForm::QOperator), Recipe::tuned());
        let long = Recipe { name: "n".repeat(MAX_NAME), ..Recipe::tuned() }.with_format(IntegerForm::Qdq);
        assert!(Recipe::from_json(&long.to_json()).is_ok() && long.name.ends_with("n-qdq"));
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
