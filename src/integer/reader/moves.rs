//! Nodes that move values.

use super::{MAX_SIDE, ReadNode, Reader, side};
use crate::integer::byte_map::ByteMap;
use crate::integer::grid::Grid;
use crate::integer::network::{Op, Padding};
use crate::integer::tensor::{Axes, Element, Shape, Tensor};

/// How often a pixel may be repeated along a side.
const MAX_FACTOR: usize = 64;

impl<'a> Reader<'a> {
    pub fn concat(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        // ONNX defines no default for it.
        let places: Vec<usize> = (0..node.proto.input.len()).collect();
        let (_, first) = self.picture(node, 0)?;
        let element = first.element;
        self.join(node, &places, element, None)
    }

    /// Scale and zero point of the output; then each input with its own.
    pub fn quantized_concat(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let places: Vec<usize> = (2..node.proto.input.len()).step_by(3).collect();
        let (_, first) = self.picture(node, 2)?;
        let (grid, element) = self.grid(node, 0, 1, first.element)?;
        self.join(node, &places, element, Some(grid))
    }

    fn join(
        &mut self,
        node: ReadNode<'a>,
        places: &[usize],
        element: Element,
        grid: Option<Grid>,
    ) -> Result<(), String> {
        if !node.attributes.is_along_channels(0)? {
            return Err("it does not concatenate channels (axis 1)".into());
        }
        let mut shape: Option<Shape> = None;
        let mut inputs = Vec::new();
        for place in places {
            let (input, tensor) = self.picture(node, *place)?;
            if tensor.element != element {
                return Err(format!("its input {} has a different type", tensor.name));
            }
            let from = tensor.shape;
            let to = shape.map_or(0, |joined| joined.channels);
            if shape.is_some_and(|joined| (joined.height, joined.width) != (from.height, from.width)) {
                return Err(format!("its input {} has a different size", tensor.name));
            }
            shape = Some(Shape { channels: side((to + from.channels) as i64)?, ..from });
            let map = match grid {
                Some(grid) => ByteMap::regrid(self.grid_of(node, *place, [place + 1, place + 2])?, grid).map(Box::new),
                None => None,
            };
            inputs.push((input, Op::Channels { start: 0, to, map }));
        }
        let output = self.add(node.output()?, shape.ok_or("it concatenates nothing")?, element)?;
        for (input, op) in inputs {
            self.step(node, op, input, output);
        }
        Ok(())
    }

    pub fn split(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, &Tensor { shape, element, .. }) = self.picture(node, 0)?;
        if !node.attributes.is_along_channels(0)? {
            return Err("it does not split channels (axis 1)".into());
        }
        let outputs = &node.proto.output;
        // An input since opset 13, an attribute before that.
        let sizes = match node.input(1) {
            Some(name) => self.constants.ints(name).ok_or("its split sizes are not constant")?,
            None => node.attributes.ints("split"),
        };
        let sizes = if sizes.is_empty() {
            if !shape.channels.is_multiple_of(outputs.len().max(1)) {
                return Err(format!("{} channels cannot be split into {} equal parts", shape.channels, outputs.len()));
            }
            vec![shape.channels / outputs.len().max(1); outputs.len()]
        } else {
            sizes.into_iter().map(side).collect::<Result<_, _>>()?
        };
        if sizes.len() != outputs.len() || sizes.iter().sum::<usize>() != shape.channels {
            return Err(format!("{} channels are split into parts of {sizes:?}", shape.channels));
        }
        let mut start = 0;
        for (name, channels) in outputs.iter().zip(sizes) {
            // An output that nothing reads may have no name.
            if !name.is_empty() {
                let output = self.add(name, Shape { channels, ..shape }, element)?;
                self.step(node, Op::Channels { start, to: 0, map: None }, input, output);
            }
            start += channels;
        }
        Ok(())
    }

    pub fn slice(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, &Tensor { shape, element, .. }) = self.picture(node, 0)?;
        let one = |place: usize, default: Option<i64>| {
            let values = node.input(place).map(|name| self.indices(name)).unwrap_or(default.map(|value| vec![value]));
            match values.as_deref() {
                Some([value]) => Ok(*value),
                _ => Err("its start, end and axis are not single constants"),
            }
        };
        // Without axes it would start with the batch.
        let (start, end, axis, step) = (one(1, None)?, one(2, None)?, one(3, Some(0))?, one(4, Some(1))?);
        if !matches!(axis, 1 | -3) || step != 1 {
            return Err("it does not slice consecutive channels (axis 1, step 1)".into());
        }
        let count = shape.channels as i64;
        // Counted from the end if below 0; a position beyond an end is clamped to it.
        let place = |index: i64| (if index < 0 { index.saturating_add(count) } else { index }).clamp(0, count);
        let (start, end) = (place(start), place(end));
        if start >= end {
            return Err(format!("it slices no channels out of {count}"));
        }
        let channels = (end - start) as usize;
        let output = self.add(node.output()?, Shape { channels, ..shape }, element)?;
        self.step(node, Op::Channels { start: start as usize, to: 0, map: None }, input, output);
        Ok(())
    }

    pub fn pad(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, &Tensor { shape, element, .. }) = self.picture(node, 0)?;
        if node.attributes.text("mode", "constant") != "constant" || node.input(3).is_some() {
            return Err("it does not put one value around a picture (mode constant, without axes)".into());
        }
        // An input since opset 11, an attribute before that.
        let ends = match node.input(1) {
            Some(name) => self.constants.ints(name).ok_or("its pads are not constant")?,
            None => node.attributes.ints("pads"),
        };
        let [0, 0, top, left, 0, 0, bottom, right] = ends[..] else {
            return Err(format!("its pads {ends:?} are not those of height and width"));
        };
        let end = |pad: i64| usize::try_from(pad).ok().filter(|pad| *pad <= MAX_SIDE);
        let ends = [top, left, bottom, right].map(end);
        let [Some(top), Some(left), Some(bottom), Some(right)] = ends else {
            return Err(format!("its pads are not between 0 and {MAX_SIDE}"));
        };
        let mut padding =
            Padding { corner: [top, left], byte: if element == Element::I8 { 128 } else { 0 }, float: 0.0 };
        match (node.input(2), element) {
            (None, _) => {}
            (Some(_), Element::F32) => match self.floats(node, 2)?.1[..] {
                [value] => padding.float = value,
                _ => return Err("its value is not one number".into()),
            },
            (Some(name), _) => {
                let lift = if element == Element::I8 { 128 } else { 0 };
                let value = match self.constants.integers(name).as_deref() {
                    Some([value]) => value.checked_add(lift).and_then(|value| u8::try_from(value).ok()),
                    _ => None,
                };
                padding.byte = value.ok_or_else(|| format!("its value {name} is not one constant byte"))?;
            }
        }
        let (height, width) = (top + shape.height + bottom, left + shape.width + right);
        let shape = Shape { height: side(height as i64)?, width: side(width as i64)?, ..shape };
        let output = self.add(node.output()?, shape, element)?;
        self.step(node, Op::Pad(padding), input, output);
        Ok(())
    }

    /// int64 or int32.
    fn indices(&self, name: &str) -> Option<Vec<i64>> {
        let narrow = || Some(self.constants.integers(name)?.into_iter().map(i64::from).collect());
        self.constants.ints(name).or_else(narrow)
    }

    pub fn resize(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, &Tensor { shape, element, .. }) = self.picture(node, 0)?;
        let factor = self.factor(node, shape)?;
        let text = |name, default| node.attributes.text(name, default);
        let repeats =
            match (text("coordinate_transformation_mode", "half_pixel"), text("nearest_mode", "round_prefer_floor")) {
                ("asymmetric", "floor") => true,
                // The centres of the two new pixels lie at a quarter and three quarters of the old one: no rounding is ambiguous.
                ("half_pixel" | "pytorch_half_pixel", "round_prefer_floor" | "round_prefer_ceil") => factor == [2, 2],
                _ => factor == [1, 1],
            };
        if text("mode", "nearest") != "nearest" || !repeats {
            return Err("it does not repeat pixels (mode nearest, asymmetric, floor)".into());
        }
        let [height, width] = [shape.height * factor[0], shape.width * factor[1]];
        let shape = Shape { height: side(height as i64)?, width: side(width as i64)?, ..shape };
        let output = self.add(node.output()?, shape, element)?;
        self.step(node, Op::Upsample(factor), input, output);
        Ok(())
    }

    /// Along the height and along the width.
    fn factor(&self, node: ReadNode<'a>, shape: Shape) -> Result<[usize; 2], String> {
        let before = [1, shape.channels, shape.height, shape.width];
        let factors: Vec<f32> = match node.input(3) {
            Some(sizes) => {
                let sizes = self.constants.ints(sizes).ok_or("its sizes are not constant")?;
                sizes.iter().zip(before).map(|(size, before)| *size as f32 / before as f32).collect()
            }
            None => self.floats(node, 2)?.1,
        };
        let whole = |factor: f32| (1..=MAX_FACTOR).find(|whole| *whole as f32 == factor);
        match factors[..] {
            [1.0, 1.0, height, width] => whole(height).zip(whole(width)).map(|(height, width)| [height, width]),
            _ => None,
        }
        .ok_or_else(|| format!("it upsamples by {factors:?}, not height and width by integers"))
    }

    pub fn identity(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (_, tensor) = self.tensor(node, 0)?;
        let tensor = Tensor { name: node.output()?.into(), ..tensor.clone() };
        self.insert(tensor).map(|_| ())
    }

    pub fn transpose(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (_, tensor) = self.tensor(node, 0)?;
        let axes = match (tensor.axes, &node.attributes.ints("perm")[..]) {
            (axes, [0, 1, 2, 3]) => axes,
            (Axes::ChannelsFirst, [0, 2, 3, 1]) => Axes::ChannelsLast,
            (Axes::ChannelsLast, [0, 3, 1, 2]) => Axes::ChannelsFirst,
            (_, order) => return Err(format!("it does more than move channels to the end or back: {order:?}")),
        };
        let tensor = Tensor { name: node.output()?.into(), axes, ..tensor.clone() };
        self.insert(tensor).map(|_| ())
    }
}
