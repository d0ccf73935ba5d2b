//! Whether this processor's INT8 kernels of ONNX Runtime compute what a model says.
//!
//! On x86 without VNNI its uint8 × int8 kernels add pairs of products in 16 bits that saturate: wrong as soon as
//! a₀·w₀ + a₁·w₁ leaves ±32,767. Which processors and versions do so is not listed anywhere, so they are asked: a tiny
//! model takes each kernel that the family uses, on bytes and weights whose pairs overflow, and what comes out is held
//! against exact integer sums.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use prost::Message;

use super::raw_session::SessionKind;
use super::{ModelError, RawSession, Runtime};
use crate::onnx::{
    AttributeProto, GraphProto, IR_VERSION, MICROSOFT, ModelProto, NodeProto, OPSET, OperatorSetIdProto, TensorProto,
    ValueInfoProto,
};

/// Channels, filters and the side of the tiny model's tensors: enough for whole and for partial tiles of every kernel.
const CHANNELS: usize = 64;
const FILTERS: usize = 40;
const SIDE: usize = 6;

/// A channel count that no symmetric kernel takes, as in a first convolution.
const FEW_CHANNELS: usize = 3;

/// The zero point of the activations, as most layers have one.
const ZERO_POINT: u8 = 9;
const OUTPUT_ZERO_POINT: u8 = 128;

/// What was found of this processor's kernels.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfTest {
    pub kernels: Vec<KernelTest>,
    pub took: Duration,
}

/// One kernel: how many of its values are not those of exact sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelTest {
    pub kernel: &'static str,
    pub values: usize,
    pub native_wrong: usize,
    /// With the option for exact sums; `None` = it was not needed.
    pub exact_wrong: Option<usize>,
}

impl SelfTest {
    /// `run` computes [`model`] on [`inputs`], with ONNX Runtime's option for exact sums or without, and gives the
    /// outputs in order.
    fn run(mut run: impl FnMut(bool) -> Result<Vec<Vec<f32>>, String>) -> Result<Self, String> {
        let started = Instant::now();
        let cases = cases();
        let native = wrong(&cases, &run(false)?)?;
        let exact = if native.iter().any(|wrong| *wrong > 0) { Some(wrong(&cases, &run(true)?)?) } else { None };
        let kernels = cases
            .iter()
            .enumerate()
            .map(|(at, case)| KernelTest {
                kernel: case.kernel,
                values: case.expected().len(),
                native_wrong: native[at],
                exact_wrong: exact.as_ref().map(|exact| exact[at]),
            })
            .collect();
        Ok(Self { kernels, took: started.elapsed() })
    }

    /// Whether the plain kernels are exact, so that nothing need be done.
    pub fn native_is_exact(&self) -> bool {
        self.kernels.iter().all(|kernel| kernel.native_wrong == 0)
    }

    /// Kernels that are wrong with the option too.
    pub fn inexact(&self) -> Vec<&'static str> {
        self.kernels.iter().filter(|k| k.exact_wrong.is_some_and(|wrong| wrong > 0)).map(|k| k.kernel).collect()
    }
}

impl Runtime {
    /// Whether this processor's INT8 kernels are exact. They are tested once a process, when they are first needed.
    pub fn self_test(&self) -> Result<&'static SelfTest, ModelError> {
        static TESTED: OnceLock<Result<SelfTest, String>> = OnceLock::new();
        let tested = TESTED.get_or_init(|| {
            let test = SelfTest::run(|exact| kernels(self, exact))?;
            log::info!("INT8 kernels of ONNX Runtime {}: {test:?}", self.version());
            Ok(test)
        });
        let failed = |cause: &String| ModelError::SelfTest { version: self.version().to_owned(), cause: cause.clone() };
        tested.as_ref().map_err(failed)
    }
}

/// Computes the tiny model of the self-test, with the option for exact sums or without.
fn kernels(runtime: &Runtime, avoids_overflow: bool) -> Result<Vec<Vec<f32>>, String> {
    let mut session =
        RawSession::build(runtime, &model(), SessionKind { threads: 1, avoids_overflow, keeps_memory: true })?;
    let inputs = inputs();
    let mut outputs = Vec::new();
    session.run_many(
        |name| inputs.iter().find(|(input, _)| input == name).map(|(_, values)| values.as_slice()),
        |_, _, values| outputs.push(values.to_vec()),
    )?;
    Ok(outputs)
}

fn wrong(cases: &[Case], outputs: &[Vec<f32>]) -> Result<Vec<usize>, String> {
    if outputs.len() != cases.len() {
        return Err(format!("{} outputs of {}", outputs.len(), cases.len()));
    }
    let of = |(case, found): (&Case, &Vec<f32>)| {
        let expected = case.expected();
        if found.len() != expected.len() {
            return Err(format!("{}: {} values of {}", case.kernel, found.len(), expected.len()));
        }
        Ok(expected.iter().zip(found).filter(|(e, f)| e != f).count())
    };
    cases.iter().zip(outputs).map(of).collect()
}

/// One kernel with its numbers.
struct Case {
    kernel: &'static str,
    /// Of activations and weights.
    channels: usize,
    /// The side of a filter.
    size: usize,
    /// Whether it is a product of matrices that gives float sums, and not a convolution that gives bytes.
    is_product: bool,
    /// `[channels, SIDE, SIDE]`
    bytes: Vec<u8>,
    /// `[FILTERS, channels, size, size]`
    weights: Vec<i8>,
    biases: Vec<i32>,
}

fn cases() -> Vec<Case> {
    let case = |kernel, channels: usize, size: usize, is_product| {
        let mut draw = Xorshift(0x2545_f491_4f6c_dd1d);
        // Mostly the largest values, so that pairs overflow to both sides; the rest is anything.
        let bytes = (0..channels * SIDE * SIDE).map(|_| if draw.one_of(4) { draw.byte() } else { 255 }).collect();
        let weight = |draw: &mut Xorshift| match draw.byte() {
            0..=99 => 127,
            100..=199 => -127,
            other => other.cast_signed().max(-127),
        };
        let weights = (0..FILTERS * channels * size * size).map(|_| weight(&mut draw)).collect();
        let biases = (0..FILTERS).map(|_| i32::from(draw.byte()) - 128).collect();
        Case { kernel, channels, size, is_product, bytes, weights, biases }
    };
    vec![
        case("convolution 3×3", CHANNELS, 3, false),
        case("convolution 1×1", CHANNELS, 1, false),
        case("convolution of 3 channels", FEW_CHANNELS, 3, false),
        case("matrix product", CHANNELS, 1, true),
    ]
}

impl Case {
    /// Weights of a filter.
    fn taps(&self) -> usize {
        self.channels * self.size * self.size
    }

    /// What a step of an output byte is worth: the sums of this case fill most of the 256 steps, and one pair that
    /// saturates moves a sum by a step or more.
    fn output_scale(&self) -> f32 {
        (self.taps() as f32).sqrt() * 650.0
    }

    /// Bytes of a convolution, `[FILTERS, SIDE, SIDE]`; sums of a product, `[SIDE, SIDE, FILTERS]`.
    fn expected(&self) -> Vec<f32> {
        self.outputs(exact_sum)
    }

    /// The same with `sum` adding up the products of one output.
    fn outputs(&self, sum: impl Fn(&[(u8, i8)]) -> i32) -> Vec<f32> {
        let mut outputs = vec![0.0; FILTERS * SIDE * SIDE];
        let mut products = Vec::with_capacity(self.taps());
        for filter in 0..FILTERS {
            let weights = &self.weights[filter * self.taps()..][..self.taps()];
            for y in 0..SIDE {
                for x in 0..SIDE {
                    self.products(weights, y, x, &mut products);
                    let all: i32 = weights.iter().map(|w| i32::from(*w)).sum();
                    let sum = sum(&products) - i32::from(ZERO_POINT) * all + self.biases[filter];
                    if self.is_product {
                        outputs[(y * SIDE + x) * FILTERS + filter] = sum as f32;
                    } else {
                        let multiplier = 1.0 / self.output_scale();
                        let steps = (sum as f32 * multiplier).round_ties_even() + f32::from(OUTPUT_ZERO_POINT);
                        outputs[(filter * SIDE + y) * SIDE + x] = steps.clamp(0.0, 255.0);
                    }
                }
            }
        }
        outputs
    }

    /// Activation and weight of each product of an output: channels of one tap follow each other.
    fn products(&self, weights: &[i8], y: usize, x: usize, products: &mut Vec<(u8, i8)>) {
        let Self { channels, size, bytes, .. } = self;
        products.clear();
        for ky in 0..*size {
            for kx in 0..*size {
                // Padding holds the zero point.
                let at = (y + ky + 1).checked_sub(*size / 2 + 1).zip((x + kx + 1).checked_sub(*size / 2 + 1));
                let at = at.filter(|(y, x)| *y < SIDE && *x < SIDE);
                for channel in 0..*channels {
                    let byte = at.map_or(ZERO_POINT, |(y, x)| bytes[(channel * SIDE + y) * SIDE + x]);
                    products.push((byte, weights[(channel * size + ky) * size + kx]));
                }
            }
        }
    }
}

fn exact_sum(products: &[(u8, i8)]) -> i32 {
    products.iter().map(|(a, w)| i32::from(*a) * i32::from(*w)).sum()
}

/// Numbers that look random and are always the same (xorshift).
struct Xorshift(u64);

impl Xorshift {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u8
    }

    fn one_of(&mut self, n: u8) -> bool {
        self.byte().is_multiple_of(n)
    }
}

/// The values of the tiny model's inputs, by name.
fn inputs() -> Vec<(String, Vec<f32>)> {
    let values = |case: &Case| case.bytes.iter().map(|b| f32::from(*b) - f32::from(ZERO_POINT)).collect();
    cases().iter().enumerate().map(|(at, case)| (format!("x{at}"), values(case))).collect()
}

/// A model with an output for each kernel: an input, rounded to bytes as it is, through the kernel, back to float.
fn model() -> Vec<u8> {
    let cases = cases();
    let mut graph = GraphProto { name: "kernels".into(), ..GraphProto::default() };
    graph.initializer.extend([
        TensorProto::f32("one", &[], &[1.0]),
        TensorProto::u8("zero_point", &[], &[ZERO_POINT]),
        TensorProto::u8("output_zero_point", &[], &[OUTPUT_ZERO_POINT]),
        TensorProto::u8("zero", &[], &[0]),
    ]);
    for (at, case) in cases.iter().enumerate() {
        case.write(at, &mut graph);
    }
    let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.into(), version };
    let model = ModelProto {
        ir_version: IR_VERSION,
        graph: Some(graph),
        opset_import: vec![opset("", OPSET), opset(MICROSOFT, 1)],
        ..ModelProto::default()
    };
    model.encode_to_vec()
}

impl Case {
    fn write(&self, at: usize, graph: &mut GraphProto) {
        let side = SIDE as i64;
        let dims = [FILTERS, self.channels, self.size, self.size].map(|n| n as i64);
        let name = |what: &str| format!("{what}{at}");
        let mut node = |op: &str, domain: &str, input: &[&str], output: &str, attribute: Vec<AttributeProto>| {
            let input = input.iter().map(|name| (*name).to_owned()).collect();
            let node =
                NodeProto { op_type: op.into(), domain: domain.into(), input, attribute, ..NodeProto::default() };
            graph.node.push(NodeProto { name: format!("{output}_node"), output: vec![output.to_owned()], ..node });
        };
        let [x, bytes, weights, bias, sums, out] = ["x", "bytes", "weights", "bias", "sums", "out"].map(name);
        let (rows, scale, weight_zero_point) = (name("rows"), name("scale"), name("weight_zero_point"));
        node("QuantizeLinear", "", &[&x, "one", "zero_point"], &bytes, Vec::new());
        if self.is_product {
            node("Transpose", "", &[&bytes], &rows, vec![AttributeProto::ints("perm", &[0, 2, 3, 1])]);
            let input = [&rows, &weights, "one", "one", "zero_point", &weight_zero_point, &bias];
            node("MatMulIntegerToFloat", MICROSOFT, &input, &out, Vec::new());
        } else {
            let pad = self.size as u32 / 2;
            let pads = vec![AttributeProto::ints("pads", &[pad; 4])];
            let zero_points = ["zero_point", &weight_zero_point, "output_zero_point"];
            let input = [&bytes, "one", zero_points[0], &weights, "one", zero_points[1], &scale, zero_points[2], &bias];
            node("QLinearConv", "", &input, &sums, pads);
            node("DequantizeLinear", "", &[&sums, "one", "zero"], &out, Vec::new());
        }
        if self.is_product {
            let columns: Vec<i8> = (0..self.channels)
                .flat_map(|c| (0..FILTERS).map(move |f| f * self.channels + c))
                .map(|at| self.weights[at])
                .collect();
            let biases: Vec<f32> = self.biases.iter().map(|bias| *bias as f32).collect();
            graph.initializer.extend([
                TensorProto::i8(&weights, &[dims[1], dims[0]], &columns),
                TensorProto::f32(&bias, &dims[..1], &biases),
            ]);
        } else {
            graph.initializer.extend([
                TensorProto::i8(&weights, &dims, &self.weights),
                TensorProto::i32(&bias, &dims[..1], &self.biases),
                TensorProto::f32(&scale, &[], &[self.output_scale()]),
            ]);
        }
        // Of its own: ONNX Runtime fails to replace weights whose zero point is shared.
        graph.initializer.push(TensorProto::i8(&weight_zero_point, &[], &[0]));
        graph.input.push(ValueInfoProto::f32(&x, &[1, dims[1], side, side]));
        graph.output.push(ValueInfoProto::f32_of_any_shape(&out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `vpmaddubsw` makes of the products: each pair is added in 16 bits that saturate.
    fn saturating_sum(products: &[(u8, i8)]) -> i32 {
        let pair = |pair: &[(u8, i8)]| exact_sum(pair).clamp(i16::MIN.into(), i16::MAX.into());
        products.chunks(2).map(pair).sum()
    }

    fn outputs(sum: fn(&[(u8, i8)]) -> i32) -> Vec<Vec<f32>> {
        cases().iter().map(|case| case.outputs(sum)).collect()
    }

    #[test]
    fn exact_kernels_pass_without_the_option() {
        let mut asked = Vec::new();
        let test = SelfTest::run(|exact| {
            asked.push(exact);
            Ok(outputs(exact_sum))
        });
        let test = test.unwrap();
        assert!(test.native_is_exact() && test.inexact().is_empty());
        assert_eq!((test.kernels.len(), asked), (4, vec![false]));
    }

    #[test]
    fn a_planted_overflow_is_caught_in_every_kernel() {
        let test = SelfTest::run(|exact| Ok(outputs(if exact { exact_sum } else { saturating_sum }))).unwrap();
        assert!(!test.native_is_exact() && test.inexact().is_empty());
        for kernel in &test.kernels {
            assert!(kernel.native_wrong * 4 > kernel.values, "{kernel:?}");
        }
        let test = SelfTest::run(|_| Ok(outputs(saturating_sum))).unwrap();
        assert_eq!(test.inexact().len(), 4);
    }

    #[test]
    fn one_kernel_that_overflows_is_enough() {
        for at in 0..4 {
            let run = |exact: bool| {
                let mut outputs = outputs(exact_sum);
                if !exact {
                    outputs[at] = cases()[at].outputs(saturating_sum);
                }
                Ok(outputs)
            };
            let test = SelfTest::run(run).unwrap();
            let wrong: Vec<bool> = test.kernels.iter().map(|kernel| kernel.native_wrong > 0).collect();
            assert_eq!(wrong, (0..4).map(|i| i == at).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_sums_use_the_bytes_well() {
        for case in cases().iter().filter(|case| !case.is_product) {
            let expected = case.expected();
            let clamped = expected.iter().filter(|v| **v == 0.0 || **v == 255.0).count();
            let steps: std::collections::BTreeSet<u8> = expected.iter().map(|v| *v as u8).collect();
            assert!(clamped * 10 < expected.len(), "{}: {clamped} of {}", case.kernel, expected.len());
            assert!(steps.len() > 60, "{}: {} steps", case.kernel, steps.len());
        }
    }
}
