//! Which int8 weights can overflow x86 kernels that lack VNNI.
//!
//! There, ONNX Runtime multiplies uint8 activations by int8 weights with `vpmaddubsw`, which adds two neighbouring
//! products into *saturating* int16: a₀w₀ + a₁w₁ is wrong whenever it leaves −32,768..=32,767. VNNI (`vpdpbusd`), AMX
//! and Arm accumulate in int32, and kernels for uint8 weights widen first: they are exact.

use std::collections::HashMap;

use super::{Constants, GraphProto, INT8, ModelProto, NodeProto};

/// Whether a₀w₀ + a₁w₁ can leave int16 for activations in 0..=255: 255 · 128 fits and 255 · 129 does not, for either
/// sign.
pub fn can_overflow(first: i8, second: i8) -> bool {
    let [first, second] = [first, second].map(i32::from);
    first.max(0) + second.max(0) > 128 || first.min(0) + second.min(0) < -128
}

/// What the weights of one node allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeOverflow {
    pub node: String,
    pub op: String,
    pub filters: usize,
    /// Number of filters with a pair of weights that can overflow, in any order in which kernels read them.
    pub overflowing: usize,
}

/// Examines the weights of every convolution and matrix product with constant int8 weights, without running the
/// model. Kernels pair the weights of a filter in memory order: height, width and channels; channels, height and
/// width; or the channels of each tap separately. A filter counts if it can overflow in any of these orders. Weights
/// stored in another file are assumed to overflow.
pub fn node_overflows(model: &ModelProto) -> Vec<NodeOverflow> {
    let Some(graph) = &model.graph else { return Vec::new() };
    let weights = GraphWeights { constants: Constants::of(graph), quantized: quantized(graph) };
    graph.node.iter().filter_map(|node| weights.overflow(node)).collect()
}

/// Maps a float tensor to the tensor from which a `DequantizeLinear` makes it, as in the QDQ form.
fn quantized(graph: &GraphProto) -> HashMap<&str, &str> {
    let nodes = graph.node.iter().filter(|node| node.op_type == "DequantizeLinear");
    nodes.filter_map(|node| Some((node.output.first()?.as_str(), node.input.first()?.as_str()))).collect()
}

struct GraphWeights<'a> {
    constants: Constants<'a>,
    quantized: HashMap<&'a str, &'a str>,
}

impl GraphWeights<'_> {
    /// `None` if the node does not multiply by constant int8 weights.
    fn overflow(&self, node: &NodeProto) -> Option<NodeOverflow> {
        let (place, is_conv) = match node.op_type.as_str() {
            "QLinearConv" => (3, true),
            "Conv" | "ConvInteger" => (1, true),
            "QLinearMatMul" => (3, false),
            "MatMul" | "MatMulInteger" | "MatMulIntegerToFloat" | "DynamicQuantizeMatMul" => (1, false),
            _ => return None,
        };
        let name = node.input.get(place)?.as_str();
        let name = self.quantized.get(name).copied().unwrap_or(name);
        let tensor = self.constants.tensor(name).filter(|tensor| tensor.data_type == INT8)?;
        let dims: Vec<usize> = tensor.dims.iter().map(|dim| usize::try_from(*dim).ok()).collect::<Option<_>>()?;
        let filters = match dims[..] {
            [filters, _, ..] if is_conv => filters,
            [.., _, columns] => columns,
            _ => return None,
        };
        let overflowing = match self.constants.integers(name) {
            // An empty side leaves no values to examine.
            Some(values) if values.is_empty() => 0,
            Some(values) => {
                let values: Vec<i8> = values.into_iter().map(|value| value as i8).collect();
                (0..filters).filter(|filter| filter_overflows(&values, &dims, is_conv, *filter)).count()
            }
            None => filters,
        };
        Some(NodeOverflow { node: node.name.clone(), op: node.op_type.clone(), filters, overflowing })
    }
}

/// `values` are `[filters, channels, …taps]` of a convolution, or `[…batches, channels, filters]`; no dimension is 0.
fn filter_overflows(values: &[i8], dims: &[usize], is_conv: bool, filter: usize) -> bool {
    if !is_conv {
        let columns = dims[dims.len() - 1];
        let batch = columns * dims[dims.len() - 2];
        return values.chunks(batch).any(|batch| pairs_overflow(batch.iter().skip(filter).step_by(columns).copied()));
    }
    let weights = values.len() / dims[0];
    weights_overflow(&values[filter * weights..][..weights], dims[1])
}

/// Whether the weights of one filter, `[channels, taps]`, can overflow in any order in which kernels pair them.
pub fn weights_overflow(filter: &[i8], channels: usize) -> bool {
    let taps = filter.len() / channels.max(1);
    let of_tap = |tap: usize| filter.iter().skip(tap).step_by(taps).copied();
    pairs_overflow(filter.iter().copied())
        || pairs_overflow((0..taps).flat_map(of_tap))
        || (0..taps).any(|tap| pairs_overflow(of_tap(tap)))
}

/// Pairs the first with the second, the third with the fourth, and so on.
fn pairs_overflow(mut weights: impl Iterator<Item = i8>) -> bool {
    while let (Some(first), second) = (weights.next(), weights.next()) {
        if can_overflow(first, second.unwrap_or(0)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{GraphProto, TensorProto};

    #[test]
    fn a_pair_overflows_just_where_some_activations_leave_int16() {
        for first in i8::MIN..=i8::MAX {
            for second in i8::MIN..=i8::MAX {
                // The sum is linear, so its extremes are at the ends of the activation range.
                let leaves = [(0, 255), (255, 0), (255, 255)].iter().any(|(a, b)| {
                    let sum = a * i32::from(first) + b * i32::from(second);
                    i16::try_from(sum).is_err()
                });
                assert_eq!(can_overflow(first, second), leaves, "{first}, {second}");
            }
        }
    }

    fn overflowing(op: &str, place: usize, weights: TensorProto) -> Vec<(usize, usize)> {
        let mut input = vec![String::new(); place];
        input.push(weights.name.clone());
        let node = NodeProto { op_type: op.into(), input, ..NodeProto::default() };
        let graph = GraphProto { node: vec![node], initializer: vec![weights], ..GraphProto::default() };
        let found = node_overflows(&ModelProto { graph: Some(graph), ..ModelProto::default() });
        found.iter().map(|node| (node.filters, node.overflowing)).collect()
    }

    #[test]
    fn weights_are_paired_in_every_order_of_a_kernel() {
        let conv = |dims: &[i64], values: &[i8]| overflowing("QLinearConv", 3, TensorProto::i8("w", dims, values));
        // Channels of one tap.
        assert_eq!(conv(&[1, 2, 1, 2], &[100, 0, 100, 0]), [(1, 1)]);
        // Two taps of one channel.
        assert_eq!(conv(&[1, 2, 1, 2], &[0, 0, -100, -100]), [(1, 1)]);
        // The third channel of a tap and the first of the next.
        assert_eq!(conv(&[1, 3, 1, 2], &[0, 100, 0, 0, 100, 0]), [(1, 1)]);
        // The first two channels of the second tap, which three channels before them shift by one.
        assert_eq!(conv(&[1, 3, 1, 2], &[0, 100, 0, 100, 0, 0]), [(1, 1)]);
        // No order makes these neighbours.
        assert_eq!(conv(&[1, 4, 1, 1], &[100, 0, 100, 0]), [(1, 0)]);
        // Opposite signs never add up.
        assert_eq!(conv(&[2, 2, 1, 1], &[127, -128, 127, 2]), [(2, 1)]);
        assert_eq!(conv(&[0, 2, 1, 1], &[]), [(0, 0)]);
    }

    #[test]
    fn columns_are_the_filters_of_a_matrix() {
        let product = |op, place| overflowing(op, place, TensorProto::i8("w", &[2, 3], &[100, 0, 1, 29, 127, 127]));
        assert_eq!(product("MatMulIntegerToFloat", 1), [(3, 1)]);
        assert_eq!(product("QLinearMatMul", 3), [(3, 1)]);
        assert_eq!(product("Relu", 1), []);
        assert_eq!(overflowing("MatMul", 1, TensorProto::f32("w", &[1, 1], &[1.0])), []);
    }

    #[test]
    fn weights_that_are_dequantized_first_are_found() {
        let weights = TensorProto::i8("w_quantized", &[1, 2, 1, 1], &[100, 100]);
        let node = |op: &str, input: &[&str], output: &str| NodeProto {
            op_type: op.into(),
            input: input.iter().map(|name| (*name).into()).collect(),
            output: vec![output.into()],
            ..NodeProto::default()
        };
        let nodes = vec![node("DequantizeLinear", &["w_quantized", "s"], "w"), node("Conv", &["x", "w"], "y")];
        let graph = GraphProto { node: nodes, initializer: vec![weights], ..GraphProto::default() };
        let found = node_overflows(&ModelProto { graph: Some(graph), ..ModelProto::default() });
        assert_eq!(found, [NodeOverflow { node: String::new(), op: "Conv".into(), filters: 1, overflowing: 1 }]);
    }

    #[test]
    fn weights_in_another_file_count_as_able_to_overflow() {
        let elsewhere = TensorProto { raw_data: Vec::new(), ..TensorProto::i8("w", &[5, 2, 1, 1], &[]) };
        assert_eq!(overflowing("QLinearConv", 3, elsewhere), [(5, 5)]);
    }
}
