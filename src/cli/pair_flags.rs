//! A and B, as flags.

use std::path::PathBuf;

use clap::Args;

use super::arithmetic_flags::ArithmeticFlags;
use crate::model::{ArithmeticError, ModelRequest};

/// For commands that run A and B, each in its arithmetic.
#[derive(Args, Debug)]
pub struct PairFlags {
    /// Model A: fp32, int8, tuned, safe, or an ONNX file
    #[arg(long, value_name = "MODEL", default_value = "fp32")]
    a: String,
    /// Model B: fp32, int8, tuned, safe, or an ONNX file
    #[arg(long, value_name = "MODEL", default_value = "int8")]
    b: String,
    #[command(flatten)]
    arithmetic: ArithmeticFlags,
}

impl PairFlags {
    /// A and B.
    pub fn requests(&self) -> Result<[ModelRequest; 2], ArithmeticError> {
        self.arithmetic.requests(self.names())
    }

    /// The profiles that are read: nothing may be written over them.
    pub fn profiles(&self) -> Vec<PathBuf> {
        self.arithmetic.files(self.names())
    }

    /// As they were written.
    pub fn names(&self) -> [&str; 2] {
        [&self.a, &self.b]
    }
}
