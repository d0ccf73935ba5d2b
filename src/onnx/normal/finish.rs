//! What is done once all nodes are known: what nothing reads goes, channels' factors go into convolutions, and the rest
//! is written down.

use std::collections::{HashMap, HashSet};

use super::{Affine, NodeEnds, NormalModel, NormalStep, Normalizer, is_standard};
use crate::onnx::{
    AttributeProto, GraphProto, IR_VERSION, ModelProto, NodeProto, OPSET, OperatorSetIdProto, TensorProto,
    ValueInfoProto,
};

/// The most channels of a factor and a summand that become a convolution of their own, with as many weights as their square.
const MAX_CHANNELS: usize = 2048;

impl Normalizer {
    /// The model of all steps.
    pub(super) fn finish(mut self, model: ModelProto) -> NormalModel {
        self.name_outputs();
        self.drop_unread();
        self.join_parts();
        self.fold_affine();
        let is_whole = self.steps.iter().all(|step| !matches!(step, NormalStep::Raw(_)));
        let node: Vec<NodeProto> = std::mem::take(&mut self.steps).into_iter().map(|step| self.written(step)).collect();
        let read: HashSet<&String> = node.iter().flat_map(|node| &node.input).collect();
        let mut initializer: Vec<TensorProto> =
            self.constants.into_values().filter(|tensor| read.contains(&tensor.name)).collect();
        initializer.sort_by(|a, b| a.name.cmp(&b.name));
        let output = |output: ValueInfoProto| match self.shapes.get(&output.name) {
            Some(dims) => ValueInfoProto { doc_string: output.doc_string, ..ValueInfoProto::f32(output.name, dims) },
            None => output,
        };
        let GraphProto { name, doc_string, input, output: outputs, .. } = self.graph;
        let output = outputs.into_iter().map(output).collect();
        let graph = GraphProto { node, name, initializer, doc_string, input, output, ..GraphProto::default() };
        let mut opset_import = vec![OperatorSetIdProto { domain: String::new(), version: OPSET }];
        opset_import.extend(model.opset_import.into_iter().filter(|set| !is_standard(&set.domain)));
        NormalModel {
            model: ModelProto { ir_version: IR_VERSION, graph: Some(graph), opset_import, ..model },
            is_whole,
        }
    }

    /// Gives a tensor that is an output under another name that name.
    fn name_outputs(&mut self) {
        let outputs: Vec<String> = self.graph.output.iter().map(|output| output.name.clone()).collect();
        for output in &outputs {
            let Some(tensor) = self.aliases.get(output).cloned() else { continue };
            if self.producers.contains_key(&tensor) && !outputs.contains(&tensor) {
                let names = self.steps.iter_mut().flat_map(NormalStep::tensors);
                names.filter(|name| **name == tensor).for_each(|name| name.clone_from(output));
                if let Some(dims) = self.shapes.remove(&tensor) {
                    self.shapes.insert(output.clone(), dims);
                }
                let others = self.aliases.values_mut().filter(|other| **other == tensor);
                others.for_each(|other| other.clone_from(output));
            } else {
                // An input, a constant, or a tensor that is an output already.
                let identity = NodeProto {
                    input: vec![tensor],
                    output: vec![output.clone()],
                    op_type: "Identity".into(),
                    ..NodeProto::default()
                };
                self.keep(identity);
            }
            self.aliases.remove(output);
        }
    }

    /// Removes the nodes that no output depends on.
    fn drop_unread(&mut self) {
        let mut read: HashSet<String> = self.graph.output.iter().map(|output| output.name.clone()).collect();
        let mut kept = Vec::with_capacity(self.steps.len());
        for step in std::mem::take(&mut self.steps).into_iter().rev() {
            if step.outputs().iter().any(|output| read.contains(output)) {
                read.extend(step.inputs().iter().cloned());
                kept.push(step);
            }
        }
        kept.reverse();
        self.steps = kept;
    }

    /// Puts factors and summands into the convolutions before them, or makes convolutions of them.
    fn fold_affine(&mut self) {
        let mut reads: HashMap<String, usize> = HashMap::new();
        let outputs = self.graph.output.iter().map(|output| &output.name);
        for tensor in self.steps.iter().flat_map(NormalStep::inputs).chain(outputs) {
            *reads.entry(tensor.clone()).or_default() += 1;
        }
        let mut steps: Vec<NormalStep> = Vec::with_capacity(self.steps.len());
        for step in std::mem::take(&mut self.steps) {
            let NormalStep::Affine(ends, affine) = step else {
                steps.push(step);
                continue;
            };
            let is_alone = reads.get(&ends.input) == Some(&1);
            let before = steps.iter_mut().find_map(|step| match step {
                NormalStep::Node(node) if is_alone && node.op_type == "Conv" && node.output[0] == ends.input => {
                    Some(node)
                }
                _ => None,
            });
            if let Some(conv) = before
                && self.fold_into(conv, &affine)
            {
                conv.output[0] = ends.output;
                continue;
            }
            steps.push(self.as_convolution(ends, affine));
        }
        self.steps = steps;
    }

    /// Reckoned in double precision and rounded once. `false`: the weights or biases are no constants of float32, or too
    /// many.
    fn fold_into(&mut self, conv: &mut NodeProto, Affine { scale, shift }: &Affine) -> bool {
        let name = if conv.name.is_empty() { conv.output[0].clone() } else { conv.name.clone() };
        let Some(weights) = self.given(conv, 1) else { return false };
        let filters = scale.len();
        let Some(values) = weights.floats().filter(|values| values.len() % filters.max(1) == 0) else { return false };
        let has_bias = conv.input.get(2).is_some_and(|name| !name.is_empty());
        let biases = match self.given(conv, 2) {
            Some(biases) => biases.floats().map(<[f32]>::to_vec),
            None if has_bias => None,
            None => Some(vec![0.0; filters]),
        };
        let Some(biases) =
            biases.filter(|biases| biases.len() == filters && weights.dims.first() == Some(&(filters as i64)))
        else {
            return false;
        };
        if !self.may_compute(values.len()) {
            return false;
        }
        let per_filter = (values.len() / filters.max(1)).max(1);
        let scaled = |(filter, scale): (&[f32], &f64)| {
            filter.iter().map(|weight| (f64::from(*weight) * scale) as f32).collect::<Vec<_>>()
        };
        let folded: Vec<f32> = values.chunks(per_filter).zip(scale).flat_map(scaled).collect();
        let shifted: Vec<f32> = biases
            .iter()
            .zip(scale)
            .zip(shift)
            .map(|((bias, scale), shift)| (f64::from(*bias) * scale + shift) as f32)
            .collect();
        let dims = weights.dims;
        let weight = self.add_constant(&format!("{name}_weight"), |name| TensorProto::f32(name, &dims, &folded));
        let bias = self.add_constant(&format!("{name}_bias"), |name| TensorProto::f32(name, &dims[..1], &shifted));
        conv.input.truncate(1);
        conv.input.extend([weight, bias]);
        true
    }

    /// A convolution of one pixel, in which each channel has a weight for itself alone.
    fn as_convolution(&mut self, ends: NodeEnds, affine: Affine) -> NormalStep {
        let channels = affine.scale.len();
        if channels > MAX_CHANNELS || !self.may_compute(channels * channels) {
            return NormalStep::Affine(ends, affine);
        }
        let name = if ends.name.is_empty() { ends.output.clone() } else { ends.name.clone() };
        let mut weights = vec![0.0; channels * channels];
        for (channel, scale) in affine.scale.iter().enumerate() {
            weights[channel * channels + channel] = *scale as f32;
        }
        let biases: Vec<f32> = affine.shift.iter().map(|shift| *shift as f32).collect();
        let side = channels as i64;
        let weight =
            self.add_constant(&format!("{name}_weight"), |name| TensorProto::f32(name, &[side, side, 1, 1], &weights));
        let bias = self.add_constant(&format!("{name}_bias"), |name| TensorProto::f32(name, &[side], &biases));
        NormalStep::Node(NodeProto {
            input: vec![ends.input, weight, bias],
            output: vec![ends.output],
            name: ends.name,
            op_type: "Conv".into(),
            attribute: vec![
                AttributeProto::ints("kernel_shape", &[1, 1]),
                AttributeProto::ints("pads", &[0; 4]),
                AttributeProto::ints("strides", &[1, 1]),
            ],
            ..NodeProto::default()
        })
    }

    /// A step as a node of opset 13.
    fn written(&mut self, step: NormalStep) -> NodeProto {
        match step {
            NormalStep::Node(node) | NormalStep::Raw(node) => node,
            NormalStep::Pad { ends, pads: [top, left, bottom, right], value } => {
                let pads = [0, 0, top, left, 0, 0, bottom, right];
                let pads =
                    self.add_constant(&format!("{}_pads", ends.output), |name| TensorProto::i64(name, &[8], &pads));
                let mut input = vec![ends.input, pads];
                if value != 0.0 {
                    let name = format!("{}_value", ends.output);
                    input.push(self.add_constant(&name, |name| TensorProto::f32(name, &[], &[value])));
                }
                NodeProto {
                    input,
                    output: vec![ends.output],
                    name: ends.name,
                    op_type: "Pad".into(),
                    ..NodeProto::default()
                }
            }
            // Joined to Splits before.
            NormalStep::Part(part) => self.split_of(vec![part]),
            // Too large for a convolution.
            NormalStep::Affine(ends, Affine { scale, shift }) => {
                let floats = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<f32>>();
                let channels = [scale.len() as i64];
                let constants = [
                    ("scale", floats(&scale)),
                    ("shift", floats(&shift)),
                    ("mean", vec![0.0; scale.len()]),
                    ("variance", vec![1.0; scale.len()]),
                ];
                let mut input = vec![ends.input];
                for (end, values) in constants {
                    let make = |name: &str| TensorProto::f32(name, &channels, &values);
                    input.push(self.add_constant(&format!("{}_{end}", ends.output), make));
                }
                NodeProto {
                    input,
                    output: vec![ends.output],
                    name: ends.name,
                    op_type: "BatchNormalization".into(),
                    attribute: vec![AttributeProto::float("epsilon", 0.0)],
                    ..NodeProto::default()
                }
            }
        }
    }
}
