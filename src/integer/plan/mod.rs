//! A network made ready for this processor.
//!
//! ```text
//! Network ──▶ TaskGraph (fused) ──▶ MemoryLayout (views, borders, memory used again) ──▶ JobList ──▶ Crew (threads)
//! ```

mod area;
mod conv_job;
mod crew;
mod graph;
mod jobs;
mod layout;
mod moves;
mod options;
mod overflow;
mod packed;
mod scratch;
mod source;
mod staging;

use std::sync::Arc;

use self::area::TensorPlace;
use self::crew::{Broken, Crew};
use self::jobs::JobList;
pub use self::options::PlanOptions;
use super::IntegerError;
use super::moves::channels_last;
use super::network::Network;
use super::tensor::{Axes, Element, Shape, Tensor, Values};

/// A network, and all that it needs to run on this processor: packed weights, memory and threads, all made once.
/// Its threads sleep between runs.
#[derive(Debug)]
pub struct Plan {
    jobs: Arc<JobList>,
    crew: Crew,
    options: PlanOptions,
    /// Whether the tensors hold the values of a run.
    has_run: bool,
}

impl Plan {
    pub fn new(network: Arc<Network>, options: PlanOptions) -> Result<Self, IntegerError> {
        let options = PlanOptions { threads: options.threads.clamp(1, MAX_THREADS), ..options };
        if !options.kernel.is_supported() {
            return Err(IntegerError::Kernel(options.kernel));
        }
        let jobs = JobList::new(network, options).ok_or_else(|| {
            IntegerError::Model("its tensors take more than 2 GiB of memory; make the model's input smaller".into())
        })?;
        let jobs = Arc::new(jobs);
        let crew = Crew::new(&jobs, options.threads).map_err(|cause| IntegerError::Threads(cause.to_string()))?;
        Ok(Self { jobs, crew, options, has_run: false })
    }

    pub fn network(&self) -> &Arc<Network> {
        &self.jobs.network
    }

    pub fn options(&self) -> PlanOptions {
        self.options
    }

    /// `input` is `[1, channels, height, width]`, as the model expects it.
    pub fn run(&mut self, input: &[f32]) -> Result<(), IntegerError> {
        self.check(input.len())?;
        self.jobs.sources.iter().for_each(|source| source.fill(&self.jobs.memory, input));
        self.work()
    }

    /// The same for an input of bytes that stand for 0 to 1: `[height, width, channels]`, as in a picture.
    pub fn run_bytes(&mut self, input: &[u8]) -> Result<(), IntegerError> {
        self.check(input.len())?;
        self.jobs.sources.iter().for_each(|source| source.fill_bytes(&self.jobs.memory, input));
        self.work()
    }

    fn check(&self, given: usize) -> Result<(), IntegerError> {
        let tensor = self.network().input();
        let (wanted, dims) = (tensor.shape.values(), tensor.dims());
        if given == wanted { Ok(()) } else { Err(IntegerError::Input { given, wanted, dims }) }
    }

    fn work(&mut self) -> Result<(), IntegerError> {
        self.has_run = false;
        self.crew.run(&self.jobs).map_err(|Broken| IntegerError::Threads("one of them ended".into()))?;
        self.has_run = true;
        Ok(())
    }

    /// After a run: each output of the model that is float32, in the model's order, as channels, height, width.
    pub fn outputs(&self) -> impl Iterator<Item = (&Tensor, &[f32])> {
        self.network().outputs().filter_map(|tensor| match self.jobs.places[tensor.buffer] {
            Some(TensorPlace::Floats(planes)) => {
                // SAFETY: there is no run while `self` is borrowed.
                Some((tensor, unsafe { self.jobs.memory.floats(planes.origin, planes.shape.values()) }))
            }
            _ => None,
        })
    }

    /// How many of a tensor's bytes are the lowest and the highest that there are, after the last run; `None` as in
    /// [`Plan::values`], and of floats.
    pub fn at_ends(&self, tensor: &str) -> Option<[usize; 2]> {
        let tensor = self.network().tensor(tensor).filter(|_| self.has_run)?;
        let Some(TensorPlace::Bytes(area)) = self.jobs.places[tensor.buffer] else { return None };
        let mut ends = [0; 2];
        let mut count = |from: usize, length: usize| {
            // SAFETY: there is no run while `self` is borrowed.
            let bytes = unsafe { self.jobs.memory.bytes(from, length) };
            ends[0] += bytes.iter().filter(|byte| **byte == u8::MIN).count();
            ends[1] += bytes.iter().filter(|byte| **byte == u8::MAX).count();
        };
        let shape = tensor.shape;
        for y in 0..shape.height {
            if area.pitch == shape.channels {
                count(area.at(y, 0), shape.width * shape.channels);
            } else {
                (0..shape.width).for_each(|x| count(area.at(y, x), shape.channels));
            }
        }
        Some(ends)
    }

    /// A tensor's values after the last run, in the order of its dimensions; `None` if there is no such tensor, or
    /// nothing has been run, or it is not kept ([`PlanOptions::keeps`]).
    pub fn values(&self, tensor: &str) -> Option<Values> {
        let tensor = self.network().tensor(tensor).filter(|_| self.has_run)?;
        let shape = tensor.shape;
        match self.jobs.places[tensor.buffer]? {
            TensorPlace::Floats(planes) => {
                // SAFETY: there is no run while `self` is borrowed.
                let values = unsafe { self.jobs.memory.floats(planes.origin, shape.values()) };
                Some(Values::F32(match tensor.axes {
                    Axes::ChannelsFirst => values.to_vec(),
                    Axes::ChannelsLast => {
                        let mut turned = vec![0.0; shape.values()];
                        channels_last(values, shape, &mut turned);
                        turned
                    }
                }))
            }
            TensorPlace::Bytes(_) => {
                let mut bytes = vec![0; shape.values()];
                match tensor.axes {
                    Axes::ChannelsLast => self.bytes(tensor, &mut bytes)?,
                    Axes::ChannelsFirst => self.planes(tensor, &mut bytes)?,
                }
                Some(match tensor.element {
                    Element::I8 => Values::I8(bytes.iter().map(|byte| (byte ^ 128).cast_signed()).collect()),
                    _ => Values::U8(bytes),
                })
            }
        }
    }

    /// A tensor's bytes after the last run as they are stored, channels innermost: int8 with 128 added. `None` as for
    /// [`Plan::values`], or if it is in float.
    fn bytes(&self, tensor: &Tensor, output: &mut [u8]) -> Option<()> {
        let row = tensor.shape.width * tensor.shape.channels;
        self.rows(tensor, |y, pitch, stored| {
            let channels = tensor.shape.channels;
            let places = output[y * row..][..row].chunks_exact_mut(channels).zip(stored.chunks(pitch));
            places.for_each(|(output, stored)| output.copy_from_slice(&stored[..channels]));
        })
    }

    /// The same with one channel after another.
    fn planes(&self, tensor: &Tensor, output: &mut [u8]) -> Option<()> {
        let Shape { width, .. } = tensor.shape;
        let positions = tensor.shape.positions();
        self.rows(tensor, |y, pitch, stored| {
            for (channel, plane) in output.chunks_exact_mut(positions).enumerate() {
                let values = stored[channel..].iter().step_by(pitch);
                plane[y * width..][..width].iter_mut().zip(values).for_each(|(output, value)| *output = *value);
            }
        })
    }

    /// Shows the bytes of each row, from the first channel of its first position to the last channel of its last, and
    /// how far it is from position to position.
    fn rows(&self, tensor: &Tensor, mut look: impl FnMut(usize, usize, &[u8])) -> Option<()> {
        let Some(TensorPlace::Bytes(area)) = self.jobs.places[tensor.buffer].filter(|_| self.has_run) else {
            return None;
        };
        let Shape { channels, height, width } = tensor.shape;
        for y in 0..height {
            // SAFETY: there is no run while `self` is borrowed.
            let row = unsafe { self.jobs.memory.bytes(area.at(y, 0), (width - 1) * area.pitch + channels) };
            look(y, area.pitch, row);
        }
        Some(())
    }
}

/// Limit for the threads of a plan.
const MAX_THREADS: usize = 64;
