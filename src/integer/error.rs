//! Errors of a model in integer arithmetic, by cause.

/// Each message says what happened, to what, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntegerError {
    #[error("this model cannot be run in integer arithmetic: {0}")]
    Model(String),
    #[error("the node {node} ({op}) cannot be run in integer arithmetic: {why}")]
    Node { node: String, op: String, why: String },
    #[error("the input has {given} values, but the model takes {wanted}: one image of {dims:?}")]
    Input { given: usize, wanted: usize, dims: [usize; 4] },
}
