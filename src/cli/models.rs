//! `twinsight models`: list, build, calibrate and verify the installed models.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Subcommand;

use super::out::say;
use crate::model::{Catalog, Precision, Runtime};
use crate::workshop::{Built, CalibrationTable, Source, WorkshopError, calibrate, read_metadata};

/// List, build, calibrate and verify models.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the models in the models folder
    List,
    /// Make the models from darknet's weights: FP32, and INT8 where there is a calibration table
    Build(BuildArgs),
    /// Measure the range of every tensor over pictures, for INT8
    Calibrate(CalibrateArgs),
    /// Compare the models with their pinned sums
    Verify,
}

/// Which network; the defaults are the files that set-up fetched.
#[derive(Debug, clap::Args)]
struct SourceArgs {
    /// The darknet cfg of another network of the family
    #[arg(long, value_name = "FILE", requires = "weights")]
    cfg: Option<PathBuf>,
    /// Its weights
    #[arg(long, value_name = "FILE", requires = "cfg")]
    weights: Option<PathBuf>,
    /// Its class names, one a line; COCO's where there are 80 classes
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct BuildArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// The calibration table for INT8; the network's own in the models folder where that is there
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Where the models go; the models folder by default
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct CalibrateArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// A folder with some hundred pictures like those that the model will see
    #[arg(long, value_name = "DIR")]
    images: PathBuf,
    /// Where the table goes; the network's own place in the models folder by default
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs one of the commands on the installed models.
pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let good = run_in(&Catalog::find(), args)?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one of the commands on the models of `catalog`. `false`: the command did its work, and what it found is
/// bad (a sum differs, a table is missing); it has said so.
pub fn run_in(catalog: &Catalog, args: &Args) -> Result<bool, Box<dyn Error>> {
    match &args.command {
        Command::List => list(catalog),
        Command::Build(args) => build(catalog, args),
        Command::Calibrate(args) => run_calibrate(catalog, args),
        Command::Verify => verify(catalog),
    }
}

impl SourceArgs {
    fn read(&self, catalog: &Catalog) -> Result<Source, WorkshopError> {
        let or_ours = |given: &Option<PathBuf>, file| given.clone().unwrap_or_else(|| catalog.download(file));
        let cfg = or_ours(&self.cfg, "yolov4-tiny.cfg");
        Source::read(&cfg, &or_ours(&self.weights, "yolov4-tiny.weights"), self.names.as_deref())
    }
}

fn build(catalog: &Catalog, args: &BuildArgs) -> Result<bool, Box<dyn Error>> {
    let dir = args.output.as_deref().unwrap_or(catalog.dir());
    let started = Instant::now();
    let source = args.source.read(catalog)?;
    report(source.float(), dir, started)?;

    let ours = catalog.dir().join(source.table_name());
    let path = args.table.as_ref().unwrap_or(&ours);
    if args.table.is_none() && !path.is_file() {
        say!("no INT8: {} is missing; make it with `twinsight models calibrate`, then build again", path.display())?;
        // Of our own network the table always is there, unless something took it away.
        return Ok(args.source.cfg.is_some());
    }
    let started = Instant::now();
    let table = CalibrationTable::read(path)?;
    report(source.card(&table, path)?, dir, started)?;
    Ok(true)
}

fn report(built: Built, dir: &Path, started: Instant) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(dir).map_err(|cause| WorkshopError::Write { path: dir.to_owned(), cause })?;
    built.write(dir)?;
    let (file, bytes, sum) = (&built.file, built.bytes.len(), &built.sha256);
    say!("{file:<32}  {bytes:>10} bytes  sha256 {sum}  {:>5} ms", started.elapsed().as_millis())?;
    Ok(())
}

fn run_calibrate(catalog: &Catalog, args: &CalibrateArgs) -> Result<bool, Box<dyn Error>> {
    let source = args.source.read(catalog)?;
    let runtime = Runtime::find(catalog)?;
    let started = Instant::now();
    let shown = std::io::stderr().is_terminal();
    let table = calibrate(&runtime, &source, &args.images, |progress| {
        if shown {
            eprint!("\r{} of {} pictures", progress.done, progress.of);
            // Progress that cannot be shown is no failure.
            let _ = std::io::stderr().flush();
        }
    })?;
    if shown {
        eprintln!();
    }
    let path = args.output.clone().unwrap_or_else(|| catalog.dir().join(source.table_name()));
    table.write(&path)?;
    let (pictures, tensors, seconds) = (table.pictures, table.ranges.len(), started.elapsed().as_secs_f32());
    say!("{}: {tensors} tensors over {pictures} pictures in {seconds:.1} s", path.display())?;
    Ok(true)
}

fn list(catalog: &Catalog) -> Result<bool, Box<dyn Error>> {
    let pinned = pinned(catalog)?;
    let files = model_files(catalog)?;
    if files.is_empty() {
        say!("no models in {}; make them with `twinsight models build`", catalog.dir().display())?;
        return Ok(true);
    }
    say!("{:<32}  {:<9}  {:<6}  {:>10}  {:<64}  origin", "file", "precision", "recipe", "bytes", "sha256")?;
    for path in files {
        let file = file_name(&path);
        let (bytes, sum, metadata) = read_metadata(&path)?;
        let published = Catalog::published(&sum);
        let origin = origin(&pinned, &file, &sum);
        let precision = match (&metadata, &published) {
            (Some(metadata), _) => metadata.precision.as_str(),
            (None, Some(name)) => name.precision().as_str(),
            (None, None) => Precision::Unknown.as_str(),
        };
        let recipe = metadata.as_ref().map_or("-", |m| m.recipe.as_str());
        say!("{file:<32}  {precision:<9}  {recipe:<6}  {bytes:>10}  {sum}  {origin}")?;
    }
    Ok(true)
}

/// Where a model's file comes from, by its sum.
pub(super) fn origin(pinned: &Sums, file: &str, sum: &str) -> &'static str {
    match pinned.get(file) {
        _ if Catalog::published(sum).is_some() => "a published file",
        Some(pin) if pin == sum => "as pinned",
        Some(_) => "differs from its pinned sum",
        None => "not pinned",
    }
}

fn verify(catalog: &Catalog) -> Result<bool, Box<dyn Error>> {
    let mut good = true;
    for (file, pin) in pinned(catalog)? {
        let path = catalog.dir().join(&file);
        if !path.is_file() {
            say!("{file:<32}  missing; make it with `twinsight models build`")?;
            good = false;
            continue;
        }
        let (_, sum, _) = read_metadata(&path)?;
        if sum == pin {
            say!("{file:<32}  ok")?;
        } else {
            say!("{file:<32}  differs: pinned {pin}, found {sum}; make it again with `twinsight models build`")?;
            good = false;
        }
    }
    Ok(good)
}

/// sha256 sums by file name.
pub(super) type Sums = BTreeMap<String, String>;

/// What the models that set-up builds must be.
pub(super) fn pinned(catalog: &Catalog) -> Result<Sums, WorkshopError> {
    let path = catalog.dir().join("sums.json");
    let read = |cause| WorkshopError::Read { path: path.clone(), cause };
    let text = std::fs::read_to_string(&path).map_err(read)?;
    serde_json::from_str(&text).map_err(|e| read(e.into()))
}

fn model_files(catalog: &Catalog) -> Result<Vec<PathBuf>, WorkshopError> {
    let read = |cause| WorkshopError::Read { path: catalog.dir().to_owned(), cause };
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
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}
