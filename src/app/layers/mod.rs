//! Which layers of B cost accuracy: measured on the current frame, shown in the order of the graph, and mended.
//!
//! ```text
//! frame, A, B ── measure (thread) ──▶ Findings ─▶ rows ─▶ plots, table ──▶ a layer is chosen
//!                                                                            │
//! B ◀── a new file ◀── rebuild (thread): more in float, or other ranges ◀────┘
//!                          └─▶ before → after
//! ```

pub mod context;
pub mod controller;
mod frame_tap;
mod heading;
mod panel;
mod plot;
mod rows;
mod table;
mod work;
