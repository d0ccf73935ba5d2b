//! Sums of products for some positions and some filters, in vector registers.
//!
//! ```text
//! activations: 4 bytes of each position ──broadcast──▶ × weights: 4 bytes of each filter ──▶ int32, one a filter
//! ```
//!
//! The 4 bytes, a group, are four uint8 or two int16, depending on the instructions.

use super::lines::Lines;

/// Registers of weights that are multiplied by each activation.
pub const REGISTERS: usize = 2;

/// Of a group, in bytes.
pub const GROUP: usize = 4;

/// What a tile of positions reads, and where its sums go.
#[derive(Debug)]
pub struct Tile<'a> {
    /// The first byte that the first position reads.
    pub activations: *const u8,
    /// From position to position, in bytes.
    pub stride: usize,
    /// Where a position's runs of groups start, in bytes from its first byte.
    pub runs: &'a [usize],
    /// Of each run.
    pub groups: usize,
    /// The same for groups that are multiplied once more, by what is left of their weights.
    pub rests: &'a [usize],
    /// Of a block of filters: run by run, group by group, then the rests; [`REGISTERS`] registers each.
    pub weights: &'a Lines,
    /// Where the block's weights start, in groups.
    pub from: usize,
    /// What each filter's sum starts with.
    pub offsets: &'a [i32],
    /// Bits of int32 that a chip's saturating accumulator lacks, where products are added one by one.
    pub unused_bits: u32,
    /// One row of sums a position, as long as `offsets`.
    pub totals: &'a mut [i32],
}

/// A vector register.
pub trait Register {
    type Vector: Copy;
    /// int32 in it.
    const LANES: usize;

    /// # Safety
    /// The processor must have the instructions, and [`Register::LANES`] int32 must be readable at `from`.
    unsafe fn load(from: *const i32) -> Self::Vector;

    /// # Safety
    /// The processor must have the instructions, and [`Register::LANES`] int32 must be writable at `to`.
    unsafe fn store(to: *mut i32, sums: Self::Vector);

    /// # Safety
    /// The processor must have the instructions, and 4 bytes must be readable at `group`.
    unsafe fn broadcast(group: *const u8) -> Self::Vector;
}

/// Vector instructions that multiply groups.
pub trait Dot {
    type Register: Register;
    /// What they need besides: the limits of sums, say.
    type Context: Copy;

    /// Of an accumulator that lacks so many bits of int32.
    ///
    /// # Safety
    /// The processor must have the instructions.
    unsafe fn context(unused_bits: u32) -> Self::Context;

    /// # Safety
    /// The processor must have the instructions.
    unsafe fn add(
        sums: Vector<Self>,
        activations: Vector<Self>,
        weights: Vector<Self>,
        context: Self::Context,
    ) -> Vector<Self>;

    /// From what registers hold on the way to sums.
    ///
    /// # Safety
    /// The processor must have the instructions.
    #[inline(always)]
    unsafe fn end(sums: Vector<Self>, _: Self::Context) -> Vector<Self> {
        sums
    }
}

type Vector<D> = <<D as Dot>::Register as Register>::Vector;

/// Positions that share a pointer: `[p]`, `[p + stride]` and `[p + 2 · stride]` need no additions, which would take
/// the places of products.
const SHARED: usize = 3;

/// Writes the sums of `P` positions.
///
/// # Safety
/// The processor must have the instructions of `D`. At every run of every position, `groups` · 4 bytes must be
/// readable, 4 bytes at every rest, and nobody may write them meanwhile.
#[inline(always)]
pub unsafe fn multiply<D: Dot, const P: usize>(tile: &mut Tile<'_>) {
    let block = REGISTERS * D::Register::LANES;
    let of_group = block * GROUP;
    let weights = tile.weights.bytes();
    assert!(weights.len() >= (tile.from + tile.runs.len() * tile.groups + tile.rests.len()) * of_group);
    assert!(tile.offsets.len() >= block && tile.totals.len() >= P * block);
    // SAFETY: the lengths of weights, offsets and totals are checked above; the activations are the caller's promise.
    unsafe {
        let mut weights = weights.as_ptr().add(tile.from * of_group);
        let start: [Vector<D>; REGISTERS] =
            std::array::from_fn(|register| D::Register::load(tile.offsets.as_ptr().add(register * D::Register::LANES)));
        let mut sums = [start; P];
        let context = D::context(tile.unused_bits);
        for run in tile.runs {
            let mut places = places::<P>(tile, *run);
            // Two at a time: a loop's own instructions take the places of products, too.
            for _ in 0..tile.groups / 2 {
                add_group::<D, P>(&mut sums, &places, tile.stride, 0, weights, context);
                add_group::<D, P>(&mut sums, &places, tile.stride, GROUP, weights.add(of_group), context);
                weights = weights.add(2 * of_group);
                places.iter_mut().take(P.div_ceil(SHARED)).for_each(|place| *place = moved(*place, 2 * GROUP));
            }
            if !tile.groups.is_multiple_of(2) {
                add_group::<D, P>(&mut sums, &places, tile.stride, 0, weights, context);
                weights = weights.add(of_group);
            }
        }
        for rest in tile.rests {
            add_group::<D, P>(&mut sums, &places::<P>(tile, *rest), tile.stride, 0, weights, context);
            weights = weights.add(of_group);
        }
        for (position, sums) in sums.iter().enumerate() {
            for (register, sum) in sums.iter().enumerate() {
                let to = tile.totals.as_mut_ptr().add(position * block + register * D::Register::LANES);
                D::Register::store(to, D::end(*sum, context));
            }
        }
    }
}

/// Of every third position, the group at `from`; the rest of the array has no meaning.
#[inline(always)]
unsafe fn places<const P: usize>(tile: &Tile<'_>, from: usize) -> [*const u8; P] {
    // The caller's promise makes these the places of groups; wrapping, because the last ones are none.
    std::array::from_fn(|place| tile.activations.wrapping_add(from + place * SHARED * tile.stride))
}

/// `place` + `bytes`, so that the compiler does not find out how places are related: it would keep one pointer, and
/// spend an addition on every position.
#[inline(always)]
#[expect(clippy::pointers_in_nomem_asm_block, reason = "nothing is read there")]
fn moved(place: *const u8, bytes: usize) -> *const u8 {
    let mut place = place.wrapping_add(bytes);
    // SAFETY: there are no instructions in it.
    unsafe { std::arch::asm!("/* {0} */", inout(reg) place, options(pure, nomem, nostack, preserves_flags)) };
    place
}

/// Multiplies one group of every position, `at` bytes after its place.
///
/// # Safety
/// As in [`multiply`]; [`REGISTERS`] registers must be readable at `weights`.
#[inline(always)]
unsafe fn add_group<D: Dot, const P: usize>(
    sums: &mut [[Vector<D>; REGISTERS]; P],
    places: &[*const u8; P],
    stride: usize,
    at: usize,
    weights: *const u8,
    context: D::Context,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let weights: [Vector<D>; REGISTERS] = std::array::from_fn(|register| {
            D::Register::load(weights.add(register * D::Register::LANES * GROUP).cast())
        });
        for (position, sums) in sums.iter_mut().enumerate() {
            let activations = D::Register::broadcast(places[position / SHARED].add(position % SHARED * stride + at));
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = D::add(*sum, activations, weights, context);
            }
        }
    }
}
