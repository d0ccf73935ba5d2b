//! Convolutions and matrix products.

use super::constants::{Weights, finite};
use super::{FORM, MAX_SIDE, ReadNode, Reader, side};
use crate::integer::conv::{Conv, Epilogue};
use crate::integer::filters::Filters;
use crate::integer::network::Op;
use crate::integer::tensor::{Axes, Element, Shape, Tensor};
use crate::integer::window::Window;

impl<'a> Reader<'a> {
    pub fn conv(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, from) = self.picture(node, 0)?;
        let (shape, can_saturate) = (from.shape, from.element == Element::U8);
        let from_grid = self.grid_of(node, 0, [1, 2])?;
        let Weights { dims, values } = self.weights(node, 3, 5)?;
        let [filters, channels, height, width] = dims[..] else {
            return Err(format!("its weights have {} dimensions, not 4", dims.len()));
        };
        if node.attributes.int("group", 1)? != 1 || channels != shape.channels {
            return Err(format!(
                "its filters cover {channels} of {} channels; grouped convolutions are not supported",
                shape.channels
            ));
        }
        let scales = self.weight_scales(node, 4, filters)?;
        let (to_grid, element) = self.grid(node, 6, 7, Element::U8)?;
        let given = node.attributes.ints("kernel_shape");
        if !given.is_empty() && given != [height as i64, width as i64] {
            return Err(format!("its kernel_shape {given:?} is not that of its weights, {height} × {width}"));
        }
        let biases = match node.input(8) {
            Some(name) => {
                self.constants.integers(name).ok_or_else(|| format!("its bias {name} is not an int32 constant"))?
            }
            None => vec![0; filters],
        };
        if biases.len() != filters {
            return Err(format!("it has {} biases for {filters} filters", biases.len()));
        }
        let (window, shape) = node.window([height, width], shape)?;
        let multipliers = scales.iter().map(|scale| from_grid.scale * scale / to_grid.scale).collect();
        let conv = Conv {
            filters: Filters::new(
                &channels_last(&values, channels, height * width),
                filters,
                from_grid.zero_point,
                &biases,
            ),
            window,
            zero_point: from_grid.zero_point,
            can_saturate,
            accumulator: None,
            epilogue: Epilogue::Bytes {
                multipliers: finite(multipliers)?,
                zero_point: to_grid.zero_point,
                fixed: None,
            },
        };
        let output = self.add(node.output()?, Shape { channels: filters, ..shape }, element)?;
        self.step(node, Op::Conv(Box::new(conv)), input, output);
        Ok(())
    }

    pub fn matmul(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, from) = self.tensor(node, 0)?;
        let (shape, can_saturate) = (from.shape, from.element == Element::U8);
        if from.axes != Axes::ChannelsLast {
            return Err(format!(
                "its input {} does not have channels last; put a Transpose with perm [0, 2, 3, 1] before it",
                from.name
            ));
        }
        let grid = self.grid_of(node, 0, [2, 4])?;
        let Weights { dims, values } = self.weights(node, 1, 5)?;
        let [channels, filters] = dims[..] else {
            return Err(format!("its weights have {} dimensions, not 2", dims.len()));
        };
        if channels != shape.channels {
            return Err(format!("its weights are for {channels} channels, not {}", shape.channels));
        }
        let scales = self.weight_scales(node, 3, filters)?.iter().map(|scale| grid.scale * scale).collect();
        let biases = match node.input(6) {
            Some(_) => self.floats(node, 6)?.1,
            None => vec![0.0; filters],
        };
        if biases.len() != filters {
            return Err(format!("it has {} biases for {filters} filters", biases.len()));
        }
        // Columns to rows.
        let rows: Vec<i8> =
            (0..filters).flat_map(|filter| values.iter().skip(filter).step_by(filters).copied()).collect();
        let conv = Conv {
            window: Window::PLACE,
            filters: Filters::new(&rows, filters, grid.zero_point, &[]),
            zero_point: grid.zero_point,
            can_saturate,
            accumulator: None,
            epilogue: Epilogue::Floats { scales: finite(scales)?, biases },
        };
        let output = self.add(node.output()?, Shape { channels: filters, ..shape }, Element::F32)?;
        self.tensors[output].axes = Axes::ChannelsLast;
        self.step(node, Op::Conv(Box::new(conv)), input, output);
        Ok(())
    }

    pub fn max_pool(&mut self, node: ReadNode<'a>) -> Result<(), String> {
        let (input, &Tensor { shape, element, .. }) = self.picture(node, 0)?;
        if element == Element::F32 {
            return Err(format!("it outputs float32; {FORM}"));
        }
        if node.attributes.int("ceil_mode", 0)? != 0 {
            return Err("it rounds its output's size up (ceil_mode)".into());
        }
        let [height, width] = node.attributes.ints("kernel_shape")[..] else {
            return Err("its kernel_shape is not two numbers".into());
        };
        let size = [side(height)?, side(width)?];
        let [top, left, bottom, right] = node.attributes.pads()?.map(|pad| pad as usize);
        if top.max(bottom) >= size[0] || left.max(right) >= size[1] {
            return Err("a window lies entirely on padding".into());
        }
        let (window, shape) = node.window(size, shape)?;
        let output = self.add(node.output()?, shape, element)?;
        self.step(node, Op::MaxPool(window), input, output);
        Ok(())
    }
}

impl ReadNode<'_> {
    /// The window of a convolution or pool, and the shape of the output, with the input's channels.
    fn window(self, size: [usize; 2], input: Shape) -> Result<(Window, Shape), String> {
        if self.attributes.ints("dilations").iter().any(|dilation| *dilation != 1) {
            return Err("it is dilated".into());
        }
        let stride = match self.attributes.ints("strides")[..] {
            [] => [1, 1],
            [height, width] => [side(height)?, side(width)?],
            _ => return Err("its strides are not two numbers".into()),
        };
        let [top, left, bottom, right] = self.attributes.pads()?.map(|pad| pad as usize);
        let along = |side: usize, padding: usize, axis: usize| {
            let room = (side + padding).checked_sub(size[axis]);
            let places = room.map(|room| room / stride[axis] + 1).filter(|places| *places <= MAX_SIDE);
            places.ok_or_else(|| format!("a window of {size:?} does not fit into {side} + {padding} pixels"))
        };
        let (height, width) = (along(input.height, top + bottom, 0)?, along(input.width, left + right, 1)?);
        Ok((Window { size, stride, padding: [top, left] }, Shape { height, width, ..input }))
    }
}

/// Reorders weights from filters, channels, taps to filters, taps, channels.
fn channels_last(values: &[i8], channels: usize, taps: usize) -> Vec<i8> {
    let mut reordered = vec![0; values.len()];
    let filters = values.chunks_exact(channels * taps).zip(reordered.chunks_exact_mut(channels * taps));
    for (filter, reordered) in filters {
        for (channel, values) in filter.chunks_exact(taps).enumerate() {
            for (value, places) in values.iter().zip(reordered.chunks_exact_mut(channels)) {
                places[channel] = *value;
            }
        }
    }
    reordered
}
