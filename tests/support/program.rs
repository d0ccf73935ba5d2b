//! The real program, and the files that set-up installs for it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program with the installed models, and nothing of the caller's settings.
pub fn twinsight() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twinsight"));
    command.env("TWINSIGHT_MODELS", models()).env("COLUMNS", "100");
    for variable in ["ORT_DYLIB_PATH", "RUST_LOG", "DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(variable);
    }
    command
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn models() -> PathBuf {
    root().join("models")
}

/// A file that set-up fetches or builds.
pub fn installed(file: &str) -> PathBuf {
    let path = models().join(file);
    assert!(path.exists(), "{} is missing: run make setup", path.display());
    path
}
