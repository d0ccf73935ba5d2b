//! Pictures in files and folders, and from the clipboard.

mod album;
mod exif;
pub mod folder;
mod folder_watch;
mod natural;
mod pasted;
mod reader;
mod still;
mod thumbnails;

pub use album::Album;
pub use folder::{FileKind, file_kind};
pub use folder_watch::{AlbumError, FolderWatch, Listing};
pub use natural::natural;
pub use pasted::Pasted;
pub use reader::StillReader;
pub use still::{StillSource, decode, load, picture_size, read};
pub use thumbnails::{THUMBNAIL, THUMBNAILS_KEPT, Thumbnail, Thumbnails};
