//! The arithmetic of Twinsight, and the files that it reads and writes: the rooms that name none of the others. Their
//! sources stand beside the others in `src`; only their compilation is apart.

#[path = "../detect/mod.rs"]
pub mod detect;
#[path = "../files/mod.rs"]
pub mod files;
#[path = "../integer/mod.rs"]
pub mod integer;
#[path = "../onnx/mod.rs"]
pub mod onnx;
