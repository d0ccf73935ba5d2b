//! What was opened before, kept from one run to the next.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::source::{SourceRequest, VideoLocation, VideoRequest};

/// How many are remembered.
pub const MOST: usize = 10;

/// Something that was opened, and can be opened again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecentSource {
    /// A picture, a video, or a golden pack.
    File(PathBuf),
    /// A folder of pictures.
    Folder(PathBuf),
    /// Of a stream or a video, as "rtsp://camera/live".
    Address(String),
}

impl RecentSource {
    /// `None`: a camera, the demo, or a pasted picture.
    pub fn of(source: &SourceRequest) -> Option<Self> {
        match source {
            SourceRequest::Still(path)
            | SourceRequest::Video(VideoRequest { location: VideoLocation::File(path), .. }) => {
                Some(Self::File(absolute(path)))
            }
            SourceRequest::Video(VideoRequest { location: VideoLocation::Url(url), .. }) => {
                Some(Self::Address(url.clone()))
            }
            SourceRequest::Auto | SourceRequest::Camera(_) | SourceRequest::Pasted(_) | SourceRequest::Demo => None,
        }
    }

    pub fn folder(path: &Path) -> Self {
        Self::Folder(absolute(path))
    }

    /// A file's or a folder's name, or the address without what is secret in it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) | Self::Folder(path) => {
                path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
            }
            Self::Address(url) => VideoLocation::Url(url.clone()).name(),
        }
    }

    /// All of it, without what is secret.
    pub fn whole(&self) -> String {
        match self {
            Self::File(path) | Self::Folder(path) => path.display().to_string(),
            Self::Address(_) => self.name(),
        }
    }

    /// Whether nobody could tell the two apart in a list: addresses may differ in what is secret.
    pub fn is_same(&self, other: &Self) -> bool {
        let are_addresses = matches!((self, other), (Self::Address(_), Self::Address(_)));
        self == other || are_addresses && self.name() == other.name()
    }

    /// Whether it can still be opened, as far as the disk tells: that may take its time. An address is not asked.
    pub fn is_there(&self) -> bool {
        match self {
            // A golden pack is a folder.
            Self::File(path) => path.exists(),
            Self::Folder(path) => path.is_dir(),
            Self::Address(_) => true,
        }
    }

    /// As it may be written down: an address without its user and password. `None`: it cannot be, or what follows its
    /// `?` may be secret.
    fn stored(&self) -> Option<Self> {
        match self {
            Self::File(path) | Self::Folder(path) => path.to_str().map(|_| self.clone()),
            Self::Address(url) if url.contains('?') => None,
            Self::Address(url) => {
                let text = VideoLocation::parse(OsStr::new(url)).to_string();
                (!text.contains('@')).then_some(Self::Address(text))
            }
        }
    }
}

/// From wherever the next run is started.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}

/// The newest first, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecentSources(Vec<RecentSource>);

impl RecentSources {
    pub fn entries(&self) -> &[RecentSource] {
        &self.0
    }

    /// Keeps these in place of the others.
    pub fn keep(&mut self, entries: &[RecentSource]) {
        self.0.clear();
        for entry in entries.iter().filter_map(RecentSource::stored) {
            if !self.0.contains(&entry) {
                self.0.push(entry);
            }
        }
        self.0.truncate(MOST);
    }

    /// What a file with more, or with secrets that somebody wrote into it, makes of them.
    pub fn sane(self) -> Self {
        let mut sane = Self::default();
        sane.keep(&self.0);
        sane
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(entries: &[RecentSource]) -> Vec<RecentSource> {
        let mut kept = RecentSources::default();
        kept.keep(entries);
        let text = serde_json::to_string(&kept).unwrap();
        serde_json::from_str::<RecentSources>(&text).unwrap().entries().to_vec()
    }

    fn address(url: &str) -> RecentSource {
        RecentSource::Address(url.into())
    }

    #[test]
    fn files_folders_and_addresses_come_back() {
        let all = [
            RecentSource::of(&SourceRequest::Still("/a/bus.jpg".into())).unwrap(),
            RecentSource::folder(Path::new("/a")),
            address("rtsp://camera:554/live"),
        ];
        assert_eq!(kept(&all), all);
        assert_eq!(all.each_ref().map(RecentSource::name), ["bus.jpg", "a", "rtsp://camera:554/live"]);
        let relative = RecentSource::of(&SourceRequest::Still("bus.jpg".into()));
        assert!(matches!(relative, Some(RecentSource::File(path)) if path.is_absolute()));
        assert_eq!(RecentSource::of(&SourceRequest::Demo), None);
    }

    #[test]
    fn no_secret_is_written_down() {
        let secret = [
            address("rtsp://me:geheim@camera/live"),
            address("rtsp://camera/live"),
            address("https://host/a.mp4?token=geheim"),
            address("rtsp://me:ge/heim@camera/live"),
        ];
        assert_eq!(kept(&secret), [address("rtsp://camera/live")], "once, and without the others");
        let text =
            format!("[{}]", secret.iter().map(|s| serde_json::to_string(s).unwrap()).collect::<Vec<_>>().join(","));
        let edited: RecentSources = serde_json::from_str(&text).unwrap();
        assert_eq!(edited.sane().entries(), [address("rtsp://camera/live")]);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let many: Vec<_> = (0..2 * MOST).map(|n| address(&format!("rtsp://camera/{n}"))).collect();
        assert_eq!(kept(&many), many[..MOST]);
    }

    /// A path that JSON cannot hold must not cost all other preferences.
    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_is_left_out() {
        use std::os::unix::ffi::OsStrExt as _;
        let strange = RecentSource::File(PathBuf::from(OsStr::from_bytes(b"/a/\xff.png")));
        assert_eq!(kept(&[strange, address("rtsp://camera/live")]), [address("rtsp://camera/live")]);
    }
}
