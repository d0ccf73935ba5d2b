//! Bilinear resampling of a window to a fixed size, in integers.
//!
//! ```text
//! canvas row ─▶ across: table of columns ─▶ two rows in memory ─▶ down: one weight per row ─▶ frame
//! ```
//!
//! Each canvas row is stretched across once, and serves every frame row that lies above or below it. A pixel's
//! three channels travel in one 64-bit word, 16 bits apart, so that one multiplication weighs them all.

use super::canvas::Canvas;
use super::motion::Crop;
use crate::detect::Size;

/// Positions have 16 bits after the point, weights are 0 to 256.
const POINT: u32 = 16;
const ONE: f64 = (1u32 << POINT) as f64;

/// Half a unit in each 16-bit lane, so that a cut rounds.
const HALF: u64 = 0x0080_0080_0080;

/// Where a sample lies: before it, the left or upper neighbour, and the share of the other.
#[derive(Clone, Copy, Debug, Default)]
struct SourcePixel {
    at: usize,
    weight: u16,
}

/// Scales windows to frames of one size.
pub struct Resampler {
    size: Size,
    columns: Vec<SourcePixel>,
    /// Canvas rows that were stretched across, and which ones they are.
    rows: [(Option<usize>, Vec<u8>); 2],
}

impl Resampler {
    /// For frames of this size, in pixels.
    pub fn new(size: Size) -> Self {
        let row = || (None, vec![0; size.width as usize * 3]);
        Self { size, columns: vec![SourcePixel::default(); size.width as usize], rows: [row(), row()] }
    }

    /// Fills `rgb`, which has the size given to `new`, with the window's part of the canvas.
    pub fn render(&mut self, canvas: &Canvas, window: Crop, rgb: &mut [u8]) {
        let taps = taps(window.x, window.width, self.size.width, canvas.size().width);
        for (column, tap) in self.columns.iter_mut().zip(taps) {
            *column = SourcePixel { at: tap.at * 3, ..tap };
        }
        for (known, _) in &mut self.rows {
            *known = None;
        }
        let taps = taps_down(window, self.size, canvas.size());
        for (to, tap) in rgb.chunks_exact_mut(self.size.width as usize * 3).zip(taps) {
            self.want(canvas, tap.at);
            let [(_, upper), (_, lower)] = &self.rows;
            blend(upper, lower, tap.weight, to);
        }
    }

    /// Makes the two stretched rows those at `y` and `y + 1`.
    fn want(&mut self, canvas: &Canvas, y: usize) {
        if self.rows[1].0 == Some(y) {
            self.rows.swap(0, 1);
        }
        for (row, y) in self.rows.iter_mut().zip([y, y + 1]) {
            if row.0 != Some(y) {
                stretch(canvas.row(y), &self.columns, &mut row.1);
                row.0 = Some(y);
            }
        }
    }
}

fn taps_down(window: Crop, size: Size, canvas: Size) -> impl Iterator<Item = SourcePixel> {
    taps(window.y, window.height, size.height, canvas.height)
}

/// Where the centres of `count` pixels spread over `start..start + length` lie among `available` ones (2 or more).
fn taps(start: f64, length: f64, count: u32, available: u32) -> impl Iterator<Item = SourcePixel> {
    let step = length / f64::from(count);
    let first = ((start + step / 2.0 - 0.5) * ONE).round() as i64;
    let step = (step * ONE).round() as i64;
    let last = i64::from(available - 1) << POINT;
    (0..i64::from(count)).map(move |index| {
        let position = (first + index * step).clamp(0, last);
        let at = (position >> POINT).min(i64::from(available) - 2);
        SourcePixel { at: at as usize, weight: ((position - (at << POINT)) >> (POINT - 8)) as u16 }
    })
}

/// One row of the canvas at the frame's width.
fn stretch(row: &[u8], columns: &[SourcePixel], to: &mut [u8]) {
    let (to, _) = to.as_chunks_mut::<3>();
    for (to, tap) in to.iter_mut().zip(columns) {
        // Two neighbours of three bytes each, and two bytes that the masks drop.
        let Some(&bytes) = row.get(tap.at..).and_then(|rest| rest.first_chunk::<8>()) else { return };
        let both = u64::from_le_bytes(bytes);
        let (left, right) = (spread(both), spread(both >> 24));
        // left · (256 − weight) + right · weight in every lane: no lane overflows, so that none borrows either.
        let sum =
            (left << 8).wrapping_add(right.wrapping_sub(left).wrapping_mul(u64::from(tap.weight))).wrapping_add(HALF);
        let packed = ((sum >> 8) & 0x00FF_00FF) | ((sum >> 32) & 0xFF00);
        let [r, g, b, ..] = packed.to_le_bytes();
        *to = [r, g, b];
    }
}

/// Three bytes to 16 bits each: first and third to the lanes in which they are, second to a lane of its own.
fn spread(rgb: u64) -> u64 {
    (rgb & 0x00FF_00FF) | ((rgb & 0xFF00) << 24)
}

/// The weighted mean of two rows.
fn blend(upper: &[u8], lower: &[u8], weight: u16, to: &mut [u8]) {
    let rest = 256 - weight;
    for ((to, &upper), &lower) in to.iter_mut().zip(upper).zip(lower) {
        *to = ((u16::from(upper) * rest + u16::from(lower) * weight + 128) >> 8) as u8;
    }
}
