//! What two models make of the same frame: which boxes are the same, which are not, and why.
//!
//! ```text
//! heads of A ─ decode, NMS ─▶ boxes of A ┐
//!                                        ├ pairing ─▶ Verdicts ─▶ Agreement ─▶ Totals
//! heads of B ─ decode, NMS ─▶ boxes of B ┘               ▲
//! both heads ───────────────────────────── explain ──────┘ why a box has no partner ─▶ Explanation
//! ```
//!
//! All of it is a pure function of raw heads and thresholds, cheap enough to do again whenever a slider moves. Class
//! ids of A and B must mean the same classes.

mod agreement;
mod comparer;
mod condition;
pub mod csv;
mod explain;
mod explanation;
mod figures;
mod label;
mod model_input;
mod pairing;
mod settings;
mod threshold;
mod totals;
pub mod truth;
mod verdict;

pub use agreement::Agreement;
pub use comparer::{Comparer, Comparison};
pub use condition::{Condition, ConditionError};
pub use explain::{FLOOR, Reason};
pub use explanation::{Explanation, Remedy, threshold_text};
pub use figures::{difference_text, score_text, thousandths};
pub use label::{Arrow, label, label_text};
pub use model_input::ModelInput;
pub use pairing::{MIN_IOU, Pair, Pairing};
pub use settings::CompareSettings;
pub use threshold::{BestThreshold, ThresholdSearch};
pub use totals::Totals;
pub use verdict::{Verdict, VerdictKind};
