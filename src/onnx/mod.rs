//! ONNX files as data: the protobuf messages, what they contain, one normal form of their graphs, and exact
//! rewrites of them.

mod attributes;
mod constants;
mod external;
mod integers;
mod messages;
mod metadata;
mod names;
mod normal;
mod operations;
mod overflow;
mod qdq;
mod sharing;
mod unsigned;

pub use attributes::Attributes;
pub use constants::Constants;
pub use external::{ExternalData, with_external_data};
pub use integers::{IntegerForm, Integers};
pub use messages::*;
pub use metadata::{metadata_of, outlets_of};
pub use names::float_name;
pub use normal::{NormalError, NormalModel, normalized, operation, shown};
pub use operations::computes_in_integers;
pub use overflow::{NodeOverflow, can_overflow, node_overflows, weights_overflow};
pub use qdq::{RefusedNode, in_integer_operators, with_integer_operators};
pub use sharing::with_own_constants;
pub use unsigned::{has_signed_activations, with_unsigned_activations};
