//! The float model as a chain: a session for each of its tensors, which computes it from the ones before. Some tensors
//! given, only what comes after them is computed, and no model is built for it.
//!
//! ```text
//! all tensors of a picture ─┬─ one replaced, by its INT8 node's ──▶ links after it ──▶ raw heads
//!                           └─ all up to one, by the INT8 model's ─▶ links after it ──▶ raw heads
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use super::heads::HeadCollector;
use super::merge::{INPUT, Merged};
use super::segment::Cutter;
use super::{LayerModels, LayersError};
use crate::detect::{Form, RawHeads};
use crate::model::{RawSession, Runtime};
use crate::onnx::ModelProto;

/// Each session has threads of its own.
const MOST_THREADS: usize = 4;

/// Built once; what a picture's tensors are it keeps until the next one. Of YOLOv4-tiny, 50 MB.
pub struct FloatChain {
    runtime: Runtime,
    form: Form,
    /// `None`: every link has its session.
    model: Option<Arc<ModelProto>>,
    /// First those of the rows, in their order.
    tensors: Vec<ChainTensor>,
    /// In the order in which they run.
    links: Vec<ChainLink>,
    /// By tensor, for one of the ends of [`FloatChain::after`].
    changed: Vec<Option<Vec<f32>>>,
    /// Memory for these that is not in use.
    spare: Vec<Vec<f32>>,
}

struct ChainTensor {
    /// As the float model's nodes read it.
    name: String,
    shape: Vec<i64>,
    values: Vec<f32>,
    is_head: bool,
    /// The last of the links that read it.
    last_reader: usize,
}

/// Computes one tensor.
struct ChainLink {
    tensor: usize,
    reads: Vec<usize>,
    session: Option<RawSession>,
}

impl FloatChain {
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
        let mut links = Vec::with_capacity(order.len());
        for (node, tensor) in order {
            let is_before =
                |name: &str| places.contains_key(name) && cutter.producer(name).is_none_or(|producer| producer < node);
            let segment = cutter.segment(names[tensor], is_before);
            let reads = segment.iter().flat_map(|segment| &segment.reads).map(|name| places[name]).collect();
            links.push(ChainLink { tensor, reads, session: None });
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
                is_head: merged.heads.iter().any(|head| head == name),
                last_reader: last_reader(place),
            })
            .collect();
        let changed = tensors.iter().map(|_| None).collect();
        let (runtime, form, model) = (runtime.clone(), models.form.clone(), Some(Arc::clone(&merged.model)));
        Ok(Self { runtime, form, model, tensors, links, changed, spare: Vec::new() })
    }

    /// Computes all tensors of a letterboxed picture.
    pub fn run(&mut self, input: &[f32]) -> Result<(), LayersError> {
        let Self { runtime, model, tensors, links, form, .. } = self;
        if let Some(images) = tensors.iter_mut().find(|tensor| tensor.name == INPUT) {
            images.shape = vec![1, 3, form.input.height.into(), form.input.width.into()];
            images.values.clear();
            images.values.extend_from_slice(input);
        }
        for link in links {
            let mut values = std::mem::take(&mut tensors[link.tensor].values);
            let mut shape = Vec::new();
            let session = match &mut link.session {
                Some(session) => session,
                none => none.insert(session(runtime, model.as_deref(), tensors, link.tensor, &link.reads)?),
            };
            let of = |name: &str| {
                let read = link.reads.iter().find(|read| tensors[**read].name == name)?;
                Some(tensors[*read].values.as_slice())
            };
            session
                .run_many(of, |_, dims, found| {
                    shape = dims.to_vec();
                    values.clear();
                    values.extend_from_slice(found);
                })
                .map_err(LayersError::Run)?;
            let tensor = &mut tensors[link.tensor];
            (tensor.shape, tensor.values) = (shape, values);
        }
        *model = None;
        Ok(())
    }

    /// A row's shape and values in the float model, of the last picture.
    pub fn row(&self, row: usize) -> (&[i64], &[f32]) {
        let tensor = &self.tensors[row];
        (&tensor.shape, &tensor.values)
    }

    /// The values that a node of the float model reads under this name.
    pub fn named(&self, name: &str) -> Option<(&[i64], &[f32])> {
        let tensor = self.tensors.iter().find(|tensor| tensor.name == name)?;
        Some((&tensor.shape, &tensor.values))
    }

    /// The raw heads of the last picture.
    pub fn heads(&self) -> Result<RawHeads, LayersError> {
        let mut heads = HeadCollector::new(&self.form);
        for tensor in self.tensors.iter().filter(|tensor| tensor.is_head) {
            heads.take(&tensor.shape, &tensor.values);
        }
        heads.finish()
    }

    /// The raw heads with some rows given: what depends on one of them is computed anew, everything else stays as it is.
    pub fn after(&mut self, given: &HashMap<usize, &[f32]>) -> Result<RawHeads, LayersError> {
        let wanted = self.wanted(given);
        let Self { form, tensors, links, changed, spare, .. } = self;
        let mut heads = HeadCollector::new(form);
        let mut result = Ok(());
        for (place, link) in links.iter_mut().enumerate().filter(|(place, _)| wanted[*place]) {
            let mut values = take(spare, tensors[link.tensor].values.len());
            let of = |name: &str| {
                let read = *link.reads.iter().find(|read| tensors[**read].name == name)?;
                let instead = given.get(&read).copied().or(changed[read].as_deref());
                Some(instead.unwrap_or(&tensors[read].values))
            };
            // There is one: the picture was run before.
            let Some(session) = &mut link.session else { continue };
            result = session.run_many(of, |_, _, found| {
                values.clear();
                values.extend_from_slice(found);
            });
            changed[link.tensor] = Some(values);
            if result.is_err() {
                break;
            }
            for read in &link.reads {
                if tensors[*read].last_reader == place && !tensors[*read].is_head {
                    spare.extend(changed[*read].take());
                }
            }
        }
        for (place, tensor) in tensors.iter().enumerate().filter(|(_, tensor)| tensor.is_head) {
            let instead = given.get(&place).copied().or(changed[place].as_deref());
            heads.take(&tensor.shape, instead.unwrap_or(&tensor.values));
        }
        spare.extend(changed.iter_mut().filter_map(Option::take));
        result.map_err(LayersError::Run)?;
        heads.finish()
    }

    /// Whether each link has to run: what it reads changes, and a head needs it.
    fn wanted(&self, given: &HashMap<usize, &[f32]>) -> Vec<bool> {
        let mut changes: Vec<bool> = (0..self.tensors.len()).map(|tensor| given.contains_key(&tensor)).collect();
        let mut wanted = vec![false; self.links.len()];
        for (link, wanted) in self.links.iter().zip(&mut wanted) {
            *wanted = !given.contains_key(&link.tensor) && link.reads.iter().any(|read| changes[*read]);
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

/// Memory for this many values, the smallest that is large enough.
fn take(spare: &mut Vec<Vec<f32>>, values: usize) -> Vec<f32> {
    let fits = spare.iter().enumerate().filter(|(_, memory)| memory.capacity() >= values);
    match fits.min_by_key(|(_, memory)| memory.capacity()).map(|(place, _)| place) {
        Some(place) => spare.swap_remove(place),
        None => Vec::with_capacity(values),
    }
}

/// Computes one tensor from those that it reads, whose shapes are known.
fn session(
    runtime: &Runtime,
    model: Option<&ModelProto>,
    tensors: &[ChainTensor],
    tensor: usize,
    reads: &[usize],
) -> Result<RawSession, LayersError> {
    let broken = || LayersError::Float(format!("its tensor {} cannot be computed alone", tensors[tensor].name));
    let cutter = model.and_then(Cutter::new).ok_or_else(broken)?;
    let is_read = |name: &str| reads.iter().any(|read| tensors[*read].name == name);
    let segment = cutter.segment(&tensors[tensor].name, is_read).ok_or_else(broken)?;
    let shape = |name: &str| -> &[i64] {
        reads.iter().find(|read| tensors[**read].name == name).map_or(&[], |read| &tensors[*read].shape)
    };
    let threads = crate::model::threads().min(MOST_THREADS);
    RawSession::part(runtime, &segment.onnx(shape), threads).map_err(LayersError::Run)
}
