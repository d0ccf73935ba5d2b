//! What is arithmetic in Twinsight, and the files it comes from: rooms that know no other. They stand beside the others,
//! in `src`; only what compiles them is apart.

#[path = "../detect/mod.rs"]
pub mod detect;
#[path = "../files/mod.rs"]
pub mod files;
#[path = "../integer/mod.rs"]
pub mod integer;
#[path = "../onnx/mod.rs"]
pub mod onnx;
