//! Models of one's own in the window: opened, renamed, deleted, and called by short names.

use std::path::PathBuf;

use egui::{Event, Key};
use egui_kittest::kittest::Queryable;
use twinsight::app::{Side, View};
use twinsight::model::ModelName;
use twinsight::source::SourceRequest;

use crate::small_network::Shop;
use crate::support::{Desk, PERSON, Plan};

/// A real window on both models of the shop, of which B is at this path.
fn desk(shop: &Shop, b: PathBuf) -> Desk {
    let picture = shop.picture("pictures", 7);
    let mut desk = Desk::new(Plan {
        source: SourceRequest::Still(picture.clone()),
        files: vec![picture],
        models: [Some(ModelName::File(shop.float())), Some(ModelName::File(b))],
        view: Some(View::Overlay),
        catalog: shop.catalog(),
        real: true,
        ..Plan::default()
    });
    desk.until("the pairs", |d| d.has_words("Agreement"));
    desk
}

/// Puts a text in the place of what stands in the field that has the focus.
fn write(desk: &mut Desk, text: &str) {
    desk.press_command(Key::A);
    desk.harness.event(Event::Text(text.into()));
    desk.harness.run_steps(2);
}

#[test]
fn a_model_is_renamed_with_what_belongs_to_it() {
    let shop = Shop::new();
    let [model, recipe] = ["mine.onnx", "mine.recipe.json"].map(|name| shop.path(name));
    std::fs::copy(shop.int8(), &model).unwrap();
    std::fs::write(&recipe, twinsight::workshop::Recipe::card().to_json()).unwrap();
    std::fs::write(shop.path("taken.onnx"), "another").unwrap();
    let mut desk = desk(&shop, model.clone());
    desk.until("its name", |d| d.has_words("B · mine"));
    desk.click("Model B");
    desk.click("Rename…");
    desk.until("the question", |d| d.control("New name").is_some());
    write(&mut desk, "a/b");
    assert!(desk.has_words("must not contain"), "what cannot be a name is told at once");
    write(&mut desk, "taken");
    desk.press(Key::Enter);
    desk.until("the refusal", |d| d.said().contains("Can't rename it"));
    assert!(model.is_file() && std::fs::read(shop.path("taken.onnx")).unwrap() == b"another");
    desk.click("Model B");
    desk.click("Rename…");
    desk.until("the question", |d| d.control("New name").is_some());
    write(&mut desk, "best of all");
    desk.press(Key::Enter);
    desk.until("its new name", |d| d.has_words("B · best of all"));
    assert!(!model.exists() && !recipe.exists());
    assert!(shop.path("best of all.onnx").is_file() && shop.path("best of all.recipe.json").is_file());
}

#[test]
fn a_model_in_use_is_deleted_only_after_a_question_and_another_takes_its_place() {
    let shop = Shop::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let model = elsewhere.path().join("mine.onnx");
    std::fs::copy(shop.int8(), &model).unwrap();
    let mut desk = desk(&shop, model.clone());
    desk.click("Model B");
    desk.click("Delete…");
    desk.until("the question", |d| d.has_words("outside the models folder") && d.has_words("in use"));
    assert!(desk.has_words(&model.display().to_string()), "it says which file");
    desk.press(Key::Escape);
    desk.until("the question to be gone", |d| d.control("Delete the files").is_none());
    assert!(model.is_file());
    desk.click("Model B");
    desk.click("Delete…");
    desk.click("Remove from the list only");
    // What set-up builds is not in this shop.
    desk.until("another model", |d| d.has_words("B · FP32") || d.has_words("not installed"));
    assert!(model.is_file(), "its file stays");
    desk.drop_files([model.as_path()]);
    desk.until("it again", |d| d.has_words("B · mine"));
    desk.click("Model B");
    desk.click("Delete…");
    desk.click("Delete the files");
    desk.until("the deletion", |d| d.said().contains("Deleted mine."));
    assert!(!model.exists());
    desk.click("Model B");
    assert!(desk.control("mine").is_none(), "it is no choice any more");
}

#[test]
fn what_set_up_has_built_can_be_neither_renamed_nor_deleted() {
    let mut desk = Desk::new(Plan { view: Some(View::Overlay), ..Plan::default() });
    desk.until("the pairs", |d| d.has_words("person 0.90 → 0.80"));
    desk.click("Model A");
    desk.until("the choices", |d| d.control("Open model…").is_some());
    assert!(desk.control("Rename…").is_none() && desk.control("Delete…").is_none());
}

#[test]
fn a_model_file_that_is_dropped_is_b_or_the_one_that_looks() {
    let file = tempfile::Builder::new().prefix("own").suffix(".onnx").tempfile().unwrap();
    let own = ModelName::File(file.path().into());
    for (view, side) in [(View::Overlay, Side::B), (View::Single, Side::A)] {
        let mut plan = Plan { view: Some(view), ..Plan::default() };
        plan.sights.insert(own.clone(), vec![(PERSON, 0.7, 30)]);
        let mut desk = Desk::new(plan);
        desk.until("the first detections", |d| d.has_words("person 0.90"));
        desk.drop_files([file.path()]);
        let words = if side == Side::B { "person 0.90 → 0.70" } else { "person 0.70" };
        desk.until("its detections", |d| d.has_words(words));
        assert_eq!(desk.opened.lock().unwrap().len(), 1, "it is no picture");
    }
}

#[test]
fn a_model_made_here_has_a_short_name_everywhere_and_facts_at_its_picker() {
    let shop = Shop::new();
    let stem = "small-64_int8_card_float-layer_00_conv-layer_02_conv";
    let model = shop.path(&format!("{stem}.onnx"));
    std::fs::copy(shop.int8(), &model).unwrap();
    let float = ["layer_00_conv", "layer_02_conv"].map(str::to_owned).to_vec();
    let name = "card_float-layer_00_conv-layer_02_conv".into();
    let recipe = twinsight::workshop::Recipe { name, float, ..twinsight::workshop::Recipe::card() };
    std::fs::write(model.with_extension("recipe.json"), recipe.to_json()).unwrap();
    let mut desk = desk(&shop, model.clone());
    desk.until("the short name on the picture", |d| d.has_words("B · small-64 INT8 + 2 float"));
    assert!(!desk.has_words(stem), "{}", desk.names(stem));
    desk.harness.get_by_label("Model B").hover();
    desk.until("its facts", |d| d.has_words(stem) && d.has_words("layer_00_conv, layer_02_conv"));
    assert!(desk.has_words("Source weights"), "what the file itself says");
}
