//! Huffman codes of a JPEG, and the bits that they are read from.

/// Codes of up to this many bits are looked up.
const QUICK: u32 = 9;

/// The codes of one table.
#[derive(Clone, Copy)]
pub(super) struct Codes {
    /// By the next [`QUICK`] bits: the code's length (0 = it is longer) and what it stands for.
    quick: [(u8, u8); 1 << QUICK],
    /// By length, from 1: one past the last code, aligned to 16 bits.
    ends: [u32; 17],
    /// By length: what to add to a code for the index of its value.
    offsets: [i32; 17],
    values: [u8; 256],
}

impl Codes {
    /// `counts`: codes of each length from 1; `values`: what they stand for. `None`: there are more than bits allow.
    pub fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut codes = Self { quick: [(0, 0); 1 << QUICK], ends: [0; 17], offsets: [0; 17], values: [0; 256] };
        codes.values.get_mut(..values.len())?.copy_from_slice(values);
        let (mut code, mut index) = (0u32, 0usize);
        for (length, &count) in (1u32..).zip(counts) {
            codes.offsets[length as usize] = index as i32 - code as i32;
            for _ in 0..count {
                if length <= QUICK {
                    let first = (code << (QUICK - length)) as usize;
                    codes.quick.get_mut(first..first + (1 << (QUICK - length)))?.fill((length as u8, values[index]));
                }
                (code, index) = (code + 1, index + 1);
            }
            codes.ends[length as usize] = code << (16 - length);
            if code > 1 << length {
                return None;
            }
            code <<= 1;
        }
        Some(codes)
    }
}

/// Reads the bits between two markers.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, the first one on top.
    buffer: u64,
    held: u32,
}

impl<'a> Bits<'a> {
    pub fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, buffer: 0, held: 0 }
    }

    /// At the next marker, once all bits before it are read; otherwise before it.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Fills the buffer up to the next marker.
    fn fill(&mut self) {
        while self.held <= 56 {
            let rest = self.data.get(self.at..).unwrap_or_default();
            if let Some(next) = rest.first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
                && !has_ff(next)
            {
                let bytes = (64 - self.held) / 8;
                self.buffer |= (next >> (64 - 8 * bytes) << (64 - 8 * bytes)) >> self.held;
                (self.at, self.held) = (self.at + bytes as usize, self.held + 8 * bytes);
                return;
            }
            let (byte, length) = match rest {
                [0xFF, 0x00, ..] => (0xFF, 2),
                [] | [0xFF, ..] => return,
                [byte, ..] => (*byte, 1),
            };
            self.buffer |= u64::from(byte) << (56 - self.held);
            (self.at, self.held) = (self.at + length, self.held + 8);
        }
    }

    /// `None`: they are not there. At most 16.
    #[inline]
    pub fn take(&mut self, count: u32) -> Option<u32> {
        if self.held < count {
            self.fill();
        }
        // A shift by all 64 would be an error.
        let bits = (self.buffer >> 1 >> (63 - count)) as u32;
        self.held = self.held.checked_sub(count)?;
        self.buffer <<= count;
        Some(bits)
    }

    /// What the next code stands for; `None`: it is not there, or no code.
    #[inline]
    pub fn code(&mut self, codes: &Codes) -> Option<u8> {
        // With the bits that follow a code.
        if self.held < 32 {
            self.fill();
        }
        let (length, value) = codes.quick[(self.buffer >> (64 - QUICK)) as usize];
        if length > 0 {
            self.take(length.into())?;
            return Some(value);
        }
        let next = (self.buffer >> 48) as u32;
        let length = (QUICK + 1..=16).find(|length| next < codes.ends[*length as usize])?;
        let code = self.take(length)? as i32;
        codes.values.get(usize::try_from(code + codes.offsets[length as usize]).ok()?).copied()
    }

    /// Goes behind the next restart marker; `false`: another marker comes first.
    pub fn restart(&mut self) -> bool {
        (self.buffer, self.held) = (0, 0);
        loop {
            match self.data.get(self.at..) {
                Some([0xFF, 0xD0..=0xD7, ..]) => {
                    self.at += 2;
                    return true;
                }
                Some([0xFF, 0x00, ..]) => self.at += 2,
                Some([0xFF, 0xFF, ..]) => self.at += 1,
                None | Some([] | [0xFF, ..]) => return false,
                Some(_) => self.at += 1,
            }
        }
    }
}

/// Whether one of the eight bytes is 0xFF.
fn has_ff(bytes: u64) -> bool {
    let zeros = !bytes;
    zeros.wrapping_sub(0x0101_0101_0101_0101) & bytes & 0x8080_8080_8080_8080 != 0
}
