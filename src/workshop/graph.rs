//! The float network as operations on named tensors: what the exporter writes down and the quantizer rewrites.
//! Batch norm is folded into the convolutions here.

use super::darknet::{BatchNorm, ConvLayer, ConvWeights, DarknetNetwork, LayerKind, MaxPool, TensorShape};

/// The slope of darknet's leaky ReLU below zero.
pub const LEAKY_SLOPE: f32 = 0.1;

/// What AlexeyAB's darknet adds to a variance before its root.
const VARIANCE_EPSILON: f64 = 1e-5;

/// Operations in an order in which each one's inputs exist before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    pub input: GraphTensor,
    pub nodes: Vec<Node>,
    /// The raw heads, finest grid first.
    pub outputs: Vec<GraphTensor>,
}

/// A tensor `[1, channels, height, width]`.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphTensor {
    pub name: String,
    pub shape: TensorShape,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub name: String,
    pub op: GraphOp,
    /// Names of tensors.
    pub inputs: Vec<String>,
    pub outputs: Vec<GraphTensor>,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphOp {
    Conv(FoldedConv),
    /// Values below 0 times the slope, which is from 0 to 1.
    LeakyRelu {
        slope: f32,
    },
    /// Parts of the channels, one an output.
    Split,
    /// Along the channels.
    Concat,
    MaxPool(MaxPool),
    /// Each pixel repeated along both axes.
    Upsample {
        factor: u32,
    },
    /// Zeros around the image: top, left, bottom, right.
    Pad([u32; 4]),
}

impl GraphOp {
    /// Darknet's leaky ReLU.
    pub const LEAKY: Self = Self::LeakyRelu { slope: LEAKY_SLOPE };
}

/// A square convolution with its batch norm inside.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldedConv {
    pub input_channels: u32,
    /// How many: the channels of the output.
    pub filters: u32,
    /// Side of the window.
    pub size: u32,
    pub stride: u32,
    /// Zeros around the input: top, left, bottom, right.
    pub padding: [u32; 4],
    /// `[filters, input channels, size, size]`, row-major.
    pub weights: Vec<f32>,
    /// One a filter.
    pub biases: Vec<f32>,
}

impl Graph {
    /// `weights` are those of the network's convolutions, in order.
    pub fn new(network: &DarknetNetwork, weights: &[ConvWeights]) -> Self {
        let input = TensorShape { channels: 3, size: network.input };
        let mut builder = Builder {
            nodes: Vec::new(),
            tensors: Vec::new(),
            before: GraphTensor { name: "images".into(), shape: input },
        };
        let graph_input = builder.before.clone();
        let mut weights = weights.iter();
        for (number, layer) in network.layers.iter().enumerate() {
            let head = network.layers.get(number + 1).and_then(|next| match &next.kind {
                LayerKind::Yolo(yolo) => Some(format!("head_stride_{}", yolo.stride)),
                _ => None,
            });
            let out = layer.output;
            match &layer.kind {
                LayerKind::Conv(conv) => {
                    let Some(numbers) = weights.next() else { break };
                    let op = GraphOp::Conv(fold(conv, numbers));
                    builder.node(head.unwrap_or_else(|| format!("layer_{number:02}_conv")), op, out);
                    if conv.leaky {
                        builder.node(format!("layer_{number:02}_leaky"), GraphOp::LEAKY, out);
                    }
                }
                LayerKind::Route(route) => {
                    let groups = (route.groups > 1).then_some((route.groups, route.group));
                    builder.route(number, &route.layers, groups, out);
                }
                LayerKind::MaxPool(pool) => {
                    builder.node(format!("layer_{number:02}_maxpool"), GraphOp::MaxPool(pool.clone()), out);
                }
                LayerKind::Upsample { factor } => {
                    builder.node(format!("layer_{number:02}_upsample"), GraphOp::Upsample { factor: *factor }, out);
                }
                // A raw head is what its convolution puts out: decoding is not the model's.
                LayerKind::Yolo(_) => {}
            }
            builder.tensors.push(builder.before.clone());
        }
        let outputs = network.heads().iter().map(|(number, _)| builder.tensors[*number].clone()).collect();
        Self { input: graph_input, nodes: builder.nodes, outputs }
    }

    /// The same with another slope of its leaky ReLUs. Those with a slope of 0 or 1 are none.
    #[must_use]
    pub fn with_leaky_slope(mut self, new: f32) -> Self {
        for node in &mut self.nodes {
            match &mut node.op {
                GraphOp::LeakyRelu { slope } if *slope > 0.0 && *slope < 1.0 => *slope = new,
                _ => {}
            }
        }
        self
    }

    /// Every tensor that is computed, in order.
    pub fn activations(&self) -> impl Iterator<Item = &GraphTensor> {
        self.nodes.iter().flat_map(|node| &node.outputs)
    }
}

struct Builder {
    nodes: Vec<Node>,
    /// What each layer puts out.
    tensors: Vec<GraphTensor>,
    /// What the next layer reads.
    before: GraphTensor,
}

impl Builder {
    /// One operation on what comes before; node and output have the same name.
    fn node(&mut self, name: String, op: GraphOp, shape: TensorShape) {
        let output = GraphTensor { name: name.clone(), shape };
        self.nodes.push(Node { name, op, inputs: vec![self.before.name.clone()], outputs: vec![output.clone()] });
        self.before = output;
    }

    fn route(&mut self, number: usize, layers: &[usize], groups: Option<(u32, u32)>, shape: TensorShape) {
        let sources: Vec<GraphTensor> = layers.iter().map(|&layer| self.tensors[layer].clone()).collect();
        let parts: Vec<GraphTensor> = match groups {
            None => sources,
            Some((groups, group)) => sources
                .into_iter()
                .enumerate()
                .map(|(i, source)| self.split(number, i, source, groups, group))
                .collect(),
        };
        match parts.as_slice() {
            [one] => self.before = one.clone(),
            _ => {
                let name = format!("layer_{number:02}_concat");
                self.before = GraphTensor { name: name.clone(), shape };
                let inputs = parts.into_iter().map(|t| t.name).collect();
                self.nodes.push(Node { name, op: GraphOp::Concat, inputs, outputs: vec![self.before.clone()] });
            }
        }
    }

    fn split(&mut self, number: usize, place: usize, source: GraphTensor, groups: u32, group: u32) -> GraphTensor {
        let name = match place {
            0 => format!("layer_{number:02}_split"),
            _ => format!("layer_{number:02}_split_of_{place}"),
        };
        let shape = TensorShape { channels: source.shape.channels / groups, ..source.shape };
        let outputs: Vec<GraphTensor> =
            (0..groups).map(|i| GraphTensor { name: format!("{name}_{i}"), shape }).collect();
        let taken = outputs[group as usize].clone();
        self.nodes.push(Node { name, op: GraphOp::Split, inputs: vec![source.name], outputs });
        taken
    }
}

/// With y = s·(w∗x − m)/√(v + ε) + b, the weights become w·s/√(v + ε) and the bias b − m·s/√(v + ε).
/// Reckoned in double precision and rounded once.
fn fold(conv: &ConvLayer, numbers: &ConvWeights) -> FoldedConv {
    let (mut weights, mut biases) = (numbers.weights.clone(), numbers.biases.clone());
    if let Some(BatchNorm { scales, means, variances }) = &numbers.batch_norm {
        let per_filter = weights.len() / biases.len().max(1);
        let filters = weights.chunks_exact_mut(per_filter).zip(&mut biases).zip(scales).zip(means).zip(variances);
        for ((((filter, bias), scale), mean), variance) in filters {
            let factor = f64::from(*scale) / (f64::from(*variance) + VARIANCE_EPSILON).sqrt();
            for weight in filter {
                *weight = (f64::from(*weight) * factor) as f32;
            }
            *bias = (f64::from(*bias) - f64::from(*mean) * factor) as f32;
        }
    }
    let ConvLayer { input_channels, filters, size, stride, padding, .. } = *conv;
    FoldedConv { input_channels, filters, size, stride, padding: [padding; 4], weights, biases }
}
