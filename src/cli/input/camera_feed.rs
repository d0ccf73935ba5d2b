//! Frame after frame of a camera, without a window.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};

use crate::detect::Frame;
use crate::engine::{Engine, Event, Parts, Settings};
use crate::interrupt;
use crate::live;
use crate::model::Catalog;
use crate::source::{CameraRequest, Reopening, SourceError, SourceRequest};
use crate::trace::Trace;

/// How long a camera may take for a frame.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is asked whether a frame is still wanted.
const SLICE: Duration = Duration::from_millis(50);

/// A camera that is open. With an engine of no models: a camera that hangs must not hang us.
pub struct CameraFeed {
    /// `None` only while it is dropped.
    engine: Option<Engine>,
    /// Why it gives no more frames.
    failures: Receiver<Arc<SourceError>>,
    /// As the person wrote it.
    written: String,
}

/// A frame, how long the driver was waited for, and the frame's id in the trace.
pub type Waited = (Arc<Frame>, Duration, u64);

impl CameraFeed {
    /// Returns at once; what is wrong with the camera is told in place of its next frame. `tell`: what to do with a
    /// remark for the person who waits.
    pub fn open(
        catalog: &Catalog,
        written: &str,
        request: CameraRequest,
        trace: Trace,
        tell: impl Fn(&str) + Send + 'static,
    ) -> Result<Self, Box<dyn Error>> {
        let source = SourceRequest::Camera(request);
        let settings = Settings { source, reopen: 0, models: Vec::new(), paused: false };
        let parts = Parts { trace, ..live::parts(catalog, Arc::new(|| {})) };
        let engine = Engine::start(parts, settings)?;
        let events = engine.events().clone();
        let (failed, failures) = bounded(1);
        // On a thread of its own, as the caller may be busy with a frame. It ends with the engine.
        Builder::new().name("camera events".into()).spawn(move || {
            for event in events {
                match event {
                    // The first one counts, and ends it all.
                    Event::SourceFailed(error) => drop(failed.try_send(error)),
                    Event::SourceStalled(camera) => {
                        tell(&format!("no frames from {}; waiting up to {} s", camera.name, PATIENCE.as_secs()))
                    }
                    _ => {}
                }
            }
        })?;
        Ok(Self { engine: Some(engine), failures, written: written.to_owned() })
    }

    /// "camera:0"
    pub fn name(&self) -> String {
        format!("camera:{}", self.written)
    }

    /// A name for files made of the frame with this number.
    pub fn file(&self, number: u64) -> PathBuf {
        // An identity has letters in it that no file's name may have.
        let stem: String = self.written.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        format!("camera{stem}-{number:04}.png").into()
    }

    /// The next frame, or the error that stands in its way; `None` after Ctrl+C.
    pub fn next(&self) -> Result<Option<Waited>, Box<dyn Error>> {
        let Some(engine) = &self.engine else { return Ok(None) };
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if interrupt::asked() {
                return Ok(None);
            }
            let observation = engine.wait(SLICE);
            // First, because a failure may have come before the frame.
            if let Ok(error) = self.failures.try_recv() {
                return Err(error.message(Reopening::ByHand).into());
            }
            if let Some(observation) = observation {
                return Ok(Some((Arc::clone(&observation.frame), observation.times.capture, observation.frame_id)));
            }
        }
        let waited = PATIENCE.as_secs();
        Err(format!(
            "no frame from {} within {waited} s; unplug it and plug it in again, then restart this command",
            self.name()
        )
        .into())
    }
}

impl Drop for CameraFeed {
    /// After Ctrl+C nothing is waited for: the system takes the camera back when the program ends.
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take().filter(|_| interrupt::asked()) {
            engine.stop(Duration::ZERO);
        }
    }
}
