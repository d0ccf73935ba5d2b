//! Golden packs: each file has the bytes that independent programs compute, in every format and order.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use twinsight::detect::Size;
use twinsight::files::Outputs;
use twinsight::integer::{Profile, Rounding};
use twinsight::model::{FrameDetector, ModelLoader, ModelName, ModelRequest};
use twinsight::workshop::golden::{
    ArrayFormat, AxisOrder, CheckRequest, GoldenModel, GoldenPack, GoldenPicture, Manifest, PACK, PackArithmetic,
    PackEncoding, PackWriter, check,
};

use crate::golden_support::{Board, model, pack, picture};
use crate::not_checked::not_checked;
use crate::program::{installed, root};
use crate::small_network::Shop;

fn encodings() -> Vec<PackEncoding> {
    let mut all = Vec::new();
    for format in ArrayFormat::ALL {
        for (activations, weights) in [(AxisOrder::Nchw, AxisOrder::Oihw), (AxisOrder::Nhwc, AxisOrder::Ohwi)] {
            for signed in [false, true] {
                all.push(PackEncoding { format, activations, weights, signed });
            }
        }
    }
    all
}

#[test]
fn a_pack_is_exact_against_itself_in_every_form() {
    let shop = Shop::new();
    let model = model(&shop);
    let path = shop.picture("pictures", 1);
    let chip = PackArithmetic::Profile(Profile::find("m16").unwrap());
    for encoding in encodings() {
        for arithmetic in [PackArithmetic::Exact, chip.clone()] {
            let dir = shop.path("pack");
            let pack = pack(&model, &path, &dir, encoding, arithmetic);
            let report = check(&pack, &CheckRequest { against: &dir, picture: None, map: &[] }).unwrap();
            assert!(report.is_exact() && report.counts().not_dumped == 0, "{encoding:?}: {:?}", report.counts());
            assert!(report.unknown.is_empty(), "{:?}", report.unknown);
            // Another form holds the same.
            if encoding.activations == AxisOrder::Nchw && !encoding.signed {
                let board = Board::of(&pack);
                board.write();
                assert!(board.check(&pack).is_exact());
            }
        }
    }
}

/// tests/reference/integer.py and golden.py: CRC-32s of NumPy's bytes.
#[test]
fn real_models_have_the_checksums_of_the_reference() {
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(root().join("tests/data").join(name)).unwrap()).unwrap()
    };
    let [first, last] = ["integer.json", "golden_pack.json"].map(read);
    let catalog = twinsight::model::Catalog::at(installed("runtime").parent().unwrap());
    let loader = ModelLoader::new(catalog.clone());
    let dir = tempfile::tempdir().unwrap();
    for name in [ModelName::Int8, ModelName::Tuned] {
        let path = catalog.path(&name);
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let detector = FrameDetector::open(&loader, &ModelRequest::from(name)).unwrap();
        let info = detector.info();
        assert_eq!(first[&file]["sha256"], info.sha256, "run make setup");
        let bytes = std::fs::read(&path).unwrap();
        let model = GoldenModel::new(&path, &info.name, &info.sha256, &info.form, bytes).unwrap();
        let table = model.requantization(31, Rounding::HalfUp).unwrap();
        let write = |activations, weights, signed| {
            let encoding = PackEncoding { format: ArrayFormat::Bin, activations, weights, signed };
            let folder = Outputs::default().folder(&dir.path().join("pack"), &PACK).unwrap();
            let mut writer = PackWriter::new(&model, folder, PackArithmetic::Exact, encoding, &table).unwrap();
            writer.add(picture(&root().join("tests/data/bus_416.png"), Size::new(416, 416))).unwrap();
            let manifest = writer.finish().unwrap().manifest;
            let of = |tensors: &[twinsight::workshop::golden::PackedTensor]| -> BTreeMap<String, String> {
                tensors.iter().map(|of| (of.name.clone(), of.crc32.clone())).collect()
            };
            let mut tensors = of(&manifest.pictures[0].tensors);
            tensors.remove("images");
            (serde_json::json!(tensors), serde_json::json!(of(&manifest.constants)))
        };
        let of = &last[&file];
        let same = |found: (serde_json::Value, serde_json::Value),
                    tensors: &serde_json::Value,
                    constants: &serde_json::Value| {
            // In whatever order.
            let sorted = |value: &serde_json::Value| -> BTreeMap<String, String> {
                serde_json::from_value(value.clone()).unwrap()
            };
            assert_eq!(sorted(&found.0), sorted(tensors), "{file}");
            assert_eq!(sorted(&found.1), sorted(constants), "{file}");
        };
        same(write(AxisOrder::Nchw, AxisOrder::Oihw, false), &first[&file]["tensors"], &of["oihw"]);
        same(write(AxisOrder::Nhwc, AxisOrder::Ohwi, true), &of["nhwc_signed"], &of["ohwi"]);
        assert!(of["nhwc"].as_object().unwrap().len() > 50);
    }
}

/// The headers compile without a warning, and hold the bytes of the manifest.
#[test]
fn c_headers_compile_and_hold_the_values() {
    let compiles =
        |command: &str| Command::new(command).arg("--version").output().is_ok_and(|run| run.status.success());
    if !compiles("cc") {
        not_checked("whether C headers compile", "there is no cc");
        return;
    }
    let shop = Shop::new();
    let encoding = PackEncoding { format: ArrayFormat::C, signed: true, ..PackEncoding::default() };
    let dir = shop.path("pack");
    let pack = pack(&model(&shop), &shop.picture("pictures", 1), &dir, encoding, PackArithmetic::Exact);
    let tensors: Vec<_> = pack.manifest.constants.iter().chain(&pack.manifest.pictures[0].tensors).collect();
    let mut source = String::from("#include <stdio.h>\n");
    tensors.iter().for_each(|of| source += &format!("#include \"{}\"\n", of.file));
    source += "static void crc(const void *data, unsigned long size) {\n\
        const unsigned char *at = data; unsigned long crc = 0xffffffffUL;\n\
        while (size--) { crc ^= *at++; for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320UL : 0); }\n\
        printf(\"%08lx\\n\", ~crc & 0xffffffffUL);\n}\nint main(void) {\n";
    for of in &tensors {
        let name = Path::new(&of.file).file_stem().unwrap().to_str().unwrap();
        source += &format!("    crc({name}, sizeof {name});\n");
    }
    source += "    return 0;\n}\n";
    std::fs::write(shop.path("main.c"), source).unwrap();
    let built = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-I"])
        .args([&dir, &shop.path("main.c")])
        .arg("-o")
        .arg(shop.path("main"))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let ran = Command::new(shop.path("main")).output().unwrap();
    let found: Vec<String> = String::from_utf8(ran.stdout).unwrap().lines().map(str::to_owned).collect();
    let wanted: Vec<String> = tensors.iter().map(|of| of.crc32.clone()).collect();
    assert_eq!(found, wanted);
}

#[test]
fn several_pictures_share_a_pack() {
    let shop = Shop::new();
    let model = model(&shop);
    let dir = shop.path("pack");
    let table = model.requantization(24, Rounding::HalfUp).unwrap();
    let folder = Outputs::default().folder(&dir, &PACK).unwrap();
    let mut writer = PackWriter::new(&model, folder, PackArithmetic::Exact, PackEncoding::default(), &table).unwrap();
    for seed in 0..2 {
        writer.add(picture(&shop.picture("pictures", seed), model.form.input)).unwrap();
    }
    // Of the same name.
    let more = shop.picture("more", 0);
    writer.add(picture(&more, model.form.input)).unwrap();
    // Called like a file of the pack.
    writer.add(GoldenPicture { name: "manifest.json".into(), ..picture(&more, model.form.input) }).unwrap();
    writer.finish().unwrap();
    let pack = GoldenPack::open(&dir).unwrap();
    let names: Vec<&str> = pack.manifest.pictures.iter().map(|picture| picture.name.as_str()).collect();
    assert_eq!(names, ["00", "01", "00-2", "manifest.json-2"]);
    let run = |picture| check(&pack, &CheckRequest { against: &dir, picture, map: &[] });
    assert!(run(Some("01")).unwrap().is_exact());
    assert!(run(None).err().unwrap().to_string().contains("00, 01, 00-2"));
    assert!(run(Some("02")).err().unwrap().to_string().contains("has no picture 02"));
}

/// Whatever a manifest says of memory, places and shapes: it is told, and nothing breaks.
#[test]
fn a_manifest_that_cannot_be_is_told() {
    let shop = Shop::new();
    let dir = shop.path("pack");
    let encoding = PackEncoding { activations: AxisOrder::Nhwc, ..PackEncoding::default() };
    let whole = pack(&model(&shop), &shop.picture("pictures", 1), &dir, encoding, PackArithmetic::Exact).manifest;
    let write = |manifest: &Manifest| {
        std::fs::write(dir.join("manifest.json"), serde_json::to_string(manifest).unwrap()).unwrap();
    };
    let large = |manifest: &mut Manifest| {
        manifest.detector.input = [8192, 8192];
        manifest.detector.heads[0].stride = 1;
    };
    let flat = |manifest: &mut Manifest| {
        let input = manifest.pictures[0].tensors.iter_mut().find(|tensor| tensor.producer.is_none()).unwrap();
        (input.shape, input.layout) = (vec![input.shape.iter().product()], AxisOrder::O);
    };
    type Change<'a> = &'a dyn Fn(&mut Manifest);
    let cases: [(Change<'_>, &str); 5] = [
        (&|manifest| manifest.pictures.clear(), "it has no picture"),
        (&|manifest| manifest.pictures[0].name = "../pictures".into(), "the folder ../pictures is not in it"),
        (&|manifest| manifest.pictures[0].tensors[1].zero_point = Some(i32::MIN), "is not a byte"),
        (&large, "a raw head is too large"),
        (&flat, "is not of its model"),
    ];
    for (change, why) in cases {
        let mut manifest = whole.clone();
        change(&mut manifest);
        write(&manifest);
        let request = CheckRequest { against: &dir, picture: None, map: &[] };
        let refused = GoldenPack::open(&dir).and_then(|pack| check(&pack, &request).map(|_| ()));
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("is damaged") && said.contains(why), "{said}");
    }
    // Each picture may be large: there is no limit to all of them together.
    let mut manifest = whole.clone();
    manifest.pictures[0].tensors[0].shape = vec![1, 1 << 14, 1 << 14, 3];
    let second = manifest.pictures[0].clone();
    manifest.pictures.push(second);
    write(&manifest);
    assert_eq!(GoldenPack::open(&dir).map(|pack| pack.manifest.pictures.len()).unwrap(), 2);
}
