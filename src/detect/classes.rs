//! Class names.

use std::sync::Arc;

/// COCO's 80 classes as darknet's `coco.names` has them.
const DARKNET: &str = include_str!("../../assets/coco.names");

/// Where darknet's list differs from COCO's own: it has Pascal VOC's names for what both know.
const COCO: [(&str, &str); 6] = [
    ("motorbike", "motorcycle"),
    ("aeroplane", "airplane"),
    ("sofa", "couch"),
    ("pottedplant", "potted plant"),
    ("diningtable", "dining table"),
    ("tvmonitor", "tv"),
];

/// A model's class names; a class id is an index into them. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    /// As the model's file has them.
    names: Arc<[String]>,
    /// They are darknet's list for COCO, which people know by COCO's names. Pascal VOC's own list stays as it is.
    is_coco: bool,
}

impl Classes {
    /// In the order of the class ids.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names: Arc<[String]> = names.into_iter().map(Into::into).collect();
        let is_coco = names.iter().map(String::as_str).eq(DARKNET.trim_end().lines());
        Self { names, is_coco }
    }

    /// One name per line, as in darknet's `.names` files; blank lines at the end are ignored, and so is a byte order mark.
    pub fn from_lines(text: &str) -> Self {
        Self::new(text.trim_start_matches('\u{feff}').trim_end().lines().map(str::trim))
    }

    /// COCO's 80 classes, in the order used by darknet's weights.
    pub fn coco() -> Self {
        Self::from_lines(DARKNET)
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of a class for people, or `"?"` for an id that the model does not have. Of darknet's list for COCO it is
    /// COCO's: "couch", not "sofa".
    pub fn name(&self, class_id: usize) -> &str {
        let name = self.name_in_files(class_id);
        let coco = COCO.iter().find(|(darknet, _)| self.is_coco && *darknet == name);
        coco.map_or(name, |(_, coco)| *coco)
    }

    /// The same as the model's file has it, for files that programs read: they know it from there.
    pub fn name_in_files(&self, class_id: usize) -> &str {
        self.names.get(class_id).map_or("?", String::as_str)
    }

    /// In the order of the class ids, as the model's file has them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_cocos_names_and_files_keep_darknets() {
        let classes = Classes::coco();
        let ids = COCO.map(|(darknet, _)| classes.iter().position(|name| name == darknet).unwrap());
        assert_eq!(ids.map(|id| classes.name(id)), COCO.map(|(_, coco)| coco));
        assert_eq!(ids.map(|id| classes.name_in_files(id)), COCO.map(|(darknet, _)| darknet));
        assert_eq!((classes.name(0), classes.name(80), classes.len()), ("person", "?", 80));
    }

    #[test]
    fn a_list_of_ones_own_stays_as_it_is() {
        let voc = Classes::new(["aeroplane", "sofa"]);
        assert_eq!([voc.name(0), voc.name(1), voc.name(2)], ["aeroplane", "sofa", "?"]);
    }
}
