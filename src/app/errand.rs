//! What takes too long for the window's own thread: each errand runs on a thread of its own and comes back with news.

use std::io;

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

use crate::source::{Album, SourceRequest};

/// A person who presses a key again and again does not fill the memory with pictures.
const AT_ONCE: usize = 8;

/// What an errand comes back with.
pub enum News {
    /// It is done, in a few words.
    Done(String),
    /// It could not be done: what happened, and what to do next.
    Failed(String),
    Found(Found),
}

/// What a person wanted to look at.
pub enum Found {
    Source(SourceRequest),
    Album(Box<Album>),
}

/// Those that are under way.
#[derive(Default)]
pub struct Errands {
    out: Vec<(u64, Receiver<News>)>,
    sent: u64,
}

impl Errands {
    /// Sends one out, unless too many are out already. Gives its number; later ones have greater numbers.
    pub fn send(
        &mut self,
        ctx: &Context,
        name: &str,
        errand: impl FnOnce() -> News + Send + 'static,
    ) -> io::Result<u64> {
        if self.out.len() >= AT_ONCE {
            return Err(io::Error::other("too much is under way already"));
        }
        let (send, receive) = bounded(1);
        let ctx = ctx.clone();
        std::thread::Builder::new().name(name.into()).spawn(move || {
            let _ = send.send(errand());
            ctx.request_repaint();
        })?;
        self.sent += 1;
        self.out.push((self.sent, receive));
        Ok(self.sent)
    }

    /// What came back since the last call, with the errand's number.
    pub fn back(&mut self) -> Vec<(u64, News)> {
        let mut back = Vec::new();
        self.out.retain(|(number, receive)| match receive.try_recv() {
            Ok(news) => {
                back.push((*number, news));
                false
            }
            Err(TryRecvError::Empty) => true,
            // Its thread panicked, and has said so on standard error.
            Err(TryRecvError::Disconnected) => {
                back.push((*number, News::Failed("That failed for an unknown reason; see the log.".into())));
                false
            }
        });
        back
    }
}
