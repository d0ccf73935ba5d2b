//! The sources under test, included directly: the whole of Twinsight has a window and a model runtime, which would
//! take a quarter of an hour to build with fuzzing instrumentation.

#![allow(dead_code, unused_imports, reason = "only a part is taken in")]

#[path = "../../src/detect/mod.rs"]
pub mod detect;

#[path = "../../src/source"]
pub mod source {
    #[path = "camera/format.rs"]
    mod format;
    pub mod pixels;

    pub use format::PixelFormat;
}
