//! The same small network as other exporters write it: read back and written again, it gives what ONNX Runtime gives on the
//! file as it was.

use std::path::PathBuf;

use prost::Message;
use twinsight::model::{Arithmetic, RawSession};
use twinsight::onnx::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};
use twinsight::workshop::layers::{LayerModels, Layers};
use twinsight::workshop::{CalibrationFrame, Calibrator, FloatModel, Method, Recipe, WorkshopError};

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
        let mut session = RawSession::from_bytes(&self.shop.runtime(), model, 1, Arithmetic::Exact).unwrap();
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

#[test]
fn what_pytorch_writes_for_this_network_is_read() {
    // Slice for a route's groups, of which one is taken; or both.
    let mut theirs = Theirs::new(13);
    theirs.longs("starts", &[4]);
    theirs.longs("ends", &[i64::MAX]);
    theirs.longs("axes", &[1]);
    theirs.longs("steps", &[1]);
    let slice = node("Slice", &["layer_01_leaky", "starts", "ends", "axes", "steps"], &["layer_02_split_1"], vec![]);
    theirs.replace("layer_02_split", vec![slice]);
    for node in &mut theirs.graph().node {
        node.name = format!("/module/{}/слой", node.name);
    }
    assert_eq!(count(&theirs.same("Slice"), "Split"), 1);

    let mut theirs = Theirs::new(13);
    for (name, values) in [("a", [0]), ("b", [4]), ("c", [8]), ("axes", [-3])] {
        theirs.longs(name, &values);
    }
    let slices = [("a", "b", "layer_02_split_0"), ("b", "c", "layer_02_split_1")]
        .map(|(start, end, to)| node("Slice", &["layer_01_leaky", start, end, "axes"], &[to], vec![]));
    theirs.replace("layer_02_split", slices.to_vec());
    // The first half is read too.
    theirs.of("layer_04_concat").input[1] = "layer_02_split_0".into();
    theirs.floats("wide", &[16, 12, 1, 1], &numbers(16 * 12, -0.3, 0.3));
    let wide = node("Conv", &["before", "wide"], &["layer_04_concat"], vec![]);
    theirs.splice("layer_04_concat", vec![wide]);
    assert_eq!(count(&theirs.same("two slices"), "Split"), 1, "both are parts of one");
}

#[test]
fn slices_and_splits_of_older_and_newer_opsets_are_read() {
    let slice = |theirs: &mut Theirs| {
        let attributes = vec![ints("starts", &[-4]), ints("ends", &[8]), ints("axes", &[1])];
        let slice = node("Slice", &["layer_01_leaky"], &["layer_02_split_1"], attributes);
        theirs.replace("layer_02_split", vec![slice]);
    };
    for (opset, case) in [(9, "attributes"), (11, "split"), (13, "input"), (18, "num_outputs"), (21, "input")] {
        let mut theirs = Theirs::new(opset);
        match case {
            "attributes" => slice(&mut theirs),
            "split" => theirs.of("layer_02_split").attribute.push(ints("split", &[4, 4])),
            "input" => {
                theirs.longs("sizes", &[4, 4]);
                theirs.of("layer_02_split").input.push("sizes".into());
            }
            _ => theirs.of("layer_02_split").attribute.push(int("num_outputs", 2)),
        }
        theirs.same(&format!("opset {opset}, {case}"));
    }
    // Parts that differ.
    let mut theirs = Theirs::new(13);
    theirs.longs("sizes", &[3, 5]);
    theirs.of("layer_02_split").input.push("sizes".into());
    theirs.floats("narrow", &[4, 5, 1, 1], &numbers(20, -0.5, 0.5));
    theirs.splice("layer_02_split_1", vec![node("Conv", &["before", "narrow"], &["layer_02_split_1"], vec![])]);
    theirs.same("uneven parts");
}

#[test]
fn what_changes_nothing_disappears() {
    let mut theirs = Theirs::new(13);
    // Every tensor through an Identity, weights as Constant nodes, the output under another name.
    let names: Vec<String> = theirs.graph().node.iter().flat_map(|node| node.output.clone()).collect();
    for name in names.iter().filter(|name| *name != HEAD) {
        theirs.splice(name, vec![node("Identity", &["before"], &[name], vec![])]);
    }
    let weights = std::mem::take(&mut theirs.graph().initializer);
    let constants: Vec<NodeProto> =
        weights.into_iter().map(|t| node("Constant", &[], &[&t.name.clone()], vec![tensor(t)])).collect();
    theirs.graph().node.splice(0..0, constants);
    let chain = vec![
        node("Dropout", &["before"], &["dropped", "mask"], vec![]),
        node("Cast", &["dropped"], &["cast"], vec![int("to", 1)]),
        node("Concat", &["cast"], &["alone"], vec![int("axis", 1)]),
        node("Clip", &["alone"], &["clipped"], vec![]),
        node("Identity", &["clipped"], &[HEAD], vec![]),
    ];
    theirs.splice(HEAD, chain);
    let ops = theirs.same("identities");
    assert_eq!(ops.len(), 10, "{ops:?}");

    let mut theirs = Theirs::new(9);
    theirs.of("layer_02_split").attribute.push(ints("split", &[4, 4]));
    let chain = vec![
        node("Dropout", &["before"], &["dropped"], vec![AttributeProto::float("ratio", 0.5)]),
        node("Slice", &["dropped"], &[POOLED], vec![ints("starts", &[0, 0]), ints("ends", &[1, 99])]),
    ];
    theirs.splice(POOLED, chain);
    assert_eq!(theirs.same("of opset 9").len(), 10);
}

#[test]
fn batch_norm_is_folded() {
    let norm = |theirs: &mut Theirs, tensor: &str, channels: usize| {
        let dims = [channels as i64];
        for (name, low, high) in
            [("scale", 0.5, 1.5), ("shift", -0.5, 0.5), ("mean", -0.3, 0.3), ("variance", 0.2, 2.0)]
        {
            theirs.floats(name, &dims, &numbers(channels, low, high));
        }
        let inputs = ["before", "scale", "shift", "mean", "variance"];
        let attributes = vec![AttributeProto::float("epsilon", 0.001)];
        theirs.splice(tensor, vec![node("BatchNormalization", &inputs, &[tensor], attributes)]);
    };
    for opset in [9, 13, 15] {
        let mut theirs = Theirs::new(opset);
        if opset < 13 {
            theirs.of("layer_02_split").attribute.push(ints("split", &[4, 4]));
        }
        norm(&mut theirs, "layer_01_conv", 8);
        // Without biases of its own, as PyTorch's before a batch norm.
        theirs.of("layer_01_conv").input.truncate(2);
        assert_eq!(theirs.same("after a convolution").len(), 10);
    }
    // Where there is no convolution before it, it becomes one.
    for (tensor, channels) in [(POOLED, 16), ("layer_01_leaky", 8), ("layer_04_concat", 16)] {
        let mut theirs = Theirs::new(13);
        norm(&mut theirs, tensor, channels);
        let ops = theirs.same(tensor);
        assert_eq!((ops.len(), count(&ops, "Conv")), (11, 5), "{tensor}: {ops:?}");
    }
    // As a convolution that something else reads too.
    let mut theirs = Theirs::new(13);
    norm(&mut theirs, "layer_03_conv", 8);
    theirs.of("layer_04_concat").input[1] = "layer_03_conv/before".into();
    assert_eq!(count(&theirs.same("read twice"), "Conv"), 5);
}

/// tf2onnx writes batch norm and biases as arithmetic.
#[test]
fn arithmetic_by_channel_is_folded() {
    let mut theirs = Theirs::new(13);
    theirs.of("layer_01_conv").input.truncate(2);
    theirs.floats("factor", &[1, 8, 1, 1], &numbers(8, 0.5, 1.5));
    theirs.floats("summand", &[8, 1, 1], &numbers(8, -0.5, 0.5));
    theirs.floats("half", &[], &[0.5]);
    let chain = vec![
        node("Mul", &["factor", "before"], &["scaled"], vec![]),
        node("Sub", &["scaled", "summand"], &["shifted"], vec![]),
        node("Add", &["shifted", "half"], &["added"], vec![]),
        node("Div", &["added", "half"], &["divided"], vec![]),
        node("Sub", &["half", "divided"], &["layer_01_conv"], vec![]),
    ];
    theirs.splice("layer_01_conv", chain);
    assert_eq!(theirs.same("arithmetic").len(), 10);
    // A bias after the head's convolution.
    let mut theirs = Theirs::new(13);
    theirs.floats("summand", &[16, 1, 1], &numbers(16, -0.5, 0.5));
    theirs.splice(HEAD, vec![node("Add", &["before", "summand"], &[HEAD], vec![])]);
    assert_eq!(theirs.same("a head's bias").last().unwrap(), "Conv");
}

#[test]
fn padding_before_a_convolution_is_its_own() {
    for (opset, pads, own) in [
        (13, [1, 1, 1, 1], [0; 4]),
        (13, [0, 0, 1, 1], [1, 1, 0, 0]),
        (11, [1, 1, 1, 1], [0; 4]),
        (9, [1, 1, 1, 1], [0; 4]),
        (9, [1, 1, 0, 0], [0, 0, 1, 1]),
    ] {
        let mut theirs = Theirs::new(opset);
        if opset < 13 {
            theirs.of("layer_02_split").attribute.push(ints("split", &[4, 4]));
        }
        let ends = [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]];
        let pad = if opset < 11 {
            node("Pad", &["layer_00_leaky"], &["padded"], vec![ints("pads", &ends), string("mode", "constant")])
        } else {
            theirs.longs("ends", &ends);
            theirs.floats("zero", &[], &[0.0]);
            node("Pad", &["layer_00_leaky", "ends", "zero"], &["padded"], vec![])
        };
        let conv = theirs.of("layer_01_conv");
        conv.input[0] = "padded".into();
        conv.attribute.retain(|attribute| attribute.name != "pads");
        conv.attribute.push(ints("pads", &own));
        let at = theirs.graph().node.iter().position(|node| node.name == "layer_01_conv").unwrap();
        theirs.graph().node.insert(at, pad);
        assert_eq!(theirs.same(&format!("opset {opset}, {pads:?}")).len(), 10);
    }
}

#[test]
fn padding_before_a_pool_is_its_own_only_where_that_is_the_same() {
    // A pool of stride 1 that keeps the size, as YOLOv3-tiny's.
    for (value, is_relu, pads) in [(0.0, false, 1), (0.0, true, 0), (f32::MIN, false, 0), (-3.0, true, 0)] {
        let mut theirs = Theirs::new(13);
        theirs.longs("ends", &[0, 0, 0, 0, 0, 0, 1, 1]);
        theirs.floats("value", &[], &[value]);
        let chain = vec![
            if is_relu {
                node("Relu", &["before"], &["kept"], vec![])
            } else {
                node("Identity", &["before"], &["kept"], vec![])
            },
            node("Pad", &["kept", "ends", "value"], &["padded"], vec![]),
            node("MaxPool", &["padded"], &[POOLED], vec![ints("kernel_shape", &[2, 2])]),
        ];
        theirs.splice(POOLED, chain);
        if value == -3.0 {
            let error = theirs.read().unwrap_err().to_string();
            assert!(error.contains("/module/Pad_padded, Pad: it pads with other values"), "{error}");
        } else {
            assert_eq!(count(&theirs.same(&format!("{value} {is_relu}")), "Pad"), pads, "{value} {is_relu}");
        }
    }
}

#[test]
fn automatic_padding_and_rounding_up_are_written_out() {
    for (case, size, stride, auto) in [
        ("upper", 3, 2, "SAME_UPPER"),
        ("lower", 3, 2, "SAME_LOWER"),
        ("upper of 2", 2, 2, "SAME_UPPER"),
        ("valid", 1, 2, "VALID"),
    ] {
        let mut theirs = Theirs::new(13);
        let conv = theirs.of("layer_01_conv");
        conv.attribute = vec![ints("strides", &[stride, stride]), string("auto_pad", auto)];
        theirs.graph().initializer.retain(|t| t.name != "layer_01_conv_weight");
        let weights = numbers((64 * size * size) as usize, -0.3, 0.3);
        theirs.floats("layer_01_conv_weight", &[8, 8, size, size], &weights);
        let pool = theirs.of("layer_05_maxpool");
        pool.attribute =
            vec![ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2]), string("auto_pad", "SAME_LOWER")];
        theirs.same(case);
    }
    // 15×15 pixels, rounded up to 8×8 places.
    for (size, pads) in [(2, 0), (3, 1)] {
        let mut theirs = Theirs::new(13);
        theirs.splice(
            "layer_04_concat",
            vec![node("MaxPool", &["before"], &["layer_04_concat"], vec![ints("kernel_shape", &[2, 2])])],
        );
        let attributes = vec![
            ints("kernel_shape", &[size, size]),
            ints("strides", &[2, 2]),
            ints("pads", &[pads; 4]),
            int("ceil_mode", 1),
        ];
        theirs.of("layer_05_maxpool").attribute = attributes;
        theirs.same("ceil_mode");
    }
}

#[test]
fn every_way_of_a_leaky_relu_is_read() {
    type Chain = fn(&mut Theirs, &str) -> Vec<NodeProto>;
    let cases: [(&str, i64, Chain); 9] = [
        ("Relu", 13, |_, to| vec![node("Relu", &["before"], &[to], vec![])]),
        ("a slope", 13, |_, to| {
            vec![node("LeakyRelu", &["before"], &[to], vec![AttributeProto::float("alpha", 0.25)])]
        }),
        ("the default slope", 13, |_, to| vec![node("LeakyRelu", &["before"], &[to], vec![])]),
        ("PRelu", 13, |theirs, to| {
            theirs.floats("slope", &[8, 1, 1], &[0.2; 8]);
            vec![node("PRelu", &["before", "slope"], &[to], vec![])]
        }),
        ("Clip", 13, |theirs, to| {
            theirs.floats("zero", &[], &[0.0]);
            vec![node("Clip", &["before", "zero"], &[to], vec![])]
        }),
        ("Clip of opset 9", 9, |_, to| vec![node("Clip", &["before"], &[to], vec![AttributeProto::float("min", 0.0)])]),
        ("Max", 13, |theirs, to| {
            theirs.floats("slope", &[], &[0.1]);
            vec![
                node("Mul", &["slope", "before"], &["scaled"], vec![]),
                node("Max", &["scaled", "before"], &[to], vec![]),
            ]
        }),
        ("Max with 0", 13, |theirs, to| {
            theirs.floats("zero", &[1], &[0.0]);
            vec![node("Max", &["before", "zero"], &[to], vec![])]
        }),
        ("Where", 13, |theirs, to| {
            theirs.floats("slope", &[], &[0.1]);
            theirs.floats("zero", &[], &[0.0]);
            vec![
                node("Less", &["before", "zero"], &["below"], vec![]),
                node("Mul", &["before", "slope"], &["scaled"], vec![]),
                node("Where", &["below", "scaled", "before"], &[to], vec![]),
            ]
        }),
    ];
    for (case, opset, chain) in cases {
        let mut theirs = Theirs::new(opset);
        if opset < 13 {
            theirs.of("layer_02_split").attribute.push(ints("split", &[4, 4]));
        }
        theirs.remove("layer_01_leaky");
        let nodes = chain(&mut theirs, "layer_01_leaky");
        for node in &mut theirs.graph().node {
            node.output.iter_mut().filter(|o| *o == "layer_01_conv").for_each(|o| *o = "before".into());
        }
        let at = theirs.graph().node.iter().position(|node| node.name == "layer_02_split").unwrap();
        theirs.graph().node.splice(at..at, nodes);
        let ops = theirs.same(case);
        assert_eq!((ops.len(), count(&ops, "LeakyRelu")), (10, 3), "{case}: {ops:?}");
    }
}

#[test]
fn every_way_of_repeating_pixels_is_read() {
    type Chain = fn(&mut Theirs) -> Vec<NodeProto>;
    let cases: [(&str, i64, Chain); 10] = [
        ("Upsample of opset 7", 7, |_| {
            let scales = AttributeProto { floats: vec![1.0, 1.0, 2.0, 2.0], ..AttributeProto::float("scales", 0.0) };
            let scales = AttributeProto { f: None, r#type: 6, ..scales };
            vec![node("Upsample", &["before"], &["large"], vec![scales, string("mode", "nearest")])]
        }),
        ("Upsample of opset 9", 9, |_| {
            let scales = tensor(TensorProto::f32("", &[4], &[1.0, 1.0, 2.0, 2.0]));
            vec![
                node("Constant", &[], &["scales"], vec![scales]),
                node("Upsample", &["before", "scales"], &["large"], vec![string("mode", "nearest")]),
            ]
        }),
        ("Resize of opset 10", 10, |theirs| {
            theirs.floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0]);
            vec![node("Resize", &["before", "scales"], &["large"], vec![string("mode", "nearest")])]
        }),
        ("half_pixel", 11, |theirs| {
            theirs.floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0]);
            theirs.floats("roi", &[0], &[]);
            vec![node("Resize", &["before", "roi", "scales"], &["large"], vec![])]
        }),
        ("sizes", 13, |theirs| {
            theirs.longs("sizes", &[1, 16, 16, 16]);
            let attributes = vec![
                string("coordinate_transformation_mode", "pytorch_half_pixel"),
                string("nearest_mode", "round_prefer_ceil"),
            ];
            vec![node("Resize", &["before", "", "", "sizes"], &["large"], attributes)]
        }),
        ("axes", 18, |theirs| {
            theirs.longs("sizes", &[16, 16]);
            let attributes = vec![
                string("coordinate_transformation_mode", "asymmetric"),
                string("nearest_mode", "floor"),
                ints("axes", &[2, -1]),
            ];
            vec![node("Resize", &["before", "", "", "sizes"], &["large"], attributes)]
        }),
        // As PyTorch writes F.interpolate(x, size=(x.size(2) * 2, x.size(3) * 2)).
        ("Shape arithmetic", 13, |theirs| {
            theirs.constant(TensorProto::i64("two", &[], &[2]));
            theirs.constant(TensorProto::i64("three", &[], &[3]));
            theirs.floats("factor", &[], &[2.0]);
            for (name, values) in [("zero", [0]), ("first", [0]), ("second", [2])] {
                theirs.longs(name, &values);
            }
            let int = |name: &str| vec![int(name, 0)];
            let to = |kind: i64| vec![AttributeProto::int("to", kind)];
            let mut nodes = vec![node("Shape", &["before"], &["shape"], vec![])];
            for (axis, side) in [("two", "height"), ("three", "width")] {
                let step = |what: &str| format!("{side}_{what}");
                nodes.extend([
                    node("Gather", &["shape", axis], &[side], int("axis")),
                    node("Cast", &[side], &[&step("float")], to(1)),
                    node("Mul", &[&step("float"), "factor"], &[&step("larger")], vec![]),
                    node("Floor", &[&step("larger")], &[&step("floor")], vec![]),
                    node("Cast", &[&step("floor")], &[&step("int")], to(7)),
                    node("Unsqueeze", &[&step("int"), "zero"], &[&step("list")], vec![]),
                ]);
            }
            let attributes =
                vec![string("coordinate_transformation_mode", "asymmetric"), string("nearest_mode", "floor")];
            nodes.extend([
                node("Slice", &["shape", "first", "second", "zero"], &["channels"], vec![]),
                node("Concat", &["channels", "height_list", "width_list"], &["sizes"], int("axis")),
                node("Resize", &["before", "", "", "sizes"], &["large"], attributes),
            ]);
            nodes
        }),
        // As PyTorch writes x.view(n, c, h, 1, w, 1).expand(n, c, h, 2, w, 2).reshape(n, c, 2 * h, 2 * w).
        ("Reshape and Expand", 13, |theirs| {
            theirs.longs("spread", &[1, 16, 8, 1, 8, 1]);
            theirs.longs("ones", &[1, 16, 8, 2, 8, 2]);
            theirs.longs("joined", &[1, 16, 16, -1]);
            vec![
                node("Reshape", &["before", "spread"], &["six"], vec![]),
                node("Expand", &["six", "ones"], &["many"], vec![]),
                node("Reshape", &["many", "joined"], &["large"], vec![]),
            ]
        }),
        ("as large as before", 13, |theirs| {
            theirs.floats("four", &[4], &[1.0, 1.0, 4.0, 4.0]);
            theirs.floats("same", &[4], &[1.0, 1.0, 1.0, 1.0]);
            vec![
                node("Resize", &["before", "", "same"], &["same_size"], vec![string("mode", "cubic")]),
                node("Resize", &["same_size", "", "four"], &["larger"], vec![]),
                node("MaxPool", &["larger"], &["large"], vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])]),
            ]
        }),
        ("twice", 13, |theirs| {
            theirs.floats("four", &[4], &[1.0, 1.0, 4.0, 4.0]);
            vec![
                node("Resize", &["before", "", "four"], &["larger"], vec![]),
                node("MaxPool", &["larger"], &["large"], vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])]),
            ]
        }),
    ];
    for (case, opset, chain) in cases {
        let mut theirs = Theirs::new(opset);
        if opset < 13 {
            theirs.of("layer_02_split").attribute.push(ints("split", &[4, 4]));
        }
        if opset == 18 {
            theirs.of("layer_02_split").attribute.push(int("num_outputs", 2));
        }
        let mut nodes = chain(&mut theirs);
        nodes.push(theirs.halving());
        theirs.splice(POOLED, nodes);
        let ops = theirs.same(case);
        assert_eq!(count(&ops, "Resize"), 1, "{case}: {ops:?}");
    }
}

#[test]
fn the_input_size_may_be_left_open() {
    let mut theirs = Theirs::new(13);
    let graph = theirs.graph();
    for value in graph.input.iter_mut().chain(&mut graph.output) {
        let shape = value.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape.as_mut().unwrap();
        for (place, dim) in shape.dim.iter_mut().enumerate().filter(|(place, _)| *place != 1) {
            (dim.dim_value, dim.dim_param) = if place == 0 { (Some(-1), None) } else { (None, Some("side".into())) };
        }
    }
    let built = theirs.read().unwrap().float();
    assert_eq!(theirs.run(&built.bytes), theirs.run(&std::fs::read(theirs.shop.float()).unwrap()));
}

/// All at once: quantized, measured layer by layer, and close to the float file as it is.
#[test]
fn what_was_read_is_quantized_and_measured_against_the_file_as_it_was() {
    let mut theirs = Theirs::new(11);
    theirs.of("layer_02_split").attribute.push(ints("split", &[3, 5]));
    theirs.floats("narrow", &[4, 5, 1, 1], &numbers(20, -0.5, 0.5));
    let narrow = node("Conv", &["before", "narrow"], &["layer_02_split_1"], vec![]);
    theirs.splice("layer_02_split_1", vec![narrow]);
    theirs.of("layer_00_leaky").op_type = "Relu".into();
    theirs.of("layer_00_leaky").attribute.clear();
    theirs.longs("ends", &[0, 0, 0, 0, 0, 0, 1, 1]);
    let chain = vec![
        node("Identity", &["before"], &["kept"], vec![]),
        node("Pad", &["kept", "ends"], &["padded"], vec![]),
        node("MaxPool", &["padded"], &[POOLED], vec![ints("kernel_shape", &[2, 2])]),
    ];
    theirs.splice(POOLED, chain);
    theirs.same("all at once");

    let model = theirs.read().unwrap();
    let mut calibrator = Calibrator::new(&theirs.shop.runtime(), &model).unwrap();
    for seed in 0..3 {
        let frame = twinsight::source::load(&theirs.shop.picture("calibration", seed)).unwrap();
        calibrator.add(&CalibrationFrame::of(frame.into())).unwrap();
    }
    for recipe in [Recipe::card(), Recipe::tuned(), Recipe::safe()] {
        let table = calibrator.table(recipe.ranges);
        let int8 = model.quantized(&recipe, &table, &theirs.shop.path("table")).unwrap();
        let float = std::fs::read(theirs.file()).unwrap();
        let models =
            LayerModels { float: &float, int8: &int8.bytes, form: model.form(), arithmetic: Arithmetic::Exact };
        let mut layers = Layers::new(&theirs.shop.runtime(), models).unwrap();
        let input: Vec<f32> = (0..3 * 64 * 64).map(|i| (i % 64) as f32 / 64.0).collect();
        layers.add(&input).unwrap();
        let rows = layers.layers();
        let head = rows.iter().find(|row| row.tensor == HEAD).unwrap();
        assert!(head.propagated > 12.0, "{}: {} dB", recipe.name, head.propagated);
        assert!(rows.iter().any(|row| row.op == "Pad"), "{rows:?}");
    }
    assert_ne!(Method::MINMAX, Recipe::tuned().ranges);
}

/// Every number of a file in turn becomes an extreme one: the file is read or refused, and nothing panics.
#[test]
fn no_number_in_a_file_makes_reading_it_panic() {
    let mut theirs = Theirs::new(13);
    let mut nodes = vec![
        node("Shape", &["before"], &["shape"], vec![]),
        node("Slice", &["shape", "zero", "two", "zero", "one"], &["front"], vec![]),
        node("Gather", &["shape", "two"], &["side"], vec![int("axis", 0)]),
        node("Mul", &["side", "two"], &["larger"], vec![]),
        node("Range", &["nothing", "four", "step"], &["counted"], vec![]),
        node("ConstantOfShape", &["counted"], &["filled"], vec![]),
        node("Transpose", &["filled"], &["turned"], vec![ints("perm", &[3, 1, 2, 0])]),
        node("Concat", &["front", "larger", "larger"], &["sizes"], vec![int("axis", 0)]),
        node(
            "Resize",
            &["before", "", "", "sizes"],
            &["many"],
            vec![string("coordinate_transformation_mode", "asymmetric"), string("nearest_mode", "floor")],
        ),
        node("Reshape", &["many", "spread"], &["six"], vec![]),
        node("Expand", &["six", "ones"], &["copied"], vec![]),
        node("Tile", &["copied", "once"], &["tiled"], vec![]),
        node("Reshape", &["tiled", "joined"], &["whole"], vec![]),
        node("Slice", &["whole", "zero", "sixteen", "one", "one"], &["sliced"], vec![]),
        node("Pad", &["sliced", "ends", "", "axes"], &["padded"], vec![]),
        node("MaxPool", &["padded"], &["smaller"], vec![ints("kernel_shape", &[2, 2])]),
        node("Split", &["smaller", "parts"], &["first", "second"], vec![int("axis", 1)]),
        node("Concat", &["first", "second"], &["large"], vec![int("axis", 1)]),
    ];
    for (name, values) in [
        ("zero", &[0][..]),
        ("one", &[1]),
        ("two", &[2]),
        ("sixteen", &[16]),
        ("spread", &[1, 16, 16, 1, 16, 1]),
        ("ones", &[1, 16, 16, 1, 16, 1]),
        ("once", &[1; 6]),
        ("joined", &[1, 16, 16, 16]),
        ("ends", &[0, 0, 1, 1]),
        ("axes", &[2, 3]),
        ("parts", &[8, 8]),
    ] {
        theirs.longs(name, values);
    }
    for (name, value) in [("nothing", 0), ("four", 4), ("step", 1)] {
        theirs.constant(TensorProto::i64(name, &[], &[value]));
    }
    nodes.push(theirs.halving());
    theirs.splice(POOLED, nodes);
    theirs.read().unwrap();

    let whole = theirs.model.clone();
    let mut read = 0;
    for place in 0.. {
        for value in [i64::MIN, i64::MIN + 1, -1 << 40, -17, -1, 0, 1, 3, 1 << 14, 1 << 31, 1 << 62, i64::MAX] {
            theirs.model = whole.clone();
            if !set_number(theirs.graph(), place, value) {
                assert!(place > 100, "{place} numbers");
                assert!(read > 100, "{read}");
                return;
            }
            read += usize::from(theirs.read().is_ok());
        }
    }
}

/// Sets one of all integers in a graph's attributes, constants and dimensions of constants. `false`: there are not so many.
fn set_number(graph: &mut GraphProto, place: usize, value: i64) -> bool {
    let attributes = graph.node.iter_mut().flat_map(|node| &mut node.attribute);
    let mut numbers: Vec<&mut i64> = attributes.flat_map(|a| a.ints.iter_mut().chain(a.i.as_mut())).collect();
    let mut longs: Vec<&mut [u8]> = Vec::new();
    for tensor in &mut graph.initializer {
        numbers.extend(&mut tensor.dims);
        if tensor.data_type == 7 {
            longs.extend(tensor.raw_data.chunks_exact_mut(8));
        }
    }
    let count = numbers.len();
    if let Some(number) = numbers.get_mut(place) {
        **number = value;
    } else if let Some(bytes) = longs.get_mut(place - count) {
        bytes.copy_from_slice(&value.to_le_bytes());
    } else {
        return false;
    }
    true
}

#[test]
fn what_is_not_supported_is_refused_with_what_to_do() {
    type Change = fn(&mut Theirs);
    let cases: [(i64, Change, &str); 10] = [
        (13, |t| t.of("layer_01_leaky").op_type = "Mish".into(), "layer_01_leaky, Mish: of activations only Relu"),
        (
            13,
            |t| t.splice(HEAD, vec![node("Sigmoid", &["before"], &[HEAD], vec![])]),
            "Sigmoid: it is not supported; if it belongs to the decoding of boxes, export the model without",
        ),
        (
            13,
            |t| t.splice("layer_03_conv", vec![node("Add", &["before", "layer_01_leaky"], &["layer_03_conv"], vec![])]),
            "Add: only a constant per channel",
        ),
        (
            13,
            |t| {
                t.longs("a", &[0]);
                t.longs("b", &[4]);
                t.longs("c", &[2]);
                t.splice(POOLED, vec![node("Slice", &["before", "a", "b", "c"], &[POOLED], vec![])]);
            },
            "Slice: only a slice of consecutive channels",
        ),
        (
            13,
            |t| {
                t.floats("six", &[], &[6.0]);
                t.splice("layer_01_leaky", vec![node("Clip", &["before", "", "six"], &["layer_01_leaky"], vec![])]);
            },
            "Clip: of activations only Relu",
        ),
        (
            13,
            |t| t.of("layer_01_conv").attribute.push(ints("dilations", &[2, 2])),
            "layer_01_conv, Conv: it is grouped",
        ),
        (
            13,
            |t| {
                t.floats("two", &[4], &[1.0, 1.0, 2.0, 2.0]);
                let linear = vec![string("mode", "linear")];
                let up = node("Resize", &["before", "", "two"], &["large"], linear);
                let half = t.halving();
                t.splice(POOLED, vec![up, half]);
            },
            "Resize: it does not repeat each pixel",
        ),
        (
            13,
            |t| {
                // 8 · 1.01 is 8 pixels too, of which some are others.
                t.floats("more", &[4], &[1.0, 1.0, 1.01, 1.01]);
                let attributes =
                    vec![string("coordinate_transformation_mode", "asymmetric"), string("nearest_mode", "floor")];
                t.splice(POOLED, vec![node("Resize", &["before", "", "more"], &[POOLED], attributes)]);
            },
            "Resize: it does not repeat each pixel",
        ),
        (6, |_| (), "uses operators of opset 6; export it with an opset from 7 to"),
        (
            13,
            |t| {
                t.longs("zero", &[0]);
                t.longs("shape", &[1]);
                let chain = vec![
                    node("Div", &["shape", "zero"], &["quotient"], vec![]),
                    node("Reshape", &["before", "quotient"], &[POOLED], vec![]),
                ];
                t.splice(POOLED, chain);
            },
            "/module/Div_quotient, Div: it divides by 0",
        ),
    ];
    for (opset, change, words) in cases {
        let mut theirs = Theirs::new(opset);
        change(&mut theirs);
        let error = theirs.read().unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("theirs.onnx"), "{words:?} is not in {error:?}");
        assert!(!error.contains('\n'), "{error}");
    }
}
