//! Pixels that are repeated: Resize and Upsample in all their coordinates, and Reshape, Expand, Reshape.

use super::dims::{broadcast, place_of, reshaped};
use super::{NormalStep, Normalizer, ends_of};
use crate::onnx::{AttributeProto, Attributes, NodeProto, TensorProto};

/// How often a pixel may be repeated along a side.
const MAX_FACTOR: i64 = 64;

/// Where the pixels of a resized image come from.
struct NearestSampling<'a> {
    coordinates: &'a str,
    rounding: &'a str,
}

impl NearestSampling<'_> {
    /// The pixel of `side` that pixel `at` of `larger` is read from; the formulas of ONNX's Resize. `None` for coordinates
    /// that are not known.
    fn source(&self, at: i64, (side, larger): (i64, i64), scale: f32) -> Option<i64> {
        let x = at as f32;
        let position = match self.coordinates {
            "half_pixel" => (x + 0.5) / scale - 0.5,
            "pytorch_half_pixel" if larger > 1 => (x + 0.5) / scale - 0.5,
            "pytorch_half_pixel" => 0.0,
            "half_pixel_symmetric" => {
                let adjustment = larger as f32 / (scale * side as f32);
                let centre = side as f32 / 2.0;
                centre * (1.0 - adjustment) + (x + 0.5) / scale - 0.5
            }
            "asymmetric" => x / scale,
            "align_corners" if larger > 1 => x * (side - 1) as f32 / (larger - 1) as f32,
            "align_corners" => 0.0,
            "tf_half_pixel_for_nn" => (x + 0.5) / scale,
            _ => return None,
        };
        let rounded = match self.rounding {
            "round_prefer_floor" => (position - 0.5).ceil(),
            "round_prefer_ceil" => (position + 0.5).floor(),
            "floor" => position.floor(),
            "ceil" => position.ceil(),
            _ => return None,
        };
        Some((rounded as i64).clamp(0, side - 1))
    }

    /// Whether each pixel is repeated `larger / side` times.
    fn repeats(&self, (side, larger): (i64, i64), scale: f32) -> bool {
        let factor = larger / side;
        (0..larger).all(|at| self.source(at, (side, larger), scale) == Some(at / factor))
    }
}

impl Normalizer {
    pub(super) fn resize(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        let Some(ends) = ends_of(node) else { return Ok(None) };
        let Some(dims) = self.picture(&ends.input) else { return Ok(None) };
        let attributes = Attributes(&node.attribute);
        let Some((after, scales)) = self.target(node, dims) else { return Ok(None) };
        // Before opset 11 there was one way.
        let is_old = node.op_type == "Upsample" || self.opset < 11;
        let sampling = if is_old {
            NearestSampling { coordinates: "asymmetric", rounding: "floor" }
        } else {
            NearestSampling {
                coordinates: attributes.text("coordinate_transformation_mode", "half_pixel"),
                rounding: attributes.text("nearest_mode", "round_prefer_floor"),
            }
        };
        let factors: [i64; 4] = std::array::from_fn(|axis| after[axis] / dims[axis]);
        let is_whole = (0..4).all(|axis| factors[axis] * dims[axis] == after[axis])
            && factors[..2] == [1, 1]
            && factors.iter().all(|factor| (1..=MAX_FACTOR).contains(factor));
        let repeats = attributes.text("mode", "nearest") == "nearest"
            && is_whole
            && [2, 3].iter().all(|axis| sampling.repeats((dims[*axis], after[*axis]), scales[*axis]));
        // Every mode gives a pixel's own value where pixels stay in their places.
        let keeps = scales == [1.0; 4] && sampling.coordinates != "tf_crop_and_resize";
        if after == dims && (keeps || repeats) {
            return Ok(self.same(node));
        }
        if !repeats {
            return Ok(None);
        }
        self.push_repeated(node, ends.input, dims, [factors[2], factors[3]]);
        Ok(Some(()))
    }

    /// Dimensions after resizing, and the scales by which coordinates are computed.
    fn target(&self, node: &NodeProto, dims: [i64; 4]) -> Option<([i64; 4], [f32; 4])> {
        let attributes = Attributes(&node.attribute);
        if attributes.text("keep_aspect_ratio_policy", "stretch") != "stretch" {
            return None;
        }
        let axes: Vec<usize> = match attributes.ints("axes") {
            axes if axes.is_empty() => (0..4).collect(),
            axes => axes.into_iter().map(|axis| place_of(axis, 4).ok()).collect::<Option<_>>()?,
        };
        let scales_at = if node.op_type == "Upsample" || self.opset < 11 { 1 } else { 2 };
        let (mut after, mut scales) = (dims, [1.0; 4]);
        let sizes = self.given(node, 3).filter(|sizes| sizes.len() > 0);
        if let Some(sizes) = sizes.as_ref().and_then(|sizes| sizes.ints()) {
            for (axis, size) in axes.iter().zip(sizes) {
                after[*axis] = *size;
                scales[*axis] = *size as f32 / dims[*axis] as f32;
            }
            return (sizes.len() == axes.len()).then_some((after, scales));
        }
        let given = match self.given(node, scales_at) {
            Some(given) => given.floats()?.to_vec(),
            // An attribute before opset 9.
            None => attributes.floats("scales"),
        };
        for (axis, scale) in axes.iter().zip(&given) {
            after[*axis] = (dims[*axis] as f32 * scale).floor() as i64;
            scales[*axis] = *scale;
        }
        (given.len() == axes.len()).then_some((after, scales))
    }

    fn push_repeated(&mut self, node: &NodeProto, input: String, dims: [i64; 4], [rows, columns]: [i64; 2]) {
        let output = node.output[0].clone();
        if self.non_negative.contains(&input) {
            self.non_negative.insert(output.clone());
        }
        let factors = [1.0, 1.0, rows as f32, columns as f32];
        let scales = self.add_constant(&format!("{output}_scales"), |name| TensorProto::f32(name, &[4], &factors));
        let attribute = vec![
            AttributeProto::string("coordinate_transformation_mode", "asymmetric"),
            AttributeProto::string("mode", "nearest"),
            AttributeProto::string("nearest_mode", "floor"),
        ];
        // The second input, a region, is left out.
        let resize = NodeProto {
            input: vec![input, String::new(), scales],
            output: vec![output],
            op_type: "Resize".into(),
            attribute,
            ..node.clone()
        };
        let [batch, channels, height, width] = dims;
        self.push_shaped(NormalStep::Node(resize), &[batch, channels, height * rows, width * columns]);
    }

    /// Reshape, Expand and Tile: on the way from `[1, C, H, W]` over `[1, C, H, f, W, f]` to `[1, C, H·f, W·f]`.
    pub(super) fn repeat(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        let Some(ends) = ends_of(node) else { return Ok(None) };
        let Some(before) = self.shapes.get(&ends.input).cloned() else { return Ok(None) };
        let wanted = match self.given(node, 1) {
            Some(wanted) => wanted.ints().unwrap_or_default().to_vec(),
            None => return Ok(None),
        };
        let after = match node.op_type.as_str() {
            "Reshape" => reshaped(&wanted, &before)?,
            "Expand" => broadcast(&before, &wanted)?,
            _ if wanted.len() == before.len() => {
                before.iter().zip(&wanted).map(|(dim, times)| dim.saturating_mul(*times)).collect()
            }
            _ => return Ok(None),
        };
        if after == before {
            return Ok(self.same(node));
        }
        if let Some(source) = self.undone(node, &ends.input, &after) {
            self.aliases.insert(ends.output, source);
            return Ok(Some(()));
        }
        if let Some((input, dims, factor)) = self.repetition(node, &ends.input, &after) {
            self.push_repeated(node, input, dims, factor);
            return Ok(Some(()));
        }
        self.push_shaped(NormalStep::Raw(node.clone()), &after);
        Ok(Some(()))
    }

    /// What a Reshape to `after` was before another Reshape.
    fn undone(&self, node: &NodeProto, input: &str, after: &[i64]) -> Option<String> {
        let Some(NormalStep::Raw(first)) = self.producer(input) else { return None };
        let source = first.input.first().filter(|_| node.op_type == "Reshape" && first.op_type == "Reshape")?;
        (self.shapes.get(source)?.as_slice() == after).then(|| source.clone())
    }

    /// What a Reshape to `after` repeats, its dimensions, and how often along the height and along the width.
    fn repetition(&self, node: &NodeProto, input: &str, after: &[i64]) -> Option<(String, [i64; 4], [i64; 2])> {
        let Some(NormalStep::Raw(expand)) = self.producer(input) else { return None };
        let Some(NormalStep::Raw(first)) = self.producer(expand.input.first()?) else { return None };
        let is_chain = node.op_type == "Reshape"
            && matches!(expand.op_type.as_str(), "Expand" | "Tile")
            && first.op_type == "Reshape";
        let source = first.input.first().filter(|_| is_chain)?;
        let dims @ [n, c, h, w] = self.picture(source)?;
        let [_, _, _, rows, _, columns] = self.shapes.get(input)?[..] else { return None };
        if ![rows, columns].iter().all(|factor| (1..=MAX_FACTOR).contains(factor)) {
            return None;
        }
        let spread = self.shapes.get(expand.input.first()?)?;
        let is_repetition = *spread == [n, c, h, 1, w, 1]
            && *self.shapes.get(input)? == [n, c, h, rows, w, columns]
            && after == [n, c, h * rows, w * columns];
        is_repetition.then(|| (source.clone(), dims, [rows, columns]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_coordinates_that_come_to_the_same_repeat_pixels() {
        let repeats = |coordinates: &str, rounding: &str, factor: i64| {
            NearestSampling { coordinates, rounding }.repeats((13, 13 * factor), factor as f32)
        };
        for factor in [2, 3, 4] {
            assert!(repeats("asymmetric", "floor", factor));
            assert!(repeats("half_pixel", "round_prefer_floor", factor));
            assert!(repeats("pytorch_half_pixel", "round_prefer_ceil", factor));
            assert!(repeats("tf_half_pixel_for_nn", "floor", factor));
            assert!(!repeats("asymmetric", "ceil", factor));
            assert!(!repeats("half_pixel", "floor", factor));
            assert!(!repeats("align_corners", "floor", factor));
            assert!(!repeats("tf_crop_and_resize", "floor", factor));
        }
        assert!(repeats("half_pixel_symmetric", "round_prefer_floor", 2));
        assert!(!repeats("asymmetric", "round_prefer_ceil", 2));
    }
}
