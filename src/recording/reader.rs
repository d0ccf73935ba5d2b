//! Reads a recording: any of its frames, at once.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;

use super::error::RecordingError;
use super::heads_encoder::unpacked;
use super::index::{MessagePlace, RecordingIndex};
use super::layout::MAGIC;
use super::messages::{HEADS_VERSION, HeadsMessage, ImageMessage};
use super::picture::PictureForm;
use crate::detect::{Frame, RawHeads, Size, Thresholds};
use crate::model::ModelInfo;
use crate::source::SourceError;
use crate::source::pictures::decode;

/// A recording that is open.
pub struct RecordingReader {
    path: PathBuf,
    file: File,
    index: RecordingIndex,
    /// One message.
    bytes: Vec<u8>,
}

/// One frame of a recording.
pub struct RecordedFrame {
    pub frame: Frame,
    /// In the recording, from 0.
    pub number: u64,
    /// At the source, when it was recorded.
    pub frame_id: u64,
    /// The source's name.
    pub source: String,
    /// Since the recording's first frame.
    pub time: Duration,
    pub outputs: Vec<RecordedOutput>,
    /// Whether each pixel is as the models saw it.
    pub is_exact: bool,
}

/// What one model computed of it.
#[derive(Clone)]
pub struct RecordedOutput {
    /// 0 is A, 1 is B.
    pub slot: usize,
    pub model: Arc<ModelInfo>,
    pub heads: Arc<RawHeads>,
    pub inference: Duration,
    /// As they were set then.
    pub thresholds: Thresholds,
}

/// Whether a file is in the container of recordings, by its first bytes. What cannot be read is not.
pub fn is_recording(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    // Opening a pipe would wait for its writer.
    let is_file = std::fs::metadata(path).is_ok_and(|about| about.is_file());
    is_file && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *MAGIC
}

impl RecordingReader {
    /// Finds all frames by the heads of their messages; a frame itself is read only when it is asked for.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let failed = |cause| RecordingError::Read { path: path.to_owned(), cause };
        let about = std::fs::metadata(path).map_err(failed)?;
        if !about.is_file() {
            return Err(failed(std::io::Error::other("it is not a file")));
        }
        let file = File::open(path).map_err(failed)?;
        let index = RecordingIndex::of(&file, path)?;
        if index.frames.is_empty() {
            return Err(RecordingError::Damaged { path: path.to_owned(), why: "it has no whole frame".into() });
        }
        Ok(Self { path: path.to_owned(), file, index, bytes: Vec::new() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of frames, at least 1.
    pub fn len(&self) -> usize {
        self.index.frames.len()
    }

    /// Never; it is here because there is a length.
    pub fn is_empty(&self) -> bool {
        self.index.frames.is_empty()
    }

    /// Every model that computed any of its frames.
    pub fn models(&self) -> &[Arc<ModelInfo>] {
        &self.index.models
    }

    pub fn pictures(&self) -> PictureForm {
        self.index.pictures
    }

    /// The program that made it, as "twinsight 0.1.0".
    pub fn program(&self) -> &str {
        &self.index.program
    }

    /// Its recorder was stopped, or its disk was full: it ends after its last whole frame.
    pub fn is_cut(&self) -> bool {
        self.index.is_cut
    }

    /// When a frame was captured, since the first one; `number` past the end is the last one's.
    pub fn time(&self, number: usize) -> Duration {
        let frames = &self.index.frames;
        let of = |at: usize| frames.get(at).map_or(0, |frame| frame.unix_ns);
        Duration::from_nanos(of(number.min(frames.len().saturating_sub(1))).saturating_sub(of(0)))
    }

    /// The frame that was captured nearest to this time.
    pub fn nearest(&self, time: Duration) -> usize {
        let after = self.index.frames.partition_point(|frame| {
            let first = self.index.frames.first().map_or(0, |first| first.unix_ns);
            Duration::from_nanos(frame.unix_ns.saturating_sub(first)) < time
        });
        let last = self.len().saturating_sub(1);
        let before = after.saturating_sub(1);
        let after = after.min(last);
        if self.time(after).abs_diff(time) < self.time(before).abs_diff(time) { after } else { before }
    }

    /// Reads a frame by its number from 0.
    pub fn read(&mut self, number: usize) -> Result<RecordedFrame, RecordingError> {
        let damaged = |path: &Path, why: String| RecordingError::Damaged {
            path: path.to_owned(),
            why: format!("frame {number}: {why}"),
        };
        let Some(place) = self.index.frames.get(number).copied() else {
            return Err(damaged(&self.path, "there is no such frame".into()));
        };
        self.fetch(place.heads)?;
        let heads = HeadsMessage::read(&self.bytes).map_err(|why| damaged(&self.path, why))?;
        if heads.version > HEADS_VERSION {
            return Err(RecordingError::Newer { path: self.path.clone(), version: heads.version.to_string() });
        }
        let outputs = heads.outputs.iter().map(|output| -> Result<RecordedOutput, String> {
            let model = self.index.models.get(output.model as usize).ok_or("its model is not described")?;
            Ok(RecordedOutput {
                slot: output.slot as usize,
                model: Arc::clone(model),
                heads: Arc::new(unpacked(&output.tensors, &model.form)?),
                inference: Duration::from_nanos(output.inference_ns),
                thresholds: Thresholds { score: output.score, nms_iou: output.nms_iou },
            })
        });
        let outputs: Vec<RecordedOutput> =
            outputs.collect::<Result<_, String>>().map_err(|why| damaged(&self.path, why))?;
        self.fetch(place.image)?;
        let image = ImageMessage::decode(self.bytes.as_slice()).map_err(|e| damaged(&self.path, e.to_string()))?;
        let frame = decode(&self.path, &image.data).map_err(|error| damaged(&self.path, undecodable(error)))?;
        let size = Size::new(heads.width, heads.height);
        if frame.size() != size {
            return Err(damaged(&self.path, format!("its picture is of {} in place of {size}", frame.size())));
        }
        let is_exact = crc32fast::hash(frame.rgb()) == heads.pixels_crc32;
        if self.index.pictures.is_lossless() && !is_exact {
            return Err(damaged(&self.path, "the sum of its pixels is wrong".into()));
        }
        Ok(RecordedFrame {
            frame,
            number: number as u64,
            frame_id: heads.frame_id,
            source: heads.source,
            time: self.time(number),
            outputs,
            is_exact,
        })
    }

    /// The data of a message into `bytes`.
    fn fetch(&mut self, place: MessagePlace) -> Result<(), RecordingError> {
        self.bytes.resize(place.length as usize, 0);
        let read = self.file.seek(SeekFrom::Start(place.offset)).and_then(|_| self.file.read_exact(&mut self.bytes));
        read.map_err(|cause| RecordingError::Read { path: self.path.clone(), cause })
    }
}

/// Why a picture cannot be decoded, without the file's name, which is told before.
fn undecodable(error: SourceError) -> String {
    match error {
        SourceError::Decode { cause, .. } | SourceError::TooLarge { cause, .. } => format!("its picture: {cause}"),
        SourceError::NoImage { .. } => "its picture: unknown content".into(),
        other => other.to_string(),
    }
}
