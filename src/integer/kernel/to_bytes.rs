//! From a tile's sums to bytes: multiplied, rounded, clamped, and through a leaky ReLU.
//!
//! Plain loops, compiled once for each set of instructions.

use super::Kernel;
use super::curve::{Curve, ROUND};
use crate::integer::conv::FixedPoint;
use crate::integer::multiplier::{Multiplier, Rounding};

/// How sums become bytes. Lists have one value a filter, up to a whole number of blocks.
#[derive(Clone, Debug)]
pub struct ToBytes {
    /// Bits of int32 that a chip's accumulator lacks; sums wrap around without them.
    pub unused_bits: u32,
    pub scale: Scale,
    pub zero_point: u8,
    pub curve: Curve,
}

/// What sums are multiplied by.
#[derive(Clone, Debug)]
pub enum Scale {
    /// In float32.
    Float(Vec<f32>),
    /// In fixed point, by 1 or less.
    Fixed { mantissas: Vec<i32>, halves: Vec<i64>, shifts: Vec<i64>, rounding: Rounding },
    /// In fixed point, by anything.
    Any { multipliers: Vec<Multiplier>, rounding: Rounding },
}

impl Scale {
    pub fn float(multipliers: &[f32], filters: usize) -> Self {
        let mut multipliers = multipliers.to_vec();
        multipliers.resize(filters, 0.0);
        Self::Float(multipliers)
    }

    pub fn fixed(FixedPoint { multipliers, rounding }: &FixedPoint, filters: usize) -> Self {
        let mut multipliers = multipliers.clone();
        multipliers.resize(filters, Multiplier { mantissa: 0, shift: 1 });
        for zero in multipliers.iter_mut().filter(|multiplier| multiplier.mantissa == 0) {
            zero.shift = 1;
        }
        let rounding = *rounding;
        let is_small = |m: &Multiplier| m.shift >= 31 || m.shift >= 1 && m.mantissa <= 1 << m.shift;
        if !multipliers.iter().all(is_small) {
            return Self::Any { multipliers, rounding };
        }
        // As in `Multiplier::apply`.
        let shifts: Vec<i64> = multipliers.iter().map(|multiplier| multiplier.shift.min(63).into()).collect();
        let half = |places: &i64| match rounding {
            Rounding::HalfUp | Rounding::HalfAway => 1i64 << (places - 1),
            Rounding::HalfEven => (1i64 << (places - 1)) - 1,
            Rounding::Truncate => 0,
        };
        Self::Fixed {
            // Below 2³¹.
            mantissas: multipliers.iter().map(|multiplier| multiplier.mantissa as i32).collect(),
            halves: shifts.iter().map(half).collect(),
            shifts,
            rounding,
        }
    }
}

/// Sums and bytes of a tile: one row a position, `block` filters from `first` on.
pub struct Rows<'a> {
    pub first: usize,
    pub block: usize,
    pub totals: &'a mut [i32],
    pub bytes: &'a mut [u8],
}

impl ToBytes {
    /// The caller has made sure that the processor has the kernel.
    pub fn run(&self, kernel: Kernel, rows: Rows<'_>) {
        debug_assert!(kernel.is_supported());
        match kernel {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a plan is only made of kernels that the processor has.
            Kernel::Avx2 | Kernel::AvxVnni => unsafe { with_avx2(self, rows) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a plan is only made of kernels that the processor has.
            Kernel::Avx512Vnni => unsafe { with_avx512(self, rows) },
            _ => self.anywhere(rows),
        }
    }

    #[inline(always)]
    fn anywhere(&self, Rows { first, block, totals, bytes }: Rows<'_>) {
        if self.unused_bits > 0 {
            totals.iter_mut().for_each(|total| *total = *total << self.unused_bits >> self.unused_bits);
        }
        let of = first..first + block;
        match &self.scale {
            Scale::Float(multipliers) => {
                let multipliers = &multipliers[of];
                let (low, high) = (-f32::from(self.zero_point), 255.0 - f32::from(self.zero_point));
                self.each_row(totals, bytes, block, |at, total| {
                    let value = total as f32 * multipliers[at];
                    let value = if value > low { value } else { low };
                    let value = if value < high { value } else { high };
                    (value + ROUND) - ROUND
                });
            }
            Scale::Fixed { mantissas, halves, shifts, rounding } => {
                let (mantissas, halves, shifts) = (&mantissas[of.clone()], &halves[of.clone()], &shifts[of]);
                let (low, high) = (-i32::from(self.zero_point), 255 - i32::from(self.zero_point));
                // `shifted`: below 2³¹ in magnitude, because no multiplier is above 1.
                let finish = |shifted: i64| (shifted as i32).max(low).min(high) as f32;
                let product = |at: usize, total: i32| i64::from(total) * i64::from(mantissas[at]);
                match rounding {
                    Rounding::HalfUp | Rounding::Truncate => self.each_row(totals, bytes, block, |at, total| {
                        finish((product(at, total) + halves[at]) >> (shifts[at] & 63))
                    }),
                    Rounding::HalfEven => self.each_row(totals, bytes, block, |at, total| {
                        let (product, places) = (product(at, total), shifts[at] & 63);
                        finish((product + halves[at] + ((product >> places) & 1)) >> places)
                    }),
                    Rounding::HalfAway => self.each_row(totals, bytes, block, |at, total| {
                        let product = product(at, total);
                        finish((product + halves[at] + (product >> 63)) >> (shifts[at] & 63))
                    }),
                }
            }
            Scale::Any { multipliers, rounding } => {
                let multipliers = &multipliers[of];
                let zero_point = self.zero_point;
                self.each_row(totals, bytes, block, |at, total| {
                    f32::from(multipliers[at].to_byte(total, *rounding, zero_point)) - f32::from(zero_point)
                });
            }
        }
    }

    /// `steps`: from the place of a filter in the block and its sum to whole steps above the zero point.
    #[inline(always)]
    fn each_row(&self, totals: &[i32], bytes: &mut [u8], block: usize, steps: impl Fn(usize, i32) -> f32) {
        let zero_point = self.zero_point;
        match &self.curve {
            Curve::Same => {
                each(totals, bytes, block, |at, total| rounded(steps(at, total), zero_point));
            }
            Curve::Bends(bend) => each(totals, bytes, block, |at, total| bend.byte(steps(at, total))),
            Curve::Table(table) => {
                each(totals, bytes, block, |at, total| rounded(steps(at, total), zero_point));
                bytes.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
            }
        }
    }
}

#[inline(always)]
fn rounded(steps: f32, zero_point: u8) -> u8 {
    ((steps + ROUND).to_bits() as u8).wrapping_add(zero_point)
}

#[inline(always)]
fn each(totals: &[i32], bytes: &mut [u8], block: usize, byte: impl Fn(usize, i32) -> u8) {
    for (totals, bytes) in totals.chunks_exact(block).zip(bytes.chunks_exact_mut(block)) {
        for at in 0..block {
            bytes[at] = byte(at, totals[at]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(to_bytes: &ToBytes, rows: Rows<'_>) {
    to_bytes.anywhere(rows);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn with_avx512(to_bytes: &ToBytes, rows: Rows<'_>) {
    to_bytes.anywhere(rows);
}
