//! The two sample photos.

use std::path::PathBuf;

use crate::program::installed;

/// Both, once what the program needs to detect objects in them is there too.
pub fn photos() -> [PathBuf; 2] {
    for model in ["yolov4-tiny-416_float.onnx", "yolov4-tiny-416_int8_qop.onnx", "runtime"] {
        installed(model);
    }
    ["bus.jpg", "zidane.jpg"].map(|photo| installed(&format!("downloads/{photo}")))
}
