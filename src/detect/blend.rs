//! Bilinear interpolation between two rows of RGB, rounded as OpenCV does it.
//!
//! ```text
//! across: near · (2048 − w) + far · w         19 bits, the upper 15 are kept
//! down:   above · (2048 − v) + below · v      each product's upper bits, 2 below the point; then rounded
//! ```

/// A weight of 1 in interpolation: 11 bits.
pub const WEIGHT_ONE: i16 = 1 << 11;

/// Two neighbours along an axis and the weight of the second. Horizontally, `near` and `far` are byte offsets into a
/// row; if both are equal, the weight is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap {
    pub near: usize,
    pub far: usize,
    pub weight: i16,
}

/// Every 8-bit level, scaled to 0..=1.
const UNIT: [f32; 256] = {
    let mut unit = [0.0; 256];
    let mut level = 0;
    while level < unit.len() {
        unit[level] = level as f32 / 255.0;
        level += 1;
    }
    unit
};

/// Writes one pixel for each of `columns`, interpolated between `above` and `below`, to three planes in 0..=1. The
/// rows may extend beyond their last pixel; what follows is ignored. `weight` is that of `below`.
pub fn blend_row(columns: &[Tap], above: &[u8], below: &[u8], weight: i16, [red, green, blue]: [&mut [f32]; 3]) {
    let pixels = columns.iter().zip(red).zip(green).zip(blue);
    for (((tap, r), g), b) in pixels {
        let [red, green, blue] = pixel(tap, above, below, weight);
        (*r, *g, *b) = (UNIT[red as usize], UNIT[green as usize], UNIT[blue as usize]);
    }
}

#[cfg(target_arch = "x86_64")]
fn pixel(tap: &Tap, above: &[u8], below: &[u8], weight: i16) -> [u8; 3] {
    // Both neighbours and two bytes that are ignored; the last pixels of a frame have no bytes after them.
    let eight = |row: &[u8]| row.get(tap.near..)?.first_chunk::<8>().map(|b| i64::from_le_bytes(*b));
    match eight(above).zip(eight(below)) {
        // SAFETY: every x86-64 processor has SSE2.
        Some((above, below)) => unsafe { sse2::pixel(above, below, tap.weight, weight) },
        None => portable(tap, above, below, weight),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn pixel(tap: &Tap, above: &[u8], below: &[u8], weight: i16) -> [u8; 3] {
    portable(tap, above, below, weight)
}

fn portable(tap: &Tap, above: &[u8], below: &[u8], weight: i16) -> [u8; 3] {
    let across = |row: &[u8], channel: usize| {
        let [near, far] = [row[tap.near + channel], row[tap.far + channel]].map(i32::from);
        (near * i32::from(WEIGHT_ONE) + (far - near) * i32::from(tap.weight)) >> 4
    };
    [0, 1, 2].map(|channel| {
        let top = across(above, channel) * i32::from(WEIGHT_ONE - weight);
        let bottom = across(below, channel) * i32::from(weight);
        (((top >> 16) + (bottom >> 16) + 2) >> 2) as u8
    })
}

/// The same with SSE2, which every x86-64 processor has: three channels and both rows at once.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::*;

    use super::WEIGHT_ONE;

    /// `above` and `below` each hold near RGB, far RGB and two more bytes.
    #[target_feature(enable = "sse2")]
    #[inline]
    pub fn pixel(above: i64, below: i64, across: i16, down: i16) -> [u8; 3] {
        let near_far = WEIGHT_ONE - across;
        let across = _mm_set1_epi32((i32::from(across) << 16) | i32::from(near_far));
        let rest = WEIGHT_ONE - down;
        let down = _mm_set_epi16(down, down, down, down, rest, rest, rest, rest);
        let products = _mm_mulhi_epi16(_mm_packs_epi32(row(above, across), row(below, across)), down);
        let sum = _mm_add_epi16(products, _mm_srli_si128::<8>(products));
        let rounded = _mm_srai_epi16::<2>(_mm_add_epi16(sum, _mm_set1_epi16(2)));
        let [r, g, b, ..] = _mm_cvtsi128_si32(_mm_packus_epi16(rounded, rounded)).to_le_bytes();
        [r, g, b]
    }

    /// The upper 15 of 19 bits of each channel, in 32-bit lanes.
    #[target_feature(enable = "sse2")]
    #[inline]
    fn row(bytes: i64, weights: __m128i) -> __m128i {
        let words = _mm_unpacklo_epi8(_mm_cvtsi64_si128(bytes), _mm_setzero_si128());
        let pairs = _mm_unpacklo_epi16(words, _mm_srli_si128::<6>(words));
        _mm_srai_epi32::<4>(_mm_madd_epi16(pairs, weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A long sequence with a short period: every byte value, many pairs.
    fn noise(length: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(length)
        .collect()
    }

    #[test]
    fn fast_and_portable_give_the_same_for_all_weights() {
        let (mut above, mut below) = (noise(300, 1), noise(300, 2));
        // The extremes, where a lane would overflow first.
        above[..12].fill(255);
        below[..12].fill(255);
        for across in 0..=WEIGHT_ONE {
            for (i, down) in [0, 1, 2, 700, 1024, 2046, 2047, WEIGHT_ONE].into_iter().enumerate() {
                let near = if across % 3 == 0 { 0 } else { (across as usize * 3 + i * 3) % 294 };
                let tap = Tap { near, far: near + 3, weight: across };
                assert_eq!(pixel(&tap, &above, &below, down), portable(&tap, &above, &below, down), "{tap:?} {down}");
            }
        }
    }

    #[test]
    fn the_last_pixel_of_a_frame_needs_nothing_behind_it() {
        let row = [10, 20, 30, 40, 50, 60];
        let last = Tap { near: 3, far: 3, weight: 0 };
        assert_eq!(pixel(&last, &row, &row, 1024), [40, 50, 60]);
        let between = Tap { near: 0, far: 3, weight: 1024 };
        assert_eq!(pixel(&between, &row, &row, 0), [25, 35, 45]);
    }
}
