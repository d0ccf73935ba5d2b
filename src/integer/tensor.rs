//! A network's tensors, and the memory that holds their values.

/// Shape of one image. Values are stored with channels innermost: height, width, channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Shape {
    /// Number of pixel positions.
    pub fn positions(self) -> usize {
        self.height * self.width
    }

    /// Saturates; the reader rejects shapes long before that.
    pub fn values(self) -> usize {
        self.positions().saturating_mul(self.channels)
    }
}

/// The order in which the model writes a tensor's dimensions; it does not affect storage here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// Batch, channels, height, width, as everywhere in ONNX.
    ChannelsFirst,
    /// Batch, height, width, channels: after a `Transpose`, before a matrix product.
    ChannelsLast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    U8,
    /// Stored as uint8 with 128 added.
    I8,
    F32,
}

impl Element {
    pub fn bytes(self) -> usize {
        if self == Self::F32 { 4 } else { 1 }
    }
}

/// One tensor of a [`Network`](super::Network).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    pub name: String,
    pub shape: Shape,
    pub axes: Axes,
    pub element: Element,
    /// Index of the network's buffer that holds it. Tensors that differ only in name and axes share one.
    pub(super) buffer: usize,
}

impl Tensor {
    /// Dimensions as in the model; the batch is 1.
    pub fn dims(&self) -> [usize; 4] {
        let Shape { channels, height, width } = self.shape;
        match self.axes {
            Axes::ChannelsFirst => [1, channels, height, width],
            Axes::ChannelsLast => [1, height, width, channels],
        }
    }
}

/// A tensor's values, in the order of its dimensions, as ONNX Runtime would return them.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    U8(Vec<u8>),
    I8(Vec<i8>),
    F32(Vec<f32>),
}

impl Values {
    /// How many values are not those of `other`, which are of the same tensor.
    pub fn differing(&self, other: &Self) -> usize {
        fn count<T: PartialEq>(one: &[T], other: &[T]) -> usize {
            one.iter().zip(other).filter(|(one, other)| one != other).count()
        }
        match (self, other) {
            (Self::U8(one), Self::U8(other)) => count(one, other),
            (Self::I8(one), Self::I8(other)) => count(one, other),
            (Self::F32(one), Self::F32(other)) => count(one, other),
            // A tensor has one type.
            _ => 0,
        }
    }
}

/// Memory for one or more tensors.
#[derive(Clone, Debug)]
pub(super) enum Buffer {
    Bytes(Vec<u8>),
    Floats(Vec<f32>),
}

impl Default for Buffer {
    /// Allocates nothing.
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

impl Buffer {
    pub fn new(tensor: &Tensor) -> Self {
        let values = tensor.shape.values();
        match tensor.element {
            Element::F32 => Self::Floats(vec![0.0; values]),
            Element::U8 | Element::I8 => Self::Bytes(vec![0; values]),
        }
    }

    pub fn values(&self, tensor: &Tensor) -> Values {
        match (self, tensor.element) {
            (Self::Floats(values), _) => Values::F32(in_order(values, tensor)),
            (Self::Bytes(bytes), Element::I8) => {
                let signed: Vec<i8> = bytes.iter().map(|byte| (byte ^ 128).cast_signed()).collect();
                Values::I8(in_order(&signed, tensor))
            }
            (Self::Bytes(bytes), _) => Values::U8(in_order(bytes, tensor)),
        }
    }
}

fn in_order<T: Copy>(values: &[T], tensor: &Tensor) -> Vec<T> {
    match tensor.axes {
        Axes::ChannelsLast => values.to_vec(),
        Axes::ChannelsFirst => {
            let channels = tensor.shape.channels;
            (0..channels).flat_map(|channel| values.iter().skip(channel).step_by(channels).copied()).collect()
        }
    }
}
