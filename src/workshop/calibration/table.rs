//! The calibration table: for each tensor the range that its bytes cover, how that was chosen, and over which
//! pictures.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::end_shares::{CountedEnds, EndShares};
use super::grid_kind::GridKind;
use super::histogram::TensorRange;
use super::method::Method;
use crate::detect::Size;
use crate::files::{FileFormat, Outputs, has_keys, read_limited, without_mark};
use crate::model::hex;
use crate::workshop::error::{TableError, WorkshopError};
use crate::workshop::leaky_slope::LeakySlope;

/// The version of the file's format.
const FORMAT: u32 = 1;
/// The version of what the file says of the ends of ranges; that of another version is not read.
const ENDS_FORMAT: u32 = 1;
/// Of the file; the table of YOLOv4-tiny has 4 kB.
const MAX_BYTES: u64 = 1 << 20;

/// The range of every tensor, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationTable {
    /// How the ranges were chosen.
    pub method: Method,
    /// Over which grids the squared error was the least; any where the method does not ask for it.
    pub grids: GridKind,
    /// Of the network that was measured; `None` = its own.
    pub leaky_slope: Option<LeakySlope>,
    /// The program that measured, and its version.
    pub tool: String,
    /// How many were measured.
    pub pictures: usize,
    /// Over the sorted sha256 sums of the picture files, each in hexadecimal with a line feed after it. Where pictures were
    /// added to an older table, its sum stands for the older ones.
    pub pictures_sha256: String,
    /// Of the darknet weights file.
    pub weights_sha256: String,
    /// Of the network, in pixels.
    pub input: Size,
    /// In the order of the graph.
    pub ranges: Vec<(String, TensorRange)>,
    /// How many values reached the ends of the ranges; of tensors whose range is joined with others' at most that many. Tables
    /// of earlier versions have no counts.
    pub ends: CountedEnds,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    format: u32,
    method: String,
    grids: Option<String>,
    leaky_slope: Option<LeakySlope>,
    tool: String,
    pictures: usize,
    pictures_sha256: String,
    weights_sha256: String,
    input: [u32; 2],
    ranges: serde_json::Map<String, serde_json::Value>,
    ends: Option<EndsFile>,
}

/// The same, of the ends of ranges.
#[derive(Deserialize)]
struct EndsFile {
    format: u32,
    #[serde(default)]
    pictures: usize,
    #[serde(default)]
    shares: serde_json::Map<String, serde_json::Value>,
}

impl CalibrationTable {
    /// The file's kind.
    pub const FILE: FileFormat = FileFormat {
        name: "a calibration table",
        reads: MAX_BYTES,
        is: |bytes| has_keys(bytes, &["format", "method", "ranges"]),
    };

    /// Reads a table's file; errors name it.
    pub fn read(path: &Path) -> Result<Self, WorkshopError> {
        let bytes = read_limited(path, MAX_BYTES).map_err(WorkshopError::read(path))?;
        Self::from_json(&String::from_utf8_lossy(without_mark(&bytes)))
            .map_err(|cause| WorkshopError::Table { path: path.to_owned(), cause })
    }

    /// Writes the table's file, which may replace an older table.
    pub fn write(&self, path: &Path) -> Result<(), WorkshopError> {
        Ok(Outputs::default().file(path, &Self::FILE)?.write(self.to_json().as_bytes())?)
    }

    /// Reads a table's text. Ranges must be finite, from a smaller to a larger value.
    pub fn from_json(text: &str) -> Result<Self, TableError> {
        let json = |e: serde_json::Error| TableError::Json(e.to_string());
        let file: TableFile = serde_json::from_str(text).map_err(json)?;
        if file.format != FORMAT {
            return Err(TableError::Format { found: file.format, known: FORMAT });
        }
        let method = file.method.parse().map_err(TableError::Method)?;
        let grids = file.grids.map_or(Ok(GridKind::default()), |text| text.parse()).map_err(TableError::Method)?;
        let mut ranges = Vec::with_capacity(file.ranges.len());
        for (tensor, value) in file.ranges {
            let [min, max]: [f32; 2] = serde_json::from_value(value).map_err(json)?;
            if !(min.is_finite() && max.is_finite() && min <= max) {
                return Err(TableError::Range { tensor, min, max });
            }
            ranges.push((tensor, TensorRange { min, max }));
        }
        let mut ends = CountedEnds::default();
        let counted = file.ends.filter(|ends| ends.format == ENDS_FORMAT);
        let (counted, shares) = counted.map_or_else(Default::default, |ends| (ends.pictures, ends.shares));
        ends.pictures = counted;
        for (tensor, value) in shares {
            let shares: [f32; 2] = serde_json::from_value(value).map_err(json)?;
            if !shares.iter().all(|share| (0.0..=1.0).contains(share)) {
                return Err(TableError::Json(format!("the shares {shares:?} of {tensor} are not between 0 and 1")));
            }
            ends.shares.push((tensor, EndShares { low: shares[0], high: shares[1] }));
        }
        Ok(Self {
            method,
            grids,
            leaky_slope: file.leaky_slope,
            tool: file.tool,
            pictures: file.pictures,
            pictures_sha256: file.pictures_sha256,
            weights_sha256: file.weights_sha256,
            input: Size::new(file.input[0], file.input[1]),
            ranges,
            ends,
        })
    }

    /// One tensor a line, so that a change of the table can be read. Numbers have the fewest digits that give
    /// the same float32 back.
    pub fn to_json(&self) -> String {
        let Self { method, grids, leaky_slope, tool, pictures, pictures_sha256, weights_sha256, input, ranges, ends } =
            self;
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        // Writing to a String cannot fail. Tables from before these could be told have none.
        let mut special = String::new();
        if *grids != GridKind::default() {
            let _ = write!(special, "\n  \"grids\": {},", quoted(&grids.to_string()));
        }
        if let Some(slope) = leaky_slope {
            let _ = write!(special, "\n  \"leaky_slope\": {},", quoted(&slope.to_string()));
        }
        let mut text = format!(
            "{{\n  \"format\": {FORMAT},\n  \"method\": {},{special}\n  \"tool\": {},\n  \"pictures\": {pictures},\n  \
             \"pictures_sha256\": {},\n  \"weights_sha256\": {},\n  \"input\": [{}, {}],\n  \"ranges\": {{",
            quoted(&method.to_string()),
            quoted(tool),
            quoted(pictures_sha256),
            quoted(weights_sha256),
            input.width,
            input.height,
        );
        for (i, (tensor, TensorRange { min, max })) in ranges.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}\n    {}: [{min:?}, {max:?}]", quoted(tensor));
        }
        text.push_str("\n  }");
        if !ends.shares.is_empty() {
            let head = format!("\"format\": {ENDS_FORMAT},\n    \"pictures\": {}", ends.pictures);
            let _ = write!(text, ",\n  \"ends\": {{\n    {head},\n    \"shares\": {{");
            for (i, (tensor, EndShares { low, high })) in ends.shares.iter().enumerate() {
                let comma = if i == 0 { "" } else { "," };
                let _ = write!(text, "{comma}\n      {}: [{low:?}, {high:?}]", quoted(tensor));
            }
            text.push_str("\n    }\n  }");
        }
        text.push_str("\n}\n");
        text
    }

    /// Of the table as [`CalibrationTable::to_json`] writes it without [`CalibrationTable::ends`], in hexadecimal: a model
    /// is made of the ranges alone, and what is found out about them later makes no other table of them.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(Self { ends: CountedEnds::default(), ..self.clone() }.to_json()))
    }

    /// Ranges by tensor name.
    pub fn by_tensor(&self) -> HashMap<&str, TensorRange> {
        self.ranges.iter().map(|(tensor, range)| (tensor.as_str(), *range)).collect()
    }

    /// Whether the table belongs to a network with these weights and this input; else an error that says why not.
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
