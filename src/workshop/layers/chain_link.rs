//! What computes one tensor of the float model.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::segment::Segment;
use crate::model::{RawSession, Runtime};
use crate::onnx::{Attributes, NodeProto};

/// A session, or a few lines for what is not worth one: a session copies what it computes, and takes memory.
pub enum LinkWork {
    /// On one thread: several links run at once.
    Session(Mutex<RawSession>),
    /// With the shape of what it gives.
    Plain(PlainOperation, Vec<i64>),
}

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

impl LinkWork {
    /// `shape` is that of a tensor that is read.
    pub fn new<'s>(
        runtime: &Runtime,
        segment: &Segment<'_>,
        shape: impl Fn(&str) -> &'s [i64],
    ) -> Result<Self, String> {
        match PlainOperation::new(segment, &shape) {
            Some((plain, shape)) => Ok(Self::Plain(plain, shape)),
            None => Ok(Self::Session(Mutex::new(RawSession::part(runtime, &segment.onnx(shape), 1)?))),
        }
    }

    /// Computes into `output`, and gives the shape. `reads`: names and values of what is read, in the segment's order.
    pub fn run(&self, reads: &[(&str, &[f32])], output: &mut Vec<f32>) -> Result<Vec<i64>, String> {
        output.clear();
        match self {
            Self::Session(session) => {
                let mut shape = Vec::new();
                let of = |name: &str| reads.iter().find(|(read, _)| *read == name).map(|(_, values)| *values);
                session.lock().unwrap_or_else(PoisonError::into_inner).run_many(of, |_, dims, values| {
                    shape = dims.to_vec();
                    output.extend_from_slice(values);
                })?;
                Ok(shape)
            }
            Self::Plain(plain, shape) => {
                plain.run(reads, output);
                Ok(shape.clone())
            }
        }
    }
}

impl PlainOperation {
    fn new<'s>(segment: &Segment<'_>, shape: impl Fn(&str) -> &'s [i64]) -> Option<(Self, Vec<i64>)> {
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
                let channels = node.input.iter().map(|name| match *shape(name) {
                    [1, channels, y, x] if [y, x] == [height, width] => Some(channels),
                    _ => None,
                });
                Some((Self::Concat(places), with(channels.sum::<Option<i64>>()?)))
            }
            "Split" if along_channels(0) => {
                let parts = parts(segment, node, channels)?;
                let part = node.output.iter().position(|output| output == segment.target)?;
                let start: i64 = parts[..part].iter().sum();
                let values = |channels: i64| usize::try_from(channels * height * width).ok();
                let range = values(start)?..values(start + parts[part])?;
                Some((Self::Channels(range), with(parts[part])))
            }
            _ => None,
        }
    }

    fn run(&self, reads: &[(&str, &[f32])], output: &mut Vec<f32>) {
        match self {
            Self::LeakyRelu(slope) => output.extend(reads[0].1.iter().map(|value| leaky_relu(*value, *slope))),
            Self::Concat(places) => places.iter().for_each(|place| output.extend_from_slice(reads[*place].1)),
            Self::Channels(range) => output.extend_from_slice(&reads[0].1[range.clone()]),
        }
    }
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
    let adds_up = parts.len() == outputs && parts.iter().all(|part| *part > 0) && parts.iter().sum::<i64>() == channels;
    adds_up.then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{AttributeProto, GraphProto, ModelProto};
    use crate::workshop::layers::segment::Cutter;

    fn plain(op: &str, outputs: usize, attribute: Vec<AttributeProto>) -> Option<(PlainOperation, Vec<i64>)> {
        let input = if op == "Concat" { vec!["x".into(), "z".into(), "x".into()] } else { vec!["x".into()] };
        let output = (0..outputs).map(|number| format!("y{number}")).collect();
        let node = NodeProto { input, output, op_type: op.into(), attribute, ..NodeProto::default() };
        let model = ModelProto {
            graph: Some(GraphProto { node: vec![node], ..GraphProto::default() }),
            ..ModelProto::default()
        };
        let cutter = Cutter::new(&model).unwrap();
        let last = format!("y{}", outputs - 1);
        let segment = cutter.segment(&last, |name| matches!(name, "x" | "z")).unwrap();
        PlainOperation::new(&segment, |name| if name == "x" { &[1, 6, 2, 3] } else { &[1, 1, 2, 3] })
    }

    #[test]
    fn what_rounds_nothing_needs_no_session() {
        let axis = || vec![AttributeProto::int("axis", 1)];
        let values: Vec<f32> = (0..36).map(|value| value as f32 - 18.0).collect();
        let z = [0.5; 6];
        let run = |plain: &PlainOperation| {
            let mut output = Vec::new();
            plain.run(&[("x", &values), ("z", &z)], &mut output);
            output
        };
        let (last, shape) = plain("Split", 3, axis()).unwrap();
        assert_eq!((run(&last), shape), (values[24..].to_vec(), vec![1, 2, 2, 3]));
        let sizes = || axis().into_iter().chain([AttributeProto::ints("split", &[5, 1])]).collect();
        let (last, shape) = plain("Split", 2, sizes()).unwrap();
        assert_eq!((run(&last), shape), (values[30..].to_vec(), vec![1, 1, 2, 3]));
        let (all, shape) = plain("Concat", 1, axis()).unwrap();
        assert_eq!((run(&all), shape), ([&values[..], &z, &values].concat(), vec![1, 13, 2, 3]));
        let (leaky, shape) = plain("LeakyRelu", 1, vec![AttributeProto::float("alpha", 0.5)]).unwrap();
        assert_eq!(
            (run(&leaky)[..3].to_vec(), run(&leaky)[35], shape),
            (vec![-9.0, -8.5, -8.0], 17.0, vec![1, 6, 2, 3])
        );
        // Parts that do not add up, another axis, another operation: a session says what it makes of them.
        assert_eq!([plain("Split", 4, axis()), plain("Split", 3, sizes())], [None, None]);
        assert_eq!([plain("Split", 3, Vec::new()), plain("Conv", 1, Vec::new())], [None, None]);
    }
}
