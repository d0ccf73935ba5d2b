//! Panics of others' code, made into messages.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `run`; a panic in it becomes a message for people, in which `what` is named.
///
/// Whoever calls must be able to go on with what `run` had in hand, or drop it.
pub(super) fn guard<R>(what: &str, run: impl FnOnce() -> R) -> Result<R, String> {
    guard_with(what, "choose it again", run)
}

/// Like [`guard`], with another advice.
pub(super) fn guard_with<R>(what: &str, advice: &str, run: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        format!("{what} failed by a fault in the program ({}); {advice}, and please report this", text(&*payload))
    })
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
