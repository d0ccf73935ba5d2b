//! What a test does not check on this machine, said aloud.

use std::fmt::Display;
use std::io::Write;

/// Not `eprintln!`, which the test harness swallows when a test passes.
pub fn not_checked(what: impl Display, why: impl Display) {
    let text = format!("\n*** NOT CHECKED: {what}, because {why} ***\n\n");
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}
