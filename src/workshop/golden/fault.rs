//! Kinds of faults, and what each is called.

use serde::Serialize;

/// What is wrong with a dumped tensor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    // Of the file.
    /// It cannot be read.
    Unreadable {
        why: String,
    },
    /// The right values, but said to be of another type.
    OtherType {
        found: String,
    },
    /// Too few or too many values, and no axis explains it.
    WrongSize {
        found: usize,
        expected: usize,
    },
    /// The values of another tensor.
    OtherTensor {
        tensor: String,
    },
    /// All values are the same.
    Constant {
        value: f64,
        is_zero_point: bool,
    },

    // Right values in wrong places, or written in another way.
    Stored {
        how: Vec<Storage>,
    },
    /// Parts along an axis are not there at all.
    Dropped {
        axis: &'static str,
        parts: Vec<usize>,
    },
    /// There are more parts along an axis, as where channels are filled up to a multiple.
    Added {
        axis: &'static str,
        first: usize,
        count: usize,
    },
    /// Parts along an axis hold a single value.
    Missing {
        axis: &'static str,
        parts: Vec<usize>,
    },
    Rotated {
        axis: &'static str,
        by: usize,
    },
    /// Parts along an axis in another order: for the first that are not in their places, which part is there.
    Reordered {
        axis: &'static str,
        places: Vec<[usize; 2]>,
    },

    // Wrong values.
    /// Only values next to a border differ.
    Padding {
        sides: Vec<&'static str>,
    },
    /// Bytes differ by a constant.
    ZeroPoint {
        by: i32,
    },
    /// Distances from the zero point are doubled or halved this often.
    ShiftedBits {
        by: i32,
    },
    /// Nothing is below the zero point: ReLU in place of leaky ReLU.
    NoNegative,
    /// Values end at these.
    Clamped {
        low: i32,
        high: i32,
    },
    /// Only clamped values differ.
    NotClamped,
    /// By 1 at most (float32: in the last bits).
    Rounding {
        above: f64,
        below: f64,
    },
    /// Only some parts along an axis differ.
    Only {
        axis: &'static str,
        parts: Vec<usize>,
        largest: f64,
    },
    /// One bit of a few values.
    Bit {
        values: usize,
        bit: u32,
    },
    /// A few values.
    Few {
        values: usize,
    },
    /// Close, but by more than 1.
    Inaccurate {
        largest: f64,
    },
    /// No relation was found.
    Garbage,
}

/// A way to store right values that is not the pack's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// Axes in this order, as letters.
    Layout(String),
    /// Channels in blocks of this many, innermost.
    ChannelBlocks(usize),
    /// 128 more or less.
    Sign,
    /// Bytes reversed within words of this many.
    ByteOrder(usize),
    Mirrored(&'static str),
    /// All values this many places later; earlier if below 0.
    Offset(isize),
}

impl Fault {
    /// As in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::OtherType { .. } => "other_type",
            Self::WrongSize { .. } => "wrong_size",
            Self::OtherTensor { .. } => "other_tensor",
            Self::Constant { .. } => "constant",
            Self::Stored { .. } => "stored",
            Self::Dropped { .. } => "dropped",
            Self::Added { .. } => "added",
            Self::Missing { .. } => "missing",
            Self::Rotated { .. } => "rotated",
            Self::Reordered { .. } => "reordered",
            Self::Padding { .. } => "padding",
            Self::ZeroPoint { .. } => "zero_point",
            Self::ShiftedBits { .. } => "shifted_bits",
            Self::NoNegative => "no_negative",
            Self::Clamped { .. } => "clamped",
            Self::NotClamped => "not_clamped",
            Self::Rounding { .. } => "rounding",
            Self::Only { .. } => "only",
            Self::Bit { .. } => "bit",
            Self::Few { .. } => "few",
            Self::Inaccurate { .. } => "inaccurate",
            Self::Garbage => "garbage",
        }
    }
}

impl std::fmt::Display for Fault {
    /// One sentence without a full stop.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable { why } => write!(f, "the file cannot be read: {why}"),
            Self::OtherType { found } => write!(f, "the bytes are right, but the file says they are {found}"),
            Self::WrongSize { found, expected } => write!(f, "{found} bytes where {expected} are expected"),
            Self::OtherTensor { tensor } => write!(f, "this is another tensor: {tensor}"),
            Self::Constant { value, is_zero_point: true } => {
                write!(f, "all values are {value}, the zero point: nothing was computed")
            }
            Self::Constant { value, .. } => write!(f, "all values are {value}: the buffer was never written"),
            Self::Stored { how } => {
                let how: Vec<String> = how.iter().map(ToString::to_string).collect();
                write!(f, "right values, stored otherwise: {}", how.join(", "))
            }
            Self::Dropped { axis, parts } => write!(f, "{} not in the file", listed(axis, parts)),
            Self::Added { axis, first, count } => {
                write!(f, "{count} {axis}s too many, from {axis} {first} on; is the number of {axis}s rounded up?")
            }
            Self::Missing { axis, parts } => write!(f, "{} missing (a single value)", listed(axis, parts)),
            Self::Rotated { axis, by } => write!(f, "rotated by {by} {axis}{}", if *by == 1 { "" } else { "s" }),
            Self::Reordered { axis, places } => {
                let all: Vec<String> = places.iter().map(|[place, part]| format!("{place} holds {part}")).collect();
                let bgr = *axis == "channel" && places[..] == [[0, 2], [2, 0]];
                let hint = if bgr { " (BGR in place of RGB?)" } else { "" };
                write!(f, "{axis}s in another order: {}{hint}", all.join(", "))
            }
            Self::Padding { sides } => {
                write!(f, "only the border differs ({}): wrong padding; pad with the zero point", sides.join(", "))
            }
            Self::ZeroPoint { by } => write!(f, "all bytes are {by:+} off: wrong zero point"),
            Self::ShiftedBits { by } => {
                let (factor, places) = (1u32 << by.unsigned_abs(), by.unsigned_abs());
                let (verb, more) = if *by > 0 { ("larger", "few") } else { ("smaller", "many") };
                let word = if places == 1 { "place" } else { "places" };
                write!(f, "{factor} times {verb} than it should be: shifted by {places} {word} too {more}")
            }
            Self::NoNegative => f.write_str("nothing is below the zero point: ReLU in place of leaky ReLU?"),
            Self::Clamped { low, high } => write!(f, "clamped to {low} to {high}"),
            Self::NotClamped => {
                f.write_str("only values that should be clamped differ: they wrap around, or are cut elsewhere")
            }
            Self::Rounding { above, below } => {
                let percent = |share: f64| format!("{:.3} %", share * 100.0);
                write!(f, "rounding: {} are 1 too high, {} are 1 too low", percent(*above), percent(*below))
            }
            Self::Only { axis, parts, largest } => {
                write!(f, "only {} wrong, by up to {}", listed(axis, parts), three_digits(*largest))
            }
            Self::Bit { values: 1, bit } => write!(f, "bit {bit} of one value is flipped"),
            Self::Bit { values, bit } => write!(f, "bit {bit} of {values} values is flipped"),
            Self::Few { values: 1 } => f.write_str("a single value is wrong"),
            Self::Few { values } => write!(f, "{values} single values are wrong"),
            Self::Inaccurate { largest } => write!(f, "close, but off by up to {}", three_digits(*largest)),
            Self::Garbage => f.write_str("no relation to the right values was found"),
        }
    }
}

impl std::fmt::Display for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Layout(letters) => write!(f, "as {letters}"),
            Self::ChannelBlocks(block) => write!(f, "in blocks of {block} channels (NC/{block}HW{block})"),
            Self::Sign => f.write_str("signed for unsigned (128 off)"),
            Self::ByteOrder(4) => f.write_str("in the other byte order (32-bit words)"),
            Self::ByteOrder(word) => write!(f, "in the other byte order ({}-bit words)", 8 * word),
            Self::Mirrored(axis) => write!(f, "with its {axis}s from the last to the first"),
            Self::Offset(places @ 1..) => write!(f, "{places} values too late"),
            Self::Offset(places) => write!(f, "{} values too early", places.unsigned_abs()),
        }
    }
}

/// "12", "0.250", "3.52e-4": a difference that is not 0 is not shown as 0.
pub fn three_digits(value: f64) -> String {
    match value.abs() {
        size if value.fract() == 0.0 && size < 1e6 => format!("{value}"),
        0.001..1e6 => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

/// "channels 3 to 7 are", "row 0 is".
fn listed(axis: &str, parts: &[usize]) -> String {
    const MOST: usize = 6;
    match parts {
        [] => format!("no {axis} is"),
        [one] => format!("{axis} {one} is"),
        [first, .., last] if last - first + 1 == parts.len() => format!("{axis}s {first} to {last} are"),
        _ => {
            let shown: Vec<String> = parts.iter().take(MOST).map(usize::to_string).collect();
            let rest =
                parts.len().checked_sub(MOST + 1).map_or(String::new(), |rest| format!(" and {} more", rest + 1));
            format!("{axis}s {}{rest} are", shown.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_the_digits_that_count() {
        for (value, text) in
            [(0.0, "0"), (4.0, "4"), (0.25, "0.250"), (0.000_351_9, "3.52e-4"), (2e9, "2.00e9"), (f64::NAN, "NaN")]
        {
            assert_eq!(three_digits(value), text);
        }
        let near = Fault::Inaccurate { largest: f64::from(0.0003f32) };
        assert_eq!(near.to_string(), "close, but off by up to 3.00e-4");
    }
}
