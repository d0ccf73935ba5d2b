//! How an INT8 model is computed.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::InferenceEngine;
use crate::integer::{LeakyRelu, OutOfRange, Profile, ProfileError, Rounding};

/// The arithmetic of an INT8 model. A float model has but one. Cheap to clone.
///
/// In JSON it is a text where a name says all ("exact", "m16"), and a whole profile where it is the person's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// Sums that cannot overflow: the model's own figures, the same on every processor.
    #[default]
    Exact,
    /// ONNX Runtime's plain kernels for this processor. On x86 without VNNI they add pairs of products in 16 bits that
    /// saturate, so that sums can be wrong.
    Native,
    /// What those kernels compute on x86 without VNNI, on any processor.
    Saturating,
    /// As a chip computes it, which a hardware profile describes.
    Chip(Arc<Profile>),
}

/// Why a model cannot be computed as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ArithmeticError {
    #[error(
        "\"{text}\" is not an arithmetic; use exact, native, saturating, a hardware profile ({known}), or the JSON \
         file of one"
    )]
    Unknown { text: String, known: String },
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(
        "the arithmetic native is that of ONNX Runtime's plain kernels: the integer engine has no such thing; use \
         --engine onnxruntime, or --arithmetic saturating for what these kernels compute without VNNI"
    )]
    NativeIsOnnxRuntimes,
    #[error("only the integer engine computes the arithmetic {0}; leave --engine out, or use --engine integer")]
    NeedsIntegerEngine(Arithmetic),
}

impl Arithmetic {
    /// Those that need no profile, the default first.
    pub const PLAIN: [Self; 3] = [Self::Exact, Self::Native, Self::Saturating];

    /// What there is to choose from without a file: the plain ones, then the profiles that come with the program.
    pub fn choices() -> Vec<Self> {
        Self::PLAIN.into_iter().chain(Profile::names().filter_map(Self::named)).collect()
    }

    /// As in flags and JSON: "exact", "native", "saturating", or the profile's name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Exact => "exact",
            Self::Native => "native",
            Self::Saturating => "saturating",
            Self::Chip(profile) => &profile.name,
        }
    }

    /// The profile of a chip.
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        match self {
            Self::Chip(profile) => Some(profile),
            Self::Exact | Self::Native | Self::Saturating => None,
        }
    }

    /// A plain one or a built-in profile by its name.
    pub fn named(text: &str) -> Option<Self> {
        let plain = Self::PLAIN.into_iter().find(|arithmetic| arithmetic.as_str() == text);
        plain.or_else(|| Profile::built_in(text).map(Self::from))
    }

    /// Of a flag: a name, or the file of a profile.
    pub fn from_flag(text: &str) -> Result<Self, ArithmeticError> {
        if let Some(named) = Self::named(text) {
            return Ok(named);
        }
        match Profile::find(text) {
            Ok(profile) => Ok(profile.into()),
            Err(ProfileError::Unknown { name, known }) => Err(ArithmeticError::Unknown { text: name, known }),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether this engine can compute it at all.
    pub fn check_engine(&self, engine: Option<InferenceEngine>) -> Result<(), ArithmeticError> {
        match (self, engine) {
            (Self::Native, Some(InferenceEngine::Integer)) => Err(ArithmeticError::NativeIsOnnxRuntimes),
            (Self::Saturating | Self::Chip(_), Some(InferenceEngine::OnnxRuntime)) => {
                Err(ArithmeticError::NeedsIntegerEngine(self.clone()))
            }
            _ => Ok(()),
        }
    }

    /// A sentence for people.
    pub fn explanation(&self) -> Cow<'static, str> {
        match self {
            Self::Exact => "Sums that cannot overflow: the model's own result, the same on every processor".into(),
            Self::Native => {
                "This processor's plain kernels, as in other programs; without VNNI their sums overflow".into()
            }
            Self::Saturating => {
                "What such kernels compute without VNNI, on any processor: pairs of products clamped to 16 bits".into()
            }
            Self::Chip(profile) => of_chip(profile).into(),
        }
    }
}

/// "As a chip computes it: multipliers of 16 bits, rounded half up, leaky ReLU with two multipliers, sums of 32 bits
/// that wrap"
fn of_chip(profile: &Profile) -> String {
    let multipliers = match profile.multiplier_bits {
        1 => "shifts in place of multipliers".to_owned(),
        bits => format!("multipliers of {bits} bits"),
    };
    let rounding = match profile.rounding {
        Rounding::HalfUp => "rounded half up",
        Rounding::HalfEven => "rounded half to even",
        Rounding::HalfAway => "rounded half away from zero",
        Rounding::Truncate => "truncated",
    };
    let leaky = match profile.leaky_relu {
        LeakyRelu::Table => "leaky ReLU from a table".to_owned(),
        LeakyRelu::Multipliers => "leaky ReLU with two multipliers".to_owned(),
        LeakyRelu::Slope(slope) => format!("leaky ReLU with the slope {slope}"),
    };
    let overflow = match profile.accumulator.overflow {
        OutOfRange::Wrap => "wrap",
        OutOfRange::Saturate => "saturate",
    };
    let bits = profile.accumulator.bits;
    format!("As a chip computes it: {multipliers}, {rounding}, {leaky}, sums of {bits} bits that {overflow}")
}

impl From<Profile> for Arithmetic {
    fn from(profile: Profile) -> Self {
        Self::Chip(Arc::new(profile))
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Arithmetic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Chip(profile) if !profile.is_built_in() => profile.serialize(serializer),
            named => serializer.serialize_str(named.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for Arithmetic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "an arithmetic is a name, or a whole hardware profile")]
        enum Written {
            Name(String),
            Profile(Profile),
        }
        match Written::deserialize(deserializer)? {
            Written::Name(name) => Self::named(&name)
                .ok_or_else(|| de::Error::custom(format!("there is no arithmetic and no built-in profile {name}"))),
            Written::Profile(profile) => profile.checked().map(Self::from).map_err(de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &str) -> Profile {
        let text = r#"{ "name": "NAME", "multiplier_bits": 12, "rounding": "truncate",
            "leaky_relu": { "slope": 0.125 }, "accumulator": { "bits": 24, "overflow": "saturate" } }"#;
        Profile::from_json(&text.replace("NAME", name)).unwrap()
    }

    #[test]
    fn every_arithmetic_comes_back_from_its_json() {
        let all: Vec<Arithmetic> = Arithmetic::choices().into_iter().chain([own("mine").into()]).collect();
        assert_eq!(all.len(), 8);
        for arithmetic in &all {
            let text = serde_json::to_string(arithmetic).unwrap();
            assert_eq!(serde_json::from_str::<Arithmetic>(&text).unwrap(), *arithmetic, "{text}");
            assert_eq!(text.starts_with('{'), arithmetic.as_str() == "mine", "{text}");
            assert_eq!(Arithmetic::named(arithmetic.as_str()).is_some(), arithmetic.as_str() != "mine");
            assert!(!arithmetic.explanation().is_empty());
        }
        let text = serde_json::to_string(&all[7]).unwrap();
        for (from, to) in [("12", "40"), ("mine", "exact"), ("mine", "m16"), ("0.125", "3")] {
            assert!(serde_json::from_str::<Arithmetic>(&text.replace(from, to)).is_err(), "{from} as {to}");
        }
        assert!(serde_json::from_str::<Arithmetic>("\"m61\"").is_err());
    }

    #[test]
    fn equal_profiles_are_one_arithmetic() {
        assert_eq!(Arithmetic::from(own("mine")), Arithmetic::from(own("mine")));
        let other = Profile { multiplier_bits: 13, ..own("mine") };
        assert_ne!(Arithmetic::from(own("mine")), Arithmetic::from(other));
    }

    #[test]
    fn what_is_no_arithmetic_is_told_what_there_is() {
        let why = Arithmetic::from_flag("m61").unwrap_err().to_string();
        for known in ["\"m61\"", "saturating", "zynq-m31, m18, m16, power-of-two"] {
            assert!(why.contains(known), "{why}");
        }
        assert!(Arithmetic::from_flag("gone.json").unwrap_err().to_string().contains("gone.json"));
    }
}
