//! The stock network, whose weights set-up fetches, and the ONNX Runtime that it installs.

use std::sync::LazyLock;

use twinsight::model::{Catalog, Runtime};
use twinsight::workshop::FloatModel;

use crate::program::{installed, models};

/// Read once for all tests: its weights are 24 MB.
pub fn source() -> &'static FloatModel {
    static SOURCE: LazyLock<FloatModel> = LazyLock::new(read);
    &SOURCE
}

/// Read again.
pub fn read() -> FloatModel {
    FloatModel::read(&installed("downloads/yolov4-tiny.cfg"), &installed("downloads/yolov4-tiny.weights"), None)
        .unwrap()
}

pub fn runtime() -> Runtime {
    Runtime::find(&Catalog::at(models())).unwrap_or_else(|e| panic!("{e}: run make setup"))
}
