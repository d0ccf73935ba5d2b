//! How INT8 models are computed, as flags.

use std::path::Path;

use clap::Args;

use crate::model::{Arithmetic, ModelName, ModelRequest};

/// For commands that run one model, or several alike.
#[derive(Args, Debug, Default)]
pub struct ArithmeticFlag {
    /// Arithmetic of INT8 models: exact, the same on every processor; or native, this processor's plain kernels. A
    /// model written as int8@native overrides this
    #[arg(long, value_name = "exact|native", value_parser = arithmetic)]
    arithmetic: Option<Arithmetic>,
}

impl ArithmeticFlag {
    /// A model in the arithmetic of the flag.
    pub fn of(&self, name: ModelName) -> ModelRequest {
        ModelRequest::new(name, self.arithmetic.unwrap_or_default())
    }

    /// The model that a flag names, in its own arithmetic where the flag names one.
    pub fn request(&self, model: &str) -> ModelRequest {
        ModelRequest::from_flag(model, self.arithmetic.unwrap_or_default())
    }

    /// The same for a flag that names a file.
    pub fn file(&self, path: &Path) -> ModelRequest {
        ModelRequest::from_file_flag(path, self.arithmetic.unwrap_or_default())
    }
}

/// For commands that run A and B.
#[derive(Args, Debug, Default)]
pub struct ArithmeticFlags {
    #[command(flatten)]
    both: ArithmeticFlag,
    /// Arithmetic of A only
    #[arg(long, value_name = "exact|native", value_parser = arithmetic)]
    a_arithmetic: Option<Arithmetic>,
    /// Arithmetic of B only
    #[arg(long, value_name = "exact|native", value_parser = arithmetic)]
    b_arithmetic: Option<Arithmetic>,
}

impl ArithmeticFlags {
    /// A's and B's; `None`: the person did not say.
    pub fn chosen(&self) -> [Option<Arithmetic>; 2] {
        [self.a_arithmetic, self.b_arithmetic].map(|own| own.or(self.both.arithmetic))
    }

    /// A and B, each in its arithmetic.
    pub fn requests(&self, models: [&str; 2]) -> [ModelRequest; 2] {
        let chosen = self.chosen();
        [0, 1].map(|side| ModelRequest::from_flag(models[side], chosen[side].unwrap_or_default()))
    }
}

fn arithmetic(text: &str) -> Result<Arithmetic, String> {
    Arithmetic::from_flag(text).ok_or_else(|| format!("\"{text}\" is not an arithmetic; use exact or native"))
}
