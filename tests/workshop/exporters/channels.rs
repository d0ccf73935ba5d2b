//! Parts of the channels, as Slice or Split.

use super::{Theirs, count, int, ints, node, numbers};

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
