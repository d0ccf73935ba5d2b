//! Tensors in bytes, and what their bytes mean.

/// A scale and a zero point: constants of the graph, by name, with their values.
#[derive(Clone, Debug)]
pub struct QdqGrid {
    pub scale: String,
    pub zero_point: String,
    pub step: f32,
    pub zero: i32,
    /// Of the zero point, and so of the bytes: a `TensorProto.DataType`.
    pub data_type: i32,
}

impl QdqGrid {
    /// Whether bytes mean the same on both, whatever the constants are called.
    pub fn is(&self, other: &Self) -> bool {
        let key = |grid: &Self| (grid.step.to_bits(), grid.zero, grid.data_type);
        key(self) == key(other)
    }
}

/// The bytes that a float tensor stands for.
#[derive(Clone, Debug)]
pub struct RoundedTensor {
    /// Their name.
    pub bytes: String,
    pub grid: QdqGrid,
}
