//! The vector instructions that turn sums into bytes.

use std::arch::x86_64::*;

/// Several int32, or several float32. Each function is one or a few instructions.
///
/// Here and where these are used, macros take the place of closures: instructions in a closure become calls, because a
/// closure may be compiled for any processor.
///
/// # Safety
/// Of all functions: the processor must have the instructions. Where memory is given, [`Lanes::COUNT`] values must be
/// readable or writable there.
pub trait Lanes {
    const COUNT: usize;
    type Ints: Copy;
    type Floats: Copy;

    unsafe fn ints(from: *const i32) -> Self::Ints;
    unsafe fn floats(from: *const f32) -> Self::Floats;
    unsafe fn all_ints(value: i32) -> Self::Ints;
    unsafe fn all_floats(value: f32) -> Self::Floats;
    unsafe fn to_floats(values: Self::Ints) -> Self::Floats;
    unsafe fn product(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    unsafe fn sum(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    unsafe fn clamp(values: Self::Floats, low: Self::Floats, high: Self::Floats) -> Self::Floats;
    unsafe fn clamp_ints(values: Self::Ints, low: Self::Ints, high: Self::Ints) -> Self::Ints;
    /// `above` where a value is at least 0, `below` elsewhere.
    unsafe fn choose(values: Self::Floats, above: Self::Floats, below: Self::Floats) -> Self::Floats;
    /// Without the upper bits: shifted to the left and back, signs kept.
    unsafe fn wrap(values: Self::Ints, unused_bits: u32) -> Self::Ints;
    /// Writes the low byte of each float's bits plus `lift`.
    unsafe fn store(to: *mut u8, values: Self::Floats, lift: Self::Ints);
    /// (value · mantissa + half) >> shift in int64, of which the low half is kept. With `is_even`, halves go to the
    /// even integer, with `is_away`, away from 0; `half` is what [`Scale`](super::to_bytes::Scale) keeps.
    unsafe fn scaled<const EVEN: bool, const AWAY: bool>(
        values: Self::Ints,
        mantissas: Self::Ints,
        halves: [Self::Ints; 2],
        shifts: [Self::Ints; 2],
    ) -> Self::Ints;
    /// int64, of the even lanes and of the odd ones, from memory in the order of the lanes.
    unsafe fn wide(from: *const i64) -> [Self::Ints; 2];
}

/// 256 bits.
pub struct Eight;

/// 512 bits.
pub struct Sixteen;

impl Lanes for Eight {
    const COUNT: usize = 8;
    type Ints = __m256i;
    type Floats = __m256;

    #[inline(always)]
    unsafe fn ints(from: *const i32) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe { _mm256_loadu_si256(from.cast()) }
    }

    #[inline(always)]
    unsafe fn floats(from: *const f32) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn all_ints(value: i32) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe { _mm256_set1_epi32(value) }
    }

    #[inline(always)]
    unsafe fn all_floats(value: f32) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn to_floats(values: __m256i) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_cvtepi32_ps(values) }
    }

    #[inline(always)]
    unsafe fn product(a: __m256, b: __m256) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn sum(a: __m256, b: __m256) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn clamp(values: __m256, low: __m256, high: __m256) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_min_ps(_mm256_max_ps(values, low), high) }
    }

    #[inline(always)]
    unsafe fn clamp_ints(values: __m256i, low: __m256i, high: __m256i) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe { _mm256_min_epi32(_mm256_max_epi32(values, low), high) }
    }

    #[inline(always)]
    unsafe fn choose(values: __m256, above: __m256, below: __m256) -> __m256 {
        // By the sign: −0 has `below`, which makes it 0 as well.
        // SAFETY: the caller's promise.
        unsafe { _mm256_blendv_ps(above, below, values) }
    }

    #[inline(always)]
    unsafe fn wrap(values: __m256i, unused_bits: u32) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe {
            let count = _mm_cvtsi32_si128(unused_bits.cast_signed());
            _mm256_sra_epi32(_mm256_sll_epi32(values, count), count)
        }
    }

    #[inline(always)]
    unsafe fn store(to: *mut u8, values: __m256, lift: __m256i) {
        // SAFETY: the caller's promise.
        unsafe {
            let low = _mm256_set1_epi32(0x0c08_0400);
            let bytes = _mm256_shuffle_epi8(_mm256_add_epi32(_mm256_castps_si256(values), lift), low);
            let (first, second) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
            _mm_storel_epi64(to.cast(), _mm_unpacklo_epi32(first, second));
        }
    }

    #[inline(always)]
    unsafe fn scaled<const EVEN: bool, const AWAY: bool>(
        values: __m256i,
        mantissas: __m256i,
        halves: [__m256i; 2],
        shifts: [__m256i; 2],
    ) -> __m256i {
        // SAFETY: the caller's promise.
        unsafe {
            // There is no arithmetic shift of int64: with 2⁶³ added they have no sign, and 2⁶³ >> shift goes later.
            let sign = _mm256_set1_epi64x(i64::MIN);
            macro_rules! scale {
                ($values:expr, $mantissas:expr, $half:expr, $places:expr) => {{
                    let product = _mm256_mul_epi32($values, $mantissas);
                    let mut sum = _mm256_add_epi64(product, $half);
                    if EVEN {
                        let odd = _mm256_and_si256(_mm256_srlv_epi64(product, $places), _mm256_set1_epi64x(1));
                        sum = _mm256_add_epi64(sum, odd);
                    }
                    if AWAY {
                        sum = _mm256_add_epi64(sum, _mm256_cmpgt_epi64(_mm256_setzero_si256(), product));
                    }
                    let shifted = _mm256_srlv_epi64(_mm256_xor_si256(sum, sign), $places);
                    _mm256_sub_epi64(shifted, _mm256_srlv_epi64(sign, $places))
                }};
            }
            let even = scale!(values, mantissas, halves[0], shifts[0]);
            let odd = scale!(_mm256_srli_epi64::<32>(values), _mm256_srli_epi64::<32>(mantissas), halves[1], shifts[1]);
            _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<32>(odd))
        }
    }

    #[inline(always)]
    unsafe fn wide(from: *const i64) -> [__m256i; 2] {
        // SAFETY: the caller's promise.
        unsafe {
            let (first, second) = (_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(4).cast()));
            let (even, odd) = (_mm256_unpacklo_epi64(first, second), _mm256_unpackhi_epi64(first, second));
            [_mm256_permute4x64_epi64::<0b11_01_10_00>(even), _mm256_permute4x64_epi64::<0b11_01_10_00>(odd)]
        }
    }
}

impl Lanes for Sixteen {
    const COUNT: usize = 16;
    type Ints = __m512i;
    type Floats = __m512;

    #[inline(always)]
    unsafe fn ints(from: *const i32) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn floats(from: *const f32) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn all_ints(value: i32) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe { _mm512_set1_epi32(value) }
    }

    #[inline(always)]
    unsafe fn all_floats(value: f32) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    unsafe fn to_floats(values: __m512i) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_cvtepi32_ps(values) }
    }

    #[inline(always)]
    unsafe fn product(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn sum(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn clamp(values: __m512, low: __m512, high: __m512) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_min_ps(_mm512_max_ps(values, low), high) }
    }

    #[inline(always)]
    unsafe fn clamp_ints(values: __m512i, low: __m512i, high: __m512i) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe { _mm512_min_epi32(_mm512_max_epi32(values, low), high) }
    }

    #[inline(always)]
    unsafe fn choose(values: __m512, above: __m512, below: __m512) -> __m512 {
        // By the sign: −0 has `below`, which makes it 0 as well.
        // SAFETY: the caller's promise.
        unsafe { _mm512_mask_blend_ps(_mm512_movepi32_mask(_mm512_castps_si512(values)), above, below) }
    }

    #[inline(always)]
    unsafe fn wrap(values: __m512i, unused_bits: u32) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe {
            let count = _mm_cvtsi32_si128(unused_bits.cast_signed());
            _mm512_sra_epi32(_mm512_sll_epi32(values, count), count)
        }
    }

    #[inline(always)]
    unsafe fn store(to: *mut u8, values: __m512, lift: __m512i) {
        // SAFETY: the caller's promise.
        unsafe {
            let bytes = _mm512_cvtepi32_epi8(_mm512_add_epi32(_mm512_castps_si512(values), lift));
            _mm_storeu_si128(to.cast(), bytes);
        }
    }

    #[inline(always)]
    unsafe fn scaled<const EVEN: bool, const AWAY: bool>(
        values: __m512i,
        mantissas: __m512i,
        halves: [__m512i; 2],
        shifts: [__m512i; 2],
    ) -> __m512i {
        // SAFETY: the caller's promise.
        unsafe {
            macro_rules! scale {
                ($values:expr, $mantissas:expr, $half:expr, $places:expr) => {{
                    let product = _mm512_mul_epi32($values, $mantissas);
                    let mut sum = _mm512_add_epi64(product, $half);
                    if EVEN {
                        let odd = _mm512_and_si512(_mm512_srlv_epi64(product, $places), _mm512_set1_epi64(1));
                        sum = _mm512_add_epi64(sum, odd);
                    }
                    if AWAY {
                        sum = _mm512_add_epi64(sum, _mm512_srai_epi64::<63>(product));
                    }
                    _mm512_srav_epi64(sum, $places)
                }};
            }
            let even = scale!(values, mantissas, halves[0], shifts[0]);
            let odd = scale!(_mm512_srli_epi64::<32>(values), _mm512_srli_epi64::<32>(mantissas), halves[1], shifts[1]);
            _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64::<32>(odd))
        }
    }

    #[inline(always)]
    unsafe fn wide(from: *const i64) -> [__m512i; 2] {
        // SAFETY: the caller's promise.
        unsafe {
            let (first, second) = (_mm512_loadu_si512(from.cast()), _mm512_loadu_si512(from.add(8).cast()));
            let even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
            let odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
            [_mm512_permutex2var_epi64(first, even, second), _mm512_permutex2var_epi64(first, odd, second)]
        }
    }
}
