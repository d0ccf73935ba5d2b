//! Convolutions and pools: where their windows lie. Pad, which widens what they read.

use super::{MAX_SIDE, NodeEnds, NormalStep, Normalizer, ends_of};
use crate::onnx::{AttributeProto, Attributes, NodeProto};

/// A value below every other: padding with it is ignored by a pool.
const LOWEST: f32 = f32::MIN;

/// A square or rectangular window in pixels; height before width.
struct PaddedWindow {
    size: [i64; 2],
    stride: [i64; 2],
    dilation: [i64; 2],
    /// Top, left, bottom, right.
    pads: [i64; 4],
}

impl PaddedWindow {
    /// As a node's attributes give it; `None` where they give none that makes sense.
    fn of(attributes: Attributes<'_>, size: [i64; 2], input: [i64; 2]) -> Option<Self> {
        let pair = |name: &str| match attributes.ints(name)[..] {
            [] => Some([1, 1]),
            [height, width] => Some([height, width]),
            _ => None,
        };
        let (stride, dilation) = (pair("strides")?, pair("dilations")?);
        let is_side = |side: &i64| (1..=MAX_SIDE).contains(side);
        if ![size, stride, dilation].iter().flatten().all(is_side) {
            return None;
        }
        let mut window = Self { size, stride, dilation, pads: [0; 4] };
        window.pads = match attributes.text("auto_pad", "NOTSET") {
            "NOTSET" => match attributes.ints("pads")[..] {
                [] => [0; 4],
                [top, left, bottom, right] => [top, left, bottom, right],
                _ => return None,
            },
            "VALID" => [0; 4],
            at_end @ ("SAME_UPPER" | "SAME_LOWER") => {
                let [rows, columns] = [0, 1].map(|axis| window.same(axis, input[axis], at_end == "SAME_UPPER"));
                [rows[0], columns[0], rows[1], columns[1]]
            }
            _ => return None,
        };
        window.pads.iter().all(|pad| (0..=MAX_SIDE).contains(pad)).then_some(window)
    }

    /// How far the window reaches along an axis.
    fn reach(&self, axis: usize) -> i64 {
        (self.size[axis] - 1) * self.dilation[axis] + 1
    }

    /// The padding before and after that gives as many places as the input has strides.
    fn same(&self, axis: usize, side: i64, more_at_end: bool) -> [i64; 2] {
        let places = (side + self.stride[axis] - 1) / self.stride[axis];
        let all = ((places - 1) * self.stride[axis] + self.reach(axis) - side).max(0);
        let (less, more) = (all / 2, all - all / 2);
        if more_at_end { [less, more] } else { [more, less] }
    }

    /// Widens the end's padding so that rounding down gives what rounding up gave.
    fn round_up(&mut self, input: [i64; 2]) {
        for axis in [0, 1] {
            let (before, side, stride) = (self.pads[axis], input[axis], self.stride[axis]);
            let room = before + side + self.pads[axis + 2] - self.reach(axis);
            let mut places = (room + stride - 1).div_euclid(stride) + 1;
            // A window that begins after the last pixel is none.
            if (places - 1) * stride >= side + before {
                places -= 1;
            }
            self.pads[axis + 2] += ((places - 1) * stride - room).max(0);
        }
    }

    /// How many places it has; `None`: it does not fit.
    fn places(&self, input: [i64; 2]) -> Option<[i64; 2]> {
        let along = |axis: usize| {
            let room = input[axis] + self.pads[axis] + self.pads[axis + 2] - self.reach(axis);
            (room >= 0).then(|| room / self.stride[axis] + 1)
        };
        Some([along(0)?, along(1)?])
    }

    fn attributes(&self) -> Vec<AttributeProto> {
        let ints = |name: &str, values: &[i64]| {
            AttributeProto::ints(name, &values.iter().map(|value| *value as u32).collect::<Vec<_>>())
        };
        let mut all = vec![ints("kernel_shape", &self.size), ints("pads", &self.pads), ints("strides", &self.stride)];
        if self.dilation != [1, 1] {
            all.push(ints("dilations", &self.dilation));
        }
        all
    }
}

impl Normalizer {
    pub(super) fn conv(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        let Some([input, weights]) = node.input.first_chunk() else { return Ok(None) };
        let (mut input, attributes) = (input.clone(), Attributes(&node.attribute));
        let (Some([batch, _, height, width]), Some(weights)) = (self.picture(&input), self.constants.get(weights))
        else {
            return Ok(None);
        };
        let [filters, _, rows, columns] = weights.dims[..] else { return Ok(None) };
        let kernel = attributes.ints("kernel_shape");
        if !kernel.is_empty() && kernel != [rows, columns] {
            return Ok(None);
        }
        let Some(mut window) = PaddedWindow::of(attributes, [rows, columns], [height, width]) else { return Ok(None) };
        let Some(places) = window.places([height, width]) else { return Ok(None) };
        // Zeros that were put around the input are this convolution's own padding.
        if let Some(NormalStep::Pad { ends, pads, value: 0.0 }) = self.producer(&input) {
            input = ends.input.clone();
            window.pads = std::array::from_fn(|end| window.pads[end] + pads[end]);
        }
        let mut conv = NodeProto { attribute: window.attributes(), ..node.clone() };
        conv.input[0] = input;
        match attributes.int("group", 1)? {
            1 => {}
            groups => conv.attribute.push(AttributeProto::int("group", groups)),
        }
        self.push_shaped(NormalStep::Node(conv), &[batch, filters, places[0], places[1]]);
        Ok(Some(()))
    }

    pub(super) fn max_pool(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        let Some(NodeEnds { mut input, output, .. }) = ends_of(node) else { return Ok(None) };
        let attributes = Attributes(&node.attribute);
        // Its second output is where the largest values lie.
        if node.output.iter().skip(1).any(|name| !name.is_empty()) || attributes.int("storage_order", 0)? != 0 {
            return Ok(None);
        }
        let Some([batch, channels, height, width]) = self.picture(&input) else { return Ok(None) };
        let [rows, columns] = attributes.ints("kernel_shape")[..] else { return Ok(None) };
        let Some(mut window) = PaddedWindow::of(attributes, [rows, columns], [height, width]) else { return Ok(None) };
        if attributes.int("ceil_mode", 0)? != 0 && attributes.text("auto_pad", "NOTSET") == "NOTSET" {
            window.round_up([height, width]);
        }
        let Some(places) = window.places([height, width]) else { return Ok(None) };
        // What a pool pads with is less than anything: so is what was put around its input, or it is no larger than what
        // every window has.
        if let Some(NormalStep::Pad { ends, pads, value }) = self.producer(&input) {
            let is_less = *value <= LOWEST || (*value == 0.0 && self.non_negative.contains(&ends.input));
            let sees_input =
                window.dilation == [1, 1] && (0..4).all(|end| pads[end] + window.pads[end] < window.size[end % 2]);
            if is_less && sees_input {
                window.pads = std::array::from_fn(|end| window.pads[end] + pads[end]);
                input = ends.input.clone();
            }
        }
        if self.non_negative.contains(&input) {
            self.non_negative.insert(output.clone());
        }
        let pool =
            NodeProto { input: vec![input], output: vec![output], attribute: window.attributes(), ..node.clone() };
        self.push_shaped(NormalStep::Node(pool), &[batch, channels, places[0], places[1]]);
        Ok(Some(()))
    }

    /// Rows and columns of one value around an image.
    pub(super) fn pad(&mut self, node: &NodeProto) -> Result<Option<()>, String> {
        let attributes = Attributes(&node.attribute);
        let Some(ends) = ends_of(node) else { return Ok(None) };
        let Some([batch, channels, height, width]) = self.picture(&ends.input) else { return Ok(None) };
        if attributes.text("mode", "constant") != "constant" {
            return Ok(None);
        }
        let is_attribute = self.opset < 11;
        let (all, value) = if is_attribute {
            (Some(attributes.ints("pads")), Some(attributes.float("value", 0.0)))
        } else {
            let value = match node.input.get(2).filter(|name| !name.is_empty()) {
                Some(name) => self.value(name).and_then(|value| value.floats()?.first().copied()),
                None => Some(0.0),
            };
            (self.given(node, 1).and_then(|pads| Some(pads.ints()?.to_vec())), value)
        };
        let (Some(mut all), Some(value)) = (all, value) else { return Ok(None) };
        if let Some(axes) = self.given(node, 3) {
            all = match over_all_axes(axes.ints().unwrap_or_default(), &all) {
                Some(some) => some,
                None => return Ok(None),
            };
        }
        let [0, 0, top, left, 0, 0, bottom, right] = all[..] else { return Ok(None) };
        let pads = [top, left, bottom, right];
        if !pads.iter().all(|pad| (0..=MAX_SIDE).contains(pad)) {
            return Ok(None);
        }
        if pads == [0; 4] {
            return Ok(self.same(node));
        }
        if value >= 0.0 && self.non_negative.contains(&ends.input) {
            self.non_negative.insert(ends.output.clone());
        }
        let dims = [batch, channels, height + top + bottom, width + left + right];
        self.push_shaped(NormalStep::Pad { ends, pads, value }, &dims);
        Ok(Some(()))
    }
}

/// Begins and ends of four axes from those of some.
fn over_all_axes(axes: &[i64], ends: &[i64]) -> Option<Vec<i64>> {
    let mut all = vec![0; 8];
    if ends.len() != 2 * axes.len() {
        return None;
    }
    for (place, axis) in axes.iter().enumerate() {
        let axis = usize::try_from(if *axis < 0 { axis + 4 } else { *axis }).ok().filter(|axis| *axis < 4)?;
        (all[axis], all[axis + 4]) = (ends[place], ends[place + axes.len()]);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(size: i64, stride: i64, pads: [i64; 4]) -> PaddedWindow {
        PaddedWindow { size: [size; 2], stride: [stride; 2], dilation: [1, 1], pads }
    }

    /// The formulas of ONNX's Conv: places = ⌈side / stride⌉.
    #[test]
    fn same_padding_puts_the_odd_pixel_where_it_is_told() {
        let same = |size, stride, side, at_end| window(size, stride, [0; 4]).same(0, side, at_end);
        assert_eq!(same(3, 2, 416, true), [0, 1]);
        assert_eq!(same(3, 2, 416, false), [1, 0]);
        assert_eq!(same(3, 2, 13, true), [1, 1]);
        assert_eq!(same(3, 1, 13, true), [1, 1]);
        assert_eq!(same(2, 1, 13, true), [0, 1]);
        assert_eq!(same(1, 2, 13, true), [0, 0]);
    }

    /// The sizes of ONNX Runtime 1.32's outputs.
    #[test]
    fn rounding_up_becomes_padding_at_the_end() {
        for (size, stride, padding, side, places) in [
            (2, 2, 0, 13, 7),
            (2, 2, 0, 12, 6),
            (3, 2, 1, 13, 7),
            (3, 2, 0, 13, 6),
            (3, 2, 0, 12, 6),
            (2, 3, 1, 5, 2),
            (2, 3, 1, 6, 3),
        ] {
            let mut pool = window(size, stride, [padding; 4]);
            pool.round_up([side; 2]);
            assert_eq!(pool.places([side; 2]), Some([places; 2]), "{size} {stride} {padding} {side}");
        }
    }
}
