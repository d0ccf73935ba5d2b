//! From a tile's sums to bytes: multiplied, rounded, clamped, and through a leaky ReLU.
//!
//! In plain loops, or several filters at once.

use super::Kernel;
use super::curve::ByteCurve;
use crate::integer::conv::FixedPoint;
use crate::integer::grid::round_to_byte;
use crate::integer::multiplier::{Multiplier, Rounding};

/// How sums become bytes. Lists have one value a filter, up to a whole number of blocks.
#[derive(Clone, Debug)]
pub struct ToBytes {
    /// Bits of int32 that a chip's accumulator lacks; sums wrap around without them.
    pub unused_bits: u32,
    pub scale: Scale,
    pub zero_point: u8,
    pub curve: ByteCurve,
}

/// What sums are multiplied by.
#[derive(Clone, Debug)]
pub enum Scale {
    /// In float32.
    Float(Vec<f32>),
    /// In fixed point, by 1 or less. `halves`: what is added before the shift.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only vector instructions read all of it"))]
    Fixed { multipliers: Vec<Multiplier>, mantissas: Vec<i32>, halves: Vec<i64>, shifts: Vec<i64>, rounding: Rounding },
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
            multipliers,
            rounding,
        }
    }
}

/// Sums of a tile, one row a position, of `block` filters from `first` on; and where their bytes go.
#[derive(Clone, Copy)]
pub struct TileRows<'a> {
    pub first: usize,
    pub block: usize,
    pub totals: &'a [i32],
    pub to: *mut u8,
    /// Of the bytes, from position to position.
    pub pitch: usize,
}

impl ToBytes {
    /// # Safety
    /// The processor must have the kernel. `block` bytes must be writable for each position, and nobody else may use
    /// them meanwhile.
    pub unsafe fn run(&self, kernel: Kernel, rows: TileRows<'_>) {
        #[cfg(target_arch = "x86_64")]
        if rows.block.is_multiple_of(16) {
            match (kernel, &self.scale) {
                (Kernel::Portable, _) | (_, Scale::Any { .. }) => {}
                // SAFETY: the caller's promise.
                (Kernel::Avx2 | Kernel::AvxVnni, _) => return unsafe { vectors::with_avx2(self, rows) },
                // SAFETY: the caller's promise.
                (Kernel::Avx512Vnni, _) => return unsafe { vectors::with_avx512(self, rows) },
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = kernel;
        // SAFETY: the caller's promise.
        unsafe { self.anywhere(rows) };
    }

    /// In plain loops.
    ///
    /// # Safety
    /// As for [`ToBytes::run`].
    unsafe fn anywhere(&self, TileRows { first, block, totals, to, pitch }: TileRows<'_>) {
        for (position, totals) in totals.chunks_exact(block).enumerate() {
            // SAFETY: the caller's promise.
            let bytes = unsafe { std::slice::from_raw_parts_mut(to.add(position * pitch), block) };
            for (at, (total, byte)) in totals.iter().zip(bytes).enumerate() {
                let total = *total << self.unused_bits >> self.unused_bits;
                let rounded = self.scale.byte(first + at, total, self.zero_point);
                *byte = match &self.curve {
                    ByteCurve::Same => rounded,
                    ByteCurve::Bends(bend) => bend.byte(f32::from(rounded) - f32::from(self.zero_point)),
                    ByteCurve::Table(table) => table[usize::from(rounded)],
                };
            }
        }
    }
}

impl Scale {
    /// Of one filter's sum.
    fn byte(&self, filter: usize, total: i32, zero_point: u8) -> u8 {
        match self {
            Self::Float(multipliers) => round_to_byte(total as f32 * multipliers[filter], zero_point),
            Self::Fixed { multipliers, rounding, .. } | Self::Any { multipliers, rounding } => {
                multipliers[filter].to_byte(total, *rounding, zero_point)
            }
        }
    }
}

/// The same, several filters at once.
#[cfg(target_arch = "x86_64")]
mod vectors {
    use super::{Scale, TileRows, ToBytes};
    use crate::integer::kernel::curve::{Bend, ByteCurve, ROUND};
    use crate::integer::kernel::lanes::{Eight, Lanes, Sixteen};
    use crate::integer::multiplier::Rounding;

    /// # Safety
    /// As for [`ToBytes::run`].
    #[target_feature(enable = "avx2")]
    pub unsafe fn with_avx2(to_bytes: &ToBytes, rows: TileRows<'_>) {
        // SAFETY: the instructions are those of this function; the rest is the caller's promise.
        unsafe { run::<Eight>(to_bytes, rows) }
    }

    /// # Safety
    /// As for [`ToBytes::run`].
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    pub unsafe fn with_avx512(to_bytes: &ToBytes, rows: TileRows<'_>) {
        // SAFETY: the instructions are those of this function; the rest is the caller's promise.
        unsafe { run::<Sixteen>(to_bytes, rows) }
    }

    /// # Safety
    /// The processor must have the instructions; and as for [`ToBytes::run`].
    #[inline(always)]
    unsafe fn run<L: Lanes>(to_bytes: &ToBytes, rows: TileRows<'_>) {
        // SAFETY: the caller's promise.
        unsafe {
            match &to_bytes.curve {
                ByteCurve::Same => scales::<L, false>(to_bytes, rows, &Bend::NONE),
                ByteCurve::Bends(bend) => scales::<L, true>(to_bytes, rows, bend),
                ByteCurve::Table(table) => {
                    scales::<L, false>(to_bytes, rows, &Bend::NONE);
                    for position in 0..rows.totals.len() / rows.block {
                        let bytes = std::slice::from_raw_parts_mut(rows.to.add(position * rows.pitch), rows.block);
                        bytes.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
                    }
                }
            }
        }
    }

    /// # Safety
    /// The processor must have the instructions; and as for [`ToBytes::run`].
    #[inline(always)]
    unsafe fn scales<L: Lanes, const BENDS: bool>(to_bytes: &ToBytes, rows: TileRows<'_>, bend: &Bend) {
        let TileRows { first, block, totals, to, pitch } = rows;
        let positions = totals.len() / block;
        assert!(block.is_multiple_of(L::COUNT));
        let (low, high) = (-i32::from(to_bytes.zero_point), 255 - i32::from(to_bytes.zero_point));
        // SAFETY: a position has as many sums as the block has filters, a whole number of vectors; the lengths of lists
        // are checked below; instructions and bytes are the caller's promise.
        unsafe {
            let finish = Finisher::<L>::new(bend, to_bytes.zero_point);
            for at in (0..block).step_by(L::COUNT) {
                let filter = first + at;
                macro_rules! each_position {
                    ($sums:ident => $steps:expr) => {
                        for position in 0..positions {
                            let mut $sums = L::ints(totals.as_ptr().add(position * block + at));
                            if to_bytes.unused_bits > 0 {
                                $sums = L::wrap($sums, to_bytes.unused_bits);
                            }
                            finish.put::<BENDS>(to.add(position * pitch + at), $steps);
                        }
                    };
                }
                match &to_bytes.scale {
                    Scale::Float(multipliers) => {
                        let by = L::floats(multipliers[filter..][..L::COUNT].as_ptr());
                        let (low, high) = (L::all_floats(low as f32), L::all_floats(high as f32));
                        each_position!(sums => L::clamp(L::product(L::to_floats(sums), by), low, high));
                    }
                    Scale::Fixed { mantissas, halves, shifts, rounding, .. } => {
                        let mantissas = L::ints(mantissas[filter..][..L::COUNT].as_ptr());
                        let halves = L::wide(halves[filter..][..L::COUNT].as_ptr());
                        let shifts = L::wide(shifts[filter..][..L::COUNT].as_ptr());
                        let (low, high) = (L::all_ints(low), L::all_ints(high));
                        macro_rules! rounded {
                            ($even:literal, $away:literal) => {
                                each_position!(sums => {
                                    let scaled = L::scaled::<$even, $away>(sums, mantissas, halves, shifts);
                                    L::to_floats(L::clamp_ints(scaled, low, high))
                                })
                            };
                        }
                        match rounding {
                            Rounding::HalfUp | Rounding::Truncate => rounded!(false, false),
                            Rounding::HalfEven => rounded!(true, false),
                            Rounding::HalfAway => rounded!(false, true),
                        }
                    }
                    Scale::Any { .. } => {}
                }
            }
        }
    }

    /// From steps above the zero point to bytes.
    struct Finisher<L: Lanes> {
        round: L::Floats,
        unround: L::Floats,
        above: L::Floats,
        below: L::Floats,
        shift: L::Floats,
        low: L::Floats,
        high: L::Floats,
        lift: L::Ints,
    }

    impl<L: Lanes> Finisher<L> {
        /// # Safety
        /// The processor must have the instructions.
        #[inline(always)]
        unsafe fn new(bend: &Bend, zero_point: u8) -> Self {
            let bends = *bend != Bend::NONE;
            let lift = if bends { bend.zero_point } else { zero_point };
            // SAFETY: the caller's promise.
            unsafe {
                Self {
                    round: L::all_floats(ROUND),
                    unround: L::all_floats(-ROUND),
                    above: L::all_floats(bend.above),
                    below: L::all_floats(bend.below),
                    shift: L::all_floats(bend.shift),
                    low: L::all_floats(bend.low),
                    high: L::all_floats(bend.high),
                    lift: L::all_ints(lift.into()),
                }
            }
        }

        /// # Safety
        /// The processor must have the instructions; as many bytes as lanes must be writable.
        #[inline(always)]
        unsafe fn put<const BENDS: bool>(&self, to: *mut u8, steps: L::Floats) {
            // SAFETY: the caller's promise.
            unsafe {
                let mut rounded = L::sum(steps, self.round);
                if BENDS {
                    // As in `Bend::byte`.
                    let steps = L::sum(rounded, self.unround);
                    let bent = L::product(steps, L::choose(steps, self.above, self.below));
                    let bent = L::clamp(L::sum(bent, self.shift), self.low, self.high);
                    rounded = L::sum(bent, self.round);
                }
                L::store(to, rounded, self.lift);
            }
        }
    }
}
