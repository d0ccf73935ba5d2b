//! The window's look, and what the system lends it: dialogs, the clipboard, screenshots.

pub mod clipboard;
pub mod file_dialog;
pub mod notifications;
pub mod palette;
pub mod panel_size;
pub mod screenshot;
pub mod theme;
pub mod verdict_style;
