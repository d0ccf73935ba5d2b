//! The float model as a chain: a link for each of its tensors, which computes it from the ones before. Some tensors given,
//! only what comes after them is computed, and no model is built for it.
//!
//! ```text
//! all tensors of a picture ─┬─ one replaced, by its INT8 node's ──▶ links after it ──▶ raw heads
//!                           └─ all up to one, by the INT8 model's ─▶ links after it ──▶ raw heads
//! ```

use std::collections::HashMap;
use std::ops::Range;

use super::chain_link::{LinkWork, PlainOperation, leaky_relu};
use super::float_pool::{FloatPool, PooledFloats};
use super::heads::HeadCollector;
use super::merge::{INPUT, Merged};
use super::segment::Cutter;
use super::{LayerModels, LayersError};
use crate::detect::{Form, RawHeads};
use crate::model::Runtime;
use crate::onnx::ModelProto;

/// Built once; what a picture's tensors are it keeps until the next one. Of YOLOv4-tiny, 51 MB.
pub struct FloatChain {
    runtime: Runtime,
    form: Form,
    /// `None`: every link is ready.
    model: Option<ModelProto>,
    /// First those of the rows, in their order.
    tensors: Vec<ChainTensor>,
    /// In the order in which they run.
    links: Vec<ChainLink>,
    /// For what is computed anew.
    pool: FloatPool,
}

struct ChainTensor {
    /// As the float model's nodes read it.
    name: String,
    shape: Vec<i64>,
    /// Empty where they are computed whenever they are read.
    values: Vec<f32>,
    /// Of which tensor, whose values are stored, it is the leaky ReLU, and with which slope; `None`: its own are.
    leaky: Option<(usize, f32)>,
    is_head: bool,
    /// The last of the links that read it.
    last_reader: usize,
}

/// Computes one tensor.
struct ChainLink {
    tensor: usize,
    reads: Vec<usize>,
    /// Constants that no link after it reads.
    constants: Vec<String>,
    /// `None` before the first picture, whose shapes it needs.
    work: Option<LinkWork>,
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
    pub fn new(runtime: &Runtime, models: LayerModels<'_>, merged: Merged) -> Result<Self, LayersError> {
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
        let mut links = Vec::with_capacity(order.len());
        // Of each constant, the last link that reads it.
        let mut constants: HashMap<&str, usize> = HashMap::new();
        for (node, tensor) in order {
            let is_before =
                |name: &str| places.contains_key(name) && cutter.producer(name).is_none_or(|producer| producer < node);
            let segment = cutter.segment(names[tensor], is_before);
            let reads = segment.iter().flat_map(|segment| &segment.reads).map(|name| places[name]).collect();
            let inputs = segment.iter().flat_map(|segment| segment.nodes()).flat_map(|node| &node.input);
            let read = inputs.map(String::as_str).filter(|name| cutter.producer(name).is_none());
            constants.extend(read.map(|name| (name, links.len())));
            links.push(ChainLink { tensor, reads, constants: Vec::new(), work: None });
        }
        for (name, link) in constants {
            links[link].constants.push(name.to_owned());
        }
        let last_reader =
            |tensor| links.iter().rposition(|link: &ChainLink| link.reads.contains(&tensor)).unwrap_or_default();
        let tensors: Vec<ChainTensor> = names
            .iter()
            .enumerate()
            .map(|(place, name)| ChainTensor {
                name: (*name).to_owned(),
                shape: Vec::new(),
                values: Vec::new(),
                leaky: None,
                is_head: merged.heads.iter().any(|head| head == name),
                last_reader: last_reader(place),
            })
            .collect();
        let mut model = merged.model;
        if let Some(graph) = &mut model.graph {
            graph.initializer.retain(|constant| links.iter().any(|link| link.constants.contains(&constant.name)));
        }
        let (runtime, form) = (runtime.clone(), models.form.clone());
        Ok(Self { runtime, form, model: Some(model), tensors, links, pool: FloatPool::default() })
    }

    /// Computes all tensors of a letterboxed picture.
    pub fn run(&mut self, input: &[f32]) -> Result<(), LayersError> {
        let Self { runtime, form, model, tensors, links, pool } = self;
        let pool: &FloatPool = pool;
        if let Some(images) = tensors.iter_mut().find(|tensor| tensor.name == INPUT) {
            images.shape = vec![1, 3, form.input.height.into(), form.input.width.into()];
            images.values.clear();
            images.values.extend_from_slice(input);
        }
        for link in links {
            let work = match &mut link.work {
                Some(work) => work,
                none => {
                    let made = work(runtime, model.as_ref(), tensors, link.tensor, &link.reads)?;
                    // The session has its own copy.
                    if let Some(graph) = model.as_mut().and_then(|model| model.graph.as_mut()) {
                        graph.initializer.retain(|constant| !link.constants.contains(&constant.name));
                    }
                    none.insert(made)
                }
            };
            if let (LinkWork::Plain(PlainOperation::LeakyRelu(slope), shape), [source]) = (&*work, &link.reads[..])
                && tensors[*source].leaky.is_none()
                && !tensors[link.tensor].is_head
            {
                let tensor = &mut tensors[link.tensor];
                (tensor.shape, tensor.leaky) = (shape.clone(), Some((*source, *slope)));
                continue;
            }
            let mut values = std::mem::take(&mut tensors[link.tensor].values);
            let known: &[ChainTensor] = tensors;
            let computed: Vec<_> = link.reads.iter().map(|read| leaky_values(known, *read, pool)).collect();
            let reads = link.reads.iter().zip(&computed).map(|(read, computed)| {
                let tensor = &known[*read];
                (tensor.name.as_str(), computed.as_ref().map_or(tensor.values.as_slice(), |values| values.as_slice()))
            });
            let shape = work.run(&reads.collect::<Vec<_>>(), &mut values).map_err(LayersError::Run)?;
            let tensor = &mut tensors[link.tensor];
            (tensor.shape, tensor.values) = (shape, values);
        }
        *model = None;
        Ok(())
    }

    /// A row's shape in the float model, and how many values it has.
    pub fn row(&self, row: usize) -> (&[i64], usize) {
        let ChainTensor { shape, values, leaky, .. } = &self.tensors[row];
        (shape, leaky.map_or(values.len(), |(source, _)| self.tensors[source].values.len()))
    }

    /// Some of a row's values in the last picture, in `memory` where they are not stored.
    pub fn part<'v>(&'v self, row: usize, range: Range<usize>, memory: &'v mut Vec<f32>) -> &'v [f32] {
        let tensor = &self.tensors[row];
        let Some((source, slope)) = tensor.leaky else { return &tensor.values[range] };
        memory.clear();
        memory.extend(self.tensors[source].values[range].iter().map(|value| leaky_relu(*value, slope)));
        memory
    }

    /// The shape of what a node of the float model reads under this name.
    pub fn shape(&self, name: &str) -> Option<&[i64]> {
        let tensor = self.tensors.iter().find(|tensor| tensor.name == name)?;
        Some(&tensor.shape)
    }

    /// Shows the values that a node of the float model reads under this name; `None`: there are none.
    pub fn show<T>(&self, name: &str, look: impl FnOnce(&[f32]) -> T) -> Option<T> {
        let tensor = self.tensors.iter().position(|tensor| tensor.name == name)?;
        let computed = leaky_values(&self.tensors, tensor, &self.pool);
        Some(look(computed.as_ref().map_or(self.tensors[tensor].values.as_slice(), |values| values.as_slice())))
    }

    /// Memory for tensors like its own.
    pub fn pool(&self) -> &FloatPool {
        &self.pool
    }

    /// How many values the largest tensor has.
    pub fn largest(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.values.len()).max().unwrap_or_default()
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

    /// The raw heads with some rows given: what depends on one of them is computed anew, everything else stays as it is.
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
            // There is some: the picture was run before.
            let Some(work) = &link.work else { continue };
            let is_done_with = |read: usize| tensors[read].last_reader == place && !tensors[read].is_head;
            if let (LinkWork::Plain(PlainOperation::LeakyRelu(slope), _), [read]) = (work, &link.reads[..])
                && is_done_with(*read)
                && let Some(mut values) = changed[*read].take()
            {
                values.iter_mut().for_each(|value| *value = leaky_relu(*value, *slope));
                changed[link.tensor] = Some(values);
                continue;
            }
            for read in &link.reads {
                if changed[*read].is_none() {
                    changed[*read] = leaky_values(tensors, *read, pool);
                }
            }
            let mut values = pool.take(self.row(link.tensor).1);
            let reads = link.reads.iter().map(|read| {
                let tensor = &tensors[*read];
                (tensor.name.as_str(), changed[*read].as_ref().map_or(tensor.values.as_slice(), |v| v.as_slice()))
            });
            work.run(&reads.collect::<Vec<_>>(), &mut values).map_err(LayersError::Run)?;
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

/// The values of a leaky ReLU that are not stored; `None`: they are.
fn leaky_values<'p>(tensors: &[ChainTensor], tensor: usize, pool: &'p FloatPool) -> Option<PooledFloats<'p>> {
    let (source, slope) = tensors[tensor].leaky?;
    let source = &tensors[source].values;
    let mut values = pool.take(source.len());
    values.extend(source.iter().map(|value| leaky_relu(*value, slope)));
    Some(values)
}

/// Computes one tensor from those that it reads, whose shapes are known.
fn work(
    runtime: &Runtime,
    model: Option<&ModelProto>,
    tensors: &[ChainTensor],
    tensor: usize,
    reads: &[usize],
) -> Result<LinkWork, LayersError> {
    let broken = || LayersError::Float(format!("its tensor {} cannot be computed alone", tensors[tensor].name));
    let cutter = model.and_then(Cutter::new).ok_or_else(broken)?;
    let is_read = |name: &str| reads.iter().any(|read| tensors[*read].name == name);
    let segment = cutter.segment(&tensors[tensor].name, is_read).ok_or_else(broken)?;
    let shape = |name: &str| -> &[i64] {
        reads.iter().find(|read| tensors[**read].name == name).map_or(&[], |read| &tensors[*read].shape)
    };
    LinkWork::new(runtime, &segment, shape).map_err(LayersError::Run)
}
