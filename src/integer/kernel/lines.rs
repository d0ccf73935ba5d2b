//! Memory in whole cache lines.

/// Bytes that start at a cache line.
#[derive(Clone, Debug, Default)]
pub struct Lines(Vec<Line>);

#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([u8; 64]);

impl Lines {
    /// Of at least this many bytes, all 0.
    pub fn zeros(bytes: usize) -> Self {
        Self(vec![Line([0; 64]); bytes.div_ceil(64)])
    }

    pub fn bytes(&self) -> &[u8] {
        let (start, bytes) = (self.0.as_ptr().cast(), self.0.len() * 64);
        // SAFETY: lines are arrays of bytes without gaps, borrowed as long as the result.
        unsafe { std::slice::from_raw_parts(start, bytes) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let (start, bytes) = (self.0.as_mut_ptr().cast(), self.0.len() * 64);
        // SAFETY: lines are arrays of bytes without gaps, borrowed as long as the result.
        unsafe { std::slice::from_raw_parts_mut(start, bytes) }
    }
}
