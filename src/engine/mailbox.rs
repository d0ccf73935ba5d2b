//! A place for one thing, where the newest wins.

use std::sync::Mutex;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::lock::lock;

/// Holds at most one value. Putting another in replaces it and never blocks, so that a slow reader finds
/// the newest, and no queue can grow.
///
/// A channel cannot do this: `try_send` into a full one keeps the stale value. So the value lies in a slot,
/// and the channel carries only a token that says "look", which can be selected over.
#[derive(Debug)]
pub struct Mailbox<T> {
    slot: Mutex<Option<T>>,
    token: Sender<()>,
    wake: Receiver<()>,
}

impl<T> Mailbox<T> {
    pub fn new() -> Self {
        let (token, wake) = bounded(1);
        Self { slot: Mutex::new(None), token, wake }
    }

    /// Puts a value in and gives back the one that nobody took.
    pub fn put(&self, value: T) -> Option<T> {
        let old = lock(&self.slot).replace(value);
        // After the value, so that the reader of the token finds it. A full channel already says "look".
        let _ = self.token.try_send(());
        old
    }

    /// The newest value that was not taken yet.
    pub fn take(&self) -> Option<T> {
        lock(&self.slot).take()
    }

    /// Like [`Mailbox::take`], and leaves a value that is not `wanted`.
    pub fn take_if(&self, wanted: impl FnOnce(&T) -> bool) -> Option<T> {
        lock(&self.slot).take_if(|value| wanted(value))
    }

    /// Whether a value waits.
    pub fn is_full(&self) -> bool {
        lock(&self.slot).is_some()
    }

    /// Gives a token after each [`Mailbox::put`]; tokens may merge into one, and one may find nothing left.
    pub fn wake(&self) -> &Receiver<()> {
        &self.wake
    }
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        Self::new()
    }
}
