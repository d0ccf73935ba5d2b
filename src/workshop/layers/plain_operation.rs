//! Operations of the float model that are not worth a session.

use std::ops::Range;

use super::segment::Segment;
use crate::onnx::{Attributes, NodeProto};

/// Operations on a batch of one that round nothing, or in one step as ONNX Runtime does.
#[derive(Clone, Debug, PartialEq)]
pub enum PlainOperation {
    /// With its slope below 0.
    LeakyRelu(f32),
    /// Channels one after another, of what is read at these places.
    Concat(Vec<usize>),
    /// These of the values: some of the channels.
    Channels(Range<usize>),
}

impl PlainOperation {
    /// With the shape of what it computes; `None`: the segment is something else. `shape` is that of a tensor that is read.
    pub fn new<'s>(segment: &Segment<'_>, shape: impl Fn(&str) -> &'s [i64]) -> Option<(Self, Vec<i64>)> {
        let mut nodes = segment.nodes().filter(|node| node.op_type != "Constant");
        let (Some(node), None) = (nodes.next(), nodes.next()) else { return None };
        let attributes = Attributes(&node.attribute);
        let place = |name: &String| segment.reads.iter().position(|read| read == name);
        let first = node.input.first().filter(|name| place(name).is_some())?;
        let [1, channels, height, width] = *shape(first) else { return None };
        let along_channels = |default: i64| matches!(attributes.int("axis", default), Ok(1 | -3));
        let with = |channels: i64| vec![1, channels, height, width];
        match node.op_type.as_str() {
            _ if !matches!(node.domain.as_str(), "" | "ai.onnx") => None,
            "LeakyRelu" => Some((Self::LeakyRelu(attributes.float("alpha", 0.01)), with(channels))),
            "Concat" if along_channels(0) => {
                let places = node.input.iter().map(place).collect::<Option<Vec<usize>>>()?;
                let mut channels = node.input.iter().map(|name| match *shape(name) {
                    [1, channels, y, x] if [y, x] == [height, width] => Some(channels),
                    _ => None,
                });
                let channels = channels.try_fold(0, |sum: i64, channels| sum.checked_add(channels?));
                Some((Self::Concat(places), with(channels?)))
            }
            "Split" if along_channels(0) => {
                let parts = parts(segment, node, channels)?;
                let part = node.output.iter().position(|output| output == segment.target)?;
                let start: i64 = parts[..part].iter().sum();
                let values = |channels: i64| count(&[channels, height, width]);
                let range = values(start)?..values(start + parts[part])?;
                Some((Self::Channels(range), with(parts[part])))
            }
            _ => None,
        }
    }
}

/// How many values a tensor of this shape has; `None`: more than can be counted, or a side is unknown.
pub fn count(shape: &[i64]) -> Option<usize> {
    shape.iter().try_fold(1, |count: usize, side| count.checked_mul(usize::try_from(*side).ok()?))
}

/// As ONNX Runtime computes it.
pub fn leaky_relu(value: f32, slope: f32) -> f32 {
    if value >= 0.0 { value } else { slope * value }
}

/// How many channels each output of a `Split` has: as an attribute says, or a constant, or all as many. `None`: they do
/// not add up.
fn parts(segment: &Segment<'_>, node: &NodeProto, channels: i64) -> Option<Vec<i64>> {
    let outputs = node.output.len();
    let parts = match node.input.get(1) {
        Some(sizes) => segment.integers(sizes)?,
        None => Attributes(&node.attribute).ints("split"),
    };
    let parts = if parts.is_empty() { vec![channels / outputs.max(1) as i64; outputs] } else { parts };
    // Each within the channels, which are few: so is their sum.
    let fit = parts.iter().all(|part| (1..=channels).contains(part));
    let adds_up = parts.len() == outputs && fit && parts.iter().sum::<i64>() == channels;
    adds_up.then_some(parts)
}
