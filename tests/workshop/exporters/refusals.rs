//! What is refused, with what to do instead; and that no number makes reading panic.

use twinsight::onnx::{GraphProto, TensorProto};

use super::{HEAD, POOLED, Theirs, int, ints, node, string};

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
