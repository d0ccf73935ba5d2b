//! A rounding that never falls, as its stairs: the first sum that gives each byte.
//!
//! 256 numbers say what a formula over 2³² sums does, so that two formulas are compared for every sum at once.

/// A function from sums to bytes that never falls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staircase {
    range: [i64; 2],
    lowest: u8,
    highest: u8,
    /// For each byte from 1 on: the first sum of the range that gives it or a higher one; one beyond the range where
    /// none does.
    starts: [i64; 255],
}

impl Staircase {
    /// `range`: the first and the last sum that count. `byte` must not fall between them; found by bisection.
    pub fn of([first, last]: [i32; 2], byte: impl Fn(i32) -> u8) -> Self {
        let range = [i64::from(first), i64::from(last)];
        let (lowest, highest) = (byte(first), byte(last));
        let mut starts = [range[1] + 1; 255];
        let mut from = range[0];
        for (start, value) in starts.iter_mut().zip(1u8..=highest) {
            let [mut low, mut high] = [from, range[1]];
            while low < high {
                // Between the two, which both are int32.
                let middle = low + (high - low) / 2;
                if byte(middle as i32) >= value { high = middle } else { low = middle + 1 }
            }
            (*start, from) = (low, low);
        }
        Self { range, lowest, highest, starts }
    }

    /// The first and the last sum that count.
    pub fn range(&self) -> [i64; 2] {
        self.range
    }

    /// The bytes of the first and of the last sum.
    pub fn ends(&self) -> [u8; 2] {
        [self.lowest, self.highest]
    }

    /// The sums between the clamps: the last that gives the lowest byte, and the first that gives the highest.
    pub fn between_clamps(&self) -> [i64; 2] {
        if self.lowest == self.highest {
            return self.range;
        }
        [self.start(self.lowest + 1) - 1, self.start(self.highest)]
    }

    /// The first sum that gives a byte of 1 or more, or a higher one; one beyond the range where none does.
    pub fn start(&self, byte: u8) -> i64 {
        match usize::from(byte).checked_sub(1) {
            Some(place) => self.starts[place],
            None => self.range[0],
        }
    }

    /// Sums at which another staircase over the same range gives another byte: each pair the first, and the one after
    /// the last. In order, and apart from each other.
    pub fn differing(&self, other: &Self) -> Vec<[i64; 2]> {
        let mut found: Vec<[i64; 2]> = Vec::new();
        for (a, b) in self.starts.iter().zip(&other.starts).filter(|(a, b)| a != b) {
            let [first, end] = [*a.min(b), *a.max(b)];
            match found.last_mut() {
                // Both sets of stairs only ascend, so that nothing begins before what came last.
                Some(last) if first <= last[1] => last[1] = last[1].max(end),
                _ => found.push([first, end]),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stairs_are_where_the_bytes_change() {
        let byte = |sum: i32| (sum / 10).clamp(3, 7) as u8;
        let stairs = Staircase::of([-100, 100], byte);
        assert_eq!((stairs.ends(), stairs.between_clamps()), ([3, 7], [39, 70]));
        assert_eq!([1, 3, 4, 7, 8].map(|byte| stairs.start(byte)), [-100, -100, 40, 70, 101]);
        let later = Staircase::of([-100, 100], |sum| byte(sum - 2));
        let naive: Vec<i32> = (-100..=100).filter(|sum| byte(*sum) != byte(sum - 2)).collect();
        let found = stairs.differing(&later);
        assert_eq!(found, [[40, 42], [50, 52], [60, 62], [70, 72]]);
        assert_eq!(found.iter().flat_map(|[a, b]| *a as i32..*b as i32).collect::<Vec<_>>(), naive);
        assert_eq!(stairs.differing(&stairs), [[0; 2]; 0]);
    }
}
