//! Where a video is, and how its place is told to ffmpeg so that it is taken for nothing else.
//!
//! ffmpeg reads far more than files from what it is given as a name: `concat:a|b`, `subfile:`, `data:`, playlists
//! that name other files and addresses, pictures counted by `%d`. So a file always goes to it as `file:` and its
//! path, an address must start with one of [`SCHEMES`], and both with the protocols and the kinds of file that
//! belong to them alone.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::photo::{Photo, Tiles, photo};
use crate::source::SourceError;

/// How long a stream may say nothing while it runs; ffmpeg is told the same.
pub(super) const SILENCE: Duration = Duration::from_secs(10);

/// The addresses that are opened.
pub const SCHEMES: [&str; 4] = ["rtsp", "rtsps", "http", "https"];

/// Kinds of file as ffmpeg names them. None of them names other files or addresses.
const CONTAINERS: &str = "mov,mp4,matroska,webm,avi,gif,mpegts,mpeg,mpegvideo,flv,asf,ogg,h264,hevc,m4v,av1,obu,ivf,\
    mjpeg,mxf,nut,dv,yuv4mpegpipe,wtv,rm,apng,h263,vc1,nsv,vvc";

/// What comes over a network besides: playlists of segments, multipart JPEG of cameras, the sound in segments; and single
/// pictures, which [`is_picture`] tells apart.
const STREAMS: &str = "hls,dash,mpjpeg,rtsp,sdp,rtp,aac,ac3,eac3,mp3,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe";

/// Whether ffmpeg's name for the kind of a stream means one picture, and then the end.
pub(super) fn is_picture(format: &str) -> bool {
    format.ends_with("_pipe")
}

/// A video file, or the address of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoLocation {
    File(PathBuf),
    /// As "rtsp://camera/live"; see [`SCHEMES`].
    Url(String),
}

impl VideoLocation {
    /// An address where the text has a scheme and `://`, else a file.
    pub fn parse(text: &OsStr) -> Self {
        match text.to_str() {
            Some(url) if scheme(url).is_some() => Self::Url(url.into()),
            _ => Self::File(text.into()),
        }
    }

    /// An address as someone types or pastes it: one word, with one of [`SCHEMES`]. `None` = it is none.
    pub fn address(text: &str) -> Option<Self> {
        let text = text.trim();
        let known = scheme(text).filter(|scheme| SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)))?;
        let has_host = text.len() > known.len() + "://".len();
        (has_host && !text.contains(|c: char| c.is_whitespace() || c.is_control())).then(|| Self::Url(text.into()))
    }

    /// Short, for a title: a file's name, or the address without what is secret in it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Self::Url(_) => self.to_string(),
        }
    }

    /// Refuses what cannot be a video before ffmpeg is asked, so that the message is the same for every version.
    pub(super) fn check(&self) -> Result<(), SourceError> {
        match self {
            Self::File(path) => check_file(path),
            Self::Url(url) => match scheme(url) {
                Some(scheme)
                    if SCHEMES.iter().any(|s| s.eq_ignore_ascii_case(scheme)) && !url.contains(['\0', '\n']) =>
                {
                    Ok(())
                }
                _ => Err(SourceError::Address { url: self.to_string() }),
            },
        }
    }

    /// The arguments that make this ffmpeg's input. `old`: an ffmpeg before 5.0; `format`: what it is, where ffmpeg would not
    /// find that out.
    pub(super) fn arguments(&self, old: bool, format: Option<&str>) -> Vec<OsString> {
        let text = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        match self {
            Self::File(path) => {
                let mut arguments = text(&["-protocol_whitelist", "file", "-format_whitelist", CONTAINERS]);
                // ffmpeg may take the first of many JPEGs for the only one.
                if starts_with_jpeg(path) {
                    arguments.extend(text(&["-f", "mjpeg"]));
                }
                arguments.push("-i".into());
                let mut name = OsString::from("file:");
                name.push(path);
                arguments.push(name);
                arguments
            }
            Self::Url(url) => {
                let formats = format!("{CONTAINERS},{STREAMS}");
                let rtsp = scheme(url).is_some_and(|s| s.to_ascii_lowercase().starts_with("rtsp"));
                let timeout = SILENCE.as_micros().to_string();
                let mut arguments = if rtsp {
                    let option = if old { "-stimeout" } else { "-timeout" };
                    let protocols = "rtsp,rtsps,rtp,srtp,udp,tcp,tls";
                    let flags = ["-rtsp_flags", "prefer_tcp", "-fflags", "nobuffer"];
                    text(&[&["-protocol_whitelist", protocols, option, &timeout], &flags[..]].concat())
                } else {
                    text(&["-protocol_whitelist", "http,https,tcp,tls,crypto,httpproxy", "-rw_timeout", &timeout])
                };
                arguments.extend(text(&["-format_whitelist", &formats]));
                arguments.extend(format.map(|format| text(&["-f", format])).into_iter().flatten());
                arguments.extend(text(&["-i", url]));
                arguments
            }
        }
    }

    /// The tiles of a photo.
    pub(super) fn tiles(&self) -> Option<Tiles> {
        match self {
            Self::File(path) => match photo(path) {
                Some(Photo::Tiles(tiles)) => tiles,
                _ => None,
            },
            Self::Url(_) => None,
        }
    }

    /// The arguments with which ffmpeg gives the first bytes at an address as they are; `None` where that is not a document.
    pub(super) fn bytes_arguments(&self) -> Option<Vec<OsString>> {
        let Self::Url(url) = self else { return None };
        let http = scheme(url).is_some_and(|s| s.to_ascii_lowercase().starts_with("http"));
        let timeout = SILENCE.as_micros().to_string();
        let mut arguments = vec!["-protocol_whitelist", "http,https,tcp,tls,crypto,httpproxy", "-rw_timeout", &timeout];
        arguments.extend(["-f", "data", "-i", url, "-map", "0:0", "-c", "copy", "-fs", "4096", "-f", "data", "pipe:1"]);
        http.then(|| arguments.iter().map(OsString::from).collect())
    }

    /// ffmpeg's words without the name that it was given, which may hold a password.
    pub(super) fn anonymous(&self, words: &str) -> String {
        match self {
            Self::File(path) => words.replace(&format!("file:{}: ", path.to_string_lossy()), ""),
            Self::Url(url) => words.replace(&format!("{url}: "), "").replace(url, &self.to_string()),
        }
    }
}

impl std::fmt::Display for VideoLocation {
    /// The whole path, or the address; its user and password, and what follows a `?`, are left out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
                let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, _)| (rest, "?…"));
                let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
                let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
                write!(f, "{scheme}://{host}{path}{query}")
            }
        }
    }
}

/// What stands before `://`, where that is a scheme as RFC 3986 has it.
fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once("://")?;
    let letters = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    // One letter is a drive.
    (letters && scheme.len() > 1 && scheme.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(scheme)
}

fn starts_with_jpeg(path: &Path) -> bool {
    let mut start = [0; 3];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == [0xFF, 0xD8, 0xFF]
}

fn check_file(path: &Path) -> Result<(), SourceError> {
    let failed = |cause| SourceError::Read { path: path.into(), cause };
    let about = std::fs::metadata(path).map_err(failed)?;
    if about.is_dir() {
        return Err(failed(std::io::Error::other("it is a folder, not a file")));
    }
    if !about.is_file() {
        return Err(failed(std::io::Error::other("it is not a file")));
    }
    if about.len() == 0 {
        return Err(SourceError::Video { name: path.display().to_string(), cause: "the file is empty".into() });
    }
    File::open(path).map(drop).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_scheme_is_an_address() {
        for url in ["rtsp://a/b", "HTTP://a", "file:///a", "x-y+z.1://a"] {
            assert_eq!(VideoLocation::parse(OsStr::new(url)), VideoLocation::Url(url.into()));
        }
        for file in ["concat:a|b", "data:x", "subfile,,start,1,end,2,,:a", "C:\\a", "c://a", "-i", "a b://c", "://a"] {
            assert_eq!(VideoLocation::parse(OsStr::new(file)), VideoLocation::File(file.into()));
        }
    }

    #[test]
    fn an_address_is_one_word_with_a_scheme_that_is_opened() {
        for text in ["rtsp://me:pass@cam/live", " HTTP://host/a.mp4?x=1\n", "https://host"] {
            assert_eq!(VideoLocation::address(text), Some(VideoLocation::Url(text.trim().into())));
        }
        for text in ["", "rtsp://", "gopher://host", "see https://host", "https://host and more", "https:host", "/a"] {
            assert_eq!(VideoLocation::address(text), None, "{text}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        let url = VideoLocation::Url("rtsp://me:pass@word@camera:554/live?token=1".into());
        assert_eq!(url.to_string(), "rtsp://camera:554/live?…");
        assert_eq!(url.name(), url.to_string());
        let words = "rtsp://me:pass@word@camera:554/live?token=1: 401";
        assert_eq!(url.anonymous(words), "401");
    }

    #[test]
    fn addresses_of_other_kinds_are_refused() {
        for url in ["file:///etc/passwd", "concat://a", "gopher://a", "rtsp://a\n"] {
            assert!(matches!(VideoLocation::Url(url.into()).check(), Err(SourceError::Address { .. })), "{url}");
        }
        assert!(VideoLocation::Url("RTSP://a".into()).check().is_ok());
    }
}
