//! Constant tensors of an ONNX model: initializers and the outputs of Constant nodes.

use std::collections::HashMap;

use super::{FLOAT, GraphProto, INT8, INT32, INT64, TensorProto, UINT8};

/// The constant tensors of a graph, by name.
pub struct Constants<'a>(HashMap<&'a str, &'a TensorProto>);

impl<'a> Constants<'a> {
    /// Collects them; a node's constant takes precedence over an initializer of the same name.
    pub fn of(graph: &'a GraphProto) -> Self {
        let initializers = graph.initializer.iter().map(|tensor| (tensor.name.as_str(), tensor));
        let nodes = graph.node.iter().filter(|node| node.op_type == "Constant").filter_map(|node| {
            let value = node.attribute.iter().find(|a| a.name == "value")?;
            Some((node.output.first()?.as_str(), value.t.as_ref()?))
        });
        Self(initializers.chain(nodes).collect())
    }

    /// Whether a tensor of this name is constant.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The tensor itself.
    pub fn tensor(&self, name: &str) -> Option<&'a TensorProto> {
        self.0.get(name).copied()
    }

    /// Dimensions and values of a float32 tensor whose number of values matches its dimensions; `None` otherwise.
    pub fn floats(&self, name: &str) -> Option<(Vec<i64>, Vec<f32>)> {
        let tensor = self.0.get(name).filter(|tensor| tensor.data_type == FLOAT)?;
        let values: Vec<f32> = if tensor.raw_data.is_empty() {
            tensor.float_data.clone()
        } else {
            tensor.raw_data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
        };
        fits(tensor, values.len(), 4).then(|| (tensor.dims.clone(), values))
    }

    /// Values of an int8, uint8 or int32 tensor.
    pub fn integers(&self, name: &str) -> Option<Vec<i32>> {
        let tensor = *self.0.get(name)?;
        let bytes = &tensor.raw_data;
        let (size, values): (usize, Vec<i32>) = match tensor.data_type {
            INT8 => (1, bytes.iter().map(|byte| i32::from(byte.cast_signed())).collect()),
            UINT8 => (1, bytes.iter().map(|byte| i32::from(*byte)).collect()),
            INT32 => (4, bytes.as_chunks().0.iter().map(|four| i32::from_le_bytes(*four)).collect()),
            _ => return None,
        };
        // Unless raw, narrow types are stored in the field for int32.
        let values = if bytes.is_empty() { tensor.int32_data.clone() } else { values };
        fits(tensor, values.len(), size).then_some(values)
    }

    /// Values of an int8 tensor.
    pub fn int8s(&self, name: &str) -> Option<Vec<i8>> {
        let tensor = self.0.get(name).filter(|tensor| tensor.data_type == INT8)?;
        let values: Vec<i8> = if tensor.raw_data.is_empty() {
            tensor.int32_data.iter().map(|value| i8::try_from(*value).ok()).collect::<Option<_>>()?
        } else {
            tensor.raw_data.iter().map(|byte| byte.cast_signed()).collect()
        };
        fits(tensor, values.len(), 1).then_some(values)
    }

    /// Values of an int64 tensor.
    pub fn ints(&self, name: &str) -> Option<Vec<i64>> {
        let tensor = self.0.get(name).filter(|tensor| tensor.data_type == INT64)?;
        let values: Vec<i64> = if tensor.raw_data.is_empty() {
            tensor.int64_data.clone()
        } else {
            tensor.raw_data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()
        };
        fits(tensor, values.len(), 8).then_some(values)
    }
}

/// Whether the number of values matches the dimensions, with this number of bytes each.
fn fits(tensor: &TensorProto, values: usize, bytes: usize) -> bool {
    let product = tensor.dims.iter().try_fold(1i64, |all, dim| if *dim < 0 { None } else { all.checked_mul(*dim) });
    product.is_some_and(|product| u64::try_from(product) == Ok(values as u64))
        && (tensor.raw_data.is_empty() || tensor.raw_data.len() == values * bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int8_values_are_read_from_both_fields_that_may_hold_them() {
        let raw = TensorProto::i8("raw", &[2, 2], &[-128, -1, 0, 127]);
        let wide = |values: &[i32]| TensorProto {
            name: "wide".into(),
            dims: vec![values.len() as i64],
            data_type: INT8,
            int32_data: values.to_vec(),
            ..TensorProto::default()
        };
        let read = |tensor: TensorProto| {
            let name = tensor.name.clone();
            Constants::of(&GraphProto { initializer: vec![tensor], ..GraphProto::default() }).int8s(&name)
        };
        assert_eq!(read(raw.clone()), Some(vec![-128, -1, 0, 127]));
        assert_eq!(read(wide(&[-128, 5])), Some(vec![-128, 5]));
        // Not all there, too wide, another type.
        assert_eq!(read(TensorProto { dims: vec![5], ..raw.clone() }), None);
        assert_eq!(read(wide(&[128])), None);
        assert_eq!(read(TensorProto { data_type: UINT8, ..raw }), None);
    }
}
