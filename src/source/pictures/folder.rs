//! What a path is: a picture, a video, or a folder of pictures.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::natural::natural;
use crate::source::{SourceRequest, VideoLocation, VideoRequest};

/// Endings of the pictures that Twinsight reads. In a folder, other files are not meant.
pub const PICTURES: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// Endings of videos.
pub const VIDEOS: [&str; 20] = [
    "mp4", "m4v", "mov", "mkv", "webm", "avi", "gif", "mpg", "mpeg", "ts", "m2ts", "mts", "flv", "wmv", "asf", "ogv",
    "3gp", "mjpeg", "mjpg", "y4m",
];

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Picture,
    Video,
    Folder,
}

/// Looks at the file's first bytes, then at its ending. What is neither, or cannot be read, is taken for a picture,
/// whose error then tells.
pub fn file_kind(path: &Path) -> FileKind {
    let Ok(about) = std::fs::metadata(path) else { return by_ending(path) };
    if about.is_dir() {
        return FileKind::Folder;
    }
    let mut start = Vec::with_capacity(16);
    // Opening a pipe would wait for its writer.
    let read = about.is_file().then(|| File::open(path).and_then(|file| file.take(16).read_to_end(&mut start)));
    match read {
        Some(Ok(_)) => by_content(&start).unwrap_or_else(|| by_ending(path)),
        _ => by_ending(path),
    }
}

fn by_ending(path: &Path) -> FileKind {
    if has_ending(path, &VIDEOS) { FileKind::Video } else { FileKind::Picture }
}

fn by_content(start: &[u8]) -> Option<FileKind> {
    let at = |from: usize, magic: &[u8]| start.get(from..).is_some_and(|rest| rest.starts_with(magic));
    let picture = at(0, b"\xff\xd8\xff")
        || at(0, b"\x89PNG\r\n\x1a\n")
        || at(0, b"RIFF") && at(8, b"WEBP")
        || at(0, b"BM") && start.len() > 13 && start[6..10] == [0; 4];
    let video = at(4, b"ftyp")
        || at(4, b"moov")
        || at(0, b"\x1a\x45\xdf\xa3")
        || at(0, b"RIFF") && at(8, b"AVI ")
        || at(0, b"GIF8")
        || at(0, b"FLV\x01")
        || at(0, b"OggS")
        || at(0, b"YUV4MPEG2")
        || at(0, &[0, 0, 1, 0xba])
        || at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11");
    match (picture, video) {
        (true, _) => Some(FileKind::Picture),
        (false, true) => Some(FileKind::Video),
        (false, false) => None,
    }
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|e| ending.eq_ignore_ascii_case(e)))
}

/// The pictures in a folder in natural order, hidden ones left out. Folders in it are not looked into.
pub fn pictures_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().unwrap_or_default().as_encoded_bytes().starts_with(b".");
        if has_ending(&path, &PICTURES) && !hidden && !path.is_dir() {
            found.push(path);
        }
    }
    found.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()).then_with(|| a.cmp(b)));
    Ok(found)
}

impl SourceRequest {
    /// What shows a file: itself, as a picture or as a video. Of a folder, ask [`Album`](super::Album).
    pub fn file(path: &Path) -> Self {
        match file_kind(path) {
            FileKind::Video => Self::Video(VideoRequest::new(VideoLocation::File(path.into()))),
            FileKind::Picture | FileKind::Folder => Self::Still(path.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_wins_over_the_ending() {
        let dir = tempfile::tempdir().unwrap();
        for (name, content, expected) in [
            ("photo.mp4", &b"\xff\xd8\xff\xe0"[..], FileKind::Picture),
            ("clip.jpg", b"\0\0\0\x20ftypisom", FileKind::Video),
            ("pages.bmp", b"BM\x10\0\0\0\0\0\0\0\x36\0\0\0", FileKind::Picture),
            ("clip", b"RIFF\0\0\0\0AVI LIST", FileKind::Video),
            ("still", b"RIFF\0\0\0\0WEBPVP8 ", FileKind::Picture),
            ("moving.png", b"GIF89a", FileKind::Video),
            ("text.MP4", b"no video", FileKind::Video),
            ("text.txt", b"no video", FileKind::Picture),
            ("empty.mkv", b"", FileKind::Video),
            ("", b"", FileKind::Folder),
        ] {
            let path = dir.path().join(name);
            if !name.is_empty() {
                std::fs::write(&path, content).unwrap();
            }
            assert_eq!(file_kind(&path), expected, "{name}");
        }
        assert_eq!(file_kind(&dir.path().join("missing.webm")), FileKind::Video);
    }
}
