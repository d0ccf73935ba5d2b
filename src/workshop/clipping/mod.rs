//! The clipping alarm: whether a scene leaves the ranges that an INT8 model was calibrated for.
//!
//! ```text
//! frame, INT8 model ── integer engine ──▶ bytes at the ends of each range ─┐
//! calibration table, or what its method cuts off ──▶ CalibratedShares ─────┴▶ ClippingReading ──▶ ClippingAlarm
//! ```
//!
//! A value beyond the calibrated range becomes the lowest or the highest byte, and what it was is lost. Some bytes always
//! are at an end: the calibration cut values off on purpose, or a value lies just there. What counts is how many more
//! they are than on the pictures of the calibration: see [`EndReading::limit`].

mod alarm;
mod reading;
mod shares;
mod study;

pub use alarm::{ClippingAlarm, HOLD};
pub use reading::{ClippingReading, EndReading, LEAST_LIMIT, LIMIT_TIMES, RangeEnd};
pub use shares::ShareSource;
pub use study::{ClippingSources, ClippingStudy};
