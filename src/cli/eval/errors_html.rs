//! The errors of an evaluation on its page.

use super::numbers::number;
use super::plot;
use super::tables::{difference, head};
use crate::cli::output::html::escaped;
use crate::workshop::evaluate::{Confusion, ErrorReport, EvalReport, OfModel};

/// How many classes the confusion matrix shows, the ones that are confused most.
const CLASSES: usize = 16;

/// Empty where an older file has no errors.
pub fn errors(report: &EvalReport, names: &[&str]) -> String {
    let models: Vec<(&OfModel, &ErrorReport)> =
        report.models.iter().filter_map(|model| Some((model, model.errors.as_ref()?))).collect();
    if models.len() < report.models.len() || models.is_empty() {
        return String::new();
    }
    let mut text = kinds(report, &models);
    text += &working_points(&models);
    text += &sweeps(&models, names);
    for (model, errors) in &models {
        text += &matrix(&model.name, errors);
    }
    text
}

fn kinds(report: &EvalReport, models: &[(&OfModel, &ErrorReport)]) -> String {
    let mut rows = String::new();
    let count = models.first().map_or(0, |(_, errors)| errors.kinds.len());
    for row in 0..count {
        let kind = models.first().and_then(|(_, errors)| errors.kinds.get(row)).map_or("", |kind| kind.kind.as_str());
        rows += &format!("<tr><td>{}</td>", escaped(kind));
        for (model, errors) in models {
            let Some(kind) = errors.kinds.get(row) else { continue };
            let interval = kind.interval.map(|i| format!("<br><small>{:.3} to {:.3}</small>", i.low, i.high));
            rows += &format!("<td>{}{}</td>", number(Some(kind.loss)), interval.unwrap_or_default());
            if model.differences.is_some() {
                rows += &kind.difference.map_or_else(|| "<td></td>".to_owned(), |d| difference(&d));
            }
        }
        rows += "</tr>\n";
    }
    format!(
        "<h2>AP50 lost to each kind of error</h2>\n<div class=\"wide\"><table class=\"figures\"><tr>{}</tr>\n\
         {rows}</table></div>\n<p><small>How much AP50 would rise if the errors of one kind were mended, after TIDE: \
         classification (in place, wrong class), localization (right class, IoU 0.1 to 0.5), both, duplicate, background \
         (nothing is there), missed. The intervals are made as above, and are rough: they hold the true loss less often than \
         those of AP hold the true AP.</small></p>\n",
        head(report, "kind")
    )
}

fn working_points(models: &[(&OfModel, &ErrorReport)]) -> String {
    let Some((_, first)) = models.first() else { return String::new() };
    let mut head = "<th></th>".to_owned();
    models.iter().for_each(|(model, _)| head += &format!("<th>{}</th>", escaped(&model.name)));
    let row = |name: &str, cell: &dyn Fn(&ErrorReport) -> String| {
        let cells: String = models.iter().map(|(_, errors)| format!("<td>{}</td>", cell(errors))).collect();
        format!("<tr><td>{}</td>{cells}</tr>\n", escaped(name))
    };
    let mut rows = row("objects found", &|e| format!("{} of {}", e.working_point.right, e.working_point.objects));
    for at in 0..3 {
        let name = first.working_point.sizes()[at].0;
        rows += &row(&format!("of them {name}"), &|e| {
            let size = e.working_point.sizes()[at].1;
            format!("{} of {}", size.found, size.objects)
        });
    }
    rows += &row("wrong boxes", &|e| e.working_point.wrong.to_string());
    rows += &row("precision", &|e| number(e.working_point.precision()));
    rows += &row("recall", &|e| number(e.working_point.recall()));
    for (at, error) in first.working_point.errors.iter().enumerate() {
        rows += &row(&error.kind, &|e| e.working_point.errors.get(at).map_or(0, |error| error.count).to_string());
    }
    format!(
        "<h2>Boxes with a score above {}</h2>\n<div class=\"wide\"><table class=\"figures\"><tr>{head}</tr>\n\
         {rows}</table></div>\n<p><small>A box is right from IoU {} on; small objects have up to 32² pixels, large ones \
         over 96².</small></p>\n",
        first.working_point.score, first.working_point.iou
    )
}

fn sweeps(models: &[(&OfModel, &ErrorReport)], names: &[&str]) -> String {
    let marks: Vec<Option<f64>> = models.iter().map(|(_, e)| e.sweep.best.map(|best| best.score)).collect();
    let plot = |title: &str, of: &dyn Fn(&ErrorReport) -> Vec<Option<f64>>| {
        let lines: Vec<Vec<Option<f64>>> = models.iter().map(|(_, errors)| of(errors)).collect();
        plot::over_score(title, &lines, &marks)
    };
    let some = |values: &[f64]| values.iter().copied().map(Some).collect();
    let mut text = format!("<h2>Score threshold</h2>\n{}<div class=\"plots\">\n", plot::legend(names));
    text += &plot("F1", &|e| some(&e.sweep.f1));
    text += &plot("precision", &|e| e.sweep.precision.clone());
    text += &plot("recall", &|e| some(&e.sweep.recall));
    text += "</div>\n<p><small>At IoU 0.50, all classes together. The vertical lines mark the threshold with the highest F1: ";
    let best = |(model, errors): &(&OfModel, &ErrorReport)| {
        let best = errors.sweep.best?;
        Some(format!("{} {:.2} (F1 {:.3})", escaped(&model.name), best.score, best.f1))
    };
    text + &models.iter().filter_map(best).collect::<Vec<_>>().join(", ") + ".</small></p>\n"
}

/// Of the classes that are confused, or missed, or seen where nothing is, most often.
fn matrix(name: &str, errors: &ErrorReport) -> String {
    let cells = &errors.working_point.confusion;
    let mut classes: Vec<(&str, usize)> = Vec::new();
    for Confusion { object, found, count } in cells.iter().filter(|cell| cell.object != cell.found) {
        for class in [object, found].into_iter().flatten() {
            match classes.iter_mut().find(|(known, _)| known == class) {
                Some((_, sum)) => *sum += count,
                None => classes.push((class.as_str(), *count)),
            }
        }
    }
    classes.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let shown: Vec<Option<&str>> = classes.iter().take(CLASSES).map(|(class, _)| Some(*class)).chain([None]).collect();
    if shown.len() == 1 {
        return String::new();
    }
    let count = |object: Option<&str>, found: Option<&str>| {
        let is_it = |cell: &&Confusion| cell.object.as_deref() == object && cell.found.as_deref() == found;
        cells.iter().find(is_it).map_or(0, |cell| cell.count)
    };
    let mut head = "<th>object, found as</th>".to_owned();
    for found in &shown {
        head += &format!("<th class=\"turned\"><span>{}</span></th>", escaped(found.unwrap_or("not found")));
    }
    let mut rows = String::new();
    for object in &shown {
        let row: Vec<usize> = shown.iter().map(|found| count(*object, *found)).collect();
        let most = row.iter().max().copied().unwrap_or(0).max(1);
        rows += &format!("<tr><td>{}</td>", escaped(object.unwrap_or("nothing there")));
        for (found, count) in shown.iter().zip(row) {
            let class = if object == found { " class=\"same\"" } else { "" };
            let shade = count as f64 / most as f64 * 0.55;
            let text = if count == 0 { String::new() } else { count.to_string() };
            rows += &format!("<td{class} style=\"--part:{shade:.2}\">{text}</td>");
        }
        rows += "</tr>\n";
    }
    let rest = classes.len().saturating_sub(CLASSES);
    let rest = if rest == 0 { String::new() } else { format!(" The {rest} classes with fewer errors are not shown.") };
    format!(
        "<h2>Confusion matrix of {}</h2>\n<div class=\"wide\"><table class=\"figures \
         matrix\"><tr>{head}</tr>\n{rows}</table></div>\n<p><small>Boxes with a score above {}, right from IoU {} \
         on.{rest}</small></p>\n",
        escaped(name),
        errors.working_point.score,
        errors.working_point.iou
    )
}
