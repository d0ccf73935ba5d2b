//! The comparison as a page.
use super::report::{Picture, Setting};
use crate::compare::{BestThreshold, Totals};
pub fn html(_: &Setting<'_>, _: &Totals, _: Option<BestThreshold>, _: &[Picture]) -> String {
    String::new()
}
