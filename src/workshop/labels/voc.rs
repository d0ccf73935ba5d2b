//! A Pascal VOC annotation: an XML file for each picture.
//!
//! Coordinates are taken as they are, as labelling tools write them; the first data sets of the challenge count from 1, which
//! moves a box by a pixel. An object that is marked as difficult counts as a crowd: detections of it are neither right
//! nor wrong.

use roxmltree::{Document, Node, ParsingOptions};

use super::LabelFileError;
use crate::detect::Size;

/// The most elements of a file; a picture with a thousand objects has some ten thousand.
const MAX_NODES: u32 = 1_000_000;

/// What a file says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct VocPicture {
    /// As it is named inside, which may be out of date.
    pub file: Option<String>,
    /// `None` = it does not say, or 0.
    pub size: Option<Size>,
    pub objects: Vec<VocObject>,
}

#[derive(Debug, PartialEq)]
pub(super) struct VocObject {
    pub name: String,
    /// Left, top, width, height in image pixels.
    pub xywh: [f64; 4],
    pub difficult: bool,
}

pub(super) fn picture(text: &str) -> Result<VocPicture, LabelFileError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document =
        Document::parse_with_options(text, options).map_err(|cause| LabelFileError::Xml(cause.to_string()))?;
    let root = document.root_element();
    if !root.has_tag_name("annotation") {
        return Err(LabelFileError::Root(root.tag_name().name().to_owned()));
    }
    let side = |size: &Node<'_, '_>, tag: &str| {
        let side: f64 = text_of(*size, tag)?.parse().ok()?;
        ((1.0..=f64::from(u32::MAX)).contains(&side) && side.fract() == 0.0).then_some(side as u32)
    };
    let size = child(root, "size").and_then(|size| Some(Size::new(side(&size, "width")?, side(&size, "height")?)));
    let objects = root.children().filter(|node| node.has_tag_name("object")).zip(1..);
    Ok(VocPicture {
        file: text_of(root, "filename").map(str::to_owned),
        size,
        objects: objects.map(|(node, object)| read_object(node, object)).collect::<Result<_, _>>()?,
    })
}

fn read_object(node: Node<'_, '_>, object: usize) -> Result<VocObject, LabelFileError> {
    let name = text_of(node, "name").ok_or(LabelFileError::NoTag { object, tag: "name" })?.to_owned();
    let bounds = child(node, "bndbox").ok_or(LabelFileError::NoTag { object, tag: "bndbox" })?;
    let coordinate = |tag: &'static str| {
        let value = text_of(bounds, tag).ok_or(LabelFileError::NoTag { object, tag })?;
        let number: Option<f64> = value.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| LabelFileError::Coordinate { object, tag, value: value.to_owned() })
    };
    let (left, top, right, bottom) =
        (coordinate("xmin")?, coordinate("ymin")?, coordinate("xmax")?, coordinate("ymax")?);
    for (from, to) in [(left, right), (top, bottom)] {
        if to < from {
            return Err(LabelFileError::Reversed { object, from: from.to_string(), to: to.to_string() });
        }
    }
    let difficult = text_of(node, "difficult").is_some_and(|value| !matches!(value, "0" | "false" | "False"));
    Ok(VocObject { name, xywh: [left, top, right - left, bottom - top], difficult })
}

fn child<'a, 'input>(node: Node<'a, 'input>, tag: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.has_tag_name(tag))
}

/// Not empty.
fn text_of<'a>(node: Node<'a, '_>, tag: &str) -> Option<&'a str> {
    child(node, tag)?.text().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "<?xml version=\"1.0\"?>\n<annotation>\n<folder>a</folder><filename>dog &amp; cat.jpg</filename>\
        <size><width>200</width><height>100</height><depth>3</depth></size>\
        <object><name>dog</name><difficult>0</difficult><bndbox><xmin>10.5</xmin><ymin>20</ymin><xmax>30</xmax><ymax>60</ymax>\
        </bndbox></object><object><bndbox><ymax>2</ymax><xmax>4</xmax><ymin>1</ymin><xmin>3</xmin></bndbox><name> cat </name>\
        <difficult>1</difficult></object></annotation>";

    #[test]
    fn a_file_is_read_in_any_order() {
        let read = picture(GOOD).unwrap();
        assert_eq!((read.file.as_deref(), read.size), (Some("dog & cat.jpg"), Some(Size::new(200, 100))));
        let [dog, cat] = read.objects.as_slice() else { panic!("{read:?}") };
        assert_eq!((dog.name.as_str(), dog.xywh, dog.difficult), ("dog", [10.5, 20.0, 19.5, 40.0], false));
        assert_eq!((cat.name.as_str(), cat.xywh, cat.difficult), ("cat", [3.0, 1.0, 1.0, 1.0], true));
        assert_eq!(picture("<annotation/>"), Ok(VocPicture::default()));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, expected) in [
            ("", "it is not XML"),
            ("<annotation><object></annotation>", "it is not XML"),
            ("<svg/>", "begins with <svg>"),
            (&GOOD.replace("<name>dog</name>", ""), "object 1 has no <name>"),
            (&GOOD.replace("<xmin>3</xmin>", ""), "object 2 has no <xmin>"),
            (&GOOD.replace("10.5", "ten"), "object 1: <xmin> is \"ten\", not a number"),
            (&GOOD.replace("10.5", "NaN"), "object 1: <xmin> is \"NaN\""),
            (&GOOD.replace("10.5", "31"), "object 1 ends before it begins (from 31 to 30)"),
            ("<!DOCTYPE a [<!ENTITY b \"bb\">]><annotation>&b;</annotation>", "it is not XML"),
        ] {
            let error = picture(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
