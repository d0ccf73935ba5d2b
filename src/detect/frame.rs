//! One picture in memory.

use super::Size;

/// The maximum number of pixels in a frame: 100 million, which is 300 MB.
pub const MAX_PIXELS: u64 = 100_000_000;

/// Packed 8-bit RGB, row by row from the top, no padding: `width · height · 3` bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    size: Size,
    rgb: Vec<u8>,
}

/// Why a frame cannot be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A side is 0.
    Empty(Size),
    /// More than [`MAX_PIXELS`].
    TooLarge(Size),
    /// The buffer does not have `width · height · 3` bytes.
    WrongLength { size: Size, bytes: usize },
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty(size) => write!(f, "a picture of {size} pixels is empty"),
            Self::TooLarge(size) => {
                write!(f, "a picture of {size} pixels exceeds the limit of {} million pixels", MAX_PIXELS / 1_000_000)
            }
            Self::WrongLength { size, bytes } => {
                write!(f, "{bytes} bytes do not fit a picture of {size} pixels, which takes {}", size.area() * 3)
            }
        }
    }
}

impl std::error::Error for FrameError {}

impl Frame {
    /// A black frame.
    pub fn new(size: Size) -> Result<Self, FrameError> {
        let mut frame = Self::default();
        frame.resize(size)?;
        Ok(frame)
    }

    /// Takes `rgb` as it is.
    pub fn from_rgb(size: Size, rgb: Vec<u8>) -> Result<Self, FrameError> {
        check(size)?;
        if rgb.len() as u64 != size.area() * 3 {
            return Err(FrameError::WrongLength { size, bytes: rgb.len() });
        }
        Ok(Self { size, rgb })
    }

    /// Changes the frame's size, reusing memory where it suffices. The pixels are then unspecified (old ones or
    /// black); the caller must overwrite them.
    pub fn resize(&mut self, size: Size) -> Result<(), FrameError> {
        check(size)?;
        self.rgb.resize(size.area() as usize * 3, 0);
        self.size = size;
        Ok(())
    }

    /// In pixels.
    pub fn size(&self) -> Size {
        self.size
    }

    pub fn width(&self) -> u32 {
        self.size.width
    }

    pub fn height(&self) -> u32 {
        self.size.height
    }

    /// Packed R G B, row by row from the top, without padding: 3 × width × height bytes.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// See [`Frame::rgb`].
    pub fn rgb_mut(&mut self) -> &mut [u8] {
        &mut self.rgb
    }

    /// Bytes in one row.
    pub fn stride(&self) -> usize {
        self.size.width as usize * 3
    }

    /// The colour at a position, or `None` outside the frame.
    pub fn pixel(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        if x >= self.size.width || y >= self.size.height {
            return None;
        }
        let at = y as usize * self.stride() + x as usize * 3;
        self.rgb.get(at..at + 3).map(|p| [p[0], p[1], p[2]])
    }
}

impl Default for Frame {
    /// One black pixel: a frame is never empty.
    fn default() -> Self {
        Self { size: Size::new(1, 1), rgb: vec![0; 3] }
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({})", self.size)
    }
}

fn check(size: Size) -> Result<(), FrameError> {
    match size.area() {
        0 => Err(FrameError::Empty(size)),
        n if n > MAX_PIXELS => Err(FrameError::TooLarge(size)),
        _ => Ok(()),
    }
}
