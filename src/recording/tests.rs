//! A recording, written and read: whole, cut at any byte, and at its limits.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::detect::{Classes, Form, Frame, Head, RawHeads, Size, Thresholds};
use crate::files::{FileFormat, GrowingFile, Outputs};
use crate::model::{Arithmetic, ModelInfo, Precision};
use crate::source::{Next, Source, VideoLocation, VideoRequest};

const MILLIS: u64 = 1_000_000;
/// When the first frame came.
const START: u64 = 1_795_866_285_000 * MILLIS;

fn model(name: &str, arithmetic: Option<Arithmetic>) -> Arc<ModelInfo> {
    let head = Head { stride: 16, anchors: vec![[9.0, 9.0]], scale_x_y: 1.0 };
    let form = Form { input: Size::new(64, 64), classes: Classes::new(["gate", "drone"]), heads: vec![head] };
    Arc::new(ModelInfo {
        path: PathBuf::new(),
        sha256: format!("{name}{}", "0".repeat(60)),
        precision: Precision::Unknown,
        arithmetic,
        form,
        ..ModelInfo::sample(name)
    })
}

fn two_models() -> [Arc<ModelInfo>; 2] {
    [model("a", None), model("b", Some(Arithmetic::Exact))]
}

/// Of frame `number`: A's values all differ, B's are few.
fn heads(number: u64, few: bool) -> RawHeads {
    let value = |i: u64| if few { ((i * 7 + number) % 40) as f32 - 20.0 } else { (i * 31 + number * 17) as f32 * 0.01 };
    RawHeads { heads: vec![(0..7 * 16).map(value).collect()] }
}

fn frame(number: u64) -> Frame {
    let mut frame = Frame::new(Size::new(48, 32)).unwrap();
    frame.rgb_mut().iter_mut().zip(0u64..).for_each(|(byte, at)| *byte = (at * at / 7 + number * 13) as u8);
    frame
}

fn writer(path: &Path, form: PictureForm, limits: RecordingLimits) -> RecordingWriter {
    let file = Outputs::default().file(path, &FileFormat::NEW).unwrap();
    RecordingWriter::create(GrowingFile::create(file).unwrap(), form, limits).unwrap()
}

/// Writes frames 40 ms apart, until there are as many, or a limit.
fn record(path: &Path, frames: u64, form: PictureForm, limits: RecordingLimits) -> FinishedRecording {
    let mut writer = writer(path, form, limits);
    let models = two_models();
    for number in 0..frames {
        if !put(&mut writer, number, &models).unwrap() {
            break;
        }
    }
    writer.finish(2).unwrap()
}

fn put(writer: &mut RecordingWriter, number: u64, models: &[Arc<ModelInfo>; 2]) -> Result<bool, RecordingError> {
    put_at(writer, number, START + number * 40 * MILLIS, models)
}

fn put_at(
    writer: &mut RecordingWriter,
    number: u64,
    unix_ns: u64,
    models: &[Arc<ModelInfo>; 2],
) -> Result<bool, RecordingError> {
    let heads = [heads(number, false), heads(number, true)];
    let output = |slot: usize| OutputToRecord {
        slot,
        model: &models[slot],
        heads: &heads[slot],
        inference: Duration::from_millis(5 + slot as u64),
        thresholds: Thresholds { score: 0.25 + slot as f32 / 10.0, nms_iou: 0.45 },
    };
    writer.write(&FrameToRecord {
        frame: &frame(number),
        frame_id: number * 2,
        source: "camera",
        unix_ns,
        media_time: None,
        capture: Duration::from_millis(1),
        letterbox: Duration::from_millis(2),
        age: Duration::from_millis(3),
        outputs: &[output(0), output(1)],
    })
}

fn check(reader: &mut RecordingReader, number: usize) {
    let read = reader.read(number).unwrap();
    let number = number as u64;
    assert_eq!((read.number, read.frame_id, read.source.as_str()), (number, number * 2, "camera"));
    assert_eq!(read.time, Duration::from_millis(number * 40));
    assert!(read.is_exact && read.frame == frame(number));
    for (slot, output) in read.outputs.iter().enumerate() {
        assert_eq!((output.slot, &*output.heads), (slot, &heads(number, slot == 1)));
        assert_eq!(output.inference, Duration::from_millis(5 + slot as u64));
        assert_eq!(output.thresholds.score, 0.25 + slot as f32 / 10.0);
    }
    assert_eq!(read.outputs.len(), 2);
    assert_eq!(read.outputs[1].model.arithmetic, Some(Arithmetic::Exact));
}

#[test]
fn every_frame_comes_back_bit_by_bit_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mcap");
    let done = record(&path, 30, PictureForm::Png, RecordingLimits::default());
    assert_eq!((done.frames, done.limit, done.missed), (30, None, 2));
    assert_eq!(done.time, Duration::from_millis(29 * 40));
    assert_eq!(done.bytes, std::fs::metadata(&path).unwrap().len());
    assert!(is_recording(&path) && !is_recording(dir.path()));
    let mut reader = RecordingReader::open(&path).unwrap();
    assert_eq!((reader.len(), reader.is_cut(), reader.pictures()), (30, false, PictureForm::Png));
    assert_eq!(reader.models().len(), 2);
    for number in [0, 29, 7, 8, 3] {
        check(&mut reader, number);
    }
    assert!(reader.read(30).is_err());
    let nearest = [0, 19, 21, 59, 61, 99_999].map(|millis| reader.nearest(Duration::from_millis(millis)));
    assert_eq!(nearest, [0, 0, 1, 1, 2, 29]);
}

#[test]
fn a_file_that_ends_anywhere_has_all_frames_that_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut) = (dir.path().join("a.mcap"), dir.path().join("b.mcap"));
    let done = record(&whole, 12, PictureForm::Png, RecordingLimits::default());
    let bytes = std::fs::read(&whole).unwrap();
    let mut before = 0;
    // Every place would take long; these are at no distance that a record has.
    for length in (0..bytes.len()).step_by(97) {
        std::fs::write(&cut, &bytes[..length]).unwrap();
        let frames = match RecordingReader::open(&cut) {
            Ok(mut reader) => {
                let frames = reader.len();
                check(&mut reader, frames - 1);
                frames
            }
            Err(error) => {
                assert!(error.to_string().contains("b.mcap"), "{error}");
                0
            }
        };
        assert!(frames >= before, "{length}: {frames} frames, and {before} in a shorter file");
        before = frames;
    }
    assert_eq!(before as u64, done.frames, "only the index was missing at last");
}

#[test]
fn bytes_that_are_wrong_are_told_and_never_panic() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, bad) = (dir.path().join("a.mcap"), dir.path().join("b.mcap"));
    record(&whole, 3, PictureForm::Png, RecordingLimits::default());
    let bytes = std::fs::read(&whole).unwrap();
    for at in (0..bytes.len()).step_by(31) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0xff;
        std::fs::write(&bad, &bytes).unwrap();
        if let Ok(mut reader) = RecordingReader::open(&bad) {
            for number in 0..reader.len() {
                if let Ok(read) = reader.read(number) {
                    // What is read is what was written: pixels and heads have sums.
                    let number = read.frame_id / 2;
                    let are_ours = read.outputs.iter().all(|output| match output.model.name.as_str() {
                        "a" => *output.heads == heads(number, false),
                        "b" => *output.heads == heads(number, true),
                        _ => output.heads.heads[0].len() == 7 * 16,
                    });
                    assert!(number > 2 || (are_ours && read.frame == frame(number)), "byte {at}");
                }
            }
        }
    }
    std::fs::write(&bad, "no recording").unwrap();
    let Err(error) = RecordingReader::open(&bad) else { panic!("it is none") };
    assert!(error.to_string().contains("is not a recording"), "{error}");
}

#[test]
fn limits_end_it_and_the_file_keeps_to_them() {
    let dir = tempfile::tempdir().unwrap();
    let limits = RecordingLimits { bytes: 200_000, time: Duration::from_secs(60) };
    let path = dir.path().join("size.mcap");
    let done = record(&path, 10_000, PictureForm::Png, limits);
    assert_eq!(done.limit, Some(RecordingLimit::Size));
    let length = std::fs::metadata(&path).unwrap().len();
    assert!(length <= 200_000 && length > 150_000, "{length}");
    let path = dir.path().join("time.mcap");
    let limits = RecordingLimits { bytes: 1 << 30, time: Duration::from_millis(400) };
    let done = record(&path, 10_000, PictureForm::Jpeg { quality: 80 }, limits);
    assert_eq!((done.limit, done.frames), (Some(RecordingLimit::Time), 11));
    let reader = RecordingReader::open(&path).unwrap();
    assert_eq!((reader.len(), reader.is_cut()), (11, false));
}

#[test]
fn the_limit_of_the_size_counts_what_is_around_small_messages() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.mcap");
    let limits = RecordingLimits { bytes: 2_000_000, time: Duration::from_secs(86_400) };
    let done = record(&path, 1_000_000, PictureForm::Jpeg { quality: 1 }, limits);
    assert_eq!(done.limit, Some(RecordingLimit::Size));
    let length = std::fs::metadata(&path).unwrap().len();
    assert!(length <= 2_000_000 && length > 1_900_000, "{length} of {} frames", done.frames);
}

#[test]
fn a_file_of_another_program_is_not_sent_to_be_decompressed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other.mcap");
    // A chunk: two times, a size, a sum, the name of its compression, and the size of no records.
    let head = [0u8; 8 + 8 + 8 + 4];
    let body = [&head[..], &3u32.to_le_bytes(), b"lz4", &[0; 8]].concat();
    let chunk = [&[mcap::records::op::CHUNK][..], &(body.len() as u64).to_le_bytes(), &body].concat();
    std::fs::write(&path, [mcap::MAGIC, &chunk].concat()).unwrap();
    let Err(error) = RecordingReader::open(&path) else { panic!("it is none") };
    assert!(error.to_string().ends_with("another program made this MCAP file"), "{error}");
}

#[test]
fn it_replaces_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mcap");
    std::fs::write(&path, "years of notes").unwrap();
    let error = Outputs::default().file(&path, &FileFormat::NEW).unwrap_err().to_string();
    assert!(error.contains("it exists and is not empty"), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told() {
    let file = Outputs::default().file(Path::new("/dev/full"), &FileFormat::NEW).unwrap();
    let limits = RecordingLimits::default();
    let written = RecordingWriter::create(GrowingFile::create(file).unwrap(), PictureForm::Png, limits);
    let Err(error) = written else { panic!("nothing can be written there") };
    assert!(error.to_string().contains("cannot write /dev/full: No space left"), "{error}");
}

#[test]
fn frames_that_are_minutes_apart_are_all_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mcap");
    let mut writer = writer(&path, PictureForm::Png, RecordingLimits::default());
    let models = two_models();
    for number in 0..4 {
        assert!(put_at(&mut writer, number, START + number * 120_000 * MILLIS, &models).unwrap());
    }
    writer.finish(0).unwrap();
    let request = VideoRequest::new(VideoLocation::File(path.clone()));
    let mut source = RecordingSource::open(&path, &request).unwrap();
    let mut picture = Frame::default();
    for number in 0..4 {
        assert_eq!(source.next(&mut picture).unwrap(), Next::Frame, "a jump is due at once");
        assert!(picture == frame(number), "frame {number} was passed over");
    }
    assert_eq!(source.description().playback.unwrap().skipped, 0);
    assert_eq!(source.next(&mut picture).unwrap(), Next::End);
}

#[test]
fn a_loop_stands_at_its_last_frame_for_a_moment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mcap");
    record(&path, 1, PictureForm::Png, RecordingLimits::default());
    let request = VideoRequest { looped: true, ..VideoRequest::new(VideoLocation::File(path.clone())) };
    let mut source = RecordingSource::open(&path, &request).unwrap();
    let mut picture = Frame::default();
    let came = [(); 4].map(|()| source.next(&mut picture).unwrap());
    assert_eq!(came, [Next::Frame, Next::Idle, Next::Frame, Next::Idle]);
    assert_eq!(source.description().nominal_rate, None);
}

#[test]
fn it_plays_like_a_video_with_the_heads_of_each_frame() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mcap");
    record(&path, 10, PictureForm::Png, RecordingLimits::default());
    // The last bytes are missing.
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 20).unwrap();
    let request = VideoRequest { every_frame: true, ..VideoRequest::new(VideoLocation::File(path.clone())) };
    let mut source = RecordingSource::open(&path, &request).unwrap();
    let mut picture = Frame::default();
    let mut shown = |source: &mut RecordingSource| loop {
        match source.next(&mut picture).unwrap() {
            Next::Frame => {
                let description = source.description();
                let number = description.playback.as_ref().unwrap().number;
                assert!(picture == frame(number));
                let recorded = &description.recorded;
                assert_eq!(*recorded[1].heads, heads(number, true));
                let expected = model("b", Some(Arithmetic::Exact));
                assert_eq!(recorded[1].sha256, expected.sha256);
                assert_eq!(recorded[1].arithmetic, expected.arithmetic_json());
                return Some(number);
            }
            Next::End => return None,
            Next::Idle | Next::Broken => {}
        }
    };
    for number in 0..3 {
        assert_eq!(shown(&mut source), Some(number));
    }
    let controls = source.description().playback.unwrap().controls;
    controls.seek(Duration::from_millis(7 * 40 + 3));
    assert_eq!(shown(&mut source), Some(7));
    controls.step();
    assert_eq!(shown(&mut source), Some(8));
    // A step back, as the window asks for it.
    controls.seek(Duration::from_millis(7 * 40 + 25));
    assert_eq!(shown(&mut source), Some(7));
    controls.pause(false);
    assert_eq!([(); 3].map(|()| shown(&mut source)), [Some(8), Some(9), None]);
    assert_eq!(source.description().playback.unwrap().duration, Some(Duration::from_millis(9 * 40)));
}
