//! How many bytes are at the ends of the ranges on the pictures of a model's calibration.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::integer::CutTensor;
use crate::onnx::float_name;
use crate::workshop::calibration::{CalibrationTable, Choice, Method};

/// The ends of calibration tables' names.
const TABLE: &str = "calibration.json";
/// The most tables of a folder that are looked at.
const MOST_TABLES: usize = 64;

/// What the shares of the calibration are known from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ShareSource {
    /// They were counted when the model was calibrated: on so many of its pictures.
    Table { counted: usize, pictures: usize },
    /// The table is of an earlier version: what its method cuts off by itself.
    Method(Method),
    /// The same, and where the method does not say it, what was counted on the sample photos of set-up.
    Samples { method: Option<Method>, photos: usize },
    /// There is no table, and no photo that fits the model.
    Unknown,
}

impl fmt::Display for ShareSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { counted: 1, pictures: 1 } => f.write_str("counted on the calibration image"),
            Self::Table { counted, pictures } if counted == pictures => {
                write!(f, "counted on the {pictures} calibration images")
            }
            Self::Table { counted, pictures } => write!(f, "counted on {counted} of the {pictures} calibration images"),
            Self::Method(method) => write!(f, "what the method {method} cuts off; its table has no counts"),
            Self::Samples { method: Some(method), photos } => {
                write!(
                    f,
                    "what the method {method} cuts off, or the sample photos have ({photos}); its table has no counts"
                )
            }
            Self::Samples { method: None, photos } => {
                write!(f, "counted on the sample photos ({photos}); there is no calibration table")
            }
            Self::Unknown => f.write_str("unknown; there is no calibration table"),
        }
    }
}

/// Of each tensor that is rounded, in the order of the graph: the share at its low end and at its high end.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibratedShares {
    pub ends: Vec<[Option<f64>; 2]>,
    pub source: ShareSource,
}

impl CalibratedShares {
    /// `samples` counts them on the sample photos, and gives how many these are; `None`: no photo fits the model. It takes a
    /// while, and is not called where all is known without.
    pub fn of<E>(
        tensors: &[CutTensor],
        table: Option<&CalibrationTable>,
        samples: impl FnOnce() -> Result<Option<(usize, Vec<[f64; 2]>)>, E>,
    ) -> Result<Self, E> {
        if let Some(table) = table.filter(|table| !table.ends.shares.is_empty()) {
            let counted: HashMap<&str, [f32; 2]> =
                table.ends.shares.iter().map(|(tensor, ends)| (tensor.as_str(), [ends.low, ends.high])).collect();
            let of = |tensor: &CutTensor| match counted.get(float_name(&tensor.tensor)) {
                // Of pictures that were not counted, what their method cuts off.
                Some(shares) => {
                    let least = cut_off(table.method, tensor).unwrap_or_default();
                    shares.map(|share| Some(f64::from(share).max(least)))
                }
                None => [None; 2],
            };
            let source = ShareSource::Table { counted: table.ends.pictures, pictures: table.pictures };
            return Ok(Self { ends: tensors.iter().map(of).collect(), source });
        }
        let method = table.map(|table| table.method);
        let mut ends: Vec<[Option<f64>; 2]> =
            tensors.iter().map(|tensor| [method.and_then(|method| cut_off(method, tensor)); 2]).collect();
        let is_known = ends.iter().all(|shares| shares[0].is_some());
        let photos = if is_known { None } else { samples()? };
        let source = match (method, photos) {
            (method, Some((photos, counted))) => {
                for (shares, counted) in ends.iter_mut().zip(counted) {
                    for (share, counted) in shares.iter_mut().zip(counted) {
                        *share = Some(share.unwrap_or_default().max(counted));
                    }
                }
                ShareSource::Samples { method, photos }
            }
            (Some(method), None) => ShareSource::Method(method),
            (None, None) => ShareSource::Unknown,
        };
        Ok(Self { ends, source })
    }
}

/// The share that a method cuts off at each end of a tensor's range; `None`: it depends on the values.
fn cut_off(method: Method, tensor: &CutTensor) -> Option<f64> {
    match if tensor.before_leaky { method.before_leaky } else { method.all } {
        Choice::MinMax => Some(0.0),
        Choice::Percentile(percent) => Some((100.0 - percent) / 200.0),
        Choice::Entropy | Choice::Mse => None,
    }
}

/// The table that a model was made of: beside it, or in one of these folders, with the sum that the model names.
pub fn table_of(model: &Path, sum: Option<&str>, dirs: &[&Path]) -> Option<CalibrationTable> {
    let is_it = |table: &CalibrationTable| sum.is_none_or(|sum| table.sha256() == sum);
    let beside = model.with_extension(TABLE);
    if let Some(table) = CalibrationTable::read(&beside).ok().filter(is_it) {
        return Some(table);
    }
    // Without a sum, any other table could be another model's.
    sum?;
    let in_dir = |dir: &&Path| {
        // A folder that is not there has none; a table that cannot be read is not this one.
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut tables: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with(TABLE)).collect();
        tables.sort();
        tables.truncate(MOST_TABLES);
        tables.iter().find_map(|path| CalibrationTable::read(path).ok().filter(is_it))
    };
    dirs.iter().find_map(in_dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Size;
    use crate::workshop::calibration::{CountedEnds, EndShares, GridKind};

    fn tensors() -> Vec<CutTensor> {
        [("a_quantized", true), ("b_quantized", false)]
            .map(|(tensor, before_leaky)| CutTensor {
                tensor: tensor.into(),
                values: 100,
                clips: [true; 2],
                before_leaky,
            })
            .into()
    }

    fn table(method: &str, ends: Vec<(String, EndShares)>) -> CalibrationTable {
        CalibrationTable {
            method: method.parse().unwrap(),
            grids: GridKind::default(),
            leaky_slope: None,
            tool: String::new(),
            pictures: 7,
            pictures_sha256: String::new(),
            weights_sha256: String::new(),
            input: Size::new(32, 32),
            ranges: Vec::new(),
            ends: CountedEnds { pictures: if ends.is_empty() { 0 } else { 5 }, shares: ends },
        }
    }

    fn of(table: Option<&CalibrationTable>, photos: Option<usize>) -> CalibratedShares {
        let counted = || Ok::<_, ()>(photos.map(|photos| (photos, vec![[0.25, 0.5], [0.0, 0.125]])));
        CalibratedShares::of(&tensors(), table, counted).unwrap()
    }

    #[test]
    fn what_was_counted_goes_before_what_a_method_cuts_off() {
        let counted = table("minmax", vec![("a".into(), EndShares { low: 0.5, high: 0.25 })]);
        let shares = of(Some(&counted), Some(2));
        assert_eq!(shares.ends, [[Some(0.5), Some(0.25)], [None; 2]], "b was not counted");
        assert_eq!(shares.source, ShareSource::Table { counted: 5, pictures: 7 });
        assert_eq!(CalibrationTable::from_json(&counted.to_json()), Ok(counted.clone()));
        assert_eq!(counted.sha256(), table("minmax", Vec::new()).sha256(), "it is the table of the same ranges");
        let other = counted.to_json().replace("\"ends\": {\n    \"format\": 1", "\"ends\": {\n    \"format\": 2");
        assert_eq!(CalibrationTable::from_json(&other).map(|table| table.ends), Ok(CountedEnds::default()));
    }

    #[test]
    fn a_table_without_counts_is_judged_by_its_method_and_by_photos_where_that_does_not_say() {
        let minmax = of(Some(&table("minmax", Vec::new())), Some(2));
        assert_eq!((minmax.ends, minmax.source), (vec![[Some(0.0); 2]; 2], ShareSource::Method(Method::MINMAX)));
        let tuned = table("percentile 99, before leaky mse", Vec::new());
        let alone = of(Some(&tuned), None);
        assert_eq!(alone.ends, [[None; 2], [Some(0.005); 2]]);
        let with_photos = of(Some(&tuned), Some(2));
        assert_eq!(with_photos.ends, [[Some(0.25), Some(0.5)], [Some(0.005), Some(0.125)]]);
        assert_eq!(of(None, Some(2)).source, ShareSource::Samples { method: None, photos: 2 });
        let nothing = of(None, None);
        assert_eq!((nothing.ends, nothing.source), (vec![[None; 2]; 2], ShareSource::Unknown));
    }
}
