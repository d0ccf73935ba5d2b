//! Runs the real program to its end, and reads what it prints.

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
