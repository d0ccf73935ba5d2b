//! Ctrl+C, a plain `kill` and a terminal that closes: a long command stops after what it has in hand and still tells
//! what it has so far; the window closes as if the user had closed it.

use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a program that was interrupted, as shells give it.
const INTERRUPTED: u8 = 128 + 2;

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on an interrupt is noted; a second one ends the program at once.
pub fn watch() -> Result<(), ctrlc::Error> {
    watch_and(|| {})
}

/// The same; `note` is called, on a thread of its own, once it is noted.
pub fn watch_and(note: impl Fn() + Send + 'static) -> Result<(), ctrlc::Error> {
    static WATCHED: OnceLock<()> = OnceLock::new();
    if WATCHED.set(()).is_err() {
        return Ok(());
    }
    ctrlc::set_handler(move || {
        if ASKED.swap(true, Ordering::Relaxed) {
            end_log();
            std::process::exit(INTERRUPTED.into());
        }
        note();
    })
}

/// From here on nothing is logged: the process ends, and the system takes its libraries apart. A thread that was left behind in
/// an inference, because it did not end in time or nothing was to be waited for, may still run in ONNX Runtime, which then
/// reports as errors what is none of the user's.
pub fn end_log() {
    log::set_max_level(log::LevelFilter::Off);
}

/// Whether it is time to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// What the program ends with.
pub fn exit_code(failed: bool) -> ExitCode {
    match (asked(), failed) {
        (true, _) => ExitCode::from(INTERRUPTED),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    }
}
