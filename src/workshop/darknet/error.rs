//! Why a cfg or a weights file cannot be read, and where.

use crate::detect::Size;

/// A cfg that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {cause}", if section.is_empty() { String::new() } else { format!(", [{section}]") })]
pub struct CfgError {
    /// Counted from 1.
    pub line: usize,
    /// Without its brackets; empty before the first.
    pub section: String,
    pub cause: CfgCause,
}

/// What is wrong in a cfg.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CfgCause {
    #[error("the file has {bytes} bytes, but a cfg has at most {limit}")]
    TooLong { bytes: usize, limit: usize },
    #[error("the file does not begin with [net]; is it a darknet cfg?")]
    NoNet,
    #[error("\"{0}\" is neither a section, a comment, nor key=value")]
    BadLine(String),
    #[error("unknown section; a network of this family has net, convolutional, route, maxpool, upsample and yolo")]
    UnknownSection,
    #[error("a second [net]")]
    SecondNet,
    #[error("the key {0} is missing")]
    MissingKey(&'static str),
    #[error("the key {0} is given twice with different values, of which darknet takes the first; keep that one")]
    KeyTwice(String),
    #[error(
        "the key {0} is unknown, and might change what the layer computes; if the network was trained with \
         AlexeyAB/darknet, which ignores it, delete the line"
    )]
    UnknownKey(String),
    #[error("the key {key} is ignored by darknet, whose keys are in lower case; write {meant}, or delete the line")]
    KeyCase { key: String, meant: &'static str },
    #[error("{key}={value} is not supported: {why}")]
    NotSupported { key: String, value: String, why: &'static str },
    #[error("{key}={text}: here darknet takes a comment for a part of the value; put it on a line of its own")]
    CommentInText { key: &'static str, text: String },
    #[error("{key}={text}: darknet counts the commas of a comment too; put it on a line of its own")]
    CommaInComment { key: &'static str, text: String },
    #[error("{key}={value} is invalid; it takes {expected}")]
    BadValue { key: String, value: String, expected: String },
    #[error("more than {limit} layers")]
    TooManyLayers { limit: usize },
    #[error("the layer's output has {values} values, more than the limit of {limit}")]
    OutputTooLarge { values: u64, limit: u64 },
    #[error("the layer brings the network to {values} weights, more than the limit of {limit}")]
    TooManyWeights { values: u64, limit: u64 },
    #[error("the layer's window of {window} does not fit its input of {input}")]
    WindowTooLarge { window: u32, input: Size },
    #[error("layers={given} names layer {layer}, but only layers 0 to {last} come before this one")]
    RouteToNowhere { given: i64, layer: i64, last: i64 },
    #[error("the layer reads layer {layer}, a [yolo], which has no output; a [route] to another layer is needed")]
    ReadsYolo { layer: usize },
    #[error("it concatenates {first} and {other} (channels×height×width), whose heights and widths differ")]
    RouteSizes { first: String, other: String },
    #[error("{groups} groups do not divide the {channels} channels of layer {layer}")]
    Groups { groups: u32, channels: u32, layer: usize },
    #[error("a [convolutional] with activation=linear must come right before it")]
    NoConvBeforeYolo,
    #[error(
        "the [convolutional] before it has filters={filters}, but {anchors} anchors × (5 + {classes} classes) need \
         filters={needed}"
    )]
    FiltersBeforeYolo { filters: u32, anchors: usize, classes: u32, needed: u64 },
    #[error("anchors has {found} numbers, but each anchor is a width and a height")]
    AnchorCount { found: usize },
    #[error("mask names anchor {mask}, but num={num} and anchors gives {given}; anchors are counted from 0")]
    MaskOutside { mask: u32, num: u32, given: usize },
    #[error("classes={classes}, but the [yolo] before it has classes={before}")]
    ClassesDiffer { classes: u32, before: u32 },
    #[error("its grid is {grid}, which does not evenly divide the input's {input}")]
    StrideDoesNotDivide { grid: Size, input: Size },
    #[error("two [yolo] have a grid of {grid}: they could not be told apart")]
    SameGrid { grid: Size },
    #[error("the file does not end with a [yolo]; is it truncated?")]
    EndsWithoutHead,
}

/// A weights file that cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("at byte {offset}{}: {cause}", layer.map_or_else(String::new, |l| format!(", layer {l}")))]
pub struct WeightsError {
    /// From the file's start.
    pub offset: u64,
    /// Counted from 0 over all of the cfg's layers, as darknet prints them; `None` in the header.
    pub layer: Option<usize>,
    pub cause: WeightsCause,
}

/// What is wrong in a weights file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WeightsCause {
    #[error("the file ends within its header; download it again")]
    HeaderCut,
    #[error("the header gives version {major}.{minor}.{revision}; this is not a darknet weights file")]
    WrongHeader { major: i32, minor: i32, revision: i32 },
    #[error(
        "the file ends within the layer's {array}, which need {needed} bytes but only {left} are left; it is \
         truncated, or belongs to another cfg"
    )]
    Truncated { array: &'static str, needed: u64, left: u64 },
    #[error("{bytes} bytes are left over after the last layer; the file belongs to another cfg")]
    Trailing { bytes: u64 },
    #[error("value {index} of the layer's {array} is {value}; the file is damaged, or belongs to another cfg")]
    BadValue { array: &'static str, index: usize, value: f32 },
}
