//! From a tensor that differs to the kind of fault.
//!
//! Kinds are tried from the most certain to the least: other files, right values in other places, parts that are missing,
//! and only then wrong values. What has other bytes than the right values cannot be these in other places: so most wrong
//! tensors are never looked at place by place.

mod byte_counts;
mod byte_pairs;
mod finding;
mod parts;
mod places;
mod size;
mod subject;
mod values;

pub use finding::Finding;
pub use subject::Subject;

use self::places::Reading;
use super::fault::Fault;

/// Why a dump is not what is expected. `other_tensor` tells by the CRC-32 whether it is another one.
pub fn diagnose(subject: &Subject<'_>, other_tensor: impl Fn(u32) -> Option<String>) -> Finding {
    if let Some(tensor) = other_tensor(crc32fast::hash(subject.dump)) {
        return Finding::unknown(Fault::OtherTensor { tensor });
    }
    if subject.dump.len() != subject.expected.bytes.len() {
        return size::diagnose(subject);
    }
    if let Some(constant) = values::constant(subject) {
        return Finding::unknown(constant);
    }
    let stored = |Reading { how, bytes, .. }| Finding { fault: Fault::Stored { how }, repaired: Some(bytes) };
    // What explains every value comes first.
    let reading = match places::find(subject) {
        Some(reading) if reading.left == 0 => return stored(reading),
        reading => reading,
    };
    if let Some((fault, repaired)) = parts::reordered(subject) {
        return Finding { fault, repaired: Some(repaired) };
    }
    if let Some(reading) = reading {
        return stored(reading);
    }
    let fault = parts::missing(subject)
        .or_else(|| values::shifted(subject))
        .or_else(|| parts::padding(subject))
        .or_else(|| values::few(subject))
        .or_else(|| parts::only_some(subject))
        .or_else(|| values::rounding(subject))
        .or_else(|| values::clamped(subject))
        .or_else(|| values::inaccurate(subject))
        .unwrap_or(Fault::Garbage);
    // The board goes on with what it has.
    Finding { fault, repaired: Some(subject.dump.to_vec()) }
}
