//! `models calibrate`: the ranges of all tensors over pictures.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::source_args::SourceArgs;
use crate::cli::input::camera_feed::CameraFeed;
use crate::cli::input::camera_flags::CameraFlags;
use crate::cli::output::escape::path_name;
use crate::cli::output::force::ForceFlag;
use crate::cli::output::progress::ProgressLine;
use crate::cli::output::stdout::out;
use crate::model::{Catalog, Runtime, hex};
use crate::source::{CameraRequest, SourceError, pictures};
use crate::trace::Trace;
use crate::workshop::{CalibrationFrame, CalibrationTable, Calibrator, FloatModel, Frames, NextFrame, Recipe, Stopped};

/// Between two frames of a camera: neighbours show the same.
const APART: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
pub struct CalibrateArgs {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    pictures: PictureArgs,
    /// Recipe to calibrate for: card, tuned, safe, vitis-like, zynq, m7, or your own JSON file [default: one table for
    /// each of card, tuned and safe]
    #[arg(long, value_name = "NAME|FILE")]
    recipe: Option<String>,
    /// Write the table to this file; without --recipe, the card's [default: its place in the models folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    force: ForceFlag,
}

/// Where the pictures to measure come from.
#[derive(Debug, clap::Args)]
pub struct PictureArgs {
    /// Folder with a few hundred images like those the model will see
    #[arg(long, value_name = "DIR", conflicts_with = "CameraFlags")]
    images: Option<PathBuf>,
    #[command(flatten)]
    camera: CameraFlags,
    /// Number of camera frames, four per second, instead of a folder
    #[arg(long, value_name = "K", default_value_t = 100, requires = "camera", conflicts_with = "images",
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    frames: u32,
}

pub fn run(catalog: &Catalog, args: &CalibrateArgs) -> Result<(), Box<dyn Error>> {
    let recipes = match (&args.recipe, &args.output) {
        (Some(recipe), _) => vec![Recipe::find(recipe)?],
        (None, Some(_)) => vec![Recipe::card()],
        (None, None) => Recipe::built().to_vec(),
    };
    let model = args.source.read(catalog)?;
    let read = [args.source.files(catalog), args.pictures.files()].concat();
    let read = read.iter().map(PathBuf::as_path).chain(args.recipe.as_deref().map(Path::new));
    let mut outputs = args.force.outputs().reads(read);
    let mut files = Vec::with_capacity(recipes.len());
    for recipe in &recipes {
        let path = args.output.clone().unwrap_or_else(|| catalog.dir().join(model.table_name(recipe)));
        files.push(outputs.file(&path, &CalibrationTable::FILE)?);
    }
    // Without --recipe all have the network's own slope of leaky ReLUs.
    let network = model.for_recipe(&recipes[0]);
    let started = Instant::now();
    let Some(calibrator) = args.pictures.measure(catalog, &network)? else {
        return Err("images are needed; pass --images DIR or --camera N".into());
    };
    for (recipe, file) in recipes.iter().zip(&files) {
        let table = calibrator.table(recipe.ranges, recipe.grids());
        file.write(table.to_json().as_bytes())?;
        let (pictures, tensors) = (table.pictures, table.ranges.len());
        let seconds = started.elapsed().as_secs_f32();
        let path = path_name(file.path());
        out!("{path}: {}, {tensors} tensors over {pictures} images in {seconds:.1} s", table.method)?;
    }
    Ok(())
}

impl PictureArgs {
    /// Measures all pictures; `None` where neither a folder nor a camera is given.
    pub fn measure(&self, catalog: &Catalog, model: &FloatModel) -> Result<Option<Calibrator>, Box<dyn Error>> {
        match (&self.images, self.camera.request()) {
            (Some(dir), _) => Self::folder(catalog, model, dir).map(Some),
            (None, Some(request)) => self.camera(catalog, model, request).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Whether there is a folder or a camera to measure.
    pub fn are_given(&self) -> bool {
        self.images.is_some() || self.camera.request().is_some()
    }

    /// The pictures that are read.
    pub fn files(&self) -> Vec<PathBuf> {
        // A folder that cannot be read is told of when it is measured.
        self.images.as_deref().map_or_else(Vec::new, |dir| pictures::folder::pictures_in(dir).unwrap_or_default())
    }

    fn folder(catalog: &Catalog, model: &FloatModel, dir: &Path) -> Result<Calibrator, Box<dyn Error>> {
        let unreadable = |cause| format!("cannot read the folder {}: {cause}", dir.display());
        let pictures = pictures::folder::pictures_in(dir).map_err(unreadable)?;
        if pictures.is_empty() {
            return Err(format!("no images (jpg, png, webp, bmp) in {}", dir.display()).into());
        }
        let mut calibrator = Calibrator::new(&Runtime::find(catalog)?, model)?;
        let bar = ProgressLine::new(Some(pictures.len()), "images");
        let wanted = pictures.len();
        calibrator.take_frames(&mut PictureFiles(pictures.into_iter()), wanted, None, &bar, |_, _| {})?;
        Ok(calibrator)
    }

    fn camera(
        &self,
        catalog: &Catalog,
        model: &FloatModel,
        request: CameraRequest,
    ) -> Result<Calibrator, Box<dyn Error>> {
        let mut calibrator = Calibrator::new(&Runtime::find(catalog)?, model)?;
        let wanted = self.frames as usize;
        let bar = ProgressLine::new(Some(wanted), "frames");
        let name = self.camera.name().unwrap_or_default();
        let camera = CameraFeed::open(catalog, name, request, Trace::default(), bar.remarks())?;
        match calibrator.take_frames(&mut CameraFrames { camera, taken: None }, wanted, None, &bar, |_, _| {}) {
            Ok(()) => Ok(calibrator),
            Err(Stopped::Cancelled) => {
                Err(format!("stopped after {} frames; no table was written", calibrator.pictures()).into())
            }
            Err(Stopped::Failed(why)) => Err(why.into()),
        }
    }
}

/// One picture after the other. One that cannot be read ends the calibration: the table says which pictures it stands for.
struct PictureFiles(std::vec::IntoIter<PathBuf>);

impl Frames for PictureFiles {
    fn next(&mut self) -> Result<NextFrame, Stopped> {
        let Some(path) = self.0.next() else { return Ok(NextFrame::End) };
        let advice = "remove it, or replace it with an intact one";
        let unreadable = |cause: SourceError| Stopped::Failed(format!("{cause}; {advice}"));
        let bytes = pictures::read(&path).map_err(unreadable)?;
        let frame = pictures::decode(&path, &bytes).map_err(unreadable)?;
        Ok(NextFrame::Frame(CalibrationFrame {
            frame: Arc::new(frame),
            name: path.display().to_string(),
            file_sha256: Some(hex(&Sha256::digest(bytes))),
        }))
    }
}

/// Frames of a camera, some time apart.
struct CameraFrames {
    camera: CameraFeed,
    /// When the last one was taken.
    taken: Option<Instant>,
}

impl Frames for CameraFrames {
    fn next(&mut self) -> Result<NextFrame, Stopped> {
        let Some((frame, ..)) = self.camera.next().map_err(Stopped::failed)? else { return Err(Stopped::Cancelled) };
        if self.taken.is_some_and(|taken| taken.elapsed() < APART) {
            return Ok(NextFrame::NotYet);
        }
        self.taken = Some(Instant::now());
        Ok(NextFrame::Frame(CalibrationFrame::of(frame)))
    }
}
