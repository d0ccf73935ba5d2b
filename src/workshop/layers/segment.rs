//! Parts of a merged model, as models of their own.

use std::collections::{HashMap, HashSet};

use crate::onnx::{Constants, GraphProto, ModelProto, NodeProto, ValueInfoProto};

/// A model, and which node puts out which tensor.
pub struct Cutter<'a> {
    model: &'a ModelProto,
    graph: &'a GraphProto,
    producers: HashMap<&'a str, usize>,
}

/// The nodes that a tensor needs, from tensors that are known.
pub struct Segment<'a> {
    cutter: &'a Cutter<'a>,
    /// By their places in the graph.
    nodes: Vec<usize>,
    pub target: &'a str,
    /// The known tensors that are read.
    pub reads: Vec<&'a str>,
}

impl<'a> Cutter<'a> {
    /// `None`: there is no graph.
    pub fn new(model: &'a ModelProto) -> Option<Self> {
        let graph = model.graph.as_ref()?;
        let nodes = graph.node.iter().enumerate();
        let producers = nodes.flat_map(|(place, n)| n.output.iter().map(move |t| (t.as_str(), place))).collect();
        Some(Self { model, graph, producers })
    }

    /// The place of the node that puts a tensor out.
    pub fn producer(&self, tensor: &str) -> Option<usize> {
        self.producers.get(tensor).copied()
    }

    pub fn node(&self, tensor: &str) -> Option<&'a NodeProto> {
        self.graph.node.get(self.producer(tensor)?)
    }

    /// `None`: no node puts the target out.
    pub fn segment(&'a self, target: &'a str, is_known: impl Fn(&str) -> bool) -> Option<Segment<'a>> {
        let mut nodes = vec![self.producer(target)?];
        let (mut seen, mut reads) = (HashSet::from([nodes[0]]), Vec::new());
        let mut next = 0;
        while let Some(place) = nodes.get(next).copied() {
            next += 1;
            for name in self.graph.node[place].input.iter().map(String::as_str).filter(|name| !name.is_empty()) {
                if is_known(name) {
                    if !reads.contains(&name) {
                        reads.push(name);
                    }
                } else if let Some(before) = self.producer(name).filter(|before| seen.insert(*before)) {
                    nodes.push(before);
                }
            }
        }
        nodes.sort_unstable();
        Some(Segment { cutter: self, nodes, target, reads })
    }
}

impl<'a> Segment<'a> {
    pub fn nodes(&self) -> impl Iterator<Item = &'a NodeProto> {
        self.nodes.iter().map(|place| &self.cutter.graph.node[*place])
    }

    /// A constant of int64.
    pub fn integers(&self, name: &str) -> Option<Vec<i64>> {
        Constants::of(self.cutter.graph).ints(name)
    }

    /// A model of these nodes. `shape` is that of a known tensor that is read.
    pub fn model<'s>(&self, shape: impl Fn(&str) -> &'s [i64]) -> ModelProto {
        self.model_of(self.nodes().cloned().collect(), &self.reads, shape)
    }

    /// The same of other nodes, which read these known tensors.
    pub fn model_of<'s>(&self, node: Vec<NodeProto>, reads: &[&str], shape: impl Fn(&str) -> &'s [i64]) -> ModelProto {
        let names: HashSet<&str> = node.iter().flat_map(|node| &node.input).map(String::as_str).collect();
        let initializer = self.cutter.graph.initializer.iter().filter(|t| names.contains(t.name.as_str()));
        let graph = GraphProto {
            initializer: initializer.cloned().collect(),
            input: reads.iter().map(|name| ValueInfoProto::f32(*name, shape(name))).collect(),
            output: vec![ValueInfoProto::f32_of_any_shape(self.target)],
            name: "part".into(),
            node,
            ..GraphProto::default()
        };
        let ModelProto { ir_version, opset_import, .. } = self.cutter.model;
        let opset_import = opset_import.clone();
        ModelProto { ir_version: *ir_version, opset_import, graph: Some(graph), ..ModelProto::default() }
    }
}
