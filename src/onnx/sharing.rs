//! Gives each node its own copy of a shared constant.
//!
//! When ONNX Runtime replaces int8 weights by uint8 ones (`session.x64quantprecision`), it fails with "Attempt to
//! replace the existing tensor" on a model in which two nodes read the same zero point.

use std::collections::HashMap;

use prost::Message;

use super::{GraphProto, INT8, ModelProto, TensorProto};

/// The model with a separate copy of each int8 constant for every node that reads it; `None` if none is read twice.
pub fn with_own_constants(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut model = ModelProto::decode(bytes).ok()?;
    let copies = own_constants(model.graph.as_mut()?);
    (copies > 0).then(|| model.encode_to_vec())
}

/// Returns the number of copies made.
fn own_constants(graph: &mut GraphProto) -> usize {
    let GraphProto { node, initializer, .. } = graph;
    let shared = initializer.iter().enumerate().filter(|(_, tensor)| tensor.data_type == INT8);
    // For each tensor: its index, and how often it has been read so far.
    let mut reads: HashMap<String, (usize, usize)> =
        shared.map(|(place, tensor)| (tensor.name.clone(), (place, 0))).collect();
    let before = initializer.len();
    for input in node.iter_mut().flat_map(|node| &mut node.input) {
        let Some((place, reads)) = reads.get_mut(input.as_str()) else { continue };
        *reads += 1;
        if *reads > 1 {
            let name = format!("{input}/{reads}");
            initializer.push(TensorProto { name: name.clone(), ..initializer[*place].clone() });
            *input = name;
        }
    }
    initializer.len() - before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::NodeProto;

    #[test]
    fn a_constant_that_is_read_twice_is_copied() {
        let node = |input: [&str; 3]| NodeProto { input: input.map(Into::into).to_vec(), ..NodeProto::default() };
        let initializer = vec![
            TensorProto::i8("zero", &[], &[7]),
            TensorProto::f32("scale", &[], &[1.0]),
            TensorProto::i8("weights", &[1], &[3]),
        ];
        let node = vec![node(["x", "scale", "zero"]), node(["y", "scale", "zero"]), node(["weights", "scale", "zero"])];
        let mut graph = GraphProto { node, initializer, ..GraphProto::default() };
        assert_eq!(own_constants(&mut graph), 2);
        let read: Vec<&str> = graph.node.iter().map(|node| node.input[2].as_str()).collect();
        assert_eq!(read, ["zero", "zero/2", "zero/3"]);
        assert_eq!(graph.node[1].input[1], "scale");
        assert_eq!(graph.initializer[3], TensorProto::i8("zero/2", &[], &[7]));
        assert_eq!(own_constants(&mut graph), 0);
    }
}
