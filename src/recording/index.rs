//! Where the frames of a recording are.
//!
//! The container is walked record by record, by their heads alone: no index is needed that a recording without its end
//! does not have, and everything that is whole is found, also in a chunk that is cut.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use mcap::records::{Record, op};

use super::error::RecordingError;
use super::layout::{ABOUT, END, HEADS_TOPIC, IMAGE_TOPIC, MAGIC, PICTURES_KEY, PROGRAM_KEY, VERSION, VERSION_KEY};
use super::model::{MODEL, from_map};
use super::picture::PictureForm;
use crate::model::ModelInfo;

/// The most frames: more than a day at 30 per second, in 160 MB.
const MAX_FRAMES: usize = 4_000_000;
/// The most bytes of a record that describes something.
const MAX_DESCRIPTION: u64 = 1 << 20;
/// The most models, which are a few.
const MAX_MODELS: usize = 1_000;
/// The most bytes of a message: a frame of 100 million pixels is below it.
const MAX_MESSAGE: u64 = 512 << 20;

const OTHER_PROGRAM: &str = "another program made this MCAP file";

/// Bytes of a record's opcode and length, and of a message's head.
const RECORD: u64 = 9;
const MESSAGE: u64 = 22;

/// Where a message's data are in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessagePlace {
    pub offset: u64,
    pub length: u64,
}

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePlace {
    pub image: MessagePlace,
    pub heads: MessagePlace,
    /// When it was captured: nanoseconds since 1970.
    pub unix_ns: u64,
}

/// What a recording holds.
pub struct RecordingIndex {
    pub frames: Vec<FramePlace>,
    /// By their numbers.
    pub models: Vec<Arc<ModelInfo>>,
    pub pictures: PictureForm,
    /// The program that made it, as "twinsight 0.1.0".
    pub program: String,
    /// It ends before its end: its recorder was stopped, or its disk was full.
    pub is_cut: bool,
}

/// What is known on the way.
#[derive(Default)]
struct IndexWalk {
    image: Option<u16>,
    heads: Option<u16>,
    /// A picture whose heads have yet to come, and its number.
    pending: Option<(u32, MessagePlace)>,
    frames: Vec<FramePlace>,
    models: Vec<Arc<ModelInfo>>,
    about: Option<(PictureForm, String)>,
    /// The record that is written last.
    has_end: bool,
}

impl RecordingIndex {
    /// Walks through an open file. `path` is for errors.
    pub fn of(file: &File, path: &Path) -> Result<Self, RecordingError> {
        let unreadable = |cause| RecordingError::Read { path: path.to_owned(), cause };
        let foreign = |why: &str| RecordingError::Foreign { path: path.to_owned(), why: why.to_owned() };
        let end = file.metadata().map_err(unreadable)?.len();
        let mut reader = BufReader::with_capacity(1 << 12, file);
        let mut start = [0; MAGIC.len()];
        reader.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        match reader.read_exact(&mut start) {
            Ok(()) if start == *MAGIC => {}
            Ok(()) => return Err(foreign("it is no MCAP file")),
            Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => return Err(foreign("it is no MCAP file")),
            Err(cause) => return Err(unreadable(cause)),
        }
        let mut walk = IndexWalk::default();
        let mut at = MAGIC.len() as u64;
        while at + RECORD <= end {
            let mut head = [0; RECORD as usize];
            reader.read_exact(&mut head).map_err(unreadable)?;
            let [code, length @ ..] = head;
            let length = u64::from_le_bytes(length);
            let body = at + RECORD;
            if code == op::DATA_END {
                break;
            }
            let taken = match code {
                op::CHUNK => Taken::Inside,
                op::MESSAGE if length >= MESSAGE => Taken::Message,
                op::CHANNEL | op::METADATA if length <= MAX_DESCRIPTION => Taken::Description,
                op::HEADER..=op::DATA_END | 0x80.. => Taken::Nothing,
                // Nothing begins so: a disk that left zeros.
                _ => break,
            };
            // A chunk is gone into, as far as it is there.
            if !matches!(taken, Taken::Inside) && body.checked_add(length).is_none_or(|after| after > end) {
                break;
            }
            at = match taken {
                Taken::Inside => {
                    let Some(length) = chunk_head(&mut reader, end - body).map_err(unreadable)? else { break };
                    let length = length.map_err(|compression| match &walk.about {
                        Some(_) => {
                            foreign(&format!("its chunks are compressed ({compression}); run `mcap decompress` on it"))
                        }
                        // Decompressed, it would be no recording either.
                        None => foreign(OTHER_PROGRAM),
                    })?;
                    body + length
                }
                Taken::Message => {
                    let mut message = [0; MESSAGE as usize];
                    reader.read_exact(&mut message).map_err(unreadable)?;
                    let rest = length - MESSAGE;
                    walk.message(&message, MessagePlace { offset: body + MESSAGE, length: rest }).map_err(foreign)?;
                    skip(&mut reader, rest).map_err(unreadable)?;
                    body + length
                }
                Taken::Description => {
                    let mut bytes = vec![0; length as usize];
                    reader.read_exact(&mut bytes).map_err(unreadable)?;
                    walk.description(code, &bytes, path)?;
                    body + length
                }
                Taken::Nothing => {
                    skip(&mut reader, length).map_err(unreadable)?;
                    body + length
                }
            };
        }
        let (pictures, program) = walk.about.ok_or_else(|| foreign(OTHER_PROGRAM))?;
        Ok(Self { frames: walk.frames, models: walk.models, pictures, program, is_cut: !walk.has_end })
    }
}

/// What is done with a record.
enum Taken {
    /// Its records are records like others.
    Inside,
    Message,
    Description,
    Nothing,
}

impl IndexWalk {
    fn message(&mut self, head: &[u8; MESSAGE as usize], place: MessagePlace) -> Result<(), &'static str> {
        let [c0, c1, s0, s1, s2, s3, t0, t1, t2, t3, t4, t5, t6, t7, ..] = *head;
        let channel = u16::from_le_bytes([c0, c1]);
        let sequence = u32::from_le_bytes([s0, s1, s2, s3]);
        let unix_ns = u64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]);
        if place.length > MAX_MESSAGE {
            return Err("one of its messages is larger than any frame");
        }
        if self.image == Some(channel) {
            self.pending = Some((sequence, place));
        } else if self.heads == Some(channel)
            && let Some((_, image)) = self.pending.take_if(|(number, _)| *number == sequence)
        {
            if self.frames.len() >= MAX_FRAMES {
                return Err("it has more frames than can be opened");
            }
            self.frames.push(FramePlace { image, heads: place, unix_ns });
        }
        Ok(())
    }

    /// A channel or metadata. Schemas are for others: a fault in one is none for us.
    fn description(&mut self, code: u8, bytes: &[u8], path: &Path) -> Result<(), RecordingError> {
        let damaged = |why: String| RecordingError::Damaged { path: path.to_owned(), why };
        match mcap::parse_record(code, bytes).map_err(|error| damaged(error.to_string()))? {
            Record::Channel(channel) if channel.topic == IMAGE_TOPIC => self.image = Some(channel.id),
            Record::Channel(channel) if channel.topic == HEADS_TOPIC => self.heads = Some(channel.id),
            Record::Metadata(about) if about.name == ABOUT => {
                let version = about.metadata.get(VERSION_KEY);
                let version = version.ok_or_else(|| damaged("it does not say the version of its format".into()))?;
                if version != VERSION {
                    return Err(RecordingError::Newer { path: path.to_owned(), version: version.clone() });
                }
                let pictures = about.metadata.get(PICTURES_KEY).and_then(|form| PictureForm::parse(form));
                let pictures = pictures.ok_or_else(|| damaged("it does not say how its pictures are kept".into()))?;
                let program = about.metadata.get(PROGRAM_KEY).cloned().unwrap_or_default();
                self.about = Some((pictures, program));
            }
            Record::Metadata(about) if about.name == MODEL => {
                let (number, model) = from_map(&about.metadata).map_err(damaged)?;
                if number as usize != self.models.len() || self.models.len() >= MAX_MODELS {
                    return Err(damaged("its models are not in order".into()));
                }
                self.models.push(model);
            }
            Record::Metadata(about) if about.name == END => self.has_end = true,
            _ => {}
        }
        Ok(())
    }
}

/// Reads the head of a chunk. Gives the head's length, or the compression's name; `None`: it is cut there.
fn chunk_head(reader: &mut BufReader<&File>, left: u64) -> io::Result<Option<Result<u64, String>>> {
    // Two times, a size, a sum; the length of the compression's name; then that name, and another size.
    const BEFORE_NAME: u64 = 8 + 8 + 8 + 4 + 4;
    if left < BEFORE_NAME {
        return Ok(None);
    }
    let mut head = [0; BEFORE_NAME as usize];
    reader.read_exact(&mut head)?;
    let [.., n0, n1, n2, n3] = head;
    let name = u64::from(u32::from_le_bytes([n0, n1, n2, n3]));
    let length = BEFORE_NAME + name + 8;
    if name > 64 || left < length {
        return Ok(None);
    }
    let mut rest = vec![0; name as usize + 8];
    reader.read_exact(&mut rest)?;
    rest.truncate(name as usize);
    Ok(Some(if rest.is_empty() { Ok(length) } else { Err(String::from_utf8_lossy(&rest).into_owned()) }))
}

/// Passes over bytes, of which there are fewer than a file can have.
fn skip(reader: &mut BufReader<&File>, bytes: u64) -> io::Result<()> {
    reader.seek_relative(bytes as i64)
}
