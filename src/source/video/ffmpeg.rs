//! The ffmpeg on the PATH, and how it is called.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::location::VideoLocation;
use crate::detect::MAX_PIXELS;
use crate::programs::on_path;
use crate::source::SourceError;

/// A frame's way inside ffmpeg: square pixels, as each frame's own aspect ratio has it; RGB; and a message about it.
const FILTERS: &str = "scale=iw*sar:ih:eval=frame,setsar=1,format=rgb24,showinfo=checksum=0";

/// The oldest release that has all the options that are used.
const OLDEST: (u32, u32) = (4, 2);

/// A program that decodes videos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ffmpeg {
    pub path: PathBuf,
    /// As it names itself, as "5.1.9-0+deb12u1".
    pub version: String,
    /// Linux's `setpriv`, where it can make a program end with the thread that started it.
    guard: Option<PathBuf>,
}

impl Ffmpeg {
    /// Finds it on the PATH, and asks for its version; the answer is kept for as long as the file found is the same.
    pub fn find() -> Result<Self, SourceError> {
        static FOUND: Mutex<Option<Ffmpeg>> = Mutex::new(None);
        let path = on_path("ffmpeg").next().ok_or(SourceError::NoFfmpeg)?;
        let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = found.as_ref().filter(|found| found.path == path) {
            return Ok(found.clone());
        }
        // It shows by trying: not every system's has the option.
        let guard = on_path("setpriv").next().filter(|_| cfg!(target_os = "linux"));
        let guarded = guard.and_then(|guard| Some((version(&path, Some(&guard)).ok()?, guard)));
        let (version, guard) = match guarded {
            Some((version, guard)) => (version, Some(guard)),
            None => (version(&path, None)?, None),
        };
        if release(&version).is_some_and(|found| found < OLDEST) {
            return Err(SourceError::OldFfmpeg { path, version });
        }
        Ok(found.insert(Self { path, version, guard }).clone())
    }

    /// Decodes from `start` on: pixels to standard output, a line for each picture among its messages. Where that can
    /// be had, it ends with the thread that starts it.
    pub(super) fn command(&self, location: &VideoLocation, start: Duration, format: Option<&str>) -> Command {
        let before = |major, minor| self.is_before(major, minor);
        let mut command = guarded(&self.path, self.guard.as_deref());
        command.args(["-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info"]);
        if !start.is_zero() {
            command.args(["-ss", &format!("{:.6}", start.as_secs_f64())]);
        }
        // Checked by the decoder before it takes memory.
        command.args(["-max_pixels", &MAX_PIXELS.to_string()]);
        // A frame of another size than the first keeps it. Where ffmpeg would scale it to the first one's when it builds
        // its filters again, they must take it as they are.
        let old = before(5, 1);
        if old {
            command.args(["-reinit_filter", "0"]);
        }
        command.args(location.arguments(before(5, 0), format));
        command.args(["-an", "-sn", "-dn"]);
        match location.tiles() {
            Some(tiles) => command.args(["-filter_complex", &format!("{},{FILTERS}", tiles.filters())]),
            None => command.args(["-vf", FILTERS]),
        };
        if !old {
            command.arg("-noautoscale");
        }
        command.args(self.passthrough());
        command.args(["-c:v", "rawvideo", "-f", "image2pipe", "pipe:1"]);
        command
    }

    /// To encode: its arguments are the caller's. Where that can be had, it ends with the thread that starts it.
    pub fn encoder(&self) -> Command {
        let mut command = guarded(&self.path, self.guard.as_deref());
        command.args(["-hide_banner", "-nostats", "-loglevel", "error", "-y"]);
        command
    }

    /// The arguments that leave each frame its own time.
    pub fn passthrough(&self) -> [&'static str; 2] {
        [if self.is_before(5, 1) { "-vsync" } else { "-fps_mode" }, "passthrough"]
    }

    /// The names of its encoders, as "libx264".
    pub fn encoders(&self) -> std::io::Result<Vec<String>> {
        let mut command = guarded(&self.path, self.guard.as_deref());
        let output = command.args(["-hide_banner", "-encoders"]).stdin(Stdio::null()).output()?;
        // " V....D libx264   …", after a legend whose names are equals signs.
        let name = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
        Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(name).collect())
    }

    /// Why it cannot be run.
    pub fn failed(&self, cause: &std::io::Error) -> SourceError {
        SourceError::BadFfmpeg { path: self.path.clone(), cause: cause.to_string() }
    }

    /// A version without a number is a build of the newest sources.
    pub(super) fn is_before(&self, major: u32, minor: u32) -> bool {
        release(&self.version).is_some_and(|found| found < (major, minor))
    }

    /// The first bytes at an address, where it is a document's and can be read.
    pub(super) fn first_bytes(&self, location: &VideoLocation) -> Option<Vec<u8>> {
        let mut command = guarded(&self.path, self.guard.as_deref());
        command.args(["-nostdin", "-loglevel", "quiet"]).args(location.bytes_arguments()?);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        Some(command.output().ok()?.stdout)
    }
}

fn guarded(program: &Path, guard: Option<&Path>) -> Command {
    let mut command = Command::new(guard.unwrap_or(program));
    if guard.is_some() {
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    }
    apart(&mut command);
    command
}

/// Ctrl+C in the terminal is for this process only, which ends the child itself.
fn apart(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(windows)]
    {
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        std::os::windows::process::CommandExt::creation_flags(command, CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
    }
}

fn version(path: &Path, guard: Option<&Path>) -> Result<String, SourceError> {
    let failed = |cause: String| SourceError::BadFfmpeg { path: path.into(), cause };
    let output =
        guarded(path, guard).arg("-version").stdin(Stdio::null()).output().map_err(|e| failed(e.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let word = text.strip_prefix("ffmpeg version ").and_then(|rest| rest.split_whitespace().next());
    word.map(str::to_owned).ok_or_else(|| failed("it does not report its version".into()))
}

/// Major and minor of "5.1.9-0+deb12u1" and "n7.0"; `None` for "N-109542-g1bf1beb".
fn release(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim_start_matches('n').split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    Some((major, numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_distributions_write_them() {
        for (version, expected) in [
            ("5.1.9-0+deb12u1", Some((5, 1))),
            ("4.4.2-0ubuntu0.22.04.1", Some((4, 4))),
            ("n7.0", Some((7, 0))),
            ("8", Some((8, 0))),
            ("N-109542-g1bf1beb", None),
            ("git-2024-01-01", None),
        ] {
            assert_eq!(release(version), expected, "{version}");
        }
    }
}
