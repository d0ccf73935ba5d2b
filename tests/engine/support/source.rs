//! Sources that act only when a test tells them to.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender, select};
use twinsight::detect::{Frame, Size};
use twinsight::engine::Open;
use twinsight::source::{CameraDetails, Control, ControlId, Description, Next, Source, SourceError, SourceRequest};

use super::{Curtain, get};

/// What a fake source does in its next call of `next`; without a step it hangs there, like a driver.
pub enum Step {
    /// A frame whose pixels carry this number.
    Frame(u32),
    /// The same in another size.
    Sized(u32, Size),
    /// No picture.
    Broken,
    End,
    Fail(SourceError),
    Panic,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Call {
    Next,
    Discard,
    Dropped,
}

/// A test's hold of one fake source.
pub struct Remote {
    pub steps: Sender<Step>,
    pub discards: Sender<()>,
    pub calls: Receiver<Call>,
    /// The source is in a call of `next` that was seen to begin, and nothing was given to it yet.
    pub entered: Cell<bool>,
    /// What the source's controls are set to.
    pub controls: Arc<Mutex<Vec<Control>>>,
}

impl Remote {
    /// What the present or next call of `next` gives.
    pub fn step(&self, step: Step) {
        self.entered.set(false);
        self.steps.send(step).unwrap();
    }

    /// Waits until the source is in a call of `next`.
    pub fn enter(&self) {
        if !self.entered.replace(true) {
            self.await_call(Call::Next);
        }
    }

    /// Gives one frame.
    pub fn give(&self, number: u32) {
        self.enter();
        self.step(Step::Frame(number));
    }

    /// Gives one frame of a live source, and returns when the engine has published it: it asks for the next then.
    pub fn publish(&self, number: u32) {
        self.give(number);
        self.enter();
    }

    /// Lets one call of `discard` return.
    pub fn discard(&self) {
        self.discards.send(()).unwrap();
    }

    /// Waits for this call, past others.
    pub fn await_call(&self, call: Call) {
        while get(&self.calls, &format!("{call:?}")) != call {}
    }
}

pub struct FakeSource {
    pub name: String,
    pub live: bool,
    pub size: Size,
    pub steps: Receiver<Step>,
    pub discards: Receiver<()>,
    pub calls: Sender<Call>,
    pub curtain: Curtain,
    pub camera: Option<Arc<CameraDetails>>,
    pub controls: Arc<Mutex<Vec<Control>>>,
}

impl Source for FakeSource {
    fn description(&self) -> Description {
        let (name, size) = (self.name.clone(), Some(self.size));
        Description { name, size, camera: self.camera.clone(), ..Description::default() }
    }

    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        self.calls.send(Call::Next).unwrap();
        let step = select! {
            recv(self.steps) -> step => step,
            recv(self.curtain) -> _ => Ok(Step::End),
        };
        match step {
            Ok(Step::Frame(number)) => {
                frame.resize(self.size)?;
                let [low, high, ..] = number.to_le_bytes();
                frame.rgb_mut().chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&[low, high, 0]));
                Ok(Next::Frame)
            }
            Ok(Step::Sized(number, size)) => {
                self.size = size;
                frame.resize(size)?;
                frame.rgb_mut().fill(0);
                frame.rgb_mut()[0] = number as u8;
                Ok(Next::Frame)
            }
            Ok(Step::Broken) => {
                frame.resize(self.size)?;
                frame.rgb_mut().fill(0xEE);
                Ok(Next::Broken)
            }
            Ok(Step::Fail(error)) => Err(error),
            Ok(Step::Panic) => panic!("a driver's fault"),
            Ok(Step::End) | Err(_) => Ok(Next::End),
        }
    }

    fn discard(&mut self) -> Result<(), SourceError> {
        self.calls.send(Call::Discard).unwrap();
        select! {
            recv(self.discards) -> _ => {}
            recv(self.curtain) -> _ => {}
        }
        Ok(())
    }

    fn is_live(&self) -> bool {
        self.live
    }

    fn controls(&mut self) -> Vec<Control> {
        self.controls.lock().unwrap().clone()
    }

    /// As a camera does: the second control, the exposure time, is taken only while the third, which chooses it
    /// automatically, is off.
    fn set_control(&mut self, id: ControlId, value: i64) -> Result<(), SourceError> {
        let mut controls = self.controls.lock().unwrap();
        let auto = controls.get(2).is_some_and(|control| control.value == 1);
        match controls.iter_mut().find(|control| control.id == id) {
            Some(control) if !(id == 2 && auto) => control.value = value,
            _ => {
                let (camera, control) = (self.name.clone(), format!("control {id}"));
                return Err(SourceError::Control { camera, control, cause: "busy".into() });
            }
        }
        controls.iter_mut().filter(|control| control.id == 2).for_each(|c| c.active = !(id == 3 && value == 1));
        Ok(())
    }
}

impl Drop for FakeSource {
    fn drop(&mut self) {
        let _ = self.calls.send(Call::Dropped);
    }
}

/// What becomes of one try to open a source.
pub enum Opening {
    Opens(FakeSource),
    Fails(SourceError),
    Panics,
    /// Until the other end is dropped.
    Hangs(Receiver<()>),
}

pub struct FakeOpener {
    pub openings: Mutex<HashMap<String, VecDeque<Opening>>>,
    pub opened: Sender<SourceRequest>,
    pub curtain: Curtain,
}

impl Open for FakeOpener {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        self.opened.send(request.clone()).unwrap();
        let opening = self.openings.lock().unwrap().get_mut(&format!("{request:?}")).and_then(VecDeque::pop_front);
        match opening.unwrap_or_else(|| panic!("the test has no opening for {request:?}")) {
            Opening::Opens(source) => Ok(Box::new(source)),
            Opening::Fails(error) => Err(error),
            Opening::Panics => panic!("an opener's fault"),
            Opening::Hangs(gate) => {
                select! {
                    recv(gate) -> _ => {}
                    recv(self.curtain) -> _ => {}
                }
                Err(SourceError::NoCamera)
            }
        }
    }
}
