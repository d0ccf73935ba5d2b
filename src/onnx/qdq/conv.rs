//! Convolutions: their weights and biases in whole numbers.

use super::grid::RoundedTensor;
use super::{ADVICE, QdqRewriter, output};
use crate::onnx::{AttributeProto, Attributes, INT8, INT32, NodeProto, TensorProto, shown};

/// Scales that differ by less than this are the same but for the order in which float32 numbers were multiplied.
const ROUNDING: f64 = 1e-6;

/// Weights behind a DequantizeLinear.
struct QdqWeights<'a> {
    tensor: &'a TensorProto,
    name: &'a str,
    /// Names of their scale and zero point.
    scale: &'a str,
    zero_point: String,
    /// One, or one a filter.
    scales: Vec<f32>,
}

impl<'a> QdqRewriter<'a> {
    pub(super) fn conv(&mut self, node: &'a NodeProto, source: RoundedTensor) -> Result<(), String> {
        let sums = output(node)?;
        let Some(weights) = self.weights(node)? else {
            self.as_it_is(node);
            return Ok(());
        };
        let Some(to) = self.rounding(sums)? else { return self.product(node, source, &weights, sums) };
        // Float32, as the runtime multiplies.
        let units: Vec<f32> = weights.scales.iter().map(|scale| source.grid.step * scale).collect();
        let mut input = vec![source.bytes, source.grid.scale, source.grid.zero_point];
        input.extend([weights.name.to_owned(), weights.scale.to_owned(), weights.zero_point]);
        input.extend([to.grid.scale.clone(), to.grid.zero_point.clone()]);
        if let Some(bias) = self.input(node, 2) {
            input.push(self.integer_bias(bias, &units)?);
        }
        self.push(node, "QLinearConv", input, vec![to.bytes.clone()], node.attribute.clone());
        self.put(sums, to);
        Ok(())
    }

    /// A 1×1 convolution whose sums stay in float, as a product of matrices: `[H, W, C]` times `[C, filters]`.
    fn product(
        &mut self,
        node: &'a NodeProto,
        source: RoundedTensor,
        weights: &QdqWeights<'a>,
        sums: &'a str,
    ) -> Result<(), String> {
        let attributes = Attributes(&node.attribute);
        let is_plain = attributes.int("group", 1)? == 1
            && attributes.ints("strides").iter().all(|stride| *stride == 1)
            && attributes.ints("pads").iter().all(|pad| *pad == 0);
        let (filters, channels) = match weights.tensor.dims[..] {
            [filters, channels, 1, 1] if is_plain => (filters, channels),
            _ => {
                let reader = self.readers.get(sums).and_then(|readers| readers.first());
                let reader =
                    reader.map_or_else(String::new, |reader| format!(" before the node {} reads it", shown(reader)));
                return Err(format!("its output is not rounded by one QuantizeLinear{reader}; {ADVICE}"));
            }
        };
        if weights.tensor.data_type != INT8 {
            return Err(format!("its weights {} are not int8; {ADVICE}", weights.name));
        }
        let narrow =
            |values: Vec<i32>| values.into_iter().map(|value| i8::try_from(value).ok()).collect::<Option<Vec<i8>>>();
        let values = self.constants.integers(weights.name).and_then(narrow).filter(|values| !values.is_empty());
        let values = values.ok_or_else(|| format!("its weights {} are not all in the file", weights.name))?;
        // There are as many values as the dimensions say, so that neither is 0.
        let (filters, channels) = (filters as usize, channels as usize);
        let of = |channel: usize, filter: usize| values[filter * channels + channel];
        let columns: Vec<i8> =
            (0..channels).flat_map(|channel| (0..filters).map(move |filter| of(channel, filter))).collect();
        let matrix = self.fresh(format!("{}_columns", weights.name));
        self.initializers.push(TensorProto::i8(&matrix, &[channels as i64, filters as i64], &columns));
        let bias = match self.input(node, 2) {
            Some(bias) => Some(self.float_bias(bias)?),
            None => None,
        };
        let name = shown(node);
        let [rows, places] = ["rows", "sums"].map(|end| self.fresh(format!("{name}_{end}")));
        let grid = source.grid;
        let mut input = vec![rows.clone(), matrix, grid.scale, weights.scale.to_owned(), grid.zero_point];
        input.push(weights.zero_point.clone());
        input.extend(bias);
        let order = |axes: &[u32]| vec![AttributeProto::ints("perm", axes)];
        self.push(node, "Transpose", vec![source.bytes], vec![rows], order(&[0, 2, 3, 1]));
        self.push(node, "MatMulIntegerToFloat", input, vec![places.clone()], Vec::new());
        self.push(node, "Transpose", vec![places], vec![sums.to_owned()], order(&[0, 3, 1, 2]));
        // The product keeps the convolution's name.
        if let [.., first, _, last] = &mut self.nodes[..] {
            first.name = format!("{name}_channels_last");
            last.name = format!("{name}_channels_first");
        }
        Ok(())
    }

    /// `None`: they are in float.
    fn weights(&mut self, node: &'a NodeProto) -> Result<Option<QdqWeights<'a>>, String> {
        let from = self.input(node, 1).and_then(|name| self.scaled.get(name)).copied();
        let Some(from) = from else { return Ok(None) };
        let (name, scale) = (self.input(from, 0), self.input(from, 1));
        let (Some(name), Some(scale)) = (name, scale) else { return Err("its weights have no scale".into()) };
        let tensor = self.constants.tensor(name).ok_or_else(|| format!("its weights {name} are not a constant"))?;
        let scales = self.constants.floats(scale).map(|(_, scales)| scales);
        let scales = scales.ok_or_else(|| {
            format!("the scale {scale} of its weights is not a float32 constant in the file; {ADVICE}")
        })?;
        let axis = Attributes(&from.attribute).int("axis", 1)?;
        if scales.len() != 1 && axis != 0 && axis != -(tensor.dims.len() as i64) {
            return Err(format!("its weights have scales along axis {axis}, not one a filter (axis 0); {ADVICE}"));
        }
        let zero_point = match self.input(from, 2) {
            Some(name) => name.to_owned(),
            None => self.zeros(scale, tensor.data_type),
        };
        Ok(Some(QdqWeights { tensor, name, scale, zero_point, scales }))
    }

    /// The name of a bias in whole units: as it is in the file, or rounded to them, half to even.
    fn integer_bias(&mut self, bias: &'a str, units: &[f32]) -> Result<String, String> {
        let (values, scales) = self.bias(bias)?;
        let of = |list: &[f32], place: usize| f64::from(list[if list.len() == 1 { 0 } else { place }]);
        if units.len() != 1 && units.len() != values.len() {
            return Err(format!("it has {} biases for {} filters", values.len(), units.len()));
        }
        let is_close = |place: usize| {
            let (scale, unit) = (of(&scales, place), of(units, place));
            (scale - unit).abs() <= unit * ROUNDING
        };
        if let Some(from) = self.scaled.get(bias).copied()
            && let Some(name) = self.input(from, 0)
            && self.constants.tensor(name).is_some_and(|tensor| tensor.data_type == INT32)
            && (0..values.len()).all(is_close)
        {
            return Ok(name.to_owned());
        }
        let mut rounded = Vec::with_capacity(values.len());
        for (place, value) in values.iter().enumerate() {
            let (value, unit) = (value * of(&scales, place), of(units, place));
            let whole = (value / unit).round_ties_even();
            // Also where it is not a number.
            if !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&whole) {
                return Err(format!(
                    "its bias {value} takes more than 32 bits in units of {unit}, the input's scale times the weights'"
                ));
            }
            rounded.push(whole as i32);
        }
        let name = self.fresh(format!("{bias}_quantized"));
        self.initializers.push(TensorProto::i32(&name, &[rounded.len() as i64], &rounded));
        Ok(name)
    }

    /// The name of a bias in float.
    fn float_bias(&mut self, bias: &'a str) -> Result<String, String> {
        let (values, scales) = self.bias(bias)?;
        if !self.scaled.contains_key(bias) {
            return Ok(bias.to_owned());
        }
        let scale = |place: usize| scales[if scales.len() == 1 { 0 } else { place }];
        // Float32, as DequantizeLinear multiplies.
        let floats: Vec<f32> = values.iter().enumerate().map(|(place, value)| *value as f32 * scale(place)).collect();
        let name = self.fresh(format!("{bias}_float"));
        self.initializers.push(TensorProto::f32(&name, &[floats.len() as i64], &floats));
        Ok(name)
    }

    /// A bias's values and their scales, one or one each: 1 for those that are in float.
    fn bias(&self, bias: &str) -> Result<(Vec<f64>, Vec<f32>), String> {
        let Some(from) = self.scaled.get(bias).copied() else {
            let floats = self.constants.floats(bias).map(|(_, values)| values);
            let floats = floats.ok_or_else(|| format!("its bias {bias} is not a constant in the file; {ADVICE}"))?;
            return Ok((floats.into_iter().map(f64::from).collect(), vec![1.0]));
        };
        let values = self.input(from, 0).and_then(|name| self.constants.integers(name));
        let scales = self.input(from, 1).and_then(|name| self.constants.floats(name)).map(|(_, scales)| scales);
        let (Some(values), Some(scales)) = (values, scales) else {
            return Err(format!("its bias {bias} has no values or no scale in the file; {ADVICE}"));
        };
        let zero_points = self.input(from, 2).map(|name| self.constants.integers(name));
        if !zero_points.unwrap_or(Some(Vec::new())).is_some_and(|points| points.iter().all(|point| *point == 0)) {
            return Err(format!("the zero point of its bias {bias} is not 0; {ADVICE}"));
        }
        if scales.len() != 1 && scales.len() != values.len() {
            return Err(format!("its bias {bias} has {} scales for {} values", scales.len(), values.len()));
        }
        Ok((values.into_iter().map(f64::from).collect(), scales))
    }
}
