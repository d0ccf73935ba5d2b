//! What each stage of each frame took, as a file for Perfetto (ui.perfetto.dev) and for Chrome's tracing page.
//!
//! ```text
//! [capture] spans, drops ─┐
//! [worker]  spans ────────┼─▶ Trace ─▶ GrowingFile: an event a line, each whole when it is written
//! [window]  spans ────────┘
//! ```
//!
//! The file is in Chrome's trace event format, as an array of events. That format allows for the closing bracket to be missing,
//! so that what a crash leaves is a trace too.

mod file;
mod format;
mod lane;
mod recorder;
mod span;

pub use format::TRACE;
pub use lane::Lane;
pub use recorder::Trace;
pub use span::TraceSpan;
