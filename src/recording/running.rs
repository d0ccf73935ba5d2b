//! A recording that is made while the window is used.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Builder;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use super::error::RecordingError;
use super::to_record::{UnixClock, frame_of, outputs_of};
use super::writer::{FinishedRecording, RecordingWriter};
use crate::detect::Thresholds;
use crate::engine::Observation;
use crate::model::ModelInfo;

/// Observations that wait to be written: each has a frame and its heads, some megabytes.
const WAITING: usize = 4;

/// How often the writer is tended where no frames come.
const TEND: Duration = Duration::from_secs(1);

/// Writes on a thread of its own, so that the window and the models never wait for a disk. Dropped, it ends soon after
/// the frame in hand, and its file is whole.
pub struct RunningRecording {
    /// `None`: it was asked to stop.
    frames: Option<Sender<FrameInHand>>,
    result: Receiver<Result<FinishedRecording, RecordingError>>,
    shared: Arc<RecordingCounts>,
    last: LastFrame,
}

/// How far a recording is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingState {
    pub frames: u64,
    pub bytes: u64,
    /// From the first frame to the last.
    pub time: Duration,
    /// Frames that came too fast to be recorded.
    pub missed: u64,
}

#[derive(Default)]
struct RecordingCounts {
    frames: AtomicU64,
    bytes: AtomicU64,
    nanos: AtomicU64,
    missed: AtomicU64,
}

struct FrameInHand {
    observation: Arc<Observation>,
    thresholds: [Thresholds; 2],
    swapped: bool,
}

/// What tells a frame from the one before; its memory serves the next.
#[derive(Default)]
struct LastFrame {
    /// `None`: there was none.
    frame_id: Option<u64>,
    models: Vec<Arc<ModelInfo>>,
}

impl RunningRecording {
    /// Starts it. `create` makes its file, and `waker` is called once it has ended, both on its thread. Fails only where no
    /// thread can be started.
    pub fn start(
        create: impl FnOnce() -> Result<RecordingWriter, RecordingError> + Send + 'static,
        waker: impl Fn() + Send + 'static,
    ) -> Result<Self, RecordingError> {
        let (give, frames) = bounded(WAITING);
        let (send, result) = bounded(1);
        let shared = Arc::<RecordingCounts>::default();
        let counts = Arc::clone(&shared);
        let run = move || {
            // In this order, also after a panic: who is woken finds that the other end is gone.
            let _wake = WakeAtEnd(waker);
            let send = send;
            let done = create().and_then(|writer| write(writer, &frames, &counts));
            // What comes now is missed, and not kept waiting.
            drop(frames);
            let _ = send.send(done);
        };
        let thread: io::Result<_> = Builder::new().name("recording".into()).spawn(run);
        thread.map_err(|cause| RecordingError::NoThread { cause })?;
        Ok(Self { frames: Some(give), result, shared, last: LastFrame::default() })
    }

    /// Hands over an observation and returns at once. The same frame with the same models is not recorded again. Where
    /// others still wait, it is missed. `thresholds` are A's and B's; `swapped`: A is the model of the second slot.
    pub fn give(&mut self, observation: &Arc<Observation>, thresholds: [Thresholds; 2], swapped: bool) {
        let Some(frames) = &self.frames else { return };
        let models = observation.outputs.iter().map(|output| &output.model);
        let last = &mut self.last;
        let is_same = last.frame_id == Some(observation.frame_id)
            && last.models.len() == models.len()
            && last.models.iter().zip(models.clone()).all(|(a, b)| Arc::ptr_eq(a, b));
        // A picture without any model's heads is not what a recording is for.
        if is_same || observation.outputs.is_empty() {
            return;
        }
        last.frame_id = Some(observation.frame_id);
        last.models.clear();
        last.models.extend(models.cloned());
        let frame = FrameInHand { observation: Arc::clone(observation), thresholds, swapped };
        if frames.try_send(frame).is_err() {
            self.shared.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Asks it to end; what waits is still written. The result comes from [`RunningRecording::poll`].
    pub fn stop(&mut self) {
        self.frames = None;
    }

    /// Whether it was asked to end.
    pub fn is_stopping(&self) -> bool {
        self.frames.is_none()
    }

    /// How far it is. Takes no time.
    pub fn state(&self) -> RecordingState {
        let RecordingCounts { frames, bytes, nanos, missed } = &*self.shared;
        let [frames, bytes, nanos, missed] = [frames, bytes, nanos, missed].map(|count| count.load(Ordering::Relaxed));
        RecordingState { frames, bytes, time: Duration::from_nanos(nanos), missed }
    }

    /// What became of it, once; `None`: it goes on.
    pub fn poll(&self) -> Option<Result<FinishedRecording, RecordingError>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(RecordingError::Fault)),
        }
    }

    /// Ends it and waits until its file is whole, for as long as `deadline`; `None`: its disk takes longer.
    pub fn end(mut self, deadline: Duration) -> Option<Result<FinishedRecording, RecordingError>> {
        self.stop();
        match self.result.recv_timeout(deadline) {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(RecordingError::Fault)),
        }
    }
}

/// Calls it when it is dropped.
struct WakeAtEnd<F: Fn()>(F);

impl<F: Fn()> Drop for WakeAtEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn write(
    mut writer: RecordingWriter,
    frames: &Receiver<FrameInHand>,
    counts: &RecordingCounts,
) -> Result<FinishedRecording, RecordingError> {
    let clock = UnixClock::now();
    let mut first = None;
    loop {
        match frames.recv_timeout(TEND) {
            Ok(FrameInHand { observation, thresholds, swapped }) => {
                let outputs = outputs_of(&observation, thresholds, swapped);
                let frame = frame_of(&observation, &outputs, &clock);
                let time = frame.unix_ns.saturating_sub(*first.get_or_insert(frame.unix_ns));
                if !writer.write(&frame)? {
                    break;
                }
                counts.frames.store(writer.frames(), Ordering::Relaxed);
                counts.bytes.store(writer.bytes(), Ordering::Relaxed);
                counts.nanos.store(time, Ordering::Relaxed);
            }
            Err(RecvTimeoutError::Timeout) => writer.tend()?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    writer.finish(counts.missed.load(Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_on_its_thread_is_told_and_wakes_the_window() {
        let (woken, wakes) = bounded(1);
        let running = RunningRecording::start(
            || panic!("a fault in the work"),
            move || {
                let _ = woken.send(());
            },
        )
        .unwrap();
        wakes.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(running.poll(), Some(Err(RecordingError::Fault))), "it is over when the window looks");
    }
}
