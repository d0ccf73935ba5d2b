//! One stage of one frame.

use std::time::Instant;

/// From its start to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSpan {
    /// As "letterbox".
    pub name: &'static str,
    pub from: Instant,
    pub to: Instant,
    /// The frame's id; `None` = it belongs to no frame of the source.
    pub frame: Option<u64>,
    /// As "INT8".
    pub model: Option<String>,
}

impl TraceSpan {
    /// Of no frame and no model yet.
    pub fn new(name: &'static str, from: Instant, to: Instant) -> Self {
        Self { name, from, to, frame: None, model: None }
    }

    /// Of this frame.
    pub fn of_frame(self, frame: u64) -> Self {
        Self { frame: Some(frame), ..self }
    }

    /// Of the model with this name.
    pub fn of_model(self, name: &str) -> Self {
        Self { model: Some(name.to_owned()), ..self }
    }
}
