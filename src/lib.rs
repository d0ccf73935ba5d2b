//! Twinsight shows, live, what an object detector sees in two precisions at once.
//!
//! Each folder is a layer:
//!
//! | module       | contents |
//! | ------------ | -------- |
//! | [`detect`]   | the detector's mathematics: frame, letterbox, decode, NMS |
//! | [`onnx`]     | ONNX files as data: messages, limits, exact rewrites |
//! | [`compare`]  | two sets of detections of one frame: pairs, verdicts, explanations, agreement |
//! | [`annotate`] | detections on a picture: colours, label placement, drawing |
//! | [`source`]   | where frames come from: camera, still image, folder, video, stream, demo |
//! | [`model`]    | the trait `Detector`, ONNX Runtime sessions, the catalog of installed models |
//! | [`integer`]  | INT8 models in exact integer arithmetic, or with the overflows of some x86 processors |
//! | [`workshop`] | builds and evaluates models: darknet weights to ONNX, calibration, INT8, metrics |
//! | [`engine`]   | threads and mailboxes between a source, a detector and the viewer |
//! | [`history`]  | the last observations, compacted, and their figures over time |
//! | [`live`]     | an engine with real sources and real models |
//! | [`app`]      | the window |
//! | [`cli`]      | the commands without a window |
//!
//! Imports run one way. `detect` and `onnx` import no other module; `compare`, `annotate` and `source` import `detect`;
//! `model` imports `detect` and `onnx`; `integer` imports these and `model`; `workshop` imports all of these except
//! `source`; `engine` imports `detect`, and `source` and `model` through their traits; `history` imports the parts of an
//! observation, and `compare`; `live` assembles the engine's parts; `app` and `cli` import `engine` and everything below
//! it, but never each other. `tests/imports.rs` enforces this.

pub mod annotate;
pub mod app;
pub mod cli;
pub mod compare;
pub mod detect;
pub mod engine;
pub mod history;
pub mod integer;
pub mod live;
pub mod model;
pub mod onnx;
pub mod source;
pub mod workshop;
