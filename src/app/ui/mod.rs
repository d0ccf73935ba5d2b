//! The window's look, and what the system lends it: dialogs, the clipboard, screenshots.

pub mod checkbox;
pub mod clipboard;
#[cfg(test)]
pub mod contrast;
pub mod elide;
pub mod file_dialog;
pub mod focus_ring;
pub mod list_focus;
pub mod notifications;
pub mod palette;
pub mod panel_size;
pub mod row_end;
pub mod screenshot;
pub mod short_clicks;
pub mod signs;
pub mod system_fonts;
pub mod text_field;
pub mod theme;
pub mod verdict_style;
