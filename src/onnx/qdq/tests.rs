//! Small graphs in the QDQ form.

use super::*;
use crate::onnx::ValueInfoProto;

/// A graph that grows node by node.
#[derive(Default)]
struct Builder(GraphProto);

impl Builder {
    /// The input `x` as bytes `xb`, which `xd` stands for, with the scale 0.5 and the zero point 3.
    fn new() -> Self {
        let mut new = Self::default();
        new.0.input = vec![ValueInfoProto::f32("x", &[1, 2, 4, 4])];
        new.grid("x", 0.5, 3);
        new.pair("x", "xb", "xd", "x");
        new
    }

    fn grid(&mut self, name: &str, scale: f32, zero_point: u8) {
        self.constant(TensorProto::f32(format!("{name}_s"), &[], &[scale]));
        self.constant(TensorProto::u8(format!("{name}_z"), &[], &[zero_point]));
    }

    fn constant(&mut self, tensor: TensorProto) {
        self.0.initializer.push(tensor);
    }

    fn node(&mut self, op: &str, input: &[&str], output: &[&str]) -> &mut NodeProto {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (input, output): (Vec<String>, Vec<String>) = (owned(input), owned(output));
        let name = format!("n_{}", output.first().map_or("", String::as_str));
        self.0.node.push(NodeProto { input, output, name, op_type: op.into(), ..NodeProto::default() });
        self.0.node.last_mut().unwrap()
    }

    fn pair(&mut self, from: &str, bytes: &str, to: &str, grid: &str) {
        let [scale, zero_point] = ["s", "z"].map(|end| format!("{grid}_{end}"));
        self.node("QuantizeLinear", &[from, &scale, &zero_point], &[bytes]);
        self.node("DequantizeLinear", &[bytes, &scale, &zero_point], &[to]);
    }

    /// A convolution `c` of `xd` by two filters, and its pair: `cb`, `cd`.
    fn conv(&mut self, size: i64, bias: &str) {
        let weights: Vec<i8> = (0..4 * size * size).map(|weight| weight as i8).collect();
        self.constant(TensorProto::i8("wq", &[2, 2, size, size], &weights));
        self.constant(TensorProto::f32("ws", &[2], &[0.25, 0.5]));
        self.constant(TensorProto::i8("wz", &[2], &[0, 0]));
        self.node("DequantizeLinear", &["wq", "ws", "wz"], &["w"]).attribute = vec![AttributeProto::int("axis", 0)];
        self.node("Conv", &["xd", "w", bias], &["c"]);
        self.grid("c", 2.0, 128);
    }

    fn output(mut self, name: &str) -> Self {
        self.0.output.push(ValueInfoProto::f32_of_any_shape(name));
        self
    }

    fn model(self) -> ModelProto {
        ModelProto { graph: Some(self.0), ..ModelProto::default() }
    }

    fn rewritten(self) -> GraphProto {
        in_integer_operators(self.model()).unwrap().graph.unwrap()
    }

    fn refused(self) -> String {
        in_integer_operators(self.model()).unwrap_err().to_string()
    }
}

/// As "op in in -> out".
fn told(graph: &GraphProto) -> Vec<String> {
    let one = |node: &NodeProto| format!("{} {} -> {}", node.op_type, node.input.join(" "), node.output.join(" "));
    graph.node.iter().map(one).collect()
}

fn integers(graph: &GraphProto, name: &str) -> Vec<i32> {
    Constants::of(graph).integers(name).unwrap()
}

#[test]
fn operators_between_pairs_become_operators_on_bytes() {
    let mut model = Builder::new();
    // In units of 0.5 · 0.25 and 0.5 · 0.5.
    model.constant(TensorProto::i32("bq", &[2], &[7, -8]));
    model.constant(TensorProto::f32("bs", &[2], &[0.125, 0.250_000_03]));
    model.node("DequantizeLinear", &["bq", "bs"], &["b"]).attribute = vec![AttributeProto::int("axis", 0)];
    model.conv(3, "b");
    model.pair("c", "cb", "cd", "c");
    model.node("LeakyRelu", &["cd"], &["l"]).attribute = vec![AttributeProto::float("alpha", 0.1)];
    model.grid("l", 1.0, 20);
    model.pair("l", "lb", "ld", "l");
    let graph = model.output("ld").rewritten();
    assert_eq!(
        told(&graph),
        [
            "QuantizeLinear x x_s x_z -> xb",
            "QLinearConv xb x_s x_z wq ws wz c_s c_z bq -> cb",
            "QLinearLeakyRelu cb c_s c_z l_s l_z -> lb",
            "DequantizeLinear lb l_s l_z -> ld",
        ]
    );
    let names: Vec<&str> = graph.node[1..3].iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["n_c", "n_l"]);
    assert_eq!(graph.node[2].domain, MICROSOFT);
    assert!(graph.initializer.iter().all(|tensor| tensor.name != "bs"), "nothing reads it any more");
}

#[test]
fn biases_come_in_units_of_both_scales() {
    let of = |bias: &[f32]| {
        let mut model = Builder::new();
        model.constant(TensorProto::f32("b", &[bias.len() as i64], bias));
        model.conv(1, "b");
        model.pair("c", "cb", "cd", "c");
        model.output("cd")
    };
    // Units of 0.125 and 0.25: 2.5 and 3.5 of them, half to even.
    let graph = of(&[0.3125, 0.875]).rewritten();
    assert_eq!(integers(&graph, graph.node[1].input.last().unwrap()), [2, 4]);
    for far in [1e9, f32::NAN] {
        let said = of(&[0.0, far]).refused();
        assert!(said.starts_with("the node n_c (Conv)") && said.contains("more than 32 bits"), "{said}");
    }
    let mut model = Builder::new();
    model.constant(TensorProto::i32("bq", &[2], &[10, 10]));
    model.constant(TensorProto::f32("bs", &[], &[0.5]));
    model.node("DequantizeLinear", &["bq", "bs"], &["b"]);
    model.conv(1, "b");
    model.pair("c", "cb", "cd", "c");
    let graph = model.output("cd").rewritten();
    assert_eq!(integers(&graph, graph.node[1].input.last().unwrap()), [40, 20]);
    assert_eq!(of(&[0.0]).refused().split(": ").nth(1), Some("it has 1 biases for 2 filters"));
}

#[test]
fn sums_that_stay_in_float_are_products_of_matrices() {
    let mut model = Builder::new();
    model.constant(TensorProto::f32("b", &[2], &[1.0, 2.0]));
    model.conv(1, "b");
    let graph = model.output("c").rewritten();
    assert_eq!(
        told(&graph),
        [
            "QuantizeLinear x x_s x_z -> xb",
            "Transpose xb -> n_c_rows",
            "MatMulIntegerToFloat n_c_rows wq_columns x_s ws x_z wz b -> n_c_sums",
            "Transpose n_c_sums -> c",
        ]
    );
    assert_eq!(integers(&graph, "wq_columns"), [0, 2, 1, 3]);
    let mut model = Builder::new();
    model.conv(3, "");
    let said = model.output("c").refused();
    assert!(
        said.starts_with("the node n_c (Conv) cannot be rewritten to integers: its output is not rounded"),
        "{said}"
    );
}

#[test]
fn moves_are_moves_of_bytes() {
    let mut model = Builder::new();
    model.node("Identity", &["xd"], &["xi"]);
    model.node("MaxPool", &["xi"], &["p"]);
    model.pair("p", "pb", "pd", "x");
    model.node("Split", &["pd"], &["s0", "s1"]);
    model.pair("s0", "s0b", "s0d", "x");
    // Other bytes than those that are moved.
    model.grid("o", 0.25, 0);
    model.pair("s1", "s1b", "s1d", "o");
    model.constant(TensorProto::i64("ends", &[8], &[0, 0, 1, 1, 0, 0, 1, 1]));
    model.node("Pad", &["s0d", "ends"], &["a"]);
    model.pair("a", "ab", "ad", "x");
    model.pair("a", "ab2", "ad2", "x");
    model.node("Concat", &["s0d", "s1d"], &["j"]);
    model.grid("j", 1.0, 9);
    model.pair("j", "jb", "jd", "j");
    model.node("Concat", &["ad", "ad2"], &["k"]);
    model.node("Identity", &["jd"], &["out"]);
    let graph = model.output("out").output("k").rewritten();
    assert_eq!(
        told(&graph)[1..],
        [
            "MaxPool xb -> pb",
            "Split pb -> s0b s1_quantized",
            "QLinearConcat o_s o_z s1_quantized x_s x_z -> s1b",
            "Pad s0b ends x_z -> ab",
            "Identity ab -> ab2",
            "QLinearConcat j_s j_z s0b x_s x_z s1b o_s o_z -> jb",
            "Concat ab ab2 -> k_quantized",
            "DequantizeLinear k_quantized x_s x_z -> k",
            "Identity jb -> out_quantized",
            "DequantizeLinear out_quantized j_s j_z -> out",
        ]
    );
    let mut model = Builder::new();
    model.constant(TensorProto::f32("one", &[], &[1.0]));
    model.constant(TensorProto::i64("ends", &[8], &[0; 8]));
    model.node("Pad", &["xd", "ends", "one"], &["a"]);
    assert!(model.output("a").refused().contains("another value than 0"));
}

/// Whoever reads the graph refuses them, or computes them in float.
#[test]
fn nodes_with_something_in_float_stay() {
    let mut model = Builder::new();
    model.constant(TensorProto::f32("w", &[2, 2, 1, 1], &[1.0; 4]));
    model.node("Conv", &["xd", "w"], &["c"]);
    model.node("LeakyRelu", &["c"], &["l"]);
    model.grid("l", 1.0, 0);
    model.pair("l", "lb", "ld", "l");
    model.node("LeakyRelu", &["ld"], &["m"]);
    model.node("Sigmoid", &["ld"], &["n"]);
    let graph = model.output("m").output("n").rewritten();
    assert_eq!(
        told(&graph),
        [
            "QuantizeLinear x x_s x_z -> xb",
            "DequantizeLinear xb x_s x_z -> xd",
            "Conv xd w -> c",
            "LeakyRelu c -> l",
            "QuantizeLinear l l_s l_z -> lb",
            "DequantizeLinear lb l_s l_z -> ld",
            "LeakyRelu ld -> m",
            "Sigmoid ld -> n",
        ]
    );
}

#[test]
fn zero_points_that_are_left_out_are_0() {
    let mut model = Builder::new();
    model.node("QuantizeLinear", &["xd", "x_s"], &["q"]);
    model.node("DequantizeLinear", &["q", "x_s"], &["d"]);
    let graph = model.output("d").rewritten();
    let last = graph.node.last().unwrap();
    assert_eq!(last.input, ["q", "x_s", "x_s/zero_point_uint8"]);
    assert_eq!(integers(&graph, "x_s/zero_point_uint8"), [0]);
    assert_eq!(graph.node[1].op_type, "QLinearConcat");

    // Of the type that the QuantizeLinear gives its bytes.
    let of_type = |data_type: i64| {
        let mut model = Builder::new();
        let quantize = model.node("QuantizeLinear", &["xd", "x_s"], &["q"]);
        quantize.attribute = vec![AttributeProto::int("output_dtype", data_type)];
        model.node("DequantizeLinear", &["q", "x_s"], &["d"]);
        model.output("d")
    };
    let graph = of_type(INT8.into()).rewritten();
    assert_eq!(graph.node.last().unwrap().input, ["q", "x_s", "x_s/zero_point_int8"]);
    // 4 is uint16.
    let said = of_type(4).refused();
    assert!(said.contains("another type than int8 or uint8"), "{said}");
}

#[test]
fn interpolation_stays_in_float() {
    let of = |mode: &str| {
        let mut model = Builder::new();
        model.constant(TensorProto::f32("twice", &[4], &[1.0, 1.0, 2.0, 2.0]));
        model.node("Resize", &["xd", "", "twice"], &["r"]).attribute = vec![AttributeProto::string("mode", mode)];
        model.pair("r", "rb", "rd", "x");
        told(&model.output("rd").rewritten())
    };
    assert_eq!(of("nearest")[1], "Resize xb  twice -> rb");
    let start = ["DequantizeLinear xb x_s x_z -> xd", "Resize xd  twice -> r", "QuantizeLinear r x_s x_z -> rb"];
    assert_eq!(of("linear")[1..4], start);
}

#[test]
fn models_in_other_forms_stay_as_they_are() {
    let mut model = Builder::new();
    model.node("QLinearLeakyRelu", &["xb", "x_s", "x_z", "x_s", "x_z"], &["l"]);
    let model = model.output("xd").model();
    assert_eq!(in_integer_operators(model.clone()), Ok(model.clone()));
    assert_eq!(with_integer_operators(&model.encode_to_vec()), None);
    assert_eq!(with_integer_operators(b"no model"), None);
    assert_eq!(in_integer_operators(ModelProto::default()), Ok(ModelProto::default()));
    assert!(with_integer_operators(&Builder::new().output("xd").model().encode_to_vec()).is_some());
}

/// Whatever a file leaves out, or names twice.
#[test]
fn spoilt_models_are_no_panic() {
    let whole = || {
        let mut model = Builder::new();
        model.constant(TensorProto::f32("b", &[2], &[1.0, 2.0]));
        model.conv(1, "b");
        model.pair("c", "cb", "cd", "c");
        model.node("Concat", &["cd", "xd"], &["j"]);
        model.constant(TensorProto::i64("ends", &[8], &[0; 8]));
        model.node("Pad", &["j", "ends"], &["a"]);
        model.output("a").model()
    };
    let nodes = whole().graph.unwrap().node;
    for (place, node) in nodes.iter().enumerate() {
        for at in 0..node.input.len() {
            for name in ["", "x", "xb", "c", "wq", "a"] {
                let mut model = whole();
                model.graph.as_mut().unwrap().node[place].input[at] = name.into();
                let _ = in_integer_operators(model);
            }
            let mut model = whole();
            model.graph.as_mut().unwrap().node[place].input.truncate(at);
            let _ = in_integer_operators(model);
        }
        let mut model = whole();
        model.graph.as_mut().unwrap().node[place].output.clear();
        let _ = in_integer_operators(model);
    }
    for tensor in 0..whole().graph.unwrap().initializer.len() {
        for dims in [vec![], vec![0], vec![1 << 40, 0, 1, 1], vec![0, 1 << 40, 1, 1], vec![-1]] {
            let mut model = whole();
            let of = &mut model.graph.as_mut().unwrap().initializer[tensor];
            of.raw_data.truncate(if dims.contains(&0) { 0 } else { of.raw_data.len() });
            of.dims = dims;
            let _ = in_integer_operators(model);
        }
    }
}
