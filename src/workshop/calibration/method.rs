//! How ranges are chosen, by name.

use serde::{Deserialize, Serialize};

/// How a tensor's range is chosen from all its values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Choice {
    /// The smallest and the largest value.
    #[default]
    MinMax,
    /// This percentage of the values lies within; as many are cut off below as above.
    Percentile(f64),
    /// The least Kullback-Leibler divergence between the values and their bytes.
    Entropy,
    /// The least mean squared error, as far as a leaky ReLU that follows lets it through.
    Mse,
}

/// How the ranges of a network's tensors are chosen. In JSON and on the command line: "minmax",
/// "percentile 99.99", "entropy", "mse", or two of them as "percentile 99.99, before leaky mse".
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Method {
    pub all: Choice,
    /// Of tensors that nothing but a leaky ReLU reads.
    pub before_leaky: Choice,
}

impl Method {
    /// The smallest and the largest value of every tensor.
    pub const MINMAX: Self = Self::of(Choice::MinMax);

    /// The same choice for all tensors.
    pub const fn of(all: Choice) -> Self {
        Self { all, before_leaky: all }
    }

    /// Whether ranges depend on the grids that lie over them.
    pub fn sees_grids(self) -> bool {
        [self.all, self.before_leaky].contains(&Choice::Mse)
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MinMax => f.write_str("minmax"),
            Self::Percentile(percent) => write!(f, "percentile {percent}"),
            Self::Entropy => f.write_str("entropy"),
            Self::Mse => f.write_str("mse"),
        }
    }
}

const BEFORE_LEAKY: &str = ", before leaky ";

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { all, before_leaky } = self;
        if all == before_leaky { all.fmt(f) } else { write!(f, "{all}{BEFORE_LEAKY}{before_leaky}") }
    }
}

impl From<Method> for String {
    fn from(method: Method) -> Self {
        method.to_string()
    }
}

impl TryFrom<String> for Method {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(BEFORE_LEAKY) {
            None => Ok(Self::of(text.parse()?)),
            Some((all, before_leaky)) => Ok(Self { all: all.parse()?, before_leaky: before_leaky.parse()? }),
        }
    }
}

impl std::str::FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent = text.strip_prefix("percentile ").and_then(|p| p.parse().ok());
        match (text, percent) {
            ("minmax", _) => Ok(Self::MinMax),
            ("entropy", _) => Ok(Self::Entropy),
            ("mse", _) => Ok(Self::Mse),
            (_, Some(percent)) if (50.0..=100.0).contains(&percent) => Ok(Self::Percentile(percent)),
            _ => Err(format!("the unknown method {text:?}; use minmax, percentile 50 to 100, entropy or mse")),
        }
    }
}
