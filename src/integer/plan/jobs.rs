//! What a plan does in a run, and the memory that it does it in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::area::{Border, ByteArea, TensorPlace};
use super::conv_job::ConvJob;
use super::graph::{Act, Task, TaskGraph};
use super::layout::MemoryLayout;
use super::moves::Move;
use super::options::PlanOptions;
use super::scratch::ThreadMemory;
use super::source::InputSink;
use crate::integer::conv::Conv;
use crate::integer::kernel::memory::Memory;
use crate::integer::network::{Network, Op};

/// Parts of a move for each thread.
const PARTS: usize = 4;

pub struct JobList {
    pub network: Arc<Network>,
    pub memory: Memory,
    /// Of each buffer of the network: where it lies, if it can be read after a run.
    pub places: Vec<Option<TensorPlace>>,
    /// What becomes of the input before the jobs.
    pub sources: Vec<InputSink>,
    jobs: Vec<PlanJob>,
}

struct PlanJob {
    step: usize,
    work: JobWork,
    borders: Vec<Border>,
    items: usize,
    /// The next item that nobody has taken.
    next: AtomicUsize,
}

enum JobWork {
    Conv(Box<ConvJob>),
    Move(Move),
}

impl JobList {
    /// `None`: the tensors take too much memory.
    pub fn new(network: Arc<Network>, options: PlanOptions) -> Option<Self> {
        let PlanOptions { kernel, threads, keeps, sums } = options;
        let mut graph = TaskGraph::new(&network, keeps);
        let MemoryLayout { mut places, borders, bytes } = MemoryLayout::new(&mut graph)?;
        let (mut sources, mut jobs) = (Vec::new(), Vec::new());
        let input = graph.input;
        if let Some(TensorPlace::Floats(planes)) = places[input] {
            sources.push(InputSink::Floats(planes));
        }
        for (task, mut borders) in graph.tasks.iter().zip(borders) {
            let Some(output) = places[task.output] else { continue };
            if let (true, Act::Quantize(grid), TensorPlace::Bytes(area)) = (task.input == input, &task.act, output) {
                sources.push(InputSink::Bytes { area, grid: *grid, borders });
                continue;
            }
            let Some(from) = places[task.input] else { continue };
            let shape = graph.slots[task.output].shape;
            if let (Act::Pad(padding), Some(area)) = (&task.act, output.bytes()) {
                borders.push(Border::of(padding, graph.slots[task.input].shape, area));
            }
            let work = match &task.act {
                Act::Conv(conv, table) => {
                    let Some(area) = from.bytes() else { continue };
                    let addition = conv.addition(sums);
                    JobWork::Conv(Box::new(ConvJob::new(
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
                    JobWork::Move(to_do)
                }
            };
            let items = match &work {
                JobWork::Conv(conv) => conv.items(),
                JobWork::Move(to_do) => to_do.rows().min(PARTS * threads),
            };
            jobs.push(PlanJob { step: task.step, work, borders, items, next: AtomicUsize::new(0) });
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
    pub fn scratch(&self) -> ThreadMemory {
        let mut scratch = ThreadMemory::default();
        for job in &self.jobs {
            if let (JobWork::Conv(work), Some(conv)) = (&job.work, self.conv(job.step)) {
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
    pub fn share(&self, job: usize, scratch: &mut ThreadMemory) {
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
                JobWork::Conv(work) => {
                    if let Some(conv) = self.conv(job.step) {
                        work.run(conv, &self.memory, scratch, item);
                    }
                }
                JobWork::Move(to_do) => {
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

impl std::fmt::Debug for JobList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobList").field("jobs", &self.jobs.len()).finish_non_exhaustive()
    }
}

/// The reader gives each operation inputs and outputs of types that it supports; anything else is none.
fn move_of(task: &Task<'_>, from: TensorPlace, to: TensorPlace) -> Option<Move> {
    let part = |from: ByteArea, to: ByteArea, start: usize, at: usize| {
        let count = (from.shape.channels - start).min(to.shape.channels - at);
        (from.channels(start, count), to.channels(at, count))
    };
    Some(match (&task.act, from, to) {
        (Act::Copy { start, to: at, table }, TensorPlace::Bytes(from), TensorPlace::Bytes(to)) => {
            let (from, to) = part(from, to, *start, *at);
            Move::Copy { from, to, table: table.clone() }
        }
        (Act::MaxPool(window), TensorPlace::Bytes(from), TensorPlace::Bytes(to)) => {
            Move::MaxPool { from, to, window: *window }
        }
        (Act::Upsample(factor), TensorPlace::Bytes(from), TensorPlace::Bytes(to)) => {
            Move::Upsample { from, to, factor: *factor }
        }
        (Act::Pad(padding), TensorPlace::Bytes(from), TensorPlace::Bytes(to)) => {
            let [y, x] = padding.corner;
            let inner = ByteArea { origin: to.at(y, x), shape: from.shape, ..to };
            Move::Copy { from, to: inner, table: None }
        }
        (Act::Pad(padding), TensorPlace::Floats(from), TensorPlace::Floats(to)) => {
            Move::PadFloats { from, to, padding: *padding }
        }
        (Act::Quantize(grid), TensorPlace::Floats(from), TensorPlace::Bytes(to)) => {
            Move::Quantize { from, to, grid: *grid }
        }
        (Act::Dequantize(grid), TensorPlace::Bytes(from), TensorPlace::Floats(to)) => {
            Move::Dequantize { from, to, grid: *grid }
        }
        (Act::Copy { start, to: at, .. }, TensorPlace::Floats(from), TensorPlace::Floats(to)) => {
            let count = (from.shape.channels - start).min(to.shape.channels - at);
            Move::Floats { from, start: *start, to, at: *at, count, factor: [1, 1] }
        }
        (Act::Upsample(factor), TensorPlace::Floats(from), TensorPlace::Floats(to)) => {
            Move::Floats { from, start: 0, to, at: 0, count: from.shape.channels, factor: *factor }
        }
        _ => return None,
    })
}
