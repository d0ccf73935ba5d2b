//! `twinsight layers`: which layer of an INT8 model hurts.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::inputs::pictures;
use super::out::say;
use super::progress::Progress;
use crate::detect::Letterboxer;
use crate::model::{Catalog, Detector, ModelError, ModelInfo, ModelName, Runtime, SessionDetector};
use crate::source::load;
use crate::workshop::layers::{Layer, Layers, box_losses};

/// On so many pictures each node is tried alone; noise is added up over all.
const TRIED: usize = 8;
/// The width of the longest bar.
const BAR: usize = 24;

#[derive(Args, Debug)]
pub struct LayersArgs {
    /// Pictures, or folders of pictures
    #[arg(value_name = "IMAGE|DIR", required = true)]
    images: Vec<PathBuf>,
    /// The float model
    #[arg(long, value_name = "fp32|FILE", default_value = "fp32")]
    a: String,
    /// The INT8 model, in the QOperator form, of the same network
    #[arg(long, value_name = "int8|tuned|FILE", default_value = "int8")]
    b: String,
    /// Show the layers that move boxes the most first, in place of the graph's order
    #[arg(long)]
    worst: bool,
    /// Leave out what each layer alone does to the boxes, which takes some seconds
    #[arg(long, conflicts_with = "worst")]
    quick: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Measures, and prints a table. Exits with 1 where a picture could not be read; the others count.
pub fn run(args: &LayersArgs) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let runtime = Runtime::find(&catalog)?;
    let [(a, float), (b, int8)] = [open(&catalog, &runtime, &args.a)?, open(&catalog, &runtime, &args.b)?];
    let mut layers = Layers::new(&runtime, &float, &int8)?;
    let mut letterboxer = Letterboxer::new(a.form.input);
    let (mut inputs, mut failed) = (Vec::new(), false);
    let (paths, failures) = pictures(&args.images);
    for failure in failures {
        eprintln!("twinsight: {failure}");
        failed = true;
    }
    let mut bar = Progress::new(Some(paths.len()), "pictures");
    for path in &paths {
        match load(path) {
            Ok(frame) => {
                letterboxer.fill(&frame);
                layers.add(letterboxer.tensor())?;
                if inputs.len() < TRIED {
                    inputs.push(letterboxer.tensor().to_vec());
                }
            }
            Err(error) => {
                bar.suspend(|| eprintln!("twinsight: {error}"));
                failed = true;
            }
        }
        bar.step();
    }
    drop(bar);
    if layers.pictures() == 0 {
        return Err("no picture could be read".into());
    }
    let mut report = Report {
        a: Model::of(&a),
        b: Model::of(&b),
        pictures: layers.pictures(),
        tried: if args.quick { 0 } else { inputs.len() },
        layers: layers.layers().into_iter().map(Line::of).collect(),
    };
    drop(layers);
    if !args.quick {
        let mut bar = None;
        let losses = box_losses(&runtime, &float, &int8, &a.form, &inputs, |of| {
            bar.get_or_insert_with(|| Progress::new(Some(of), "layers")).step();
        })?;
        let total: f64 = losses.iter().map(|loss| loss.iou_loss).sum();
        for line in &mut report.layers {
            let Some(loss) = losses.iter().find(|loss| loss.tensor == line.tensor) else { continue };
            line.iou_loss = Some(loss.iou_loss);
            line.score_change = Some(loss.score_change);
            line.share = Some(if total > 0.0 { loss.iou_loss / total } else { 0.0 });
        }
    }
    if args.worst {
        let key = |line: &Line| line.iou_loss.unwrap_or(-1.0);
        report.layers.sort_by(|x, y| key(y).total_cmp(&key(x)));
    }
    if args.json {
        say!("{}", serde_json::to_string(&report)?)?;
    } else {
        say!("{}", report.to_text().trim_end())?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What is known of a model, and its file.
fn open(catalog: &Catalog, runtime: &Runtime, flag: &str) -> Result<(Arc<ModelInfo>, Vec<u8>), ModelError> {
    let name = ModelName::from_flag(flag);
    // Opened as a detector first, because that says best what is wrong with a file.
    let info = Arc::clone(SessionDetector::open(runtime, catalog, &name)?.info());
    let bytes = std::fs::read(&info.path).map_err(|cause| ModelError::Read { path: info.path.clone(), cause })?;
    Ok((info, bytes))
}

#[derive(Serialize)]
struct Report {
    a: Model,
    b: Model,
    pictures: usize,
    /// Pictures on which each node was tried alone.
    tried: usize,
    layers: Vec<Line>,
}

#[derive(Serialize)]
struct Model {
    name: String,
    sha256: String,
}

impl Model {
    fn of(info: &ModelInfo) -> Self {
        Self { name: info.name.clone(), sha256: info.sha256.clone() }
    }
}

/// One tensor. Noise in dB; `null` in JSON where nothing differs, or the node rounds nothing.
#[derive(Serialize)]
struct Line {
    node: String,
    op: String,
    tensor: String,
    shape: Vec<i64>,
    propagated_db: Option<f64>,
    isolated_db: Option<f64>,
    iou_loss: Option<f64>,
    score_change: Option<f64>,
    share: Option<f64>,
}

impl Line {
    fn of(layer: Layer) -> Self {
        let finite = |db: f64| Some(db).filter(|db| db.is_finite());
        let Layer { node, op, tensor, shape, propagated, isolated } = layer;
        let (propagated_db, isolated_db) = (finite(propagated), isolated.and_then(finite));
        let (iou_loss, score_change, share) = Default::default();
        Self { node, op, tensor, shape, propagated_db, isolated_db, iou_loss, score_change, share }
    }
}

impl Report {
    fn to_text(&self) -> String {
        let Self { a, b, pictures, tried, layers } = self;
        let of = |count: &usize| format!("{count} picture{}", if *count == 1 { "" } else { "s" });
        let mut text = format!("{} against {}, over {}\n\n", b.name, a.name, of(pictures));
        let most = layers.iter().filter_map(|line| line.iou_loss).fold(0.0, f64::max);
        text += &format!(
            "{:<18} {:<20} {:>14} {:>11} {:>9}{}\n",
            "tensor",
            "operation",
            "shape",
            "propagated",
            "isolated",
            if *tried > 0 { "   boxes  share" } else { "" }
        );
        let decibel = |db: Option<f64>| db.map_or_else(|| "-".into(), |db| format!("{db:.1} dB"));
        for line in layers {
            let shape = line.shape.iter().skip(1).map(i64::to_string).collect::<Vec<_>>().join("×");
            text += &format!(
                "{:<18} {:<20} {:>14} {:>11} {:>9}",
                line.tensor,
                line.op,
                shape,
                decibel(line.propagated_db),
                decibel(line.isolated_db)
            );
            if let (Some(loss), Some(share)) = (line.iou_loss, line.share) {
                let bar = if most > 0.0 { (loss / most * BAR as f64).round() as usize } else { 0 };
                text += &format!(" {:>6.2}% {:>5.1}%  {}", loss * 100.0, share * 100.0, "█".repeat(bar));
            }
            text.push('\n');
        }
        text += "\npropagated: signal to noise of the tensor, both models whole; isolated: of this node alone\n";
        if *tried > 0 {
            text += &format!(
                "boxes: how much of a box's overlap (1 − IoU) is lost when this node alone is INT8, over {}\n",
                of(tried)
            );
        }
        text
    }
}
