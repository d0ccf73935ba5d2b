//! The vector instructions of x86-64.
//!
//! No closures: instructions in a closure become calls, because a closure may be compiled for any processor.

use std::arch::x86_64::*;

use super::tile::{Dot, Register, Tile, multiply};

/// Eight int32.
struct Half;

/// Sixteen int32.
struct Full;

/// `vpmaddwd`: groups of two int16.
struct Pairs;

/// `vpmaddubsw`: groups of four uint8, whose products are added two by two in saturating int16.
struct SaturatingPairs;

/// The same in 512 bits, for sums that stay within int32.
struct WideSaturatingPairs;

/// `vpdpbusd` in 256 bits: groups of four uint8.
struct Fours;

/// `vpdpbusd` in 512 bits: groups of four uint8.
struct WideFours;

/// `vpmaddwd` of one product at a time, and sums that stay within limits: groups of two int16.
struct Steps;

/// `vpdpwssds` in 512 bits of one product at a time: groups of two int16.
struct WideSteps;

/// `vpdpwssds` in 512 bits of each product twice: groups of one int16 that is there twice.
struct WideSingles;

macro_rules! register {
    ($register:ty, $vector:ty, $lanes:literal, $load:ident, $store:ident, $broadcast:ident) => {
        impl Register for $register {
            type Vector = $vector;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn load(from: *const i32) -> $vector {
                // SAFETY: the caller's promise.
                unsafe { $load(from.cast()) }
            }

            #[inline(always)]
            unsafe fn store(to: *mut i32, sums: $vector) {
                // SAFETY: the caller's promise.
                unsafe { $store(to.cast(), sums) }
            }

            #[inline(always)]
            unsafe fn broadcast(group: *const u8) -> $vector {
                // SAFETY: the caller's promise; the bytes need no alignment.
                unsafe { $broadcast(group.cast::<i32>().read_unaligned()) }
            }
        }
    };
}

register!(Half, __m256i, 8, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_set1_epi32);
register!(Full, __m512i, 16, _mm512_loadu_si512, _mm512_storeu_si512, _mm512_set1_epi32);

/// Of instructions that know no limits.
macro_rules! no_context {
    () => {
        type Context = ();

        #[inline(always)]
        unsafe fn context(_: u32) {}
    };
}

impl Dot for Pairs {
    type Register = Half;
    no_context!();

    #[inline(always)]
    unsafe fn add(sums: __m256i, activations: __m256i, weights: __m256i, (): ()) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(activations, weights)) }
    }
}

impl Dot for SaturatingPairs {
    type Register = Half;
    no_context!();

    #[inline(always)]
    unsafe fn add(sums: __m256i, activations: __m256i, weights: __m256i, (): ()) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe {
            let pairs = _mm256_maddubs_epi16(activations, weights);
            _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }
}

impl Dot for WideSaturatingPairs {
    type Register = Full;
    no_context!();

    #[inline(always)]
    unsafe fn add(sums: __m512i, activations: __m512i, weights: __m512i, (): ()) -> __m512i {
        // Not `vpdpwssd`: the compiler makes two instructions of that one.
        // SAFETY: the caller's promise.
        unsafe {
            let pairs = _mm512_maddubs_epi16(activations, weights);
            _mm512_dpwssds_epi32(sums, pairs, _mm512_set1_epi16(1))
        }
    }
}

impl Dot for Fours {
    type Register = Half;
    no_context!();

    #[inline(always)]
    unsafe fn add(sums: __m256i, activations: __m256i, weights: __m256i, (): ()) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe { _mm256_dpbusd_avx_epi32(sums, activations, weights) }
    }
}

impl Dot for WideFours {
    type Register = Full;
    no_context!();

    #[inline(always)]
    unsafe fn add(sums: __m512i, activations: __m512i, weights: __m512i, (): ()) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe { _mm512_dpbusd_epi32(sums, activations, weights) }
    }
}

/// The first of two int16.
const FIRST: i32 = 0xFFFF;

impl Dot for Steps {
    type Register = Half;
    /// The lowest and the highest sum.
    type Context = [__m256i; 2];

    #[inline(always)]
    unsafe fn context(unused_bits: u32) -> [__m256i; 2] {
        // SAFETY: the caller's promise.
        unsafe { [_mm256_set1_epi32(i32::MIN >> unused_bits), _mm256_set1_epi32(i32::MAX >> unused_bits)] }
    }

    #[inline(always)]
    unsafe fn add(mut sums: __m256i, activations: __m256i, weights: __m256i, [low, high]: [__m256i; 2]) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe {
            for half in [FIRST, !FIRST] {
                let weights = _mm256_and_si256(weights, _mm256_set1_epi32(half));
                sums = _mm256_add_epi32(sums, _mm256_madd_epi16(activations, weights));
                sums = _mm256_min_epi32(_mm256_max_epi32(sums, low), high);
            }
        }
        sums
    }
}

/// What the two have in common: how far sums are shifted to the left.
macro_rules! shifted {
    () => {
        type Register = Full;
        type Context = u32;

        #[inline(always)]
        unsafe fn context(unused_bits: u32) -> u32 {
            unused_bits
        }

        #[inline(always)]
        unsafe fn end(sums: __m512i, unused_bits: u32) -> __m512i {
            // SAFETY: the caller's promise.
            unsafe { _mm512_sra_epi32(sums, _mm_cvtsi32_si128(unused_bits.cast_signed())) }
        }
    };
}

impl Dot for WideSteps {
    shifted!();

    #[inline(always)]
    unsafe fn add(sums: __m512i, activations: __m512i, weights: __m512i, _: u32) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe {
            let first = _mm512_and_si512(weights, _mm512_set1_epi32(FIRST));
            let second = _mm512_and_si512(weights, _mm512_set1_epi32(!FIRST));
            _mm512_dpwssds_epi32(_mm512_dpwssds_epi32(sums, activations, first), activations, second)
        }
    }
}

impl Dot for WideSingles {
    shifted!();

    #[inline(always)]
    unsafe fn add(sums: __m512i, activations: __m512i, weights: __m512i, _: u32) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe { _mm512_dpwssds_epi32(sums, activations, weights) }
    }
}

/// A function for each number of positions, inside which the instructions are allowed.
macro_rules! function {
    ($name:ident, $instructions:ty, $features:literal, [$($positions:literal)*]) => {
        /// Writes the sums of a tile of so many positions, at least 1.
        ///
        /// # Safety
        /// The processor must have the instructions; of the activations, see [`multiply`].
        pub unsafe fn $name(positions: usize, tile: &mut Tile<'_>) {
            #[target_feature(enable = $features)]
            unsafe fn inside<const P: usize>(tile: &mut Tile<'_>) {
                // SAFETY: the caller's promise.
                unsafe { multiply::<$instructions, P>(tile) }
            }
            // SAFETY: the caller's promise.
            unsafe {
                match positions {
                    $($positions => inside::<$positions>(tile),)*
                    _ => unreachable!("a tile of {positions} positions"),
                }
            }
        }
    };
}

function!(pairs, Pairs, "avx2", [1 2 3 4 5 6]);
function!(saturating_pairs, SaturatingPairs, "avx2", [1 2 3 4 5 6]);
function!(steps, Steps, "avx2", [1 2 3 4]);
function!(fours, Fours, "avx2,avxvnni", [1 2 3 4 5 6]);

/// The same with the instructions of [`Kernel::Avx512Vnni`](super::Kernel::Avx512Vnni).
macro_rules! wide_function {
    ($name:ident, $instructions:ty, $positions:tt) => {
        function!($name, $instructions, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni", $positions);
    };
}

wide_function!(wide_fours, WideFours, [1 2 3 4 5 6 7 8 9 10 11 12 13]);
wide_function!(wide_saturating_pairs, WideSaturatingPairs, [1 2 3 4 5 6 7 8 9 10 11 12]);
wide_function!(wide_steps, WideSteps, [1 2 3 4 5 6 7 8 9 10]);
wide_function!(wide_singles, WideSingles, [1 2 3 4 5 6 7 8 9 10 11 12]);
