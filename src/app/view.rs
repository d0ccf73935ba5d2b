//! The four views of a frame, and its two sides.

use serde::{Deserialize, Serialize};

/// How the picture shows what the models see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// One model.
    Single,
    /// A left of a bar, B right of it, on one picture.
    Split,
    /// A and B on a picture each.
    SideBySide,
    /// The boxes of both on one picture, by verdict.
    Overlay,
}

impl View {
    pub const ALL: [Self; 4] = [Self::Single, Self::Split, Self::SideBySide, Self::Overlay];

    pub fn label(self) -> &'static str {
        match self {
            Self::Single => "Single",
            Self::Split => "Split",
            Self::SideBySide => "Side by side",
            Self::Overlay => "Overlay",
        }
    }

    /// Whether two models look at each frame.
    pub fn compares(self) -> bool {
        self != Self::Single
    }
}

/// One of the two models that are compared, as the window shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    A,
    B,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    pub fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }

    /// 0 or 1: its place in pairs of values.
    pub fn index(self) -> usize {
        self as usize
    }
}
