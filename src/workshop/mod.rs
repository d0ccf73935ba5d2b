//! Makes models: darknet weights to ONNX, calibration, INT8.
