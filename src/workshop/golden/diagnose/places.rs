//! Right values in other places: layouts, byte orders, offsets; and with another sign.

use super::subject::Subject;
use crate::workshop::golden::array::ValueType;
use crate::workshop::golden::fault::Storage;

/// Where the value for a place of the pack lies in the dump; `None`: nowhere.
type Place = Box<dyn Fn(usize) -> Option<usize>>;

/// How many differing values are looked at first.
const SAMPLES: usize = 2048;
/// The share of them that must come right.
const ENOUGH: f64 = 0.9;
/// Of all that differ, so many may still differ after it.
const LEFT: f64 = 0.1;
/// By so many values a dump may begin too early or too late.
const OFFSETS: isize = 64;
/// Channels that accelerators store together.
const BLOCKS: [usize; 5] = [4, 8, 16, 32, 64];

/// A way of storing, and what it makes of a dump.
pub struct Reading {
    pub how: Vec<Storage>,
    /// In the pack's order.
    pub bytes: Vec<u8>,
    /// How many values still differ.
    pub left: usize,
}

/// The way of storing that explains most.
pub fn find(subject: &Subject<'_>) -> Option<Reading> {
    let differing = subject.differing().count();
    let signs: &[bool] = if subject.value_type().bytes() == 1 { &[false, true] } else { &[false] };
    let signs: Vec<bool> = signs.iter().copied().filter(|sign| may_be_stored(subject, differing, *sign)).collect();
    if signs.is_empty() {
        return None;
    }
    let step = differing.div_ceil(SAMPLES).max(1);
    let samples: Vec<usize> = subject.differing().step_by(step).collect();
    let most_wrong = samples.len() - (ENOUGH * samples.len() as f64).ceil() as usize;
    let mut best: Option<(usize, Vec<Storage>, Vec<i32>)> = None;
    for (how, place) in orders(subject) {
        for sign in signs.iter().copied().filter(|sign| *sign || how.is_some()) {
            let value = |at: usize| place(at).map(|from| changed(subject, from, sign, &how));
            let wrong = |at: &&usize| value(**at) != Some(subject.right[**at]);
            if samples.iter().filter(wrong).nth(most_wrong).is_some() {
                continue;
            }
            let values: Vec<i32> = (0..subject.right.len()).map(|at| value(at).unwrap_or(subject.right[at])).collect();
            let left = values.iter().zip(&subject.right).filter(|(a, b)| a != b).count();
            let is_better = best.as_ref().is_none_or(|(least, ..)| left < *least);
            if left as f64 <= LEFT * differing as f64 && is_better {
                let how = how.iter().cloned().chain(sign.then_some(Storage::Sign)).collect();
                best = Some((left, how, values));
            }
        }
    }
    let (left, how, values) = best?;
    let bytes = match subject.value_type().bytes() {
        1 => values.iter().map(|value| *value as u8).collect(),
        _ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    };
    Some(Reading { how, bytes, left })
}

/// Whether the dump has the bytes that right values have in any places, but for those that may be wrong or not in it.
fn may_be_stored(subject: &Subject<'_>, differing: usize, sign: bool) -> bool {
    let wrong = LEFT * differing as f64 + OFFSETS as f64;
    let bytes = wrong * subject.value_type().bytes() as f64;
    subject.byte_distance(if sign { 128 } else { 0 }) as f64 <= 2.0 * bytes
}

fn changed(subject: &Subject<'_>, from: usize, sign: bool, how: &Option<Storage>) -> i32 {
    let value = subject.found[from];
    match (subject.value_type(), how) {
        (ValueType::I32 | ValueType::F32, Some(Storage::ByteOrder(4))) => value.swap_bytes(),
        (ValueType::U8, _) if sign => value ^ 128,
        (ValueType::I8, _) if sign => i32::from((value as u8 ^ 128).cast_signed()),
        _ => value,
    }
}

/// Ways of storing, and the pack's own, the likeliest first.
fn orders(subject: &Subject<'_>) -> Vec<(Option<Storage>, Place)> {
    let mut found: Vec<(Option<Storage>, Place)> = vec![(None, Box::new(Some))];
    let count = subject.right.len();
    let dims = subject.expected.dims.clone();
    for order in permutations(dims.len()) {
        // Axes of length 1 may stand anywhere.
        let long = |axes: &[usize]| axes.iter().copied().filter(|axis| dims[*axis] > 1).collect::<Vec<_>>();
        let unmoved: Vec<usize> = (0..dims.len()).collect();
        let is_new = found.iter().all(|(how, _)| match how {
            Some(Storage::Layout(letters)) => letters_of(subject, &long(&order)) != long_letters(subject, letters),
            _ => true,
        });
        if long(&order) == long(&unmoved) || !is_new {
            continue;
        }
        let letters = letters_of(subject, &order);
        found.push((Some(Storage::Layout(letters)), permuted(&dims, &order)));
    }
    if let (Some((channel, channels)), 4) = (subject.axis("channel"), dims.len()) {
        for block in BLOCKS.into_iter().filter(|block| channels > *block && channels.is_multiple_of(*block)) {
            found.push((Some(Storage::ChannelBlocks(block)), blocked(&dims, channel, block)));
        }
    }
    match subject.value_type().bytes() {
        1 => {
            for word in [4, 8, 2, 16].into_iter().filter(|word| count.is_multiple_of(*word)) {
                found.push((Some(Storage::ByteOrder(word)), Box::new(move |at| Some(at ^ (word - 1)))));
            }
        }
        _ => found.push((Some(Storage::ByteOrder(4)), Box::new(Some))),
    }
    // Channels from the last to the first are channels in another order.
    for (axis, name, length) in subject.long_axes().filter(|(_, name, _)| matches!(*name, "row" | "column")) {
        let stride = subject.stride(axis);
        let mirrored = move |at: usize| {
            let part = at / stride % length;
            Some(at - part * stride + (length - 1 - part) * stride)
        };
        found.push((Some(Storage::Mirrored(name)), Box::new(mirrored)));
    }
    for by in (1..=OFFSETS).flat_map(|by| [by, -by]) {
        let moved = move |at: usize| at.checked_add_signed(by).filter(|from| *from < count);
        found.push((Some(Storage::Offset(by)), Box::new(moved)));
    }
    found
}

/// Letters of axes in an order.
fn letters_of(subject: &Subject<'_>, order: &[usize]) -> String {
    order.iter().filter_map(|axis| subject.axes.letters().chars().nth(*axis)).collect()
}

/// Without axes of length 1.
fn long_letters(subject: &Subject<'_>, letters: &str) -> String {
    let is_long = |letter: &char| {
        let axis = subject.axes.letters().chars().position(|own| own == *letter);
        axis.is_some_and(|axis| subject.expected.dims[axis] > 1)
    };
    letters.chars().filter(is_long).collect()
}

/// The dump has the pack's axes in this order.
fn permuted(dims: &[usize], order: &[usize]) -> Place {
    let mut strides = vec![0; dims.len()];
    let mut stride = 1;
    for axis in order.iter().rev() {
        strides[*axis] = stride;
        stride *= dims[*axis];
    }
    let axes: Vec<(usize, usize)> = dims.iter().copied().zip(strides).collect();
    Box::new(move |at| {
        let mut rest = at;
        let mut place = 0;
        for (length, stride) in axes.iter().rev() {
            place += rest % length * stride;
            rest /= length;
        }
        Some(place)
    })
}

/// Blocks of channels outside, then all other axes in their order, then the channels of a block.
fn blocked(dims: &[usize], channel: usize, block: usize) -> Place {
    let dims = dims.to_vec();
    let others: usize =
        dims.iter().enumerate().filter(|(axis, _)| *axis != channel).map(|(_, length)| length).product();
    Box::new(move |at| {
        let (mut rest, mut stride, mut place, mut of_channel) = (at, 1, 0, 0);
        for (axis, length) in dims.iter().enumerate().rev() {
            let part = rest % length;
            rest /= length;
            if axis == channel {
                of_channel = part;
            } else {
                place += part * stride;
                stride *= length;
            }
        }
        Some((of_channel / block * others + place) * block + of_channel % block)
    })
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..count {
        let longer = |start: &Vec<usize>| {
            let start = start.clone();
            (0..count)
                .filter(|next| !start.contains(next))
                .map(|next| [start.as_slice(), &[next]].concat())
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}
