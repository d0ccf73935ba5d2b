//! From a cfg's sections to layers, with every size checked before anything of that size is made.

use super::text::{Section, sections, short};
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

/// Keys that only training reads, and those that choose a stream of the graphics card.
const TRAINING: [&str; 11] = [
    "assisted_excitation",
    "burnin_update",
    "clip",
    "dont_update",
    "grad_centr",
    "learning_rate",
    "onlyforward",
    "stopbackward",
    "stream",
    "train_only_bn",
    "wait_stream",
];

/// A key that changes what a layer computes, the value with which it changes nothing, and what is computed here.
type Neutral = (&'static str, f32, &'static str);

const CONV: [Neutral; 14] = [
    ("antialiasing", 0.0, PLAIN),
    ("bin_output", 0.0, "weights and values are no bits here"),
    ("binary", 0.0, "weights and values are no bits here"),
    ("coordconv", 0.0, PLAIN),
    ("dontload", 0.0, LOADED),
    ("dontloadscales", 0.0, LOADED),
    ("groups", 1.0, "a convolution reads all channels here (groups=1)"),
    ("reverse", 0.0, PLAIN),
    ("rotate", 0.0, PLAIN),
    ("share_index", -1e9, LOADED),
    ("stretch", 0.0, PLAIN),
    ("stretch_sway", 0.0, PLAIN),
    ("sway", 0.0, PLAIN),
    ("xnor", 0.0, "weights and values are no bits here"),
];
const MAXPOOL: [Neutral; 3] =
    [("antialiasing", 0.0, PLAIN), ("maxpool_depth", 0.0, PLAIN), ("maxpool_zero_nonmax", 0.0, PLAIN)];
const UPSAMPLE: [Neutral; 1] = [("scale", 1.0, "values are only repeated here (scale=1)")];
const PLAIN: &str = "only plain convolutions and poolings are computed here; delete the line and train again";
const LOADED: &str = "each layer must have its own weights in the file";

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
    net.require("channels")?;
    net.just("channels", 3.0, "networks take colour images here (channels=3)")?;
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
        // An angle means something only with `rotate` and its like.
        let known = ["activation", "angle", "batch_normalize", "cbn", "dilation", "filters", "pad", "padding", "size"];
        check(section, &[&known[..], &STRIDES].concat(), &CONV)?;
        let before = self.before(section)?;
        let size = section.int_or("size", 1, 1, MAX_WINDOW)?;
        if size > 1 {
            section.just("dilation", 1.0, "windows are without gaps here (dilation=1)")?;
        }
        // As in darknet: `pad` means half the window, whatever `padding` says.
        let padding = section.int_or("padding", 0, 0, MAX_WINDOW)?;
        let padding = if section.int_or("pad", 0, 0, 1)? == 1 { size / 2 } else { padding };
        let stride = stride(section)?;
        let leaky = match section.text("activation")? {
            "leaky" => true,
            "linear" => false,
            other => {
                let (key, value) = ("activation".to_owned(), short(other));
                let cause = CfgCause::NotSupported { key, value, why: "it must be leaky or linear here" };
                return Err(section.error_of("activation", cause));
            }
        };
        // From batches that are normalized together, one at a time is normalized as ever.
        let batch_normalize = section.int_or("batch_normalize", 0, 0, 2)? > 0 || section.int_or("cbn", 0, 0, 1)? == 1;
        let conv = ConvLayer {
            input_channels: before.channels,
            filters: section.int("filters", 1, MAX_FILTERS)?,
            size,
            stride,
            padding,
            batch_normalize,
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
        check(section, &["group_id", "groups", "layers"], &[])?;
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
        // The number of channels of a pooling over channels, which is not supported.
        check(section, &[&["out_channels", "padding", "size"][..], &STRIDES].concat(), &MAXPOOL)?;
        let before = self.before(section)?;
        let stride = stride(section)?;
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
        check(section, &["stride"], &UPSAMPLE)?;
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
        // Of a [yolo], training reads the other keys. `nms_kind` and `beta_nms` say how darknet drops overlapping boxes; here
        // that is the viewer's choice, and greedy for all models.
        section.just("new_coords", 0.0, "boxes are decoded here as in YOLOv3 and YOLOv4, not as in Scaled-YOLOv4")?;
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

const STRIDES: [&str; 3] = ["stride", "stride_x", "stride_y"];

/// The same in both directions.
fn stride(section: &Section) -> Result<u32, CfgError> {
    let stride = section.int_or("stride", 1, 1, MAX_STRIDE)?;
    let [x, y] = ["stride_x", "stride_y"].map(|key| section.int_or(key, stride, 1, MAX_STRIDE));
    match (x?, y?) {
        (x, y) if x == y => Ok(x),
        (x, _) => {
            let (key, value) = ("stride_x".to_owned(), x.to_string());
            let cause = CfgCause::NotSupported { key, value, why: "both directions have one stride here" };
            Err(section.error_of("stride_x", cause))
        }
    }
}

/// Refuses keys that might change what a layer computes, and cannot be computed here.
fn check(section: &Section, known: &[&'static str], neutral: &[Neutral]) -> Result<(), CfgError> {
    for &(key, only, why) in neutral {
        section.just(key, only, why)?;
    }
    let neutral: Vec<&str> = neutral.iter().map(|(key, ..)| *key).collect();
    section.only(&[known, &neutral, &TRAINING].concat())
}

/// The anchors of `mask`, or without it all. Darknet takes as many of `anchors` as `num` says, and takes it as well when there
/// are fewer.
fn masked_anchors(section: &Section) -> Result<Vec<[f32; 2]>, CfgError> {
    let num = section.int("num", 1, MAX_ANCHORS as u32)?;
    let sides: Vec<f32> = section.list("anchors", 2 * MAX_ANCHORS)?;
    let (anchors, odd) = sides.as_chunks::<2>();
    if !odd.is_empty() && anchors.len() < num as usize {
        return Err(section.error_of("anchors", CfgCause::AnchorCount { found: sides.len() }));
    }
    let anchors = &anchors[..anchors.len().min(num as usize)];
    if let Some(side) = anchors.as_flattened().iter().find(|s| !(s.is_finite() && **s > 0.0)) {
        let (key, value) = ("anchors".to_owned(), side.to_string());
        let cause = CfgCause::BadValue { key, value, expected: "positive numbers".into() };
        return Err(section.error_of("anchors", cause));
    }
    let mask: Vec<u32> = if section.has("mask") { section.list("mask", MAX_ANCHORS)? } else { (0..num).collect() };
    let pick = |mask: u32| {
        let given = anchors.len();
        let outside = || section.error_of("mask", CfgCause::MaskOutside { mask, num, given });
        anchors.get(mask as usize).copied().ok_or_else(outside)
    };
    mask.into_iter().map(pick).collect()
}
