//! A and B, as flags.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::Args;

use super::arithmetic_flags::ArithmeticFlags;
use super::pack_heads::{needs_pack, or_pack_heads, pack_heads};
use super::unknown_word::model_flag;
use crate::model::{ModelName, ModelRequest};
use crate::workshop::golden::PackPlace;

/// B, unless another model is named.
const B: &str = "int8";

/// For commands that run A and B, each in its arithmetic.
#[derive(Args, Debug)]
pub struct PairFlags {
    /// Model A: fp32, int8, tuned, safe, or an ONNX file
    #[arg(long, value_name = "MODEL", default_value = "fp32", value_parser = model_flag)]
    a: String,
    /// Model B: fp32, int8, tuned, safe, or an ONNX file [default: int8]
    #[arg(long, value_name = "MODEL", value_parser = model_flag)]
    b: Option<String>,
    #[command(flatten)]
    arithmetic: ArithmeticFlags,
}

impl PairFlags {
    /// A and B. A golden pack stands for its raw heads.
    pub fn requests(&self) -> Result<[ModelRequest; 2], Box<dyn Error>> {
        let [a, b] = self.arithmetic.requests(self.names())?;
        Ok([or_pack_heads(a)?, or_pack_heads(b)?])
    }

    /// The same for `compare`. `shown`: the golden pack that is looked at, whose heads are B where no other model is named;
    /// `dump`: what a board dumped of B's pack, which then is B.
    pub fn requests_with(
        &self,
        shown: Option<&PackPlace>,
        dump: Option<&Path>,
    ) -> Result<[ModelRequest; 2], Box<dyn Error>> {
        let [a, mut b] = self.requests()?;
        if let (None, Some(place)) = (&self.b, shown) {
            b = pack_heads(place, None)?.into();
        }
        let Some(dump) = dump else { return Ok([a, b]) };
        match &b.name {
            ModelName::Golden(heads) => Ok([a, ModelName::Golden(heads.against(dump)).into()]),
            _ => Err(needs_pack("compare")),
        }
    }

    /// The profiles that are read: nothing may be written over them.
    pub fn profiles(&self) -> Vec<PathBuf> {
        self.arithmetic.files(self.names())
    }

    /// As they were written.
    pub fn names(&self) -> [&str; 2] {
        [&self.a, self.b.as_deref().unwrap_or(B)]
    }
}
