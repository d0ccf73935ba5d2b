//! The same small network as other exporters write it: read back and written again, it gives what ONNX Runtime gives on the
//! file as it was.

mod activations;
mod channels;
mod files;
mod folding;
mod padding;
mod refusals;
mod upsampling;

use std::path::PathBuf;

use prost::Message;
use twinsight::model::{Arithmetic, RawSession};
use twinsight::onnx::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};
use twinsight::workshop::{FloatModel, WorkshopError};

use crate::small_network::Shop;

const HEAD: &str = "head_stride_8";
/// 16 channels of 8×8 pixels.
const POOLED: &str = "layer_05_maxpool";

/// The small network's float model, to be changed.
struct Theirs {
    shop: Shop,
    model: ModelProto,
}

impl Theirs {
    fn new(opset: i64) -> Self {
        let shop = Shop::new();
        let mut model = ModelProto::decode(std::fs::read(shop.float()).unwrap().as_slice()).unwrap();
        model.opset_import[0].version = opset;
        // What it was made of is not known: it stands for itself.
        model.metadata_props.retain(|prop| prop.key != "twinsight.weights_sha256");
        Self { shop, model }
    }

    fn graph(&mut self) -> &mut GraphProto {
        self.model.graph.as_mut().unwrap()
    }

    fn file(&self) -> PathBuf {
        let path = self.shop.path("theirs.onnx");
        std::fs::write(&path, self.model.encode_to_vec()).unwrap();
        path
    }

    fn read(&self) -> Result<FloatModel, WorkshopError> {
        FloatModel::read_model(&self.file())
    }

    /// Outputs of a model for a picture of noise.
    fn run(&self, model: &[u8]) -> Vec<f32> {
        let input: Vec<f32> = (0..3 * 64 * 64).map(|i| (i * 7919 % 1009) as f32 / 1009.0).collect();
        let mut session = RawSession::from_bytes(&self.shop.runtime(), model, 1, &Arithmetic::Exact).unwrap();
        let mut values = Vec::new();
        session.run(&input, |_, _, head| values.extend_from_slice(head)).unwrap();
        values
    }

    /// Checks that the file and what is written of it give the same; the operations of what is written.
    fn same(&self, case: &str) -> Vec<String> {
        let built = self.read().unwrap_or_else(|e| panic!("{case}: {e}")).float();
        let (before, after) = (self.run(&self.model.encode_to_vec()), self.run(&built.bytes));
        assert_eq!(before.len(), after.len(), "{case}");
        let apart = before.iter().zip(&after).map(|(a, b)| (a - b).abs() / (1.0 + a.abs())).fold(0.0, f32::max);
        assert!(apart < 1e-5, "{case}: {apart} apart");
        let spread = before.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        assert!(spread > 0.1, "{case}: the outputs say nothing");
        let model = ModelProto::decode(built.bytes.as_slice()).unwrap();
        model.graph.unwrap().node.into_iter().map(|node| node.op_type).collect()
    }
}

fn node(op: &str, input: &[&str], output: &[&str], attribute: Vec<AttributeProto>) -> NodeProto {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let name = format!("/module/{op}_{}", output[0]);
    NodeProto {
        input: owned(input),
        output: owned(output),
        name,
        op_type: op.into(),
        attribute,
        ..NodeProto::default()
    }
}

fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { ints: values.to_vec(), ..AttributeProto::ints(name, &[]) }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto::int(name, value)
}

fn string(name: &str, value: &str) -> AttributeProto {
    AttributeProto::string(name, value)
}

fn tensor(value: TensorProto) -> AttributeProto {
    AttributeProto { name: "value".into(), t: Some(value), r#type: 4, ..AttributeProto::default() }
}

/// Numbers that differ, between `low` and `high`.
fn numbers(count: usize, low: f32, high: f32) -> Vec<f32> {
    (0..count).map(|i| low + (high - low) * ((i * 37 + 11) % 101) as f32 / 100.0).collect()
}

impl Theirs {
    fn constant(&mut self, value: TensorProto) {
        self.graph().initializer.push(value);
    }

    fn floats(&mut self, name: &str, dims: &[i64], values: &[f32]) {
        self.constant(TensorProto::f32(name, dims, values));
    }

    fn longs(&mut self, name: &str, values: &[i64]) {
        self.constant(TensorProto::i64(name, &[values.len() as i64], values));
    }

    fn of(&mut self, name: &str) -> &mut NodeProto {
        self.graph().node.iter_mut().find(|node| node.name == name).unwrap()
    }

    fn remove(&mut self, name: &str) -> NodeProto {
        let at = self.graph().node.iter().position(|node| node.name == name).unwrap();
        self.graph().node.remove(at)
    }

    /// Puts nodes between a tensor and all that read it: they read `before` and write the tensor.
    fn splice(&mut self, tensor: &str, mut nodes: Vec<NodeProto>) {
        let before = format!("{tensor}/before");
        let read = nodes.iter_mut().flat_map(|node| &mut node.input);
        read.filter(|input| *input == "before").for_each(|input| input.clone_from(&before));
        let graph = self.graph();
        let at = graph.node.iter().position(|node| node.output.iter().any(|output| output == tensor)).unwrap();
        let written = graph.node[at].output.iter_mut();
        written.filter(|output| *output == tensor).for_each(|output| output.clone_from(&before));
        graph.node.splice(at + 1..at + 1, nodes);
    }

    /// Puts nodes in place of one.
    fn replace(&mut self, name: &str, nodes: Vec<NodeProto>) {
        let graph = self.graph();
        let at = graph.node.iter().position(|node| node.name == name).unwrap();
        graph.node.splice(at..=at, nodes);
    }

    /// A convolution that halves 16 channels of 16×16 pixels, which a splice has enlarged to `large`, to `POOLED`.
    fn halving(&mut self) -> NodeProto {
        self.floats("half_weight", &[16, 16, 3, 3], &numbers(16 * 16 * 9, -0.2, 0.2));
        let pads = AttributeProto::ints("pads", &[1; 4]);
        let attributes = vec![AttributeProto::ints("strides", &[2, 2]), pads];
        node("Conv", &["large", "half_weight"], &[POOLED], attributes)
    }
}

fn count(ops: &[String], op: &str) -> usize {
    ops.iter().filter(|other| *other == op).count()
}
