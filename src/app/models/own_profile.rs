//! A person's own hardware profile: where it starts, and what it is called.

use std::sync::Arc;

use crate::integer::{Accumulator, LeakyRelu, OutOfRange, Profile, Rounding};
use crate::model::Arithmetic;

/// A multiplier so narrow that boxes move; everything else as most chips have it.
pub fn first() -> Arithmetic {
    let profile = Profile {
        name: String::new(),
        multiplier_bits: 12,
        rounding: Rounding::HalfUp,
        leaky_relu: LeakyRelu::Multipliers,
        accumulator: Accumulator { bits: *Accumulator::BITS.end(), overflow: OutOfRange::Wrap },
    };
    named(profile).into()
}

/// The profile of a chip that does not come with the program.
pub fn of(arithmetic: &Arithmetic) -> Option<&Arc<Profile>> {
    arithmetic.profile().filter(|profile| !profile.is_built_in())
}

/// The profile under a name that says its values, but for those that most chips have: "m12", "m12-even",
/// "m8-s0_125-acc24-sat". One with the values of `m16` or `m18` is that profile.
pub fn named(profile: Profile) -> Profile {
    let Profile { multiplier_bits, rounding, leaky_relu, accumulator, .. } = &profile;
    let rounding = match rounding {
        Rounding::HalfUp => "",
        Rounding::HalfEven => "-even",
        Rounding::HalfAway => "-away",
        Rounding::Truncate => "-trunc",
    };
    let leaky_relu = match leaky_relu {
        LeakyRelu::Table => "-table".to_owned(),
        LeakyRelu::Multipliers => String::new(),
        // A name has no points.
        LeakyRelu::Slope(slope) => format!("-s{}", shortened(*slope).replace('.', "_")),
    };
    let bits = match accumulator.bits {
        bits if bits == *Accumulator::BITS.end() => String::new(),
        bits => format!("-acc{bits}"),
    };
    let overflow = match accumulator.overflow {
        OutOfRange::Wrap => "",
        OutOfRange::Saturate => "-sat",
    };
    let name = format!("m{multiplier_bits}{rounding}{leaky_relu}{bits}{overflow}");
    Profile { name, ..profile }
}

/// A slope with as many digits as a name has room for.
fn shortened(slope: f32) -> String {
    const MOST: usize = 9;
    let text = slope.to_string();
    text.get(..MOST).map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::integer::Multiplier;

    fn all() -> Vec<Profile> {
        let slopes = [0.0, 3.0 / 32.0, 0.1, 26.0 / 256.0, 0.125, 1.0];
        let leaky = [LeakyRelu::Table, LeakyRelu::Multipliers].into_iter().chain(slopes.map(LeakyRelu::Slope));
        let mut all = Vec::new();
        for leaky_relu in leaky {
            for rounding in [Rounding::HalfUp, Rounding::HalfEven, Rounding::HalfAway, Rounding::Truncate] {
                for overflow in [OutOfRange::Wrap, OutOfRange::Saturate] {
                    for (multiplier_bits, bits) in Multiplier::BITS.zip(Accumulator::BITS.cycle()) {
                        let accumulator = Accumulator { bits, overflow };
                        let name = String::new();
                        all.push(named(Profile { name, multiplier_bits, rounding, leaky_relu, accumulator }));
                    }
                }
            }
        }
        all
    }

    #[test]
    fn every_profile_has_a_name_that_is_allowed_and_its_own() {
        let mut names = HashMap::new();
        for profile in all() {
            let checked = profile.clone().checked().unwrap_or_else(|why| panic!("{profile:?}: {why}"));
            assert!(names.insert(checked.name.clone(), checked).is_none(), "{profile:?}");
        }
        assert!(names.len() > 1900, "{}", names.len());
    }

    #[test]
    fn names_say_what_most_chips_have_not() {
        let first = first();
        let profile = of(&first).unwrap();
        assert_eq!((profile.name.as_str(), profile.multiplier_bits), ("m12", 12));
        let other = Profile {
            multiplier_bits: 8,
            rounding: Rounding::Truncate,
            leaky_relu: LeakyRelu::Slope(26.0 / 256.0),
            accumulator: Accumulator { bits: 24, overflow: OutOfRange::Saturate },
            ..Profile::clone(profile)
        };
        assert_eq!(named(other.clone()).name, "m8-trunc-s0_1015625-acc24-sat");
        let tiny = Profile { leaky_relu: LeakyRelu::Slope(1e-30), ..other };
        assert!(named(tiny.clone()).checked().is_ok(), "{}", named(tiny).name);
        // One of those that come with the program is that one.
        let m16 = Profile { multiplier_bits: 16, ..Profile::clone(profile) };
        assert!(named(m16.clone()).is_built_in() && of(&named(m16).into()).is_none());
    }
}
