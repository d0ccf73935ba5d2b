//! Convolutions of any kind, and what the tests do with models.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use twinsight::integer::{Executor, Network, Sums, Values};
use twinsight::onnx::{AttributeProto, TensorProto};

use crate::between::between;
use crate::golden::{Golden, crc32, crc32_of_floats, picture};
use crate::support::{Grid, Model, NaiveConv};

pub fn executor(model: &Model) -> Executor {
    Executor::new(Arc::new(Network::read(&model.bytes()).unwrap_or_else(|e| panic!("{e}"))))
}

/// A tensor's bytes; those of int8 lifted by 128.
pub fn bytes(executor: &Executor, tensor: &str) -> Vec<u8> {
    match executor.values(tensor).unwrap() {
        Values::U8(values) => values,
        Values::I8(values) => values.iter().map(|value| value.cast_unsigned() ^ 128).collect(),
        Values::F32(_) => panic!("{tensor} is float"),
    }
}

/// Often at an end.
pub fn any_byte() -> impl Strategy<Value = u8> {
    prop_oneof![Just(0u8), Just(255u8), any::<u8>()]
}

/// Often so large that pairs overflow.
pub fn any_weight() -> impl Strategy<Value = i8> {
    prop_oneof![Just(127i8), Just(-127i8), Just(-128i8), any::<i8>(), -20i8..20]
}

pub fn any_grid() -> impl Strategy<Value = Grid> {
    (between(0.01..3.0), any_byte(), any::<bool>()).prop_map(|(scale, zero_point, signed)| Grid {
        scale,
        zero_point,
        signed,
    })
}

/// A convolution and its input.
#[derive(Clone, Debug)]
pub struct Case {
    pub size: [usize; 2],
    pub input: Vec<u8>,
    pub from: Grid,
    pub to: Grid,
    pub conv: NaiveConv,
    /// One, or one a filter.
    pub scales: Vec<f32>,
}

pub fn any_case() -> impl Strategy<Value = Case> {
    // Mostly small, so that plain loops stay short.
    let side = || prop_oneof![3 => 1usize..=24, 1 => 25usize..=70];
    let shape = (1usize..=70, 1usize..=9, [1usize..=3, 1usize..=3], [side(), side()]);
    let window = ([1usize..=2, 1usize..=2], [0usize..=2, 0usize..=2, 0usize..=2, 0usize..=2]);
    let whole = (shape, window, any_grid(), any_grid(), any::<[bool; 2]>());
    whole
        .prop_filter_map(
            "the window must fit",
            |((channels, filters, kernel, size), (strides, pads), from, to, way)| {
                let fits = kernel[0] <= size[0] + pads[0] + pads[2] && kernel[1] <= size[1] + pads[1] + pads[3];
                fits.then_some((channels, filters, kernel, size, strides, pads, from, to, way))
            },
        )
        .prop_flat_map(|(channels, filters, kernel, size, strides, pads, from, to, [per_channel, has_bias])| {
            let depth = channels * kernel[0] * kernel[1];
            // All sums stay within int32, which biases come near to.
            let furthest = i32::MAX - (depth * 50_000) as i32;
            let bias = prop_oneof![3 => -100_000..100_000i32, 1 => any::<i32>()]
                .prop_map(move |b| b.clamp(-furthest, furthest));
            let biases = vec(bias, if has_bias { filters } else { 0 });
            let scales = vec(between(1e-4..0.1), if per_channel { filters } else { 1 });
            let numbers =
                (vec(any_byte(), channels * size[0] * size[1]), vec(any_weight(), filters * depth), biases, scales);
            numbers.prop_map(move |(input, weights, biases, scales)| {
                let dims = [filters, channels, kernel[0], kernel[1]];
                // As many steps as make most sums land within a byte.
                let to = Grid { scale: to.scale * from.scale * (depth as f32).sqrt() * 5.0, signed: from.signed, ..to };
                Case { size, input, from, to, conv: NaiveConv { dims, weights, biases, strides, pads }, scales }
            })
        })
}

impl Case {
    pub fn model(&self) -> Model {
        let dims = self.conv.dims;
        let mut model = Model::quantized([dims[1], self.size[0], self.size[1]], self.from);
        let of_scales: &[i64] = if self.scales.len() == 1 { &[] } else { &[dims[0] as i64] };
        model.grid("y", self.to);
        model.constant(TensorProto::i8("w", &dims.map(|side| side as i64), &self.conv.weights));
        model.constant(TensorProto::f32("w_scale", of_scales, &self.scales));
        model.constant(TensorProto::i8("w_zero_point", of_scales, &vec![0; self.scales.len()]));
        let mut inputs = vec!["q+", "w+", "+y"];
        if !self.conv.biases.is_empty() {
            model.constant(TensorProto::i32("b", &[dims[0] as i64], &self.conv.biases));
            inputs.push("b");
        }
        let ints = |name: &str, values: &[usize]| {
            AttributeProto::ints(name, &values.iter().map(|v| *v as u32).collect::<Vec<_>>())
        };
        let attributes =
            vec![ints("kernel_shape", &dims[2..]), ints("strides", &self.conv.strides), ints("pads", &self.conv.pads)];
        model.node("QLinearConv", &inputs, &["y"], attributes);
        model.output("y");
        model
    }

    pub fn bytes(&self, sums: &[i64], places: usize) -> Vec<u8> {
        let of = |(at, sum): (usize, &i64)| self.to.round(*sum as f32 * self.multiplier(at / places));
        sums.iter().enumerate().map(of).collect()
    }

    pub fn multiplier(&self, filter: usize) -> f32 {
        self.from.scale * self.scales[filter.min(self.scales.len() - 1)] / self.to.scale
    }
}

/// A network of the golden's model after its run on the picture; each tensor is what the golden says.
pub fn golden_run(golden: &Golden, network: Network, sums: Sums) -> Executor {
    let Golden { file, tensors, .. } = golden;
    let mut executor = Executor::new(Arc::new(network));
    executor.run(&picture(), sums).unwrap();
    let crc = |tensor: &str| match executor.values(tensor).unwrap_or_else(|| panic!("{file}: {tensor} is missing")) {
        Values::U8(values) => crc32(&values),
        Values::I8(_) => panic!("{tensor} is signed"),
        Values::F32(values) => crc32_of_floats(&values),
    };
    let differing: Vec<&String> =
        tensors.iter().filter(|(tensor, wanted)| crc(tensor) != **wanted).map(|(tensor, _)| tensor).collect();
    assert!(differing.is_empty(), "{file}: {} of {} tensors differ: {differing:?}", differing.len(), tensors.len());
    assert_eq!(tensors.len() + 1, executor.network().tensors().len(), "{file}");
    executor
}
