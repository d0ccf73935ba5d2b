//! How a network is to be run.

use crate::integer::kernel::Kernel;
use crate::integer::sums::Sums;

/// How a network is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    pub kernel: Kernel,
    /// Including the one that calls [`Plan::run`]; at least 1.
    pub threads: usize,
    /// Whether every tensor stays readable after a run, which takes more memory and time. Outputs always do.
    pub keeps: bool,
    /// A network for a chip has sums of its own.
    pub sums: Sums,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { kernel: Kernel::best(), threads: 1, keeps: false, sums: Sums::Exact }
    }
}
