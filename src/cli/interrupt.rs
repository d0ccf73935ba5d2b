//! Ctrl+C: a long command stops after what it has in hand, and still tells what it has so far.

use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a command that was interrupted, as shells give it.
pub const INTERRUPTED: u8 = 128 + 2;

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl+C (and a plain `kill`) is noted; a second one ends the program at once.
pub fn watch() -> Result<(), ctrlc::Error> {
    static WATCHED: OnceLock<()> = OnceLock::new();
    if WATCHED.set(()).is_err() {
        return Ok(());
    }
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    })
}

/// Whether it is time to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// What a command ends with.
pub fn exit_code(failed: bool) -> ExitCode {
    match (asked(), failed) {
        (true, _) => ExitCode::from(INTERRUPTED),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    }
}
