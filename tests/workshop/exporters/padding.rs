//! Padding: as nodes of its own, automatic, and by rounding up.

use super::{POOLED, Theirs, count, int, ints, node, numbers, string};

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
