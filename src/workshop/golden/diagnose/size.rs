//! Files with another number of values: parts that were left out, or added.

use super::finding::Finding;
use super::subject::Subject;
use crate::workshop::golden::fault::Fault;

/// The most parts along an axis that may be left out.
const MOST: usize = 64;

pub fn diagnose(subject: &Subject<'_>) -> Finding {
    let size = subject.value_type().bytes();
    let [found, expected] = [subject.dump.len(), subject.expected.bytes.len()];
    let wrong = Fault::WrongSize { found, expected };
    if !found.is_multiple_of(size) {
        return Finding::unknown(wrong);
    }
    for (axis, name, length) in subject.long_axes() {
        let stride = subject.stride(axis) * size;
        let per_part = expected / length;
        let difference = found.abs_diff(expected);
        if !difference.is_multiple_of(per_part) {
            continue;
        }
        let count = difference / per_part;
        if found < expected && count < length && count <= MOST {
            let first = (0..=length - count)
                .find(|first| is_same(&subject.expected.bytes, subject.dump, [length, stride], [*first, count]));
            if let Some(first) = first {
                return Finding::unknown(Fault::Dropped { axis: name, parts: (first..first + count).collect() });
            }
        }
        // The right ones may be found among more: at the end, or anywhere before it.
        if found > expected && count <= length.max(MOST) {
            let long = length + count;
            let first = (0..=length)
                .rev()
                .find(|first| is_same(subject.dump, &subject.expected.bytes, [long, stride], [*first, count]));
            if let Some(first) = first {
                let fault = Fault::Added { axis: name, first, count };
                return Finding { fault, repaired: Some(subject.expected.bytes.clone()) };
            }
        }
    }
    Finding::unknown(wrong)
}

/// Whether `long`, whose axis has `length` parts of `stride` bytes, is `short` without `count` parts from `first` on.
fn is_same(long: &[u8], short: &[u8], [length, stride]: [usize; 2], [first, count]: [usize; 2]) -> bool {
    let kept = (length - count) * stride;
    let chunks = long.chunks_exact(length * stride).zip(short.chunks_exact(kept.max(1)));
    kept > 0
        && chunks.into_iter().all(|(long, short)| {
            let (before, after) = short.split_at(first * stride);
            long[..first * stride] == *before && long[(first + count) * stride..] == *after
        })
}
