//! What a person asks for: a model, and the arithmetic to compute it in.

use std::path::Path;

use super::{Arithmetic, ModelName};

/// A model in an arithmetic. Two requests for one model in two arithmetics are two detectors.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelRequest {
    pub name: ModelName,
    /// Without effect on a float model.
    pub arithmetic: Arithmetic,
}

impl ModelRequest {
    /// FP32 has one arithmetic, whichever is asked for.
    pub fn new(name: ModelName, arithmetic: Arithmetic) -> Self {
        // The built float model is known to have but one.
        let arithmetic = if name == ModelName::Fp32 { Arithmetic::Exact } else { arithmetic };
        Self { name, arithmetic }
    }

    /// "int8", "tuned@native", "mine.onnx@exact". Without an arithmetic of its own the model takes `default`.
    pub fn from_flag(text: &str, default: Arithmetic) -> Self {
        let (name, arithmetic) = with_arithmetic(text).unwrap_or((text, default));
        Self::new(ModelName::from_flag(name), arithmetic)
    }

    /// The same for a flag that names a file, which may have the name of a built model.
    pub fn from_file_flag(path: &Path, default: Arithmetic) -> Self {
        let named = path.to_str().and_then(with_arithmetic).map(|(name, arithmetic)| (Path::new(name), arithmetic));
        let (path, arithmetic) = named.unwrap_or((path, default));
        Self::new(ModelName::File(path.to_owned()), arithmetic)
    }

    /// As in the window: "INT8", "INT8 (native)".
    pub fn label(&self) -> String {
        label(&self.name.label(), self.arithmetic)
    }
}

impl From<ModelName> for ModelRequest {
    /// In exact arithmetic.
    fn from(name: ModelName) -> Self {
        Self::new(name, Arithmetic::Exact)
    }
}

/// "tuned@native" as its two parts; `None` where there is no arithmetic. Another @ belongs to the name.
fn with_arithmetic(text: &str) -> Option<(&str, Arithmetic)> {
    let (name, end) = text.rsplit_once('@')?;
    Some((name, Arithmetic::from_flag(end)?))
}

/// A model's name with its arithmetic, where that is not the model's own.
pub(super) fn label(name: &str, arithmetic: Arithmetic) -> String {
    match arithmetic {
        Arithmetic::Exact => name.to_owned(),
        other => format!("{name} ({other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_may_name_the_arithmetic() {
        let read = |text: &str| ModelRequest::from_flag(text, Arithmetic::Exact);
        assert_eq!(read("int8"), ModelName::Int8.into());
        assert_eq!(read("INT8@native"), ModelRequest::new(ModelName::Int8, Arithmetic::Native));
        assert_eq!(ModelRequest::from_flag("tuned@exact", Arithmetic::Native), ModelName::Tuned.into());
        assert_eq!(ModelRequest::from_flag("fp32", Arithmetic::Native), ModelName::Fp32.into());
        // An @ that names none belongs to the file.
        assert_eq!(read("a@b.onnx").name, ModelName::File("a@b.onnx".into()));
        assert_eq!(read("a.onnx@native").label(), "a (native)");
        let file = |name: &str| ModelName::File(name.into());
        let read = |name: &str| ModelRequest::from_file_flag(Path::new(name), Arithmetic::Exact);
        assert_eq!([read("int8"), read("a@b.onnx")], [file("int8").into(), file("a@b.onnx").into()]);
        assert_eq!(read("int8@native"), ModelRequest::new(file("int8"), Arithmetic::Native));
    }
}
