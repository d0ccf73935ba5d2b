//! Class names.

use std::sync::Arc;

/// A model's class names; a class id is an index into them. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes(Arc<[String]>);

impl Classes {
    /// In the order of the class ids.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// One name per line, as in darknet's `.names` files; blank lines at the end are ignored, and so is a byte order mark.
    pub fn from_lines(text: &str) -> Self {
        Self::new(text.trim_start_matches('\u{feff}').trim_end().lines().map(str::trim))
    }

    /// COCO's 80 classes, in the order used by darknet's weights.
    pub fn coco() -> Self {
        Self::from_lines(include_str!("../../assets/coco.names"))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of a class, or `"?"` for an id that the model does not have.
    pub fn name(&self, class_id: usize) -> &str {
        self.0.get(class_id).map_or("?", String::as_str)
    }

    /// In the order of the class ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
