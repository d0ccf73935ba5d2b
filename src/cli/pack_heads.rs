//! The raw heads of a golden pack, and what a board dumped of it, as models that the command line names.

use std::error::Error;
use std::path::Path;

use crate::model::{ModelName, ModelRequest};
use crate::workshop::golden::{GoldenError, GoldenPack, PackPlace};

/// The heads of the pack itself; `dump`: those that a board dumped of it.
pub fn pack_heads(place: &PackPlace, dump: Option<&Path>) -> Result<ModelName, GoldenError> {
    let heads = GoldenPack::open(&place.dir)?.heads();
    Ok(ModelName::Golden(match dump {
        Some(dump) => heads.against(dump),
        None => heads,
    }))
}

/// The same model; where the file that it names is a golden pack, that pack's heads.
pub fn or_pack_heads(request: ModelRequest) -> Result<ModelRequest, GoldenError> {
    let place = match &request.name {
        ModelName::File(path) => PackPlace::of(path),
        _ => None,
    };
    place.map_or(Ok(request), |place| pack_heads(&place, None).map(ModelRequest::from))
}

/// Why `--against` cannot be followed. `command`: "view", "compare".
pub fn needs_pack(command: &str) -> Box<dyn Error> {
    format!("--against needs the golden pack that was dumped: twinsight {command} PACK --against DIR").into()
}
