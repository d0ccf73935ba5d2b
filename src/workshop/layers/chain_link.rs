//! What computes one tensor of the float model.

use std::sync::{Mutex, PoisonError};

use prost::Message;

use super::LayersError;
use super::chain_tensors::ChainTensors;
use super::float_pool::FloatPool;
use super::plain_operation::PlainOperation;
use super::segment::Segment;
use crate::model::{RawSession, Runtime};

/// Computes one tensor.
pub struct ChainLink {
    pub tensor: usize,
    pub reads: Vec<usize>,
    pub work: LinkWork,
}

/// A session, or a few lines for what is not worth one.
pub enum LinkWork {
    /// On one thread: several links run at once.
    Session(Mutex<RawSession>),
    Plain(PlainOperation),
}

impl ChainLink {
    /// Computes its tensor, into `values`, which are empty.
    pub fn compute(
        &self,
        tensors: ChainTensors<'_, '_>,
        pool: &FloatPool,
        values: &mut Vec<f32>,
    ) -> Result<(), LayersError> {
        let session = match &self.work {
            LinkWork::Session(session) => session,
            LinkWork::Plain(plain) => {
                tensors.append_plain(plain, &self.reads, 0..tensors.tensors[self.tensor].count(), values);
                return Ok(());
            }
        };
        let computed: Vec<_> = self.reads.iter().map(|read| tensors.computed(*read, pool)).collect();
        let of = |name: &str| {
            let place = self.reads.iter().position(|read| tensors.tensors[*read].name == name)?;
            computed[place].as_ref().map(|values| values.as_slice()).or_else(|| tensors.stored(self.reads[place]))
        };
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        session.run_many(of, |_, _, output| values.extend_from_slice(output)).map_err(LayersError::Run)?;
        let tensor = &tensors.tensors[self.tensor];
        if values.len() != tensor.count() {
            let name = &tensor.name;
            return Err(LayersError::Run(format!("{name} has another shape than follows from its inputs")));
        }
        Ok(())
    }
}

impl LinkWork {
    /// With the shape of what it computes. `shape` is that of a tensor that is read.
    pub fn new<'s>(
        runtime: &Runtime,
        segment: &Segment<'_>,
        shape: impl Fn(&str) -> &'s [i64],
    ) -> Result<(Self, Vec<i64>), String> {
        if let Some((plain, shape)) = PlainOperation::new(segment, &shape) {
            return Ok((Self::Plain(plain), shape));
        }
        let bytes = segment.model(shape).encode_to_vec();
        let mut session = RawSession::part(runtime, &bytes, 1)?;
        let shape = session.output_shape()?;
        Ok((Self::Session(Mutex::new(session)), shape))
    }
}
