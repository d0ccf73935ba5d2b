//! How an INT8 model is computed.

use std::fmt;

/// The arithmetic of an INT8 model. A float model has but one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arithmetic {
    /// Sums that cannot overflow: the model's own figures, the same on every processor.
    #[default]
    Exact,
    /// ONNX Runtime's plain kernels for this processor. On x86 without VNNI they add pairs of products in 16 bits that
    /// saturate, so that sums can be wrong.
    Native,
}

impl Arithmetic {
    /// Every arithmetic, the default first.
    pub const ALL: [Self; 2] = [Self::Exact, Self::Native];

    /// As in flags and JSON: "exact", "native".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Native => "native",
        }
    }

    /// The inverse of [`Arithmetic::as_str`].
    pub fn from_flag(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arithmetic| arithmetic.as_str() == text)
    }

    /// A sentence for people.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Exact => "Sums that cannot overflow: the model's own result, the same on every processor",
            Self::Native => "This processor's plain kernels, as in other programs; without VNNI their sums overflow",
        }
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
