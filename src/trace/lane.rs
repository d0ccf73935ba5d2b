//! The rows of a trace.

/// What did the work: spans of one lane never overlap but where one holds the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// The capture thread of the source with this generation: one that hangs may outlive the next one's start.
    Capture(u64),
    /// The worker, which runs the models.
    Models,
    /// The window.
    Window,
    /// A command without a window.
    Command,
}

impl Lane {
    /// Its number in the file, where it is a thread's.
    pub fn id(self) -> u64 {
        match self {
            Self::Models => 1,
            Self::Window => 2,
            Self::Command => 3,
            Self::Capture(generation) => 16 + generation,
        }
    }

    pub fn name(self) -> String {
        match self {
            Self::Models => "models".into(),
            Self::Window => "window".into(),
            Self::Command => "command".into(),
            Self::Capture(generation) => format!("capture {generation}"),
        }
    }
}
