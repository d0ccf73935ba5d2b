//! Raw heads to messages and back, bit by bit.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;

use super::messages::{HEADS_VERSION, HeadsMessage, TensorMessage, TimestampMessage};
use super::to_record::FrameToRecord;
use crate::detect::{Form, RawHeads};
use crate::history::Packer;
use crate::model::ModelInfo;

/// Its memory serves the next frame.
#[derive(Default)]
pub struct HeadsEncoder {
    packer: Packer,
    message: HeadsMessage,
}

impl HeadsEncoder {
    /// Replaces `bytes` by the message of the frame with this number. `model`: a model's number.
    pub fn encode(
        &mut self,
        frame: &FrameToRecord<'_>,
        number: u64,
        timestamp: TimestampMessage,
        model: impl Fn(&Arc<ModelInfo>) -> u32,
        bytes: &mut Vec<u8>,
    ) -> io::Result<()> {
        let Self { packer, message } = self;
        message.version = HEADS_VERSION;
        message.timestamp = Some(timestamp);
        (message.frame, message.frame_id) = (number, frame.frame_id);
        message.source.clear();
        message.source.push_str(frame.source);
        (message.width, message.height) = (frame.frame.width(), frame.frame.height());
        message.media_time_ns = frame.media_time.map_or(-1, |time| time.as_nanos() as i64);
        let nanos = |time: Duration| time.as_nanos() as u64;
        (message.capture_ns, message.letterbox_ns, message.age_ns) =
            (nanos(frame.capture), nanos(frame.letterbox), nanos(frame.age));
        message.pixels_crc32 = crc32fast::hash(frame.frame.rgb());
        message.outputs.resize_with(frame.outputs.len(), Default::default);
        for (to, output) in message.outputs.iter_mut().zip(frame.outputs) {
            (to.slot, to.model, to.inference_ns) = (output.slot as u32, model(output.model), nanos(output.inference));
            (to.score, to.nms_iou) = (output.thresholds.score, output.thresholds.nms_iou);
            to.tensors.resize_with(output.heads.heads.len(), Default::default);
            for (to, tensor) in to.tensors.iter_mut().zip(&output.heads.heads) {
                pack(tensor, packer, to);
            }
        }
        bytes.clear();
        message.encode(bytes).map_err(io::Error::other)
    }
}

fn pack(tensor: &[f32], packer: &mut Packer, to: &mut TensorMessage) {
    to.length = tensor.len() as u32;
    [&mut to.floats, &mut to.table, &mut to.places].into_iter().for_each(Vec::clear);
    match packer.pack(tensor) {
        Some((values, places)) => {
            write_floats(values, &mut to.table);
            to.places.extend_from_slice(places);
        }
        None => write_floats(tensor, &mut to.floats),
    }
    to.crc32 = to.sum();
}

fn write_floats(values: &[f32], bytes: &mut Vec<u8>) {
    bytes.resize(values.len() * 4, 0);
    for (to, value) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(values) {
        *to = value.to_le_bytes();
    }
}

/// The heads of a message, which must be those of a model of this form. `Err`: why they are not.
pub fn unpacked(tensors: &[TensorMessage], form: &Form) -> Result<RawHeads, String> {
    if tensors.len() != form.heads.len() {
        return Err(format!("it has {} raw heads in place of {}", tensors.len(), form.heads.len()));
    }
    let heads = tensors.iter().zip(&form.heads).map(|(tensor, head)| {
        // Before memory is taken.
        let wanted: usize = form.shape(head).iter().product();
        if tensor.sum() != tensor.crc32 {
            return Err("the sum of its raw heads is wrong".to_owned());
        }
        let length = if tensor.places.is_empty() { tensor.floats.len() / 4 } else { tensor.places.len() };
        if length != wanted || tensor.length as usize != wanted {
            return Err(format!("a raw head has {length} values in place of {wanted}"));
        }
        if tensor.places.is_empty() {
            return Ok(floats(&tensor.floats).collect());
        }
        let table: Vec<f32> = floats(&tensor.table).collect();
        let value = |place: &u8| table.get(usize::from(*place)).copied();
        tensor
            .places
            .iter()
            .map(value)
            .collect::<Option<Vec<f32>>>()
            .ok_or_else(|| "a raw head has no such value".into())
    });
    Ok(RawHeads { heads: heads.collect::<Result<_, String>>()? })
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks::<4>().0.iter().map(|chunk| f32::from_le_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::{Classes, Head, Size};

    /// Of one head with as many values.
    fn form(cells: u32) -> Form {
        let head = Head { stride: 8, anchors: vec![[9.0, 9.0]], scale_x_y: 1.0 };
        Form { input: Size::new(8 * cells, 8), classes: Classes::new(["a"]), heads: vec![head] }
    }

    fn bits(tensor: &[f32]) -> Vec<u32> {
        tensor.iter().map(|value| value.to_bits()).collect()
    }

    proptest! {
        #[test]
        fn every_bit_comes_back(seeds in prop::collection::vec(any::<u32>(), 1..90), few in any::<bool>()) {
            let form = form(seeds.len() as u32);
            let seed = |i: usize| seeds[i % seeds.len()].wrapping_mul(if few { 1 } else { i as u32 + 1 });
            let tensor: Vec<f32> = (0..seeds.len() * 6).map(|i| f32::from_bits(seed(i))).collect();
            let mut message = TensorMessage { floats: vec![1; 9], table: vec![2; 9], places: vec![3], ..Default::default() };
            pack(&tensor, &mut Packer::default(), &mut message);
            let back = unpacked(std::slice::from_ref(&message), &form).unwrap();
            prop_assert_eq!(bits(&back.heads[0]), bits(&tensor));
            let part = if message.places.is_empty() { &mut message.floats } else { &mut message.places };
            part[0] ^= 1;
            prop_assert!(unpacked(std::slice::from_ref(&message), &form).is_err());
        }
    }
}
