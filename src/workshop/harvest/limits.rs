//! When a harvest ends by itself.

/// A camera, or a stream without an end, would fill any disk. What is reached first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HarvestLimits {
    /// Frames that are kept.
    pub frames: u64,
    /// Of the pictures, the lines, and the labels that each picture has: all but COCO's one file, which comes at the end and is
    /// smaller than the lines.
    pub bytes: u64,
}

impl Default for HarvestLimits {
    /// 10,000 frames, 8 GB.
    fn default() -> Self {
        Self { frames: 10_000, bytes: 8_000_000_000 }
    }
}

/// Which of the limits was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HarvestLimit {
    Frames,
    Size,
}
