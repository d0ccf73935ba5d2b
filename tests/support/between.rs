//! Numbers between two limits.

use std::ops::Range;

use proptest::prelude::*;

/// How many different ones there are.
const STEPS: u32 = 1 << 24;

/// Evenly spread. A range of floats is a strategy too, but at rare draws proptest 1.12 panics over its own rounding.
pub fn between(range: Range<f32>) -> impl Strategy<Value = f32> + Clone {
    let Range { start, end } = range;
    (0..STEPS).prop_map(move |step| start + (end - start) * (step as f32 / STEPS as f32))
}
