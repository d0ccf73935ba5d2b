//! The raw heads of a model that was put together.

use super::{LayerModels, LayersError};
use crate::detect::RawHeads;
use crate::model::{RawSession, Runtime};

/// Runs a model that was put together of `models` over letterboxed pictures; its outputs are told apart by their shapes.
pub fn raw_heads(
    runtime: &Runtime,
    model: &[u8],
    models: LayerModels<'_>,
    inputs: &[Vec<f32>],
) -> Result<Vec<RawHeads>, LayersError> {
    let form = models.form;
    let session = RawSession::from_bytes(runtime, model, crate::model::threads(), models.arithmetic);
    let mut session = session.map_err(LayersError::Run)?;
    let mut all = Vec::with_capacity(inputs.len());
    for input in inputs {
        let mut heads = RawHeads::zeros(form);
        let mut filled = 0;
        session
            .run(input, |_, shape, values| {
                let fits = |wanted: [usize; 4]| shape.iter().map(|s| *s as usize).eq(wanted);
                if let Some(place) = form.heads.iter().position(|head| fits(form.shape(head))) {
                    heads.heads[place].copy_from_slice(values);
                    filled += 1;
                }
            })
            .map_err(LayersError::Run)?;
        if filled != form.heads.len() {
            return Err(LayersError::Float("its outputs are not the raw heads of its form".into()));
        }
        all.push(heads);
    }
    Ok(all)
}
