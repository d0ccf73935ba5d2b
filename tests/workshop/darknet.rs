//! Darknet files: good ones are read correctly; for bad ones the message says what is wrong and where.

use proptest::prelude::*;
use twinsight::detect::Size;
use twinsight::workshop::darknet::{
    CfgCause, CfgError, DarknetNetwork, LayerKind, TensorShape, WeightsCause, WeightsError, read_weights,
};

use crate::program::installed;

fn download(file: &str) -> Vec<u8> {
    std::fs::read(installed(&format!("downloads/{file}"))).unwrap()
}

fn tiny_cfg() -> String {
    String::from_utf8(download("yolov4-tiny.cfg")).unwrap()
}

/// Two convolutions, a route of half of them, a head: 3 classes, 2 anchors.
const SMALL: &str = include_str!("../data/small.cfg");

/// [`SMALL`] with one text in place of another.
fn with(old: &str, new: &str) -> Result<DarknetNetwork, CfgError> {
    assert!(SMALL.contains(old), "{old}");
    DarknetNetwork::from_cfg(&SMALL.replacen(old, new, 1))
}

/// A weights file for [`SMALL`]: header, then 4 + 4 + 4 + 4 + 4·3·9 floats, then 16 + 16·2.
fn small_weights() -> Vec<u8> {
    let mut bytes: Vec<u8> = [0i32, 2, 5, 7, 0].iter().flat_map(|v| v.to_le_bytes()).collect();
    bytes.extend((0..4 * 4 + 108 + 16 + 32).flat_map(|i| (i as f32).to_le_bytes()));
    bytes
}

#[test]
fn yolov4_tiny_is_read() {
    let network = DarknetNetwork::from_cfg(&tiny_cfg()).unwrap();
    assert_eq!(network.input, Size::new(416, 416));
    assert_eq!(network.layers.len(), 38);
    // As darknet prints them.
    for (layer, shape) in
        [(0, (32, 208)), (3, (32, 104)), (9, (128, 52)), (26, (512, 13)), (33, (128, 26)), (34, (384, 26))]
    {
        let side = shape.1;
        assert_eq!(
            network.layers[layer].output,
            TensorShape { channels: shape.0, size: Size::new(side, side) },
            "layer {layer}"
        );
    }
    let numbers = read_weights(&download("yolov4-tiny.weights"), &network).unwrap();
    assert_eq!(numbers.len(), 21);
    assert!(numbers[20].batch_norm.is_none() && numbers[19].batch_norm.is_some());
}

#[test]
fn a_small_network_is_read() {
    let network = DarknetNetwork::from_cfg(SMALL).unwrap();
    let shapes: Vec<String> = network.layers.iter().map(|l| l.output.to_string()).collect();
    assert_eq!(shapes, ["4×16×32", "2×16×32", "2×8×16", "16×8×16", "16×8×16"]);
    let [(4, yolo)] = network.heads()[..] else { panic!("one head, layer 4") };
    assert_eq!((yolo.stride, yolo.scale_x_y, yolo.classes), (4, 1.0, 3));
    assert_eq!(yolo.anchors, [[3.0, 4.0], [5.0, 6.0]]);
    assert_eq!(network.layers[1].line, 14);

    let numbers = read_weights(&small_weights(), &network).unwrap();
    let norm = numbers[0].batch_norm.as_ref().unwrap();
    assert_eq!((numbers[0].biases[3], norm.scales[0], norm.means[0], norm.variances[0]), (3.0, 4.0, 8.0, 12.0));
    assert_eq!((numbers[0].weights[0], numbers[1].biases[0], numbers[1].weights[31]), (16.0, 124.0, 171.0));
}

#[test]
fn comments_spaces_and_line_ends_mean_nothing() {
    let messy = format!("# a comment\r\n; another\r\n{}", SMALL.replace('=', " =\t ").replace('\n', "\r\n"));
    let (messy, plain) = (DarknetNetwork::from_cfg(&messy).unwrap(), DarknetNetwork::from_cfg(SMALL).unwrap());
    let outputs = |n: &DarknetNetwork| n.layers.iter().map(|l| l.output).collect::<Vec<_>>();
    assert_eq!(outputs(&messy), outputs(&plain));
}

#[test]
fn a_bad_cfg_is_told_its_line_and_section() {
    let bad = |key: &str, value: &str, expected: &str| {
        let (key, value, expected) = (key.to_owned(), value.to_owned(), expected.to_owned());
        CfgCause::BadValue { key, value, expected }
    };
    let grid = Size::new(16, 8);
    let cases = [
        ("[maxpool]", "[avgpool]", 19, "avgpool", CfgCause::UnknownSection),
        ("[maxpool]", "[net]", 19, "net", CfgCause::SecondNet),
        ("[net]\n", "", 1, "", CfgCause::NoNet),
        ("[net]", "[yolo]", 1, "", CfgCause::NoNet),
        ("pad=1", "pad", 11, "convolutional", CfgCause::BadLine("pad".into())),
        ("filters=4\n", "", 6, "convolutional", CfgCause::MissingKey("filters")),
        ("filters=4", "filters=0", 8, "convolutional", bad("filters", "0", "a whole number from 1 to 16384")),
        (
            "filters=4",
            "filters=4000000000",
            8,
            "convolutional",
            bad("filters", "4000000000", "a whole number from 1 to 16384"),
        ),
        ("size=3", "size=3.5", 9, "convolutional", bad("size", "3.5", "a whole number from 1 to 31")),
        ("pad=1", "pad=1\npad=0", 12, "convolutional", CfgCause::KeyTwice("pad".into())),
        ("pad=1", "leak=2", 11, "convolutional", CfgCause::UnknownKey("leak".into())),
        ("stride=2", "Stride=2", 10, "convolutional", CfgCause::KeyCase { key: "Stride".into(), meant: "stride" }),
        ("filters=4", "FILTERS=4", 8, "convolutional", CfgCause::KeyCase { key: "FILTERS".into(), meant: "filters" }),
        ("width=64", "Width=64", 2, "net", CfgCause::KeyCase { key: "Width".into(), meant: "width" }),
        ("classes=3", "Classes=3", 30, "yolo", CfgCause::KeyCase { key: "Classes".into(), meant: "classes" }),
        ("width=64", "width=65", 2, "net", bad("width", "65", "a multiple of 32 up to 4096")),
        ("channels=3\n", "", 1, "net", CfgCause::MissingKey("channels")),
        ("layers=-1", "layers=-2", 15, "route", CfgCause::RouteToNowhere { given: -2, layer: -1, last: 0 }),
        ("layers=-1", "layers=1", 15, "route", CfgCause::RouteToNowhere { given: 1, layer: 1, last: 0 }),
        ("layers=-1", "layers=-1,", 15, "route", bad("layers", "-1,", "1 to 32 comma-separated numbers")),
        ("layers=-1", "layers=", 15, "route", bad("layers", "", "1 to 32 comma-separated numbers")),
        ("groups=2", "groups=3", 14, "route", CfgCause::Groups { groups: 3, channels: 4, layer: 0 }),
        ("group_id=1", "group_id=2", 17, "route", bad("group_id", "2", "a whole number from 0 to 1")),
        (
            "filters=16",
            "filters=18",
            27,
            "yolo",
            CfgCause::FiltersBeforeYolo { filters: 18, anchors: 2, classes: 3, needed: 16 },
        ),
        ("activation=linear", "activation=leaky", 27, "yolo", CfgCause::NoConvBeforeYolo),
        ("mask=1,2", "mask=1,3", 28, "yolo", CfgCause::MaskOutside { mask: 3, num: 3, given: 3 }),
        (", 5,6", "", 28, "yolo", CfgCause::MaskOutside { mask: 2, num: 3, given: 2 }),
        ("num=3", "num=2", 28, "yolo", CfgCause::MaskOutside { mask: 2, num: 2, given: 2 }),
        ("5,6", "5", 29, "yolo", CfgCause::AnchorCount { found: 5 }),
        ("5,6", "5,-6", 29, "yolo", bad("anchors", "-6", "positive numbers")),
        (
            "layers=-1",
            "layers=-1 # the one before, whole",
            15,
            "route",
            CfgCause::CommaInComment { key: "layers", text: "-1#theonebefore,whole".into() },
        ),
        (
            "mask=1,2",
            "mask=1,2 ; of 0,1,2",
            28,
            "yolo",
            CfgCause::CommaInComment { key: "mask", text: "1,2;of0,1,2".into() },
        ),
        (
            "activation=leaky",
            "activation=leaky # as ever",
            12,
            "convolutional",
            CfgCause::CommentInText { key: "activation", text: "leaky#asever".into() },
        ),
        ("filters=4", "filters=# four", 8, "convolutional", bad("filters", "", "a whole number from 1 to 16384")),
        ("num=3", "num=3\nscale_x_y=0", 32, "yolo", bad("scale_x_y", "0", "a positive number")),
        (
            "[maxpool]\nsize=2\nstride=2",
            "[maxpool]\nsize=3\nstride=3\npadding=0",
            28,
            "yolo",
            CfgCause::StrideDoesNotDivide { grid: Size::new(10, 5), input: Size::new(64, 32) },
        ),
        ("num=3\n", "num=3\n[upsample]\n", 32, "upsample", CfgCause::ReadsYolo { layer: 4 }),
        ("num=3\n", "num=3\n[route]\nlayers=-1\n", 32, "route", CfgCause::ReadsYolo { layer: 4 }),
        (
            "num=3\n",
            "num=3\n[route]\nlayers=0,2\n",
            32,
            "route",
            CfgCause::RouteSizes { first: "4×16×32".into(), other: "2×8×16".into() },
        ),
        (
            "num=3\n",
            "num=3\n[route]\nlayers=3\n[convolutional]\nfilters=16\nactivation=linear\n[yolo]\nmask=0,1\nanchors=1,2,3,4\nnum=2\nclasses=3",
            37,
            "yolo",
            CfgCause::SameGrid { grid },
        ),
        (
            "num=3\n",
            "num=3\n[route]\nlayers=0\n[convolutional]\nfilters=9\nactivation=linear\n[yolo]\nmask=0\nanchors=1,2\nnum=1\nclasses=4",
            41,
            "yolo",
            CfgCause::ClassesDiffer { classes: 4, before: 3 },
        ),
    ];
    for (old, new, line, section, cause) in cases {
        let expected = CfgError { line, section: section.into(), cause };
        assert_eq!(with(old, new), Err(expected), "{old:?} became {new:?}");
    }
}

#[test]
fn what_cannot_be_computed_says_so() {
    let cases = [
        ("channels=3", "channels=1 # gray", "line 4, [net]: channels=1 is not supported: networks take colour images"),
        (
            "stride=2",
            "stride=2\ngroups=2",
            "line 11, [convolutional]: groups=2 is not supported: a convolution reads all",
        ),
        ("pad=1", "dilation=2", "line 11, [convolutional]: dilation=2 is not supported: windows are without gaps here"),
        (
            "stride=2",
            "stride_x=2\nstride_y=1",
            "line 10, [convolutional]: stride_x=2 is not supported: both directions",
        ),
        ("stride=2", "antialiasing=1", "antialiasing=1 is not supported"),
        ("stride=2", "share_index=3", "share_index=3 is not supported: each layer must have its own weights"),
        ("stride=2", "xnor=1", "xnor=1 is not supported: weights and values are no bits here"),
        ("activation=leaky", "activation=mish", "activation=mish is not supported: it must be leaky or linear here"),
        (
            "stride=2\n\n[conv",
            "stride=2\nmaxpool_depth=1\n\n[conv",
            "line 22, [maxpool]: maxpool_depth=1 is not supported",
        ),
        (
            "num=3",
            "num=3\nnew_coords=1 # as in CSP",
            "line 32, [yolo]: new_coords=1 is not supported: boxes are decoded",
        ),
    ];
    for (old, new, message) in cases {
        let error = with(old, new).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

/// `tests/data/darknet_forms.json` comes from `tests/reference/darknet_forms.py`, which runs AlexeyAB/darknet's own parser.
#[test]
fn a_cfg_is_read_as_darknet_reads_it() {
    #[derive(serde::Deserialize)]
    struct Form {
        name: String,
        cfg: String,
        /// Channels, height and width of every layer.
        outputs: Vec<[u32; 3]>,
        heads: Vec<FormHead>,
    }
    #[derive(serde::Deserialize)]
    struct FormHead {
        layer: usize,
        classes: u32,
        scale_x_y: f32,
        anchors: Vec<[f32; 2]>,
    }
    let forms: Vec<Form> = serde_json::from_str(include_str!("../data/darknet_forms.json")).unwrap();
    assert!(forms.len() > 20);
    for Form { name, cfg, outputs, heads } in forms {
        let network = DarknetNetwork::from_cfg(&cfg).unwrap_or_else(|error| panic!("{name}: {error}"));
        let ours: Vec<_> =
            network.layers.iter().map(|l| [l.output.channels, l.output.size.height, l.output.size.width]).collect();
        assert_eq!(ours, outputs, "{name}");
        assert_eq!(network.heads().len(), heads.len(), "{name}");
        for head in heads {
            let LayerKind::Yolo(yolo) = &network.layers[head.layer].kind else { panic!("{name}") };
            assert_eq!((yolo.classes, yolo.scale_x_y), (head.classes, head.scale_x_y), "{name}");
            assert_eq!(yolo.anchors, head.anchors, "{name}");
        }
    }
}

#[test]
fn a_cfg_cut_at_any_line_is_refused_or_does_not_fit_its_weights() {
    let (text, weights) = (tiny_cfg(), download("yolov4-tiny.weights"));
    let whole = DarknetNetwork::from_cfg(&text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut refused = 0;
    for kept in 0..lines.len() {
        let Ok(network) = DarknetNetwork::from_cfg(&lines[..kept].join("\n")) else {
            refused += 1;
            continue;
        };
        // With all its layers, only keys that may be left out are missing; else it ended after the first head.
        if network.layers.len() < whole.layers.len() {
            let error = read_weights(&weights, &network).map(|_| ()).unwrap_err();
            assert!(matches!(error.cause, WeightsCause::Trailing { .. }), "{kept} lines: {error}");
        }
    }
    assert!(refused > 200, "{refused}");
    assert_eq!(DarknetNetwork::from_cfg("").unwrap_err().cause, CfgCause::NoNet);
    let dangling = with("num=3\n", "num=3\n[route]\nlayers=2\n").unwrap_err();
    assert_eq!((dangling.line, dangling.cause), (33, CfgCause::EndsWithoutHead));
    assert_eq!(
        DarknetNetwork::from_cfg("[net]\nwidth=32\nheight=32\nchannels=3").unwrap_err().cause,
        CfgCause::EndsWithoutHead
    );
}

#[test]
fn sizes_are_checked_before_memory_is_taken() {
    let wide = "[convolutional]\nfilters=16384\nsize=31\nactivation=leaky\n".repeat(2);
    let cause = with("[convolutional]\nbatch", &format!("{wide}[convolutional]\nbatch")).unwrap_err().cause;
    assert!(matches!(cause, CfgCause::WindowTooLarge { .. } | CfgCause::TooManyWeights { .. }), "{cause}");
    let grown = "[upsample]\nstride=32\n".repeat(9);
    let cause = with("[maxpool]", &format!("{grown}[maxpool]")).unwrap_err().cause;
    assert!(matches!(cause, CfgCause::OutputTooLarge { .. }), "{cause}");
    let deep = "[upsample]\nstride=1\n".repeat(1001);
    let cause = with("[maxpool]", &format!("{deep}[maxpool]")).unwrap_err().cause;
    assert_eq!(cause, CfgCause::TooManyLayers { limit: 1000 });
    let doubled = "[route]\nlayers=-1,-1\n".repeat(40);
    let cause = with("[maxpool]", &format!("{doubled}[maxpool]")).unwrap_err().cause;
    assert!(matches!(cause, CfgCause::OutputTooLarge { .. }), "{cause}");
    let cause = DarknetNetwork::from_cfg(&"#\n".repeat(1 << 20)).unwrap_err().cause;
    assert_eq!(cause, CfgCause::TooLong { bytes: 2 << 20, limit: 1 << 20 });
}

#[test]
fn a_weights_file_cut_anywhere_says_in_which_array() {
    let network = DarknetNetwork::from_cfg(SMALL).unwrap();
    let bytes = small_weights();
    // Where each array ends, in bytes, its layer and its name.
    let arrays = [
        (20 + 16, 0, "biases"),
        (20 + 32, 0, "scales"),
        (20 + 48, 0, "means"),
        (20 + 64, 0, "variances"),
        (20 + 64 + 432, 0, "weights"),
        (20 + 64 + 432 + 64, 3, "biases"),
        (20 + 64 + 432 + 64 + 128, 3, "weights"),
    ];
    assert_eq!(arrays[6].0, bytes.len());
    for kept in 0..bytes.len() {
        let error = read_weights(&bytes[..kept], &network).map(|_| ()).unwrap_err();
        assert_eq!(error.offset, kept as u64);
        if kept < 20 {
            assert_eq!((error.layer, error.cause), (None, WeightsCause::HeaderCut), "{kept} bytes");
            continue;
        }
        let (_, layer, name) = arrays[arrays.iter().position(|(end, ..)| kept < *end).unwrap()];
        assert_eq!(error.layer, Some(layer), "{kept} bytes");
        assert!(matches!(error.cause, WeightsCause::Truncated { array, .. } if array == name), "{kept} bytes: {error}");
    }
}

#[test]
fn bytes_after_the_last_layer_are_refused() {
    let network = DarknetNetwork::from_cfg(SMALL).unwrap();
    let mut bytes = small_weights();
    let offset = bytes.len() as u64;
    bytes.extend([1, 2, 3]);
    let expected = WeightsError { offset, layer: Some(3), cause: WeightsCause::Trailing { bytes: 3 } };
    assert_eq!(read_weights(&bytes, &network), Err(expected));
}

#[test]
fn a_file_of_another_kind_is_told_by_its_header() {
    let network = DarknetNetwork::from_cfg(SMALL).unwrap();
    for start in [b"<!DOCTYPE html><html>".as_slice(), b"version https://git-lfs", b"PK\x03\x04aaaaaaaaaaaaaaaaa"] {
        let error = read_weights(start, &network).unwrap_err();
        assert!(matches!(error.cause, WeightsCause::WrongHeader { .. }), "{error}");
        assert_eq!((error.offset, error.layer), (0, None));
    }
}

#[test]
fn old_headers_are_four_bytes_shorter() {
    let network = DarknetNetwork::from_cfg(SMALL).unwrap();
    let new = small_weights();
    let mut old: Vec<u8> = [0i32, 1, 0, 7].iter().flat_map(|v| v.to_le_bytes()).collect();
    old.extend(&new[20..]);
    assert_eq!(read_weights(&old, &network), read_weights(&new, &network));
}

#[test]
fn values_that_no_training_gives_are_refused() {
    let network = DarknetNetwork::from_cfg(SMALL).unwrap();
    for (offset, value, array, index) in
        [(20 + 4, f32::NAN, "biases", 1), (20 + 48, -1.0, "variances", 0), (20 + 64 + 8, f32::INFINITY, "weights", 2)]
    {
        let mut bytes = small_weights();
        bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        let error = read_weights(&bytes, &network).unwrap_err();
        assert_eq!((error.offset, error.layer), (offset as u64, Some(0)));
        assert!(
            matches!(error.cause, WeightsCause::BadValue { array: a, index: i, .. } if (a, i) == (array, index)),
            "{error}"
        );
    }
}

#[test]
fn messages_say_where() {
    let error = with("filters=16", "filters=18").unwrap_err();
    let text = "line 27, [yolo]: the [convolutional] before it has filters=18, but 2 anchors × (5 + 3 classes) need \
                filters=16";
    assert_eq!(error.to_string(), text);
    let error = read_weights(&small_weights()[..60], &DarknetNetwork::from_cfg(SMALL).unwrap()).unwrap_err();
    let text = "at byte 60, layer 0: the file ends within the layer's means, which need 16 bytes but only 8 are left; \
                it is truncated, or belongs to another cfg";
    assert_eq!(error.to_string(), text);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = DarknetNetwork::from_cfg(&String::from_utf8_lossy(&bytes));
        let _ = read_weights(&bytes, &DarknetNetwork::from_cfg(SMALL).unwrap());
    }

    /// Closer to a cfg: its own lines in any order, some with other numbers.
    #[test]
    fn shuffled_lines_never_panic(
        picks in proptest::collection::vec((0usize..34, prop::option::of(prop_oneof![Just(i64::MIN), Just(i64::MAX), -40i64..5000])), 0..120),
    ) {
        let lines: Vec<&str> = SMALL.lines().collect();
        let mut text = "[net]\nwidth=64\nheight=64\nchannels=3\n".to_owned();
        for (line, number) in picks {
            let line = lines[4 + line % (lines.len() - 4)];
            match (number, line.split_once('=')) {
                (Some(number), Some((key, _))) => text.push_str(&format!("{key}={number}\n")),
                _ => text.push_str(&format!("{line}\n")),
            }
        }
        if let Ok(network) = DarknetNetwork::from_cfg(&text) {
            prop_assert!(network.layers.iter().any(|l| matches!(l.kind, LayerKind::Yolo(_))));
        }
    }
}
