//! One run of ffmpeg: its pictures, its words, and its end.
//!
//! ```text
//! ffmpeg ─ stdout: pixels ─────▶ [video pictures] ── bounded(2) ──▶ Player::picture() ── swapped ──▶ the caller's frame
//!        │                         ▲          ▲── bounded(4), frames to use again ──────────────────┘
//!        │                      bounded(64): their sizes and times
//!        ─ stderr: its words ──▶ [video messages] ──▶ Messages
//! ```
//!
//! Both pipes always have a reader, so that ffmpeg blocks nowhere but on its pictures; there it waits for as long as
//! nobody takes them, which is how a file pauses. The child cannot outlive us: dropping the player kills it. When this
//! process is killed, Linux kills it too; elsewhere its next write finds no reader, or its wait for a network ends.

use std::convert::Infallible;
use std::io::{self, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded, select};

use super::messages::{self, About, Messages};
use super::output::{self, Announced, RawOutputError};
use crate::detect::Frame;

/// Pictures that wait: one to be taken, one on its way.
const AHEAD: usize = 2;

/// Pictures that ffmpeg has announced, and that are on their way through its pipe.
const ANNOUNCED: usize = 64;

/// How long ffmpeg may take to end once its output has ended.
const ENDING: Duration = Duration::from_secs(2);

/// How long the description of a video may be behind its first picture.
const SAYING: Duration = Duration::from_secs(1);

/// One picture.
pub struct TimedPicture {
    pub frame: Frame,
    /// After the place where this run started; `None` = the video does not say.
    pub time: Option<Duration>,
}

/// What came of asking for a picture.
pub enum Received {
    Picture(TimedPicture),
    /// Not yet.
    Nothing,
    /// None will come.
    End,
}

/// How a run of ffmpeg came to its end.
pub struct PlayerEnd {
    /// `None`: it hung, and was killed.
    pub status: Option<ExitStatus>,
    pub messages: Messages,
    /// What was wrong with its output.
    pub broken: Option<RawOutputError>,
}

/// A running ffmpeg.
pub struct Player {
    child: Child,
    pictures: Receiver<Result<TimedPicture, RawOutputError>>,
    used: Sender<Frame>,
    messages: Arc<Mutex<Messages>>,
    /// Gives one token once the video is described.
    ready: Receiver<()>,
    /// Disconnects once ffmpeg has closed its standard error.
    silent: Receiver<Infallible>,
    newest: Arc<AtomicBool>,
    dropped: Arc<AtomicU64>,
    broken: Option<RawOutputError>,
    /// Tells the thread of pictures that nobody wants them any more.
    _here: Sender<Infallible>,
}

impl Player {
    /// Starts ffmpeg and the two threads.
    pub fn start(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (announce, announced) = bounded(ANNOUNCED);
        let (send, pictures) = bounded(AHEAD);
        let (used, again) = bounded(AHEAD + 2);
        let messages = Arc::<Mutex<Messages>>::default();
        let (described, ready) = bounded(1);
        let (talking, silent) = bounded(0);
        let (here, gone) = bounded(0);
        let dropped = Arc::<AtomicU64>::default();
        let (ended, left) = (silent.clone(), gone.clone());
        let newest = Arc::<AtomicBool>::default();
        let reader = PictureReader {
            announced,
            send,
            gone,
            newest: Arc::clone(&newest),
            oldest: pictures.clone(),
            dropped: Arc::clone(&dropped),
            again,
        };
        let (started, born) = bounded(1);
        // ffmpeg is started by the thread that reads it, because with that thread it ends.
        Builder::new().name("video pictures".into()).spawn(move || {
            let mut child = command.spawn();
            let stdout = child.as_mut().ok().and_then(|child| child.stdout.take());
            let _ = started.send(child);
            if let Some(stdout) = stdout {
                reader.run(BufReader::with_capacity(1 << 16, stdout));
                // It may close its output before it has ended, and is not to be killed for that.
                select! {
                    recv(ended) -> _ => {}
                    recv(left) -> _ => {}
                }
            }
        })?;
        let mut child = born.recv().map_err(io::Error::other)??;
        let stderr = child.stderr.take();
        let theirs = Arc::clone(&messages);
        // From here on an error kills the child.
        let player =
            Self { child, pictures, used, messages, ready, silent, newest, dropped, broken: None, _here: here };
        let Some(stderr) = stderr else { return Err(io::ErrorKind::BrokenPipe.into()) };
        Builder::new().name("video messages".into()).spawn(move || {
            messages::lines(BufReader::new(stderr), |line| {
                if let Some((picture, rest)) = Announced::of(line) {
                    lock(&theirs).frame(rest);
                    // Nobody takes it after the end; ffmpeg's words still count.
                    let _ = announce.send(picture);
                    return;
                }
                let mut messages = lock(&theirs);
                messages.hear(line);
                if messages.ready {
                    // A full channel already says so.
                    let _ = described.try_send(());
                }
            });
            drop::<Sender<Infallible>>(talking);
        })?;
        Ok(player)
    }

    /// From now on pictures that nobody takes give way to newer ones. Till then ffmpeg waits.
    pub fn keep_newest(&self) {
        self.newest.store(true, Ordering::Relaxed);
    }

    /// The next picture, waited for until `deadline`.
    pub fn picture(&mut self, deadline: Instant) -> Received {
        match self.pictures.recv_deadline(deadline) {
            Ok(Ok(picture)) => Received::Picture(picture),
            Ok(Err(broken)) => {
                self.broken = Some(broken);
                Received::End
            }
            Err(RecvTimeoutError::Timeout) => Received::Nothing,
            Err(RecvTimeoutError::Disconnected) => Received::End,
        }
    }

    /// Takes back a frame whose pixels nobody needs.
    pub fn reuse(&self, frame: Frame) {
        let _ = self.used.try_send(frame);
    }

    /// What is known of the video. ffmpeg says it before the first picture, but through another pipe: after the first
    /// picture this waits for a moment at most.
    pub fn about(&self) -> About {
        let _ = self.ready.recv_timeout(SAYING);
        lock(&self.messages).about.clone()
    }

    /// Frames that are damaged or missing at least, as far as ffmpeg has come; and the first error. `with_packets`: packets of
    /// which a part is missing count.
    pub fn damage(&self, with_packets: bool) -> (u64, Option<String>) {
        lock(&self.messages).damage.frames(with_packets)
    }

    /// Pictures that gave way to newer ones.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Ends ffmpeg now.
    pub fn stop(&mut self) {
        // Neither can fail but where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for the end of ffmpeg, after [`Received::End`].
    pub fn end(&mut self) -> PlayerEnd {
        let broken = self.broken.take();
        if !matches!(broken, None | Some(RawOutputError::Cut)) {
            // It would write on for ever.
            let _ = self.child.kill();
        }
        let hung = !self.silent.recv_timeout(ENDING).is_err_and(|e| e.is_disconnected());
        if hung {
            let _ = self.child.kill();
        }
        let status = self.child.wait().ok().filter(|_| !hung);
        PlayerEnd { status, messages: lock(&self.messages).clone(), broken }
    }
}

impl Drop for Player {
    /// The threads are not waited for: they end with the pipes.
    fn drop(&mut self) {
        self.stop();
    }
}

struct PictureReader {
    announced: Receiver<Announced>,
    send: Sender<Result<TimedPicture, RawOutputError>>,
    gone: Receiver<Infallible>,
    newest: Arc<AtomicBool>,
    /// Where pictures that nobody took are taken from.
    oldest: Receiver<Result<TimedPicture, RawOutputError>>,
    dropped: Arc<AtomicU64>,
    again: Receiver<Frame>,
}

impl PictureReader {
    fn run(self, mut stdout: impl io::BufRead) {
        loop {
            let mut frame = self.again.try_recv().unwrap_or_default();
            // Till the next picture, or the last word of ffmpeg.
            let announced = self.announced.recv().ok();
            let item = match output::read(&mut stdout, announced, &mut frame) {
                Ok(false) => return,
                Ok(true) => Ok(TimedPicture { frame, time: announced.and_then(|a| a.time) }),
                Err(error) => Err(error),
            };
            let last = item.is_err();
            if !self.give(item) || last {
                return;
            }
        }
    }

    /// `false`: nobody is there any more.
    fn give(&self, item: Result<TimedPicture, RawOutputError>) -> bool {
        if !self.newest.load(Ordering::Relaxed) {
            return select! {
                send(self.send, item) -> sent => sent.is_ok(),
                recv(self.gone) -> _ => false,
            };
        }
        let mut item = item;
        loop {
            match self.send.try_send(item) {
                Ok(()) => return true,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(again)) => item = again,
            }
            if self.oldest.try_recv().is_ok() {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// A lock that a panic elsewhere does not close: what is behind it is whole at any time.
fn lock(messages: &Mutex<Messages>) -> MutexGuard<'_, Messages> {
    messages.lock().unwrap_or_else(PoisonError::into_inner)
}
