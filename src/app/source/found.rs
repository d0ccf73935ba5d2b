//! Which source shows files, folders, or what is in the clipboard. Looked up on a thread of its own: a disk may take
//! its time.

use std::path::PathBuf;

use crate::app::ui::clipboard::{Clip, SharedClipboard};
use crate::source::{Album, AlbumError, Pasted, SourceRequest, VideoRequest};
use crate::workshop::Stopped;

/// Something to look at.
pub enum Found {
    Source(SourceRequest),
    Album(Box<Album>),
    /// A folder without pictures.
    NoPictures(PathBuf),
}

/// One file by itself; several, or a folder, as an album.
pub fn find(files: &[PathBuf]) -> Result<Found, Stopped> {
    if let [file] = files
        && !file.is_dir()
    {
        return Ok(Found::Source(SourceRequest::file(file)));
    }
    match Album::open(files) {
        Ok(album) => Ok(Found::Album(Box::new(album))),
        Err(AlbumError::Empty { folder }) => Ok(Found::NoPictures(folder)),
        Err(error @ AlbumError::Folder { .. }) => {
            Err(Stopped::Failed(format!("{error}. Open another folder, or drop images on the window.")))
        }
    }
}

/// What is in the clipboard.
pub fn find_pasted(clipboard: &SharedClipboard) -> Result<Found, Stopped> {
    match clipboard.take().map_err(Stopped::failed)? {
        Clip::Files(files) => find(&files),
        Clip::Address(address) => Ok(Found::Source(SourceRequest::Video(VideoRequest::new(address)))),
        Clip::Picture(frame) => {
            let pasted = Pasted { name: "pasted image".into(), frame: frame.into() };
            Ok(Found::Source(SourceRequest::Pasted(pasted)))
        }
    }
}
