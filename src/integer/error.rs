//! Errors of a model in integer arithmetic and of hardware profiles, by cause.

use std::path::PathBuf;

use super::kernel::Kernel;
use crate::files::ReadError;
use crate::onnx::RefusedNode;

/// Each message says what happened, to what, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntegerError {
    #[error("this model cannot be run in integer arithmetic: {0}")]
    Model(String),
    #[error("the node {node} ({op}) cannot be run in integer arithmetic: {why}")]
    Node { node: String, op: String, why: String },
    #[error("the hardware profile {profile} cannot run the node {node}: {why}; quantize the model again")]
    Chip { node: String, profile: String, why: String },
    #[error("this processor has no {0}; choose another kernel")]
    Kernel(Kernel),
    #[error("the threads of the integer engine cannot run: {0}; load the model again")]
    Threads(String),
    #[error("the input has {given} values, but the model takes {wanted}: one image of {dims:?}")]
    Input { given: usize, wanted: usize, dims: [usize; 4] },
}

impl From<RefusedNode> for IntegerError {
    fn from(RefusedNode { node, op, why }: RefusedNode) -> Self {
        Self::Node { node, op, why }
    }
}

/// Why there is no such hardware profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("there is no hardware profile {name}; choose {known}, or name a JSON file")]
    Unknown { name: String, known: String },
    #[error("the hardware profile {}: {cause}", path.display())]
    File { path: PathBuf, cause: ProfileCause },
}

/// What is wrong with a profile's file. The message follows the file's name.
#[derive(Debug, thiserror::Error)]
pub enum ProfileCause {
    #[error("{0}")]
    Read(ReadError),
    #[error("it is not in the format of a hardware profile ({0}); the models folder has examples in profiles/")]
    Json(String),
    #[error("its name must be 1 to {most} letters, digits, - and _; change \"name\"")]
    Name { most: usize },
    #[error("it gives {bits} for {key}; choose {least} to {most}")]
    Bits { key: &'static str, bits: u32, least: u32, most: u32 },
    #[error("it gives {0} for leaky_relu's slope; choose 0 to 1")]
    Slope(f32),
    #[error("its name is that of another arithmetic, {0}; choose another name")]
    Reserved(String),
    #[error("a built-in profile with other values is also named {0}; choose another name")]
    Taken(String),
}
