//! Golden packs and what boards dumped, in the window: as a picture, and as models of it.

use std::path::{Path, PathBuf};

use egui::Key;
use twinsight::app::View;
use twinsight::model::ModelName;
use twinsight::source::SourceRequest;

use crate::program::twinsight;
use crate::small_network::Shop;
use crate::support::{Desk, Plan};

/// A pack of the small INT8 network and a picture, written by the program itself.
fn pack(shop: &Shop, output: &str) -> PathBuf {
    shop.picture("pictures", 7);
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
    command.args(["golden", "pictures/07.png", "--model", "small-64_int8_qop.onnx", "-o", output]);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    shop.path(output)
}

/// A folder with the pack's head as raw bytes, of which this was made. Gives the head's name.
fn dump(pack: &Path, dir: &Path, change: impl Fn(&mut Vec<f32>)) -> String {
    let manifest = std::fs::read(pack.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let head = manifest["detector"]["heads"][0]["tensor"].as_str().unwrap();
    let tensors = manifest["pictures"][0]["tensors"].as_array().unwrap();
    let tensor = tensors.iter().find(|tensor| tensor["name"] == head).unwrap();
    let sides = tensor["shape"].as_array().unwrap().iter().map(|side| side.as_u64().unwrap() as usize);
    let npy = std::fs::read(pack.join(tensor["file"].as_str().unwrap())).unwrap();
    let bytes = &npy[npy.len() - 4 * sides.product::<usize>()..];
    let mut values: Vec<f32> = bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    change(&mut values);
    std::fs::create_dir_all(dir).unwrap();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(dir.join(format!("{head}.bin")), bytes).unwrap();
    head.to_owned()
}

/// A board that is sure of a gate where there is none: anchor 0 in one cell of the grid of 8×8.
fn sure_of_a_gate(values: &mut [f32]) {
    const CELLS: usize = 64;
    for (channel, value) in [0.0, 0.0, 0.0, 0.0, 20.0, 20.0, -20.0, -20.0].into_iter().enumerate() {
        values[channel * CELLS + 27] = value;
    }
}

fn shows(desk: &Desk, name: &str) -> bool {
    desk.harness.state().as_ref().unwrap().shown_name() == Some(name)
}

fn sees_the_gate(desk: &Desk) -> bool {
    desk.has_words("gate 1.00") || desk.has_words("→ 1.00")
}

/// A real window on another picture than the pack's.
fn desk(shop: &Shop, view: View) -> Desk {
    let other = shop.picture("others", 3);
    let mut desk = Desk::new(Plan {
        source: SourceRequest::Still(other.clone()),
        files: vec![other],
        models: [shop.float(), shop.int8()].map(|path| Some(ModelName::File(path))),
        view: Some(view),
        catalog: shop.catalog(),
        real: true,
        ..Plan::default()
    });
    desk.until("the first picture", |d| d.history_len() > 0);
    desk
}

#[test]
fn a_pack_opens_as_its_picture_with_its_heads_as_b() {
    let shop = Shop::new();
    let pack = pack(&shop, "pack");
    let mut desk = desk(&shop, View::Single);
    desk.drop_files([pack.join("manifest.json").as_path()]);
    desk.until("the picture, as the model was given it", |d| d.has_words("07.png as the model was given it"));
    desk.until("the pairs", |d| d.has_words("Agreement") && d.has_words("golden"));
    assert_eq!(desk.preferences().view, View::Overlay, "two are compared");
    assert!(!desk.has_words("this is another picture"), "{}", desk.names("another"));
    desk.until("it to be a recent file", |d| d.preferences().to_json().contains("pack\""));
    assert!(!desk.preferences().to_json().contains("manifest.json"));

    // From the model that the pack was made of, nothing differs.
    desk.drop_files([shop.int8().as_path()]);
    desk.until("the model", |d| d.has_words("B · small-64"));
    desk.click("Model A");
    desk.click("golden small-64_int8_qop (pack)");
    desk.until("both", |d| d.has_words("A · golden") && !d.has_words("has not processed"));
    assert!(!desk.has_words("→ lost") && !desk.has_words("gained: "), "{}", desk.names("→"));
}

#[test]
fn the_file_that_the_pack_was_made_of_is_shown_where_it_lies_beside_it() {
    let shop = Shop::new();
    let pack = pack(&shop, "pictures/pack");
    let mut desk = desk(&shop, View::SideBySide);
    desk.drop_files([pack.as_path()]);
    desk.until("the picture", |d| shows(d, "07.png") && d.has_words("B · golden"));
    desk.until("the pack's heads", |d| !d.has_words("has not processed"));
    assert!(!desk.has_words("as the model was given it") && !desk.has_words("this is another picture"));
    assert_eq!(desk.preferences().view, View::SideBySide);
}

#[test]
fn what_a_board_dumped_is_b_of_that_picture_and_of_no_other() {
    let shop = Shop::new();
    let pack = pack(&shop, "pack");
    let dumps = shop.path("dumps");
    dump(&pack, &dumps, |values| sure_of_a_gate(values));
    let mut desk = desk(&shop, View::Overlay);
    // Without a pack it is a folder without pictures.
    desk.drop_files([dumps.as_path()]);
    desk.until("the refusal", |d| d.said().contains("contains no images"));
    desk.drop_files([pack.as_path()]);
    desk.until("the pack", |d| d.has_words("07.png as the model was given it") && d.has_words("golden"));
    assert!(!sees_the_gate(&desk), "the model sees none");
    desk.drop_files([dumps.as_path()]);
    desk.until("the board's gate", |d| d.has_words("board (dumps)") && sees_the_gate(d));
    desk.click("Model B");
    desk.until("the menu", |d| d.control("Board's dump…").is_some());
    desk.press(Key::Escape);

    // Its layers are checked elsewhere.
    desk.press(Key::W);
    desk.until("why no layers", |d| d.has_words("has no layers here") && d.has_words("twinsight golden check"));
    desk.press(Key::W);

    desk.drop_files([shop.picture("others", 4).as_path()]);
    desk.until("the reason", |d| d.has_words("the board's dump is of 07.png; this is another picture"));
    assert!(!sees_the_gate(&desk), "no stale boxes");
    assert!(!desk.has_words("boxes shown are"), "{}", desk.names("boxes shown are"));
    desk.drop_files([pack.as_path()]);
    desk.until("the pack again", |d| d.has_words("07.png as the model was given it"));
    desk.until("without the reason", |d| !d.has_words("this is another picture"));
}

#[test]
fn a_dump_that_cannot_be_used_is_told_and_the_window_lives() {
    let shop = Shop::new();
    let pack = pack(&shop, "pack");
    let mut desk = desk(&shop, View::Overlay);
    desk.drop_files([pack.as_path()]);
    desk.until("the pack", |d| d.has_words("07.png as the model was given it") && d.has_words("golden"));
    let [short, nan, none] = ["short", "nan", "none"].map(|name| shop.path(name));
    let head = dump(&pack, &short, |values| _ = values.pop());
    dump(&pack, &nan, |values| values[10] = f32::NAN);
    std::fs::create_dir(&none).unwrap();
    std::fs::copy(pack.join("07/images.npy"), none.join("images.npy")).unwrap();
    for (dir, why) in [
        (&short, "bytes where".to_owned()),
        (&nan, "NaN or infinity".to_owned()),
        (&none, format!("there is no dump of {head}")),
    ] {
        desk.drop_files([dir.as_path()]);
        desk.until(&why, |d| d.has_words(&why));
        assert!(desk.has_words("boxes shown are golden"), "{}", desk.names(&why));
    }
    // A pack whose manifest is cut takes nothing away.
    let text = std::fs::read(pack.join("manifest.json")).unwrap();
    std::fs::write(pack.join("manifest.json"), &text[..text.len() / 2]).unwrap();
    desk.drop_files([pack.as_path()]);
    desk.until("the reason", |d| d.said().contains("is not a golden pack"));
    assert!(desk.has_words("07.png as the model was given it"));
}
