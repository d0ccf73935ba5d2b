//! Runs the real program, and reads what it prints.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail anywhere, not only in its own function")]

pub mod detections;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a command did.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// Runs to the end. No command may panic, whatever it is given.
    pub fn of(command: &mut Command) -> Self {
        Self::of_with_stdout(command, Stdio::piped())
    }

    /// With another end of standard output; what goes there is not in [`Run::out`].
    pub fn of_with_stdout(command: &mut Command, stdout: Stdio) -> Self {
        let child = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let run = Self {
            code: output.status.code().expect("ended by a signal"),
            out: text(output.stdout),
            err: text(output.stderr),
        };
        assert!(!run.err.contains("panicked"), "{}", run.err);
        run
    }

    /// The one line of an error, checked to be the only thing said.
    pub fn error(&self) -> &str {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{}", self.err);
        self.err.trim_end().strip_prefix("twinsight: ").expect("the program names itself")
    }

    /// Standard output of a command that must do all it was asked.
    pub fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:?}");
        self.out
    }
}

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

/// The two sample photos.
pub fn photos() -> [PathBuf; 2] {
    for model in ["yolov4-tiny-416_float.onnx", "yolov4-tiny-416_int8_qop.onnx", "runtime"] {
        installed(model);
    }
    ["bus.jpg", "zidane.jpg"].map(|photo| installed(&format!("downloads/{photo}")))
}
