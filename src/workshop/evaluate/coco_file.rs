//! A COCO annotations file as programs write it: pycocotools and the exporters of labelling tools are less strict than the
//! form's description.

use std::fmt::{self, Formatter};
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::category::Category;
use super::truth_id::TruthId;
use crate::detect::Size;

/// The most records of a list; COCO's 118,000 training pictures have 860,000 annotations. An empty one is three bytes in the file and
/// some two hundred in memory.
const MAX_RECORDS: usize = 5_000_000;

/// The keys that are read.
#[derive(serde::Deserialize)]
pub(super) struct CocoFile {
    #[serde(deserialize_with = "records")]
    pub images: Vec<ImageRecord>,
    #[serde(deserialize_with = "records")]
    pub annotations: Vec<AnnotationRecord>,
    #[serde(deserialize_with = "records")]
    pub categories: Vec<Category>,
}

fn records<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(RecordsVisitor { most: MAX_RECORDS, of: PhantomData })
}

/// Takes a list of up to `most`.
struct RecordsVisitor<T> {
    most: usize,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for RecordsVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut records = Vec::new();
        while let Some(record) = list.next_element()? {
            if records.len() == self.most {
                return Err(A::Error::custom(format!("a list has more than {} records", self.most)));
            }
            records.push(record);
        }
        Ok(records)
    }
}

#[derive(serde::Deserialize)]
pub(super) struct ImageRecord {
    pub id: TruthId,
    pub file_name: Option<String>,
    #[serde(default)]
    width: Loose,
    #[serde(default)]
    height: Loose,
}

impl ImageRecord {
    /// `None` = it is not given, or cannot be: then the image itself tells.
    pub fn size(&self) -> Option<Size> {
        let side = |Loose(side): Loose| {
            side.filter(|s| (1.0..=f64::from(u32::MAX)).contains(s) && s.fract() == 0.0).map(|s| s as u32)
        };
        side(self.width).zip(side(self.height)).map(|(width, height)| Size::new(width, height))
    }
}

#[derive(serde::Deserialize)]
pub(super) struct AnnotationRecord {
    pub id: Option<TruthId>,
    pub image_id: Option<TruthId>,
    pub category_id: Option<TruthId>,
    #[serde(default)]
    pub bbox: GivenBox,
    #[serde(default)]
    area: Loose,
    #[serde(default)]
    iscrowd: Loose,
}

impl AnnotationRecord {
    /// Square pixels; `None` = the file does not say.
    pub fn area(&self) -> Option<f64> {
        self.area.0
    }

    /// Any number but 0, as in Python, and `true`.
    pub fn is_crowd(&self) -> bool {
        self.iscrowd.0.is_some_and(|v| v != 0.0)
    }
}

/// A box, as it is given.
#[derive(Debug, Default)]
pub(super) enum GivenBox {
    /// There is none, or it is null or empty: the thing is given by its outline alone.
    #[default]
    None,
    /// Left, top, width, height; finite.
    Xywh([f64; 4]),
    /// Not four numbers.
    Wrong,
}

/// A finite number, however it is written: as text, or as false and true. `None` = it is null, missing, or no number.
#[derive(Clone, Copy, Debug, Default)]
struct Loose(Option<f64>);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor::<Self>(PhantomData))
    }
}

impl<'de> Deserialize<'de> for GivenBox {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor::<Self>(PhantomData))
    }
}

/// What a value of any kind comes to.
trait FromAny: Sized {
    fn null() -> Self;
    /// `None` = it is text, or an object, that is no number.
    fn scalar(value: Option<f64>) -> Self;
    fn list(numbers: [Option<f64>; 4], length: usize) -> Self;
}

impl FromAny for Loose {
    fn null() -> Self {
        Self(None)
    }

    fn scalar(value: Option<f64>) -> Self {
        Self(value.filter(|v| v.is_finite()))
    }

    fn list(_: [Option<f64>; 4], _: usize) -> Self {
        Self(None)
    }
}

impl FromAny for GivenBox {
    fn null() -> Self {
        Self::None
    }

    fn scalar(_: Option<f64>) -> Self {
        Self::Wrong
    }

    fn list(numbers: [Option<f64>; 4], length: usize) -> Self {
        match (numbers, length) {
            (_, 0) => Self::None,
            ([Some(x), Some(y), Some(w), Some(h)], 4) => Self::Xywh([x, y, w, h]),
            _ => Self::Wrong,
        }
    }
}

/// Takes whatever comes.
struct AnyVisitor<T>(PhantomData<T>);

impl<'de, T: FromAny> Visitor<'de> for AnyVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        Ok(T::scalar(Some(f64::from(u8::from(value)))))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        Ok(T::scalar(Some(value as f64)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        Ok(T::scalar(Some(value as f64)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        Ok(T::scalar(Some(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        Ok(T::scalar(value.trim().parse().ok()))
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::null())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        let (mut numbers, mut length) = ([None; 4], 0);
        while let Some(place) = numbers.get_mut(length) {
            let Some(Loose(number)) = list.next_element()? else { return Ok(T::list(numbers, length)) };
            *place = number;
            length += 1;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        Ok(T::list(numbers, length))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<T, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(T::scalar(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_too_long_is_refused() {
        let read = |text: &str| {
            let visitor = RecordsVisitor::<AnnotationRecord> { most: 2, of: PhantomData };
            serde_json::Deserializer::from_str(text).deserialize_seq(visitor).map(|records| records.len())
        };
        assert_eq!(read("[{}, {}]").unwrap(), 2);
        assert!(read("[{}, {}, {}]").unwrap_err().to_string().contains("a list has more than 2 records"));
    }
}
