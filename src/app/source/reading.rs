//! The picture that was asked for, decoded apart from the engine, and those that may come next.

use std::path::Path;
use std::sync::Arc;

use egui::Context;

use super::album_browser::AlbumBrowser;
use crate::detect::Frame;
use crate::source::{StillReader, THUMBNAIL};

/// Reads pictures once they are asked for.
#[derive(Default)]
pub enum PictureReading {
    #[default]
    NotStarted,
    Running(StillReader),
    /// Its thread could not be started: pictures come with their boxes.
    Failed,
}

impl PictureReading {
    /// The file's picture, whole (true), or for the time being its thumbnail; `None`: neither is there yet. To be asked
    /// again with every painting.
    pub fn read(&mut self, ctx: &Context, file: &Path, album: &AlbumBrowser) -> Option<(Arc<Frame>, bool)> {
        if matches!(self, Self::NotStarted) {
            let ctx = ctx.clone();
            *self = StillReader::start(Arc::new(move || ctx.request_repaint())).map_or_else(
                |error| {
                    log::error!("no previews: their thread cannot be started ({error})");
                    Self::Failed
                },
                Self::Running,
            );
        }
        if let Self::Running(reader) = self {
            reader.want(Some(file), album.likely_next());
            if let Some(picture) = reader.get(file) {
                return Some((picture, true));
            }
        }
        let thumbnail = album.thumbnail(file)?;
        // A small picture is its own thumbnail.
        let is_whole = thumbnail.width().max(thumbnail.height()) < THUMBNAIL;
        Some((thumbnail, is_whole))
    }

    /// The picture that was asked for is there with its boxes: now the next ones.
    pub fn read_ahead(&self, album: &AlbumBrowser) {
        if let Self::Running(reader) = self {
            reader.want(None, album.likely_next());
        }
    }

    /// These pictures' files have changed.
    pub fn forget<'a>(&self, files: impl IntoIterator<Item = &'a Path>) {
        if let Self::Running(reader) = self {
            files.into_iter().for_each(|file| reader.forget(file));
        }
    }
}
