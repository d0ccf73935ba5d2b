//! The sources under test, taken in as they are: Twinsight as a whole has a window and a model runtime, which would
//! take a quarter of an hour to build with what fuzzing adds.

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
