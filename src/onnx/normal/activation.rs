//! Activations that are straight on both sides of 0: LeakyRelu, and what else it is written as.

use super::{Affine, NodeEnds, NormalStep, Normalizer, is_standard};
use crate::onnx::{AttributeProto, Attributes, NodeProto};

impl Normalizer {
    pub(super) fn activation(&mut self, node: &NodeProto) -> Option<()> {
        let attributes = Attributes(&node.attribute);
        let output = node.output.first()?.clone();
        let first = node.input.first()?.clone();
        let (input, slope) = match node.op_type.as_str() {
            "Relu" => (first, 0.0),
            "LeakyRelu" => (first, attributes.float("alpha", 0.01)),
            "PRelu" => (first, self.uniform(node.input.get(1)?)?),
            "Clip" => match self.limits(node) {
                Some([f32::NEG_INFINITY, f32::INFINITY]) => return self.same(node),
                Some([0.0, f32::INFINITY]) => (first, 0.0),
                _ => return None,
            },
            "Max" => self.larger(node)?,
            "Where" => self.chosen(node)?,
            _ => return None,
        };
        let dims = self.shapes.get(&input)?.clone();
        if slope == 0.0 || self.non_negative.contains(&input) {
            self.non_negative.insert(output.clone());
        }
        let leaky = NodeProto {
            input: vec![input],
            output: vec![output],
            op_type: "LeakyRelu".into(),
            attribute: vec![AttributeProto::float("alpha", slope)],
            ..node.clone()
        };
        self.push_shaped(NormalStep::Node(leaky), &dims);
        Some(())
    }

    /// The number that a constant has everywhere.
    fn uniform(&self, tensor: &str) -> Option<f32> {
        let value = self.value(tensor)?;
        let (first, rest) = value.floats()?.split_first()?;
        rest.iter().all(|other| other == first).then_some(*first)
    }

    /// Inputs since opset 11.
    fn limits(&self, node: &NodeProto) -> Option<[f32; 2]> {
        let attributes = Attributes(&node.attribute);
        let limit = |place: usize, name: &str, default: f32| {
            if self.opset < 11 {
                return Some(attributes.float(name, default));
            }
            match node.input.get(place).filter(|name| !name.is_empty()) {
                Some(tensor) => self.uniform(tensor),
                None => Some(default),
            }
        };
        let (low, high) = (limit(1, "min", f32::NEG_INFINITY)?, limit(2, "max", f32::INFINITY)?);
        // The largest numbers stand for no limit.
        Some([
            if low <= f32::MIN { f32::NEG_INFINITY } else { low },
            if high >= f32::MAX { f32::INFINITY } else { high },
        ])
    }

    /// Max(x, 0), or Max(x, αx) with α from 0 to 1.
    fn larger(&self, node: &NodeProto) -> Option<(String, f32)> {
        let [a, b] = node.input.as_slice() else { return None };
        for (input, other) in [(a, b), (b, a)] {
            let slope = match self.uniform(other) {
                Some(0.0) => Some(0.0),
                Some(_) => None,
                None => self.multiple(other, input).filter(|slope| (0.0..=1.0).contains(slope)),
            };
            if let Some(slope) = slope {
                return Some((input.clone(), slope));
            }
        }
        None
    }

    /// Where(x > 0, x, αx), and the other way round.
    fn chosen(&self, node: &NodeProto) -> Option<(String, f32)> {
        let [flags, yes, no] = node.input.as_slice() else { return None };
        let Some(NormalStep::Raw(NodeProto { op_type, domain, input, .. })) = self.producer(flags) else { return None };
        let [left, right] = input.as_slice() else { return None };
        if !is_standard(domain) {
            return None;
        }
        let is_zero = |tensor: &String| self.uniform(tensor) == Some(0.0);
        let is_above = match op_type.as_str() {
            "Greater" | "GreaterOrEqual" => true,
            "Less" | "LessOrEqual" => false,
            _ => return None,
        };
        let (tested, is_above) = match (is_zero(left), is_zero(right)) {
            (false, true) => (left, is_above),
            (true, false) => (right, !is_above),
            _ => return None,
        };
        let (kept, scaled) = if is_above { (yes, no) } else { (no, yes) };
        let slope = if is_zero(scaled) { 0.0 } else { self.multiple(scaled, tested)? };
        (kept == tested).then(|| (tested.clone(), slope))
    }

    /// α where `tensor` is α · `of`.
    fn multiple(&self, tensor: &str, of: &str) -> Option<f32> {
        let Some(NormalStep::Affine(NodeEnds { input, .. }, Affine { scale, shift })) = self.producer(tensor) else {
            return None;
        };
        let (first, rest) = scale.split_first()?;
        let is_uniform = rest.iter().all(|other| other == first) && shift.iter().all(|shift| *shift == 0.0);
        (input == of && is_uniform).then_some(*first as f32)
    }
}
