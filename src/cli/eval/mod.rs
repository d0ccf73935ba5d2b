//! `twinsight eval`: average precision of several models over the same pictures.

mod errors_html;
mod errors_text;
mod evaluator;
mod html;
mod numbers;
mod plot;
mod summary;
mod tables;
mod text;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use self::evaluator::Evaluator;
use super::arithmetic_flags::ArithmeticFlag;
use super::input;
use super::output::escape::path_name;
use super::output::force::ForceFlag;
use super::output::html::PAGE;
use super::output::progress::ProgressLine;
use super::output::stdout::{out, tell};
use super::unknown_word::model_flag;
use crate::detect::Classes;
use crate::interrupt;
use crate::model::{Catalog, FrameDetector, ModelLoader, ModelRequest, Runtime};
use crate::source::{picture_size, pictures::folder};
use crate::workshop::evaluate::{EvalReport, Replicate, Resampling, Truth};
use crate::workshop::labels::{LabelError, LabelSources, annotation_files, find_annotations, read_annotations};

#[derive(Args, Debug)]
pub struct EvalArgs {
    /// Annotations: a COCO JSON file such as instances_val2017.json, a folder of YOLO labels (or its data.yaml or
    /// classes.txt), or a folder of Pascal VOC files [default: found beside the images: in their folder, in `labels` or
    /// `Annotations`]
    #[arg(long, value_name = "PATH")]
    annotations: Option<PathBuf>,
    /// Folder of the annotated images
    #[arg(long, value_name = "DIR")]
    images: PathBuf,
    /// Models: fp32, int8, tuned, safe, or ONNX files; the others are compared with the first [default: the installed
    /// ones that set-up builds]
    #[arg(long, value_name = "MODEL", num_args = 1.., value_parser = model_flag)]
    model: Vec<String>,
    #[command(flatten)]
    arithmetic: ArithmeticFlag,
    /// Count only these classes of the annotations, e.g. person,bus: for a model trained for fewer classes
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    classes: Vec<String>,
    /// Use at most N images, by image id
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Evaluate each image N times (1 to 8), changed in ways that make no difference to a person, and report the mean
    /// and spread of AP, AP50 and AP75 over these replicates: 1 unchanged, 2 mirrored (left and right), 3 ±1 noise
    /// (each byte changed by -1, 0 or +1), 4 shifted right and down (by one pixel), 5 shifted left and up, 6 mirrored
    /// with ±1 noise, 7 other ±1 noise, 8 mirrored and shifted right and down. All other figures, and the intervals,
    /// are for replicate 1
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u8).range(1..=Replicate::ALL.len() as i64))]
    replicates: u8,
    /// Number of half-samples of the images that the intervals are made from
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    resamples: u32,
    /// Random seed of the half-samples
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write all figures to this JSON file, for `twinsight card` and other programs
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write an HTML page with curves, classes and the worst images
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    force: ForceFlag,
}

/// Runs the command. Exit 1 when pictures were missing or could not be read: the figures stand over the others, and
/// say so. Exit 130 when Ctrl+C ended it: the figures stand over what was done by then.
pub fn run(args: &EvalArgs) -> Result<ExitCode, Box<dyn Error>> {
    interrupt::watch()?;
    let annotations = match &args.annotations {
        Some(path) => path.clone(),
        None => find_annotations(&args.images).ok_or_else(|| LabelError::NotFound(args.images.clone()))?,
    };
    let catalog = Catalog::find();
    let requests: Vec<ModelRequest> = match args.model.as_slice() {
        [] => catalog.installed().into_iter().map(|name| args.arithmetic.of(name)).collect::<Result<_, _>>()?,
        names => names.iter().map(|name| args.arithmetic.request(name)).collect::<Result<_, _>>()?,
    };
    let mut truth = read_truth(&annotations, &args.images, |error| {
        // The names that label files do not have are the model's.
        let Some(first) = requests.first() else { return Err(error.into()) };
        Ok(FrameDetector::open(&ModelLoader::new(catalog.clone()), first)?.info().form.classes.clone())
    })?;
    for remark in &truth.remarks {
        tell!("the annotations {}: {remark}", annotations.display());
    }
    if !args.classes.is_empty() {
        truth.keep(&args.classes)?;
    }
    let limit = args.limit.map_or(truth.images.len(), |limit| truth.images.len().min(limit as usize));
    check_folder(&args.images, &truth, limit)?;
    let runtime = Runtime::find(&catalog)?;
    if requests.is_empty() {
        return Err(format!("no models in {}; run `twinsight setup`", catalog.dir().display()).into());
    }
    // What is wrong is told before hours of work, not after.
    let mut read: Vec<PathBuf> = truth.images.iter().map(|image| args.images.join(&image.file)).collect();
    read.extend(input::model_files(&catalog, &requests));
    read.extend(args.arithmetic.files(args.model.iter().map(String::as_str)));
    read.extend(annotation_files(&annotations, &args.images));
    let mut outputs = args.force.outputs().reads(read.iter().map(PathBuf::as_path));
    let json = args.json.as_deref().map(|file| outputs.file(file, &EvalReport::FILE)).transpose()?;
    let page = args.html.as_deref().map(|file| outputs.file(file, &PAGE)).transpose()?;
    let mut evaluator = Evaluator::open(&ModelLoader::measuring(catalog.clone()), &requests, &truth)?;
    evaluator.keep_comparisons = args.html.is_some();
    let replicates = usize::from(args.replicates);
    evaluator.replicate(replicates);
    // A person who chooses classes knows that the others do not count.
    for (model, left_out) in evaluator.left_out().filter(|_| args.classes.is_empty()) {
        tell!("{left_out} classes of {model} are not in the annotations; their boxes are not counted");
    }

    let counted = if replicates > 1 { "images × replicates" } else { "images" };
    let mut progress = ProgressLine::new(Some(limit * replicates), counted);
    for image in 0..limit {
        if interrupt::asked() {
            break;
        }
        if let Some(skipped) = evaluator.picture(&args.images, image)? {
            progress.suspend(|| tell!("{}: {}", skipped.file, skipped.why));
        }
        progress.advance(replicates);
    }
    drop(progress);

    let interrupted = evaluator.done() < limit;
    let resampling =
        Resampling { resamples: args.resamples as usize, seed: args.seed, threads: crate::model::threads() };
    let report = summary::report(
        &evaluator,
        &summary::EvaluationRun {
            command: command(),
            annotations: &annotations,
            runtime: runtime.version(),
            of: limit,
            interrupted,
            only: chosen(&args.classes, &truth),
            resampling,
        },
    );
    // Of nothing there are no figures, and older ones stay.
    let evaluated = report.pictures.evaluated > 0;
    if let Some(json) = json.filter(|_| evaluated) {
        json.write((report.to_json()? + "\n").as_bytes())?;
    }
    if let Some(page) = page.filter(|_| evaluated) {
        page.write(html::html(&report, &evaluator, &args.images).as_bytes())?;
    }
    out!("{}", text::report(&report))?;
    Ok(interrupt::exit_code(!report.pictures.skipped.is_empty()))
}

/// Annotations in whichever form; `names` gives those of the classes where label files have none.
fn read_truth(
    annotations: &Path,
    images: &Path,
    names: impl FnOnce(LabelError) -> Result<Classes, Box<dyn Error>>,
) -> Result<Truth, Box<dyn Error>> {
    // What cannot be listed has no pictures, as the reader then says.
    let pictures = folder::pictures_in(images).unwrap_or_default();
    let size = |picture: &Path| picture_size(picture).ok();
    let read = |classes: Option<&Classes>| {
        read_annotations(annotations, &LabelSources { images, pictures: &pictures, classes, size: &size })
    };
    match read(None) {
        Err(error @ LabelError::NoNames(_)) => Ok(read(Some(&names(error)?))?),
        truth => Ok(truth?),
    }
}

/// The categories that are left of the annotations, where some were chosen.
fn chosen(asked: &[String], truth: &Truth) -> Vec<String> {
    if asked.is_empty() { Vec::new() } else { truth.categories.iter().map(|c| c.name.clone()).collect() }
}

/// At least one of the pictures must be there.
fn check_folder(dir: &Path, truth: &Truth, limit: usize) -> Result<(), String> {
    let shown = dir.display();
    let mut entries =
        std::fs::read_dir(dir).map_err(|cause| format!("cannot read the image folder {shown}: {cause}"))?;
    if entries.next().is_none() {
        return Err(format!("the image folder {shown} is empty"));
    }
    let images = &truth.images[..limit];
    if images.iter().any(|image| dir.join(&image.file).is_file()) {
        return Ok(());
    }
    let first = images.first().map_or("", |image| image.file.as_str());
    Err(format!("none of the {limit} annotated images is in {shown} (the first is {first}); is it the right folder?"))
}

/// What was typed, for a shell.
fn command() -> String {
    let quoted = |word: String| {
        let plain = |c: char| c.is_alphanumeric() || "-_./=:+,@%".contains(c);
        if !word.is_empty() && word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    let words = std::env::args_os().skip(1).map(|word| quoted(path_name(word.as_ref())));
    std::iter::once("twinsight".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
