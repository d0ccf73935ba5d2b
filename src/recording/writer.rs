//! Writes a recording, frame by frame, so that the file is whole up to the last chunk at any time.
//!
//! ```text
//! frame ── picture, boxes of A and B, heads ──▶ chunk in memory ── every second, or 4 MB ──▶ file ── every 5 s ──▶ disk
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mcap::records::{MessageHeader, Metadata};
use mcap::{McapError, WriteOptions, Writer};
use prost::Message;

use super::appended::AppendedFile;
use super::boxes::BoxesEncoder;
use super::error::RecordingError;
use super::heads_encoder::HeadsEncoder;
use super::layout::{
    ABOUT, BOXES_TOPICS, END, HEADS_TOPIC, IMAGE_TOPIC, PICTURES_KEY, PROGRAM_KEY, SYSTEM_KEY, VERSION, VERSION_KEY,
};
use super::messages::{ImageMessage, TimestampMessage};
use super::model::{MODEL, to_map};
use super::picture::{PictureForm, encode};
use super::schemas::{BOXES, ChannelSchema, IMAGES, RAW_HEADS};
use super::to_record::FrameToRecord;
use crate::files::GrowingFile;
use crate::model::ModelInfo;

/// What a crash may cost at most.
const CHUNK_TIME: Duration = Duration::from_secs(1);
/// As many bytes of a chunk are in memory before it is written.
const CHUNK_BYTES: u64 = 4 << 20;
/// What a power failure may cost at most.
const SYNC: Duration = Duration::from_secs(5);

/// What the index at the end takes: the schemas, and some for each chunk.
const INDEX_BYTES: u64 = 16 << 10;
const INDEX_BYTES_PER_CHUNK: u64 = 320;
/// What a message takes besides its data: 9 and 22 bytes before them, and 16 in the index of its chunk.
const MESSAGE_BYTES: u64 = 9 + 22 + 16;

/// When a recording ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingLimits {
    /// Size of the file.
    pub bytes: u64,
    /// From the first frame to the last.
    pub time: Duration,
}

impl Default for RecordingLimits {
    /// 8 GB, one hour.
    fn default() -> Self {
        Self { bytes: 8_000_000_000, time: Duration::from_secs(3600) }
    }
}

/// Which of the limits was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingLimit {
    Size,
    Time,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedRecording {
    pub path: PathBuf,
    pub frames: u64,
    pub bytes: u64,
    /// From the first frame to the last.
    pub time: Duration,
    /// `None`: it was asked to end.
    pub limit: Option<RecordingLimit>,
    /// Frames that came too fast to be recorded.
    pub missed: u64,
}

/// A recording that is being made. Dropped, it ends like any other.
pub struct RecordingWriter {
    path: PathBuf,
    /// `None`: it has ended.
    mcap: Option<Writer<AppendedFile>>,
    /// The same file, for what the container's writer does not do.
    file: File,
    length: Arc<AtomicU64>,
    channels: Channels,
    form: PictureForm,
    limits: RecordingLimits,
    /// By their numbers.
    models: Vec<Arc<ModelInfo>>,
    image: ImageMessage,
    boxes: BoxesEncoder,
    heads: HeadsEncoder,
    /// One message.
    bytes: Vec<u8>,
    frames: u64,
    /// Time stamps of the first frame and the last.
    span: Option<(u64, u64)>,
    /// Of the frame written last, with all its messages.
    frame_bytes: u64,
    /// What the messages take that are in memory.
    pending: u64,
    chunks: u64,
    /// Length of the file when it was whole last, and the frames in it then.
    whole: u64,
    whole_frames: u64,
    flushed: Instant,
    synced: Instant,
    limit: Option<RecordingLimit>,
}

struct Channels {
    image: u16,
    boxes: [u16; 2],
    heads: u16,
}

impl RecordingWriter {
    /// Starts a recording in an empty file.
    pub fn create(output: GrowingFile, form: PictureForm, limits: RecordingLimits) -> Result<Self, RecordingError> {
        let path = output.path().to_owned();
        let failed = |cause: String| RecordingError::Write { path: path.clone(), cause, frames: 0 };
        let file = output.into_file();
        let (appended, length) = AppendedFile::new(file.try_clone().map_err(|e| failed(e.to_string()))?);
        let (mcap, channels) = begin(appended, form).map_err(|e| failed(reason(&e)))?;
        let now = Instant::now();
        let whole = length.load(Ordering::Relaxed);
        Ok(Self {
            path,
            mcap: Some(mcap),
            file,
            length,
            channels,
            form,
            limits,
            models: Vec::new(),
            image: ImageMessage::default(),
            boxes: BoxesEncoder::default(),
            heads: HeadsEncoder::default(),
            bytes: Vec::new(),
            frames: 0,
            span: None,
            frame_bytes: 0,
            pending: 0,
            chunks: 0,
            whole,
            whole_frames: 0,
            flushed: now,
            synced: now,
            limit: None,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Of the file, with what is still in memory.
    pub fn bytes(&self) -> u64 {
        self.length.load(Ordering::Relaxed) + self.pending
    }

    /// Adds a frame. `false`: a limit is reached, and the frame is not in it: finish it. After [`RecordingError::Write`] the
    /// recording has ended, and its file is whole up to the frames that the error tells.
    pub fn write(&mut self, frame: &FrameToRecord<'_>) -> Result<bool, RecordingError> {
        self.limit = self.limit.or_else(|| self.reached(frame.unix_ns));
        if self.limit.is_some() {
            return Ok(false);
        }
        self.image.data.clear();
        let unusable = |cause| RecordingError::Frame { path: self.path.clone(), cause };
        self.image.format = encode(frame.frame, self.form, &mut self.image.data).map_err(unusable)?.to_owned();
        self.put(frame).map_err(|error| self.abandon(&reason(&error)))?;
        self.frames += 1;
        self.span = Some((self.span.map_or(frame.unix_ns, |(first, _)| first), frame.unix_ns));
        let written = if self.pending >= CHUNK_BYTES { self.flush() } else { self.tend() };
        written.map(|()| true)
    }

    /// Writes what is in memory for a second by now. To be called now and then where no frames come.
    pub fn tend(&mut self) -> Result<(), RecordingError> {
        if self.pending > 0 && self.flushed.elapsed() >= CHUNK_TIME { self.flush() } else { Ok(()) }
    }

    /// Ends it with an index, with which a reader finds each frame at once. `missed`: see [`FinishedRecording::missed`].
    pub fn finish(mut self, missed: u64) -> Result<FinishedRecording, RecordingError> {
        let record = |(key, value): (&str, String)| (key.to_owned(), value);
        let about = [("frames", self.frames.to_string()), ("missed", missed.to_string())].map(record);
        let about = Metadata { name: END.to_owned(), metadata: BTreeMap::from(about) };
        let finished = match &mut self.mcap {
            Some(mcap) => mcap.write_metadata(&about).and_then(|()| mcap.finish()).map(drop),
            None => Err(McapError::AttemptedWriteAfterFailure),
        };
        finished.map_err(|error| self.abandon(&reason(&error)))?;
        self.note_flush();
        self.mcap = None;
        self.sync()?;
        Ok(FinishedRecording {
            path: std::mem::take(&mut self.path),
            frames: self.frames,
            bytes: self.bytes(),
            time: self.span.map_or(Duration::ZERO, |(first, last)| Duration::from_nanos(last.saturating_sub(first))),
            limit: self.limit,
            missed,
        })
    }

    /// A limit that one more frame would exceed, if it is no larger than the last.
    fn reached(&self, unix_ns: u64) -> Option<RecordingLimit> {
        let index = INDEX_BYTES + INDEX_BYTES_PER_CHUNK * (self.chunks + 1);
        let passed = self.span.map_or(0, |(first, _)| unix_ns.saturating_sub(first));
        if self.frames > 0 && self.bytes() + self.frame_bytes + index > self.limits.bytes {
            Some(RecordingLimit::Size)
        } else if Duration::from_nanos(passed) > self.limits.time {
            Some(RecordingLimit::Time)
        } else {
            None
        }
    }

    /// All messages of a frame, its heads last.
    fn put(&mut self, frame: &FrameToRecord<'_>) -> Result<(), McapError> {
        let timestamp = TimestampMessage::of(frame.unix_ns);
        for output in frame.outputs {
            self.know(output.model)?;
        }
        let before = self.pending;
        self.image.timestamp = Some(timestamp);
        self.bytes.clear();
        self.image.encode(&mut self.bytes).map_err(std::io::Error::other)?;
        self.send(self.channels.image, frame.unix_ns)?;
        for output in frame.outputs {
            let Some(channel) = self.channels.boxes.get(output.slot).copied() else { continue };
            self.boxes.encode(output, frame.frame.size(), timestamp, &mut self.bytes)?;
            self.send(channel, frame.unix_ns)?;
        }
        let models = &self.models;
        let number = |model: &Arc<ModelInfo>| models.iter().position(|known| is_same(known, model)).unwrap_or(0) as u32;
        self.heads.encode(frame, self.frames, timestamp, number, &mut self.bytes)?;
        self.send(self.channels.heads, frame.unix_ns)?;
        self.frame_bytes = self.pending - before;
        Ok(())
    }

    /// Describes a model before its first heads.
    fn know(&mut self, model: &Arc<ModelInfo>) -> Result<(), McapError> {
        if self.models.iter().any(|known| is_same(known, model)) {
            return Ok(());
        }
        let metadata = to_map(self.models.len() as u32, model);
        if let Some(mcap) = &mut self.mcap {
            mcap.write_metadata(&Metadata { name: MODEL.to_owned(), metadata })?;
            mcap.flush()?;
        }
        self.note_flush();
        self.models.push(Arc::clone(model));
        Ok(())
    }

    /// The message in `bytes`.
    fn send(&mut self, channel_id: u16, unix_ns: u64) -> Result<(), McapError> {
        let mcap = self.mcap.as_mut().ok_or(McapError::AttemptedWriteAfterFailure)?;
        let header =
            MessageHeader { channel_id, sequence: self.frames as u32, log_time: unix_ns, publish_time: unix_ns };
        mcap.write_to_known_channel(&header, &self.bytes)?;
        self.pending += self.bytes.len() as u64 + MESSAGE_BYTES;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), RecordingError> {
        let flushed = self.mcap.as_mut().map_or(Ok(()), Writer::flush);
        flushed.map_err(|error| self.abandon(&reason(&error)))?;
        self.note_flush();
        if self.synced.elapsed() >= SYNC { self.sync() } else { Ok(()) }
    }

    fn note_flush(&mut self) {
        self.chunks += 1;
        self.pending = 0;
        self.whole = self.length.load(Ordering::Relaxed);
        self.whole_frames = self.frames;
        self.flushed = Instant::now();
    }

    fn sync(&mut self) -> Result<(), RecordingError> {
        self.synced = Instant::now();
        match self.file.sync_data() {
            Ok(()) => Ok(()),
            // A pipe, a device, or a disk of another machine that cannot be asked.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
            Err(error) => Err(self.abandon(&error.to_string())),
        }
    }

    /// After an error: cuts off what is not whole, and ends the file as short as it goes, so that any reader opens it.
    fn abandon(&mut self, cause: &str) -> RecordingError {
        if let Some(mcap) = self.mcap.take() {
            // Without an index.
            drop(mcap.into_inner());
            // A disk that is full has room again for these few bytes; where not, readers find the frames all the same.
            let cut = self.file.set_len(self.whole).and_then(|()| self.file.seek(SeekFrom::Start(self.whole)));
            let _ = cut.and_then(|_| self.file.write_all(&SHORTEST_END)).and_then(|()| self.file.sync_data());
        }
        RecordingError::Write { path: self.path.clone(), cause: cause.to_owned(), frames: self.whole_frames }
    }
}

/// A record that ends the data, without a sum (4 bytes); a footer that names no index (20 bytes); the container's last bytes.
const SHORTEST_END: [u8; 9 + 4 + 9 + 20 + 8] = {
    let mut end = [0; 50];
    end[0] = mcap::records::op::DATA_END;
    end[1] = 4;
    end[13] = mcap::records::op::FOOTER;
    end[14] = 20;
    let mut at = 0;
    while at < 8 {
        end[42 + at] = mcap::MAGIC[at];
        at += 1;
    }
    end
};

/// The container's start, up to the first frame.
fn begin(file: AppendedFile, form: PictureForm) -> Result<(Writer<AppendedFile>, Channels), McapError> {
    let program = concat!("twinsight ", env!("CARGO_PKG_VERSION"));
    // Chunks are put together in memory and written at once. Nothing is compressed: pictures are already, and float heads
    // hardly become smaller.
    let options = WriteOptions::new().compression(None).library(program).chunk_size(None).disable_seeking(true);
    let mut mcap = options.create(file)?;
    let about = [
        (VERSION_KEY, VERSION.to_owned()),
        (PROGRAM_KEY, program.to_owned()),
        (SYSTEM_KEY, format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        (PICTURES_KEY, form.to_string()),
    ];
    let metadata = about.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    mcap.write_metadata(&Metadata { name: ABOUT.to_owned(), metadata })?;
    let mut add = |schema: &ChannelSchema, topic: &str| -> Result<u16, McapError> {
        let id = mcap.add_schema(schema.name, "protobuf", &schema.descriptors())?;
        mcap.add_channel(id, topic, "protobuf", &BTreeMap::new())
    };
    let channels = Channels {
        image: add(&IMAGES, IMAGE_TOPIC)?,
        boxes: [add(&BOXES, BOXES_TOPICS[0])?, add(&BOXES, BOXES_TOPICS[1])?],
        heads: add(&RAW_HEADS, HEADS_TOPIC)?,
    };
    mcap.flush()?;
    Ok((mcap, channels))
}

fn is_same(a: &Arc<ModelInfo>, b: &Arc<ModelInfo>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// The cause below the container's own words.
fn reason(error: &McapError) -> String {
    match error {
        McapError::Io(cause) => cause.to_string(),
        other => other.to_string(),
    }
}
