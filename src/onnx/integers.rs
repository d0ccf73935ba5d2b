//! What a file says about its integer arithmetic, without running it.

use prost::Message;
use serde::{Deserialize, Serialize};

use super::{ModelProto, computes_in_integers, has_signed_activations, node_overflows};

/// How an ONNX model states that it computes in integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntegerForm {
    /// Operators on bytes (QLinearConv, …), which ONNX Runtime takes.
    #[default]
    QOperator,
    /// Float operators between pairs of QuantizeLinear and DequantizeLinear, which most programs take.
    Qdq,
}

impl IntegerForm {
    /// Both, by their flags.
    pub const FLAGS: [&str; 2] = ["qoperator", "qdq"];

    /// As in recipes and flags.
    pub fn as_str(self) -> &'static str {
        Self::FLAGS[usize::from(self == Self::Qdq)]
    }

    /// The inverse of [`IntegerForm::as_str`].
    pub fn from_flag(text: &str) -> Option<Self> {
        [Self::QOperator, Self::Qdq].into_iter().find(|form| form.as_str() == text)
    }

    /// The name that people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::QOperator => "QOperator",
            Self::Qdq => "QDQ",
        }
    }

    /// `operations`: of a model that computes in integers.
    pub(super) fn of<'a>(mut operations: impl Iterator<Item = &'a str>) -> Self {
        let on_bytes = |op: &str| op.starts_with("QLinear") || op.contains("Integer") || op == "QGemm";
        if operations.any(on_bytes) { Self::QOperator } else { Self::Qdq }
    }
}

/// A summary for a model that computes in integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integers {
    pub form: IntegerForm,
    /// The file has int8 activations.
    pub signed: bool,
    /// Number of filters in all convolutions and matrix products.
    pub filters: usize,
    /// How many of them have a pair of weights that can overflow 16 bits; see [`node_overflows`].
    pub overflowing: usize,
}

impl Integers {
    /// `None` if the bytes are a float model or not a model.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if !computes_in_integers(bytes) {
            return None;
        }
        let model = ModelProto::decode(bytes).ok()?;
        let nodes = node_overflows(&model);
        let sum = |of: fn(&super::NodeOverflow) -> usize| nodes.iter().map(of).sum();
        let operations = model.graph.iter().flat_map(|graph| &graph.node).map(|node| node.op_type.as_str());
        Some(Self {
            form: IntegerForm::of(operations),
            signed: has_signed_activations(&model),
            filters: sum(|node| node.filters),
            overflowing: sum(|node| node.overflowing),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_their_operations() {
        let form = |ops: &[&str]| IntegerForm::of(ops.iter().copied());
        assert_eq!(form(&["QuantizeLinear", "DequantizeLinear", "Conv"]), IntegerForm::Qdq);
        for op in ["QLinearConv", "MatMulIntegerToFloat", "QGemm"] {
            assert_eq!(form(&["QuantizeLinear", op, "DequantizeLinear"]), IntegerForm::QOperator, "{op}");
        }
        for flag in IntegerForm::FLAGS {
            assert_eq!(IntegerForm::from_flag(flag).map(IntegerForm::as_str), Some(flag));
        }
        assert_eq!(IntegerForm::from_flag("QDQ"), None);
    }
}
