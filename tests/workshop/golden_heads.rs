//! Raw heads that were computed elsewhere, as a detector: the pack's are the model's own, and a board's what it dumped.

use std::path::{Path, PathBuf};

use twinsight::detect::{Letterboxer, RawHeads, Size};
use twinsight::model::{Detector, FrameDetector, ModelLoader, ModelName, ModelRequest};
use twinsight::workshop::golden::{
    ArrayFormat, AxisOrder, GoldenModel, GoldenPack, HeadsDetector, PACK, PackArithmetic, PackEncoding, PackWriter,
};

use crate::golden_support::{Board, model, pack, picture};
use crate::small_network::Shop;

/// A picture that is letterboxed: neither square nor of the input's size.
fn wide(shop: &Shop) -> PathBuf {
    let path = shop.path("wide.png");
    image::RgbImage::from_fn(150, 70, |x, y| image::Rgb([x as u8, (3 * y) as u8, (x * y / 40) as u8]))
        .save(&path)
        .unwrap();
    path
}

fn wide_pack(shop: &Shop, model: &GoldenModel) -> GoldenPack {
    pack(model, &wide(shop), &shop.path("pack"), PackEncoding::default(), PackArithmetic::Exact)
}

/// What a detector makes of a file.
fn run(detector: &mut HeadsDetector, path: &Path) -> Result<RawHeads, String> {
    let mut letterboxer = Letterboxer::new(detector.info().form.input);
    letterboxer.fill(&twinsight::source::load(path).unwrap());
    let mut heads = RawHeads::default();
    detector.run(letterboxer.tensor(), &mut heads).map_err(|error| error.to_string())?;
    Ok(heads)
}

fn failure(pack: &GoldenPack, dump: &Path) -> String {
    HeadsDetector::open(&pack.heads().against(dump)).err().expect("it must fail").to_string()
}

/// The head, and the tensor that it is dequantized from.
fn head_and_source(pack: &GoldenPack) -> [String; 2] {
    let head = pack.manifest.detector.heads[0].tensor.clone();
    let node = pack.manifest.nodes.iter().find(|node| node.outputs.contains(&head)).unwrap();
    assert_eq!(node.operator, "DequantizeLinear");
    [head, node.inputs[0].clone()]
}

#[test]
fn a_packs_heads_are_the_models_on_its_picture_and_on_no_other() {
    let shop = Shop::new();
    let model = model(&shop);
    let path = wide(&shop);
    let frame = twinsight::source::load(&path).unwrap();
    let request = ModelRequest::from(ModelName::File(shop.int8()));
    let mut expected = FrameDetector::open(&ModelLoader::new(shop.catalog()), &request).unwrap();
    expected.run(&frame).unwrap();
    let other =
        PackEncoding { format: ArrayFormat::Hex, activations: AxisOrder::Nhwc, weights: AxisOrder::Ohwi, signed: true };
    for encoding in [PackEncoding::default(), other] {
        let pack = pack(&model, &path, &shop.path("pack"), encoding, PackArithmetic::Exact);
        let mut detector = HeadsDetector::open(&pack.heads()).unwrap();
        assert_eq!(detector.info().name, format!("golden {} (pack)", model.name));
        // What the model was given is enough to find the same input again.
        let cut = pack.input_picture(&pack.manifest.pictures[0]).unwrap();
        assert_eq!(cut.size(), Size::new(64, 30));
        let mut letterboxer = Letterboxer::new(model.form.input);
        for frame in [&frame, &cut] {
            letterboxer.fill(frame);
            let mut heads = RawHeads::default();
            detector.run(letterboxer.tensor(), &mut heads).unwrap();
            assert_eq!(heads.heads, expected.heads().heads);
        }
        let why = run(&mut detector, &shop.picture("others", 4)).unwrap_err();
        assert!(why.starts_with("the golden pack is of wide.png; this is another picture"), "{why}");
    }
}

#[test]
fn the_original_is_shown_where_it_is_the_same_file() {
    let shop = Shop::new();
    let mut pack = wide_pack(&shop, &model(&shop));
    let original = |pack: &GoldenPack| pack.original(&pack.manifest.pictures[0]);
    assert_eq!(original(&pack), None, "the sum is another one");
    let bytes = std::fs::read(shop.path("wide.png")).unwrap();
    pack.manifest.pictures[0].sha256 = twinsight::model::hex(&<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    assert_eq!(original(&pack), Some(shop.path("wide.png")), "it lies beside the pack");
    // A manifest leads to no other folder.
    pack.manifest.pictures[0].file = "../pack/../wide.png".into();
    assert_eq!(original(&pack), None);
}

#[test]
fn a_boards_heads_are_dequantized_and_put_right_as_the_check_does() {
    let shop = Shop::new();
    let pack = wide_pack(&shop, &model(&shop));
    let [head, source] = head_and_source(&pack);
    let mut board = Board::of(&pack);
    let golden = board.arrays[&source].clone();
    let array = board.arrays.get_mut(&source).unwrap();
    array.bytes[3] ^= 0x40;
    array.bytes[70] ^= 0x40;
    let changed = array.bytes.clone();
    std::fs::write(board.file(&source), &changed).unwrap();
    let heads = pack.heads().against(board.dir.path());
    let read = || run(&mut HeadsDetector::open(&heads).unwrap(), &shop.path("wide.png")).unwrap();
    let before = HeadsDetector::stamp(&heads);
    let found = read();
    let packed = pack.manifest.pictures[0].tensors.iter().find(|tensor| tensor.name == source).unwrap();
    let scale = serde_json::to_value(&packed.scale).unwrap().as_f64().unwrap() as f32;
    for place in [3, 70, 71] {
        let expected = scale * (i32::from(changed[place]) - packed.zero_point.unwrap()) as f32;
        assert_eq!(found.heads[0][place], expected, "{place}");
    }
    assert!(HeadsDetector::stamp(&pack.heads()) != before);

    // The float head goes before what it is made of; channels last are seen through.
    let floats = board.arrays[&head].clone();
    let last = floats.permuted(&[0, 2, 3, 1]);
    std::fs::write(board.file(&source), &golden.bytes).unwrap();
    std::fs::write(board.file(&head), &last.bytes).unwrap();
    assert!(HeadsDetector::stamp(&heads) != before, "another dump is loaded again");
    let own = run(&mut HeadsDetector::open(&pack.heads()).unwrap(), &shop.path("wide.png")).unwrap();
    assert_eq!(read().heads, own.heads);
    let why = run(&mut HeadsDetector::open(&heads).unwrap(), &shop.picture("others", 4)).unwrap_err();
    assert!(why.starts_with("the board's dump is of wide.png; this is another picture"), "{why}");
}

#[test]
fn what_cannot_be_heads_is_told_by_name() {
    let shop = Shop::new();
    let pack = wide_pack(&shop, &model(&shop));
    let [head, _] = head_and_source(&pack);
    let board = Board::of(&pack);
    let dir = board.dir.path();
    let why = failure(&pack, dir);
    assert!(why.contains("no file there belongs to a tensor of the pack"), "{why}");
    let first = &pack.manifest.pictures[0].tensors[0].name;
    std::fs::write(board.file(first), &board.arrays[first].bytes).unwrap();
    let why = failure(&pack, dir);
    assert!(why.contains(&format!("there is no dump of {head}")), "{why}");
    let bytes = &board.arrays[&head].bytes;
    std::fs::write(board.file(&head), &bytes[4..]).unwrap();
    let why = failure(&pack, dir);
    assert!(why.contains(&head) && why.contains("bytes where"), "{why}");
    let mut nan = bytes.clone();
    nan[40..44].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(board.file(&head), nan).unwrap();
    let why = failure(&pack, dir);
    assert!(why.contains(&head) && why.contains("NaN or infinity"), "{why}");
    std::fs::write(board.file(&head), vec![0; bytes.len()]).unwrap();
    let why = failure(&pack, dir);
    assert!(why.contains("all values are 0"), "{why}");
    std::fs::write(shop.path("pack/model.onnx"), "another").unwrap();
    let why = failure(&pack, dir);
    assert!(why.contains("is damaged"), "{why}");
}

#[test]
fn of_several_pictures_each_has_its_own_heads() {
    let shop = Shop::new();
    let model = model(&shop);
    let table = model.requantization(31, twinsight::integer::Rounding::HalfUp).unwrap();
    let folder = twinsight::files::Outputs::default().folder(&shop.path("pack"), &PACK).unwrap();
    let mut writer = PackWriter::new(&model, folder, PackArithmetic::Exact, PackEncoding::default(), &table).unwrap();
    let paths = [1, 2].map(|seed| shop.picture("pictures", seed));
    for path in &paths {
        writer.add(picture(path, model.form.input)).unwrap();
    }
    writer.finish().unwrap();
    let pack = GoldenPack::open(&shop.path("pack")).unwrap();
    let mut detector = HeadsDetector::open(&pack.heads()).unwrap();
    let [one, two] = paths.each_ref().map(|path| run(&mut detector, path).unwrap());
    assert_ne!(one.heads, two.heads);
    // A board that dumped the second alone.
    let head = &pack.manifest.detector.heads[0].tensor;
    let packed = pack.manifest.pictures[1].tensors.iter().find(|tensor| tensor.name == *head).unwrap();
    let dumps = shop.path("dumps");
    std::fs::create_dir_all(dumps.join("02")).unwrap();
    std::fs::write(dumps.join("02").join(format!("{head}.bin")), &pack.array(packed).unwrap().bytes).unwrap();
    let mut board = HeadsDetector::open(&pack.heads().against(&dumps)).unwrap();
    assert_eq!(run(&mut board, &paths[1]).unwrap().heads, two.heads);
    let why = run(&mut board, &paths[0]).unwrap_err();
    assert!(why.contains("there is no folder 01"), "{why}");
    // Nor is one file the head of both.
    let why = failure(&pack, &dumps.join("02").join(format!("{head}.bin")));
    assert!(why.contains("there is no folder 01"), "{why}");
}

#[test]
fn a_folder_is_a_dump_by_the_names_of_its_files_and_pictures_do_not_count() {
    let shop = Shop::new();
    let pack = wide_pack(&shop, &model(&shop));
    let folder = shop.path("folder");
    std::fs::create_dir(&folder).unwrap();
    // The model's input is called images.
    for (file, is_dump) in [("notes.txt", false), ("images.jpg", false), ("images.raw", true)] {
        std::fs::write(folder.join(file), "values").unwrap();
        assert_eq!(pack.is_dumped_in(&folder), is_dump, "{file}");
        assert_eq!(pack.is_dumped_in(&folder.join(file)), is_dump, "{file} by itself");
    }
}
