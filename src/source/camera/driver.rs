//! What stands between [`CameraSource`](super::CameraSource) and a system's cameras.

use super::control::{Control, ControlId};
use super::mode::Mode;
use crate::source::pixels::Colour;

/// A camera that was opened in one mode and delivers.
pub trait Driver {
    /// What the driver made of the mode that it was asked for.
    fn given(&self) -> Given;

    /// Waits for the next frame. After an error the driver is spent.
    fn read(&mut self) -> Result<Read<'_>, DriverError>;

    fn controls(&mut self) -> Result<Vec<Control>, String>;

    fn set_control(&mut self, id: ControlId, value: i64) -> Result<(), String>;
}

/// How a driver delivers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given {
    pub mode: Mode,
    /// Bytes from one row to the next, of the first plane; `None` = rows are not padded.
    pub stride: Option<usize>,
    pub colour: Colour,
}

impl Given {
    /// Without padding, in the usual colours.
    pub fn plain(mode: Mode) -> Self {
        Self { mode, stride: None, colour: Colour::default() }
    }
}

/// What came.
#[derive(Debug)]
pub enum Read<'a> {
    Data(&'a [u8]),
    /// The driver itself says that this frame is damaged.
    Damaged,
}

/// Why nothing comes any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverError {
    /// No frame for this many seconds.
    Silent(u64),
    /// As the driver says it, with the system's number as in "(os error 19)" where there is one.
    Failed(String),
}
