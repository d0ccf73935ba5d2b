//! A check in one line.

use crate::workshop::golden::{CheckReport, OutcomeCounts};

/// "12 of 14 tensors exact; 1 wrong; 1 other than in the pack, but right for their inputs; 3 not dumped"
pub fn headline(found: &CheckReport) -> String {
    let OutcomeCounts { exact, follows, wrong, not_dumped } = found.counts();
    let mut text = format!("{exact} of {} tensors exact", exact + follows + wrong);
    for (count, what) in
        [(wrong, "wrong"), (follows, "other than in the pack, but right for their inputs"), (not_dumped, "not dumped")]
    {
        if count > 0 {
            text += &format!("; {count} {what}");
        }
    }
    text
}
