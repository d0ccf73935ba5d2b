//! Where each tensor lies: concatenations and splits are views of one memory, convolutions read across borders that
//! hold their zero points, and what is no longer read makes room.

use super::area::{Border, ByteArea, FloatPlanes, TensorPlace};
use super::graph::{Act, GraphSlot, Task, TaskGraph};
use crate::integer::tensor::{Element, Shape};

/// Limit for the memory of all tensors.
const MAX_BYTES: usize = 1 << 31;
/// Bytes behind a tensor that a group may read beyond it.
const SLACK: usize = 64;

#[derive(Debug, Default)]
pub struct MemoryLayout {
    /// Of each slot; `None` if nothing reads it from memory.
    pub places: Vec<Option<TensorPlace>>,
    /// Of each task: what is to be filled while it runs.
    pub borders: Vec<Vec<Border>>,
    /// Of all memory.
    pub bytes: usize,
}

/// A slot that is part of another one, from this channel on.
#[derive(Clone, Copy)]
struct Within {
    slot: usize,
    start: usize,
}

/// What the convolutions that read a slot ask of the bytes around it.
#[derive(Clone, Default)]
struct Surroundings {
    /// Top, left, bottom, right.
    ends: [usize; 4],
    /// First channel, number of channels, value.
    values: Vec<(usize, usize, u8)>,
}

impl MemoryLayout {
    /// Takes those tasks out of the graph that become views, and puts copies into it where convolutions disagree about
    /// what surrounds their input. `None`: it takes too much memory.
    pub fn new(graph: &mut TaskGraph<'_>) -> Option<Self> {
        let mut within = vec![None; graph.slots.len()];
        let views = |task: &Task<'_>, slots: &[GraphSlot]| make_view(task, slots, &mut within);
        keep_tasks(graph, views);
        let surroundings = surround(graph, &mut within);
        let roots: Vec<Within> = (0..graph.slots.len()).map(|slot| root(&within, slot)).collect();
        let lives = lives(graph, &roots);
        let size = |slot: usize| {
            lives[slot]?;
            is_in_memory(graph, slot).then(|| size_of(&graph.slots[slot], surroundings[slot].ends))
        };
        let sizes: Vec<Option<usize>> = (0..graph.slots.len()).map(size).collect();
        if sizes.iter().flatten().fold(0usize, |sum, size| sum.saturating_add(*size)) > MAX_BYTES {
            return None;
        }
        let (starts, bytes) = arrange(&sizes, &lives);
        let place = |slot: usize| {
            let Within { slot: root, start } = roots[slot];
            let origin = starts[root]?;
            let (of_root, shape) = (&graph.slots[root], graph.slots[slot].shape);
            Some(if of_root.element == Element::F32 {
                TensorPlace::Floats(FloatPlanes { shape, origin })
            } else {
                TensorPlace::Bytes(area(of_root.shape, surroundings[root].ends, origin).channels(start, shape.channels))
            })
        };
        let places: Vec<Option<TensorPlace>> = (0..graph.slots.len()).map(place).collect();
        let mut borders = vec![Vec::new(); graph.tasks.len()];
        for (slot, Surroundings { ends, values }) in surroundings.iter().enumerate() {
            // Whatever lay there before is no longer read when the slot is first written.
            let first = graph.tasks.iter().position(|task| roots[task.output].slot == slot);
            let (Some(first), Some(TensorPlace::Bytes(area))) = (first, places[slot]) else { continue };
            let of = |(start, channels, value): &(usize, usize, u8)| Border {
                area: area.channels(*start, *channels),
                ends: *ends,
                value: *value,
            };
            borders[first].extend(values.iter().map(of));
        }
        Some(Self { places, borders, bytes })
    }
}

fn keep_tasks<'a>(graph: &mut TaskGraph<'a>, mut is_view: impl FnMut(&Task<'a>, &[GraphSlot]) -> bool) {
    let slots = &graph.slots;
    graph.tasks.retain(|task| !is_view(task, slots));
}

/// Copies of whole channels: of the output out of its input (`Split`), or of the input into its output (`Concat`).
fn make_view(task: &Task<'_>, slots: &[GraphSlot], within: &mut [Option<Within>]) -> bool {
    let Task { act: Act::Copy { start, to, table: None }, input, output, .. } = task else { return false };
    let (from, into) = (&slots[*input], &slots[*output]);
    if from.element == Element::F32 || root(within, *input).slot == root(within, *output).slot {
        return false;
    }
    let count = (from.shape.channels - start).min(into.shape.channels - to);
    if count == into.shape.channels && within[*output].is_none() {
        within[*output] = Some(Within { slot: *input, start: *start });
        return true;
    }
    if count == from.shape.channels && within[*input].is_none() {
        within[*input] = Some(Within { slot: *output, start: *to });
        return true;
    }
    false
}

/// The slot that has memory of its own.
fn root(within: &[Option<Within>], slot: usize) -> Within {
    let mut found = Within { slot, start: 0 };
    while let Some(Within { slot, start }) = within[found.slot] {
        found = Within { slot, start: found.start + start };
    }
    found
}

/// The input is only in memory where somebody reads it who does not turn it into bytes at once.
fn is_in_memory(graph: &TaskGraph<'_>, slot: usize) -> bool {
    let reads = |task: &Task<'_>| !matches!(task.act, Act::Quantize(_));
    slot != graph.input || graph.slots[slot].is_kept || graph.readers(slot).any(reads)
}

/// What each slot needs around it. A convolution that cannot share its input's surroundings gets a copy.
fn surround(graph: &mut TaskGraph<'_>, within: &mut Vec<Option<Within>>) -> Vec<Surroundings> {
    let mut all = vec![Surroundings::default(); graph.slots.len()];
    let mut place = 0;
    while place < graph.tasks.len() {
        let Task { ref act, input, output, step } = graph.tasks[place];
        let &Act::Conv(conv, _) = act else {
            place += 1;
            continue;
        };
        let ends = conv.window.ends(graph.slots[input].shape, graph.slots[output].shape);
        if ends == [0; 4] {
            place += 1;
            continue;
        }
        let Within { slot, start } = root(within, input);
        let channels = graph.slots[input].shape.channels;
        let around = &mut all[slot];
        let overlaps = |(first, count, _): &&(usize, usize, u8)| *first < start + channels && start < first + count;
        let others: Vec<_> = around.values.iter().filter(overlaps).copied().collect();
        if others.iter().all(|(.., value)| *value == conv.zero_point) {
            around.values.push((start, channels, conv.zero_point));
            for (end, wanted) in around.ends.iter_mut().zip(ends) {
                *end = (*end).max(wanted);
            }
            place += 1;
        } else {
            let copy = graph.add(GraphSlot { is_kept: false, ..graph.slots[input] });
            within.push(None);
            all.push(Surroundings::default());
            let act = Act::Copy { start: 0, to: 0, table: None };
            graph.tasks.insert(place, Task { act, input, output: copy, step });
            graph.tasks[place + 1].input = copy;
            place += 1;
        }
    }
    all
}

fn area(shape: Shape, [top, left, _, right]: [usize; 4], start: usize) -> ByteArea {
    let (pitch, row) = (shape.channels, (left + shape.width + right) * shape.channels);
    ByteArea { shape, origin: start + top * row + left * pitch, pitch, row }
}

fn size_of(GraphSlot { shape, element, .. }: &GraphSlot, [top, left, bottom, right]: [usize; 4]) -> usize {
    if *element == Element::F32 {
        return shape.values().saturating_mul(4);
    }
    let (rows, columns) = (top + shape.height + bottom, left + shape.width + right);
    rows.saturating_mul(columns).saturating_mul(shape.channels).saturating_add(SLACK)
}

/// Of each slot with memory of its own: the first task that writes it and the last that reads it.
fn lives(graph: &TaskGraph<'_>, roots: &[Within]) -> Vec<Option<[usize; 2]>> {
    let mut lives: Vec<Option<[usize; 2]>> = vec![None; graph.slots.len()];
    let mut meet = |slot: usize, task: usize| {
        let [first, last] = lives[slot].get_or_insert([task, task]);
        (*first, *last) = ((*first).min(task), (*last).max(task));
    };
    for (place, task) in graph.tasks.iter().enumerate() {
        // What becomes of the input's floats is written before anything else runs.
        let is_source = task.input == graph.input && matches!(task.act, Act::Quantize(_));
        meet(roots[task.input].slot, if task.input == graph.input { 0 } else { place });
        meet(roots[task.input].slot, place);
        meet(roots[task.output].slot, if is_source { 0 } else { place });
        meet(roots[task.output].slot, place);
    }
    for (slot, root) in roots.iter().enumerate() {
        if graph.slots[slot].is_kept {
            // From the start on: the input is there before the first task.
            meet(root.slot, if slot == graph.input { 0 } else { graph.tasks.len() });
            meet(root.slot, graph.tasks.len());
        }
    }
    lives
}

/// The lowest free place for one after another, and the bytes of all.
fn arrange(sizes: &[Option<usize>], lives: &[Option<[usize; 2]>]) -> (Vec<Option<usize>>, usize) {
    let mut starts = vec![None; sizes.len()];
    let mut taken: Vec<(usize, usize, [usize; 2])> = Vec::new();
    let mut order: Vec<(usize, usize, [usize; 2])> = (0..sizes.len())
        .filter_map(|slot| Some((slot, sizes[slot]?.next_multiple_of(64), lives[slot].unwrap_or([0, 0]))))
        .collect();
    order.sort_by_key(|(slot, size, [first, _])| (*first, usize::MAX - size, *slot));
    for (slot, size, [first, last]) in order {
        let mut others: Vec<(usize, usize)> = taken
            .iter()
            .filter(|(.., [from, to])| *from <= last && first <= *to)
            .map(|(start, end, _)| (*start, *end))
            .collect();
        others.sort_unstable();
        let mut start = 0;
        for (from, to) in others {
            if start + size <= from {
                break;
            }
            start = start.max(to);
        }
        taken.push((start, start + size, [first, last]));
        starts[slot] = Some(start);
    }
    let bytes = taken.iter().map(|(_, end, _)| *end).max().unwrap_or(0);
    (starts, bytes)
}
