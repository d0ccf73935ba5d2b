//! How often a tensor has each byte: what no way of storing its values changes.

/// Number of bytes of each value.
pub struct ByteCounts([usize; 256]);

impl ByteCounts {
    pub fn of(bytes: &[u8]) -> Self {
        let mut counts = [0; 256];
        bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
        Self(counts)
    }

    /// How many bytes either has more of than the other, whose bits in `flipped` are flipped first; 0: they have the same
    /// ones. Each byte that is replaced adds no more than 2.
    pub fn distance(&self, other: &Self, flipped: u8) -> usize {
        let pairs = (0..=u8::MAX).map(|byte| [self.0[usize::from(byte)], other.0[usize::from(byte ^ flipped)]]);
        pairs.map(|[one, other]| one.abs_diff(other)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::ByteCounts;

    #[test]
    fn the_order_is_no_distance_and_a_byte_is_two() {
        let of = ByteCounts::of;
        assert_eq!(of(&[1, 2, 3, 3]).distance(&of(&[3, 1, 3, 2]), 0), 0);
        assert_eq!(of(&[1, 2, 3, 3]).distance(&of(&[3, 1, 4, 2]), 0), 2);
        assert_eq!(of(&[1, 2, 3]).distance(&of(&[129, 130, 131]), 128), 0);
        assert_eq!(of(&[1, 2, 3]).distance(&of(&[129, 130, 131]), 0), 6);
    }
}
