//! What a path is: a picture, a video (or a recording), or a folder of pictures.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::natural::natural;
use crate::source::pixels::Layout;
use crate::source::{SourceRequest, VideoLocation, VideoRequest};

/// Endings of the pictures that Twinsight reads. In a folder, other files are not meant.
pub const PICTURES: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// Endings of videos.
#[rustfmt::skip]
pub const VIDEOS: [&str; 57] = [
    "mp4", "m4v", "mov", "qt", "3gp", "3g2", "f4v", "mkv", "mk3d", "webm", "avi", "divx", "gif", "flv", "wmv", "asf", "ogv", "ogm",
    "mpg", "mpeg", "mpe", "mpv", "m1v", "m2v", "mp2v", "vob", "mod", "tod", "ts", "m2ts", "mts", "m2t", "tp", "trp", "mxf", "dv",
    "mjpeg", "mjpg", "y4m", "h263", "h264", "264", "avc", "h265", "265", "hevc", "vc1", "av1", "obu", "ivf", "nut", "rm", "rmvb",
    "nsv", "wtv", "heic", "avif",
];

/// The ending of recordings, which open like videos.
pub const RECORDINGS: [&str; 1] = ["mcap"];

/// As many bytes are looked at: three packets of a transport stream.
const START: u64 = 600;

/// How far into a file of JPEGs the second one is looked for.
const JPEG: u64 = 8 << 20;

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
    let mut start = Vec::with_capacity(START as usize);
    // Opening a pipe would wait for its writer.
    let read = about.is_file().then(|| File::open(path).and_then(|file| file.take(START).read_to_end(&mut start)));
    match read {
        Some(Ok(_)) if start.starts_with(b"\xff\xd8\xff") && is_jpeg_series(path) => FileKind::Video,
        Some(Ok(_)) => by_content(&start).unwrap_or_else(|| by_ending(path)),
        _ => by_ending(path),
    }
}

fn by_ending(path: &Path) -> FileKind {
    if has_ending(path, &VIDEOS) { FileKind::Video } else { FileKind::Picture }
}

/// Whether a file that starts as a JPEG holds many: by its ending; or by a second one of the same size right behind the first,
/// unless it is called a picture. Phones put a preview or a map of light behind a photo.
fn is_jpeg_series(path: &Path) -> bool {
    if has_ending(path, &["mjpeg", "mjpg"]) || has_ending(path, &PICTURES) {
        return !has_ending(path, &PICTURES);
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(JPEG).read_to_end(&mut bytes));
    let Some(first) = read.ok().and_then(|_| Layout::of(&bytes).ok()) else { return false };
    let second = first.end.and_then(|end| Layout::of(&bytes[end..]).ok());
    second.is_some_and(|second| second.size == first.size)
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
        || at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")
        // MXF, NUT, IVF, RealMedia, NSV, DV, and AV1 as it is.
        || at(0, &[0x06, 0x0E, 0x2B, 0x34])
        || at(0, b"nut/multimedia container")
        // A recording, which plays like one.
        || at(0, b"\x89MCAP0\r\n")
        || at(0, b"DKIF")
        || at(0, b".RMF")
        || at(0, b"NSVf")
        || at(0, &[0x1F, 0x07, 0x00])
        || at(0, &[0x12, 0x00, 0x0A])
        || at(4, b"mdat")
        || is_stream(start);
    match (picture, video) {
        (true, _) => Some(FileKind::Picture),
        (false, true) => Some(FileKind::Video),
        (false, false) => None,
    }
}

/// What stands without a container: start codes, as of H.264, HEVC and MPEG (an icon has 0 behind the same bytes); packets of
/// 188 bytes, or of 192 with their times.
fn is_stream(start: &[u8]) -> bool {
    let code = start.strip_prefix(&[0]).filter(|rest| rest.starts_with(&[0, 0, 1])).unwrap_or(start);
    let is_code = matches!(code, [0, 0, 1, kind, ..] if *kind != 0);
    let packets = |first: usize, size: usize| (0..3).all(|n| start.get(first + n * size) == Some(&0x47));
    is_code || packets(0, 188) || packets(4, 192)
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
            ("raw", b"\0\0\0\x01\x67\x42\0\x1e", FileKind::Video),
            ("raw.bin", b"\0\0\x01\xb3\x16\0\xf0\x13", FileKind::Video),
            ("icon.ico", b"\0\0\x01\0\x01\0\x10\x10", FileKind::Picture),
            ("single.mjpg", b"\xff\xd8\xff\xe0", FileKind::Video),
            ("single", b"\xff\xd8\xff\xe0", FileKind::Picture),
            ("tape", b"\x1f\x07\0\x3f", FileKind::Video),
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
