//! What a person asks for: a model, the arithmetic to compute it in, and maybe the engine.

use std::path::Path;

use super::{Arithmetic, ArithmeticError, InferenceEngine, ModelName};

/// A model in an arithmetic. Two requests for one model in two arithmetics, or by two engines, are two detectors.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelRequest {
    pub name: ModelName,
    /// Without effect on a float model.
    pub arithmetic: Arithmetic,
    /// `None`: the one that is exact here, and the faster one where both are. Without effect on a float model.
    pub engine: Option<InferenceEngine>,
}

impl ModelRequest {
    /// FP32 has one arithmetic, whichever is asked for; so have raw heads that were computed elsewhere.
    pub fn new(name: ModelName, arithmetic: Arithmetic) -> Self {
        let arithmetic = if name.has_one_arithmetic() { Arithmetic::Exact } else { arithmetic };
        Self { name, arithmetic, engine: None }
    }

    /// The same by this engine, if it can compute the arithmetic.
    pub fn by(self, engine: Option<InferenceEngine>) -> Result<Self, ArithmeticError> {
        let engine = engine.filter(|_| !self.name.has_one_arithmetic());
        self.arithmetic.check_engine(engine)?;
        Ok(Self { engine, ..self })
    }

    /// "int8", "tuned@native", "mine.onnx@m16", "int8@./mine.json". Without an arithmetic of its own the model takes
    /// `default`.
    pub fn from_flag(text: &str, default: &Arithmetic) -> Result<Self, ArithmeticError> {
        let (name, arithmetic) = with_arithmetic(text)?.unwrap_or_else(|| (text, default.clone()));
        Ok(Self::new(ModelName::from_flag(name), arithmetic))
    }

    /// The same for a flag that names a file, which may have the name of a built model.
    pub fn from_file_flag(path: &Path, default: &Arithmetic) -> Result<Self, ArithmeticError> {
        let named = path.to_str().map(with_arithmetic).transpose()?.flatten();
        let (path, arithmetic) =
            named.map_or_else(|| (path, default.clone()), |(name, arithmetic)| (Path::new(name), arithmetic));
        Ok(Self::new(ModelName::File(path.to_owned()), arithmetic))
    }

    /// The engine that was asked for, or that alone computes the arithmetic; `None`: both do.
    pub(super) fn engine_of_arithmetic(&self) -> Option<InferenceEngine> {
        match self.arithmetic {
            Arithmetic::Exact => self.engine,
            Arithmetic::Native => Some(InferenceEngine::OnnxRuntime),
            Arithmetic::Saturating | Arithmetic::Chip(_) => Some(InferenceEngine::Integer),
        }
    }

    /// As in the window: "INT8", "INT8 (native)", "INT8 (m16)", "INT8 (integer)".
    pub fn label(&self) -> String {
        self.label_of(&self.name.label())
    }

    /// The label of a model that is known by another name.
    pub(super) fn label_of(&self, name: &str) -> String {
        match (&self.arithmetic, self.engine) {
            (Arithmetic::Exact, None) => name.to_owned(),
            (Arithmetic::Exact, Some(engine)) => format!("{name} ({})", engine.as_str()),
            (other, _) => format!("{name} ({other})"),
        }
    }
}

impl From<ModelName> for ModelRequest {
    /// In exact arithmetic.
    fn from(name: ModelName) -> Self {
        Self::new(name, Arithmetic::Exact)
    }
}

/// "tuned@native" as its two parts; `None` where there is no arithmetic: another @ belongs to the name.
fn with_arithmetic(text: &str) -> Result<Option<(&str, Arithmetic)>, ArithmeticError> {
    let splits: Vec<(&str, &str)> = text.match_indices('@').map(|(at, _)| (&text[..at], &text[at + 1..])).collect();
    if let Some((name, end)) = splits.last()
        && let Some(arithmetic) = Arithmetic::named(end)
    {
        return Ok(Some((name, arithmetic)));
    }
    if splits.is_empty() || Path::new(text).exists() {
        return Ok(None);
    }
    let has = |name: &str, extension: &str| {
        Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case(extension))
    };
    let is_model = |name: &str| has(name, "onnx") || !matches!(ModelName::from_flag(name), ModelName::File(_));
    let after_model = splits.iter().find(|(name, _)| is_model(name));
    let split = after_model.or_else(|| splits.iter().rfind(|(_, end)| has(end, "json")));
    split.map(|(name, end)| Ok((*name, Arithmetic::from_flag(end)?))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_may_name_the_arithmetic() {
        let read = |text: &str| ModelRequest::from_flag(text, &Arithmetic::Exact).unwrap();
        assert_eq!(read("int8"), ModelName::Int8.into());
        assert_eq!(read("INT8@native"), ModelRequest::new(ModelName::Int8, Arithmetic::Native));
        let native = |text: &str| ModelRequest::from_flag(text, &Arithmetic::Native).unwrap();
        assert_eq!([native("tuned@exact"), native("fp32")], [ModelName::Tuned.into(), ModelName::Fp32.into()]);
        let m16 = Arithmetic::named("m16").unwrap();
        assert_eq!(read("int8@m16"), ModelRequest::new(ModelName::Int8, m16.clone()));
        assert_eq!([read("int8@m16").label(), read("int8@saturating").label()], ["INT8 (m16)", "INT8 (saturating)"]);
        // An @ that names none belongs to the file.
        assert_eq!(read("a@b.onnx").name, ModelName::File("a@b.onnx".into()));
        assert_eq!(read("a@b.onnx@m16"), ModelRequest::new(ModelName::File("a@b.onnx".into()), m16));
        assert_eq!(read("a.onnx@native").label(), "a (native)");
        let file = |name: &str| ModelName::File(name.into());
        let read = |name: &str| ModelRequest::from_file_flag(Path::new(name), &Arithmetic::Exact).unwrap();
        assert_eq!([read("int8"), read("a@b.onnx")], [file("int8").into(), file("a@b.onnx").into()]);
        assert_eq!(read("int8@native"), ModelRequest::new(file("int8"), Arithmetic::Native));
    }

    #[test]
    fn a_model_may_be_followed_by_the_file_of_a_profile() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("my@chip.json");
        let profile = include_str!("../../models/profiles/m16.json").replace("\"m16\"", "\"mine\"");
        std::fs::write(&path, profile).unwrap();
        for model in ["tuned", "a.onnx", "a"] {
            let flag = format!("{model}@{}", path.display());
            match ModelRequest::from_flag(&flag, &Arithmetic::Exact) {
                Ok(request) => {
                    assert_eq!((request.name, request.arithmetic.as_str()), (ModelName::from_flag(model), "mine"));
                }
                // Of a file without an ending it is not known where its name ends.
                Err(error) => assert!(model == "a" && error.to_string().contains("chip.json"), "{flag}: {error}"),
            }
        }
        for wrong in ["int8@m61", "a.onnx@m61", "int8@gone.json"] {
            let why = ModelRequest::from_flag(wrong, &Arithmetic::Exact).unwrap_err().to_string();
            assert!(why.contains(wrong.split_once('@').unwrap().1), "{why}");
        }
    }

    #[test]
    fn an_engine_computes_what_it_can() {
        use InferenceEngine::{Integer, OnnxRuntime};
        let by = |text: &str, engine| ModelRequest::from_flag(text, &Arithmetic::Exact).unwrap().by(Some(engine));
        assert_eq!(by("int8", Integer).unwrap().label(), "INT8 (integer)");
        assert_eq!(by("int8@m16", Integer).unwrap().label(), "INT8 (m16)");
        assert_eq!(by("fp32", Integer).unwrap(), ModelName::Fp32.into());
        assert!(by("int8@native", OnnxRuntime).is_ok());
        assert!(by("int8@native", Integer).unwrap_err().to_string().contains("--engine onnxruntime"));
        let why = by("int8@m16", OnnxRuntime).unwrap_err().to_string();
        assert!(why.contains("m16") && why.contains("--engine integer"), "{why}");
    }
}
