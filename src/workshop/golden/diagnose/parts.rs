//! Parts of a tensor along its axes: channels, rows, columns, filters.

use std::collections::HashMap;

use super::subject::Subject;
use crate::workshop::golden::fault::Fault;

/// The most parts whose exchange is told.
const TOLD: usize = 8;
/// Next to a border, this share of values must differ to blame the padding.
const BORDER: f64 = 0.02;
/// At least so many values must differ to blame a part for them.
const WITNESSES: usize = 8;
/// 2⁶⁴ divided by the golden ratio: spreads the bits of sums.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The values of one part.
fn part<'s>(
    subject: &Subject<'_>,
    values: &'s [i32],
    axis: usize,
    at: usize,
) -> impl Iterator<Item = &'s i32> + use<'s> {
    let (length, stride) = (subject.expected.dims[axis], subject.stride(axis));
    values.chunks_exact(length * stride).flat_map(move |chunk| &chunk[at * stride..][..stride])
}

/// For each part along an axis, how many values differ.
fn differing(subject: &Subject<'_>, axis: usize) -> Vec<usize> {
    let (length, stride) = (subject.expected.dims[axis], subject.stride(axis));
    let mut counts = vec![0; length];
    let pieces = subject.right.chunks_exact(stride).zip(subject.found.chunks_exact(stride));
    for ((right, found), at) in pieces.zip((0..length).cycle()) {
        counts[at] += right.iter().zip(found).filter(|(right, found)| right != found).count();
    }
    counts
}

/// For each part along an axis, a sum of its values in their order: parts with the same sum are the same.
fn sums(subject: &Subject<'_>, axis: usize, values: &[i32]) -> Vec<u64> {
    let (length, stride) = (subject.expected.dims[axis], subject.stride(axis));
    let mut sums = vec![0u64; length];
    for (piece, at) in values.chunks_exact(stride).zip((0..length).cycle()) {
        let add = |sum: u64, value: &i32| (sum.rotate_left(5) ^ u64::from(value.cast_unsigned())).wrapping_mul(FACTOR);
        sums[at] = piece.iter().fold(sums[at], add);
    }
    sums
}

fn wrong(counts: &[usize]) -> Vec<usize> {
    counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, _)| at).collect()
}

/// All parts along one axis are there, but not in their places; and the bytes in their places.
pub fn reordered(subject: &Subject<'_>) -> Option<(Fault, Vec<u8>)> {
    if subject.byte_distance(0) > 0 {
        return None;
    }
    for (axis, name, length) in subject.long_axes() {
        let [right, found] = [&subject.right, &subject.found].map(|values| sums(subject, axis, values));
        let mut by_sum: HashMap<u64, Vec<usize>> = HashMap::new();
        right.iter().enumerate().rev().for_each(|(at, sum)| by_sum.entry(*sum).or_default().push(at));
        // Where each part of the dump belongs; parts that are alike stay where they are, if they may.
        let mut origin: Vec<Option<usize>> = vec![None; length];
        for at in (0..length).filter(|at| right[*at] == found[*at]) {
            origin[at] = Some(at);
            by_sum.entry(right[at]).or_default().retain(|other| *other != at);
        }
        for at in 0..length {
            if origin[at].is_none() {
                origin[at] = by_sum.get_mut(&found[at]).and_then(Vec::pop);
            }
        }
        let Some(origin) = origin.into_iter().collect::<Option<Vec<usize>>>() else { continue };
        let rotation = (1..length).find(|by| (0..length).all(|at| right[(at + length - by) % length] == found[at]));
        let fault = match rotation {
            // Of two parts, either is the same.
            Some(by) if length > 2 => Fault::Rotated { axis: name, by },
            _ => {
                let moved = origin.iter().enumerate().filter(|(place, part)| place != *part);
                Fault::Reordered { axis: name, places: moved.map(|(place, part)| [place, *part]).take(TOLD).collect() }
            }
        };
        return Some((fault, subject.expected.bytes.clone()));
    }
    None
}

/// Parts with a single value, where all others are right.
pub fn missing(subject: &Subject<'_>) -> Option<Fault> {
    let mut best: Option<(usize, Fault)> = None;
    for (axis, name, length) in subject.long_axes() {
        let parts = wrong(&differing(subject, axis));
        let is_constant = |at: &usize| {
            let mut values = part(subject, &subject.found, axis, *at);
            let first = values.next();
            values.all(|value| Some(value) == first)
        };
        let is_single = part(subject, &subject.found, axis, 0).nth(1).is_none();
        if parts.len() < length && !is_single && parts.iter().all(is_constant) {
            let share = parts.len() * 1000 / length;
            if best.as_ref().is_none_or(|(least, _)| share < *least) {
                best = Some((share, Fault::Missing { axis: name, parts }));
            }
        }
    }
    best.map(|(_, fault)| fault)
}

/// Differences in the outermost rows and columns alone.
pub fn padding(subject: &Subject<'_>) -> Option<Fault> {
    let ((row_axis, rows), (column_axis, columns)) = (subject.axis("row")?, subject.axis("column")?);
    if rows < 4 || columns < 4 || subject.axis("image").is_none() {
        return None;
    }
    let (row_stride, column_stride) = (subject.stride(row_axis), subject.stride(column_axis));
    // Top, bottom, left, right. A corner speaks for neither of its sides.
    let mut counts = [0usize; 4];
    for place in subject.differing() {
        let (row, column) = (place / row_stride % rows, place / column_stride % columns);
        let at = [row == 0, row == rows - 1, column == 0, column == columns - 1];
        match at.iter().filter(|is_there| **is_there).count() {
            0 => return None,
            1 => counts.iter_mut().zip(at).for_each(|(count, is_there)| *count += usize::from(is_there)),
            _ => {}
        }
    }
    let all = subject.right.len() / rows / columns;
    let sizes = [columns, columns, rows, rows].map(|side| (side * all) as f64);
    let names = ["top", "bottom", "left", "right"];
    let sides: Vec<&str> =
        (0..4).filter(|side| counts[*side] as f64 > BORDER * sizes[*side]).map(|side| names[side]).collect();
    (!sides.is_empty()).then_some(Fault::Padding { sides })
}

/// At most half of the parts along one axis.
pub fn only_some(subject: &Subject<'_>) -> Option<Fault> {
    let mut best: Option<(usize, &str, Vec<usize>)> = None;
    for (axis, name, length) in subject.long_axes() {
        let parts = wrong(&differing(subject, axis));
        let share = parts.len() * 1000 / length;
        if 2 * parts.len() <= length && best.as_ref().is_none_or(|(least, ..)| share < *least) {
            best = Some((share, name, parts));
        }
    }
    let (_, axis, parts) = best?;
    let largest = subject.differing().map(|place| subject.difference(place).abs()).fold(0.0, f64::max);
    // By 1, that is rounding; of a single channel, its multiplier.
    if subject.differing().take(WITNESSES).count() < WITNESSES || largest <= 1.0 && matches!(axis, "row" | "column") {
        return None;
    }
    Some(Fault::Only { axis, parts, largest })
}
