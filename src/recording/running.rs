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
    last: Option<LastFrame>,
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

/// What tells a frame from the one before.
struct LastFrame {
    frame_id: u64,
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
            let done = create().and_then(|writer| write(writer, &frames, &counts));
            // Nobody is told any more what comes.
            drop(frames);
            let _ = send.send(done);
            waker();
        };
        let thread: io::Result<_> = Builder::new().name("recording".into()).spawn(run);
        thread.map_err(|cause| RecordingError::NoThread { cause })?;
        Ok(Self { frames: Some(give), result, shared, last: None })
    }

    /// Hands over an observation and returns at once. The same frame with the same models is not recorded again. Where
    /// others still wait, it is missed. `thresholds` are A's and B's; `swapped`: A is the model of the second slot.
    pub fn give(&mut self, observation: &Arc<Observation>, thresholds: [Thresholds; 2], swapped: bool) {
        let Some(frames) = &self.frames else { return };
        let models = observation.outputs.iter().map(|output| &output.model);
        let is_same = self.last.as_ref().is_some_and(|last| {
            last.frame_id == observation.frame_id
                && last.models.len() == models.len()
                && last.models.iter().zip(models.clone()).all(|(a, b)| Arc::ptr_eq(a, b))
        });
        // A picture without any model's heads is not what a recording is for.
        if is_same || observation.outputs.is_empty() {
            return;
        }
        self.last = Some(LastFrame { frame_id: observation.frame_id, models: models.cloned().collect() });
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
            Err(TryRecvError::Disconnected) => Some(Err(ended())),
        }
    }

    /// Ends it and waits until its file is whole, for as long as `deadline`; `None`: its disk takes longer.
    pub fn end(mut self, deadline: Duration) -> Option<Result<FinishedRecording, RecordingError>> {
        self.stop();
        match self.result.recv_timeout(deadline) {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(ended())),
        }
    }
}

/// Its thread has ended without a word: a fault of ours, which the log tells.
fn ended() -> RecordingError {
    RecordingError::NoThread { cause: io::Error::other("the thread ended") }
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
