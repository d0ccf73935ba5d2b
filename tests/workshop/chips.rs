//! Recipes for chips: every number and every byte is that of an independent reference.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use prost::Message;
use twinsight::integer::{Executor, Network, Sums, Values};
use twinsight::model::metadata::Metadata;
use twinsight::model::{Arithmetic, RawSession};
use twinsight::onnx::{Attributes, INT8, Integers, ModelProto, TensorProto};
use twinsight::workshop::{
    CalibrationTable, FloatModel, GridKind, LeakySlope, ModelFile, Recipe, TableError, WorkshopError,
};

use crate::golden::{crc32, crc32_of_floats, picture};
use crate::program::{models, root};
use crate::stock::{runtime, source};

/// Of tests/reference/recipes.py.
#[derive(serde::Deserialize)]
struct RecipeGolden {
    /// Scale and zero point of each activation.
    grids: BTreeMap<String, (f32, i32)>,
    convolutions: BTreeMap<String, GoldenNumbers>,
    /// The CRC-32 of each tensor's bytes.
    tensors: BTreeMap<String, String>,
}

#[derive(serde::Deserialize)]
struct GoldenNumbers {
    /// The first few.
    scales: Vec<f32>,
    weights: String,
    /// `None`: the sums come out in float.
    biases: Option<String>,
}

fn golden() -> &'static BTreeMap<String, RecipeGolden> {
    static GOLDEN: LazyLock<BTreeMap<String, RecipeGolden>> = LazyLock::new(|| {
        let text = std::fs::read_to_string(root().join("tests/data/recipes.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    });
    &GOLDEN
}

pub fn built(source: &FloatModel, recipe: &Recipe) -> ModelFile {
    let path = models().join(source.table_name(recipe));
    source.quantized(recipe, &CalibrationTable::read(&path).unwrap(), &path).unwrap()
}

fn proto(file: &ModelFile) -> ModelProto {
    ModelProto::decode(file.bytes.as_slice()).unwrap()
}

fn floats(tensor: &TensorProto) -> Vec<f32> {
    tensor.raw_data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn crc(bytes: &[u8]) -> String {
    format!("{:08x}", crc32(bytes))
}

#[test]
fn numbers_and_tensors_are_those_that_numpy_computes() {
    assert_eq!(golden().keys().collect::<Vec<_>>(), ["m7", "vitis-like", "zynq"]);
    for (name, golden) in golden() {
        let file = built(source(), &Recipe::find(name).unwrap());
        let graph = proto(&file).graph.unwrap();
        let tensors: BTreeMap<&str, &TensorProto> = graph.initializer.iter().map(|t| (t.name.as_str(), t)).collect();
        let mut seen = 0;
        for (tensor, (scale, zero_point)) in &golden.grids {
            // Tensors that share a grid name it after the first of them.
            let Some(found) = tensors.get(format!("{tensor}_scale").as_str()) else { continue };
            let zero = tensors[format!("{tensor}_zero_point").as_str()];
            let byte = zero.raw_data[0];
            let zero = if zero.data_type == INT8 { i32::from(byte.cast_signed()) } else { i32::from(byte) };
            assert_eq!((floats(found), zero), (vec![*scale], *zero_point), "{name}, {tensor}");
            seen += 1;
        }
        assert!(seen > 20, "{name}: {seen} grids");
        assert_eq!(golden.convolutions.len(), 21);
        for (conv, numbers) in &golden.convolutions {
            let scales = floats(tensors[format!("{conv}_weight_scale").as_str()]);
            assert_eq!(scales[..numbers.scales.len()], numbers.scales, "{name}, {conv}");
            if let Some(biases) = &numbers.biases {
                let weights = &tensors[format!("{conv}_weight_quantized").as_str()].raw_data;
                let found = &tensors[format!("{conv}_bias_quantized").as_str()].raw_data;
                assert_eq!([&crc(weights), &crc(found)], [&numbers.weights, biases], "{name}, {conv}");
            }
        }

        let mut executor = Executor::new(Arc::new(Network::read(&file.bytes).unwrap()));
        executor.run(&picture(), Sums::Exact).unwrap();
        for (tensor, wanted) in &golden.tensors {
            let found = match executor.values(tensor).unwrap() {
                Values::F32(values) => format!("{:08x}", crc32_of_floats(&values)),
                Values::U8(values) => crc(&values),
                Values::I8(values) => crc(&values.iter().map(|value| value.cast_unsigned()).collect::<Vec<_>>()),
            };
            assert_eq!(found, *wanted, "{name}, {tensor}");
        }
    }
}

#[test]
fn each_recipe_does_what_it_says() {
    let of = |name: &str| {
        let file = built(source(), &Recipe::find(name).unwrap());
        let integers = Integers::of(&file.bytes).unwrap();
        (proto(&file).graph.unwrap(), integers)
    };
    let scales = |graph: &twinsight::onnx::GraphProto| -> Vec<f32> {
        graph.initializer.iter().filter(|t| t.name.ends_with("_scale")).flat_map(floats).collect()
    };
    let (vitis, integers) = of("vitis-like");
    let scales = scales(&vitis);
    assert!(scales.len() > 40 && scales.iter().all(|scale| scale.log2().fract() == 0.0), "{scales:?}");
    let zero_points = vitis.initializer.iter().filter(|t| t.name.ends_with("_zero_point"));
    assert!(zero_points.into_iter().all(|t| t.data_type == INT8 && t.raw_data.iter().all(|byte| *byte == 0)));
    let slopes = vitis.node.iter().filter(|node| node.op_type == "QLinearLeakyRelu");
    let slopes: Vec<f32> = slopes.map(|node| Attributes(&node.attribute).float("alpha", 0.0)).collect();
    assert_eq!(slopes, [26.0 / 256.0; 19]);
    assert!(integers.signed);

    let (zynq, integers) = of("zynq");
    let is_zero_point = |t: &&TensorProto| t.name.ends_with("_zero_point") && !t.name.contains("weight");
    let points: Vec<&TensorProto> = zynq.initializer.iter().filter(is_zero_point).collect();
    assert!(points.iter().all(|t| t.data_type == INT8) && points.iter().any(|t| t.raw_data[0] != 0));
    assert!(integers.signed);

    let (m7, integers) = of("m7");
    let weights = m7.initializer.iter().filter(|t| t.name.ends_with("_weight_quantized"));
    let largest = weights.flat_map(|t| &t.raw_data).map(|byte| byte.cast_signed().unsigned_abs()).max();
    assert_eq!((largest, integers.overflowing, integers.signed), (Some(63), 0, false));
}

/// ONNX Runtime computes what is exact sums' on this processor: int8 activations run as uint8.
#[test]
fn sessions_give_the_heads_of_the_integer_engine() {
    for name in ["vitis-like", "zynq", "m7"] {
        let file = built(source(), &Recipe::find(name).unwrap());
        let mut executor = Executor::new(Arc::new(Network::read(&file.bytes).unwrap()));
        executor.run(&picture(), Sums::Exact).unwrap();
        let mut session = RawSession::from_bytes(&runtime(), &file.bytes, 2, &Arithmetic::Exact).unwrap();
        session
            .run(&picture(), |head, _, values| {
                assert_eq!(executor.values(head).unwrap(), Values::F32(values.to_vec()), "{name}, {head}");
            })
            .unwrap();
    }
}

#[test]
fn another_slope_makes_another_float_model() {
    let slope: LeakySlope = "26/256".parse().unwrap();
    let sloped = source().clone().with_leaky_slope(slope);
    let file = sloped.float();
    assert_eq!(file.file, "yolov4-tiny-416_float_slope-26-256.onnx");
    let model = proto(&file);
    let graph = model.graph.unwrap();
    let slopes = graph.node.iter().filter(|node| node.op_type == "LeakyRelu");
    assert!(slopes.into_iter().all(|node| Attributes(&node.attribute).float("alpha", 0.0) == 0.101_562_5));
    let prop = |key: &str| model.metadata_props.iter().find(|p| p.key == key).map(|p| p.value.clone());
    let metadata = Metadata::from_props(prop).unwrap().unwrap();
    assert_eq!((metadata.leaky_slope.as_deref(), metadata.recipe.as_str()), (Some("26/256"), "float"));
    // Read back it is the same network, and its files begin as before.
    let dir = tempfile::tempdir().unwrap();
    let read = FloatModel::read_model(&file.write(dir.path()).unwrap()).unwrap();
    assert_eq!((read.leaky_slope(), read.float()), (Some(slope), file));
    assert_eq!(source().float().file, "yolov4-tiny-416_float.onnx");

    let recipe = Recipe::find("vitis-like").unwrap();
    let table = CalibrationTable::read(&models().join(source().table_name(&recipe))).unwrap();
    let path = std::path::Path::new("table.json");
    // The recipe's slope and the model's are one.
    let from_either = [source(), &read].map(|model| model.quantized(&recipe, &table, path).unwrap());
    assert_eq!(from_either[0], from_either[1]);
    let refused = |table: &CalibrationTable| source().quantized(&recipe, table, path).unwrap_err();
    let own = CalibrationTable { leaky_slope: None, ..table.clone() };
    let WorkshopError::Table { cause: TableError::OtherSlope { .. }, .. } = refused(&own) else { panic!() };
    let said = "was made with the network's own as the slope of leaky ReLUs, but 26/256 is needed";
    assert!(refused(&own).to_string().contains(said), "{}", refused(&own));
    let any = CalibrationTable { grids: GridKind::default(), ..table.clone() };
    let said = "was made for any grids, but the recipe vitis-like needs one for symmetric power of two grids";
    assert!(refused(&any).to_string().contains(said), "{}", refused(&any));
    // What is special about a table is in its file.
    assert_eq!(CalibrationTable::from_json(&table.to_json()), Ok(table));
}
