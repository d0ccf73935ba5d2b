//! The messages of a recording, as protobuf. `schemas` describes the same fields to other programs.

use prost::{Message, decode_length_delimiter};

/// The version of [`HeadsMessage`] that is written, and the newest that is read.
pub const HEADS_VERSION: u32 = 1;

/// The most outputs of a frame, and raw heads of an output; there are two models with a few heads each.
const MAX_PARTS: usize = 64;

/// `google.protobuf.Timestamp`
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct TimestampMessage {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl TimestampMessage {
    /// `unix`: nanoseconds since 1970.
    pub fn of(unix: u64) -> Self {
        Self { seconds: (unix / 1_000_000_000) as i64, nanos: (unix % 1_000_000_000) as i32 }
    }
}

/// `foxglove.CompressedImage`
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ImageMessage {
    #[prost(message, optional, tag = "1")]
    pub timestamp: Option<TimestampMessage>,
    #[prost(bytes = "vec", tag = "2")]
    pub data: Vec<u8>,
    /// "jpeg" or "png".
    #[prost(string, tag = "3")]
    pub format: String,
    #[prost(string, tag = "4")]
    pub frame_id: String,
}

/// `foxglove.ImageAnnotations`; it has circles too, which are never written.
#[derive(Clone, PartialEq, Message)]
pub struct AnnotationsMessage {
    #[prost(message, repeated, tag = "2")]
    pub points: Vec<PointsMessage>,
    #[prost(message, repeated, tag = "3")]
    pub texts: Vec<TextMessage>,
}

/// `foxglove.PointsAnnotation`
#[derive(Clone, PartialEq, Message)]
pub struct PointsMessage {
    #[prost(message, optional, tag = "1")]
    pub timestamp: Option<TimestampMessage>,
    #[prost(int32, tag = "2")]
    pub kind: i32,
    #[prost(message, repeated, tag = "3")]
    pub points: Vec<PointMessage>,
    #[prost(message, optional, tag = "4")]
    pub outline_color: Option<ColourMessage>,
    #[prost(double, tag = "7")]
    pub thickness: f64,
}

impl PointsMessage {
    /// A closed polygon.
    pub const LINE_LOOP: i32 = 2;
}

/// `foxglove.TextAnnotation`
#[derive(Clone, PartialEq, Message)]
pub struct TextMessage {
    #[prost(message, optional, tag = "1")]
    pub timestamp: Option<TimestampMessage>,
    #[prost(message, optional, tag = "2")]
    pub position: Option<PointMessage>,
    #[prost(string, tag = "3")]
    pub text: String,
    #[prost(double, tag = "4")]
    pub font_size: f64,
    #[prost(message, optional, tag = "5")]
    pub text_color: Option<ColourMessage>,
    #[prost(message, optional, tag = "6")]
    pub background_color: Option<ColourMessage>,
}

/// `foxglove.Point2`, in pixels of the picture.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct PointMessage {
    #[prost(double, tag = "1")]
    pub x: f64,
    #[prost(double, tag = "2")]
    pub y: f64,
}

/// `foxglove.Color`, each from 0 to 1.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct ColourMessage {
    #[prost(double, tag = "1")]
    pub r: f64,
    #[prost(double, tag = "2")]
    pub g: f64,
    #[prost(double, tag = "3")]
    pub b: f64,
    #[prost(double, tag = "4")]
    pub a: f64,
}

/// `twinsight.Heads`: what the models computed of one frame. `docs/recording.md` says what each field means.
#[derive(Clone, PartialEq, Message)]
pub struct HeadsMessage {
    #[prost(uint32, tag = "1")]
    pub version: u32,
    #[prost(message, optional, tag = "2")]
    pub timestamp: Option<TimestampMessage>,
    /// In the recording, from 0.
    #[prost(uint64, tag = "3")]
    pub frame: u64,
    /// At the source: gaps are frames that were dropped.
    #[prost(uint64, tag = "4")]
    pub frame_id: u64,
    #[prost(string, tag = "5")]
    pub source: String,
    #[prost(uint32, tag = "6")]
    pub width: u32,
    #[prost(uint32, tag = "7")]
    pub height: u32,
    /// -1: the source has no time of its own.
    #[prost(int64, tag = "8")]
    pub media_time_ns: i64,
    #[prost(uint64, tag = "9")]
    pub capture_ns: u64,
    #[prost(uint64, tag = "10")]
    pub letterbox_ns: u64,
    #[prost(uint64, tag = "11")]
    pub age_ns: u64,
    /// CRC-32 of the frame's pixels as the models saw them, RGB.
    #[prost(fixed32, tag = "12")]
    pub pixels_crc32: u32,
    #[prost(message, repeated, tag = "13")]
    pub outputs: Vec<OutputMessage>,
}

impl HeadsMessage {
    /// Decodes a message. `Err`: why it cannot be. Parts are counted before memory is taken for them: an empty one is two
    /// bytes in a file, and a hundred here.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        for output in parts(bytes, 13)? {
            parts(output, 6)?;
        }
        Self::decode(bytes).map_err(|error| error.to_string())
    }
}

/// The fields of a message with this tag.
fn parts(mut bytes: &[u8], tag: usize) -> Result<Vec<&[u8]>, String> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (found, data, rest) = field(bytes).ok_or("its raw heads are not a message")?;
        if found == tag {
            parts.push(data);
        }
        if parts.len() > MAX_PARTS {
            return Err("it has more raw heads than any model".into());
        }
        bytes = rest;
    }
    Ok(parts)
}

/// The tag and the data of a message's first field, and what follows. `None`: it is cut, or is a group, which nobody
/// writes any more.
fn field(mut bytes: &[u8]) -> Option<(usize, &[u8], &[u8])> {
    let key = decode_length_delimiter(&mut bytes).ok()?;
    let length = match key & 7 {
        0 => bytes.iter().position(|byte| *byte < 0x80)? + 1,
        1 => 8,
        2 => decode_length_delimiter(&mut bytes).ok()?,
        5 => 4,
        _ => return None,
    };
    let (data, rest) = bytes.split_at_checked(length)?;
    Some((key >> 3, data, rest))
}

/// `twinsight.Output`
#[derive(Clone, PartialEq, Message)]
pub struct OutputMessage {
    /// 0 is A, 1 is B.
    #[prost(uint32, tag = "1")]
    pub slot: u32,
    /// The number in the metadata record `twinsight.model`.
    #[prost(uint32, tag = "2")]
    pub model: u32,
    #[prost(uint64, tag = "3")]
    pub inference_ns: u64,
    #[prost(float, tag = "4")]
    pub score: f32,
    #[prost(float, tag = "5")]
    pub nms_iou: f32,
    #[prost(message, repeated, tag = "6")]
    pub tensors: Vec<TensorMessage>,
}

/// `twinsight.Tensor`: its values open, or as places in a table.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct TensorMessage {
    /// Number of values.
    #[prost(uint32, tag = "1")]
    pub length: u32,
    /// Every value, float32, little endian; empty where `places` is not.
    #[prost(bytes = "vec", tag = "2")]
    pub floats: Vec<u8>,
    /// At most 256 values that differ, float32, little endian.
    #[prost(bytes = "vec", tag = "3")]
    pub table: Vec<u8>,
    /// For each value its place in the table.
    #[prost(bytes = "vec", tag = "4")]
    pub places: Vec<u8>,
    /// CRC-32 of `floats`, then `table`, then `places`.
    #[prost(fixed32, tag = "5")]
    pub crc32: u32,
}

impl TensorMessage {
    /// The sum of what it has now.
    pub fn sum(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        [&self.floats, &self.table, &self.places].into_iter().for_each(|part| hasher.update(part));
        hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field with this data, which is short.
    fn of(tag: u8, data: &[u8]) -> Vec<u8> {
        [&[(tag << 3) | 2, data.len() as u8], data].concat()
    }

    #[test]
    fn a_message_comes_back() {
        let tensor = TensorMessage { length: 2, floats: vec![7; 8], crc32: u32::MAX, ..Default::default() };
        let output = OutputMessage { slot: 1, score: 0.25, tensors: vec![tensor; 3], ..Default::default() };
        let timestamp = Some(TimestampMessage::of(u64::MAX));
        let source = "camera".to_owned();
        let outputs = vec![output; 2];
        let message = HeadsMessage { version: 1, timestamp, source, media_time_ns: -1, outputs, ..Default::default() };
        let bytes = message.encode_to_vec();
        assert_eq!(HeadsMessage::read(&bytes), Ok(message));
        assert!(HeadsMessage::read(&bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    fn more_parts_than_a_frame_has_are_refused() {
        let outputs = of(13, &[]).repeat(MAX_PARTS);
        assert_eq!(HeadsMessage::read(&outputs).map(|message| message.outputs.len()), Ok(MAX_PARTS));
        assert!(HeadsMessage::read(&[outputs, of(13, &[])].concat()).is_err());
        let [few, many] = [40, 200].map(|bytes| of(13, &of(6, &[]).repeat(bytes / 2)));
        assert_eq!(HeadsMessage::read(&[few.clone(), few].concat()).map(|message| message.outputs.len()), Ok(2));
        // A length of two bytes.
        assert!(many[1] >= 0x80);
        let many = [&[many[0], many[1], 1], &many[2..]].concat();
        assert!(HeadsMessage::read(&many).is_err());
        // A group, behind which nothing would be counted.
        assert!(HeadsMessage::read(&[(1 << 3) | 3, (1 << 3) | 4]).is_err());
    }
}
