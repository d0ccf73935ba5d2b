//! A card's sections.

use super::{Card, CardFile};
use crate::detect::{Form, Thresholds};
use crate::model::Precision;
use crate::workshop::evaluate::{EvalReport, Figures, Interval, MAX_PER_IMAGE, Spread};

const NOT_MEASURED: &str = "not measured";

/// The weights that set-up fetches: AlexeyAB's yolov4-tiny.
const KNOWN_WEIGHTS: &str = "cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87";

/// How many figures of precision there are: the others are of recall.
const PRECISIONS: usize = 6;

impl Card {
    /// The whole card, as Markdown with a head in YAML.
    pub fn to_markdown(&self) -> String {
        let sections = [
            head(self),
            title(self),
            files(self),
            input_and_outputs(&self.form),
            accuracy(self),
            latency(self),
            provenance(self),
            limits(self),
        ];
        sections.join("\n")
    }
}

/// "yolov4-tiny-416", of "yolov4-tiny-416_float.onnx".
fn network(card: &Card) -> &str {
    let file = card.files.first().map_or("model", |f| f.file.as_str());
    file.split_once('_').map_or_else(|| file.strip_suffix(".onnx").unwrap_or(file), |(network, _)| network)
}

fn weights(card: &Card) -> Option<&str> {
    card.files.iter().find_map(|f| f.metadata.as_ref()?.weights_sha256.as_deref())
}

/// Published files are of the known weights too.
fn is_known(card: &Card) -> bool {
    match weights(card) {
        Some(sum) => sum == KNOWN_WEIGHTS,
        None => card.files.iter().all(|file| file.published),
    }
}

/// What machines read. Values that a file names are quoted, as JSON, which YAML reads.
fn head(card: &Card) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = "---\nlicense: other\n".to_owned();
    if is_known(card) {
        text += "license_name: yolo-license-2-public-domain\ndatasets:\n- coco\n";
    }
    text += "library_name: onnx\npipeline_tag: object-detection\ntags:\n- object-detection\n- onnx\n";
    if card.files.iter().any(|f| f.precision == Precision::Int8) {
        text += "- int8\n- quantization\n";
    }
    let mut results = String::new();
    for file in &card.files {
        let (Some(measured), Some(report)) = (card.measured(file), &card.evaluation) else { continue };
        results += &format!(
            "- name: {}\n  results:\n  - task:\n      type: object-detection\n    dataset:\n      name: {}\n      type: coco\n    \
             metrics:\n",
            quoted(&file.file),
            quoted(&report.annotations.file)
        );
        for (name, value) in Figures::NAMES.iter().zip(measured.figures.to_array()).take(PRECISIONS) {
            if let Some(value) = value {
                results +=
                    &format!("    - name: {name}\n      type: {}\n      value: {value:.4}\n", name.replace(' ', "_"));
            }
        }
    }
    if !results.is_empty() {
        text += &format!("model-index:\n{results}");
    }
    text + "---\n"
}

fn title(card: &Card) -> String {
    let network = network(card);
    let classes = card.form.classes.len();
    let precisions: Vec<&str> = card.files.iter().map(|f| f.name.as_str()).collect();
    format!(
        "# {network}\n\nAn object detector of the YOLO family for {classes} classes, as ONNX: {}. The models give raw heads; \
         decoding and NMS are the caller's, as below.\n",
        precisions.join(", ")
    )
}

fn files(card: &Card) -> String {
    let mut text =
        "## Files\n\n| model | file | recipe | bytes | sha256 |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for f in &card.files {
        let recipe = match (&f.metadata, f.published) {
            (Some(metadata), _) => metadata.recipe.as_str(),
            (None, true) => "published by others",
            (None, false) => "not stated",
        };
        text += &format!("| {} | `{}` | {recipe} | {} | `{}` |\n", cell(&f.name), f.file, f.bytes, f.sha256);
    }
    text
}

fn input_and_outputs(form: &Form) -> String {
    let size = form.input;
    let mut text = format!(
        "## Input\n\n`[1, 3, {}, {}]` float32, RGB, NCHW, 0 to 1.\n\n\
         The picture is scaled by r = min({}/w, {}/h) to round(w·r) × round(h·r), bilinear without antialiasing, half-pixel \
         centres; centred, offsets rounded down, on grey of 114; divided by 255.\n\n## Outputs\n\nRaw heads, to be told apart by \
         shape, not by order or name:\n\n| shape | stride | anchors (width, height in input pixels) | scale_x_y |\n| --- | --- | --- | --- |\n",
        size.height, size.width, size.width, size.height
    );
    for head in &form.heads {
        let anchors: Vec<String> = head.anchors.iter().map(|[w, h]| format!("({w}, {h})")).collect();
        text +=
            &format!("| `{:?}` | {} | {} | {} |\n", form.shape(head), head.stride, anchors.join(" "), head.scale_x_y);
    }
    let classes = form.classes.len();
    text + &format!(
        "\n## Decode\n\nChannels are anchor-major: for each anchor tx, ty, tw, th, objectness, then {classes} classes. With σ the \
         logistic function and s = scale_x_y, in input pixels:\n\n\
         - centre x = (σ(tx)·s − (s − 1)/2 + column) · stride, centre y likewise with the row\n\
         - width = anchor width · exp(tw), height = anchor height · exp(th)\n\
         - score of a class = σ(objectness) · σ(class); one anchor may give several classes\n\n\
         Then NMS, greedy within each class: a box is dropped if its IoU with a stronger one exceeds the threshold; boxes are \
         clipped to the picture afterwards. Classes: {}.\n",
        form.classes.iter().collect::<Vec<_>>().join(", ")
    )
}

fn accuracy(card: &Card) -> String {
    let protocol = Thresholds::EVALUATION;
    let mut text = format!(
        "## Accuracy\n\nProtocol: score over {}, NMS IoU {}, at most {MAX_PER_IMAGE} boxes a picture, figures as COCO defines them.\n\n",
        protocol.score, protocol.nms_iou
    );
    text +=
        &format!("| model | {} |\n|{}\n", Figures::NAMES[..PRECISIONS].join(" | "), " --- |".repeat(PRECISIONS + 1));
    for file in &card.files {
        let cells = match card.measured(file) {
            Some(model) => {
                let intervals = model.intervals.to_array();
                let figures = model.figures.to_array();
                (0..PRECISIONS).map(|i| figure(figures[i], intervals[i])).collect::<Vec<_>>()
            }
            None => vec![NOT_MEASURED.to_owned(); PRECISIONS],
        };
        text += &format!("| {} | {} |\n", cell(&file.name), cells.join(" | "));
        text += &replicates(card, file);
    }
    match &card.evaluation {
        Some(report) => text + &differences(card, report) + &replicated(report) + &measured_over(report),
        None => text + "\nMeasure them with `twinsight eval --annotations FILE --images DIR --json FILE`.\n",
    }
}

/// A row of means, where the evaluation saw each picture several times.
fn replicates(card: &Card, file: &CardFile) -> String {
    let replicates = card.evaluation.as_ref().and_then(|report| report.replicates.as_ref());
    let Some((replicates, model)) = replicates.zip(card.measured(file)) else { return String::new() };
    let Some(of_model) = replicates.models.iter().find(|replicated| replicated.name == model.name) else {
        return String::new();
    };
    let spread = |spread: &Spread| {
        let Spread { mean, min, max, sd, .. } = spread;
        format!("{mean:.4} ({min:.4} to {max:.4}, sd {sd:.4})")
    };
    let mut cells: Vec<String> =
        of_model.figures.to_array().into_iter().map(|s| s.map_or_else(String::new, spread)).collect();
    cells.resize(PRECISIONS, String::new());
    format!("| {}, mean of {} replicates | {} |\n", cell(&file.name), replicates.count, cells.join(" | "))
}

fn figure(value: Option<f64>, interval: Option<Interval>) -> String {
    match (value, interval) {
        (Some(value), Some(Interval { low, high })) => format!("{value:.4} ({low:.3} to {high:.3})"),
        (Some(value), None) => format!("{value:.4}"),
        (None, _) => "no objects of that size".to_owned(),
    }
}

/// Only where the first model of the evaluation is of this card too: a difference from another file says nothing here.
fn differences(card: &Card, report: &EvalReport) -> String {
    let Some(first) = report.models.first().filter(|m| card.files.iter().any(|f| f.sha256 == m.sha256)) else {
        return String::new();
    };
    let mut text = String::new();
    for file in &card.files {
        let Some(differences) = card.measured(file).and_then(|m| m.differences) else { continue };
        let told = Figures::NAMES.iter().zip(differences.to_array()).filter_map(|(name, d)| {
            let d = d?;
            let sure = if d.is_sure() { "" } else { ", may be chance" };
            Some(format!("{name} {:+.4} ({:+.3} to {:+.3}{sure})", d.value, d.low, d.high))
        });
        let told: Vec<String> = told.collect();
        text +=
            &format!("\n{} minus {}, over the same samples of pictures: {}.\n", file.name, first.name, told.join("; "));
    }
    text.replace(" -", " −").replace("(-", "(−")
}

fn measured_over(report: &EvalReport) -> String {
    let p = &report.pictures;
    let mut over = format!("Over {} of {} pictures", p.evaluated, p.annotated);
    if p.of < p.annotated {
        over += &format!(", the first {} by image id", p.of);
    }
    if p.interrupted {
        over += ", because a person ended it";
    }
    if !p.skipped.is_empty() {
        over += &format!(", {} were missing or could not be used", p.skipped.len());
    }
    format!(
        "\n{over}, with {} annotated objects ({} small, {} medium, {} large); annotations `{}`, sha256 `{}`. In brackets intervals \
         of {:.0} %, over {} samples of the pictures ({}). Measured by Twinsight {} with ONNX Runtime {}:\n\n```\n{}\n```\n",
        p.things.all,
        p.things.small,
        p.things.medium,
        p.things.large,
        report.annotations.file,
        report.annotations.sha256,
        report.resampling.level * 100.0,
        report.resampling.resamples,
        report.resampling.method,
        report.twinsight,
        report.onnx_runtime,
        // A fence inside would end the block.
        report.command.replace("```", "'''")
    )
}

fn replicated(report: &EvalReport) -> String {
    let Some(replicates) = &report.replicates else { return String::new() };
    format!(
        "\nReplicates are the same pictures, changed in ways that make no difference to a person: {}. The brackets of their \
         rows hold the least and the greatest value and the standard deviation, not intervals. All other figures are of the \
         unchanged pictures.\n",
        replicates.names.join(", ")
    )
}

fn latency(card: &Card) -> String {
    let mut text = "## Latency\n\n| model | median, ms | 95 %, ms |\n| --- | --- | --- |\n".to_owned();
    for file in &card.files {
        let stage = card.bench.as_ref().and_then(|bench| bench.inference(&file.name));
        let [median, p95] = match stage {
            Some(stage) => [stage.median_ms, stage.p95_ms].map(|ms| format!("{ms:.1}")),
            None => [NOT_MEASURED; 2].map(str::to_owned),
        };
        text += &format!("| {} | {median} | {p95} |\n", cell(&file.name));
    }
    match &card.bench {
        Some(bench) => {
            let runs = bench.stages.iter().map(|stage| stage.runs).max().unwrap_or_default();
            let processor = bench.processor.as_ref().map_or_else(|| "the CPU".to_owned(), ToString::to_string);
            text + &format!(
                "\nONNX Runtime {} on {processor}, {} threads, {runs} interleaved runs (`twinsight bench --json`). Measured with \
                 the installed models of these names; times differ on other machines.\n",
                bench.runtime, bench.threads
            )
        }
        None => text + "\nMeasure it with `twinsight bench --json > FILE`.\n",
    }
}

fn provenance(card: &Card) -> String {
    let mut text = "## Provenance\n\n".to_owned();
    text += &match weights(card) {
        Some(sum) if sum == KNOWN_WEIGHTS => {
            format!("- weights: `yolov4-tiny.weights` of AlexeyAB/darknet, sha256 `{sum}`, trained on COCO\n")
        }
        Some(sum) => format!("- weights: darknet, sha256 `{sum}`\n"),
        None => "- weights: the files do not say\n".to_owned(),
    };
    for file in &card.files {
        let Some(metadata) = &file.metadata else {
            text += &format!("- {}: the file says nothing of itself\n", file.name);
            continue;
        };
        text += &format!("- {}: recipe {}", file.name, metadata.recipe);
        if let Some(sum) = &metadata.calibration_sha256 {
            text += &format!(", calibration table sha256 `{sum}`");
        }
        text.push('\n');
    }
    if let Some(table) = &card.calibration {
        text += &format!(
            "- calibration: {} pictures, none of which is redistributed (sha256 over their sums `{}`), by {}\n",
            table.pictures, table.pictures_sha256, table.tool
        );
    }
    text += &format!("- this card: Twinsight {}\n", env!("CARGO_PKG_VERSION"));
    text += "\n## Licence\n\n";
    text += if is_known(card) {
        "The weights are in the public domain (YOLO licence 2). COCO's annotations, which they were trained with, are CC BY 4.0.\n"
    } else {
        "That of the weights, which the files do not say: state it here before you publish them.\n"
    };
    text
}

fn limits(card: &Card) -> String {
    let mut text = "## Limits\n\n- It finds only the classes above, and misses many small objects.\n".to_owned();
    if card.evaluation.as_ref().is_some_and(|report| report.pictures.evaluated < 5000) {
        text += "- The figures are of a sample of pictures; their intervals say how far another sample may lie.\n";
    }
    if card.files.iter().any(|f| f.precision == Precision::Int8) {
        text += "- INT8 figures are of exact sums (Twinsight's arithmetic `exact`), the same on every processor. On x86-64 without \
                 VNNI, ONNX Runtime's plain kernels overflow and find other boxes, unless `session.x64quantprecision` is \"1\". \
                 Signed activations are many times slower on x86-64 than unsigned ones, if they are run as they are.\n";
    }
    text + "- Not for decisions about people, or where a missed object could do harm.\n"
}

/// In a table a bar would begin another cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
