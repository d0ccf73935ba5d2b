//! A network as its cfg gives it: layers, each with the shape of what it puts out.

use crate::detect::{Classes, Form, Head, Size};

/// Channels, height and width of a layer's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TensorShape {
    pub channels: u32,
    pub size: Size,
}

impl TensorShape {
    /// Number of values: channels × height × width.
    pub fn values(self) -> u64 {
        u64::from(self.channels) * self.size.area()
    }
}

impl std::fmt::Display for TensorShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}×{}", self.channels, self.size.height, self.size.width)
    }
}

/// What a cfg describes. Every layer reads only layers before it.
#[derive(Clone, Debug, PartialEq)]
pub struct DarknetNetwork {
    /// In pixels.
    pub input: Size,
    pub layers: Vec<DarknetLayer>,
}

/// One section of the cfg after [net].
#[derive(Clone, Debug, PartialEq)]
pub struct DarknetLayer {
    /// Of its section in the cfg, counted from 1.
    pub line: usize,
    pub kind: LayerKind,
    pub output: TensorShape,
}

/// What a layer computes.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerKind {
    Conv(ConvLayer),
    Route(Route),
    MaxPool(MaxPool),
    Upsample { factor: u32 },
    Yolo(Yolo),
}

/// A square convolution of the layer before it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvLayer {
    pub input_channels: u32,
    /// How many: the channels of the output.
    pub filters: u32,
    /// Side of the window.
    pub size: u32,
    pub stride: u32,
    /// On each side.
    pub padding: u32,
    pub batch_normalize: bool,
    /// Leaky ReLU with slope 0.1 after it, or nothing.
    pub leaky: bool,
}

impl ConvLayer {
    /// Number of weights, without biases.
    pub fn weights(&self) -> u64 {
        u64::from(self.filters) * u64::from(self.input_channels) * u64::from(self.size) * u64::from(self.size)
    }
}

/// Joins layers along the channels, or takes one group of one's channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub layers: Vec<usize>,
    /// Of each layer's channels, divided by `groups`, the part number `group`.
    pub groups: u32,
    pub group: u32,
}

/// The largest value of a square window, channel by channel.
#[derive(Clone, Debug, PartialEq)]
pub struct MaxPool {
    pub size: u32,
    pub stride: u32,
    /// Top, left, bottom, right.
    pub padding: [u32; 4],
}

/// An output: the layer before it is a raw head.
#[derive(Clone, Debug, PartialEq)]
pub struct Yolo {
    /// Width and height in input pixels of the anchors that its mask selects.
    pub anchors: Vec<[f32; 2]>,
    pub classes: u32,
    pub scale_x_y: f32,
    pub stride: u32,
}

impl DarknetNetwork {
    /// The outputs, finest grid first, each with its layer's number.
    pub fn heads(&self) -> Vec<(usize, &Yolo)> {
        let yolos = self.layers.iter().enumerate().filter_map(|(i, layer)| match &layer.kind {
            LayerKind::Yolo(yolo) => Some((i, yolo)),
            _ => None,
        });
        let mut heads: Vec<_> = yolos.collect();
        heads.sort_by_key(|(_, yolo)| yolo.stride);
        heads
    }

    /// How many classes every head tells apart.
    pub fn classes(&self) -> usize {
        self.heads().first().map_or(0, |(_, yolo)| yolo.classes as usize)
    }

    /// What decoding needs. `classes` must have as many names as [`DarknetNetwork::classes`] says.
    pub fn form(&self, classes: Classes) -> Form {
        let head = |yolo: &Yolo| Head { stride: yolo.stride, anchors: yolo.anchors.clone(), scale_x_y: yolo.scale_x_y };
        Form { input: self.input, classes, heads: self.heads().iter().map(|(_, yolo)| head(yolo)).collect() }
    }
}
