//! One node of the INT8 model on the float model's tensors, rounded to its bytes.

use std::sync::Arc;

use super::LayersError;
use super::float_chain::FloatChain;
use super::segment::Cutter;
use crate::integer::Network;
use crate::model::Arithmetic;
use crate::onnx::{Constants, ModelProto, NodeProto};

/// What a byte stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByteScale {
    scale: f32,
    zero_point: i32,
}

impl ByteScale {
    /// Of the constants of these names.
    pub fn of(constants: &Constants<'_>, scale: &str, zero_point: &str) -> Option<Self> {
        let ([scale], [zero_point]) = (&constants.floats(scale)?.1[..], &constants.integers(zero_point)?[..]) else {
            return None;
        };
        Some(Self { scale: *scale, zero_point: *zero_point })
    }

    /// As ONNX's `DequantizeLinear` computes it.
    pub fn value(self, byte: i32) -> f32 {
        (byte - self.zero_point) as f32 * self.scale
    }
}

/// A node with what rounds its inputs before it and turns its bytes into float after it: a network of one input. A
/// concatenation is one network for each of its inputs.
pub struct NodeAlone {
    parts: Vec<Part>,
}

struct Part {
    /// The tensor of the float model that it reads.
    reads: String,
    network: Arc<Network>,
}

impl NodeAlone {
    /// `isolated`: the tensor of the merged model that it puts out. The chain knows the shapes of what it reads.
    pub fn new(model: Option<&ModelProto>, isolated: &str, chain: &FloatChain) -> Result<Self, LayersError> {
        let unknown = || LayersError::Integers(format!("the node of {isolated} cannot be run alone"));
        let cutter = model.and_then(Cutter::new).ok_or_else(unknown)?;
        let segment = cutter.segment(isolated, |name| chain.named(name).is_some()).ok_or_else(unknown)?;
        let shape = |name: &str| chain.named(name).map_or(&[][..], |(shape, _)| shape);
        let network = |bytes: Vec<u8>| Network::read(&bytes).map(Arc::new);
        let concat = segment.nodes().find(|node| node.op_type == "QLinearConcat");
        let Some(concat) = concat else {
            let [reads] = segment.reads[..] else { return Err(unknown()) };
            let network = network(segment.onnx(shape))?;
            return Ok(Self { parts: vec![Part { reads: reads.to_owned(), network }] });
        };
        let mut parts = Vec::new();
        for [bytes, scale, zero_point] in concat.input.get(2..).unwrap_or_default().as_chunks::<3>().0 {
            let quantize = segment.nodes().find(|node| node.output.contains(bytes)).ok_or_else(unknown)?;
            let reads = quantize.input.first().ok_or_else(unknown)?;
            let input = concat.input[..2].iter().chain([bytes, scale, zero_point]).cloned().collect();
            let after = segment.nodes().filter(|node| node.op_type == "DequantizeLinear").cloned();
            let nodes = [quantize.clone(), NodeProto { input, ..concat.clone() }].into_iter().chain(after).collect();
            parts.push(Part { reads: reads.clone(), network: network(segment.onnx_of(nodes, &[reads], shape))? });
        }
        Ok(Self { parts })
    }

    /// What it makes of the float model's tensors, in float: channels, height, width.
    pub fn run(&self, arithmetic: &Arithmetic, chain: &FloatChain, output: &mut Vec<f32>) -> Result<(), LayersError> {
        output.clear();
        for Part { reads, network } in &self.parts {
            let (_, values) =
                chain.named(reads).ok_or_else(|| LayersError::Integers(format!("{reads} is not known")))?;
            let mut plan = arithmetic.plan(network, false)?;
            plan.run(values)?;
            // Its only output; channels of a concatenation follow each other.
            plan.outputs().for_each(|(_, values)| output.extend_from_slice(values));
        }
        Ok(())
    }
}
