//! One factor and one summand a channel: batch normalization, and the arithmetic that others write for it or for biases.

use super::{Affine, NormalStep, Normalizer, ends_of};
use crate::onnx::{Attributes, NodeProto};

impl Normalizer {
    pub(super) fn affine(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        let read = match node.op_type.as_str() {
            "BatchNormalization" => self.batch_norm(node)?,
            _ => self.arithmetic(node),
        };
        let Some((input, affine)) = read else { return Ok(None) };
        let (Some(mut ends), Some(dims)) = (ends_of(node), self.shapes.get(&input).cloned()) else { return Ok(None) };
        if affine.scale.iter().all(|scale| *scale == 1.0) && affine.shift.iter().all(|shift| *shift == 0.0) {
            self.aliases.insert(ends.output, input);
            return Ok(Some(()));
        }
        ends.input = input;
        self.push_shaped(NormalStep::Affine(ends, affine), &dims);
        Ok(Some(()))
    }

    /// y = scale · (x − mean) / √(variance + ε) + shift.
    fn batch_norm(&self, node: &NodeProto) -> Result<Option<(String, Affine)>, String> {
        let attributes = Attributes(&node.attribute);
        let trains = attributes.int("training_mode", 0)? != 0 || attributes.int("spatial", 1)? == 0;
        let Some(input) = node.input.first().filter(|_| !trains) else { return Ok(None) };
        let Some([_, channels, _, _]) = self.picture(input) else { return Ok(None) };
        let list = |place: usize| {
            let values = self.given(node, place)?;
            let values: Vec<f64> = values.floats()?.iter().map(|value| f64::from(*value)).collect();
            (values.len() as i64 == channels).then_some(values)
        };
        let (Some(scale), Some(shift), Some(mean), Some(variance)) = (list(1), list(2), list(3), list(4)) else {
            return Ok(None);
        };
        let epsilon = f64::from(attributes.float("epsilon", 1e-5));
        let scale: Vec<f64> =
            scale.iter().zip(&variance).map(|(scale, variance)| scale / (variance + epsilon).sqrt()).collect();
        let shift = shift.iter().zip(&mean).zip(&scale).map(|((shift, mean), scale)| shift - mean * scale).collect();
        Ok(Some((input.clone(), Affine { scale, shift })))
    }

    /// A computed tensor and a constant of one value, or of one a channel.
    fn arithmetic(&self, node: &NodeProto) -> Option<(String, Affine)> {
        let [left, right] = node.input.as_slice() else { return None };
        let (input, constant, is_swapped) =
            if self.constants.contains_key(right) { (left, right, false) } else { (right, left, true) };
        let [_, channels, _, _] = self.picture(input)?;
        let value = self.value(constant)?;
        let is_one_a_channel = match value.dims[..] {
            [c, 1, 1] | [1, c, 1, 1] => c == channels,
            _ => false,
        };
        let values = value.floats()?;
        let values: Vec<f64> = match values {
            // Of one value, whatever its dimensions, as long as they add none.
            [one] if value.dims.len() <= 4 => vec![f64::from(*one); channels as usize],
            many if is_one_a_channel => many.iter().map(|value| f64::from(*value)).collect(),
            _ => return None,
        };
        let (ones, zeros) = (vec![1.0; values.len()], vec![0.0; values.len()]);
        let affine = match (node.op_type.as_str(), is_swapped) {
            ("Mul", _) => Affine { scale: values, shift: zeros },
            ("Add", _) => Affine { scale: ones, shift: values },
            ("Sub", false) => Affine { scale: ones, shift: values.into_iter().map(|value| -value).collect() },
            ("Sub", true) => Affine { scale: vec![-1.0; values.len()], shift: values },
            ("Div", false) => Affine { scale: values.into_iter().map(|value| 1.0 / value).collect(), shift: zeros },
            _ => return None,
        };
        let is_finite = affine.scale.iter().chain(&affine.shift).all(|value| value.is_finite());
        is_finite.then(|| (input.clone(), affine))
    }
}
