//! `twinsight layers`: which layer of an INT8 model hurts.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::arithmetic_flags::ArithmeticFlags;
use super::input::pictures;
use super::output::model_identity::ModelIdentity;
use super::output::progress::ProgressLine;
use super::output::stdout::{out, tell};
use super::unknown_word::model_flag;
use crate::detect::{Classes, Frame, Letterboxer, Thresholds};
use crate::model::{Catalog, FrameDetector, ModelInfo, ModelLoader, ModelRequest, Runtime};
use crate::source::load;
use crate::workshop::layers::{
    LayerModels, LayerNoise, Layers, LayersError, Overflow, Studied, Study, Target, is_change,
};

/// The most pictures on which each node is tried alone; noise is summed over all.
const TRIED: usize = 8;
const NO_BOXES: &str =
    "the float model detects nothing in these images (score 0.25 or more), so no box can move; try --quick";

/// The most boxes that would change that are printed; JSON has them all.
const MOST_CHANGED: usize = 12;

/// The width of the longest bar.
const BAR: usize = 24;

/// What the table does not say in words.
const UNITS: &str = "In the table, noise is in dB; `overflow ppm` is how many of a million pairs of products leave 16 bits in \
kernels without VNNI.";

#[derive(Args, Debug)]
#[command(after_help = UNITS)]
pub struct LayersArgs {
    /// Images, or folders of images
    #[arg(value_name = "IMAGE|DIR", required = true)]
    images: Vec<PathBuf>,
    /// Float model
    #[arg(long, value_name = "fp32|FILE", default_value = "fp32", value_parser = model_flag)]
    a: String,
    /// INT8 model of the same network, in the QOperator or QDQ form
    #[arg(long, value_name = "int8|tuned|safe|FILE", default_value = "int8", value_parser = model_flag)]
    b: String,
    #[command(flatten)]
    arithmetic: ArithmeticFlags,
    /// List layers by how far they move boxes, most first, instead of in graph order
    #[arg(long)]
    worst: bool,
    /// Skip the effect of each single layer on the boxes, which takes a few seconds
    #[arg(long, conflicts_with = "worst")]
    quick: bool,
    /// Follow the Nth box of the first image, as listed by `detect`: in which layers its score changes
    #[arg(long = "box", value_name = "N", conflicts_with = "quick", value_parser = clap::value_parser!(u32).range(1..))]
    number: Option<u32>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Measures, and prints a table. Exits with 1 where a picture could not be read; the others count.
pub fn run(args: &LayersArgs) -> Result<ExitCode, Box<dyn Error>> {
    let loader = ModelLoader::new(Catalog::find());
    let requests = args.arithmetic.requests([&args.a, &args.b])?;
    let (runtime, [(a, float), (b, int8)]) = read(&loader, &requests)?;
    let arithmetic = b.arithmetic.clone().unwrap_or_default();
    let models = LayerModels { float: &float, int8: &int8, form: &a.form, arithmetic: &arithmetic };
    let named = |error: LayersError| -> Box<dyn Error> {
        what_is_wrong(&loader, &requests).unwrap_or_else(|| error.of([&a.path, &b.path]).into())
    };
    let mut layers = Layers::new(&runtime, models).map_err(named)?;
    if !args.quick {
        layers.count_overflows(&int8);
    }
    drop((float, int8));
    let mut letterboxer = Letterboxer::new(a.form.input);
    let (mut tried, mut failed, mut followed) = (Vec::new(), false, None);
    let (paths, failures) = pictures(&args.images);
    for failure in failures {
        tell!("{failure}");
        failed = true;
    }
    let mut bar = ProgressLine::new(Some(paths.len()), "images");
    for path in &paths {
        match load(path) {
            Ok(frame) => {
                if let Some(number) = args.number.filter(|_| followed.is_none()) {
                    let detector = FrameDetector::open(&loader, &requests[0])?;
                    followed = Some(Followed::find(detector, &frame, number)?);
                }
                letterboxer.fill(&frame);
                drop(frame);
                let input = letterboxer.tensor();
                if args.quick || tried.len() == TRIED {
                    layers.add(input).map_err(named)?;
                } else {
                    let target = followed.as_ref().map(|followed| followed.target).filter(|_| tried.is_empty());
                    layers.add_and_try(input, target, &mut || Ok(())).map_err(named)?;
                    tried.push(path);
                }
            }
            Err(error) => {
                bar.suspend(|| tell!("{error}"));
                failed = true;
            }
        }
        bar.step();
    }
    drop(bar);
    if layers.pictures() == 0 {
        return Err(format!("none of {} images could be read; pass intact ones", paths.len()).into());
    }
    let study = Study::of(&layers);
    drop(layers);
    if !args.quick && study.layers.iter().all(|studied| studied.loss.is_none()) {
        return Err(what_is_wrong(&loader, &requests).unwrap_or_else(|| NO_BOXES.into()));
    }
    // A model that is partly in float has no figures of this kind; the others stand.
    let told = |why: &LayersError| tell!("no overflow counts: {}", why.of([&a.path, &b.path]));
    let overflow = study.overflow.and_then(|found| found.inspect_err(told).ok());
    if let Some((followed, scores)) = followed.as_mut().zip(study.target) {
        followed.scores = scores;
    }
    let mut report = LayersReport {
        overflow: overflow.map(|found| OverflowReport::of(&found, &tried, &a.form.classes)),
        a: ModelIdentity { precision: None, ..ModelIdentity::of(&a) },
        b: ModelIdentity { precision: None, ..ModelIdentity::of(&b) },
        pictures: study.pictures,
        tried: tried.len(),
        followed,
        layers: study.layers.into_iter().map(LayerLine::of).collect(),
    };
    if args.worst {
        let float = report.followed.as_ref().map(|followed| followed.scores[0]);
        let key = |line: &LayerLine| match float {
            Some(float) => line.box_alone.map_or(f64::NEG_INFINITY, |alone| f64::from(float - alone)),
            None => line.iou_loss.unwrap_or(-1.0),
        };
        report.layers.sort_by(|x, y| key(y).total_cmp(&key(x)));
    }
    if args.json {
        out!("{}", serde_json::to_string(&report)?)?;
    } else {
        out!("{}", report.to_text().trim_end())?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What is known of a model, and its file's bytes.
type ReadModel = (Arc<ModelInfo>, Vec<u8>);

/// Reads both models, side by side: their sums take as long as all the rest.
fn read(loader: &ModelLoader, [a, b]: &[ModelRequest; 2]) -> Result<(Runtime, [ReadModel; 2]), Box<dyn Error>> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("layers-model".into());
        let a = thread.spawn_scoped(scope, || loader.identify(a))?;
        let runtime = Runtime::find(loader.catalog());
        let b = loader.identify(b);
        let a = a.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((runtime?, [a?, b?]))
    })
}

/// Opens both models as detectors, because that says best what is wrong with a file.
fn what_is_wrong(loader: &ModelLoader, requests: &[ModelRequest; 2]) -> Option<Box<dyn Error>> {
    requests.iter().find_map(|request| loader.load(request).err()).map(Into::into)
}

/// The box that is followed through the layers.
#[derive(Serialize)]
struct Followed {
    number: u32,
    /// As the model's file has it.
    class: String,
    #[serde(skip)]
    shown_class: String,
    /// In the float model and in the INT8 model.
    scores: [f32; 2],
    #[serde(skip)]
    target: Target,
}

impl Followed {
    /// The box among those of a picture.
    fn find(mut detector: FrameDetector, frame: &Frame, number: u32) -> Result<Self, Box<dyn Error>> {
        let info = Arc::clone(detector.info());
        detector.run(frame)?;
        let found = detector.detections(Thresholds::LIVE);
        let Some(detection) = found.get(number as usize - 1) else {
            return Err(format!(
                "there is no box {number}: {} finds {} in the first image; `twinsight detect` lists them",
                info.name,
                found.len()
            )
            .into());
        };
        let (class_id, classes) = (detection.class_id, &info.form.classes);
        let (class, shown_class) = (classes.name_in_files(class_id).to_owned(), classes.name(class_id).to_owned());
        Ok(Self { number, class, shown_class, scores: [detection.score; 2], target: Target::of(detection) })
    }
}

#[derive(Serialize)]
struct LayersReport<'a> {
    a: ModelIdentity<'a>,
    b: ModelIdentity<'a>,
    pictures: usize,
    /// Pictures on which each node was tried alone.
    tried: usize,
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    followed: Option<Followed>,
    /// What processors without VNNI would make of the boxes, over the pictures that were tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    overflow: Option<OverflowReport>,
    layers: Vec<LayerLine>,
}

/// Boxes of exact sums that would change where pairs of products overflow.
#[derive(Serialize)]
struct OverflowReport {
    boxes: usize,
    lost: usize,
    gained: usize,
    class_flips: usize,
    moved: usize,
    changed: Vec<ChangedBox>,
    #[serde(skip)]
    words: String,
}

/// One box that would change.
#[derive(Serialize)]
struct ChangedBox {
    /// The picture's.
    file: String,
    /// As the model's file has it.
    class: String,
    #[serde(skip)]
    shown_class: String,
    /// With exact sums; `null`: it would be gained.
    score: Option<f32>,
    /// With sums that saturate; `null`: it would be lost.
    overflow_score: Option<f32>,
    /// Of both boxes.
    iou: Option<f32>,
}

impl OverflowReport {
    fn of(found: &Overflow, files: &[&PathBuf], classes: &Classes) -> Self {
        let mut changed = Vec::new();
        for (file, comparison) in files.iter().zip(&found.pictures) {
            for verdict in comparison.verdicts().iter().filter(|verdict| is_change(verdict)) {
                let [a, b] =
                    [verdict.a().and_then(|a| comparison.a().get(a)), verdict.b().and_then(|b| comparison.b().get(b))];
                let Some(class_id) = a.or(b).map(|detection| detection.class_id) else { continue };
                let (class, shown_class) =
                    (classes.name_in_files(class_id).to_owned(), classes.name(class_id).to_owned());
                let iou = a.zip(b).map(|(a, b)| a.bbox.iou(&b.bbox));
                let [score, overflow_score] = [a, b].map(|detection| detection.map(|d| d.score));
                let file = file.display().to_string();
                changed.push(ChangedBox { file, class, shown_class, score, overflow_score, iou });
            }
        }
        let changes = found.changes();
        Self {
            boxes: changes.boxes,
            lost: changes.lost,
            gained: changes.gained,
            class_flips: changes.flips,
            moved: changes.moved,
            changed,
            words: changes.to_string(),
        }
    }

    fn to_text(&self) -> String {
        let mut text = format!("On a processor without VNNI (arithmetic native), {}.\n", self.words);
        for ChangedBox { file, shown_class, score, overflow_score, iou, .. } in self.changed.iter().take(MOST_CHANGED) {
            let told = |score: &Option<f32>| score.map_or_else(|| "none".into(), |s| format!("{s:.3}"));
            let iou = iou.map_or_else(String::new, |iou| format!(", IoU {iou:.3}"));
            text += &format!("  {file}: {shown_class} {} → {}{iou}\n", told(score), told(overflow_score));
        }
        if let Some(more) = self.changed.len().checked_sub(MOST_CHANGED + 1) {
            text += &format!("  and {} more\n", more + 1);
        }
        text
    }
}

/// One tensor. Noise in dB; `null` in JSON where nothing differs, or the node rounds nothing.
#[derive(Serialize)]
struct LayerLine {
    node: String,
    op: String,
    tensor: String,
    shape: Vec<i64>,
    propagated_db: Option<f64>,
    isolated_db: Option<f64>,
    /// The share of its bytes that are not those of exact arithmetic, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    differing: Option<f64>,
    /// The share of its bytes at the ends of its range, where values are clipped, 0 to 1; `null`: it is not rounded, or it
    /// is not known.
    clipped: Option<f64>,
    iou_loss: Option<f64>,
    score_change: Option<f64>,
    share: Option<f64>,
    /// Of a million pairs of products, how many leave 16 bits; `null`: it has none, or it is not known.
    overflow_per_million: Option<f64>,
    /// The followed box's score with this node alone in INT8, and with all up to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    box_alone: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    box_up_to: Option<f32>,
}

impl LayerLine {
    fn of(studied: Studied) -> Self {
        let Studied { layer, loss, share, up_to, overflowing } = studied;
        let LayerNoise { node, op, tensor, shape, propagated, isolated, differing, clipped } = layer;
        let finite = |db: f64| Some(db).filter(|db| db.is_finite());
        Self {
            node,
            op,
            tensor,
            shape,
            propagated_db: finite(propagated),
            isolated_db: isolated.and_then(finite),
            differing,
            clipped,
            iou_loss: loss.as_ref().map(|loss| loss.iou_loss),
            score_change: loss.as_ref().map(|loss| loss.score_change),
            share,
            overflow_per_million: overflowing,
            box_alone: loss.and_then(|loss| loss.target),
            box_up_to: up_to,
        }
    }
}

impl LayersReport<'_> {
    fn to_text(&self) -> String {
        let Self { a, b, pictures, tried, followed, overflow, layers } = self;
        let of = |count: &usize| format!("{count} image{}", if *count == 1 { "" } else { "s" });
        let [a, b] = [a, b].map(|model| model.name.unwrap_or_default());
        let mut text = format!("{b} against {a}, over {}\n\n", of(pictures));
        if let Some(Followed { number, shown_class, scores: [float, int8], .. }) = followed {
            text += &format!("box {number}: {shown_class} {float:.3} in {a}, {int8:.3} in {b}\n\n");
        }
        let differ = layers.iter().any(|line| line.differing.is_some());
        let clip = layers.iter().any(|line| line.clipped.is_some());
        let most = layers.iter().filter_map(|line| line.iou_loss).fold(0.0, f64::max);
        text += &format!(
            "{:<18} {:<20} {:>14} {:>11} {:>10}{}{}{}{}{}\n",
            "tensor",
            "operation",
            "shape",
            "cumulative",
            "this layer",
            if differ { "    differ" } else { "" },
            if clip { "   clipped" } else { "" },
            if overflow.is_some() { "  overflow ppm" } else { "" },
            if followed.is_some() { "   only cumul." } else { "" },
            if *tried > 0 { "    boxes   share" } else { "" }
        );
        let decibel = |db: Option<f64>| db.map_or_else(|| "-".into(), |db| format!("{db:.1} dB"));
        for line in layers {
            let shape = line.shape.iter().skip(1).map(i64::to_string).collect::<Vec<_>>().join("×");
            text += &format!(
                "{:<18} {:<20} {:>14} {:>11} {:>10}",
                line.tensor,
                line.op,
                shape,
                decibel(line.propagated_db),
                decibel(line.isolated_db)
            );
            let share =
                |share: Option<f64>| share.map_or_else(|| "-".into(), |share| format!("{:.3} %", share * 100.0));
            if differ {
                text += &format!(" {:>9}", share(line.differing));
            }
            if clip {
                text += &format!(" {:>9}", share(line.clipped));
            }
            if overflow.is_some() {
                let parts = line.overflow_per_million.map_or_else(|| "-".into(), |parts| format!("{parts:.1}"));
                text += &format!(" {parts:>13}");
            }
            if followed.is_some() {
                let score = |score: Option<f32>| score.map_or_else(|| "-".into(), |s| format!("{s:.3}"));
                text += &format!(" {:>6} {:>6}", score(line.box_alone), score(line.box_up_to));
            }
            if let (Some(loss), Some(share)) = (line.iou_loss, line.share) {
                let bar = if most > 0.0 { (loss / most * BAR as f64).round() as usize } else { 0 };
                text += &format!(" {:>6.2} % {:>5.1} %  {}", loss * 100.0, share * 100.0, "█".repeat(bar));
            }
            text.push('\n');
        }
        text += "\ncumulative: SQNR with everything up to this layer in INT8; this layer: SQNR of this layer only\n";
        if differ {
            text += "differ: bytes that are not those of exact arithmetic\n";
        }
        if clip {
            text += "clipped: bytes at the ends of the calibrated range, where values are clipped\n";
        }
        if let Some(overflow) = overflow {
            text += "overflow ppm: of a million pairs of products, how many overflow 16 bits in kernels without VNNI\n";
            text += &overflow.to_text();
        }
        if followed.is_some() {
            text += "only: the box's score with only this layer in INT8; cumul.: with everything up to it in INT8\n";
        }
        if *tried > 0 {
            text += &format!("boxes: IoU that boxes lose (1 − IoU) with only this layer in INT8, on {}\n", of(tried));
        }
        text
    }
}
