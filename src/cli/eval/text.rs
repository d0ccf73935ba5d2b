//! An evaluation for people, at the end of which stands what matters.

use super::errors_text;
use super::numbers::{number, short, signed, signed_finely};
use crate::cli::output::escape::on_a_line;
use crate::workshop::evaluate::{EvalReport, Figures, Interval, Pictures, Sampling, Spread, Spreads};

/// How many of the worst pictures are named.
const WORST: usize = 5;

/// Classes, the worst pictures, COCO's figures, differences.
pub fn report(report: &EvalReport) -> String {
    let mut text = String::new();
    if report.pictures.evaluated == 0 {
        return format!("no figures: {}", standing(&report.pictures));
    }
    text += &by_class(report);
    text += &worst(report);
    text += &errors_text::errors(report);
    text += &figures(report);
    text += &differences(report);
    text += &format!("on {}", standing(&report.pictures));
    text + &replicates(report)
}

/// What the figures cover: "250 images, 1879 objects (…)", or fewer and why.
pub fn standing(pictures: &Pictures) -> String {
    let Pictures { annotated, of, evaluated, interrupted, skipped, things, only } = pictures;
    let mut text = if evaluated == of { format!("{of} images") } else { format!("{evaluated} of {of} images") };
    if of < annotated {
        text += &format!(", the first of {annotated} by id");
    }
    if *interrupted {
        text += ", interrupted";
    }
    if !skipped.is_empty() {
        text += &format!(", {} missing or unusable", skipped.len());
    }
    text +=
        &format!("; {} objects: {} small, {} medium, {} large", things.all, things.small, things.medium, things.large);
    if !only.is_empty() {
        text += &format!("; classes counted: {}", on_a_line(&only.join(", ")));
    }
    text
}

fn by_class(report: &EvalReport) -> String {
    let Some(first) = report.models.first() else { return String::new() };
    let mut text = format!("{:<16} {:>7}", "AP by class", "objects");
    report.models.iter().for_each(|m| text += &format!("  {:>9}", short(&m.name, 9)));
    text.push('\n');
    for (place, class) in first.classes.iter().enumerate() {
        text += &format!("{:<16} {:>7}", on_a_line(&class.class), class.things);
        for model in &report.models {
            text += &format!("  {:>9}", number(model.classes.get(place).and_then(|c| c.ap)));
        }
        text.push('\n');
    }
    text + "\n"
}

fn worst(report: &EvalReport) -> String {
    let mut text = String::new();
    for damaged in report.by_damage.iter().take(WORST) {
        text += &format!(
            "{}: AP {:.3} → {:.3} with {}, {} objects\n",
            on_a_line(&damaged.file),
            damaged.ap_first,
            damaged.ap,
            damaged.model,
            damaged.things
        );
    }
    if text.is_empty() { text } else { format!("Worst images\n{text}\n") }
}

fn figures(report: &EvalReport) -> String {
    let mut text = format!("{:<10}", "");
    report.models.iter().for_each(|m| text += &format!("  {:<22}", short(&m.name, 22)));
    let mut text = text.trim_end().to_owned() + "\n";
    for (place, name) in Figures::NAMES.iter().enumerate() {
        let mut line = format!("{name:<10}");
        for model in &report.models {
            let interval = model.intervals.to_array().get(place).copied().flatten();
            let interval = interval.map(|Interval { low, high }| format!("{low:.3} to {high:.3}")).unwrap_or_default();
            line += &format!("  {:<5}  {interval:<15}", number(model.figures.to_array()[place]));
        }
        text += &format!("{}\n", line.trim_end());
    }
    text + "\n"
}

fn differences(report: &EvalReport) -> String {
    let Some(first) = report.models.first() else { return String::new() };
    let mut text = String::new();
    for model in &report.models {
        let Some(differences) = model.differences else { continue };
        text += &format!("{} − {}\n", model.name, first.name);
        for (name, difference) in Figures::NAMES.iter().zip(differences.to_array()) {
            let Some(d) = difference else { continue };
            let sure = if d.is_sure() { "" } else { "  may be chance" };
            text += &format!("{name:<10}  {}  {} to {}{sure}\n", signed(d.value), signed(d.low), signed(d.high));
        }
        text.push('\n');
    }
    text + &resampling_note(report) + "\n"
}

fn replicates(report: &EvalReport) -> String {
    let (Some(replicates), Some(first)) = (&report.replicates, report.models.first()) else { return String::new() };
    let mut text = format!(
        "\n\nMean and spread over {} replicates of each image: {}\n",
        replicates.count,
        replicates.names.join(", ")
    );
    text += &format!("{:<24}  {:<4}  {:<8}  {:<8}  {:<8}  sd\n", "", "", "mean", "min", "max");
    for model in &replicates.models {
        text += &spreads(&short(&model.name, 24), &model.figures, |value| format!("{value:.4}"));
    }
    for model in &replicates.models {
        let Some(differences) = &model.differences else { continue };
        let name = format!("{} − {}", model.name, first.name);
        text += &spreads(&short(&name, 24), differences, signed_finely);
    }
    text + "The figures and intervals above are for the unchanged images. The spread shows how far a figure moves \
            under changes\nthat make no difference to a person; the intervals show how far it would move with other \
            images."
}

/// One line a figure; the name stands in the first.
fn spreads(name: &str, spreads: &Spreads, number: impl Fn(f64) -> String) -> String {
    let (mut text, mut name) = (String::new(), name);
    for (figure, spread) in Figures::NAMES.iter().zip(spreads.to_array()) {
        text += &match spread {
            Some(Spread { mean, min, max, sd, .. }) => {
                let [mean, min, max] = [mean, min, max].map(|value| number(*value));
                format!("{name:<24}  {figure:<4}  {mean:<8}  {min:<8}  {max:<8}  {sd:.4}\n")
            }
            None => format!("{name:<24}  {figure:<4}  –\n"),
        };
        name = "";
    }
    text
}

/// How the intervals were made, and what they are worth.
pub fn resampling_note(report: &EvalReport) -> String {
    let Sampling { resamples, level, method, coverage, .. } = &report.resampling;
    let coverage = coverage.map_or_else(
        || " Their coverage was not measured.".to_owned(),
        |[worst, best]| {
            format!(
                " In simulations with 60 images such intervals of AP, AP50 and AP75 and of their differences held the true \
                 figure in {:.0} to {:.0} % of cases.",
                worst * 100.0,
                best * 100.0
            )
        },
    );
    format!(
        "{:.0} % confidence intervals from {resamples} resamples of the images ({method}); differences use the same \
         resamples.{coverage}",
        level * 100.0
    )
}
