//! Which operations a file uses, without reading its weights.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
struct ModelOperations {
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphOperations>,
}

#[derive(Clone, PartialEq, Message)]
struct GraphOperations {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeOperation>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeOperation {
    #[prost(string, tag = "4")]
    op_type: String,
}

/// Whether any node of a model computes in integers (QLinear…, MatMulInteger…, or between QuantizeLinear and
/// DequantizeLinear). `false` if the bytes are not a model.
pub fn computes_in_integers(bytes: &[u8]) -> bool {
    let is_integer = |node: &NodeOperation| {
        let op = node.op_type.as_str();
        op.starts_with("QLinear") || op.contains("Integer") || op.ends_with("uantizeLinear") || op == "QGemm"
    };
    let model = ModelOperations::decode(bytes).unwrap_or_default();
    model.graph.is_some_and(|graph| graph.node.iter().any(is_integer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_told_by_their_operations() {
        let model = |ops: &[&str]| {
            let node = ops.iter().map(|op| NodeOperation { op_type: (*op).into() }).collect();
            ModelOperations { graph: Some(GraphOperations { node }) }.encode_to_vec()
        };
        assert!(!computes_in_integers(&model(&["Conv", "LeakyRelu", "MatMul"])));
        for op in ["QLinearConv", "MatMulIntegerToFloat", "ConvInteger", "DequantizeLinear", "QuantizeLinear", "QGemm"]
        {
            assert!(computes_in_integers(&model(&["Conv", op])), "{op}");
        }
        assert!(!computes_in_integers(b"no model"));
    }
}
