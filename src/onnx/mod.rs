//! ONNX files as data: the messages that a file is made of, what they hold, and exact rewrites of them.

mod attributes;
mod constants;
mod messages;

pub use attributes::Attributes;
pub use constants::Constants;
pub use messages::*;
