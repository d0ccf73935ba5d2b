//! Twinsight shows, live, what an object detector sees in two precisions at once.
//!
//! Each folder is a layer:
//!
//! | module       | contents |
//! | ------------ | -------- |
//! | [`detect`]   | the detector's mathematics: frame, letterbox, decode, NMS |
//! | [`files`]    | files of the user: read up to a limit, written whole, never one onto another |
//! | [`onnx`]     | ONNX files as data: messages, limits, one normal form, exact rewrites |
//! | [`compare`]  | two sets of detections of one frame: pairs, verdicts, explanations, agreement |
//! | [`annotate`] | detections on a picture: colours of classes and verdicts, places of labels, painting |
//! | [`source`]   | where frames come from: camera, still image, folder, video, stream, demo |
//! | [`integer`]  | INT8 models in integer arithmetic: exact, with the overflows of some x86 processors, or as a chip computes them |
//! | [`model`]    | the trait `Detector` and its two engines, ONNX Runtime and the integer one; the catalog of installed models |
//! | [`workshop`] | builds and evaluates models: darknet weights to ONNX, calibration, INT8, metrics |
//! | [`trace`]    | what each stage of each frame took, as a file for Perfetto |
//! | [`encode`]   | frames as a video file, through ffmpeg |
//! | [`engine`]   | threads and mailboxes between a source, a detector and the viewer |
//! | [`history`]  | the last observations, compacted, and their figures over time |
//! | [`recording`] | frames with raw heads in one file that is written as they come, and opens like a video |
//! | [`live`]     | an engine with real sources and real models |
//! | [`interrupt`]| Ctrl+C and `kill`, and the end of the log |
//! | [`programs`] | other programs on the PATH |
//! | [`app`]      | the window |
//! | [`cli`]      | the commands without a window |
//!
//! Imports run one way. `files`, `detect` and `onnx` know nobody, and all may know `files` but `detect` and `compare`;
//! `compare` and `source` know `detect`; `annotate` knows `detect` and `compare`; `integer` knows `onnx`; `model` knows
//! `detect`, `onnx` and `integer`, and chooses between the engines; `workshop` knows all of these but `annotate` and
//! `source`; `trace` knows `files` alone, and `encode` knows `source` for its ffmpeg; `engine` knows `detect` and `trace`,
//! and `source` and `model` through their traits; `history` knows what an observation is made of, and `compare`;
//! `recording` knows `history`, `engine` and below; `live` puts the engine's parts together; `app` and `cli` know all of
//! these, and never each other.
//! `tests/imports.rs` holds this.
//!
//! `files`, `detect`, `onnx` and `integer` are compiled apart, as the package `twinsight-core` in `src/core`: with full
//! optimization, for tests too. Their paths are the same there and here, `crate::detect` and so on.

pub use twinsight_core::{detect, files, integer, onnx};

pub mod annotate;
pub mod app;
pub mod cli;
pub mod compare;
pub mod encode;
pub mod engine;
pub mod history;
pub mod interrupt;
pub mod live;
pub mod model;
pub mod programs;
pub mod recording;
pub mod source;
pub mod trace;
pub mod workshop;
