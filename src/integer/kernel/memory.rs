//! Memory that several threads write, each its own part.

use std::cell::UnsafeCell;

use super::lines::Lines;

/// Bytes that start at a cache line, all 0 at first.
pub struct Memory {
    /// Keeps what `start` points to.
    _lines: UnsafeCell<Lines>,
    start: *mut u8,
    bytes: usize,
}

// SAFETY: whoever asks for a part of it promises that nobody else uses that part.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    pub fn zeros(bytes: usize) -> Self {
        let mut lines = UnsafeCell::new(Lines::zeros(bytes));
        let start = lines.get_mut().bytes_mut().as_mut_ptr();
        Self { _lines: lines, start, bytes }
    }

    /// A place in it, `from` ≤ its length.
    pub fn at(&self, from: usize) -> *const u8 {
        assert!(from <= self.bytes, "{from} of {} bytes", self.bytes);
        self.start.wrapping_add(from)
    }

    /// The same, to be written: `length` bytes from it on lie within the memory.
    pub fn at_mut(&self, from: usize, length: usize) -> *mut u8 {
        self.check(from, length);
        self.start.wrapping_add(from)
    }

    /// # Safety
    /// Nobody may write these bytes while the result is in use.
    pub unsafe fn bytes(&self, from: usize, length: usize) -> &[u8] {
        self.check(from, length);
        // SAFETY: they lie within the memory, and are always initialized; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts(self.start.add(from), length) }
    }

    /// # Safety
    /// Nobody else may read or write these bytes while the result is in use.
    #[expect(clippy::mut_from_ref, reason = "the caller promises that this part is its own")]
    pub unsafe fn bytes_mut(&self, from: usize, length: usize) -> &mut [u8] {
        self.check(from, length);
        // SAFETY: they lie within the memory, and are always initialized; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), length) }
    }

    /// `from` in bytes, a multiple of 4; `length` in floats.
    ///
    /// # Safety
    /// Nobody may write these floats while the result is in use.
    pub unsafe fn floats(&self, from: usize, length: usize) -> &[f32] {
        self.check(from, 4 * length);
        assert!(from.is_multiple_of(4));
        // SAFETY: they lie within the memory, are aligned because the memory is, and every bit pattern is a float32;
        // the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts(self.start.add(from).cast(), length) }
    }

    /// `from` in bytes, a multiple of 4; `length` in floats.
    ///
    /// # Safety
    /// Nobody else may read or write these floats while the result is in use.
    #[expect(clippy::mut_from_ref, reason = "the caller promises that this part is its own")]
    pub unsafe fn floats_mut(&self, from: usize, length: usize) -> &mut [f32] {
        self.check(from, 4 * length);
        assert!(from.is_multiple_of(4));
        // SAFETY: they lie within the memory, are aligned because the memory is, and every bit pattern is a float32;
        // the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from).cast(), length) }
    }

    fn check(&self, from: usize, length: usize) {
        let end = from.checked_add(length);
        assert!(end.is_some_and(|end| end <= self.bytes), "{from} + {length} of {} bytes", self.bytes);
    }
}
