//! Whole files: read, quantized, and measured against what they were.

use twinsight::model::Arithmetic;
use twinsight::workshop::layers::{LayerModels, Layers};
use twinsight::workshop::{CalibrationFrame, Calibrator, Recipe};

use super::{HEAD, POOLED, Theirs, ints, node, numbers};

#[test]
fn the_input_size_may_be_left_open() {
    let mut theirs = Theirs::new(13);
    let graph = theirs.graph();
    for value in graph.input.iter_mut().chain(&mut graph.output) {
        let shape = value.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap().shape.as_mut().unwrap();
        for (place, dim) in shape.dim.iter_mut().enumerate().filter(|(place, _)| *place != 1) {
            (dim.dim_value, dim.dim_param) = if place == 0 { (Some(-1), None) } else { (None, Some("side".into())) };
        }
    }
    let built = theirs.read().unwrap().float();
    assert_eq!(theirs.run(&built.bytes), theirs.run(&std::fs::read(theirs.shop.float()).unwrap()));
}

/// All at once: quantized, measured layer by layer, and close to the float file as it is.
#[test]
fn what_was_read_is_quantized_and_measured_against_the_file_as_it_was() {
    let mut theirs = Theirs::new(11);
    theirs.of("layer_02_split").attribute.push(ints("split", &[3, 5]));
    theirs.floats("narrow", &[4, 5, 1, 1], &numbers(20, -0.5, 0.5));
    let narrow = node("Conv", &["before", "narrow"], &["layer_02_split_1"], vec![]);
    theirs.splice("layer_02_split_1", vec![narrow]);
    theirs.of("layer_00_leaky").op_type = "Relu".into();
    theirs.of("layer_00_leaky").attribute.clear();
    theirs.longs("ends", &[0, 0, 0, 0, 0, 0, 1, 1]);
    let chain = vec![
        node("Identity", &["before"], &["kept"], vec![]),
        node("Pad", &["kept", "ends"], &["padded"], vec![]),
        node("MaxPool", &["padded"], &[POOLED], vec![ints("kernel_shape", &[2, 2])]),
    ];
    theirs.splice(POOLED, chain);
    theirs.same("all at once");

    let model = theirs.read().unwrap();
    let mut calibrator = Calibrator::new(&theirs.shop.runtime(), &model).unwrap();
    for seed in 0..3 {
        let frame = twinsight::source::load(&theirs.shop.picture("calibration", seed)).unwrap();
        calibrator.add(&CalibrationFrame::of(frame.into())).unwrap();
    }
    for recipe in [Recipe::card(), Recipe::tuned(), Recipe::safe()] {
        let table = calibrator.table(recipe.ranges, recipe.grids());
        let int8 = model.quantized(&recipe, &table, &theirs.shop.path("table")).unwrap();
        let float = std::fs::read(theirs.file()).unwrap();
        let models =
            LayerModels { float: &float, int8: &int8.bytes, form: model.form(), arithmetic: &Arithmetic::Exact };
        let mut layers = Layers::new(&theirs.shop.runtime(), models).unwrap();
        let input: Vec<f32> = (0..3 * 64 * 64).map(|i| (i % 64) as f32 / 64.0).collect();
        layers.add(&input).unwrap();
        let rows = layers.layers();
        let head = rows.iter().find(|row| row.tensor == HEAD).unwrap();
        assert!(head.propagated > 12.0, "{}: {} dB", recipe.name, head.propagated);
        assert!(rows.iter().any(|row| row.op == "Pad"), "{rows:?}");
    }
}
