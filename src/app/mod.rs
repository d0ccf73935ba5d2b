//! The window.
//!
//! ```text
//! keys, panels ── Action ──▶ Viewer ── Settings ──▶ Engine
//!      ▲                       ▲ │                    │
//!      └── detections, status ─┘ └◀── Observation ────┘
//! ```

mod action;
mod bar;
mod boxes;
mod cameras;
mod canvas;
mod class_filter;
mod controls;
mod dialog;
mod duo;
mod help;
mod layout;
mod list;
mod marks;
mod pairs;
mod palette;
mod past;
mod pickers;
mod picture;
mod plots;
mod preferences;
mod screenshot;
mod sight;
mod status;
mod texture;
mod theme;
mod toolbar;
mod verdicts;
mod view;
mod viewer;
mod viewport;
mod window;
mod wishes;

pub use preferences::Preferences;
pub use screenshot::Screenshot;
pub use view::{View, Which};
pub use viewer::{Start, Viewer};
pub use window::{AppError, WindowOptions, run};
