//! How INT8 models are computed, as flags.

use std::path::Path;

use clap::Args;

use crate::model::{Arithmetic, ArithmeticError, InferenceEngine, ModelName, ModelRequest};

/// What an arithmetic may be, in help.
const ARITHMETIC: &str = "exact|native|saturating|PROFILE";

/// For commands that run one model, or several alike.
#[derive(Args, Debug, Default)]
pub struct ArithmeticFlag {
    /// Arithmetic of INT8 models: exact, the same on every processor; native, this processor's plain kernels;
    /// saturating, what these compute without VNNI; or as a chip computes, by a hardware profile: zynq-m31, m18, m16,
    /// power-of-two, or your own JSON file (see models/profiles/ for examples). A model written as int8@m16 overrides
    /// this
    #[arg(long, value_name = ARITHMETIC, value_parser = Arithmetic::from_flag)]
    arithmetic: Option<Arithmetic>,
    #[command(flatten)]
    engine: EngineFlag,
}

/// Which engine computes INT8 models.
#[derive(Args, Clone, Copy, Debug, Default)]
struct EngineFlag {
    /// Engine for INT8 models in exact arithmetic [default: integer where ONNX Runtime's plain kernels overflow,
    /// otherwise the faster one; `doctor` tells]
    #[arg(long, value_name = "onnxruntime|integer", value_parser = engine)]
    engine: Option<InferenceEngine>,
}

impl ArithmeticFlag {
    /// A model in the arithmetic of the flag.
    pub fn of(&self, name: ModelName) -> Result<ModelRequest, ArithmeticError> {
        ModelRequest::new(name, self.arithmetic.clone().unwrap_or_default()).by(self.engine())
    }

    /// The model that a flag names, in its own arithmetic where the flag names one.
    pub fn request(&self, model: &str) -> Result<ModelRequest, ArithmeticError> {
        ModelRequest::from_flag(model, &self.arithmetic.clone().unwrap_or_default())?.by(self.engine())
    }

    /// The same for a flag that names a file.
    pub fn file(&self, path: &Path) -> Result<ModelRequest, ArithmeticError> {
        ModelRequest::from_file_flag(path, &self.arithmetic.clone().unwrap_or_default())?.by(self.engine())
    }

    fn engine(&self) -> Option<InferenceEngine> {
        self.engine.engine
    }
}

/// For commands that run A and B.
#[derive(Args, Debug, Default)]
pub struct ArithmeticFlags {
    #[command(flatten)]
    both: ArithmeticFlag,
    /// Arithmetic of A only
    #[arg(long, value_name = ARITHMETIC, value_parser = Arithmetic::from_flag)]
    a_arithmetic: Option<Arithmetic>,
    /// Arithmetic of B only
    #[arg(long, value_name = ARITHMETIC, value_parser = Arithmetic::from_flag)]
    b_arithmetic: Option<Arithmetic>,
}

impl ArithmeticFlags {
    /// A's and B's; `None`: the person did not say.
    pub fn chosen(&self) -> [Option<Arithmetic>; 2] {
        [&self.a_arithmetic, &self.b_arithmetic].map(|own| own.as_ref().or(self.both.arithmetic.as_ref()).cloned())
    }

    /// The engine of both; `None`: the person did not say.
    pub fn engine(&self) -> Option<InferenceEngine> {
        self.both.engine()
    }

    /// A and B, each in its arithmetic.
    pub fn requests(&self, models: [&str; 2]) -> Result<[ModelRequest; 2], ArithmeticError> {
        let [a, b] = self.chosen().map(Option::unwrap_or_default);
        let request = |model, default| ModelRequest::from_flag(model, default)?.by(self.engine());
        Ok([request(models[0], &a)?, request(models[1], &b)?])
    }
}

fn engine(text: &str) -> Result<InferenceEngine, String> {
    InferenceEngine::from_flag(text).ok_or_else(|| format!("\"{text}\" is not an engine; use onnxruntime or integer"))
}
