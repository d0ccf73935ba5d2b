//! The flag that lets an output replace any file.

use clap::Args;

use crate::files::Outputs;

#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ForceFlag {
    /// Let output files replace files of any kind, but never an input
    #[arg(long)]
    force: bool,
}

impl ForceFlag {
    /// Nothing is read and written yet.
    pub fn outputs(self) -> Outputs {
        Outputs::new(self.force)
    }
}
