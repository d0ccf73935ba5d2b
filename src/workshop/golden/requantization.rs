//! `requantization.json`: the integer multiplier and the shift of each node that rounds to bytes, and for which sums they
//! give another byte than ONNX Runtime.
//!
//! ```text
//! byte = clamp(((sum · m0 + rounding) >> shift) + zero_point)
//! ```
//!
//! `docs/formats.md` says what each field holds.

use std::collections::HashMap;

use serde::Serialize;

use super::model_graph::ModelGraph;
use crate::integer::{FactorOf, Network, ProvedMultiplier, RequantizedNode, Rescaling, Rounding};

#[derive(Clone, Debug, Serialize)]
pub struct RequantizationTable {
    pub multiplier_bits: u32,
    pub rounding: Rounding,
    pub exact_nodes: usize,
    pub nodes_in_all: usize,
    pub nodes: Vec<RequantizationEntry>,
}

#[derive(Clone, Debug, Serialize)]
pub struct RequantizationEntry {
    pub node: String,
    pub operator: String,
    pub tensor: String,
    pub zero_point: i32,
    pub range: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sums_between_clamps: Option<[i64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum_range: Option<[i64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum_bits: Option<u32>,
    pub exact: bool,
    pub multipliers: Vec<MultiplierEntry>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MultiplierEntry {
    #[serde(flatten)]
    pub of: MultiplierOf,
    pub m: f32,
    pub m_bits: String,
    pub m0: u32,
    pub shift: i32,
    pub exact: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differing: Option<DifferingSums>,
    pub nearest: NearestMultiplier,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MultiplierOf {
    /// Number of filters that share it.
    Filters(usize),
    Filter(usize),
    /// The input.
    XAtLeastZeroPoint(String),
    XBelowZeroPoint(String),
}

#[derive(Clone, Debug, Serialize)]
pub struct DifferingSums {
    pub count: u64,
    pub first: Vec<i32>,
}

#[derive(Clone, Debug, Serialize)]
pub struct NearestMultiplier {
    pub m0: u32,
    pub shift: i32,
    pub differing: u64,
}

/// How many multipliers are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExactCounts {
    pub nodes: usize,
    /// Nodes all of whose multipliers are exact.
    pub exact_nodes: usize,
    /// Nodes of which the nearest M0 are all exact too.
    pub nearest_nodes: usize,
    pub multipliers: usize,
    pub exact_multipliers: usize,
}

impl std::fmt::Display for ExactCounts {
    /// "1 of 19 (of their multipliers 2310 of 3360); with the nearest M0: 0"
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { nodes, exact_nodes, nearest_nodes, multipliers, exact_multipliers } = self;
        write!(f, "{exact_nodes} of {nodes}")?;
        if exact_nodes < nodes {
            write!(f, " (of their multipliers {exact_multipliers} of {multipliers})")?;
        }
        write!(f, "; with the nearest M0: {nearest_nodes}")
    }
}

impl RequantizationTable {
    /// Of a network in exact arithmetic. The message follows the model's name.
    pub fn new(network: &Network, graph: &ModelGraph, bits: u32, rounding: Rounding) -> Result<Self, String> {
        let nodes = network.requantized();
        let nodes: Vec<RequantizationEntry> =
            nodes.iter().map(|node| entry(node, graph, bits, rounding)).collect::<Result<_, _>>()?;
        let exact_nodes = nodes.iter().filter(|node| node.exact).count();
        Ok(Self { multiplier_bits: bits, rounding, exact_nodes, nodes_in_all: nodes.len(), nodes })
    }

    /// How many nodes of an operator have exact multipliers, and how many of their multipliers are exact.
    pub fn count(&self, operator: &str) -> ExactCounts {
        let mut counts = ExactCounts::default();
        for node in self.nodes.iter().filter(|node| node.operator == operator) {
            counts.nodes += 1;
            counts.exact_nodes += usize::from(node.exact);
            counts.nearest_nodes += usize::from(node.multipliers.iter().all(|of| of.nearest.differing == 0));
            counts.multipliers += node.multipliers.len();
            counts.exact_multipliers += node.multipliers.iter().filter(|of| of.exact).count();
        }
        counts
    }

    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

fn entry(
    found: &RequantizedNode,
    graph: &ModelGraph,
    bits: u32,
    rounding: Rounding,
) -> Result<RequantizationEntry, String> {
    let mut known: HashMap<(u32, [i64; 2]), ProvedMultiplier> = HashMap::new();
    let mut multipliers = Vec::with_capacity(found.factors.len());
    for Rescaling { of, factor, stairs } in &found.factors {
        let key = (factor.to_bits(), stairs.range());
        let proved = match known.get(&key) {
            // Filters may share a scale.
            Some(proved) if matches!(of, FactorOf::Filter(_)) => proved.clone(),
            _ => stairs.prove(*factor, bits, rounding, found.zero_point).ok_or_else(|| {
                format!("the factor {factor} of its node {} is not a number that a chip can multiply by", found.node)
            })?,
        };
        known.insert(key, proved.clone());
        let ProvedMultiplier { multiplier, differing, nearest, nearest_differing } = proved;
        let exact = differing.count == 0;
        multipliers.push(MultiplierEntry {
            of: match of.clone() {
                FactorOf::AllFilters { filters } => MultiplierOf::Filters(filters),
                FactorOf::Filter(filter) => MultiplierOf::Filter(filter),
                FactorOf::Above { input } => MultiplierOf::XAtLeastZeroPoint(input),
                FactorOf::Below { input } => MultiplierOf::XBelowZeroPoint(input),
            },
            m: *factor,
            m_bits: format!("{:08x}", factor.to_bits()),
            m0: multiplier.mantissa,
            shift: multiplier.shift,
            exact,
            differing: (!exact).then_some(DifferingSums { count: differing.count, first: differing.first }),
            nearest: NearestMultiplier { m0: nearest.mantissa, shift: nearest.shift, differing: nearest_differing },
        });
    }
    let ends = found.factors.iter().map(|factor| factor.stairs.between_clamps());
    let between = ends.reduce(|[low, high], [a, b]| [low.min(a), high.max(b)]);
    let lift = if found.signed { 128 } else { 0 };
    let range = graph
        .grids
        .get(&found.tensor)
        .map(|(scale, _)| [0, 255].map(|byte| f64::from(*scale) * f64::from(byte - i32::from(found.zero_point))));
    Ok(RequantizationEntry {
        node: found.node.clone(),
        operator: graph.producer(&found.tensor).map_or_else(String::new, |node| node.operator.clone()),
        tensor: found.tensor.clone(),
        zero_point: i32::from(found.zero_point) - lift,
        range,
        sums_between_clamps: found.reach.and(between),
        sum_range: found.reach,
        sum_bits: found.reach.map(bits_of),
        exact: multipliers.iter().all(|multiplier| multiplier.exact),
        multipliers,
    })
}

/// Bits with the sign for all numbers between the ends.
fn bits_of(ends: [i64; 2]) -> u32 {
    let of = |end: i64| 65 - (if end < 0 { !end } else { end }).leading_zeros();
    ends.map(of).into_iter().max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::bits_of;

    #[test]
    fn bits_are_those_of_twos_complement() {
        for (ends, bits) in [([0, 127], 8), ([-128, 127], 8), ([-129, 0], 9), ([0, 128], 9), ([0, 0], 1)] {
            assert_eq!(bits_of(ends), bits, "{ends:?}");
        }
    }
}
