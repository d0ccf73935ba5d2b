//! From a cfg's sections to layers, with every size checked before anything of that size is made.

use super::text::{Section, sections};
use super::{
    CfgCause, CfgError, ConvLayer, DarknetLayer, DarknetNetwork, LayerKind, MaxPool, Route, TensorShape, Yolo,
};
use crate::detect::Size;

/// The limits lie far over the family's networks (38 layers, 6 million weights) and far under what a machine has.
const MAX_LAYERS: usize = 1000;
const MAX_SIDE: u32 = 4096;
const MAX_FILTERS: u32 = 16_384;
const MAX_WINDOW: u32 = 31;
const MAX_STRIDE: u32 = 32;
const MAX_CLASSES: u32 = 10_000;
const MAX_ANCHORS: usize = 64;
const MAX_OUTPUT: u64 = 1 << 28;
const MAX_WEIGHTS: u64 = 1 << 27;

/// Keys that only training reads.
const TRAINING: [&str; 3] = ["burnin_update", "dont_update", "stopbackward"];

impl DarknetNetwork {
    /// Reads a cfg's text.
    pub fn from_cfg(text: &str) -> Result<Self, CfgError> {
        let sections = sections(text)?;
        let last_line = text.lines().count().max(1);
        let (net, rest) = match sections.split_first() {
            Some((net, rest)) if is_net(net) => (net, rest),
            first => {
                let line = first.map_or(last_line, |(s, _)| s.line);
                return Err(CfgError { line, section: String::new(), cause: CfgCause::NoNet });
            }
        };
        let mut reader = LayerReader { input: input(net)?, layers: Vec::new(), weights: 0 };
        for section in rest {
            reader.layer(section)?;
        }
        // Layers after the last head would lead nowhere: the head that they lead to is missing.
        if !reader.layers.last().is_some_and(|layer| matches!(layer.kind, LayerKind::Yolo(_))) {
            return Err(CfgError { line: last_line, section: String::new(), cause: CfgCause::EndsWithoutHead });
        }
        Ok(Self { input: reader.input, layers: reader.layers })
    }
}

fn is_net(section: &Section) -> bool {
    matches!(section.name.as_str(), "net" | "network")
}

fn input(net: &Section) -> Result<Size, CfgError> {
    net.int("channels", 3, 3)?;
    let size = Size::new(net.int("width", 32, MAX_SIDE)?, net.int("height", 32, MAX_SIDE)?);
    for (key, side) in [("width", size.width), ("height", size.height)] {
        if !side.is_multiple_of(32) {
            let expected = format!("a multiple of 32 up to {MAX_SIDE}");
            let (key, value) = (key.to_owned(), side.to_string());
            return Err(net.error_of(&key.clone(), CfgCause::BadValue { key, value, expected }));
        }
    }
    Ok(size)
}

struct LayerReader {
    input: Size,
    layers: Vec<DarknetLayer>,
    /// Of all layers so far.
    weights: u64,
}

impl LayerReader {
    fn layer(&mut self, section: &Section) -> Result<(), CfgError> {
        if self.layers.len() == MAX_LAYERS {
            return Err(section.error(CfgCause::TooManyLayers { limit: MAX_LAYERS }));
        }
        let (kind, output) = match section.name.as_str() {
            "convolutional" | "conv" => self.conv(section)?,
            "route" => self.route(section)?,
            "maxpool" | "max" => self.maxpool(section)?,
            "upsample" => self.upsample(section)?,
            "yolo" => self.yolo(section)?,
            "net" | "network" => return Err(section.error(CfgCause::SecondNet)),
            _ => return Err(section.error(CfgCause::UnknownSection)),
        };
        if output.values() > MAX_OUTPUT {
            return Err(section.error(CfgCause::OutputTooLarge { values: output.values(), limit: MAX_OUTPUT }));
        }
        self.layers.push(DarknetLayer { line: section.line, kind, output });
        Ok(())
    }

    /// What the layer before puts out, or the picture.
    fn before(&self, section: &Section) -> Result<TensorShape, CfgError> {
        match self.layers.last() {
            None => Ok(TensorShape { channels: 3, size: self.input }),
            Some(layer) => {
                self.readable(section, self.layers.len() - 1)?;
                Ok(layer.output)
            }
        }
    }

    fn readable(&self, section: &Section, layer: usize) -> Result<(), CfgError> {
        match self.layers[layer].kind {
            LayerKind::Yolo(_) => Err(section.error(CfgCause::ReadsYolo { layer })),
            _ => Ok(()),
        }
    }

    fn conv(&mut self, section: &Section) -> Result<(LayerKind, TensorShape), CfgError> {
        let known = ["activation", "batch_normalize", "filters", "groups", "pad", "padding", "size", "stride"];
        section.only(&[&known[..], &TRAINING].concat())?;
        let before = self.before(section)?;
        let size = section.int_or("size", 1, 1, MAX_WINDOW)?;
        // As in darknet: `pad` means half the window, whatever `padding` says.
        let padding = section.int_or("padding", 0, 0, MAX_WINDOW)?;
        let padding = if section.int_or("pad", 0, 0, 1)? == 1 { size / 2 } else { padding };
        let stride = section.int_or("stride", 1, 1, MAX_STRIDE)?;
        section.int_or("groups", 1, 1, 1)?;
        let leaky = match section.text("activation")? {
            "leaky" => true,
            "linear" => false,
            other => {
                let (key, value) = ("activation".to_owned(), other.to_owned());
                let cause = CfgCause::BadValue { key, value, expected: "leaky or linear".into() };
                return Err(section.error_of("activation", cause));
            }
        };
        let conv = ConvLayer {
            input_channels: before.channels,
            filters: section.int("filters", 1, MAX_FILTERS)?,
            size,
            stride,
            padding,
            batch_normalize: section.int_or("batch_normalize", 0, 0, 1)? == 1,
            leaky,
        };
        self.weights += conv.weights();
        if self.weights > MAX_WEIGHTS {
            let cause = CfgCause::TooManyWeights { values: self.weights, limit: MAX_WEIGHTS };
            return Err(section.error(cause));
        }
        let shrink = |side: u32| (side + 2 * padding).checked_sub(size).map(|rest| rest / stride + 1);
        let (Some(width), Some(height)) = (shrink(before.size.width), shrink(before.size.height)) else {
            return Err(section.error(CfgCause::WindowTooLarge { window: size, input: before.size }));
        };
        let output = TensorShape { channels: conv.filters, size: Size::new(width, height) };
        Ok((LayerKind::Conv(conv), output))
    }

    fn route(&self, section: &Section) -> Result<(LayerKind, TensorShape), CfgError> {
        section.only(&[&["group_id", "groups", "layers"][..], &TRAINING].concat())?;
        let here = self.layers.len() as i64;
        let mut layers = Vec::new();
        for given in section.list::<i64>("layers", 32)? {
            let layer = if given < 0 { here.saturating_add(given) } else { given };
            if !(0..here).contains(&layer) {
                let cause = CfgCause::RouteToNowhere { given, layer, last: here - 1 };
                return Err(section.error_of("layers", cause));
            }
            self.readable(section, layer as usize)?;
            layers.push(layer as usize);
        }
        let groups = section.int_or("groups", 1, 1, MAX_FILTERS)?;
        let group = section.int_or("group_id", 0, 0, groups - 1)?;
        let mut output = TensorShape { channels: 0, size: self.layers[layers[0]].output.size };
        for &layer in &layers {
            let shape = self.layers[layer].output;
            if shape.size != output.size {
                let first = self.layers[layers[0]].output.to_string();
                return Err(section.error(CfgCause::RouteSizes { first, other: shape.to_string() }));
            }
            if !shape.channels.is_multiple_of(groups) {
                return Err(section.error(CfgCause::Groups { groups, channels: shape.channels, layer }));
            }
            // At most 32 layers of at most 32 × MAX_FILTERS a level: checked, because levels multiply.
            let channels = output.channels.checked_add(shape.channels / groups).filter(|c| *c <= 64 * MAX_FILTERS);
            let values = u64::from(output.channels) + u64::from(shape.channels / groups);
            let limit = u64::from(64 * MAX_FILTERS);
            output.channels = channels.ok_or_else(|| section.error(CfgCause::OutputTooLarge { values, limit }))?;
        }
        Ok((LayerKind::Route(Route { layers, groups, group }), output))
    }

    fn maxpool(&self, section: &Section) -> Result<(LayerKind, TensorShape), CfgError> {
        section.only(&[&["padding", "size", "stride"][..], &TRAINING].concat())?;
        let before = self.before(section)?;
        let stride = section.int_or("stride", 1, 1, MAX_STRIDE)?;
        let size = section.int_or("size", stride, 1, MAX_WINDOW)?;
        // Darknet's padding counts both sides together; half of it, rounded down, comes first.
        let both = section.int_or("padding", size - 1, 0, size - 1)?;
        let first = both / 2;
        let shrink = |side: u32| (side + both).checked_sub(size).map(|rest| rest / stride + 1);
        let (Some(width), Some(height)) = (shrink(before.size.width), shrink(before.size.height)) else {
            return Err(section.error(CfgCause::WindowTooLarge { window: size, input: before.size }));
        };
        let reach = |out: u32, side: u32| ((out - 1) * stride + size).saturating_sub(side + first);
        let (bottom, right) = (reach(height, before.size.height), reach(width, before.size.width));
        let pool = MaxPool { size, stride, padding: [first, first, bottom, right] };
        let output = TensorShape { channels: before.channels, size: Size::new(width, height) };
        Ok((LayerKind::MaxPool(pool), output))
    }

    fn upsample(&self, section: &Section) -> Result<(LayerKind, TensorShape), CfgError> {
        section.only(&[&["stride"][..], &TRAINING].concat())?;
        let before = self.before(section)?;
        let factor = section.int_or("stride", 2, 1, MAX_STRIDE)?;
        let side = |s: u32| s.saturating_mul(factor);
        let size = Size::new(side(before.size.width), side(before.size.height));
        Ok((LayerKind::Upsample { factor }, TensorShape { channels: before.channels, size }))
    }

    fn yolo(&self, section: &Section) -> Result<(LayerKind, TensorShape), CfgError> {
        let before = match self.layers.last() {
            Some(DarknetLayer { kind: LayerKind::Conv(conv), output, .. }) if !conv.leaky => *output,
            _ => return Err(section.error(CfgCause::NoConvBeforeYolo)),
        };
        // Another way to decode, which the detector does not have.
        section.int_or("new_coords", 0, 0, 0)?;
        let classes = section.int("classes", 1, MAX_CLASSES)?;
        let anchors = masked_anchors(section)?;
        let needed = anchors.len() as u64 * (5 + u64::from(classes));
        if u64::from(before.channels) != needed {
            let (filters, anchors) = (before.channels, anchors.len());
            return Err(section.error(CfgCause::FiltersBeforeYolo { filters, anchors, classes, needed }));
        }
        let (grid, input) = (before.size, self.input);
        let stride = input.width / grid.width.max(1);
        if stride == 0
            || grid.width.checked_mul(stride) != Some(input.width)
            || grid.height.checked_mul(stride) != Some(input.height)
        {
            return Err(section.error(CfgCause::StrideDoesNotDivide { grid, input }));
        }
        for layer in &self.layers {
            if let LayerKind::Yolo(other) = &layer.kind {
                if other.classes != classes {
                    let cause = CfgCause::ClassesDiffer { classes, before: other.classes };
                    return Err(section.error_of("classes", cause));
                }
                if layer.output.size == grid {
                    return Err(section.error(CfgCause::SameGrid { grid }));
                }
            }
        }
        let scale_x_y = section.positive_or("scale_x_y", 1.0)?;
        Ok((LayerKind::Yolo(Yolo { anchors, classes, scale_x_y, stride }), before))
    }
}

fn masked_anchors(section: &Section) -> Result<Vec<[f32; 2]>, CfgError> {
    let num = section.int("num", 1, MAX_ANCHORS as u32)?;
    let sides: Vec<f32> = section.list("anchors", 2 * MAX_ANCHORS)?;
    if sides.len() != 2 * num as usize {
        return Err(section.error_of("anchors", CfgCause::AnchorCount { num, found: sides.len() }));
    }
    if let Some(side) = sides.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
        let (key, value) = ("anchors".to_owned(), side.to_string());
        let cause = CfgCause::BadValue { key, value, expected: "positive numbers".into() };
        return Err(section.error_of("anchors", cause));
    }
    let mask: Vec<u32> = section.list("mask", MAX_ANCHORS)?;
    let pick = |mask: u32| {
        let anchor = sides.as_chunks::<2>().0.get(mask as usize).copied();
        anchor.ok_or_else(|| section.error_of("mask", CfgCause::MaskOutside { mask, num }))
    };
    mask.into_iter().map(pick).collect()
}
