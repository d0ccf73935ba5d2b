//! Pixels with times, as Matroska that goes through a pipe.
//!
//! Of the container no more than this needs: one track of uncompressed RGB, and a cluster for each frame. Lengths and numbers
//! are written in eight bytes, whatever their size. See RFC 8794 (EBML) and RFC 9559 (Matroska).

use std::io::{self, Write};
use std::time::Duration;

use crate::detect::Size;

const EBML: u32 = 0x1A45_DFA3;
const DOC_TYPE: u32 = 0x4282;
const DOC_TYPE_VERSION: u32 = 0x4287;
const DOC_TYPE_READ_VERSION: u32 = 0x4285;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TIMESTAMP_SCALE: u32 = 0x2A_D7B1;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK: u32 = 0xAE;
const TRACK_NUMBER: u32 = 0xD7;
const TRACK_UID: u32 = 0x73C5;
const TRACK_TYPE: u32 = 0x83;
const CODEC: u32 = 0x86;
const VIDEO_TRACK: u32 = 0xE0;
const WIDTH: u32 = 0xB0;
const HEIGHT: u32 = 0xBA;
const COLOUR_SPACE: u32 = 0x2E_B524;
const CLUSTER: u32 = 0x1F43_B675;
const TIMESTAMP: u32 = 0xE7;
const GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const DURATION: u32 = 0x9B;

/// Nanoseconds of one tick: a microsecond.
const TICK: u64 = 1000;

/// Bytes of an element that holds one number, with an identity of one byte.
const NUMBER: u64 = 1 + 8 + 8;

/// In front of a block's pixels: the track, the time in the cluster, flags.
const BLOCK_HEAD: [u8; 4] = [0x81, 0, 0, 0];

/// Writes one frame after another.
pub(super) struct RawStream<W: Write> {
    to: W,
    /// Of the last frame, whose duration is written once the next one is there.
    last: Option<Duration>,
}

impl<W: Write> RawStream<W> {
    /// Frames of this size will come.
    pub fn begin(mut to: W, size: Size) -> io::Result<Self> {
        let mut head = Vec::new();
        let version = [text(DOC_TYPE, b"matroska"), number(DOC_TYPE_VERSION, 4), number(DOC_TYPE_READ_VERSION, 2)];
        head.extend(element(EBML, &version.concat()));
        // Without an end.
        head.extend(id(SEGMENT));
        head.extend([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        head.extend(element(INFO, &number(TIMESTAMP_SCALE, TICK)));
        let video = [
            number(WIDTH, size.width.into()),
            number(HEIGHT, size.height.into()),
            // As ffmpeg and QuickTime name packed RGB.
            text(COLOUR_SPACE, b"RGB\x18"),
        ];
        let track = [
            number(TRACK_NUMBER, 1),
            number(TRACK_UID, 1),
            number(TRACK_TYPE, 1),
            text(CODEC, b"V_UNCOMPRESSED"),
            element(VIDEO_TRACK, &video.concat()),
        ];
        head.extend(element(TRACKS, &element(TRACK, &track.concat())));
        to.write_all(&head)?;
        Ok(Self { to, last: None })
    }

    /// A frame with its time, which is later than the last one's.
    pub fn frame(&mut self, time: Duration, rgb: &[u8]) -> io::Result<()> {
        if let Some(last) = self.last {
            self.close(time.saturating_sub(last))?;
        }
        let block = BLOCK_HEAD.len() as u64 + rgb.len() as u64;
        let group = 1 + 8 + block + NUMBER;
        let mut head = id(CLUSTER);
        head.extend(length(NUMBER + 1 + 8 + group));
        head.extend(number(TIMESTAMP, micros(time)));
        head.extend(id(GROUP));
        head.extend(length(group));
        head.extend(id(BLOCK));
        head.extend(length(block));
        head.extend(BLOCK_HEAD);
        self.to.write_all(&head)?;
        self.to.write_all(rgb)?;
        self.last = Some(time);
        Ok(())
    }

    /// The last frame is shown for this long; nothing comes after it.
    pub fn end(mut self, duration: Duration) -> io::Result<()> {
        if self.last.is_some() {
            self.close(duration)?;
        }
        self.to.flush()
    }

    fn close(&mut self, duration: Duration) -> io::Result<()> {
        self.to.write_all(&number(DURATION, micros(duration)))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn id(id: u32) -> Vec<u8> {
    id.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

/// In eight bytes, of which the first says so.
fn length(bytes: u64) -> [u8; 8] {
    (bytes | 1 << 56).to_be_bytes()
}

fn element(name: u32, content: &[u8]) -> Vec<u8> {
    [id(name).as_slice(), length(content.len() as u64).as_slice(), content].concat()
}

fn number(name: u32, value: u64) -> Vec<u8> {
    element(name, &value.to_be_bytes())
}

fn text(name: u32, value: &[u8]) -> Vec<u8> {
    element(name, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Identities and contents of the elements in `bytes`, each of which must be whole.
    fn elements(mut bytes: &[u8]) -> Vec<(u32, &[u8])> {
        let mut found = Vec::new();
        while let Some(first) = bytes.first() {
            let width = first.leading_zeros() as usize + 1;
            let id = bytes[..width].iter().fold(0, |id: u32, byte| id << 8 | u32::from(*byte));
            let length = u64::from_be_bytes(bytes[width..width + 8].try_into().unwrap()) & !(1 << 56);
            let from = width + 8;
            let to = if id == SEGMENT { from } else { from + length as usize };
            found.push((id, &bytes[from..to]));
            bytes = &bytes[to..];
        }
        found
    }

    fn value(bytes: &[u8]) -> u64 {
        u64::from_be_bytes(bytes.try_into().unwrap())
    }

    #[test]
    fn each_frame_has_its_time_its_pixels_and_its_duration() {
        let mut bytes = Vec::new();
        let mut stream = RawStream::begin(&mut bytes, Size::new(2, 1)).unwrap();
        for (micros, pixels) in [(0, b"abcdef"), (40_000, b"ghijkl"), (100_000, b"mnopqr")] {
            stream.frame(Duration::from_micros(micros), pixels).unwrap();
        }
        stream.end(Duration::from_micros(33_333)).unwrap();
        let all = elements(&bytes);
        let ids: Vec<u32> = all.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [EBML, SEGMENT, INFO, TRACKS, CLUSTER, CLUSTER, CLUSTER]);
        let frames: Vec<(u64, &[u8], u64)> = all[4..]
            .iter()
            .map(|(_, cluster)| {
                let [(TIMESTAMP, time), (GROUP, group)] = elements(cluster)[..] else { panic!("{cluster:?}") };
                let [(BLOCK, block), (DURATION, duration)] = elements(group)[..] else { panic!("{group:?}") };
                (value(time), &block[4..], value(duration))
            })
            .collect();
        let expected: [(u64, &[u8], u64); 3] =
            [(0, b"abcdef", 40_000), (40_000, b"ghijkl", 60_000), (100_000, b"mnopqr", 33_333)];
        assert_eq!(frames, expected);
    }
}
