//! What annotations number their images, categories and boxes with.

use std::fmt::{self, Display, Formatter};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// An id, as pycocotools compares them: 1 and 1.0 are one id, "1" is another. Ordered as pycocotools orders them: numbers by
/// their value, texts by their letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TruthId {
    /// Of any size up to 2⁶⁴.
    Whole(i128),
    /// Beyond that: the bits of a positive float64, in whose order they are. Two that differ by less than a float64 can tell
    /// are one id here, and refused as such.
    Huge(u64),
    Text(String),
}

impl TruthId {
    /// A number of its own for an id, the same on every machine: of a whole number that number itself.
    pub fn seed(&self) -> u64 {
        match self {
            Self::Whole(id) => *id as u64,
            Self::Huge(bits) => *bits,
            // FNV-1a.
            Self::Text(text) => text
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)),
        }
    }
}

impl From<i64> for TruthId {
    fn from(id: i64) -> Self {
        Self::Whole(id.into())
    }
}

impl Display for TruthId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(id) => write!(f, "{id}"),
            Self::Huge(bits) => write!(f, "{}", f64::from_bits(*bits)),
            Self::Text(text) => write!(f, "\"{text}\""),
        }
    }
}

impl<'de> Deserialize<'de> for TruthId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = TruthId;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("an id: a whole number or text")
    }

    fn visit_i64<E: Error>(self, id: i64) -> Result<TruthId, E> {
        Ok(TruthId::Whole(id.into()))
    }

    fn visit_u64<E: Error>(self, id: u64) -> Result<TruthId, E> {
        Ok(TruthId::Whole(id.into()))
    }

    fn visit_f64<E: Error>(self, id: f64) -> Result<TruthId, E> {
        // Both ends are exact in a float64, and all whole ones between them in an i128.
        const WHOLE: f64 = (1u128 << 64) as f64;
        match id {
            _ if id.fract() != 0.0 || id < -WHOLE => Err(E::custom(format!("the id {id} is not a whole number"))),
            _ if id < WHOLE => Ok(TruthId::Whole(id as i128)),
            _ => Ok(TruthId::Huge(id.to_bits())),
        }
    }

    fn visit_str<E: Error>(self, id: &str) -> Result<TruthId, E> {
        Ok(TruthId::Text(id.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(json: &str) -> TruthId {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn one_id_in_two_forms_is_one_id() {
        assert_eq!((id("1.0"), id("-0.0"), id("9e15")), (id("1"), id("0"), id("9000000000000000")));
        assert_ne!(id("\"1\""), id("1"));
        assert_ne!(id("18446744073709551615"), id("18446744073709551614"));
        assert_ne!(id("36893488147419103232"), id("18446744073709551616"));
        for wrong in ["1.5", "null", "[1]", "-1e30"] {
            assert!(serde_json::from_str::<TruthId>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn they_are_in_the_order_of_their_values() {
        let mut ids = ["\"b\"", "1e30", "3", "-7", "\"a\"", "1e20", "18446744073709551615"].map(id);
        ids.sort();
        let told = ids.map(|id| id.to_string()).join(" ");
        assert_eq!(told, "-7 3 18446744073709551615 100000000000000000000 1000000000000000000000000000000 \"a\" \"b\"");
    }

    #[test]
    fn a_whole_number_is_its_own_seed() {
        assert_eq!((id("7").seed(), id("-1").seed()), (7, u64::MAX));
        // The published test vectors of FNV-1a.
        assert_eq!((id("\"\"").seed(), id("\"foobar\"").seed()), (0xcbf2_9ce4_8422_2325, 0x8594_4171_f739_67e8));
    }
}
