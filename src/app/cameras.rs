//! The cameras there are, looked up without holding up the window.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use egui::Context;

use crate::source::CameraInfo;

/// How long a list counts as fresh.
const FRESH: Duration = Duration::from_secs(2);

/// Asks the system for its cameras on a thread of its own, because a driver may take its time.
#[derive(Default)]
pub struct Cameras {
    known: Vec<CameraInfo>,
    failure: Option<String>,
    asked: Option<Instant>,
    answer: Option<Receiver<Result<Vec<CameraInfo>, String>>>,
}

impl Cameras {
    /// The cameras as known now; asks anew where that is old.
    pub fn list(&mut self, ctx: &Context) -> &[CameraInfo] {
        if let Some(answer) = self.answer.as_ref().and_then(|a| a.try_recv().ok()) {
            self.answer = None;
            match answer {
                Ok(cameras) => (self.known, self.failure) = (cameras, None),
                Err(failure) => self.failure = Some(failure),
            }
        }
        let fresh = self.asked.is_some_and(|asked| asked.elapsed() < FRESH);
        if self.answer.is_none() && !fresh {
            self.ask(ctx.clone());
        }
        &self.known
    }

    /// A remark in place of a list, where there is none.
    pub fn note(&self) -> Option<&str> {
        match (&self.failure, self.known.is_empty(), &self.answer) {
            (Some(failure), ..) => Some(failure),
            (None, true, Some(_)) => Some("Looking for cameras …"),
            (None, true, None) => Some("No camera found"),
            (None, false, _) => None,
        }
    }

    fn ask(&mut self, ctx: Context) {
        self.asked = Some(Instant::now());
        let (send, receive) = bounded(1);
        let look = move || {
            let _ = send.send(crate::source::cameras().map_err(|e| e.to_string()));
            ctx.request_repaint();
        };
        match std::thread::Builder::new().name("cameras".into()).spawn(look) {
            Ok(_) => self.answer = Some(receive),
            Err(e) => self.failure = Some(format!("cannot look for cameras: {e}")),
        }
    }
}
