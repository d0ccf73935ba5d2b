//! Scales, zero points and weights of nodes.

use super::{FORM, MAX_BYTES, ReadNode, Reader, side};
use crate::integer::grid::Grid;
use crate::integer::tensor::Element;
use crate::onnx::{INT8, UINT8};

/// Weights of a convolution or a matrix product.
pub struct Weights {
    pub dims: Vec<usize>,
    pub values: Vec<i8>,
}

impl<'a> Reader<'a> {
    /// A scale and the zero point after it, which defaults to 0; the bytes are then of type `default`.
    pub fn grid(
        &self,
        node: ReadNode<'a>,
        scale: usize,
        zero_point: usize,
        default: Element,
    ) -> Result<(Grid, Element), String> {
        let (_, scales) = self.floats(node, scale)?;
        let [scale] = scales[..] else { return Err(format!("it has {} activation scales, not one", scales.len())) };
        if !(scale > 0.0 && scale.is_finite()) {
            return Err(format!("the scale {scale} of its activations is not greater than 0"));
        }
        let Some(name) = node.input(zero_point) else {
            return Ok((Grid { scale, zero_point: if default == Element::I8 { 128 } else { 0 } }, default));
        };
        let unknown = || format!("the zero point {name} is not a one-byte constant");
        let element = match self.constants.tensor(name).map(|tensor| tensor.data_type) {
            Some(UINT8) => Element::U8,
            Some(INT8) => Element::I8,
            _ => return Err(unknown()),
        };
        let lifted = |value: i32| if element == Element::I8 { value.checked_add(128) } else { Some(value) };
        let zero_point = match self.constants.integers(name).as_deref() {
            Some([value]) => lifted(*value).and_then(|value| u8::try_from(value).ok()).ok_or_else(unknown)?,
            _ => return Err(unknown()),
        };
        Ok((Grid { scale, zero_point }, element))
    }

    /// The grid of the byte tensor at input `place`, whose scale and zero point are inputs of the node.
    pub fn grid_of(&self, node: ReadNode<'a>, place: usize, [scale, zero_point]: [usize; 2]) -> Result<Grid, String> {
        let (_, tensor) = self.tensor(node, place)?;
        let (grid, element) = self.grid(node, scale, zero_point, tensor.element)?;
        if tensor.element == Element::F32 {
            return Err(format!("its input {} is float32; {FORM}", tensor.name));
        }
        if tensor.element != element {
            return Err(format!("its input {} has a zero point of another type", tensor.name));
        }
        Ok(grid)
    }

    /// Dimensions and values of a float32 constant.
    pub fn floats(&self, node: ReadNode<'a>, place: usize) -> Result<(Vec<i64>, Vec<f32>), String> {
        let name = node.input(place).ok_or("an input is missing")?;
        self.constants.floats(name).ok_or_else(|| format!("{name} is not a float32 constant in the file"))
    }

    /// int8 weights with zero point 0. No dimension is 0.
    pub fn weights(&self, node: ReadNode<'a>, place: usize, zero_point: usize) -> Result<Weights, String> {
        let name = node.input(place).ok_or("its weights are missing")?;
        let tensor = self.constants.tensor(name).ok_or_else(|| format!("its weights {name} are not a constant"))?;
        if tensor.data_type != INT8 {
            return Err(
                "its weights are not int8; quantize them as symmetric int8 (weight_type=QuantType.QInt8)".into()
            );
        }
        if tensor.raw_data.len().max(tensor.int32_data.len()) > MAX_BYTES {
            return Err(format!("its weights take more than {} MiB", MAX_BYTES >> 20));
        }
        let zero_points = node.input(zero_point).map(|name| self.constants.integers(name));
        if !zero_points.unwrap_or(Some(Vec::new())).is_some_and(|points| points.iter().all(|point| *point == 0)) {
            return Err("the zero points of its weights are not 0; quantize them symmetrically".into());
        }
        let values = self.constants.int8s(name).ok_or_else(|| format!("the weights {name} are not all in the file"))?;
        let dims = tensor.dims.iter().map(|dim| side(*dim)).collect::<Result<_, _>>()?;
        Ok(Weights { dims, values })
    }

    /// One scale for all weights, or one per filter: returned as one per filter.
    pub fn weight_scales(&self, node: ReadNode<'a>, place: usize, filters: usize) -> Result<Vec<f32>, String> {
        let (_, scales) = self.floats(node, place)?;
        match scales[..] {
            [scale] => Ok(vec![scale; filters]),
            _ if scales.len() == filters => Ok(scales),
            _ => Err(format!("it has {} weight scales for {filters} filters", scales.len())),
        }
    }
}

/// Products and quotients of scales, by which sums are multiplied.
pub fn finite(factors: Vec<f32>) -> Result<Vec<f32>, String> {
    let strange = factors.iter().find(|factor| !factor.is_finite());
    strange.map_or(Ok(()), |factor| Err(format!("its scales multiply to {factor}"))).map(|()| factors)
}
