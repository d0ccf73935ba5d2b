//! Which nodes compute in bytes, and which tensors share a scale: decided before anything is written.

use std::collections::{HashMap, HashSet};

use super::grid::ByteGrid;
use crate::workshop::calibration::{CalibrationTable, GridKind, TensorRange};
use crate::workshop::error::TableError;
use crate::workshop::graph::{Graph, GraphOp, Node};
use crate::workshop::recipe::{Concat, Recipe};

/// What a recipe comes to for one graph.
#[derive(Debug)]
pub struct QuantizePlan<'a> {
    /// Names of the nodes that compute in float.
    float: HashSet<&'a str>,
    /// Names of those that compute in bytes and put out float.
    float_output: HashSet<&'a str>,
    /// Of each tensor: the one after which its grid is named.
    owners: HashMap<&'a str, &'a str>,
    /// What the grid of each owner covers.
    ranges: HashMap<&'a str, TensorRange>,
    kind: GridKind,
}

impl<'a> QuantizePlan<'a> {
    pub fn new(graph: &'a Graph, table: &'a CalibrationTable, recipe: &Recipe) -> Self {
        let owners = owners(graph, recipe.concat);
        let measured = table.by_tensor();
        let mut ranges: HashMap<&str, TensorRange> = HashMap::new();
        for tensor in std::iter::once(&graph.input).chain(graph.activations()) {
            let Some(range) = measured.get(tensor.name.as_str()) else { continue };
            let owner = owners[tensor.name.as_str()];
            // With a scale of its own, a tensor of bytes that are only moved adds nothing to it.
            if recipe.concat == Concat::Own && owner != tensor.name {
                continue;
            }
            ranges.entry(owner).and_modify(|joined| *joined = joined.join(*range)).or_insert(*range);
        }
        let float_output = graph.nodes.iter().filter(|node| recipe.puts_out_float(node)).map(|n| n.name.as_str());
        Self {
            float: float_nodes(graph, recipe),
            float_output: float_output.collect(),
            owners,
            ranges,
            kind: recipe.grids(),
        }
    }

    pub fn puts_out_float(&self, node: &Node) -> bool {
        self.float_output.contains(node.name.as_str())
    }

    pub fn is_float(&self, node: &Node) -> bool {
        self.float.contains(node.name.as_str())
    }

    /// After which tensor this one's grid is named.
    pub fn owner(&self, tensor: &str) -> Result<&'a str, TableError> {
        self.owners.get(tensor).copied().ok_or_else(|| TableError::NoRange { tensor: tensor.to_owned() })
    }

    pub fn grid(&self, tensor: &str) -> Result<ByteGrid, TableError> {
        let range = self.ranges.get(self.owner(tensor)?);
        range
            .map(|range| ByteGrid::over(*range, self.kind))
            .ok_or_else(|| TableError::NoRange { tensor: tensor.to_owned() })
    }
}

/// Nodes that the recipe leaves in float, and those without weights that only hand float on.
fn float_nodes<'a>(graph: &'a Graph, recipe: &Recipe) -> HashSet<&'a str> {
    let (mut nodes, mut tensors) = (HashSet::new(), HashSet::new());
    for node in &graph.nodes {
        let follows = !matches!(node.op, GraphOp::Conv(_)) && node.inputs.iter().all(|t| tensors.contains(t.as_str()));
        if recipe.leaves_in_float(node) || recipe.puts_out_float(node) || follows {
            if !recipe.puts_out_float(node) || recipe.leaves_in_float(node) {
                nodes.insert(node.name.as_str());
            }
            tensors.extend(node.outputs.iter().map(|t| t.name.as_str()));
        }
    }
    nodes
}

/// Tensors whose bytes are only moved share a grid, which has the name of the first of them.
fn owners(graph: &Graph, concat: Concat) -> HashMap<&str, &str> {
    let mut owners: HashMap<&str, &str> = HashMap::from([(graph.input.name.as_str(), graph.input.name.as_str())]);
    for node in &graph.nodes {
        let inputs: Vec<&str> = node.inputs.iter().filter_map(|t| owners.get(t.as_str()).copied()).collect();
        let moves = match node.op {
            GraphOp::Split | GraphOp::MaxPool(_) | GraphOp::Upsample { .. } | GraphOp::Pad(_) => true,
            GraphOp::Concat => concat == Concat::Shared,
            GraphOp::Conv(_) | GraphOp::LeakyRelu { .. } => false,
        };
        let first = inputs.first().copied().filter(|_| moves);
        if let Some(first) = first {
            // Those that met others before bring them along.
            owners.values_mut().filter(|owner| inputs.contains(owner)).for_each(|owner| *owner = first);
        }
        for output in &node.outputs {
            owners.insert(&output.name, first.unwrap_or(&output.name));
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Size;
    use crate::workshop::darknet::{MaxPool, TensorShape};
    use crate::workshop::graph::{FoldedConv, GraphTensor};

    fn node(name: &str, op: GraphOp, inputs: &[&str]) -> Node {
        let shape = TensorShape { channels: 1, size: Size::new(4, 4) };
        let outputs = vec![GraphTensor { name: name.into(), shape }];
        Node { name: name.into(), op, inputs: inputs.iter().map(|i| (*i).to_owned()).collect(), outputs }
    }

    fn conv() -> GraphOp {
        let (weights, biases) = (vec![1.0], vec![0.0]);
        GraphOp::Conv(FoldedConv {
            input_channels: 1,
            filters: 1,
            size: 1,
            stride: 1,
            padding: [0; 4],
            weights,
            biases,
        })
    }

    /// Two concatenations that share the tensor `b`, the second after a pool.
    fn graph() -> Graph {
        let nodes = vec![
            node("a", conv(), &["images"]),
            node("a_leaky", GraphOp::LEAKY, &["a"]),
            node("b", conv(), &["a_leaky"]),
            node("ab", GraphOp::Concat, &["a_leaky", "b"]),
            node("c", conv(), &["ab"]),
            node("pool", GraphOp::MaxPool(MaxPool { size: 1, stride: 1, padding: [0; 4] }), &["c"]),
            node("cb", GraphOp::Concat, &["pool", "b"]),
            node("head", conv(), &["cb"]),
        ];
        let input = node("images", GraphOp::LEAKY, &[]).outputs[0].clone();
        let outputs = nodes[7].outputs.clone();
        Graph { input, nodes, outputs }
    }

    #[test]
    fn tensors_that_meet_in_concatenations_share_one_grid() {
        let graph = graph();
        let shared = owners(&graph, Concat::Shared);
        for tensor in ["a_leaky", "b", "ab", "c", "pool", "cb"] {
            assert_eq!(shared[tensor], shared["b"], "{tensor}");
        }
        assert_eq!((shared["a"], shared["head"], shared["images"]), ("a", "head", "images"));
        let own = owners(&graph, Concat::Own);
        assert_eq!((own["pool"], own["c"], own["ab"], own["cb"]), ("c", "c", "ab", "cb"));
    }

    #[test]
    fn what_follows_a_float_convolution_stays_in_float() {
        let graph = graph();
        let recipe = Recipe::card().with_float(&["a".to_owned()]);
        let float = float_nodes(&graph, &recipe);
        assert_eq!(float, HashSet::from(["a", "a_leaky"]));
    }
}
