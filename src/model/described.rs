//! Float models that say all of themselves.

use std::path::Path;

use super::metadata::Metadata;
use super::outlet::{Outlet, check_input, match_heads};
use super::session::identify;
use super::{ModelInfo, ModelRequest, Sidecar};
use crate::onnx::{ValueInfoProto, metadata_of, outlets_of};

/// What is known of a float model whose file declares a detector's input and outputs, without opening it. `None`: only
/// opening it tells, or says what is wrong with it.
pub(super) fn described(bytes: &[u8], request: &ModelRequest, path: &Path) -> Option<ModelInfo> {
    let metadata = Metadata::from_props(metadata_of(bytes)).ok()?;
    let graph = outlets_of(bytes)?;
    let info = identify(metadata, Sidecar::of(path).ok()?, bytes, &request.name, path);
    let form = &info.form;
    let [input] = &graph.input[..] else { return None };
    let outputs: Vec<Outlet> = graph.output.iter().map(outlet).collect();
    let input = outlet(input);
    let shape = [1, 3, form.input.height as usize, form.input.width as usize];
    let is_whole = input.has_shape() && outputs.iter().all(Outlet::has_shape);
    let fits = is_whole && check_input(&input, shape).is_ok() && match_heads(form, &outputs).is_ok();
    fits.then_some(info)
}

fn outlet(value: &ValueInfoProto) -> Outlet {
    // One of another type shows no shape, which does not fit.
    Outlet { name: value.name.clone(), element: Outlet::FLOAT.to_owned(), dims: value.dims() }
}
