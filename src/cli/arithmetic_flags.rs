//! How INT8 models are computed, as flags.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::model::{Arithmetic, ArithmeticError, InferenceEngine, ModelName, ModelRequest};

/// What an arithmetic may be, in help.
const ARITHMETIC: &str = "exact|native|saturating|PROFILE";

/// For commands that run one model, or several alike.
#[derive(Args, Debug, Default)]
pub struct ArithmeticFlag {
    /// Arithmetic of INT8 models: exact, the same on every processor; native, this processor's plain kernels;
    /// saturating, what these compute without VNNI; or as a chip computes, by a hardware profile: zynq-m31, m18, m16,
    /// power-of-two, or your own JSON file (the models folder has examples in profiles/). A model written as int8@m16
    /// overrides this
    #[arg(long, value_name = ARITHMETIC, value_parser = NamedArithmetic::from_flag)]
    arithmetic: Option<NamedArithmetic>,
    #[command(flatten)]
    engine: EngineFlag,
}

/// Which engine computes INT8 models.
#[derive(Args, Clone, Copy, Debug, Default)]
struct EngineFlag {
    /// Engine for INT8 models in exact arithmetic [default: integer where ONNX Runtime's plain kernels overflow;
    /// otherwise onnxruntime or, in `view`, `eval` and `bench`, the faster of the two]
    #[arg(long, value_name = "onnxruntime|integer", value_parser = engine)]
    engine: Option<InferenceEngine>,
}

impl ArithmeticFlag {
    /// A model in the arithmetic of the flag.
    pub fn of(&self, name: ModelName) -> Result<ModelRequest, ArithmeticError> {
        ModelRequest::new(name, self.default()).by(self.engine())
    }

    /// The model that a flag names, in its own arithmetic where the flag names one.
    pub fn request(&self, model: &str) -> Result<ModelRequest, ArithmeticError> {
        ModelRequest::from_flag(model, &self.default())?.by(self.engine())
    }

    /// The same for a flag that names a file.
    pub fn file(&self, path: &Path) -> Result<ModelRequest, ArithmeticError> {
        ModelRequest::from_file_flag(path, &self.default())?.by(self.engine())
    }

    fn engine(&self) -> Option<InferenceEngine> {
        self.engine.engine
    }

    fn default(&self) -> Arithmetic {
        self.arithmetic.as_ref().map(|named| named.arithmetic.clone()).unwrap_or_default()
    }

    /// The profiles that it reads, for itself and for models written as int8@FILE: nothing may be written over them.
    pub fn files<'a>(&self, models: impl IntoIterator<Item = &'a str>) -> Vec<PathBuf> {
        let of_models = models.into_iter().filter_map(|model| profile_file(model.rsplit_once('@')?.1));
        self.arithmetic.iter().filter_map(|named| named.file.clone()).chain(of_models).collect()
    }
}

/// For commands that run A and B.
#[derive(Args, Debug, Default)]
pub struct ArithmeticFlags {
    #[command(flatten)]
    both: ArithmeticFlag,
    /// Arithmetic of A only
    #[arg(long, value_name = ARITHMETIC, value_parser = NamedArithmetic::from_flag)]
    a_arithmetic: Option<NamedArithmetic>,
    /// Arithmetic of B only
    #[arg(long, value_name = ARITHMETIC, value_parser = NamedArithmetic::from_flag)]
    b_arithmetic: Option<NamedArithmetic>,
}

impl ArithmeticFlags {
    /// A's and B's; `None`: the person did not say.
    pub fn chosen(&self) -> [Option<Arithmetic>; 2] {
        let both = self.both.arithmetic.as_ref();
        [&self.a_arithmetic, &self.b_arithmetic].map(|own| own.as_ref().or(both).map(|named| named.arithmetic.clone()))
    }

    /// The engine of both; `None`: the person did not say.
    pub fn engine(&self) -> Option<InferenceEngine> {
        self.both.engine()
    }

    /// As [`ArithmeticFlag::files`].
    pub fn files<'a>(&self, models: impl IntoIterator<Item = &'a str>) -> Vec<PathBuf> {
        let own = [&self.a_arithmetic, &self.b_arithmetic].into_iter().flatten().filter_map(|named| named.file.clone());
        self.both.files(models).into_iter().chain(own).collect()
    }

    /// A and B, each in its arithmetic.
    pub fn requests(&self, [a, b]: [&str; 2]) -> Result<[ModelRequest; 2], ArithmeticError> {
        Ok([self.request(0, a)?, self.request(1, b)?])
    }

    /// The model of one place, 0 for A and 1 for B, in its arithmetic.
    pub fn request(&self, place: usize, model: &str) -> Result<ModelRequest, ArithmeticError> {
        let chosen = self.chosen().into_iter().nth(place).flatten();
        ModelRequest::from_flag(model, &chosen.unwrap_or_else(|| self.both.default()))?.by(self.engine())
    }

    /// For commands where A or B need not run: an arithmetic or an engine of a model that does not run would change nothing.
    pub fn check_running(&self, [a, b]: [bool; 2]) -> Result<(), String> {
        let flags = [
            ("--a-arithmetic", self.a_arithmetic.is_some() && !a, "--a"),
            ("--b-arithmetic", self.b_arithmetic.is_some() && !b, "--b"),
            ("--arithmetic", self.both.arithmetic.is_some() && !a && !b, "--a or --b"),
            ("--engine", self.engine().is_some() && !a && !b, "--a or --b"),
        ];
        match flags.into_iter().find(|(_, is_idle, _)| *is_idle) {
            Some((flag, _, model)) => Err(format!(
                "{flag} changes nothing: recorded heads are what they are; name a model to run with {model}"
            )),
            None => Ok(()),
        }
    }
}

/// An arithmetic, and the file that its profile was read from.
#[derive(Clone, Debug)]
struct NamedArithmetic {
    arithmetic: Arithmetic,
    file: Option<PathBuf>,
}

impl NamedArithmetic {
    fn from_flag(text: &str) -> Result<Self, ArithmeticError> {
        Ok(Self { arithmetic: Arithmetic::from_flag(text)?, file: profile_file(text) })
    }
}

/// The file that an arithmetic names, if it names one.
fn profile_file(text: &str) -> Option<PathBuf> {
    Some(PathBuf::from(text)).filter(|path| path.is_file())
}

fn engine(text: &str) -> Result<InferenceEngine, String> {
    InferenceEngine::from_flag(text).ok_or_else(|| format!("\"{text}\" is not an engine; use onnxruntime or integer"))
}
