//! What comes after a tensor: the end of the float model, fed with tensors of one picture that are known already.
//!
//! ```text
//! tensors up to a row ─┬─ of the float model, the row's own from its INT8 node ──▶ float nodes after it ──▶ alone
//!                      └─ of the INT8 model ─────────────────────────────────────▶ float nodes after it ──▶ up to
//! ```

use std::collections::HashMap;

use super::heads::HeadCollector;
use super::merge::Merged;
use super::{LayerModels, LayersError};
use crate::detect::RawHeads;
use crate::model::{RawSession, Runtime};

/// All tensors of both models for one picture: of YOLOv4-tiny, 160 MB.
pub struct Known<'a> {
    runtime: &'a Runtime,
    merged: &'a Merged,
    models: LayerModels<'a>,
    rows: Vec<KnownTensor>,
    /// By the name of a tensor in the float model: its row.
    places: HashMap<&'a str, usize>,
}

#[derive(Default)]
struct KnownTensor {
    shape: Vec<i64>,
    float: Vec<f32>,
    propagated: Vec<f32>,
    isolated: Vec<f32>,
}

impl<'a> Known<'a> {
    /// Runs both models on the letterboxed picture.
    pub fn new(
        runtime: &'a Runtime,
        merged: &'a Merged,
        models: LayerModels<'a>,
        input: &[f32],
    ) -> Result<Self, LayersError> {
        let session = RawSession::from_bytes(runtime, &merged.bytes(), crate::model::threads(), models.arithmetic);
        let mut rows: Vec<KnownTensor> = merged.rows.iter().map(|_| KnownTensor::default()).collect();
        let mut session = session.map_err(LayersError::Run)?;
        session
            .run(input, |name, shape, values| {
                for (row, known) in merged.rows.iter().zip(&mut rows) {
                    if name == row.float {
                        known.shape = shape.to_vec();
                        known.float = values.to_vec();
                    } else if name == row.propagated {
                        known.propagated = values.to_vec();
                    } else if row.isolated.as_deref() == Some(name) {
                        known.isolated = values.to_vec();
                    }
                }
            })
            .map_err(LayersError::Run)?;
        let places = merged.rows.iter().enumerate().map(|(place, row)| (row.read_as(), place)).collect();
        Ok(Self { runtime, merged, models, rows, places })
    }

    /// The float nodes after the row at this place.
    pub fn after(&self, place: usize) -> Result<Rest<'_>, LayersError> {
        let known: HashMap<&str, &[i64]> = self.merged.rows[..=place]
            .iter()
            .zip(&self.rows)
            .map(|(row, values)| (row.read_as(), values.shape.as_slice()))
            .collect();
        let session = match self.merged.rest(&known) {
            Some(model) => Some(
                RawSession::of_many_inputs(self.runtime, &model, crate::model::threads(), self.models.arithmetic)
                    .map_err(LayersError::Run)?,
            ),
            // Nothing comes after it.
            None => None,
        };
        Ok(Rest { known: self, place, session })
    }
}

/// The end of the float model.
pub struct Rest<'a> {
    known: &'a Known<'a>,
    place: usize,
    session: Option<RawSession>,
}

impl Rest<'_> {
    /// With one node of the INT8 model in place of the float model's own. `None`: the node rounds nothing.
    pub fn alone(&mut self) -> Result<Option<RawHeads>, LayersError> {
        let Self { known, place, .. } = *self;
        if known.rows[place].isolated.is_empty() {
            return Ok(None);
        }
        let of = |at: usize| if at == place { &known.rows[at].isolated } else { &known.rows[at].float };
        self.heads(of).map(Some)
    }

    /// With everything up to here in INT8. Up to the last row it is the INT8 model.
    pub fn up_to(&mut self) -> Result<RawHeads, LayersError> {
        let known = self.known;
        self.heads(|at| &known.rows[at].propagated)
    }

    fn heads<'b>(&mut self, of: impl Fn(usize) -> &'b Vec<f32>) -> Result<RawHeads, LayersError> {
        let Known { merged, models: LayerModels { form, .. }, rows, places, .. } = self.known;
        let mut heads = HeadCollector::new(form);
        let ready = merged.heads.iter().filter_map(|head| places.get(head.as_str()));
        for at in ready.copied().filter(|at| *at <= self.place) {
            heads.take(&rows[at].shape, of(at));
        }
        if let Some(session) = &mut self.session {
            let input = |name: &str| places.get(name).map(|at| of(*at).as_slice());
            session.run_many(input, |_, shape, values| heads.take(shape, values)).map_err(LayersError::Run)?;
        }
        heads.finish()
    }
}
