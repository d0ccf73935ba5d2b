//! The float model as a chain: a link for each of its tensors, which computes it from the ones before. Some tensors given,
//! only what comes after them is computed, and no model is built for it.
//!
//! ```text
//! all tensors of a picture ─┬─ one replaced, by its INT8 node's ──▶ links after it ──▶ raw heads
//!                           └─ all up to one, by the INT8 model's ─▶ links after it ──▶ raw heads
//! ```

use std::collections::HashMap;
use std::ops::Range;

use super::chain_link::{ChainLink, LinkWork};
use super::chain_tensors::{ChainTensor, ChainTensors};
use super::float_pool::{FloatPool, PooledFloats};
use super::heads::HeadCollector;
use super::merge::{INPUT, Merged};
use super::plain_operation::{PlainOperation, count, leaky_relu};
use super::segment::Cutter;
use super::{LayerModels, LayersError};
use crate::detect::{Form, RawHeads};
use crate::model::Runtime;

/// Limit for the values of all tensors together.
const MAX_VALUES: usize = 1 << 30;

/// How many tensors may be computed from one another before one of them is stored: each takes a place on the stack.
const MAX_DEPTH: usize = 8;

/// Built once; what a picture's tensors are it keeps until the next one. Of YOLOv4-tiny, 30 MB.
pub struct FloatChain {
    form: Form,
    /// First those of the rows, in their order.
    tensors: Vec<ChainTensor>,
    /// In the order in which they run.
    links: Vec<ChainLink>,
    /// For what [`FloatChain::after`] computes.
    pool: FloatPool,
}

/// Tensors that take the place of the float model's.
#[derive(Clone, Copy)]
pub enum GivenRows {
    /// One row.
    Row(usize),
    /// All rows up to this one.
    UpTo(usize),
}

impl GivenRows {
    fn has(self, tensor: usize) -> bool {
        match self {
            Self::Row(row) => tensor == row,
            Self::UpTo(last) => tensor <= last,
        }
    }
}

impl FloatChain {
    /// Builds all links: before there are any tensors, because a session takes several times the memory of its weights
    /// while it is built.
    pub fn new(runtime: &Runtime, models: LayerModels<'_>, merged: &Merged) -> Result<Self, LayersError> {
        let mut names: Vec<&str> = merged.rows.iter().map(|row| row.float.as_str()).collect();
        let others = [INPUT].into_iter().chain(merged.heads.iter().map(String::as_str));
        for other in others {
            if !names.contains(&other) {
                names.push(other);
            }
        }
        let cutter = Cutter::new(&merged.model).ok_or_else(|| LayersError::Float("it has no graph".into()))?;
        let places: HashMap<&str, usize> = names.iter().enumerate().map(|(place, name)| (*name, place)).collect();
        let mut order: Vec<(usize, usize)> =
            names.iter().enumerate().filter_map(|(place, name)| Some((cutter.producer(name)?, place))).collect();
        order.sort_unstable();
        let mut tensors: Vec<ChainTensor> = names
            .iter()
            .map(|name| ChainTensor {
                name: (*name).to_owned(),
                shape: Vec::new(),
                values: Vec::new(),
                plain: None,
                is_head: merged.heads.iter().any(|head| head == name),
                last_reader: 0,
            })
            .collect();
        let size = models.form.input;
        if let Some(images) = places.get(INPUT) {
            tensors[*images].shape = vec![1, 3, size.height.into(), size.width.into()];
        }
        let mut links = Vec::with_capacity(order.len());
        let (mut left, mut depths) = (MAX_VALUES, vec![0; tensors.len()]);
        for (node, tensor) in order {
            let broken = || LayersError::Float(format!("its tensor {} cannot be computed alone", names[tensor]));
            let is_before =
                |name: &str| places.contains_key(name) && cutter.producer(name).is_none_or(|producer| producer < node);
            let segment = cutter.segment(names[tensor], is_before).ok_or_else(broken)?;
            let shape = |name: &str| places.get(name).map_or(&[][..], |place| &tensors[*place].shape);
            let (work, shape) = LinkWork::new(runtime, &segment, shape).map_err(LayersError::Run)?;
            let reads: Vec<usize> = segment.reads.iter().map(|name| places[name]).collect();
            reads.iter().for_each(|read| tensors[*read].last_reader = links.len());
            left = count(&shape).and_then(|values| left.checked_sub(values)).ok_or_else(|| {
                LayersError::Float(format!("its tensors have more than {MAX_VALUES} values; use a smaller input"))
            })?;
            let depth = 1 + reads.iter().map(|read| depths[*read]).max().unwrap_or_default();
            if let LinkWork::Plain(plain) = &work
                && !tensors[tensor].is_head
                && depth <= MAX_DEPTH
            {
                tensors[tensor].plain = Some((plain.clone(), reads.clone()));
                depths[tensor] = depth;
            }
            tensors[tensor].shape = shape;
            links.push(ChainLink { tensor, reads, work });
        }
        Ok(Self { form: models.form.clone(), tensors, links, pool: FloatPool::default() })
    }

    /// Computes all tensors of a letterboxed picture that are stored.
    pub fn run(&mut self, input: &[f32]) -> Result<(), LayersError> {
        let Self { tensors, links, pool, .. } = self;
        let pool: &FloatPool = pool;
        if let Some(images) = tensors.iter_mut().find(|tensor| tensor.name == INPUT) {
            images.values.clear();
            images.values.extend_from_slice(input);
        }
        for link in links {
            if tensors[link.tensor].plain.is_some() {
                continue;
            }
            let mut values = std::mem::take(&mut tensors[link.tensor].values);
            values.clear();
            link.compute(ChainTensors { tensors, changed: &[] }, pool, &mut values)?;
            tensors[link.tensor].values = values;
        }
        Ok(())
    }

    /// A row's shape in the float model, and how many values it has.
    pub fn row(&self, row: usize) -> (&[i64], usize) {
        let tensor = &self.tensors[row];
        (&tensor.shape, tensor.count())
    }

    /// Some of a row's values in the last picture, in `memory` where they are not stored.
    pub fn part<'v>(&'v self, row: usize, range: Range<usize>, memory: &'v mut Vec<f32>) -> &'v [f32] {
        let tensors = self.unchanged();
        if let Some(values) = tensors.stored(row) {
            return &values[range];
        }
        memory.clear();
        tensors.append(row, range, memory);
        memory
    }

    fn unchanged(&self) -> ChainTensors<'_, '_> {
        ChainTensors { tensors: &self.tensors, changed: &[] }
    }

    /// The shape of what a node of the float model reads under this name.
    pub fn shape(&self, name: &str) -> Option<&[i64]> {
        let tensor = self.tensors.iter().find(|tensor| tensor.name == name)?;
        Some(&tensor.shape)
    }

    /// Shows the values that a node of the float model reads under this name; `None`: there are none.
    pub fn show<T>(&self, name: &str, look: impl FnOnce(&[f32]) -> T) -> Option<T> {
        let tensor = self.tensors.iter().position(|tensor| tensor.name == name)?;
        let computed = self.unchanged().computed(tensor, &self.pool);
        Some(look(computed.as_ref().map_or(self.tensors[tensor].values.as_slice(), |values| values.as_slice())))
    }

    /// Memory for tensors like its own.
    pub fn pool(&self) -> &FloatPool {
        &self.pool
    }

    /// How many values the largest tensor has.
    pub fn largest(&self) -> usize {
        self.tensors.iter().map(ChainTensor::count).max().unwrap_or_default()
    }

    /// The raw heads of the last picture.
    pub fn heads(&self) -> Result<RawHeads, LayersError> {
        let mut heads = HeadCollector::new(&self.form);
        for tensor in self.tensors.iter().filter(|tensor| tensor.is_head) {
            heads.take(&tensor.shape, &tensor.values);
        }
        heads.finish()
    }

    /// The form of the raw heads.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// The raw heads with some rows given: what depends on one of them is computed again, everything else stays as it is.
    /// `values`: of the one row, or of those that [`FloatChain::read_after`] names.
    pub fn after<'p>(
        &'p self,
        given: GivenRows,
        values: Vec<(usize, PooledFloats<'p>)>,
    ) -> Result<RawHeads, LayersError> {
        let Self { form, tensors, links, pool, .. } = self;
        // By tensor: what is given or computed, until nothing reads it any more.
        let mut changed: Vec<Option<PooledFloats<'p>>> = tensors.iter().map(|_| None).collect();
        for (tensor, values) in values {
            changed[tensor] = Some(values);
        }
        let wanted = self.wanted(given);
        for (place, link) in links.iter().enumerate().filter(|(place, _)| wanted[*place]) {
            let is_done_with = |read: usize| tensors[read].last_reader == place && !tensors[read].is_head;
            if let (LinkWork::Plain(PlainOperation::LeakyRelu(slope)), [read]) = (&link.work, &link.reads[..])
                && is_done_with(*read)
                && let Some(mut values) = changed[*read].take()
            {
                values.iter_mut().for_each(|value| *value = leaky_relu(*value, *slope));
                changed[link.tensor] = Some(values);
                continue;
            }
            let mut values = pool.take(tensors[link.tensor].count());
            link.compute(ChainTensors { tensors, changed: &changed }, pool, &mut values)?;
            changed[link.tensor] = Some(values);
            link.reads.iter().filter(|read| is_done_with(**read)).for_each(|read| changed[*read] = None);
        }
        let mut heads = HeadCollector::new(form);
        for (tensor, changed) in tensors.iter().zip(&changed).filter(|(tensor, _)| tensor.is_head) {
            heads.take(&tensor.shape, changed.as_ref().map_or(tensor.values.as_slice(), |values| values.as_slice()));
        }
        heads.finish()
    }

    /// The rows up to `last` whose values the links after it read, and those that are raw heads.
    pub fn read_after(&self, last: usize) -> Vec<usize> {
        let wanted = self.wanted(GivenRows::UpTo(last));
        let is_read = |row: usize| {
            self.tensors[row].is_head
                || self.links.iter().zip(&wanted).any(|(link, wanted)| *wanted && link.reads.contains(&row))
        };
        (0..=last).filter(|row| is_read(*row)).collect()
    }

    /// Whether each link has to run: what it reads changes, and a head needs it.
    fn wanted(&self, given: GivenRows) -> Vec<bool> {
        let mut changes: Vec<bool> = (0..self.tensors.len()).map(|tensor| given.has(tensor)).collect();
        let mut wanted = vec![false; self.links.len()];
        for (link, wanted) in self.links.iter().zip(&mut wanted) {
            *wanted = !given.has(link.tensor) && link.reads.iter().any(|read| changes[*read]);
            changes[link.tensor] |= *wanted;
        }
        let mut needed: Vec<bool> = self.tensors.iter().map(|tensor| tensor.is_head).collect();
        for (link, wanted) in self.links.iter().zip(&mut wanted).rev() {
            *wanted &= needed[link.tensor];
            if *wanted {
                link.reads.iter().for_each(|read| needed[*read] = true);
            }
        }
        wanted
    }
}
