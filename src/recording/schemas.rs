//! The schemas of a recording's channels, as sets of protobuf file descriptors: what a reader needs that knows none of
//! our messages. Foxglove's own are its published ones, so that it draws pictures and boxes by itself.

use prost::Message;

/// What a field is.
#[derive(Clone, Copy)]
enum FieldKind {
    Double,
    Float,
    Int64,
    Uint64,
    Int32,
    Uint32,
    Fixed32,
    String,
    Bytes,
    Message(&'static str),
    Enum(&'static str),
}

use FieldKind::{Bytes, Double, Enum, Fixed32, Float, Int32, Int64, String as Text, Uint32, Uint64};

/// One message: its fields by name and number; those in `many` are repeated.
struct MessageSchema {
    name: &'static str,
    fields: &'static [(&'static str, i32, FieldKind)],
    many: &'static [&'static str],
    /// An enum inside it, with its values from 0.
    values: Option<(&'static str, &'static [&'static str])>,
}

const fn message(name: &'static str, fields: &'static [(&'static str, i32, FieldKind)]) -> MessageSchema {
    MessageSchema { name, fields, many: &[], values: None }
}

const TIME: FieldKind = FieldKind::Message(".google.protobuf.Timestamp");
const POINT: FieldKind = FieldKind::Message(".foxglove.Point2");
const COLOUR: FieldKind = FieldKind::Message(".foxglove.Color");

const TIMESTAMP: &[MessageSchema] = &[message("Timestamp", &[("seconds", 1, Int64), ("nanos", 2, Int32)])];

const IMAGE: &[MessageSchema] = &[message(
    "CompressedImage",
    &[("timestamp", 1, TIME), ("frame_id", 4, Text), ("data", 2, Bytes), ("format", 3, Text)],
)];

const ANNOTATIONS: &[MessageSchema] = &[
    message("Color", &[("r", 1, Double), ("g", 2, Double), ("b", 3, Double), ("a", 4, Double)]),
    message("Point2", &[("x", 1, Double), ("y", 2, Double)]),
    message(
        "CircleAnnotation",
        &[
            ("timestamp", 1, TIME),
            ("position", 2, POINT),
            ("diameter", 3, Double),
            ("thickness", 4, Double),
            ("fill_color", 5, COLOUR),
            ("outline_color", 6, COLOUR),
        ],
    ),
    MessageSchema {
        name: "PointsAnnotation",
        fields: &[
            ("timestamp", 1, TIME),
            ("type", 2, Enum(".foxglove.PointsAnnotation.Type")),
            ("points", 3, POINT),
            ("outline_color", 4, COLOUR),
            ("outline_colors", 5, COLOUR),
            ("fill_color", 6, COLOUR),
            ("thickness", 7, Double),
        ],
        many: &["points", "outline_colors"],
        values: Some(("Type", &["UNKNOWN", "POINTS", "LINE_LOOP", "LINE_STRIP", "LINE_LIST"])),
    },
    message(
        "TextAnnotation",
        &[
            ("timestamp", 1, TIME),
            ("position", 2, POINT),
            ("text", 3, Text),
            ("font_size", 4, Double),
            ("text_color", 5, COLOUR),
            ("background_color", 6, COLOUR),
        ],
    ),
    MessageSchema {
        name: "ImageAnnotations",
        fields: &[
            ("circles", 1, FieldKind::Message(".foxglove.CircleAnnotation")),
            ("points", 2, FieldKind::Message(".foxglove.PointsAnnotation")),
            ("texts", 3, FieldKind::Message(".foxglove.TextAnnotation")),
        ],
        many: &["circles", "points", "texts"],
        values: None,
    },
];

const HEADS: &[MessageSchema] = &[
    message(
        "Tensor",
        &[
            ("length", 1, Uint32),
            ("floats", 2, Bytes),
            ("table", 3, Bytes),
            ("places", 4, Bytes),
            ("crc32", 5, Fixed32),
        ],
    ),
    MessageSchema {
        name: "Output",
        fields: &[
            ("slot", 1, Uint32),
            ("model", 2, Uint32),
            ("inference_ns", 3, Uint64),
            ("score", 4, Float),
            ("nms_iou", 5, Float),
            ("tensors", 6, FieldKind::Message(".twinsight.Tensor")),
        ],
        many: &["tensors"],
        values: None,
    },
    MessageSchema {
        name: "Heads",
        fields: &[
            ("version", 1, Uint32),
            ("timestamp", 2, TIME),
            ("frame", 3, Uint64),
            ("frame_id", 4, Uint64),
            ("source", 5, Text),
            ("width", 6, Uint32),
            ("height", 7, Uint32),
            ("media_time_ns", 8, Int64),
            ("capture_ns", 9, Uint64),
            ("letterbox_ns", 10, Uint64),
            ("age_ns", 11, Uint64),
            ("pixels_crc32", 12, Fixed32),
            ("outputs", 13, FieldKind::Message(".twinsight.Output")),
        ],
        many: &["outputs"],
        values: None,
    },
];

/// One kind of message in a recording.
pub struct ChannelSchema {
    /// As "foxglove.CompressedImage".
    pub name: &'static str,
    package: &'static str,
    messages: &'static [MessageSchema],
}

/// Pictures.
pub const IMAGES: ChannelSchema =
    ChannelSchema { name: "foxglove.CompressedImage", package: "foxglove", messages: IMAGE };
/// Boxes with their names.
pub const BOXES: ChannelSchema =
    ChannelSchema { name: "foxglove.ImageAnnotations", package: "foxglove", messages: ANNOTATIONS };
/// Raw heads.
pub const RAW_HEADS: ChannelSchema = ChannelSchema { name: "twinsight.Heads", package: "twinsight", messages: HEADS };

impl ChannelSchema {
    /// The bytes of a `google.protobuf.FileDescriptorSet`.
    pub fn descriptors(&self) -> Vec<u8> {
        let timestamp = "google/protobuf/timestamp.proto";
        let file = format!("{}.proto", self.name.replace('.', "/"));
        let files = vec![
            file_descriptor(timestamp.to_owned(), "google.protobuf", Vec::new(), TIMESTAMP),
            file_descriptor(file, self.package, vec![timestamp.to_owned()], self.messages),
        ];
        FileDescriptorSet { files }.encode_to_vec()
    }
}

fn file_descriptor(name: String, package: &str, imports: Vec<String>, messages: &[MessageSchema]) -> FileDescriptor {
    let messages = messages.iter().map(MessageSchema::descriptor).collect();
    FileDescriptor { name, package: package.to_owned(), imports, messages, syntax: "proto3".to_owned() }
}

impl MessageSchema {
    fn descriptor(&self) -> MessageDescriptor {
        let field = |(name, number, kind): &(&'static str, i32, FieldKind)| {
            let (code, type_name) = kind.code();
            // Label 1 is "optional", 3 is "repeated".
            let label = if self.many.contains(name) { 3 } else { 1 };
            FieldDescriptor { name: (*name).to_owned(), number: *number, label, code, type_name: type_name.to_owned() }
        };
        let value = |(name, number): (&&str, i32)| ValueDescriptor { name: (*name).to_owned(), number: Some(number) };
        let values = self.values.iter().map(|(name, values)| EnumDescriptor {
            name: (*name).to_owned(),
            values: values.iter().zip(0..).map(value).collect(),
        });
        MessageDescriptor {
            name: self.name.to_owned(),
            fields: self.fields.iter().map(field).collect(),
            enums: values.collect(),
        }
    }
}

impl FieldKind {
    /// `FieldDescriptorProto.Type`, and the name of a type that is not a plain one.
    fn code(self) -> (i32, &'static str) {
        match self {
            Self::Double => (1, ""),
            Self::Float => (2, ""),
            Self::Int64 => (3, ""),
            Self::Uint64 => (4, ""),
            Self::Int32 => (5, ""),
            Self::Fixed32 => (7, ""),
            Self::String => (9, ""),
            Self::Message(name) => (11, name),
            Self::Bytes => (12, ""),
            Self::Uint32 => (13, ""),
            Self::Enum(name) => (14, name),
        }
    }
}

/// The parts of descriptor.proto that are needed.
#[derive(Clone, PartialEq, Message)]
struct FileDescriptorSet {
    #[prost(message, repeated, tag = "1")]
    files: Vec<FileDescriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct FileDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    package: String,
    #[prost(string, repeated, tag = "3")]
    imports: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    messages: Vec<MessageDescriptor>,
    #[prost(string, tag = "12")]
    syntax: String,
}

#[derive(Clone, PartialEq, Message)]
struct MessageDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    fields: Vec<FieldDescriptor>,
    #[prost(message, repeated, tag = "4")]
    enums: Vec<EnumDescriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int32, tag = "3")]
    number: i32,
    #[prost(int32, tag = "4")]
    label: i32,
    #[prost(int32, tag = "5")]
    code: i32,
    #[prost(string, tag = "6")]
    type_name: String,
}

#[derive(Clone, PartialEq, Message)]
struct EnumDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    values: Vec<ValueDescriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    /// Written even where it is 0.
    #[prost(int32, optional, tag = "2")]
    number: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_in_the_set_and_no_number_is_there_twice() {
        for schema in [IMAGES, BOXES, RAW_HEADS] {
            let set = FileDescriptorSet::decode(schema.descriptors().as_slice()).unwrap();
            let mut known = Vec::new();
            for file in &set.files {
                for message in &file.messages {
                    let name = format!(".{}.{}", file.package, message.name);
                    known.extend(message.enums.iter().map(|e| format!("{name}.{}", e.name)));
                    known.push(name);
                }
            }
            assert!(known.contains(&format!(".{}", schema.name)), "{known:?}");
            for message in set.files.iter().flat_map(|file| &file.messages) {
                let mut numbers: Vec<i32> = message.fields.iter().map(|field| field.number).collect();
                numbers.sort_unstable();
                numbers.dedup();
                assert_eq!(numbers.len(), message.fields.len(), "{}", message.name);
                for field in message.fields.iter().filter(|field| !field.type_name.is_empty()) {
                    assert!(known.contains(&field.type_name), "{} {}", message.name, field.type_name);
                }
            }
        }
    }
}
