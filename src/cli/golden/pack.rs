//! `golden IMAGE... -o DIR`: writes a pack.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use sha2::{Digest as _, Sha256};

use super::table::table;
use crate::cli::input::{model_files, pictures};
use crate::cli::output::escape::path_name;
use crate::cli::output::progress::ProgressLine;
use crate::cli::output::stdout::{out, tell};
use crate::cli::unknown_word::model_flag;
use crate::files::Outputs;
use crate::integer::{Profile, Rounding};
use crate::model::{Arithmetic, Catalog, FrameDetector, InferenceEngine, ModelLoader, ModelRequest, hex, read_model};
use crate::source::pictures::{decode, read};
use crate::workshop::golden::{
    ArrayFormat, AxisOrder, GoldenModel, GoldenPicture, PACK, PackArithmetic, PackEncoding, PackWriter,
    RequantizationTable, WrittenPack,
};

#[derive(Args, Debug)]
pub struct PackArgs {
    /// Images, or folders of images
    #[arg(value_name = "IMAGE|DIR", required_unless_present = "table")]
    images: Vec<PathBuf>,
    /// INT8 model in the QOperator or QDQ form
    #[arg(long, value_name = "int8|tuned|safe|FILE", default_value = "int8", value_parser = model_flag)]
    model: String,
    /// Arithmetic: exact, as ONNX defines it; or a chip's, by the name of a hardware profile or its file
    #[arg(long, value_name = "exact|PROFILE", default_value = "exact")]
    arithmetic: String,
    /// Format of the arrays: NumPy, raw little-endian bytes, hexadecimal for $readmemh, or C headers
    #[arg(long, value_enum, default_value_t = FormatName::Npy)]
    format: FormatName,
    /// Order of activations
    #[arg(long, value_enum, default_value_t = ActivationOrder::Nchw)]
    activations: ActivationOrder,
    /// Order of weights
    #[arg(long, value_enum, default_value_t = WeightOrder::Oihw)]
    weights: WeightOrder,
    /// Write uint8 activations as int8, 128 less
    #[arg(long)]
    signed: bool,
    /// Bits of the integer multipliers in requantization.json, 1 to 31 [default: 31, or the profile's]
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u32).range(1..=31))]
    multiplier_bits: Option<u32>,
    /// Rounding of the chip for these multipliers [default: half-up, or the profile's]
    #[arg(long, value_enum)]
    rounding: Option<RoundingName>,
    /// Print the multipliers and shifts; without images, nothing is written
    #[arg(long)]
    table: bool,
    /// Folder to write: a new or empty one, or an older pack, which is replaced
    #[arg(short, long, value_name = "DIR", required_unless_present = "table")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    Npy,
    Bin,
    Hex,
    C,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ActivationOrder {
    Nchw,
    Nhwc,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WeightOrder {
    Oihw,
    Ohwi,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoundingName {
    HalfUp,
    HalfEven,
    HalfAway,
    Truncate,
}

impl PackArgs {
    fn encoding(&self) -> PackEncoding {
        PackEncoding {
            format: match self.format {
                FormatName::Npy => ArrayFormat::Npy,
                FormatName::Bin => ArrayFormat::Bin,
                FormatName::Hex => ArrayFormat::Hex,
                FormatName::C => ArrayFormat::C,
            },
            activations: match self.activations {
                ActivationOrder::Nchw => AxisOrder::Nchw,
                ActivationOrder::Nhwc => AxisOrder::Nhwc,
            },
            weights: match self.weights {
                WeightOrder::Oihw => AxisOrder::Oihw,
                WeightOrder::Ohwi => AxisOrder::Ohwi,
            },
            signed: self.signed,
        }
    }

    fn arithmetic(&self) -> Result<PackArithmetic, Box<dyn Error>> {
        Ok(match self.arithmetic.as_str() {
            "exact" => PackArithmetic::Exact,
            name => PackArithmetic::Profile(Profile::find(name)?),
        })
    }

    /// Bits and rounding of the multipliers.
    fn multipliers(&self, arithmetic: &PackArithmetic) -> (u32, Rounding) {
        let (bits, rounding) = match arithmetic {
            PackArithmetic::Exact => (31, Rounding::HalfUp),
            PackArithmetic::Profile(profile) => (profile.multiplier_bits, profile.rounding),
        };
        let rounding = self.rounding.map_or(rounding, |name| match name {
            RoundingName::HalfUp => Rounding::HalfUp,
            RoundingName::HalfEven => Rounding::HalfEven,
            RoundingName::HalfAway => Rounding::HalfAway,
            RoundingName::Truncate => Rounding::Truncate,
        });
        (self.multiplier_bits.unwrap_or(bits), rounding)
    }
}

/// Writes a pack of all pictures that can be read. Exits with 1 where one could not.
pub fn run(args: &PackArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let request = ModelRequest::from_flag(&args.model, &Arithmetic::default())?;
    let (paths, failures) = pictures(&args.images);
    let mut failed = false;
    for failure in failures {
        tell!("{failure}");
        failed = true;
    }
    let arithmetic = args.arithmetic()?;
    let models = model_files(&catalog, std::slice::from_ref(&request));
    let inputs = models.iter().chain(&paths).map(PathBuf::as_path).chain([Path::new(&args.arithmetic)]);
    let mut outputs = Outputs::default().reads(inputs);
    let wanted = args.output.as_ref().filter(|_| !args.images.is_empty());
    let folder = wanted.map(|dir| outputs.folder(dir, &PACK)).transpose()?;
    if args.images.is_empty() && args.output.is_some() {
        return Err("a pack is made of images; name one, or leave -o away to print the table alone".into());
    }
    if !args.images.is_empty() && args.output.is_none() {
        return Err("these images are for a pack; add -o DIR, or leave them away to print the table alone".into());
    }
    // Opened as a detector first, because that says best what is wrong with a file.
    let mut detector =
        FrameDetector::open(&ModelLoader::new(catalog).with_engine(Some(InferenceEngine::Integer)), &request)?;
    let info = Arc::clone(detector.info());
    let model = GoldenModel::new(&info.path, &info.name, &info.sha256, &info.form, read_model(&info.path)?)?;
    let (bits, rounding) = args.multipliers(&arithmetic);
    let multipliers = model.requantization(bits, rounding)?;
    if args.table {
        out!("{}", table(&multipliers).trim_end())?;
    }
    let Some(folder) = folder else { return Ok(exit(failed)) };
    let dir = folder.path().to_owned();
    let mut writer = PackWriter::new(&model, folder, arithmetic, args.encoding(), &multipliers)?;
    let mut bar = ProgressLine::new(Some(paths.len()), "images");
    let mut written = 0;
    for path in &paths {
        match picture(path, &mut detector) {
            Ok(picture) => {
                writer.add(picture)?;
                written += 1;
            }
            Err(error) => {
                bar.suspend(|| tell!("{error}"));
                failed = true;
            }
        }
        bar.step();
    }
    drop(bar);
    if written == 0 {
        return Err(format!("none of {} images could be read; pass intact ones", paths.len()).into());
    }
    let pack = writer.finish()?;
    if !args.table {
        out!("{}", summary(&pack, &dir, &multipliers))?;
    }
    Ok(exit(failed))
}

fn exit(failed: bool) -> ExitCode {
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn picture(path: &Path, detector: &mut FrameDetector) -> Result<GoldenPicture, Box<dyn Error>> {
    let bytes = read(path)?;
    let frame = decode(path, &bytes)?;
    detector.letterbox(&frame);
    Ok(GoldenPicture {
        name: path.file_stem().map_or_else(String::new, |stem| path_name(stem.as_ref())),
        file: path.file_name().map_or_else(String::new, |name| path_name(name.as_ref())),
        sha256: hex(&Sha256::digest(&bytes)),
        size: frame.size(),
        letterbox: *detector.place(),
        input: detector.tensor().to_vec(),
    })
}

fn summary(pack: &WrittenPack, dir: &Path, table: &RequantizationTable) -> String {
    let WrittenPack { manifest, bytes, arrays } = pack;
    let pictures: Vec<&str> = manifest.pictures.iter().map(|picture| picture.name.as_str()).collect();
    let tensors = manifest.pictures.first().map_or(0, |picture| picture.tensors.len());
    let constants = manifest.constants.len();
    format!(
        "{}: {arrays} arrays, {:.1} MB\n\
         {} ({}), arithmetic {}: {tensors} tensors of {}, {constants} weights and biases\n\
         convolutions with exact {}-bit multipliers: {}",
        path_name(dir),
        *bytes as f64 / 1e6,
        manifest.model.name,
        &manifest.model.sha256[..12.min(manifest.model.sha256.len())],
        manifest.arithmetic.name(),
        pictures.join(", "),
        table.multiplier_bits,
        table.count("QLinearConv"),
    )
}
