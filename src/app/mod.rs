//! The window.
//!
//! ```text
//! keys, panels ── Action ──▶ Viewer ── Settings ──▶ Engine
//!      ▲                       ▲ │                    │
//!      └── detections, status ─┘ └◀── Observation ────┘
//! ```

mod action;
mod album;
mod annotated;
mod bar;
mod boxes;
mod camera;
mod cameras;
mod canvas;
mod class_filter;
mod clipboard;
mod controls;
mod copying;
mod dialog;
mod duo;
mod errand;
mod fault;
mod help;
mod job;
mod layers;
mod layout;
mod list;
mod marks;
mod notices;
mod pairs;
mod palette;
mod past;
mod pickers;
mod picture;
mod playing;
mod plots;
mod preferences;
mod screenshot;
mod scrub;
mod sight;
mod status;
mod strip;
mod texture;
mod theme;
mod toolbar;
mod verdicts;
mod video_bar;
mod view;
mod viewer;
mod viewport;
mod window;
mod wishes;

pub use clipboard::{Clip, Clipboard, ClipboardError, SystemClipboard};
pub use preferences::Preferences;
pub use screenshot::Screenshot;
pub use view::{View, Which};
pub use viewer::{Start, Viewer};
pub use window::{AppError, WindowOptions, run};
