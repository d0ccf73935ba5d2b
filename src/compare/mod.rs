//! What two models make of the same frame: which boxes are the same, which are not, and why.
//!
//! ```text
//! heads of A ─ decode, NMS ─▶ boxes of A ┐
//!                                        ├ pairing ─▶ Verdicts ─▶ Agreement ─▶ Totals
//! heads of B ─ decode, NMS ─▶ boxes of B ┘               ▲
//! both heads ───────────────────────────── explain ──────┘ why a box has no partner ─▶ Words
//! ```
//!
//! All of it is a pure function of raw heads and thresholds, cheap enough to do again whenever a slider moves. Class
//! ids of A and B must mean the same classes.

mod agreement;
mod comparer;
mod explain;
mod pairing;
mod threshold;
mod verdict;
mod words;

pub use agreement::{Agreement, Totals};
pub use comparer::{Comparer, Comparison, Side};
pub use explain::{Explainer, FLOOR, Reason};
pub use pairing::{MIN_IOU, Pair, Pairing};
pub use threshold::{BestThreshold, ThresholdSearch, best_threshold};
pub use verdict::Verdict;
pub use words::{Remedy, Words};
