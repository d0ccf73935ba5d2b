//! The errors of an evaluation for people.

use super::numbers::{number, short, signed};
use crate::cli::output::escape::on_a_line;
use crate::workshop::evaluate::{Difference, ErrorReport, EvalReport, Interval, KindReport};

/// How many of the most frequent confusions are named.
const CONFUSIONS: usize = 5;

/// What each kind of error costs, what a model shows at its working point, and its best score threshold.
pub fn errors(report: &EvalReport) -> String {
    let models: Vec<(&str, &ErrorReport)> =
        report.models.iter().filter_map(|m| Some((m.name.as_str(), m.errors.as_ref()?))).collect();
    if models.len() < report.models.len() || models.is_empty() {
        return String::new();
    }
    kinds(&models) + &working_points(&models)
}

fn kinds(models: &[(&str, &ErrorReport)]) -> String {
    let mut text = format!("{:<16}", "AP50 lost to");
    models.iter().for_each(|(name, _)| text += &format!("  {:<22}", short(name, 22)));
    let mut text = text.trim_end().to_owned() + "\n";
    let rows = models.first().map_or(0, |(_, errors)| errors.kinds.len());
    for row in 0..rows {
        let of_row: Vec<&KindReport> = models.iter().filter_map(|(_, errors)| errors.kinds.get(row)).collect();
        let mut line = format!("{:<16}", of_row.first().map_or("", |kind| kind.kind.as_str()));
        for KindReport { loss, interval, .. } in &of_row {
            let interval = interval.map(|Interval { low, high }| format!("{low:.3} to {high:.3}")).unwrap_or_default();
            line += &format!("  {:<5}  {interval:<15}", number(Some(*loss)));
        }
        text += line.trim_end();
        text.push('\n');
        for (kind, (name, _)) in of_row.iter().zip(models) {
            let Some(d @ Difference { value, low, high }) = kind.difference else { continue };
            let sure = if d.is_sure() { "" } else { "  may be chance" };
            let (value, low, high) = (signed(value), signed(low), signed(high));
            text += &format!("  {:<14}  {value}  {low} to {high}{sure}\n", short(name, 14));
        }
    }
    text + "Kinds of error after TIDE, each alone; below a kind, the change from the first model. These intervals are \
            rough:\nthey hold the true loss less often than those of AP hold the true AP.\n\n"
}

fn working_points(models: &[(&str, &ErrorReport)]) -> String {
    let mut text = String::new();
    for (name, errors) in models {
        let point = &errors.working_point;
        text += &format!(
            "{} above score {}: {} of {} objects found, {} wrong boxes; precision {}, recall {}\n",
            on_a_line(name),
            point.score,
            point.right,
            point.objects,
            point.wrong,
            number(point.precision()),
            number(point.recall())
        );
        let counts: Vec<String> = point.errors.iter().map(|error| format!("{} {}", error.kind, error.count)).collect();
        text += &format!("  {}\n", counts.join(", "));
        let sizes = point.sizes().map(|(name, size)| format!("{name} {} of {}", size.found, size.objects));
        text += &format!("  found by size: {}\n", sizes.join(", "));
        let confused =
            point.confusion.iter().filter_map(|cell| Some((cell.object.as_ref()?, cell.found.as_ref()?, cell)));
        let confused = confused.filter(|(object, found, _)| object != found).take(CONFUSIONS);
        let confused: Vec<String> =
            confused.map(|(object, found, cell)| format!("{object} as {found} {}", cell.count)).collect();
        if !confused.is_empty() {
            text += &format!("  most confused: {}\n", on_a_line(&confused.join(", ")));
        }
        if let Some(best) = errors.sweep.best {
            text += &format!(
                "  best F1 {:.3} at score {:.2}: precision {:.3}, recall {:.3}\n",
                best.f1, best.score, best.precision, best.recall
            );
        }
    }
    text + "\n"
}
