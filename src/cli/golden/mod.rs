//! `twinsight golden`: test vectors for a chip.

mod pack;
mod table;

use std::error::Error;
use std::process::ExitCode;

pub use pack::PackArgs as GoldenArgs;

/// Exits with 1 where a picture could not be read.
pub fn run(args: &GoldenArgs) -> Result<ExitCode, Box<dyn Error>> {
    pack::run(args)
}
