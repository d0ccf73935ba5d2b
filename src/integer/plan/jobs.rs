//! What a plan does in a run, and the memory that it does it in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::PlanOptions;
use super::area::{Area, Border, Place};
use super::conv_job::ConvJob;
use super::graph::{Act, Task, TaskGraph};
use super::layout::Layout;
use super::moves::Move;
use super::scratch::Scratch;
use super::source::Source;
use crate::integer::conv::Conv;
use crate::integer::kernel::memory::Memory;
use crate::integer::network::{Network, Op};

/// Parts of a move for each thread.
const PARTS: usize = 4;

pub struct Jobs {
    pub network: Arc<Network>,
    pub memory: Memory,
    /// Of each buffer of the network: where it lies, if it can be read after a run.
    pub places: Vec<Option<Place>>,
    /// What becomes of the input before the jobs.
    pub sources: Vec<Source>,
    jobs: Vec<Job>,
}

struct Job {
    step: usize,
    work: Work,
    borders: Vec<Border>,
    items: usize,
    /// The next item that nobody has taken.
    next: AtomicUsize,
}

enum Work {
    Conv(Box<ConvJob>),
    Move(Move),
}

impl Jobs {
    /// `None`: the tensors take too much memory.
    pub fn new(network: Arc<Network>, options: PlanOptions) -> Option<Self> {
        let PlanOptions { kernel, threads, keeps, sums } = options;
        let mut graph = TaskGraph::new(&network, keeps);
        let Layout { mut places, borders, bytes } = Layout::new(&mut graph)?;
        let (mut sources, mut jobs) = (Vec::new(), Vec::new());
        let input = graph.input;
        if let Some(Place::Floats(planes)) = places[input] {
            sources.push(Source::Floats(planes));
        }
        for (task, borders) in graph.tasks.iter().zip(borders) {
            let Some(output) = places[task.output] else { continue };
            if let (true, Act::Quantize(grid), Place::Bytes(area)) = (task.input == input, &task.act, output) {
                sources.push(Source::Bytes { area, grid: *grid, borders });
                continue;
            }
            let Some(from) = places[task.input] else { continue };
            let shape = graph.slots[task.output].shape;
            let work = match &task.act {
                Act::Conv(conv, table) => {
                    let Some(area) = from.bytes() else { continue };
                    let addition = conv.addition(sums);
                    Work::Conv(Box::new(ConvJob::new(
                        conv,
                        table.as_deref(),
                        (area, output, shape),
                        kernel,
                        addition,
                        threads,
                    )))
                }
                _ => {
                    let Some(to_do) = move_of(task, from, output) else { continue };
                    Work::Move(to_do)
                }
            };
            let items = match &work {
                Work::Conv(conv) => conv.items(),
                Work::Move(to_do) => to_do.rows().min(PARTS * threads),
            };
            jobs.push(Job { step: task.step, work, borders, items, next: AtomicUsize::new(0) });
        }
        for (place, slot) in places.iter_mut().zip(&graph.slots) {
            *place = place.filter(|_| slot.is_kept);
        }
        drop(graph);
        Some(Self { network, memory: Memory::zeros(bytes), places, sources, jobs })
    }

    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Memory for one thread.
    pub fn scratch(&self) -> Scratch {
        let mut scratch = Scratch::default();
        for job in &self.jobs {
            if let (Work::Conv(work), Some(conv)) = (&job.work, self.conv(job.step)) {
                work.reserve(conv, &mut scratch);
            }
        }
        scratch
    }

    /// Before all threads share the jobs again.
    pub fn begin(&self) {
        self.jobs.iter().for_each(|job| job.next.store(0, Ordering::SeqCst));
    }

    /// Takes one item of a job after another until none is left.
    pub fn share(&self, job: usize, scratch: &mut Scratch) {
        let job = &self.jobs[job];
        loop {
            let item = job.next.fetch_add(1, Ordering::Relaxed);
            if item >= job.items {
                return;
            }
            if item == 0 {
                job.borders.iter().for_each(|border| border.fill(&self.memory));
            }
            match &job.work {
                Work::Conv(work) => {
                    if let Some(conv) = self.conv(job.step) {
                        work.run(conv, &self.memory, scratch, item);
                    }
                }
                Work::Move(to_do) => {
                    let rows = to_do.rows();
                    for y in rows * item / job.items..rows * (item + 1) / job.items {
                        to_do.row(&self.memory, y);
                    }
                }
            }
        }
    }

    fn conv(&self, step: usize) -> Option<&Conv> {
        match &self.network.steps[step].op {
            Op::Conv(conv) => Some(conv),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").field("jobs", &self.jobs.len()).finish_non_exhaustive()
    }
}

/// The reader gives each operation inputs and outputs of types that it supports; anything else is none.
fn move_of(task: &Task<'_>, from: Place, to: Place) -> Option<Move> {
    let part = |from: Area, to: Area, start: usize, at: usize| {
        let count = (from.shape.channels - start).min(to.shape.channels - at);
        (from.channels(start, count), to.channels(at, count))
    };
    Some(match (&task.act, from, to) {
        (Act::Copy { start, to: at, table }, Place::Bytes(from), Place::Bytes(to)) => {
            let (from, to) = part(from, to, *start, *at);
            Move::Copy { from, to, table: table.clone() }
        }
        (Act::MaxPool(window), Place::Bytes(from), Place::Bytes(to)) => Move::MaxPool { from, to, window: *window },
        (Act::Upsample(factor), Place::Bytes(from), Place::Bytes(to)) => Move::Upsample { from, to, factor: *factor },
        (Act::Quantize(grid), Place::Floats(from), Place::Bytes(to)) => Move::Quantize { from, to, grid: *grid },
        (Act::Dequantize(grid), Place::Bytes(from), Place::Floats(to)) => Move::Dequantize { from, to, grid: *grid },
        (Act::Copy { start, to: at, .. }, Place::Floats(from), Place::Floats(to)) => {
            let count = (from.shape.channels - start).min(to.shape.channels - at);
            Move::Floats { from, start: *start, to, at: *at, count, factor: [1, 1] }
        }
        (Act::Upsample(factor), Place::Floats(from), Place::Floats(to)) => {
            Move::Floats { from, start: 0, to, at: 0, count: from.shape.channels, factor: *factor }
        }
        _ => return None,
    })
}
