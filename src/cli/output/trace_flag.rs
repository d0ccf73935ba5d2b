//! The flag that writes a trace.

use std::path::PathBuf;

use clap::Args;

use crate::files::{OutputFile, Outputs, WriteError};
use crate::trace::{TRACE, Trace};

#[derive(Args, Clone, Debug, Default)]
pub struct TraceFlag {
    /// Write every stage of every frame, and what is dropped, to this file as it happens; ui.perfetto.dev opens it
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

impl TraceFlag {
    /// The file, checked and not written yet; `None`: no trace is asked for.
    pub fn file(&self, outputs: &mut Outputs) -> Result<Option<OutputFile>, WriteError> {
        self.trace.as_deref().map(|file| outputs.file(file, &TRACE)).transpose()
    }
}

/// A trace in the file that was checked, or none.
pub fn begin_trace(file: Option<OutputFile>) -> Result<Trace, WriteError> {
    file.map_or_else(|| Ok(Trace::default()), Trace::create)
}
