//! Which red, green and blue a camera's Y, U and V stand for.

/// The matrix between RGB and YCbCr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matrix {
    /// Rec. ITU-R BT.601, what webcams deliver.
    #[default]
    Bt601,
    /// Rec. ITU-R BT.709, as in high-definition television.
    Bt709,
}

/// Which values black and white have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// Y from 16 to 235, U and V from 16 to 240.
    #[default]
    Limited,
    /// All from 0 to 255.
    Full,
}

/// The default is what V4L2 means by YUV where a driver says no more. A JPEG says it by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Colour {
    pub matrix: Matrix,
    pub range: Range,
}
