//! Parts of the page's tables.

use super::numbers::signed;
use crate::cli::output::html::escaped;
use crate::workshop::evaluate::{Difference, EvalReport};

/// The model that the others differ from.
pub fn first(report: &EvalReport) -> String {
    report.models.first().map(|m| escaped(&m.name)).unwrap_or_default()
}

/// Each model has a column and, but for the first model, one for how it differs.
pub fn head(report: &EvalReport, first_column: &str) -> String {
    let mut head = format!("<th>{first_column}</th>");
    for model in &report.models {
        head += &format!("<th>{}</th>", escaped(&model.name));
        if model.differences.is_some() {
            head += &format!("<th>change from {}</th>", first(report));
        }
    }
    head
}

/// How a model differs, in a cell.
pub fn difference(d: &Difference) -> String {
    let class = if d.is_sure() { "sure" } else { "chance" };
    let (value, low, high) = (signed(d.value), signed(d.low), signed(d.high));
    format!("<td class=\"{class}\">{value}<br><small>{low} to {high}</small></td>")
}
