//! Builds small INT8 models, and computes the same in plain loops.

use prost::Message;
use twinsight::onnx::{
    AttributeProto, GraphProto, IR_VERSION, MICROSOFT, ModelProto, NodeProto, OPSET, OperatorSetIdProto, TensorProto,
    ValueInfoProto,
};

/// An activation's scale and zero point, as a byte; those of int8 are lifted by 128.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    pub scale: f32,
    pub zero_point: u8,
    pub signed: bool,
}

impl Grid {
    pub fn dequantize(self, byte: u8) -> f32 {
        (i32::from(byte) - i32::from(self.zero_point)) as f32 * self.scale
    }

    pub fn round(self, value: f32) -> u8 {
        (f64::from(value.round_ties_even()) + f64::from(self.zero_point)).clamp(0.0, 255.0) as u8
    }
}

/// A model that grows node by node, from the float32 input `x`.
#[derive(Clone, Debug)]
pub struct Model {
    pub graph: GraphProto,
}

impl Model {
    /// `dims`: channels, height, width.
    pub fn new(dims: [usize; 3]) -> Self {
        let [channels, height, width] = dims.map(|side| side as i64);
        let input = vec![ValueInfoProto::f32("x", &[1, channels, height, width])];
        Self { graph: GraphProto { input, ..GraphProto::default() } }
    }

    pub fn constant(&mut self, tensor: TensorProto) {
        self.graph.initializer.push(tensor);
    }

    /// Adds the scale and the zero point of `name`.
    pub fn grid(&mut self, name: &str, grid: Grid) {
        self.constant(TensorProto::f32(format!("{name}_scale"), &[], &[grid.scale]));
        let zero_point = format!("{name}_zero_point");
        self.constant(if grid.signed {
            TensorProto::i8(zero_point, &[], &[(grid.zero_point ^ 128).cast_signed()])
        } else {
            TensorProto::u8(zero_point, &[], &[grid.zero_point])
        });
    }

    /// `"q+"` stands for a tensor with its scale and its zero point, `"+y"` for these two alone.
    pub fn node(&mut self, op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<AttributeProto>) {
        let mut input = Vec::new();
        for name in inputs {
            let grid = |name: &str| [format!("{name}_scale"), format!("{name}_zero_point")];
            if let Some(name) = name.strip_suffix('+') {
                input.push(name.to_owned());
                input.extend(grid(name));
            } else if let Some(name) = name.strip_prefix('+') {
                input.extend(grid(name));
            } else {
                input.push((*name).to_owned());
            }
        }
        let theirs = matches!(op, "QLinearLeakyRelu" | "QLinearConcat" | "MatMulIntegerToFloat");
        self.graph.node.push(NodeProto {
            input,
            output: outputs.iter().map(|name| (*name).to_owned()).collect(),
            name: format!("{op}_{}", self.graph.node.len()),
            op_type: op.into(),
            attribute,
            domain: if theirs { MICROSOFT.into() } else { String::new() },
            ..NodeProto::default()
        });
    }

    /// The input in bytes, as `q`.
    pub fn quantized(dims: [usize; 3], grid: Grid) -> Self {
        let mut model = Self::new(dims);
        model.grid("q", grid);
        model.node("QuantizeLinear", &["x", "+q"], &["q"], Vec::new());
        model
    }

    pub fn output(&mut self, name: &str) {
        self.graph.output.push(ValueInfoProto::f32_of_any_shape(name));
    }

    pub fn proto(&self) -> ModelProto {
        let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.into(), version };
        ModelProto {
            ir_version: IR_VERSION,
            graph: Some(self.graph.clone()),
            opset_import: vec![opset("", OPSET), opset(MICROSOFT, 1)],
            ..ModelProto::default()
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.proto().encode_to_vec()
    }
}

/// A convolution, told without any thought for speed.
#[derive(Clone, Debug)]
pub struct NaiveConv {
    /// Filters, channels, height, width.
    pub dims: [usize; 4],
    pub weights: Vec<i8>,
    pub biases: Vec<i32>,
    pub strides: [usize; 2],
    /// Top, left, bottom, right.
    pub pads: [usize; 4],
}

/// What came of one: values in the order of ONNX, channels first.
#[derive(Debug)]
pub struct NaiveSums {
    pub exact: Vec<i64>,
    pub saturating: Vec<i64>,
    /// Height and width.
    pub size: [usize; 2],
    pub pairs: u64,
    pub overflowing: u64,
}

impl NaiveConv {
    /// `input`: channels, height, width.
    pub fn sums(&self, input: &[u8], size: [usize; 2], zero_point: u8) -> NaiveSums {
        let (size, places) = self.products(input, size, zero_point);
        let mut found = NaiveSums { exact: Vec::new(), saturating: Vec::new(), size, pairs: 0, overflowing: 0 };
        let zero_point = i64::from(zero_point);
        for (bias, products) in places {
            found.exact.push(bias + products.iter().map(|(a, w)| (a - zero_point) * w).sum::<i64>());
            let mut sum = bias - zero_point * products.iter().map(|(_, w)| w).sum::<i64>();
            for pair in products.chunks(2) {
                let two: i64 = pair.iter().map(|(a, w)| a * w).sum();
                sum += two.clamp(-32_768, 32_767);
                found.pairs += 1;
                found.overflowing += u64::from(!(-32_768..=32_767).contains(&two));
            }
            found.saturating.push(sum);
        }
        found
    }

    /// The sums where `store` says what a register keeps of a sum, after the bias and after each product.
    pub fn sums_in(&self, input: &[u8], size: [usize; 2], zero_point: u8, store: impl Fn(i64) -> i64) -> Vec<i64> {
        let (_, places) = self.products(input, size, zero_point);
        let sum = |(bias, products): (i64, Vec<(i64, i64)>)| {
            products.iter().fold(store(bias), |sum, (a, w)| store(sum + (a - i64::from(zero_point)) * w))
        };
        places.into_iter().map(sum).collect()
    }

    /// The output's size. For each of its values: the bias; activations and weights in the order of ONNX Runtime's
    /// kernels: height, width, channels.
    #[expect(clippy::type_complexity, reason = "told once")]
    fn products(
        &self,
        input: &[u8],
        [height, width]: [usize; 2],
        zero_point: u8,
    ) -> ([usize; 2], Vec<(i64, Vec<(i64, i64)>)>) {
        let [filters, channels, rows, columns] = self.dims;
        let [top, left, bottom, right] = self.pads;
        let size = [
            (height + top + bottom - rows) / self.strides[0] + 1,
            (width + left + right - columns) / self.strides[1] + 1,
        ];
        let mut found = Vec::new();
        for filter in 0..filters {
            for y in 0..size[0] {
                for x in 0..size[1] {
                    let mut products = Vec::new();
                    for dy in 0..rows {
                        for dx in 0..columns {
                            for channel in 0..channels {
                                let (v, u) = (y * self.strides[0] + dy, x * self.strides[1] + dx);
                                let inside = v >= top && v - top < height && u >= left && u - left < width;
                                let activation = if inside {
                                    input[(channel * height + v - top) * width + u - left]
                                } else {
                                    zero_point
                                };
                                let weight = self.weights[((filter * channels + channel) * rows + dy) * columns + dx];
                                products.push((i64::from(activation), i64::from(weight)));
                            }
                        }
                    }
                    found.push((self.biases.get(filter).map_or(0, |bias| i64::from(*bias)), products));
                }
            }
        }
        (size, found)
    }
}
