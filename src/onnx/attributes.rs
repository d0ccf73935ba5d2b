//! A node's attributes.

use super::AttributeProto;

/// The largest padding, in pixels.
const MAX_SIDE: i64 = 1 << 14;

/// The attributes of a node, by name.
#[derive(Clone, Copy)]
pub struct Attributes<'a>(pub &'a [AttributeProto]);

impl<'a> Attributes<'a> {
    fn find(self, name: &str) -> Option<&'a AttributeProto> {
        self.0.iter().find(|a| a.name == name)
    }

    /// `default` where there is none; an error where it is no integer.
    pub fn int(self, name: &str, default: i64) -> Result<i64, String> {
        self.find(name).map_or(Ok(default), |a| a.i.ok_or_else(|| format!("its {name} is not a number")))
    }

    /// `default` where there is none, or it is no float.
    pub fn float(self, name: &str, default: f32) -> f32 {
        self.find(name).and_then(|a| a.f).unwrap_or(default)
    }

    /// `default` where there is none; empty where it is not UTF-8.
    pub fn text(self, name: &str, default: &'a str) -> &'a str {
        let given = self.find(name).and_then(|a| a.s.as_deref());
        given.map_or(default, |bytes| std::str::from_utf8(bytes).unwrap_or_default())
    }

    /// Empty if there are none.
    pub fn ints(self, name: &str) -> Vec<i64> {
        self.find(name).map(|a| a.ints.clone()).unwrap_or_default()
    }

    /// Empty if there are none.
    pub fn floats(self, name: &str) -> Vec<f32> {
        self.find(name).map(|a| a.floats.clone()).unwrap_or_default()
    }

    /// Two equal numbers as one: along the height and along the width.
    pub fn pair(self, name: &str, default: i64) -> Result<i64, String> {
        match self.ints(name)[..] {
            [] => Ok(default),
            [a, b] if a == b => Ok(a),
            _ => Err(format!("its {name} is not the same along both sides")),
        }
    }

    /// Top, left, bottom, right.
    pub fn pads(self) -> Result<[u32; 4], String> {
        if !matches!(self.text("auto_pad", "NOTSET"), "NOTSET" | "VALID") {
            return Err("its padding is automatic (auto_pad); export the model with explicit padding".into());
        }
        match self.ints("pads")[..] {
            [] => Ok([0; 4]),
            [top, left, bottom, right] if [top, left, bottom, right].iter().all(|p| (0..=MAX_SIDE).contains(p)) => {
                Ok([top, left, bottom, right].map(|p| p as u32))
            }
            _ => Err("its pads are not four non-negative numbers".into()),
        }
    }

    /// `default`: the operator's default axis.
    pub fn is_along_channels(self, default: i64) -> Result<bool, String> {
        Ok(matches!(self.int("axis", default)?, 1 | -3))
    }
}
