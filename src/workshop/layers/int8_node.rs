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

/// Runs a node with what rounds its inputs before it and turns its bytes into float after it: a network of one input. A
/// concatenation is one network for each of its inputs. Writes what it makes of the float model's tensors, in float:
/// channels, height, width. `isolated`: the tensor of the merged model that it puts out.
pub fn run_alone(
    model: &ModelProto,
    isolated: &str,
    arithmetic: &Arithmetic,
    chain: &FloatChain,
    output: &mut Vec<f32>,
) -> Result<(), LayersError> {
    output.clear();
    let unknown = || LayersError::Integers(format!("the node of {isolated} cannot be run alone"));
    let cutter = Cutter::new(model).ok_or_else(unknown)?;
    let segment = cutter.segment(isolated, |name| chain.shape(name).is_some()).ok_or_else(unknown)?;
    let shape = |name: &str| chain.shape(name).unwrap_or_default();
    // Nothing is kept for the next picture: that would take more memory than time.
    let mut run = |reads: &str, part: ModelProto| {
        let network = Arc::new(Network::of(part)?);
        // Other nodes run beside it.
        let mut plan = arithmetic.plan_on(1, &network, false)?;
        let ran = chain.show(reads, |values| plan.run(values));
        ran.ok_or_else(|| LayersError::Integers(format!("{reads} is not known")))??;
        // Its only output; channels of a concatenation follow each other.
        plan.outputs().for_each(|(_, values)| output.extend_from_slice(values));
        Ok::<(), LayersError>(())
    };
    let Some(concat) = segment.nodes().find(|node| node.op_type == "QLinearConcat") else {
        let [reads] = segment.reads[..] else { return Err(unknown()) };
        return run(reads, segment.model(shape));
    };
    for [bytes, scale, zero_point] in concat.input.get(2..).unwrap_or_default().as_chunks::<3>().0 {
        let quantize = segment.nodes().find(|node| node.output.contains(bytes)).ok_or_else(unknown)?;
        let reads = quantize.input.first().ok_or_else(unknown)?.as_str();
        let input = concat.input[..2].iter().chain([bytes, scale, zero_point]).cloned().collect();
        let others = segment.nodes().filter(|node| matches!(&*node.op_type, "DequantizeLinear" | "Constant")).cloned();
        let nodes = [quantize.clone(), NodeProto { input, ..concat.clone() }].into_iter().chain(others).collect();
        run(reads, segment.model_of(nodes, &[reads], shape))?;
    }
    Ok(())
}
