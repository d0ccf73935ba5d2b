//! Leaky ReLUs in other words.

use twinsight::onnx::{AttributeProto, NodeProto};

use super::{Theirs, count, ints, node};

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
