//! Repeated pixels in other words.

use twinsight::onnx::{AttributeProto, NodeProto, TensorProto};

use super::{POOLED, Theirs, count, int, ints, node, string, tensor};

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
