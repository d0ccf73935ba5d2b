//! The calibration table: for each tensor the range that its bytes are to cover, how that was chosen, and over
//! which pictures.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::detect::Size;
use crate::model::hex;

/// The version of the file's format.
const FORMAT: u32 = 1;
/// Of the file; the table of YOLOv4-tiny has 4 kB.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// How a tensor's range is chosen from all its values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Choice {
    /// The smallest and the largest value.
    #[default]
    MinMax,
    /// So many per cent of the values lie within; as many are cut off below as above.
    Percentile(f64),
    /// The least Kullback-Leibler divergence between the values and their bytes.
    Entropy,
    /// The least mean squared error, as far as a leaky ReLU that follows lets it through.
    Mse,
}

/// How the ranges of a network's tensors are chosen. In JSON and on the command line: "minmax",
/// "percentile 99.99", "entropy", "mse", or two of them as "percentile 99.99, before leaky mse".
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Method {
    pub all: Choice,
    /// Of tensors that nothing but a leaky ReLU reads.
    pub before_leaky: Choice,
}

impl Method {
    pub const MINMAX: Self = Self::of(Choice::MinMax);

    /// The same choice for all tensors.
    pub const fn of(all: Choice) -> Self {
        Self { all, before_leaky: all }
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MinMax => f.write_str("minmax"),
            Self::Percentile(percent) => write!(f, "percentile {percent}"),
            Self::Entropy => f.write_str("entropy"),
            Self::Mse => f.write_str("mse"),
        }
    }
}

const BEFORE_LEAKY: &str = ", before leaky ";

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { all, before_leaky } = self;
        if all == before_leaky { all.fmt(f) } else { write!(f, "{all}{BEFORE_LEAKY}{before_leaky}") }
    }
}

impl From<Method> for String {
    fn from(method: Method) -> Self {
        method.to_string()
    }
}

impl TryFrom<String> for Method {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(BEFORE_LEAKY) {
            None => Ok(Self::of(text.parse()?)),
            Some((all, before_leaky)) => Ok(Self { all: all.parse()?, before_leaky: before_leaky.parse()? }),
        }
    }
}

impl std::str::FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent = text.strip_prefix("percentile ").and_then(|p| p.parse().ok());
        match (text, percent) {
            ("minmax", _) => Ok(Self::MinMax),
            ("entropy", _) => Ok(Self::Entropy),
            ("mse", _) => Ok(Self::Mse),
            (_, Some(percent)) if (50.0..=100.0).contains(&percent) => Ok(Self::Percentile(percent)),
            _ => Err(format!("the method {text:?}, which is none of minmax, percentile 50 to 100, entropy, mse")),
        }
    }
}

/// Values of one tensor over all pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub min: f32,
    pub max: f32,
}

impl Range {
    /// Holds nothing yet.
    pub const EMPTY: Self = Self { min: f32::INFINITY, max: f32::NEG_INFINITY };

    pub fn join(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// Ranges by tensor, and where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationTable {
    pub method: Method,
    /// The program that measured, and its version.
    pub tool: String,
    pub pictures: usize,
    /// Over the sorted sha256 sums of the picture files, each in hexadecimal with a line feed after it.
    pub pictures_sha256: String,
    /// Of the darknet weights file.
    pub weights_sha256: String,
    pub input: Size,
    /// In the order of the graph.
    pub ranges: Vec<(String, Range)>,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TableError {
    #[error("cannot be read: {0}")]
    Json(String),
    #[error("has format {0}, and this Twinsight reads format {FORMAT}")]
    Format(u32),
    #[error("has {0}")]
    Method(String),
    #[error("was made with the method {table}, and the recipe {recipe} takes {wanted}")]
    OtherMethod { table: Method, recipe: String, wanted: Method },
    #[error("gives {tensor} the range {min} to {max}, which is none")]
    Range { tensor: String, min: f32, max: f32 },
    #[error("was made for other weights (sha256 {table}, and these have {weights})")]
    OtherWeights { table: String, weights: String },
    #[error("was made for an input of {table}, and the cfg has {cfg}")]
    OtherInput { table: Size, cfg: Size },
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    method: String,
    tool: String,
    pictures: usize,
    pictures_sha256: String,
    weights_sha256: String,
    input: [u32; 2],
    ranges: serde_json::Map<String, serde_json::Value>,
}

impl CalibrationTable {
    pub fn from_json(text: &str) -> Result<Self, TableError> {
        let json = |e: serde_json::Error| TableError::Json(e.to_string());
        let file: File = serde_json::from_str(text).map_err(json)?;
        if file.format != FORMAT {
            return Err(TableError::Format(file.format));
        }
        let method = file.method.parse().map_err(TableError::Method)?;
        let mut ranges = Vec::with_capacity(file.ranges.len());
        for (tensor, value) in file.ranges {
            let [min, max]: [f32; 2] = serde_json::from_value(value).map_err(json)?;
            if !(min.is_finite() && max.is_finite() && min <= max) {
                return Err(TableError::Range { tensor, min, max });
            }
            ranges.push((tensor, Range { min, max }));
        }
        Ok(Self {
            method,
            tool: file.tool,
            pictures: file.pictures,
            pictures_sha256: file.pictures_sha256,
            weights_sha256: file.weights_sha256,
            input: Size::new(file.input[0], file.input[1]),
            ranges,
        })
    }

    /// One tensor a line, so that a change of the table can be read. Numbers have the fewest digits that give
    /// the same float32 back.
    pub fn to_json(&self) -> String {
        let Self { method, tool, pictures, pictures_sha256, weights_sha256, input, ranges } = self;
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut text = format!(
            "{{\n  \"format\": {FORMAT},\n  \"method\": {},\n  \"tool\": {},\n  \"pictures\": {pictures},\n  \
             \"pictures_sha256\": {},\n  \"weights_sha256\": {},\n  \"input\": [{}, {}],\n  \"ranges\": {{",
            quoted(&method.to_string()),
            quoted(tool),
            quoted(pictures_sha256),
            quoted(weights_sha256),
            input.width,
            input.height,
        );
        for (i, (tensor, Range { min, max })) in ranges.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}\n    {}: [{min:?}, {max:?}]", quoted(tensor));
        }
        text.push_str("\n  }\n}\n");
        text
    }

    /// Of the table as [`CalibrationTable::to_json`] writes it, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(self.to_json()))
    }

    /// Ranges by tensor name.
    pub fn by_tensor(&self) -> HashMap<&str, Range> {
        self.ranges.iter().map(|(tensor, range)| (tensor.as_str(), *range)).collect()
    }

    /// Whether the table belongs to a network.
    pub fn check(&self, weights_sha256: &str, input: Size) -> Result<(), TableError> {
        if self.weights_sha256 != weights_sha256 {
            let (table, weights) = (self.weights_sha256.clone(), weights_sha256.to_owned());
            return Err(TableError::OtherWeights { table, weights });
        }
        if self.input != input {
            return Err(TableError::OtherInput { table: self.input, cfg: input });
        }
        Ok(())
    }
}
