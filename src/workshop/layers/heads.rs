//! Raw heads of a model that was put together: its outputs are told apart by their shapes.

use super::LayersError;
use crate::detect::{Form, RawHeads};

/// Takes outputs in any order.
pub struct HeadCollector<'a> {
    form: &'a Form,
    heads: RawHeads,
    /// How many are there.
    filled: usize,
}

impl<'a> HeadCollector<'a> {
    pub fn new(form: &'a Form) -> Self {
        Self { form, heads: RawHeads::zeros(form), filled: 0 }
    }

    /// Keeps the values where they are a head.
    pub fn take(&mut self, shape: &[i64], values: &[f32]) {
        if let Some(place) = self.form.heads.iter().position(|head| fits(shape, self.form.shape(head))) {
            self.heads.heads[place].copy_from_slice(values);
            self.filled += 1;
        }
    }

    pub fn finish(self) -> Result<RawHeads, LayersError> {
        if self.filled != self.form.heads.len() {
            return Err(LayersError::Float("its outputs are not the raw heads of its form".into()));
        }
        Ok(self.heads)
    }
}

fn fits(shape: &[i64], wanted: [usize; 4]) -> bool {
    shape.iter().map(|side| *side as usize).eq(wanted)
}
