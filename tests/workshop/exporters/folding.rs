//! What goes into a convolution or goes away: identities, batch norm, arithmetic by channel.

use twinsight::onnx::{AttributeProto, NodeProto};

use super::{HEAD, POOLED, Theirs, count, int, ints, node, numbers, tensor};

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
