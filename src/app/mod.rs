//! The window.
//!
//! ```text
//! keys, panels ── Action ──▶ Viewer ─┬─▶ source, video, camera ──▶ EngineControl ──▶ Engine
//!      ▲                             ├─▶ models, history, layers, compare all           │
//!      └─── figures, boxes, status ──┴─▶ frame ◀──────────── Observation, Event ────────┘
//! ```
//!
//! Each room owns its state and sees only what it is given; [`Viewer`] alone sees every owner. What needs two owners is
//! written in `viewer/logic.rs` (what came from the engine and from jobs) or `viewer/actions.rs` (what was asked for).

mod action;
mod compare_all;
mod detections;
mod engine_control;
mod frame;
mod history;
mod job;
mod layers;
mod models;
mod panels;
mod preferences;
mod saving;
mod source;
mod truth;
mod ui;
mod view;
mod viewer;
mod window;

pub use preferences::Preferences;
pub use ui::clipboard::{Clip, Clipboard, ClipboardError};
pub use ui::screenshot::Screenshot;
pub use view::{Side, View};
pub use viewer::Viewer;
pub use viewer::start::{Start, System};
pub use window::{AppError, run};
