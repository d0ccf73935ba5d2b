//! Which source shows files, folders, or what is in the clipboard. Looked up on a thread of its own: a disk may take
//! its time.

use std::path::{Path, PathBuf};

use crate::app::ui::clipboard::{Clip, SharedClipboard};
use crate::model::GoldenHeads;
use crate::source::{Album, AlbumError, Pasted, SourceRequest, VideoRequest};
use crate::workshop::Stopped;
use crate::workshop::golden::{GoldenPack, PackPlace};

/// Something to look at.
pub enum Found {
    Source(SourceRequest),
    Album(Box<Album>),
    /// A folder without pictures.
    NoPictures(PathBuf),
    /// Files that the clipboard names: which of them are models, the shell knows.
    Named(Vec<PathBuf>),
    /// A golden pack: its picture, and its raw heads.
    Pack(SourceRequest, GoldenHeads),
    /// What a board dumped of the pack in use.
    Dump(GoldenHeads),
}

/// One file by itself; several, or a folder, as an album; a golden pack, and what a board dumped of the one in use.
pub fn find(files: &[PathBuf], pack: Option<&GoldenHeads>) -> Result<Found, Stopped> {
    if let [path] = files {
        if let Some(place) = PackPlace::of(path) {
            let heads = GoldenPack::open(&place.dir).map_err(Stopped::failed)?.heads();
            return Ok(Found::Pack(SourceRequest::Still(place.path()), heads));
        }
        if let Some(pack) = pack.filter(|pack| is_dump_of(pack, path)) {
            return Ok(Found::Dump(pack.against(path)));
        }
    }
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

/// Whether any file there has the name of one of the pack's tensors.
fn is_dump_of(pack: &GoldenHeads, path: &Path) -> bool {
    GoldenPack::open(&pack.pack).is_ok_and(|pack| pack.is_dumped_in(path))
}

/// What is in the clipboard.
pub fn find_pasted(clipboard: &SharedClipboard) -> Result<Found, Stopped> {
    match clipboard.take().map_err(Stopped::failed)? {
        Clip::Files(files) => Ok(Found::Named(files)),
        Clip::Address(address) => Ok(Found::Source(SourceRequest::Video(VideoRequest::new(address)))),
        Clip::Picture(frame) => {
            let pasted = Pasted { name: "pasted image".into(), frame: frame.into() };
            Ok(Found::Source(SourceRequest::Pasted(pasted)))
        }
    }
}
