//! `models list` and `models verify`: what is in the models folder.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use crate::cli::output::escape::{on_a_line, path_name};
use crate::cli::output::stdout::{out, tell};
use crate::files::read_limited;
use crate::integer::Network;
use crate::model::metadata::Metadata;
use crate::model::{Catalog, Precision, read_model};
use crate::onnx::Integers;
use crate::workshop::{WorkshopError, read_integers, read_metadata};

/// `false`: a file could not be read; it is told, and the others are listed.
pub fn list(catalog: &Catalog) -> Result<bool, Box<dyn Error>> {
    let pinned = pinned(catalog)?;
    let files = model_files(catalog)?;
    if files.is_empty() {
        out!("no models in {}; build them with `twinsight models build`", catalog.dir().display())?;
        return Ok(true);
    }
    let titles = ["file", "precision", "recipe", "bytes", "sha256", "origin", "integers"].map(str::to_owned);
    let (mut rows, mut good) = (vec![titles], true);
    for path in files {
        let file = file_name(&path);
        let (bytes, sum, metadata, integers) = match read(&path) {
            Ok(read) => read,
            Err(error) => {
                tell!("{error}");
                good = false;
                continue;
            }
        };
        let published = Catalog::published(&sum);
        let origin = origin(&pinned, &file, &sum).to_owned();
        let precision = match (&metadata, &published) {
            (Some(metadata), _) => metadata.precision.as_str(),
            (None, Some(name)) => name.precision().as_str(),
            (None, None) => Precision::Unknown.as_str(),
        };
        // "float 26/256": with another slope of its leaky ReLUs it is another network.
        let recipe = metadata.as_ref().map_or_else(
            || "-".to_owned(),
            |m| m.leaky_slope.iter().fold(m.recipe.clone(), |recipe, slope| format!("{recipe} {slope}")),
        );
        let integers = integers.unwrap_or_else(|| "-".to_owned());
        let [file, recipe] = [&file, &recipe].map(|text| on_a_line(text).into_owned());
        rows.push([file, precision.to_owned(), recipe, bytes.to_string(), sum, origin, integers]);
    }
    for line in table(&rows) {
        out!("{line}")?;
    }
    Ok(good)
}

/// The column of numbers, which end below each other.
const BYTES: usize = 3;

/// Rows as lines whose columns stand below each other, however long the names are.
fn table<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if column == BYTES { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A model file's size, its sha256 in hexadecimal, what it says of itself, and what is to say of its integers.
type ReadModel = (u64, String, Option<Metadata>, Option<String>);

fn read(path: &Path) -> Result<ReadModel, WorkshopError> {
    let (bytes, sum, metadata) = read_metadata(path)?;
    let integers = read_integers(path)?.map(|integers| (integers, read_model(path)));
    // A model that cannot be read again has just been told of.
    let words =
        integers.map(|(integers, bytes)| words(&integers, bytes.is_ok_and(|bytes| Network::read(&bytes).is_ok())));
    Ok((bytes, sum, metadata, words))
}

/// Where a model's file comes from, by its sum.
pub fn origin(pinned: &Sums, file: &str, sum: &str) -> &'static str {
    match pinned.get(file) {
        _ if Catalog::published(sum).is_some() => "published file",
        Some(pin) if pin == sum => "verified",
        Some(_) => "checksum mismatch",
        None => "no known checksum",
    }
}

pub fn verify(catalog: &Catalog) -> Result<bool, Box<dyn Error>> {
    let mut good = true;
    for (file, pin) in pinned(catalog)? {
        let path = catalog.dir().join(&file);
        if !path.is_file() {
            out!("{file:<34}  missing; build it with `twinsight models build`")?;
            good = false;
            continue;
        }
        let (_, sum, _, integers) = match read(&path) {
            Ok(read) => read,
            Err(error) => {
                tell!("{error}");
                good = false;
                continue;
            }
        };
        if sum == pin {
            let integers = integers.map_or_else(String::new, |words| format!("; {words}"));
            out!("{file:<34}  ok{integers}")?;
        } else {
            out!(
                "{file:<34}  checksum mismatch: expected {pin}, found {sum}; rebuild it with `twinsight models build`"
            )?;
            good = false;
        }
    }
    Ok(good)
}

/// The form of a model's integers, whether its sums can overflow on x86 without VNNI, and what else its integers have
/// to be told.
fn words(of: &Integers, is_readable: bool) -> String {
    let form = of.form.name();
    let signed = if of.signed { ", int8 activations (run as uint8, which is exact)" } else { "" };
    let engine = if is_readable { "" } else { "; partly in float: no hardware profile, in ONNX Runtime alone" };
    match of.overflowing {
        0 => format!("{form}, cannot overflow: exact on every processor{signed}{engine}"),
        some => format!("{form}, {some} of {} filters can overflow{signed}{engine}", of.filters),
    }
}

/// Of the file with the sums.
const MAX_SUMS: u64 = 1 << 20;

/// sha256 sums by file name.
pub type Sums = BTreeMap<String, String>;

/// What the models that set-up builds must be.
pub fn pinned(catalog: &Catalog) -> Result<Sums, WorkshopError> {
    let path = catalog.dir().join("sums.json");
    let bytes = read_limited(&path, MAX_SUMS).map_err(WorkshopError::read(&path))?;
    serde_json::from_slice(&bytes).map_err(|e| WorkshopError::read(&path)(std::io::Error::from(e).into()))
}

fn model_files(catalog: &Catalog) -> Result<Vec<PathBuf>, WorkshopError> {
    let read = |cause: std::io::Error| WorkshopError::read(catalog.dir())(cause.into());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(catalog.dir()).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.extension().is_some_and(|e| e == "onnx") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| path_name(name.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_however_long_a_name_is() {
        let row = |cells: [&str; 5]| cells.map(str::to_owned);
        let lines = table(&[
            row(["file", "precision", "recipe", "bytes", "origin"]),
            row(["a_name_that_is_longer_than_all_others.onnx", "int8", "card_float-layer_00_conv", "6240000", "built"]),
            row(["b.onnx", "fp32", "–", "12", ""]),
        ]);
        let at = |line: &str, word: &str| line.find(word).map(|byte| line[..byte].chars().count());
        assert_eq!(at(&lines[0], "precision"), at(&lines[1], "int8"));
        assert_eq!(at(&lines[0], "precision"), at(&lines[2], "fp32"));
        assert_eq!(at(&lines[0], "origin"), at(&lines[1], "built"));
        assert!(lines[2].ends_with("12"), "no spaces at the end: {lines:?}");
    }
}
