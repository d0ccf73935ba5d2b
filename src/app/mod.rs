//! The window.
//!
//! ```text
//! keys, panels ── Action ──▶ Viewer ── Settings ──▶ Engine
//!      ▲                       ▲ │                    │
//!      └── detections, status ─┘ └◀── Observation ────┘
//! ```

mod action;
mod boxes;
mod cameras;
mod controls;
mod dialog;
mod help;
mod layout;
mod list;
mod palette;
mod picture;
mod preferences;
mod screenshot;
mod status;
mod texture;
mod theme;
mod toolbar;
mod viewer;
mod viewport;
mod window;

pub use preferences::Preferences;
pub use screenshot::Screenshot;
pub use viewer::{Start, Viewer};
pub use window::{AppError, WindowOptions, run};
