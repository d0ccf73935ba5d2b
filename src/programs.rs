//! Other programs, which the user has installed.

use std::path::PathBuf;

/// Those of this name on the PATH, the first one first. Only in folders named from the root: what lies in the present one
/// is never run.
pub fn on_path(name: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|folders| std::env::split_paths(&folders).collect()).unwrap_or_default();
    folders
        .into_iter()
        .filter(|folder| folder.is_absolute())
        .map(move |folder| folder.join(&file))
        .filter(|path| path.is_file())
}
