//! Faults that are planted into a board's tensors: each is named, at the right layer, and no other layer is blamed.

use twinsight::integer::{Accumulator, LeakyRelu, Network, OutOfRange, Profile, Rounding};
use twinsight::workshop::golden::{
    AxisOrder, Fault, GoldenArray, GoldenPack, Outcome, PackArithmetic, PackEncoding, Storage, ValueType,
};

use crate::golden_support::{Board, Numbers, model, pack};
use crate::small_network::Shop;

const CONV: &str = "layer_01_conv_quantized";
const LEAKY: &str = "layer_01_leaky_quantized";

struct Lab {
    shop: Shop,
    network: Network,
    pack: GoldenPack,
}

impl Lab {
    fn new() -> Self {
        let shop = Shop::new();
        let model = model(&shop);
        let path = shop.picture("pictures", 1);
        let pack = pack(&model, &path, &shop.path("pack"), PackEncoding::default(), PackArithmetic::Exact);
        Self { network: model.network.clone(), pack, shop }
    }

    /// The fault of a board that goes on computing with it.
    fn value(&self, tensor: &str, plant: impl Fn(&mut GoldenArray)) -> (Fault, Option<String>) {
        let board = Board::computing(&self.pack, self.network.clone(), tensor, plant);
        board.write();
        self.only(&board, tensor)
    }

    /// The fault of a single file.
    fn stored(&self, tensor: &str, plant: impl Fn(&GoldenArray) -> Vec<u8>) -> Fault {
        let board = Board::of(&self.pack);
        board.write();
        std::fs::write(board.file(tensor), plant(&board.arrays[tensor])).unwrap();
        self.only(&board, tensor).0
    }

    /// What the tensor's fault is, which must be the only one.
    fn only(&self, board: &Board, tensor: &str) -> (Fault, Option<String>) {
        let report = board.check(&self.pack);
        let wrong: Vec<_> = report.tensors.iter().filter(|of| matches!(of.outcome, Outcome::Wrong { .. })).collect();
        let told: Vec<_> = wrong.iter().map(|of| (&of.tensor, &of.outcome)).collect();
        assert_eq!(wrong.len(), 1, "{told:#?}");
        assert_eq!(wrong[0].tensor, tensor);
        assert_eq!(report.first_wrong().unwrap().tensor, tensor);
        assert_eq!(report.counts().not_dumped, 0);
        let Outcome::Wrong { fault, same_as } = wrong[0].outcome.clone() else { unreachable!() };
        (fault, same_as)
    }

    fn zero_point(&self, tensor: &str) -> u8 {
        let packed = self.pack.manifest.pictures[0].tensors.iter().find(|of| of.name == tensor).unwrap();
        packed.zero_point.unwrap() as u8
    }
}

/// Channels, rows, columns.
fn dims(array: &GoldenArray) -> [usize; 3] {
    [array.dims[1], array.dims[2], array.dims[3]]
}

/// Calls with the channel, row, column and byte of each value.
fn each(array: &mut GoldenArray, mut change: impl FnMut([usize; 3], &mut u8)) {
    let [_, rows, columns] = dims(array);
    for (at, byte) in array.bytes.iter_mut().enumerate() {
        change([at / columns / rows, at / columns % rows, at % columns], byte);
    }
}

fn order(letters: &str) -> Fault {
    Fault::Stored { how: vec![Storage::Layout(letters.into())] }
}

#[test]
fn right_values_in_wrong_places_are_named() {
    let lab = Lab::new();
    let stored = |plant: &dyn Fn(&GoldenArray) -> Vec<u8>| lab.stored(CONV, plant);
    assert_eq!(stored(&|of| of.permuted(&[0, 2, 3, 1]).bytes), order("nhwc"));
    assert_eq!(stored(&|of| of.permuted(&[0, 1, 3, 2]).bytes), order("ncwh"));
    let xor = |bytes: &[u8]| bytes.iter().map(|byte| byte ^ 128).collect::<Vec<_>>();
    assert_eq!(stored(&|of| xor(&of.bytes)), Fault::Stored { how: vec![Storage::Sign] });
    assert_eq!(
        stored(&|of| xor(&of.permuted(&[0, 2, 3, 1]).bytes)),
        Fault::Stored { how: vec![Storage::Layout("nhwc".into()), Storage::Sign] }
    );
    let reversed = |word: usize| {
        move |of: &GoldenArray| of.bytes.chunks(word).flat_map(|word| word.iter().rev().copied()).collect::<Vec<u8>>()
    };
    for word in [2, 4, 8] {
        assert_eq!(stored(&reversed(word)), Fault::Stored { how: vec![Storage::ByteOrder(word)] });
    }
    let of_head = lab.stored("head_stride_8", reversed(4));
    assert_eq!(of_head, Fault::Stored { how: vec![Storage::ByteOrder(4)] });
    let blocks = |of: &GoldenArray| {
        let [channels, rows, columns] = dims(of);
        let place = |at: usize| (at / (4 * rows * columns) * 4 + at % 4) * rows * columns + at / 4 % (rows * columns);
        (0..channels * rows * columns).map(|at| of.bytes[place(at)]).collect()
    };
    assert_eq!(stored(&blocks), Fault::Stored { how: vec![Storage::ChannelBlocks(4)] });
    let late = |of: &GoldenArray| [&[7, 7, 7], &of.bytes[..of.bytes.len() - 3]].concat();
    assert_eq!(stored(&late), Fault::Stored { how: vec![Storage::Offset(3)] });
    let upside_down = |of: &GoldenArray| {
        let [_, rows, columns] = dims(of);
        of.bytes.chunks(rows * columns).flat_map(|plane| plane.chunks(columns).rev().flatten().copied()).collect()
    };
    assert_eq!(stored(&upside_down), Fault::Stored { how: vec![Storage::Mirrored("row")] });
}

#[test]
fn parts_that_moved_or_are_gone_are_named() {
    let lab = Lab::new();
    let stored = |plant: &dyn Fn(&GoldenArray) -> Vec<u8>| lab.stored(CONV, plant);
    let plane = |of: &GoldenArray| dims(of)[1] * dims(of)[2];
    let turned = |of: &GoldenArray| {
        let mut bytes = of.bytes.clone();
        bytes.rotate_right(2 * plane(of));
        bytes
    };
    assert_eq!(stored(&turned), Fault::Rotated { axis: "channel", by: 2 });
    let rows = |of: &GoldenArray| {
        let mut bytes = of.bytes.clone();
        bytes.chunks_mut(plane(of)).for_each(|plane| plane.rotate_right(dims(of)[2]));
        bytes
    };
    assert_eq!(stored(&rows), Fault::Rotated { axis: "row", by: 1 });
    let bgr = |of: &GoldenArray| of.bytes.chunks(plane(of)).rev().flatten().copied().collect::<Vec<u8>>();
    let fault = lab.stored("images_quantized", bgr);
    assert_eq!(fault, Fault::Reordered { axis: "channel", places: vec![[0, 2], [2, 0]] });
    assert!(fault.to_string().contains("BGR"), "{fault}");
    let dropped = |of: &GoldenArray| [&of.bytes[..5 * plane(of)], &of.bytes[6 * plane(of)..]].concat();
    assert_eq!(stored(&dropped), Fault::Dropped { axis: "channel", parts: vec![5] });
    let filled = |of: &GoldenArray| [of.bytes.clone(), vec![0; 8 * plane(of)]].concat();
    assert_eq!(stored(&filled), Fault::Added { axis: "channel", first: 8, count: 8 });
    let short = |of: &GoldenArray| of.bytes[..of.bytes.len() - 10].to_vec();
    assert!(matches!(stored(&short), Fault::WrongSize { .. }));
    let other = Board::of(&lab.pack).arrays["layer_00_leaky_quantized"].bytes.clone();
    assert_eq!(stored(&|_| other.clone()), Fault::OtherTensor { tensor: "layer_00_leaky_quantized".into() });
    let weights = "layer_01_conv_weight_quantized";
    let last = |of: &GoldenArray| of.permuted(&[0, 2, 3, 1]).bytes;
    assert_eq!(lab.stored(weights, last), order("ohwi"));
}

#[test]
fn wrong_values_are_named_and_later_layers_are_not_blamed() {
    let lab = Lab::new();
    let fault = |tensor: &str, plant: &dyn Fn(&mut GoldenArray)| lab.value(tensor, plant).0;
    let zero = lab.zero_point(CONV);
    let all = |change: &'static dyn Fn(u8) -> u8| {
        move |of: &mut GoldenArray| of.bytes.iter_mut().for_each(|byte| *byte = change(*byte))
    };
    assert_eq!(fault(CONV, &all(&|byte| byte.saturating_add(3))), Fault::ZeroPoint { by: 3 });
    assert_eq!(fault(CONV, &all(&|byte| byte.saturating_sub(1))), Fault::ZeroPoint { by: -1 });
    assert_eq!(fault(CONV, &all(&|byte| byte.min(140))), Fault::Clamped { low: low(&lab), high: 140 });
    assert_eq!(fault(CONV, &all(&|_| 0)), Fault::Constant { value: 0.0, is_zero_point: false });
    let scaled = |by: f64| {
        move |of: &mut GoldenArray| {
            let value = |byte: u8| (f64::from(byte) - f64::from(zero)) * by + f64::from(zero);
            of.bytes.iter_mut().for_each(|byte| *byte = value(*byte).round().clamp(0.0, 255.0) as u8);
        }
    };
    assert_eq!(fault(CONV, &scaled(0.5)), Fault::ShiftedBits { by: -1 });
    assert_eq!(fault(CONV, &scaled(2.0)), Fault::ShiftedBits { by: 1 });
    let leaky_zero = lab.zero_point(LEAKY);
    assert_eq!(
        fault(LEAKY, &move |of: &mut GoldenArray| of.bytes.iter_mut().for_each(|byte| *byte = (*byte).max(leaky_zero))),
        Fault::NoNegative
    );
    let gone = |of: &mut GoldenArray| {
        each(of, |[channel, ..], byte| {
            if channel == 2 {
                *byte = 0
            }
        })
    };
    assert_eq!(fault(CONV, &gone), Fault::Missing { axis: "channel", parts: vec![2] });
    let border = |of: &mut GoldenArray| {
        each(of, |[_, row, column], byte| {
            if row == 0 || column == 0 {
                *byte = byte.wrapping_add(9 + (row + column) as u8 % 5);
            }
        });
    };
    assert_eq!(fault(CONV, &border), Fault::Padding { sides: vec!["top", "left"] });
    let channel = |of: &mut GoldenArray| {
        each(of, |[channel, row, column], byte| {
            if channel == 3 {
                *byte ^= (row * 7 + column * 3) as u8 & 63
            }
        });
    };
    assert!(matches!(fault(CONV, &channel), Fault::Only { axis: "channel", parts, .. } if parts == [3]));
    assert_eq!(fault(CONV, &|of: &mut GoldenArray| of.bytes[99] ^= 64), Fault::Bit { values: 1, bit: 6 });
    let random = |of: &mut GoldenArray| {
        let mut numbers = Numbers(9);
        of.bytes.iter_mut().for_each(|byte| *byte = numbers.next(256) as u8);
    };
    assert_eq!(fault(CONV, &random), Fault::Garbage);
    let near = |of: &mut GoldenArray| {
        let mut numbers = Numbers(9);
        of.bytes.iter_mut().for_each(|byte| *byte = byte.saturating_add(numbers.next(5) as u8));
    };
    assert!(matches!(fault(CONV, &near), Fault::Inaccurate { largest } if largest == 4.0));
}

/// The lowest byte of the tensor that is tried.
fn low(lab: &Lab) -> i32 {
    Board::of(&lab.pack).arrays[CONV].bytes.iter().copied().min().unwrap().into()
}

#[test]
fn another_rounding_is_named_with_its_multipliers() {
    let lab = Lab::new();
    let accumulator = Accumulator { bits: 32, overflow: OutOfRange::Wrap };
    for (bits, rounding, name) in
        [(31, Rounding::Truncate, "31 bits, truncated"), (16, Rounding::HalfUp, "16 bits, rounded half up")]
    {
        let profile = Profile {
            name: "board".into(),
            multiplier_bits: bits,
            rounding,
            leaky_relu: LeakyRelu::Multipliers,
            accumulator,
        };
        let chip = lab.network.on_chip(&profile).unwrap();
        let of_chip = Board::computing(&lab.pack, chip, CONV, |_| {}).arrays;
        let exact = Board::of(&lab.pack).arrays;
        // The first layer that this rounding changes.
        let Some(tensor) = ["layer_00_conv_quantized", CONV, "layer_03_conv_quantized"]
            .into_iter()
            .find(|tensor| of_chip.get(*tensor).is_some_and(|array| exact[*tensor] != *array))
        else {
            assert_eq!(rounding, Rounding::HalfUp, "truncation changes every layer");
            continue;
        };
        let (fault, same_as) = lab.value(tensor, |array| *array = of_chip[tensor].clone());
        assert!(matches!(fault, Fault::Rounding { .. }), "{fault:?}");
        assert!(same_as.as_ref().is_some_and(|found| found.contains(name)), "{same_as:?}");
    }
    let message = Fault::Rounding { above: 0.0, below: 0.5 }.to_string();
    assert_eq!(message, "rounding: 0.000 % are 1 too high, 50.000 % are 1 too low");
}

#[test]
fn a_file_that_lies_or_cannot_be_read_is_named() {
    let lab = Lab::new();
    let npy = |of: &GoldenArray, descr: &str| {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({},), }}\n", of.bytes.len());
        [b"\x93NUMPY\x01\x00", (header.len() as u16).to_le_bytes().as_slice(), header.as_bytes(), &of.bytes].concat()
    };
    assert_eq!(lab.stored(CONV, |of| npy(of, "|i1")), Fault::OtherType { found: "int8".into() });
    assert!(matches!(lab.stored(CONV, |of| npy(of, "<u4")), Fault::Unreadable { .. }));
    assert!(matches!(lab.stored(CONV, |of| npy(of, "|u1")[..90].to_vec()), Fault::Unreadable { .. }));
    let half = |of: &GoldenArray| 0.5f32.to_le_bytes().repeat(of.count());
    assert_eq!(lab.stored("head_stride_8", half), Fault::Constant { value: 0.5, is_zero_point: false });
    // The same as numbers of 32 bits is as good.
    let board = Board::of(&lab.pack);
    board.write();
    let wide: Vec<u8> = board.arrays[CONV].bytes.iter().flat_map(|byte| i32::from(*byte).to_le_bytes()).collect();
    std::fs::write(board.file(CONV), wide).unwrap();
    let report = board.check(&lab.pack);
    assert!(report.is_exact());
    assert!(report.tensors.iter().any(|of| of.note.as_deref() == Some("stored as int32")));
}

/// Also where the pack has its axes in another order than the model.
#[test]
fn files_that_are_too_short_are_told_with_channels_last() {
    let shop = Shop::new();
    let encoding = PackEncoding { activations: AxisOrder::Nhwc, ..PackEncoding::default() };
    let path = shop.picture("pictures", 1);
    let pack = pack(&model(&shop), &path, &shop.path("pack"), encoding, PackArithmetic::Exact);
    let board = Board::of(&pack);
    board.write();
    let bytes = &board.arrays[CONV].bytes;
    for short in [&bytes[..bytes.len() - 10], &[]] {
        std::fs::write(board.file(CONV), short).unwrap();
        let report = board.check(&pack);
        let first = report.first_wrong().unwrap();
        assert!(matches!(first.outcome, Outcome::Wrong { fault: Fault::WrongSize { .. }, .. }), "{first:?}");
        assert_eq!((first.tensor.as_str(), report.counts().wrong), (CONV, 1));
    }
}

#[test]
fn two_faults_are_both_found_and_boxes_tell_what_they_do() {
    let lab = Lab::new();
    let mut board = Board::computing(&lab.pack, lab.network.clone(), CONV, |of| {
        each(of, |[channel, ..], byte| {
            if channel < 6 {
                *byte = 255 - *byte
            }
        });
    });
    // And a wrong head on top of that.
    let head = board.arrays.get_mut("head_stride_8").unwrap();
    let floats: Vec<u8> =
        head.words().iter().flat_map(|bits| (f32::from_bits(bits.cast_unsigned()) + 3.0).to_le_bytes()).collect();
    head.bytes = floats;
    board.write();
    let report = board.check(&lab.pack);
    let wrong: Vec<&str> = report
        .tensors
        .iter()
        .filter(|of| matches!(of.outcome, Outcome::Wrong { .. }))
        .map(|of| of.tensor.as_str())
        .collect();
    assert_eq!(wrong, [CONV, "head_stride_8"]);
    assert!(report.counts().follows > 3 && report.heads_dumped);
    assert_ne!(report.boxes.a(), report.boxes.b(), "all scores are higher");
    // Without the head's file, it follows from what was dumped.
    std::fs::remove_file(board.file("head_stride_8")).unwrap();
    let report = board.check(&lab.pack);
    assert!(!report.heads_dumped && report.counts().wrong == 1 && report.counts().not_dumped == 1);
    drop(lab.shop);
}

/// Where nothing is right, each layer is judged by what the board has before it, and none is taken for another one.
#[test]
fn a_board_that_is_wrong_in_every_layer_has_every_layer_named() {
    let lab = Lab::new();
    let mut board = Board::of(&lab.pack);
    let mut numbers = Numbers(77);
    let input = lab.network.input().name.clone();
    let bytes: Vec<String> = lab.pack.manifest.pictures[0]
        .tensors
        .iter()
        .filter(|of| of.value_type == ValueType::U8 && of.name != input)
        .map(|of| of.name.clone())
        .collect();
    for tensor in &bytes {
        let array = board.arrays.get_mut(tensor).unwrap();
        array.bytes.iter_mut().for_each(|byte| *byte = numbers.next(256) as u8);
    }
    board.write();
    let report = board.check(&lab.pack);
    for tensor in &bytes {
        let found = report.tensors.iter().find(|of| of.tensor == *tensor).unwrap();
        assert!(matches!(found.outcome, Outcome::Wrong { fault: Fault::Garbage, .. }), "{found:?}");
    }
    assert_eq!(report.first_wrong().unwrap().tensor, bytes[0]);
}

/// Whatever byte of whatever file is changed: it is noticed, and nothing breaks.
#[test]
fn no_corrupted_byte_goes_unnoticed() {
    let lab = Lab::new();
    let pack_dir = lab.shop.path("pack");
    let mut numbers = Numbers(2026);
    let board = Board::of(&lab.pack);
    let tensors: Vec<String> = board.arrays.keys().cloned().collect();
    let files: Vec<_> = lab.pack.manifest.pictures[0].tensors.iter().chain(&lab.pack.manifest.constants).collect();
    for round in 0..200 {
        board.write();
        let tensor = &tensors[numbers.next(tensors.len())];
        // Raw bytes, or as the pack has them.
        let path = if round % 2 == 0 {
            board.file(tensor)
        } else {
            std::fs::remove_file(board.file(tensor)).unwrap();
            let packed = files.iter().find(|of| of.name == *tensor).unwrap();
            let path = board.dir.path().join(format!("{tensor}.npy"));
            std::fs::copy(pack_dir.join(&packed.file), &path).unwrap();
            path
        };
        let mut bytes = std::fs::read(&path).unwrap();
        // Every fourth time within a header.
        let end = if round % 4 == 1 { 128.min(bytes.len()) } else { bytes.len() };
        let at = numbers.next(end);
        bytes[at] ^= 1 << numbers.next(8);
        std::fs::write(&path, &bytes).unwrap();
        let report = board.check(&lab.pack);
        assert!(!report.is_exact(), "byte {at} of {} is now {:#x}", path.display(), bytes[at]);
        if path.extension().is_some_and(|end| end == "npy") {
            std::fs::remove_file(path).unwrap();
        }
    }
    // A pack that is damaged itself is not taken for whole.
    for _ in 0..60 {
        let packed = files[numbers.next(files.len())];
        let path = pack_dir.join(&packed.file);
        let whole = std::fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        let at = 128 + numbers.next(bytes.len() - 128);
        bytes[at] ^= 1 << numbers.next(8);
        std::fs::write(&path, &bytes).unwrap();
        let request = twinsight::workshop::golden::CheckRequest { against: board.dir.path(), picture: None, map: &[] };
        let refused = twinsight::workshop::golden::check(&lab.pack, &request);
        assert!(refused.is_err_and(|error| error.to_string().contains("is damaged")), "{at} of {}", path.display());
        std::fs::write(&path, whole).unwrap();
    }
    let manifest = pack_dir.join("manifest.json");
    let whole = std::fs::read(&manifest).unwrap();
    for _ in 0..200 {
        let mut bytes = whole.clone();
        let at = numbers.next(bytes.len());
        bytes[at] ^= 1 << numbers.next(8);
        std::fs::write(&manifest, &bytes).unwrap();
        // An error or a report, and no panic.
        if let Ok(pack) = GoldenPack::open(&pack_dir) {
            let request =
                twinsight::workshop::golden::CheckRequest { against: board.dir.path(), picture: None, map: &[] };
            let _ = twinsight::workshop::golden::check(&pack, &request);
        }
    }
}
