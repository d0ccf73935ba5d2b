//! An evaluation as one page that stands alone.

use std::path::Path;

use super::errors_html;
use super::evaluator::Evaluator;
use super::numbers::{number, signed, signed_finely};
use super::plot;
use super::tables::{difference, first, head};
use super::text::{resampling_note, standing};
use crate::cli::compare::export::html::{Aside, colours, figure, legend};
use crate::cli::compare::report::{ComparedModels, PictureReport};
use crate::cli::output::html::{document, escaped, file_uri};
use crate::detect::{BBox, Thresholds};
use crate::workshop::evaluate::{Damaged, EvalReport, Figures, OfModel, Spread, TruthBox};

/// How many of the worst pictures are shown, shared among the models: with these a page stays small enough to mail.
const SHOWN: usize = 16;

/// The page. Pictures that are shown are read again from `dir`.
pub fn html(report: &EvalReport, evaluator: &Evaluator<'_>, dir: &Path) -> String {
    let names: Vec<&str> = report.models.iter().map(|m| m.name.as_str()).collect();
    let title = format!("Evaluation of {}", escaped(&names.join(", ")));
    let mut page = format!("<h1>{}</h1>\n<p>On {}.</p>\n", escaped(&names.join(" · ")), standing(&report.pictures));
    page += &tiles(report);
    page += &figures(report);
    page += &replicates(report);
    page += &plots(report, &names);
    page += &errors_html::errors(report, &names);
    page += &worst(report, evaluator, dir);
    page += &classes(report);
    page += &footer(report);
    document(&title, &(colours() + &plot::style()), &page)
}

fn tiles(report: &EvalReport) -> String {
    let tile = |value: String, what: String| format!("<div class=\"tile\"><b>{value}</b><span>{what}</span></div>\n");
    let mut tiles = String::new();
    for model in &report.models {
        tiles += &tile(number(model.figures.ap), format!("AP, {}", escaped(&model.name)));
        if let Some(d) = model.differences.and_then(|d| d.ap) {
            let range = format!("{} to {}", signed(d.low), signed(d.high));
            tiles += &tile(signed(d.value), format!("{} − {}<br>{range}", escaped(&model.name), first(report)));
        }
    }
    format!("<div class=\"tiles\">\n{tiles}</div>\n")
}

fn figures(report: &EvalReport) -> String {
    let head = head(report, "figure");
    let row = |(place, name): (usize, &&str)| {
        let cells: String = report.models.iter().map(|model| cells(model, place)).collect();
        format!("<tr><td>{name}</td>{cells}</tr>\n")
    };
    let rows: String = Figures::NAMES.iter().enumerate().map(row).collect();
    format!(
        "<h2>COCO metrics</h2>\n<div class=\"wide\"><table \
         class=\"figures\"><tr>{head}</tr>\n{rows}</table></div>\n<p><small>Below each figure its interval: {} Those \
         in bold are more than chance.</small></p>\n",
        escaped(&resampling_note(report))
    )
}

/// A model's figure and, but for the first model, how it differs.
fn cells(model: &OfModel, place: usize) -> String {
    let interval = model.intervals.to_array().get(place).copied().flatten();
    let interval = interval.map(|i| format!("<br><small>{:.3} to {:.3}</small>", i.low, i.high)).unwrap_or_default();
    let mut text = format!("<td>{}{interval}</td>", number(model.figures.to_array()[place]));
    if let Some(differences) = model.differences {
        text += &match differences.to_array().get(place).copied().flatten() {
            Some(d) => difference(&d),
            None => "<td></td>".to_owned(),
        };
    }
    text
}

/// Empty where each picture was seen once.
fn replicates(report: &EvalReport) -> String {
    let Some(replicates) = &report.replicates else { return String::new() };
    let cell = |spread: Option<&Spread>, number: fn(f64) -> String| {
        let cell = |s: &Spread| {
            let [mean, min, max] = [s.mean, s.min, s.max].map(number);
            format!("{mean}<br><small>{min} to {max}, sd {:.4}</small>", s.sd)
        };
        format!("<td>{}</td>", spread.map(cell).unwrap_or_default())
    };
    let mut rows = String::new();
    for (place, name) in Figures::NAMES.iter().take(3).enumerate() {
        rows += &format!("<tr><td>{name}</td>");
        for model in &replicates.models {
            rows += &cell(model.figures.to_array()[place], |v| format!("{v:.4}"));
            if let Some(differences) = &model.differences {
                rows += &cell(differences.to_array()[place], signed_finely);
            }
        }
        rows += "</tr>\n";
    }
    format!(
        "<h2>Mean over {} replicates</h2>\n<div class=\"wide\"><table \
         class=\"figures\"><tr>{}</tr>\n{rows}</table></div>\n<p><small>Each image was evaluated {} times: {}. Below \
         each mean are the minimum, the maximum and the standard deviation; differences are taken on the same \
         replicate. This spread shows how far a figure moves under changes that make no difference to a person; the \
         intervals above show how far it would move with other images. All other figures on this page are for the \
         unchanged images.</small></p>\n",
        replicates.count,
        head(report, "figure"),
        replicates.count,
        escaped(&replicates.names.join(", "))
    )
}

fn plots(report: &EvalReport, names: &[&str]) -> String {
    let of = |curve: fn(&OfModel) -> &[f64]| -> Vec<&[f64]> { report.models.iter().map(curve).collect() };
    let mut text = format!("<h2>Precision over recall</h2>\n{}<div class=\"plots\">\n", plot::legend(names));
    text += &plot::curves("IoU 0.50", &of(|m| &m.curves.at_50));
    text += &plot::curves("IoU 0.75", &of(|m| &m.curves.at_75));
    text += &plot::curves("mean of IoU 0.50 to 0.95", &of(|m| &m.curves.mean));
    text += "</div>\n";
    let differing: String = report
        .models
        .iter()
        .enumerate()
        .filter_map(|(i, model)| {
            let differences = model.differences?.to_array();
            let rows: Vec<_> =
                Figures::NAMES.iter().zip(differences).filter_map(|(name, d)| Some((*name, d?))).collect();
            Some(plot::differences(&format!("{} − {}", model.name, names.first()?), i, &rows))
        })
        .collect();
    if !differing.is_empty() {
        text += &format!("<h2>Loss</h2>\n<div class=\"plots few\">\n{differing}</div>\n");
    }
    text
}

fn worst(report: &EvalReport, evaluator: &Evaluator<'_>, dir: &Path) -> String {
    let mut text = String::new();
    let models: Vec<_> = evaluator.models().collect();
    let Some((_, info_a)) = models.first() else { return text };
    for (model, (name, info_b)) in models.iter().enumerate().skip(1) {
        let damaged: Vec<&Damaged> = report.by_damage.iter().filter(|d| d.model == *name).collect();
        let shown = (SHOWN / (models.len() - 1)).max(4);
        if damaged.is_empty() || info_a.form.classes != info_b.form.classes {
            continue;
        }
        let compared = ComparedModels { a: info_a, b: info_b, thresholds: Thresholds::LIVE };
        text += &format!(
            "<h2>{} falls behind on {} images; the worst</h2>\n<p>Ordered by the loss of the image's own AP times its \
             number of objects. Boxes have a score above {}; white dotted boxes are the ground truth.</p>\n{}",
            escaped(name),
            damaged.len(),
            Thresholds::LIVE.score,
            legend(&escaped(&info_a.name), &escaped(&info_b.name))
        );
        for d in damaged.into_iter().take(shown) {
            let Some((image, size, comparison)) = evaluator.comparison(&d.file, model) else { continue };
            let picture = PictureReport::new(d.file.clone(), dir.join(&d.file), size, comparison, &compared);
            let uri = file_uri(&dir.join(&d.file), size);
            let note = format!("AP {:.3} → {:.3}, {} objects", d.ap_first, d.ap, d.things);
            let truth = evaluator.truth.images[image].boxes.iter().map(corners).collect();
            text += &figure(&picture, uri.as_deref(), &Aside { truth, note: Some(note), ..Aside::default() });
        }
    }
    text
}

fn corners(truth: &TruthBox) -> BBox {
    let [x1, y1, x2, y2] = truth.corners().map(|v| v as f32);
    BBox::new(x1, y1, x2, y2)
}

fn classes(report: &EvalReport) -> String {
    let Some(first) = report.models.first() else { return String::new() };
    let mut head = "<th>class</th><th>objects</th>".to_owned();
    for model in &report.models {
        head += &format!("<th>{}</th>", escaped(&model.name));
        if model.differences.is_some() {
            head += "<th></th>";
        }
    }
    let mut places: Vec<usize> = (0..first.classes.len()).collect();
    // What the last model loses, weighed by how much there is of it.
    let lost = |place: &usize| {
        let of = &first.classes[*place];
        let last = report.models.last().and_then(|m| m.classes.get(*place)).and_then(|c| c.ap);
        (last.unwrap_or_default() - of.ap.unwrap_or_default()) * f64::from(of.things)
    };
    places.sort_by(|a, b| lost(a).total_cmp(&lost(b)));
    let mut rows = String::new();
    for place in places {
        let of = &first.classes[place];
        rows += &format!("<tr><td>{}</td><td>{}</td>", escaped(&of.class), of.things);
        for model in &report.models {
            let ap = model.classes.get(place).and_then(|c| c.ap);
            rows += &format!("<td>{}</td>", number(ap));
            if model.differences.is_some() {
                let less = ap.zip(of.ap).map(|(ap, first)| signed(ap - first)).unwrap_or_default();
                rows += &format!("<td class=\"chance\">{less}</td>");
            }
        }
        rows += "</tr>\n";
    }
    format!(
        "<h2>AP by class</h2>\n<p><small>Largest losses first, weighted by the number of objects.</small></p>\n<div \
         class=\"wide\"><table class=\"figures\"><tr>{head}</tr>\n{rows}</table></div>\n"
    )
}

fn footer(report: &EvalReport) -> String {
    let models: String = report
        .models
        .iter()
        .map(|m| {
            let arithmetic = computed_as(m).map_or_else(String::new, |how| format!(", computed as {}", escaped(&how)));
            let (name, file, sum) = (escaped(&m.name), escaped(&m.file), escaped(&m.sha256));
            format!("{name} is {file}{arithmetic}, sha256 <code>{sum}</code><br>")
        })
        .collect();
    let skipped: String =
        report.pictures.skipped.iter().map(|s| format!("{}: {}<br>", escaped(&s.file), escaped(&s.why))).collect();
    let skipped = if skipped.is_empty() { skipped } else { format!("<p>Images not included:<br>{skipped}</p>\n") };
    format!(
        "<footer>{skipped}<p>{models}annotations {}, sha256 <code>{}</code></p>\n<p>Score threshold {}, NMS IoU {}, \
         at most {} boxes per image; metrics as defined by COCO. <code>{}</code></p>\n<p>Made by Twinsight {} with \
         ONNX Runtime {}.</p></footer>\n",
        escaped(&report.annotations.file),
        escaped(&report.annotations.sha256),
        report.protocol.score,
        report.protocol.nms_iou,
        report.protocol.detections,
        escaped(&report.command),
        report.twinsight,
        escaped(&report.onnx_runtime)
    )
}

/// "exact, integer engine"; `None`: it has no integers.
fn computed_as(model: &OfModel) -> Option<String> {
    let arithmetic = model.arithmetic.as_ref()?;
    Some(model.engine.map_or_else(|| arithmetic.to_string(), |engine| format!("{arithmetic}, {engine}")))
}
