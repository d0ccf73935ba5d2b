//! Frame after frame of a camera, without a window.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::interrupt;
use crate::detect::Frame;
use crate::engine::{Engine, Event, Settings, SourceState};
use crate::live;
use crate::model::Catalog;
use crate::source::{CameraRequest, SourceRequest};

/// How long a camera may take for a frame.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is asked whether a frame is still wanted.
const SLICE: Duration = Duration::from_millis(200);

/// A camera that is open. With an engine of no models: a camera that hangs must not hang us.
pub struct CameraFeed {
    engine: Engine,
    /// As the person wrote it.
    written: String,
}

/// A frame, and how long the driver was waited for.
pub type Waited = (Arc<Frame>, Duration);

impl CameraFeed {
    /// Returns at once; what is wrong with the camera is told in place of its first frame.
    pub fn open(catalog: &Catalog, written: &str, request: CameraRequest) -> Result<Self, Box<dyn Error>> {
        let source = SourceRequest::Camera(request);
        let settings = Settings { source, reopen: 0, models: Vec::new(), paused: false };
        let engine = Engine::start(live::parts(catalog, Arc::new(|| {})), settings)?;
        Ok(Self { engine, written: written.to_owned() })
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

    /// The next frame, or the error that stands in its way; `None` after Ctrl+C. `tell`: what to do with a remark
    /// for the person who waits.
    pub fn next(&self, tell: impl Fn(&str)) -> Result<Option<Waited>, Box<dyn Error>> {
        let deadline = Instant::now() + PATIENCE;
        let mut told = false;
        while Instant::now() < deadline {
            if interrupt::asked() {
                return Ok(None);
            }
            let observation = self.engine.wait(SLICE);
            // First, because a failure may have come before the frame.
            for event in self.engine.events().try_iter() {
                if let Event::SourceFailed { message, .. } = event {
                    return Err(message.into());
                }
            }
            if let Some(observation) = observation {
                return Ok(Some((Arc::clone(&observation.frame), observation.times.capture)));
            }
            // Its event may have come, and been over, while a model looked at the frame before.
            let status = self.engine.status();
            if !told && matches!(status.source, SourceState::Stalled { .. }) {
                let name = status.description.map_or_else(|| self.name(), |description| description.name);
                tell(&format!("{name} gives no frames; it is waited for, up to {} s", PATIENCE.as_secs()));
                told = true;
            }
        }
        Err(format!("{} gave no frame within {} s", self.name(), PATIENCE.as_secs()).into())
    }
}
