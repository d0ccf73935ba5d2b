//! What a file says of itself, without reading the rest.

use prost::Message;

use super::{GraphOutlets, MetadataOnly, OutletsOnly};

/// The values of a model's metadata by their keys; none if the bytes are not a model.
pub fn metadata_of(bytes: &[u8]) -> impl Fn(&str) -> Option<String> {
    let props = MetadataOnly::decode(bytes).unwrap_or_default().metadata_props;
    move |key| props.iter().find(|prop| prop.key == key).map(|prop| prop.value.clone())
}

/// The inputs and outputs that a model declares; `None` if the bytes are not a model.
pub fn outlets_of(bytes: &[u8]) -> Option<GraphOutlets> {
    OutletsOnly::decode(bytes).ok()?.graph
}
