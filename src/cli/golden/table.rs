//! Multipliers and shifts as text.

use crate::workshop::golden::{MultiplierEntry, MultiplierOf, RequantizationTable};

/// How many of the differing sums a line shows.
const SHOWN: usize = 3;
/// The most filters of a node that are listed one by one.
const FILTERS: usize = 4;

pub fn table(table: &RequantizationTable) -> String {
    let mut text = format!(
        "byte = clamp(((sum · M0 + rounding) >> shift) + zero point), M0 of {} bits, rounding {}\n\n",
        table.multiplier_bits,
        rounding(table)
    );
    text += &format!(
        "{:<28} {:<14} {:>13} {:>11} {:>5}  {:<6} {}\n",
        "node", "for", "M", "M0", "shift", "exact", "sums that differ, of all"
    );
    for node in &table.nodes {
        let filters = node.multipliers.len() > 2;
        let inexact = node.multipliers.iter().filter(|of| !of.exact).count();
        let shown = if filters { FILTERS } else { usize::MAX };
        for multiplier in node.multipliers.iter().take(shown) {
            text += &line(&node.node, multiplier);
        }
        if let Some(rest) = node.multipliers.len().checked_sub(shown.saturating_add(1)) {
            text += &format!(
                "{:<28} … and {} more filters; {inexact} of {} are not exact\n",
                "",
                rest + 1,
                node.multipliers.len()
            );
        }
    }
    for (operator, name) in
        [("QLinearConv", "convolutions"), ("QLinearLeakyRelu", "leaky ReLUs"), ("QLinearConcat", "concatenations")]
    {
        let counts = table.count(operator);
        if counts.nodes > 0 {
            text += &format!("\n{name} that are exact for every sum: {counts}");
        }
    }
    text + "\n"
}

fn rounding(table: &RequantizationTable) -> String {
    serde_json::to_string(&table.rounding).unwrap_or_default().replace('"', "")
}

fn line(node: &str, multiplier: &MultiplierEntry) -> String {
    let of = match &multiplier.of {
        MultiplierOf::Filters(count) => format!("{count} filters"),
        MultiplierOf::Filter(filter) => format!("filter {filter}"),
        MultiplierOf::XAtLeastZeroPoint(_) => "x ≥ zero point".into(),
        MultiplierOf::XBelowZeroPoint(_) => "x < zero point".into(),
    };
    let differing = multiplier.differing.as_ref().map_or_else(String::new, |differing| {
        let first: Vec<String> = differing.first.iter().take(SHOWN).map(i32::to_string).collect();
        let more = if differing.count > first.len() as u64 { ", …" } else { "" };
        format!("{}: {}{more}", differing.count, first.join(", "))
    });
    let exact = if multiplier.exact { "yes" } else { "no" };
    let text = format!(
        "{node:<28} {of:<14} {:>13.6e} {:>11} {:>5}  {exact:<6} {differing}",
        multiplier.m, multiplier.m0, multiplier.shift
    );
    format!("{}\n", text.trim_end())
}
