//! `golden` and `golden check`: what they write, say and refuse.

use std::path::{Path, PathBuf};

use crate::program::twinsight;
use crate::run::Run;
use crate::small_network::Shop;

fn run(shop: &Shop, arguments: &[&str]) -> Run {
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
    Run::of(command.arg("golden").args(arguments))
}

const MODEL: [&str; 2] = ["--model", "small-64_int8_qop.onnx"];

/// A folder with a picture and a pack of it.
fn shop() -> Shop {
    let shop = Shop::new();
    shop.int8();
    shop.picture("pictures", 0);
    shop.picture("pictures", 1);
    run(&shop, &[&MODEL[..], &["pictures/01.png", "-o", "pack"]].concat()).done();
    shop
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn a_pack_is_written_checked_and_found_faulty() {
    let shop = shop();
    let said = run(&shop, &["check", "pack", "--against", "pack"]).done();
    let count = files(&shop.path("pack")).len() - 3;
    assert_eq!(said.trim(), format!("{count} of {count} tensors exact"));

    // A board that dumps one layer under a name of its own, with its channels last.
    let npy = std::fs::read(shop.path("pack/01/layer_01_conv_quantized.npy")).unwrap();
    let values = &npy[npy.len() - 8 * 256..];
    let last: Vec<u8> = (0..values.len()).map(|at| values[at % 8 * 256 + at / 8]).collect();
    std::fs::write(shop.path("dump.raw"), &last).unwrap();
    let unknown = run(&shop, &["check", "pack", "--against", "dump.raw"]);
    assert!(unknown.error().contains("--map TENSOR=dump.raw"), "{unknown:?}");
    let map = ["--map", "layer_01_conv_quantized=dump.raw"];
    let found = run(&shop, &[&["check", "pack", "--against", "dump.raw"], &map[..]].concat());
    assert_eq!((found.code, found.err.as_str()), (1, ""));
    let start = "0 of 1 tensors exact; 1 wrong; ";
    assert!(found.out.starts_with(start), "{}", found.out);
    let why = "First wrong: layer_01_conv_quantized, the output of layer_01_conv_quant (QLinearConv)\n  \
               right values, stored otherwise: as nhwc\n";
    assert!(found.out.contains(why), "{}", found.out);

    let json =
        run(&shop, &[&["check", "pack", "--against", "dump.raw", "--json", "--html", "page.html"], &map[..]].concat());
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["first_wrong"], "layer_01_conv_quantized");
    let wrong = report["tensors"].as_array().unwrap().iter().find(|of| of["outcome"] == "wrong").unwrap();
    assert_eq!(wrong["fault"]["kind"], "stored");
    assert_eq!(wrong["fault"]["how"], serde_json::json!([{ "layout": "nhwc" }]));
    assert_eq!(wrong["operator"], "QLinearConv");
    assert_eq!(report["counts"]["wrong"], 1);
    // The board's values are right, so that its boxes are.
    assert_eq!(report["boxes"]["agreement"]["lost"], 0);
    let page = std::fs::read_to_string(shop.path("page.html")).unwrap();
    assert!(page.contains("First wrong: layer_01_conv_quantized") && page.contains("data:image/jpeg"), "{page}");
}

#[test]
fn the_table_needs_no_picture_and_writes_nothing() {
    let shop = shop();
    let before = files(shop.dir.path());
    let table = run(&shop, &[&MODEL[..], &["--table", "--multiplier-bits", "24"]].concat()).done();
    assert!(table.contains("M0 of 24 bits, rounding half up"), "{table}");
    assert!(
        table.contains("layer_01_conv_quant") && table.contains("convolutions that are exact for every sum: "),
        "{table}"
    );
    let chip = run(&shop, &[&MODEL[..], &["--table", "--arithmetic", "m16"]].concat()).done();
    assert!(chip.contains("M0 of 16 bits"), "{chip}");
    let nowhere = run(&shop, &[&MODEL[..], &["--table", "pictures/00.png"]].concat());
    assert!(nowhere.error().contains("add -o DIR"), "{nowhere:?}");
    assert_eq!(files(shop.dir.path()), before);
    let file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(shop.path("pack/requantization.json")).unwrap()).unwrap();
    assert_eq!(file["multiplier_bits"], 31);
    let first = &file["nodes"][0];
    assert_eq!(first["node"], "layer_00_conv_quant");
    assert!(first["multipliers"][0]["m0"].as_u64().unwrap() > 1 << 29 && first["sum_bits"].as_u64().unwrap() > 8);
}

#[test]
fn what_is_not_a_packs_is_not_replaced() {
    let shop = shop();
    let write = |more: &[&str]| run(&shop, &[&MODEL[..], more].concat());
    // An older pack is.
    write(&["pictures/00.png", "--format", "hex", "-o", "pack"]).done();
    assert!(shop.path("pack/00/images.hex").is_file() && !shop.path("pack/01").exists());
    std::fs::write(shop.path("pack/notes.txt"), "mine").unwrap();
    let before = files(shop.dir.path());
    for (words, why) in [
        (["pictures/00.png", "-o", "pack"], "holds other files than those of a golden pack"),
        (["pictures/00.png", "-o", "pictures"], "this command reads it"),
        (["pictures", "-o", "pictures/../pictures"], "this command reads it"),
        (["pictures/00.png", "-o", "."], "this command reads it"),
        (["pictures/00.png", "-o", "small.cfg"], "it is a file"),
        (["pictures/00.png", "-o", "no/pack"], "there is no folder"),
        (["small.cfg", "-o", "new"], "could be read"),
    ] {
        let said = write(&words);
        assert!(said.code == 1 && said.err.contains(why), "{words:?}: {said:?}");
        assert_eq!(files(shop.dir.path()), before, "{words:?}");
    }
    let float = run(&shop, &["--model", "small-64_float.onnx", "pictures/00.png", "-o", "new"]);
    assert!(float.error().contains("QOperator"), "{float:?}");
    let profile = write(&["pictures/00.png", "--arithmetic", "m19", "-o", "new"]);
    assert!(profile.error().contains("choose zynq-m31"), "{profile:?}");
    assert_eq!(write(&["pictures/00.png"]).code, 2, "a folder is missing");
    assert_eq!(files(shop.dir.path()), before);
    // What could be read is written all the same.
    std::fs::write(shop.path("pictures/02.png"), "no picture").unwrap();
    let partly = write(&["pictures", "-o", "partly"]);
    assert!(partly.code == 1 && partly.err.contains("02.png") && partly.out.contains("of 00, 01"), "{partly:?}");
}

#[test]
fn checks_refuse_what_they_cannot_judge() {
    let shop = shop();
    let error = |arguments: &[&str]| run(&shop, &[&["check"], arguments].concat()).error().to_owned();
    for (arguments, why) in [
        (&["pictures", "--against", "pack"][..], "is not a golden pack: it has no manifest.json"),
        (&["pack", "--against", "pictures"], "no file there belongs to a tensor"),
        (&["pack", "--against", "missing"], "cannot read missing"),
        (&["pack", "--against", "pack", "--map", "layer_01_conv_quantised=x"], "did you mean layer_01_conv_quantized?"),
        (&["pack", "--against", "pack", "--picture", "02"], "has no picture 02"),
        (&["pack", "--against", "pack", "--html", "pack/manifest.json", "--force"], "this command reads it"),
        (&["pack", "--against", "pack", "--html", "pack/01/images.npy", "--force"], "this command reads it"),
    ] {
        let said = error(arguments);
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
    // A file that is far too large is refused before memory is taken for it.
    std::fs::create_dir(shop.path("board")).unwrap();
    let large = std::fs::File::create(shop.path("board/layer_00_conv_quantized.bin")).unwrap();
    large.set_len(1 << 40).unwrap();
    let found = run(&shop, &["check", "pack", "--against", "board"]);
    assert!(found.code == 1 && found.out.contains("far more than"), "{found:?}");
    // A tensor that the manifest makes too large as well.
    let manifest = std::fs::read_to_string(shop.path("pack/manifest.json")).unwrap();
    let shape = manifest.replacen("        8,\n", "        800000000000,\n", 1);
    assert_ne!(shape, manifest);
    std::fs::write(shop.path("pack/manifest.json"), shape).unwrap();
    assert!(error(&["pack", "--against", "pack"]).contains("is damaged"));
    for file in ["../../secret.npy", "/etc/passwd"] {
        let outside = manifest.replacen("01/images.npy", file, 1);
        std::fs::write(shop.path("pack/manifest.json"), outside).unwrap();
        assert!(error(&["pack", "--against", "pack"]).contains("is not in it"), "{file}");
    }
}

/// A folder with a board's dump of the pack's head alone, in which anchor 0 is sure of a gate in one cell of the grid of 8×8.
fn board_that_sees_a_gate(pack: &Path, dir: &Path) {
    const CELLS: usize = 64;
    let manifest = std::fs::read(pack.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let head = manifest["detector"]["heads"][0]["tensor"].as_str().unwrap();
    let tensors = manifest["pictures"][0]["tensors"].as_array().unwrap();
    let file = tensors.iter().find(|tensor| tensor["name"] == head).unwrap()["file"].as_str().unwrap();
    let mut npy = std::fs::read(pack.join(file)).unwrap();
    // 2 anchors with 4 sides, a confidence and 3 classes each.
    let start = npy.len() - 4 * 2 * 8 * CELLS;
    for (channel, value) in [0f32, 0.0, 0.0, 0.0, 20.0, 20.0, -20.0, -20.0].into_iter().enumerate() {
        npy[start + 4 * (channel * CELLS + 27)..][..4].copy_from_slice(&value.to_le_bytes());
    }
    std::fs::create_dir(dir).unwrap();
    std::fs::write(dir.join(format!("{head}.npy")), npy).unwrap();
}

#[test]
fn compare_takes_a_pack_or_what_a_board_dumped_of_it_as_b() {
    let shop = shop();
    run(&shop, &[&MODEL[..], &["pictures/01.png", "-o", "pictures/pack"]].concat()).done();
    board_that_sees_a_gate(&shop.path("pictures/pack"), &shop.path("dumps"));
    let compare = |words: &[&str]| {
        let mut command = twinsight();
        command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
        Run::of(command.args(["compare", "--a", "small-64_float.onnx"]).args(words))
    };
    // What became of each box, and the name of B.
    let boxes = |words: &[&str]| {
        let said = compare(&[&["--json"], words].concat()).done();
        let mut lines = said.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let verdicts = lines.next().unwrap()["verdicts"].as_array().unwrap().clone();
        let told =
            verdicts.iter().map(|of| ["verdict", "a", "b", "iou"].map(|key| of[key].clone())).collect::<Vec<_>>();
        (told, lines.next().unwrap()["totals"]["b"]["name"].as_str().unwrap().to_owned())
    };
    let picture = "pictures/01.png";
    let (of_model, _) = boxes(&["--score", "0.01", "--b", "small-64_int8_qop.onnx", picture]);
    assert!(of_model.iter().any(|[.., b, _]| !b.is_null()), "{of_model:?}");
    for words in [&["--b", "pictures/pack", picture][..], &["pictures/pack"], &["--b", "pack", "pictures/pack/01"]] {
        let (of_pack, name) = boxes(&[&["--score", "0.01"], words].concat());
        assert_eq!(of_pack, of_model, "{words:?}");
        assert!(name.starts_with("golden small-64_int8_qop ("), "{name}");
    }
    // A model that is named goes before the pack's heads.
    let (named, name) = boxes(&["--score", "0.01", "--b", "small-64_int8_qop.onnx", "pictures/pack"]);
    assert_eq!(named, of_model);
    assert!(!name.contains("golden"), "{name}");

    let is_sure = |told: &[[serde_json::Value; 4]]| {
        told.iter().any(|[.., b, _]| b["class"] == "gate" && b["score"].as_f64().is_some_and(|score| score > 0.99))
    };
    assert!(!is_sure(&of_model), "the model sees none");
    let dump = ["--against", "dumps"];
    for words in [&["pictures/pack"][..], &["--b", "pack", picture]] {
        let (of_board, name) = boxes(&[&dump[..], words].concat());
        assert!(is_sure(&of_board) && name == "board (dumps)", "{words:?}: {name} {of_board:?}");
    }
    let files = ["--csv", "boxes.csv", "--html", "page.html"];
    let text = compare(&[&dump[..], &files, &["pictures/pack"]].concat()).done();
    assert!(text.contains("board (dumps)"), "{text}");
    for file in ["boxes.csv", "page.html"] {
        assert!(std::fs::read_to_string(shop.path(file)).unwrap().contains("gate"), "{file}");
    }

    // A picture that is not the pack's is told, and the others are still compared.
    let other = compare(&["--b", "pack", "pictures/00.png"]);
    assert!(other.error().starts_with("pictures/00.png: the golden pack is of 01.png;"), "{other:?}");
    let both = compare(&["--b", "pack", "pictures"]);
    assert!(both.code == 1 && both.err.lines().count() == 1 && both.out.contains("1 image, "), "{both:?}");
    for words in [&[picture, "--against", "dumps"][..], &["pictures/pack", "--b", "int8", "--against", "dumps"]] {
        let said = compare(words);
        assert!(
            said.error().contains("--against needs the golden pack") && said.err.contains("compare PACK"),
            "{said:?}"
        );
    }
    for read in ["pack/manifest.json", "dumps/head_stride_8.npy"] {
        let said = compare(&["--b", "pack", "--against", "dumps", picture, "--csv", read, "--force"]);
        assert!(said.error().contains("this command reads it"), "{read}: {said:?}");
    }
}

/// Without a display there is no window, but all that is asked of it is looked at before.
#[test]
#[cfg(target_os = "linux")]
fn a_pack_opens_in_the_window_and_what_is_none_is_told() {
    let shop = shop();
    let view = |words: &[&str]| {
        let mut command = twinsight();
        command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
        Run::of(command.arg("view").args(words))
    };
    for words in [&["pack"][..], &["pack/manifest.json"], &["pack/01"], &["pack", "--against", "pictures"]] {
        let said = view(words);
        assert!(said.error().starts_with("no display: "), "{words:?}: {said:?}");
    }
    for of in ["manifest.json", "01/images.npy"] {
        let said = view(&["pack", "--trace", &format!("pack/{of}"), "--force"]);
        assert!(said.error().contains("this command reads it"), "{of}: {said:?}");
    }
    let said = view(&["pictures", "--against", "pack"]);
    assert!(said.error().contains("--against needs the golden pack"), "{said:?}");
    for words in [&["--against", "pack"][..], &["pack", "--against", "pack", "--b", "int8"]] {
        assert_eq!(view(words).code, 2, "{words:?}");
    }
    let manifest = std::fs::read(shop.path("pack/manifest.json")).unwrap();
    std::fs::write(shop.path("pack/manifest.json"), &manifest[..manifest.len() / 2]).unwrap();
    let said = view(&["pack"]);
    assert!(said.error().contains("is not a golden pack"), "{said:?}");
}
