//! The vector instructions of x86-64.

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_add_epi32, _mm256_dpbusd_avx_epi32, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_storeu_si256, _mm512_dpbusd_epi32,
    _mm512_loadu_si512, _mm512_set1_epi32, _mm512_storeu_si512,
};

use super::tile::{Dot, Tile, multiply};

/// `vpmaddwd`: groups of two int16.
struct Pairs;

/// `vpmaddubsw`: groups of four uint8, whose products are added two by two in saturating int16.
struct SaturatingPairs;

/// `vpdpbusd` in 256 bits: groups of four uint8.
struct Fours;

/// `vpdpbusd` in 512 bits: groups of four uint8.
struct WideFours;

/// What the three of 256 bits have in common.
macro_rules! with_256_bits {
    ($instructions:ty, $add:expr) => {
        impl Dot for $instructions {
            type Vector = __m256i;
            const LANES: usize = 8;

            #[inline(always)]
            unsafe fn load(from: *const i32) -> __m256i {
                // SAFETY: the caller's promise.
                unsafe { _mm256_loadu_si256(from.cast()) }
            }

            #[inline(always)]
            unsafe fn store(to: *mut i32, sums: __m256i) {
                // SAFETY: the caller's promise.
                unsafe { _mm256_storeu_si256(to.cast(), sums) }
            }

            #[inline(always)]
            unsafe fn broadcast(group: *const u8) -> __m256i {
                // SAFETY: the caller's promise; the bytes need no alignment.
                unsafe { _mm256_set1_epi32(group.cast::<i32>().read_unaligned()) }
            }

            #[inline(always)]
            unsafe fn add(sums: __m256i, activations: __m256i, weights: __m256i) -> __m256i {
                // SAFETY: the caller's promise.
                unsafe { $add(sums, activations, weights) }
            }
        }
    };
}

with_256_bits!(Pairs, |sums, activations, weights| _mm256_add_epi32(sums, _mm256_madd_epi16(activations, weights)));
with_256_bits!(SaturatingPairs, |sums, activations, weights| _mm256_add_epi32(
    sums,
    _mm256_madd_epi16(_mm256_maddubs_epi16(activations, weights), _mm256_set1_epi16(1))
));
with_256_bits!(Fours, |sums, activations, weights| _mm256_dpbusd_avx_epi32(sums, activations, weights));

impl Dot for WideFours {
    type Vector = __m512i;
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn load(from: *const i32) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut i32, sums: __m512i) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_si512(to.cast(), sums) }
    }

    #[inline(always)]
    unsafe fn broadcast(group: *const u8) -> __m512i {
        // SAFETY: the caller's promise; the bytes need no alignment.
        unsafe { _mm512_set1_epi32(group.cast::<i32>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn add(sums: __m512i, activations: __m512i, weights: __m512i) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe { _mm512_dpbusd_epi32(sums, activations, weights) }
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
function!(fours, Fours, "avx2,avxvnni", [1 2 3 4 5 6]);
function!(wide_fours, WideFours, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni", [1 2 3 4 5 6 7 8 9 10 11 12 13]);
