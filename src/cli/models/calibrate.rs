//! `models calibrate`: the ranges of all tensors over pictures.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::SourceArgs;
use crate::cli::input::camera_feed::CameraFeed;
use crate::cli::input::camera_flags::CameraFlags;
use crate::cli::output::progress::Progress;
use crate::cli::output::stdout::out;
use crate::model::{Catalog, Runtime};
use crate::source::CameraRequest;
use crate::workshop::{Calibrator, Recipe, Source, calibrate};

/// Between two frames of a camera: neighbours show the same.
const APART: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
pub struct CalibrateArgs {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    pictures: PictureArgs,
    /// The recipe that the table is for: card, tuned, or a JSON file of your own; by default a table for each of ours
    #[arg(long, value_name = "NAME|FILE")]
    recipe: Option<String>,
    /// Where the table goes (without --recipe that of the card's); by default to its place in the models folder
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Where the pictures to measure come from.
#[derive(Debug, clap::Args)]
pub struct PictureArgs {
    /// A folder with some hundred pictures like those that the model will see
    #[arg(long, value_name = "DIR", conflicts_with = "CameraFlags")]
    images: Option<PathBuf>,
    #[command(flatten)]
    camera: CameraFlags,
    /// So many frames of the camera, four a second, in place of a folder
    #[arg(long, value_name = "K", default_value_t = 100, requires = "camera", conflicts_with = "images",
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    frames: u32,
}

pub fn run(catalog: &Catalog, args: &CalibrateArgs) -> Result<(), Box<dyn Error>> {
    let recipes = match (&args.recipe, &args.output) {
        (Some(recipe), _) => vec![Recipe::find(recipe)?],
        (None, Some(_)) => vec![Recipe::card()],
        (None, None) => {
            let mut recipes = Recipe::built().to_vec();
            // One table is for all recipes that choose ranges in one way.
            recipes.dedup_by_key(|recipe| recipe.ranges);
            recipes
        }
    };
    let source = args.source.read(catalog)?;
    let started = Instant::now();
    let Some(calibrator) = args.pictures.measure(catalog, &source)? else {
        return Err("pictures are needed: give --images DIR or --camera N".into());
    };
    for recipe in recipes {
        let table = calibrator.table(recipe.ranges);
        let path = args.output.clone().unwrap_or_else(|| catalog.dir().join(source.table_name(&recipe)));
        table.write(&path)?;
        let (pictures, tensors) = (table.pictures, table.ranges.len());
        let seconds = started.elapsed().as_secs_f32();
        out!("{}: {}, {tensors} tensors over {pictures} pictures in {seconds:.1} s", path.display(), table.method)?;
    }
    Ok(())
}

impl PictureArgs {
    /// Measures all pictures; `None` where neither a folder nor a camera is given.
    pub fn measure(&self, catalog: &Catalog, source: &Source) -> Result<Option<Calibrator>, Box<dyn Error>> {
        match (&self.images, self.camera.request()) {
            (Some(dir), _) => {
                let runtime = Runtime::find(catalog)?;
                let mut bar = None;
                let calibrator = calibrate(&runtime, source, dir, |progress| {
                    let bar = bar.get_or_insert_with(|| Progress::new(Some(progress.of), "pictures"));
                    if progress.done > 0 {
                        bar.step();
                    }
                })?;
                Ok(Some(calibrator))
            }
            (None, Some(request)) => self.camera(catalog, source, request).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn camera(&self, catalog: &Catalog, source: &Source, request: CameraRequest) -> Result<Calibrator, Box<dyn Error>> {
        let mut calibrator = Calibrator::new(&Runtime::find(catalog)?, source)?;
        let mut bar = Progress::new(Some(self.frames as usize), "frames");
        let camera = CameraFeed::open(catalog, self.camera.name().unwrap_or_default(), request, bar.remarks())?;
        let mut taken: Option<Instant> = None;
        while calibrator.pictures() < self.frames as usize {
            let Some((frame, _)) = camera.next()? else {
                return Err(format!("stopped after {} frames; no table was written", calibrator.pictures()).into());
            };
            if taken.is_none_or(|taken| taken.elapsed() >= APART) {
                taken = Some(Instant::now());
                calibrator.add_frame(&frame)?;
                bar.step();
            }
        }
        Ok(calibrator)
    }
}
