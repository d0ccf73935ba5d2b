//! What is left of a network when nothing is computed that nobody reads.
//!
//! ```text
//! Conv ─▶ LeakyRelu ─▶ Concat           becomes   Conv with a table ─▶ Concat
//! Dequantize ─▶ Slice ─▶ Quantize       becomes   Slice (of bytes, with a table if their scales differ)
//! ```

use crate::integer::byte_map::{ByteMap, Table};
use crate::integer::conv::Conv;
use crate::integer::grid::Grid;
use crate::integer::network::{Network, Op, Padding, Step};
use crate::integer::tensor::{Element, Shape};
use crate::integer::window::Window;

/// One thing to do. `input` and `output` are indices of slots.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    pub act: Act<'a>,
    pub input: usize,
    pub output: usize,
    /// Index of the network's step.
    pub step: usize,
}

#[derive(Clone, Debug)]
pub enum Act<'a> {
    /// Followed by a function from byte to byte.
    Conv(&'a Conv, Option<Box<Table>>),
    /// Channels of the input, from `start` on, to channels of the output, from `to` on.
    Copy {
        start: usize,
        to: usize,
        table: Option<Box<Table>>,
    },
    MaxPool(Window),
    Upsample([usize; 2]),
    Pad(Padding),
    Quantize(Grid),
    Dequantize(Grid),
}

/// A tensor, or several with the same values.
#[derive(Clone, Copy, Debug)]
pub struct GraphSlot {
    pub shape: Shape,
    pub element: Element,
    /// Whether it is read after a run.
    pub is_kept: bool,
}

#[derive(Clone, Debug)]
pub struct TaskGraph<'a> {
    pub slots: Vec<GraphSlot>,
    pub tasks: Vec<Task<'a>>,
    pub input: usize,
}

impl<'a> TaskGraph<'a> {
    /// With `keeps`, all tensors are computed.
    pub fn new(network: &'a Network, keeps: bool) -> Self {
        let slot = |tensor: &usize| {
            let tensor = &network.tensors[*tensor];
            GraphSlot { shape: tensor.shape, element: tensor.element, is_kept: keeps }
        };
        let mut slots: Vec<GraphSlot> = network.buffers.iter().map(slot).collect();
        for output in &network.outputs {
            slots[network.tensors[*output].buffer].is_kept = true;
        }
        let slot_of = |tensor: usize| network.tensors[tensor].buffer;
        let task = |(place, step): (usize, &'a Step)| Task {
            act: Act::of(&step.op),
            input: slot_of(step.input),
            output: slot_of(step.output),
            step: place,
        };
        let tasks = network.steps.iter().enumerate().map(task).collect();
        let mut graph = Self { slots, tasks, input: slot_of(network.input) };
        if !keeps {
            graph.stay_in_bytes();
            graph.drop_unread();
            graph.fuse();
        }
        graph
    }

    /// A tensor of its own.
    pub fn add(&mut self, slot: GraphSlot) -> usize {
        self.slots.push(slot);
        self.slots.len() - 1
    }

    pub fn readers(&self, slot: usize) -> impl Iterator<Item = &Task<'a>> {
        self.tasks.iter().filter(move |task| task.input == slot)
    }

    fn writers(&self, slot: usize) -> impl Iterator<Item = &Task<'a>> {
        self.tasks.iter().filter(move |task| task.output == slot)
    }

    fn only_writer(&self, slot: usize) -> Option<&Task<'a>> {
        let mut writers = self.writers(slot);
        writers.next().filter(|_| writers.next().is_none())
    }

    /// Bytes that become floats and bytes again, and at most lose channels on the way, are copied instead.
    fn stay_in_bytes(&mut self) {
        for place in 0..self.tasks.len() {
            let Act::Quantize(to) = self.tasks[place].act else { continue };
            let channels = self.slots[self.tasks[place].output].shape.channels;
            let (mut slot, mut first) = (self.tasks[place].input, 0);
            let found = loop {
                match self.only_writer(slot) {
                    Some(Task { act: Act::Copy { start, to: 0, .. }, input, output, .. })
                        if start + self.slots[*output].shape.channels <= self.slots[*input].shape.channels =>
                    {
                        first += start;
                        slot = *input;
                    }
                    Some(Task { act: Act::Dequantize(from), input, .. }) => break Some((*from, *input)),
                    _ => break None,
                }
            };
            let Some((from, input)) = found else { continue };
            let fits = first + channels <= self.slots[input].shape.channels;
            if fits && self.slots[input].element != Element::F32 {
                let table = ByteMap::regrid(from, to).map(|map| Box::new(map.table));
                let task = &mut self.tasks[place];
                (task.act, task.input) = (Act::Copy { start: first, to: 0, table }, input);
            }
        }
    }

    fn drop_unread(&mut self) {
        let mut is_read: Vec<bool> = self.slots.iter().map(|slot| slot.is_kept).collect();
        let mut kept = Vec::with_capacity(self.tasks.len());
        for task in std::mem::take(&mut self.tasks).into_iter().rev() {
            if is_read[task.output] {
                is_read[task.input] = true;
                kept.push(task);
            }
        }
        kept.reverse();
        self.tasks = kept;
    }

    /// Puts functions from byte to byte into the convolutions before them, where nobody else reads these.
    fn fuse(&mut self) {
        let mut place = 0;
        while place < self.tasks.len() {
            let Task { ref act, input, output, .. } = self.tasks[place];
            let is_alone = !self.slots[input].is_kept && self.readers(input).nth(1).is_none();
            let before = match act {
                Act::Copy { start: 0, table: Some(_), .. } if is_alone => {
                    self.tasks[..place].iter().position(|task| task.output == input && task.act.is_conv_to_bytes())
                }
                _ => None,
            };
            let Some(before) = before.filter(|_| self.writers(input).nth(1).is_none()) else {
                place += 1;
                continue;
            };
            let is_whole = self.slots[input].shape.channels == self.slots[output].shape.channels;
            let Act::Copy { table, .. } = &mut self.tasks[place].act else { continue };
            let Some(next) = table.take() else { continue };
            if let Act::Conv(_, table) = &mut self.tasks[before].act {
                match table {
                    Some(table) => table.iter_mut().for_each(|byte| *byte = next[usize::from(*byte)]),
                    None => *table = Some(next),
                }
            }
            if is_whole {
                self.tasks[before].output = output;
                self.tasks.remove(place);
            }
        }
    }
}

impl<'a> Act<'a> {
    fn of(op: &'a Op) -> Self {
        let table = |map: &ByteMap| Some(Box::new(map.table));
        match op {
            Op::Quantize(grid) => Self::Quantize(*grid),
            Op::Dequantize(grid) => Self::Dequantize(*grid),
            Op::Conv(conv) => Self::Conv(conv, None),
            Op::Map(map) => Self::Copy { start: 0, to: 0, table: table(map) },
            Op::MaxPool(window) => Self::MaxPool(*window),
            Op::Upsample(factor) => Self::Upsample(*factor),
            Op::Pad(padding) => Self::Pad(*padding),
            Op::Channels { start, to, map } => {
                Self::Copy { start: *start, to: *to, table: map.as_ref().and_then(|map| table(map)) }
            }
        }
    }

    fn is_conv_to_bytes(&self) -> bool {
        matches!(self, Self::Conv(conv, _) if conv.rounds())
    }
}
