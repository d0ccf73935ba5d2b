//! What a change of the source leaves as it is.

/// What another source, or the same one opened again, leaves as it is.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceChange {
    /// The next source's first picture is shown at the current zoom.
    pub keeps_zoom: bool,
    pub keeps_selection: bool,
}
