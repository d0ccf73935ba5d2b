//! `twinsight compare`: what two models make of the same pictures, or frames of a video or a camera.

mod gallery;
mod marks;
mod page;
mod report;
mod table;
mod text;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use self::gallery::Gallery;
pub(super) use self::page::{Aside, colours, figure, legend};
pub(super) use self::report::{Picture, Setting};
use super::annotated::Folder;
use super::arithmetic_flags::ArithmeticFlags;
use super::detect::fraction;
use super::feed::{Feed, Take};
use super::inputs::{self, InputArgs};
use super::interrupt;
use super::out::{say, write_file};
use crate::annotate;
use crate::compare::{Comparer, Side, ThresholdSearch, Totals};
use crate::detect::{Frame, Letterboxer, RawHeads, Thresholds};
use crate::model::{Catalog, Detector, ModelError, ModelInfo, ModelRequest, Runtime, SessionDetector};

#[derive(Args, Debug)]
pub struct CompareArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Model A: fp32, int8, tuned, safe, or an ONNX file
    #[arg(long, value_name = "MODEL", default_value = "fp32")]
    a: String,
    /// Model B: fp32, int8, tuned, safe, or an ONNX file
    #[arg(long, value_name = "MODEL", default_value = "int8")]
    b: String,
    #[command(flatten)]
    arithmetic: ArithmeticFlags,
    /// Compare boxes with a score over this
    #[arg(long, value_name = "S", default_value_t = Thresholds::LIVE.score, value_parser = fraction)]
    score: f32,
    /// Of two boxes of a class that overlap by more than this IoU, the weaker one goes
    #[arg(long, value_name = "IOU", default_value_t = Thresholds::LIVE.nms_iou, value_parser = fraction)]
    nms: f32,
    /// Print one JSON object a line: each image, and at last the totals
    #[arg(long)]
    json: bool,
    /// Write every box into this table
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write a page with the worst images, to mail or to keep
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Save each picture with both sets of boxes into this folder: A solid, B dashed
    #[arg(long, value_name = "DIR")]
    annotate: Option<PathBuf>,
}

/// Runs the command. What cannot be read is reported, the rest is still done; exit 1 then. Ctrl+C stops after the
/// frame in hand, and everything is still written; exit 130 then.
pub fn run(args: &CompareArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let thresholds = Thresholds { score: args.score, nms_iou: args.nms };
    let named = args.input.inputs();
    let mut folder = args.annotate.as_deref().map(|dir| Folder::create(dir, &inputs::files(&named))).transpose()?;
    let mut pair = Pair::open(&catalog, &args.arithmetic.requests([&args.a, &args.b]))?;
    let infos = [&pair.a, &pair.b].map(|half| Arc::clone(half.detector.info()));
    let setting = Setting { a: &infos[0], b: &infos[1], thresholds };

    let mut feed = Feed::new(&catalog, &args.input, named)?;
    let (mut pictures, mut totals) = (Vec::new(), Totals::default());
    let mut shown = Gallery::new(args.html.is_some());
    while let Some(take) = feed.next() {
        let picture = pair.compare(&take, feed.frame(), thresholds)?;
        totals.add(&picture.comparison);
        if args.json {
            let line = report::line(&picture, &setting)?;
            feed.suspend(|| say!("{line}"))?;
        }
        if let Some(folder) = &mut folder {
            let mut painted = feed.frame().clone();
            annotate::paint_marks(&mut painted, &marks::of(&picture.comparison, setting.classes()));
            folder.save_as_it_is(&take.file, &painted)?;
        }
        if take.number.is_some() {
            shown.keep(&picture, feed.frame());
        }
        pictures.push(picture);
        feed.done();
    }
    let unreadable = feed.failures();
    drop(feed);
    if interrupt::asked() {
        eprintln!("twinsight: stopped after {} pictures", pictures.len());
    }

    if let Some(file) = &args.csv {
        write_file(file, &table::csv(&setting, &pictures.iter().collect::<Vec<_>>()))?;
    }
    let best = (totals.frames > 0).then(|| pair.search.best(thresholds.score));
    // Stable: of equal ones the first named comes first.
    pictures.sort_by(Picture::by_damage);
    if let Some(file) = &args.html {
        write_file(file, &page::html(&setting, &totals, best, &pictures, &shown))?;
    }
    if args.json {
        say!("{}", report::last_line(&setting, &totals, unreadable, best, &pictures)?)?;
    } else if totals.frames > 0 {
        say!("{}", text::report(&setting, &totals, best, &pictures))?;
    }
    Ok(interrupt::exit_code(unreadable > 0))
}

/// One of the two models and what it works with.
struct Half {
    detector: SessionDetector,
    letterboxer: Letterboxer,
    heads: RawHeads,
}

impl Half {
    fn open(runtime: &Runtime, catalog: &Catalog, model: &ModelRequest) -> Result<Self, ModelError> {
        let detector = SessionDetector::open(runtime, catalog, model)?;
        let form = &detector.info().form;
        Ok(Self { letterboxer: Letterboxer::new(form.input), heads: RawHeads::zeros(form), detector })
    }
}

struct Pair {
    a: Half,
    b: Half,
    comparer: Comparer,
    search: ThresholdSearch,
}

impl Pair {
    fn open(catalog: &Catalog, [a, b]: &[ModelRequest; 2]) -> Result<Self, Box<dyn Error>> {
        let runtime = Runtime::find(catalog)?;
        let [a, b] = [Half::open(&runtime, catalog, a)?, Half::open(&runtime, catalog, b)?];
        let [of_a, of_b]: [&ModelInfo; 2] = [a.detector.info(), b.detector.info()];
        if of_a.form.classes != of_b.form.classes {
            let [a, b] = [of_a, of_b].map(|m| format!("{} ({} classes)", m.path.display(), m.form.classes.len()));
            return Err(format!("{a} and {b} know different classes; compare two models of the same classes").into());
        }
        Ok(Self { a, b, comparer: Comparer::default(), search: ThresholdSearch::default() })
    }

    fn compare(&mut self, take: &Take, frame: &Frame, thresholds: Thresholds) -> Result<Picture, ModelError> {
        let mut letterboxes = Vec::with_capacity(2);
        for half in [&mut self.a, &mut self.b] {
            letterboxes.push(half.letterboxer.fill(frame));
            half.detector.run(half.letterboxer.tensor(), &mut half.heads)?;
        }
        let sides = [&self.a, &self.b];
        let [a, b] = [0, 1].map(|i| Side {
            form: &sides[i].detector.info().form,
            heads: &sides[i].heads,
            letterbox: &letterboxes[i],
            thresholds,
        });
        self.search.add(&a, &b);
        let comparison = self.comparer.run(&a, &b).clone();
        let (frame_number, time_s) = (take.number, take.time.map(|time| time.as_secs_f64()));
        Ok(Picture { source: take.source.clone(), frame: frame_number, time_s, size: frame.size(), comparison })
    }
}
