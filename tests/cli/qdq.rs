//! Models in the QDQ form: commands make of them what they make of the QOperator form.

use serde_json::Value;
use twinsight::onnx::IntegerForm;
use twinsight::workshop::{CalibrationTable, Recipe};

use crate::program::twinsight;
use crate::run::Run;
use crate::small_network::Shop;

/// One recipe: QOperator, and QDQ.
const FORMS: [&str; 2] = ["small-64_int8_qop.onnx", "small-64_int8_card-qdq.onnx"];

/// A folder with a picture and the model in both forms.
fn shop() -> Shop {
    let shop = Shop::new();
    assert!(shop.int8().ends_with(FORMS[0]) && shop.float().is_file());
    let (source, recipe) = (shop.source(), Recipe::card());
    let path = shop.path(&source.table_name(&recipe));
    let table = CalibrationTable::read(&path).unwrap();
    let file = source.quantized(&recipe.with_format(IntegerForm::Qdq), &table, &path).unwrap();
    assert_eq!(file.file, FORMS[1]);
    file.write(shop.dir.path()).unwrap();
    shop.picture("pictures", 1);
    shop
}

fn run(shop: &Shop, arguments: &[&str]) -> Run {
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
    Run::of(command.args(arguments))
}

/// The entries of a list in a JSON file, without the names of nodes, which each form has of its own.
fn entries(mut value: Value, list: &str) -> Vec<Value> {
    let entries = value[list].as_array_mut().unwrap();
    for entry in entries.iter_mut() {
        for key in ["node", "producer", "consumers"] {
            entry.as_object_mut().unwrap().remove(key);
        }
    }
    entries.clone()
}

#[test]
fn golden_packs_have_the_same_tensors() {
    let shop = shop();
    let packs = ["qoperator", "qdq"];
    let [wanted, found] = [0, 1].map(|form| {
        run(&shop, &["golden", "--model", FORMS[form], "pictures/01.png", "-o", packs[form]]).done();
        let read = |file: &str| -> Value {
            serde_json::from_str(&std::fs::read_to_string(shop.path(packs[form]).join(file)).unwrap()).unwrap()
        };
        (read("manifest.json"), read("requantization.json"))
    });
    let tensors = |manifest: &Value| entries(manifest["pictures"][0].clone(), "tensors");
    assert_eq!(tensors(&found.0), tensors(&wanted.0));
    assert_eq!(entries(found.0.clone(), "constants"), entries(wanted.0.clone(), "constants"));
    assert_eq!(entries(found.1, "nodes"), entries(wanted.1, "nodes"));
    // Nodes are called as in the file, with the operators that compute their bytes.
    let nodes = found.0["nodes"].as_array().unwrap();
    let conv = nodes.iter().find(|node| node["name"] == "layer_00_conv").unwrap();
    assert_eq!(conv["operator"], "QLinearConv");
    assert_eq!(conv["outputs"][0], "layer_00_conv_quantized");
    assert!(nodes.iter().all(|node| node["operator"] != "Conv"));
    for against in packs {
        let said = run(&shop, &["golden", "check", "qdq", "--against", against]).done();
        assert!(said.contains("tensors exact") && !said.contains("wrong"), "{said}");
    }
}

#[test]
fn layers_have_the_same_noise() {
    let shop = shop();
    let [wanted, found] = FORMS.map(|form| {
        let layers = ["layers", "--quick", "--json", "--a", "small-64_float.onnx", "--b", form, "pictures/01.png"];
        let report: Value = serde_json::from_str(&run(&shop, &layers).done()).unwrap();
        assert!(report["layers"].as_array().unwrap().iter().any(|layer| layer["op"] == "QLinearConv"), "{report}");
        entries(report, "layers")
    });
    assert_eq!(found, wanted);
}

/// In both engines, and in arithmetics that only the integer engine has.
#[test]
fn detections_are_the_same_in_every_arithmetic() {
    let shop = shop();
    for flags in [
        &["--arithmetic", "exact", "--engine", "integer"][..],
        &["--arithmetic", "exact", "--engine", "onnxruntime"],
        &["--arithmetic", "saturating"],
        &["--arithmetic", "m16"],
    ] {
        let [wanted, found] = FORMS.map(|form| {
            let detect = ["detect", "--json", "--score", "0.05", "--model", form, "pictures/01.png"];
            let report: Value = serde_json::from_str(&run(&shop, &[&detect[..], flags].concat()).done()).unwrap();
            report["detections"].clone()
        });
        assert_eq!(found, wanted, "{flags:?}");
        assert!(!wanted.as_array().unwrap().is_empty(), "{flags:?}");
    }
}

#[test]
fn models_list_says_no_more_of_them_than_of_others() {
    let shop = shop();
    std::fs::write(shop.path("sums.json"), "{}").unwrap();
    let list = run(&shop, &["models", "list"]).done();
    let line = list.lines().find(|line| line.contains(FORMS[1])).unwrap();
    assert!(line.contains("QDQ, ") && !line.contains("partly in float"), "{line}");
}
