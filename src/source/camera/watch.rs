//! Which cameras there are, kept up to date while the program runs.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::list::cameras;
use super::mode::CameraInfo;
use crate::source::SourceError;

/// How often it is looked whether something was plugged in or pulled out.
const EVERY: Duration = Duration::from_millis(500);

/// A new device is listed once more after this many looks: the system may hand it out before its permissions are set.
const SETTLED: u32 = 3;

type List = Result<Vec<CameraInfo>, String>;

/// Lists the cameras on a thread of its own, because a driver may take its time or hang; at first and whenever the
/// devices change, which is seen without opening any: opening wakes a camera up.
pub struct CameraWatch {
    list: Arc<Mutex<Option<List>>>,
    /// Dropped to end the thread.
    _stop: Sender<Infallible>,
}

impl CameraWatch {
    /// `changed` is called on the watching thread whenever [`CameraWatch::list`] gives something new.
    pub fn start(changed: impl Fn() + Send + 'static) -> io::Result<Self> {
        Self::with(present, || cameras().map_err(|e: SourceError| e.to_string()), EVERY, changed)
    }

    /// `present` gives what a change of is a change of the devices; `list` lists the cameras.
    pub fn with<P: PartialEq + Send + 'static>(
        present: impl Fn() -> P + Send + 'static,
        list: impl Fn() -> List + Send + 'static,
        every: Duration,
        changed: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (stop, stopped) = bounded(0);
        let shown = Arc::new(Mutex::new(None));
        let write = Arc::downgrade(&shown);
        Builder::new().name("cameras".into()).spawn(move || {
            let publish = || {
                let new = Some(list());
                let Some(shown) = write.upgrade() else { return };
                let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                if *shown != new {
                    *shown = new;
                    drop(shown);
                    changed();
                }
            };
            watch(&stopped, every, &present, publish);
        })?;
        Ok(Self { list: shown, _stop: stop })
    }

    /// The cameras as known now, or why they cannot be listed; `None` = the first look is not over yet.
    pub fn list(&self) -> Option<Result<Vec<CameraInfo>, String>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn watch<P: PartialEq>(stopped: &Receiver<Infallible>, every: Duration, present: &impl Fn() -> P, publish: impl Fn()) {
    let mut known = present();
    publish();
    let mut settled = 0;
    while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        let now = present();
        settled = if now == known { settled + 1 } else { 0 };
        known = now;
        if settled == 0 || settled == SETTLED {
            publish();
        }
    }
}

/// The devices, by what changes when one comes or goes, even where another takes its number, and by whether a
/// program feeds a virtual one: without, that is no camera.
#[cfg(target_os = "linux")]
fn present() -> Vec<(u32, Option<std::time::SystemTime>, Option<String>)> {
    let made = |index| std::fs::metadata(format!("/dev/video{index}")).and_then(|node| node.created()).ok();
    let fed = |index| std::fs::read_to_string(format!("{}/video{index}/state", super::v4l2::CLASS)).ok();
    super::v4l2::indices().into_iter().map(|index| (index, made(index), fed(index))).collect()
}

#[cfg(not(target_os = "linux"))]
fn present() -> Result<Vec<crate::source::Device>, String> {
    super::library::devices()
}
