//! The last observations, to go back to, and their figures over time.
//!
//! ```text
//! Arc<Observation> ─┬─ Recorder, on its own thread ───▶ Moment (JPEG, exact raw heads) ─▶ Ring, limited in bytes
//!                   │                                                                       │  ▲ the worst stay
//!                   └─ figures, latencies ─▶ Timeline, 36,000 records ◀── refresh ──────────┘──┘
//!                                                                          best threshold ◀─┘
//! ```
//!
//! A moment's raw heads are exact, so boxes, pairs and figures can be recomputed at any thresholds; only its pixels have
//! been through JPEG. Nothing here blocks the caller: pictures are compressed on the recorder's thread, and
//! recomputation runs in slices of a time budget that the caller sets.

mod best;
mod heads;
mod keeper;
mod moment;
mod moment_comparer;
mod picture;
mod record;
mod recorder;
mod ring;
mod timeline;

pub use best::{BestSearch, Search};
pub use heads::Packer;
pub use keeper::History;
pub use moment::{Compactor, Moment};
pub use moment_comparer::MomentComparer;
pub use picture::RestoreError;
pub use record::{FrameFigures, Latency, Record, Stage};
pub use recorder::{QUEUE, Recorder, SINGLE_INTERVAL};
pub use ring::{DEFAULT_LIMIT, Ring};
pub use timeline::{RECORDS, Timeline};
