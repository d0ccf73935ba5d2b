//! ONNX's protobuf messages. Tags are those of onnx.proto.
//!
//! Parts that are never inspected are kept as bytes, so that a model that is read, changed and written still computes
//! the same.

use prost::Message;

/// The file format version that we write; every ONNX Runtime that runs opset 13 or newer reads it.
pub const IR_VERSION: i64 = 8;
/// Version of the standard operators.
pub const OPSET: i64 = 13;
/// Domain of ONNX Runtime's own operators.
pub const MICROSOFT: &str = "com.microsoft";

/// A whole file.
#[derive(Clone, PartialEq, Message)]
pub struct ModelProto {
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    #[prost(string, tag = "2")]
    pub producer_name: String,
    #[prost(string, tag = "3")]
    pub producer_version: String,
    #[prost(string, tag = "4")]
    pub domain: String,
    #[prost(int64, tag = "5")]
    pub model_version: i64,
    #[prost(string, tag = "6")]
    pub doc_string: String,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSetIdProto>,
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<StringStringEntryProto>,
    #[prost(bytes = "vec", repeated, tag = "25")]
    pub functions: Vec<Vec<u8>>,
}

/// A version of a set of operators.
#[derive(Clone, PartialEq, Message)]
pub struct OperatorSetIdProto {
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// A key with its value, as in the metadata.
#[derive(Clone, PartialEq, Message)]
pub struct StringStringEntryProto {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A model of which only the metadata is read.
#[derive(Clone, PartialEq, Message)]
pub struct MetadataOnly {
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<StringStringEntryProto>,
}

/// A model of which only the inputs and outputs are read.
#[derive(Clone, PartialEq, Message)]
pub struct OutletsOnly {
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphOutlets>,
}

/// The inputs, initializers among them in old files, and the outputs of a graph.
#[derive(Clone, PartialEq, Message)]
pub struct GraphOutlets {
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
}

/// Nodes, and the tensors that they read.
#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    #[prost(string, tag = "10")]
    pub doc_string: String,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
    /// Types and shapes of intermediate tensors.
    #[prost(message, repeated, tag = "13")]
    pub value_info: Vec<ValueInfoProto>,
    #[prost(bytes = "vec", repeated, tag = "14")]
    pub quantization_annotation: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "15")]
    pub sparse_initializer: Vec<Vec<u8>>,
}

/// One operation.
#[derive(Clone, PartialEq, Message)]
pub struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
    #[prost(string, tag = "6")]
    pub doc_string: String,
    #[prost(string, tag = "7")]
    pub domain: String,
    #[prost(string, tag = "8")]
    pub overload: String,
}

/// What a node is told beside its inputs.
#[derive(Clone, PartialEq, Message)]
pub struct AttributeProto {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, optional, tag = "2")]
    pub f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub i: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub s: Option<Vec<u8>>,
    #[prost(message, optional, tag = "5")]
    pub t: Option<TensorProto>,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub g: Option<Vec<u8>>,
    #[prost(float, repeated, packed = "false", tag = "7")]
    pub floats: Vec<f32>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub ints: Vec<i64>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub strings: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "10")]
    pub tensors: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "11")]
    pub graphs: Vec<Vec<u8>>,
    #[prost(string, tag = "13")]
    pub doc_string: String,
    #[prost(int32, tag = "20")]
    pub r#type: i32,
    #[prost(string, tag = "21")]
    pub ref_attr_name: String,
}

/// A tensor with its values.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    /// Fields in which other exporters store a tensor's values; ours are in `raw_data`.
    #[prost(float, repeated, tag = "4")]
    pub float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub int32_data: Vec<i32>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub string_data: Vec<Vec<u8>>,
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
    #[prost(double, repeated, tag = "10")]
    pub double_data: Vec<f64>,
    #[prost(uint64, repeated, tag = "11")]
    pub uint64_data: Vec<u64>,
    #[prost(string, tag = "12")]
    pub doc_string: String,
    /// Location of the values if they are in another file.
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<StringStringEntryProto>,
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

/// The name and the type of a tensor without its values.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfoProto {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<TypeProto>,
    #[prost(string, tag = "3")]
    pub doc_string: String,
}

/// A type; only tensors are looked into.
#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
    #[prost(message, optional, tag = "1")]
    pub tensor_type: Option<TensorTypeProto>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub sequence_type: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub map_type: Option<Vec<u8>>,
    #[prost(string, tag = "6")]
    pub denotation: String,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub sparse_tensor_type: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "9")]
    pub optional_type: Option<Vec<u8>>,
}

/// The element type and the shape of a tensor.
#[derive(Clone, PartialEq, Message)]
pub struct TensorTypeProto {
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
}

/// The dimensions of a tensor.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<DimensionProto>,
}

/// A dimension: a number, or a name where it is left open.
#[derive(Clone, PartialEq, Message)]
pub struct DimensionProto {
    #[prost(int64, optional, tag = "1")]
    pub dim_value: Option<i64>,
    /// The name of a dimension that is left open.
    #[prost(string, optional, tag = "2")]
    pub dim_param: Option<String>,
    #[prost(string, tag = "3")]
    pub denotation: String,
}

/// `TensorProto.DataType`: float32.
pub const FLOAT: i32 = 1;
/// `TensorProto.DataType`: uint8.
pub const UINT8: i32 = 2;
/// `TensorProto.DataType`: int8.
pub const INT8: i32 = 3;
/// `TensorProto.DataType`: int32.
pub const INT32: i32 = 6;
/// `TensorProto.DataType`: int64.
pub const INT64: i32 = 7;

impl TensorProto {
    fn raw(name: impl Into<String>, data_type: i32, dims: &[i64], raw_data: Vec<u8>) -> Self {
        Self { dims: dims.to_vec(), data_type, name: name.into(), raw_data, ..Self::default() }
    }

    /// A tensor of float32: as many values as the dimensions say.
    pub fn f32(name: impl Into<String>, dims: &[i64], values: &[f32]) -> Self {
        Self::raw(name, FLOAT, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    /// A tensor of int32.
    pub fn i32(name: impl Into<String>, dims: &[i64], values: &[i32]) -> Self {
        Self::raw(name, INT32, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    /// A tensor of int64.
    pub fn i64(name: impl Into<String>, dims: &[i64], values: &[i64]) -> Self {
        Self::raw(name, INT64, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    /// A tensor of int8.
    pub fn i8(name: impl Into<String>, dims: &[i64], values: &[i8]) -> Self {
        Self::raw(name, INT8, dims, values.iter().map(|v| v.cast_unsigned()).collect())
    }

    /// A tensor of uint8.
    pub fn u8(name: impl Into<String>, dims: &[i64], values: &[u8]) -> Self {
        Self::raw(name, UINT8, dims, values.to_vec())
    }
}

impl ValueInfoProto {
    /// A float32 tensor.
    pub fn f32(name: impl Into<String>, dims: &[i64]) -> Self {
        let dim = dims.iter().map(|d| DimensionProto { dim_value: Some(*d), ..DimensionProto::default() }).collect();
        let tensor = TensorTypeProto { elem_type: FLOAT, shape: Some(TensorShapeProto { dim }) };
        Self {
            name: name.into(),
            r#type: Some(TypeProto { tensor_type: Some(tensor), ..TypeProto::default() }),
            ..Self::default()
        }
    }
}

impl ValueInfoProto {
    /// Dimensions of a float32 tensor; −1 for a dimension that is left open.
    pub fn dims(&self) -> Option<Vec<i64>> {
        let tensor = self.r#type.as_ref()?.tensor_type.as_ref().filter(|tensor| tensor.elem_type == FLOAT)?;
        Some(tensor.shape.as_ref()?.dim.iter().map(|dim| dim.dim_value.unwrap_or(-1)).collect())
    }

    /// A float32 tensor whose shape is left to be inferred.
    pub fn f32_of_any_shape(name: impl Into<String>) -> Self {
        let tensor = TensorTypeProto { elem_type: FLOAT, shape: None };
        Self {
            name: name.into(),
            r#type: Some(TypeProto { tensor_type: Some(tensor), ..TypeProto::default() }),
            ..Self::default()
        }
    }
}

/// `AttributeProto.AttributeType`.
const ATTRIBUTE_FLOAT: i32 = 1;
const ATTRIBUTE_INT: i32 = 2;
const ATTRIBUTE_STRING: i32 = 3;
const ATTRIBUTE_INTS: i32 = 7;

impl AttributeProto {
    /// Whether its value has a type that is decoded here rather than kept as bytes.
    pub fn is_understood(&self) -> bool {
        const TENSOR: i32 = 4;
        const FLOATS: i32 = 6;
        let known = [ATTRIBUTE_FLOAT, ATTRIBUTE_INT, ATTRIBUTE_STRING, TENSOR, FLOATS, ATTRIBUTE_INTS];
        known.contains(&self.r#type)
    }

    /// A float.
    pub fn float(name: &str, value: f32) -> Self {
        Self { name: name.into(), f: Some(value), r#type: ATTRIBUTE_FLOAT, ..Self::default() }
    }

    /// An integer.
    pub fn int(name: &str, value: i64) -> Self {
        Self { name: name.into(), i: Some(value), r#type: ATTRIBUTE_INT, ..Self::default() }
    }

    /// A string.
    pub fn string(name: &str, value: &str) -> Self {
        Self { name: name.into(), s: Some(value.into()), r#type: ATTRIBUTE_STRING, ..Self::default() }
    }

    /// A list of integers.
    pub fn ints(name: &str, values: &[u32]) -> Self {
        let ints = values.iter().map(|v| i64::from(*v)).collect();
        Self { name: name.into(), ints, r#type: ATTRIBUTE_INTS, ..Self::default() }
    }
}
