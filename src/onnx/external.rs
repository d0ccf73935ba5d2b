//! Values of tensors that an ONNX model keeps in other files.

use std::path::{Component, Path, PathBuf};

use prost::Message;

use super::{ModelProto, StringStringEntryProto, TensorProto};

/// `TensorProto.DataLocation`.
const EXTERNAL: i32 = 1;

/// Where the values of one tensor lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalData {
    pub tensor: String,
    /// Relative to the model's folder, and below it.
    pub file: PathBuf,
    pub offset: u64,
    /// `None` = to the end of the file.
    pub length: Option<u64>,
}

/// The model with all values inside; `None` where it keeps none elsewhere. `read` gives the bytes of one tensor. An error
/// says what is wrong with the model.
pub fn with_external_data(
    bytes: &[u8],
    mut read: impl FnMut(&ExternalData) -> Result<Vec<u8>, String>,
) -> Result<Option<Vec<u8>>, String> {
    // Nothing to be done for what is no model: who runs it says so.
    let Ok(places) = PlacesOnly::decode(bytes) else { return Ok(None) };
    let Some(graph) = places.graph.filter(PlacesOfGraph::is_external) else { return Ok(None) };
    if graph.node.iter().flat_map(|node| &node.attribute).any(PlacesOfAttribute::is_hidden) {
        return Err("tensors inside a subgraph have their values in other files, which is not supported".into());
    }
    let mut model = ModelProto::decode(bytes).map_err(|error| error.to_string())?;
    let graph = model.graph.get_or_insert_default();
    let of_nodes = graph.node.iter_mut().flat_map(|node| &mut node.attribute).filter_map(|a| a.t.as_mut());
    for tensor in graph.initializer.iter_mut().chain(of_nodes).filter(|tensor| tensor.data_location == EXTERNAL) {
        tensor.raw_data = read(&place(tensor)?)?;
        tensor.external_data.clear();
        tensor.data_location = 0;
    }
    Ok(Some(model.encode_to_vec()))
}

fn place(tensor: &TensorProto) -> Result<ExternalData, String> {
    let name = &tensor.name;
    let value = |key: &str| tensor.external_data.iter().find(|entry| entry.key == key).map(|entry| &entry.value);
    let number = |key: &str| -> Result<Option<u64>, String> {
        let Some(text) = value(key) else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| format!("the tensor {name} has its values at the {key} {text:?}, which is no number"))
    };
    let file =
        PathBuf::from(value("location").ok_or_else(|| format!("the tensor {name} does not say where its values are"))?);
    if !is_below(&file) {
        return Err(format!("the tensor {name} has its values in {}, outside the model's folder", file.display()));
    }
    Ok(ExternalData { tensor: name.clone(), file, offset: number("offset")?.unwrap_or(0), length: number("length")? })
}

/// Whether a path that is taken from a folder stays in it.
fn is_below(path: &Path) -> bool {
    let mut parts = path.components().filter(|part| *part != Component::CurDir).peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// A model of which only the places of values are read, so that it costs no memory to ask.
#[derive(Clone, PartialEq, Message)]
struct PlacesOnly {
    #[prost(message, optional, tag = "7")]
    graph: Option<PlacesOfGraph>,
}

#[derive(Clone, PartialEq, Message)]
struct PlacesOfGraph {
    #[prost(message, repeated, tag = "1")]
    node: Vec<PlacesOfNode>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<PlaceOfTensor>,
    #[prost(message, repeated, tag = "15")]
    sparse_initializer: Vec<PlacesOfSparse>,
}

#[derive(Clone, PartialEq, Message)]
struct PlacesOfNode {
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<PlacesOfAttribute>,
}

#[derive(Clone, PartialEq, Message)]
struct PlacesOfAttribute {
    #[prost(message, optional, tag = "5")]
    t: Option<PlaceOfTensor>,
    #[prost(message, optional, tag = "6")]
    g: Option<PlacesOfGraph>,
    #[prost(message, repeated, tag = "10")]
    tensors: Vec<PlaceOfTensor>,
    #[prost(message, repeated, tag = "11")]
    graphs: Vec<PlacesOfGraph>,
}

#[derive(Clone, PartialEq, Message)]
struct PlacesOfSparse {
    #[prost(message, optional, tag = "1")]
    values: Option<PlaceOfTensor>,
    #[prost(message, optional, tag = "2")]
    indices: Option<PlaceOfTensor>,
}

#[derive(Clone, PartialEq, Message)]
struct PlaceOfTensor {
    #[prost(message, repeated, tag = "13")]
    external_data: Vec<StringStringEntryProto>,
    #[prost(int32, tag = "14")]
    data_location: i32,
}

impl PlaceOfTensor {
    fn is_external(&self) -> bool {
        self.data_location == EXTERNAL
    }
}

impl PlacesOfGraph {
    fn is_external(&self) -> bool {
        self.initializer.iter().any(PlaceOfTensor::is_external)
            || self
                .node
                .iter()
                .flat_map(|node| &node.attribute)
                .any(|attribute| attribute.t.as_ref().is_some_and(PlaceOfTensor::is_external) || attribute.is_hidden())
    }
}

impl PlacesOfAttribute {
    /// Whether values are in other files where they are kept as bytes here.
    fn is_hidden(&self) -> bool {
        self.tensors.iter().any(PlaceOfTensor::is_external)
            || self.g.iter().chain(&self.graphs).any(PlacesOfGraph::is_external)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{AttributeProto, GraphProto, NodeProto};

    fn tensor(name: &str, entries: &[(&str, &str)]) -> TensorProto {
        let entry = |(key, value): &(&str, &str)| StringStringEntryProto { key: (*key).into(), value: (*value).into() };
        let external_data = entries.iter().map(entry).collect();
        TensorProto {
            name: name.into(),
            dims: vec![2],
            data_type: 2,
            external_data,
            data_location: EXTERNAL,
            ..TensorProto::default()
        }
    }

    fn model(graph: GraphProto) -> Vec<u8> {
        ModelProto { ir_version: 8, graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
    }

    #[test]
    fn values_of_initializers_and_of_constants_come_inside() {
        let constant = AttributeProto {
            t: Some(tensor("c", &[("location", "d/w.bin"), ("offset", "4"), ("length", "2")])),
            ..AttributeProto::default()
        };
        let node = NodeProto { op_type: "Constant".into(), attribute: vec![constant], ..NodeProto::default() };
        let initializer = vec![tensor("a", &[("location", "w.bin")]), TensorProto::u8("b", &[1], &[9])];
        let bytes = model(GraphProto { initializer, node: vec![node], ..GraphProto::default() });
        let mut asked = Vec::new();
        let inside = with_external_data(&bytes, |place| {
            asked.push((place.file.display().to_string(), place.offset, place.length));
            Ok(vec![asked.len() as u8; 2])
        });
        assert_eq!(asked, [("w.bin".to_owned(), 0, None), ("d/w.bin".to_owned(), 4, Some(2))]);
        let inside = inside.unwrap().unwrap();
        let graph = ModelProto::decode(inside.as_slice()).unwrap().graph.unwrap();
        assert_eq!(graph.initializer[0], TensorProto::u8("a", &[2], &[1, 1]));
        assert_eq!(graph.initializer[1], TensorProto::u8("b", &[1], &[9]));
        assert_eq!(graph.node[0].attribute[0].t, Some(TensorProto::u8("c", &[2], &[2, 2])));
        assert_eq!(with_external_data(&inside, |_| Err("nothing is read".into())), Ok(None));
    }

    #[test]
    fn places_outside_the_folder_are_refused_before_anything_is_read() {
        for location in ["/etc/passwd", "../w.bin", "d/../../w.bin", "", ".", "d/.."] {
            let initializer = vec![tensor("a", &[("location", location)])];
            let bytes = model(GraphProto { initializer, ..GraphProto::default() });
            let why = with_external_data(&bytes, |_| panic!("{location}")).unwrap_err();
            assert!(why.contains("outside the model's folder"), "{why}");
        }
        for entries in [&[][..], &[("location", "w"), ("offset", "-1")], &[("location", "w"), ("length", "many")]] {
            let bytes = model(GraphProto { initializer: vec![tensor("a", entries)], ..GraphProto::default() });
            with_external_data(&bytes, |_| panic!("{entries:?}")).unwrap_err();
        }
    }

    #[test]
    fn values_that_a_subgraph_keeps_elsewhere_are_refused() {
        let inner = GraphProto { initializer: vec![tensor("a", &[("location", "w")])], ..GraphProto::default() };
        let branch = AttributeProto { g: Some(inner.encode_to_vec()), ..AttributeProto::default() };
        let node = NodeProto { op_type: "If".into(), attribute: vec![branch], ..NodeProto::default() };
        let bytes = model(GraphProto { node: vec![node], ..GraphProto::default() });
        assert!(with_external_data(&bytes, |_| panic!()).unwrap_err().contains("subgraph"));
        assert_eq!(with_external_data(b"no model", |_| panic!()), Ok(None));
    }
}
