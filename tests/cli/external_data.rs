//! Models that keep values in other files: read from beside the model, wherever the program is started.

use std::path::Path;

use prost::Message;
use twinsight::onnx::{ModelProto, StringStringEntryProto};

use crate::program::twinsight;
use crate::run::Run;
use crate::small_network::Shop;

/// Writes the small network's float model with its values in `location`, as `onnx.save(…, save_as_external_data=True)`
/// lays them out, and gives the values.
fn with_values_in(shop: &Shop, folder: &Path, location: &str) -> Vec<u8> {
    let mut model = ModelProto::decode(std::fs::read(shop.float()).unwrap().as_slice()).unwrap();
    let mut values = Vec::new();
    for tensor in &mut model.graph.as_mut().unwrap().initializer {
        let entry = |key: &str, value: String| StringStringEntryProto { key: key.into(), value };
        let (offset, length) = (values.len().to_string(), tensor.raw_data.len().to_string());
        tensor.external_data =
            vec![entry("location", location.into()), entry("offset", offset), entry("length", length)];
        tensor.data_location = 1;
        values.append(&mut tensor.raw_data);
    }
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("m.onnx"), model.encode_to_vec()).unwrap();
    values
}

fn detect(shop: &Shop, model: &Path, from: &Path) -> Run {
    let picture = shop.picture("pictures", 0);
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(from);
    Run::of(command.args(["detect", "--score", "0.1", "--model"]).arg(model).arg(picture))
}

/// Without the time that it took.
fn boxes(run: Run) -> String {
    run.done().lines().skip(1).collect::<Vec<_>>().join("\n")
}

#[test]
fn values_are_read_from_beside_the_model_and_never_from_the_working_folder() {
    let shop = Shop::new();
    let expected = boxes(detect(&shop, &shop.float(), shop.dir.path()));
    assert!(!expected.is_empty(), "nothing to compare");
    let (own, other) = (shop.path("own"), shop.path("other"));
    let values = with_values_in(&shop, &own, "m.data");
    std::fs::write(own.join("m.data"), &values).unwrap();
    // Another training's numbers under the same name.
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("m.data"), values.iter().map(|byte| byte ^ 1).collect::<Vec<_>>()).unwrap();
    for from in [own.as_path(), &other, Path::new("/")] {
        assert_eq!(boxes(detect(&shop, &own.join("m.onnx"), from)), expected, "from {}", from.display());
    }
    assert_eq!(boxes(detect(&shop, Path::new("m.onnx"), &own)), expected, "by a name alone");
    // A folder below, and a link to the model, as caches of downloads have.
    std::fs::create_dir(own.join("data")).unwrap();
    let below = shop.path("below");
    with_values_in(&shop, &below, "data/m.data");
    std::fs::create_dir(below.join("data")).unwrap();
    std::fs::write(below.join("data/m.data"), &values).unwrap();
    let links = shop.path("links");
    std::fs::create_dir(&links).unwrap();
    std::os::unix::fs::symlink(below.join("m.onnx"), links.join("m.onnx")).unwrap();
    for model in [below.join("m.onnx"), links.join("m.onnx")] {
        assert_eq!(boxes(detect(&shop, &model, &other)), expected, "{}", model.display());
    }
}

#[test]
fn such_a_model_is_quantized_as_one_whose_values_are_inside() {
    let shop = Shop::new();
    let own = shop.path("own");
    let values = with_values_in(&shop, &own, "m.data");
    std::fs::write(own.join("m.data"), values).unwrap();
    for seed in 0..3 {
        shop.picture("calibration", seed);
    }
    let quantize = |model: &Path, output: &str| {
        let mut command = twinsight();
        command
            .env("TWINSIGHT_MODELS", shop.dir.path())
            .current_dir("/")
            .args(["models", "quantize", "--recipe", "card"]);
        command.arg("--images").arg(shop.path("calibration")).arg("-o").arg(shop.path(output));
        Run::of(command.arg("--onnx").arg(model)).done();
        std::fs::read(shop.path(output)).unwrap()
    };
    assert!(quantize(&own.join("m.onnx"), "a.onnx") == quantize(&shop.float(), "b.onnx"));
}

#[test]
fn values_are_never_written_over() {
    let shop = Shop::new();
    let own = shop.path("own");
    let values = with_values_in(&shop, &own, "m.data");
    std::fs::write(own.join("m.data"), &values).unwrap();
    shop.picture("calibration", 0);
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).args(["models", "quantize", "--force", "--images"]);
    command.arg(shop.path("calibration")).arg("--onnx").arg(own.join("m.onnx")).arg("-o").arg(own.join("m.data"));
    let said = Run::of(&mut command);
    assert!(said.code == 1 && said.err.contains("this command reads it"), "{said:?}");
    assert!(std::fs::read(own.join("m.data")).unwrap() == values);
}

#[test]
fn values_that_are_missing_or_lie_elsewhere_are_told() {
    let shop = Shop::new();
    let own = shop.path("own");
    let values = with_values_in(&shop, &own, "m.data");
    let model = own.join("m.onnx");
    let why = |expected: &str| {
        let said = detect(&shop, &model, shop.dir.path());
        assert!(said.error().contains(expected) && said.err.contains("m.onnx"), "{expected:?}: {said:?}");
    };
    why("m.data: there is no such file");
    std::fs::write(own.join("m.data"), &values[..values.len() - 1]).unwrap();
    why("too short");
    std::fs::remove_file(own.join("m.data")).unwrap();
    std::fs::write(shop.path("outside.data"), &values).unwrap();
    std::os::unix::fs::symlink(shop.path("outside.data"), own.join("m.data")).unwrap();
    why("a link out of the model's folder");
    for location in ["../outside.data", "/outside.data"] {
        with_values_in(&shop, &own, location);
        why("outside the model's folder");
    }
}
