//! Any bytes as a JPEG whose scans are read code by code: an answer, whatever they say, and no more rows than a JPEG has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twinsight_fuzz::source::pixels::missing_rows;

/// A JPEG's height has 16 bits, and a row of blocks at least 8 pixels.
const MOST: usize = 1 << 13;

fuzz_target!(|data: &[u8]| {
    if let Some(missing) = missing_rows(data) {
        assert!(missing <= MOST, "{missing} rows are missing");
    }
});
