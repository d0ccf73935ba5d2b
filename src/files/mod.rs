//! Files of the user: read up to a limit, written whole or not at all, and never one onto another.
//!
//! What may be written is decided in one place, [`Outputs`], before a command starts its work. [`OutputFile`] writes it
//! at the end: beside its place, then renamed. [`PendingFile`] does the same for a file that another program writes, and
//! [`OutputFolder`] for a folder; [`GrowingFile`] is at its place from the start, and keeps what was written whatever ends
//! the command.

mod empty;
mod folder;
mod format;
mod free;
mod growing;
mod output;
mod outputs;
mod pending;
mod place;
mod read;
mod rename;
mod scratch;
mod text;

pub use empty::empty_folder;
pub use folder::{FolderFormat, OutputFolder};
pub use format::{FileFormat, has_keys};
pub use free::free_name;
pub use growing::GrowingFile;
pub use output::{OutputFile, WriteCause, WriteError};
pub use outputs::Outputs;
pub use pending::PendingFile;
pub use read::{ReadError, read_limited};
pub use rename::rename_new;
pub use scratch::ScratchFolder;
pub use text::{decoded, without_mark};
