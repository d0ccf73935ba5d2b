//! The boxes of one model as a message that Foxglove draws.

use std::io;

use prost::Message as _;

use super::messages::{AnnotationsMessage, ColourMessage, PointMessage, PointsMessage, TextMessage, TimestampMessage};
use super::to_record::OutputToRecord;
use crate::detect::{Detection, Letterbox, Postprocessor, Size};

const fn colour(r: f64, g: f64, b: f64, a: f64) -> ColourMessage {
    ColourMessage { r, g, b, a }
}

/// Of A's boxes, and of B's: blue and orange, which nobody takes for each other.
const COLOURS: [ColourMessage; 2] = [colour(0.34, 0.71, 0.91, 1.0), colour(0.9, 0.62, 0.0, 1.0)];
const INK: ColourMessage = colour(0.0, 0.0, 0.0, 1.0);

/// Of a box's lines, and of its label's letters, as parts of the picture's height.
const THICKNESS: f64 = 0.004;
const LETTERS: f64 = 0.03;

/// Decodes raw heads and writes their boxes; its memory serves the next frame.
#[derive(Default)]
pub struct BoxesEncoder {
    postprocessor: Postprocessor,
    message: AnnotationsMessage,
}

impl BoxesEncoder {
    /// Replaces `bytes` by the message. `image`: the frame's size.
    pub fn encode(
        &mut self,
        output: &OutputToRecord<'_>,
        image: Size,
        timestamp: TimestampMessage,
        bytes: &mut Vec<u8>,
    ) -> io::Result<()> {
        let form = &output.model.form;
        let letterbox = Letterbox::new(image, form.input);
        let detections = self.postprocessor.run(form, output.heads, &letterbox, output.thresholds);
        let colour = COLOURS.get(output.slot).copied().unwrap_or(INK);
        let height = f64::from(image.height);
        self.message.points.clear();
        self.message.texts.clear();
        for Detection { class_id, score, bbox, .. } in detections {
            let [left, top, right, bottom] = bbox.to_array().map(f64::from);
            let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
            self.message.points.push(PointsMessage {
                timestamp: Some(timestamp),
                kind: PointsMessage::LINE_LOOP,
                points: corners.map(|(x, y)| PointMessage { x, y }).to_vec(),
                outline_color: Some(colour),
                thickness: (height * THICKNESS).max(1.0),
            });
            self.message.texts.push(TextMessage {
                timestamp: Some(timestamp),
                position: Some(PointMessage { x: left, y: top }),
                text: format!("{} {score:.2}", form.classes.name(*class_id)),
                font_size: (height * LETTERS).max(8.0),
                text_color: Some(INK),
                background_color: Some(colour),
            });
        }
        bytes.clear();
        self.message.encode(bytes).map_err(io::Error::other)
    }
}
