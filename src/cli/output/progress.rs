//! A progress bar for what takes long.

use std::cell::Cell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::stdout::tell;
use crate::interrupt;
use crate::workshop;

/// What is done before that needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows itself on standard error after a second, and only where that is a terminal.
pub struct ProgressLine {
    bar: ProgressBar,
    start: Instant,
    shown: Cell<bool>,
}

impl ProgressLine {
    /// `total`: `None` = nobody knows. `things`: what is counted, as "images".
    pub fn new(total: Option<usize>, things: &str) -> Self {
        let bar = ProgressBar::with_draw_target(total.map(|n| n as u64), ProgressDrawTarget::hidden());
        let template = match total {
            Some(_) => format!("{{bar:32}} {{pos}} of {{len}} {things}, {{eta}} left"),
            None => format!("{{pos}} {things}{{msg}}, {{per_sec}}"),
        };
        // Where a template had a mistake, the standard one does as well.
        bar.set_style(ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, start: Instant::now(), shown: Cell::new(false) }
    }

    /// One is done.
    pub fn step(&mut self) {
        self.advance(1);
    }

    /// Several are done.
    pub fn advance(&mut self, count: usize) {
        self.show_when_slow();
        self.bar.inc(count as u64);
    }

    fn show_when_slow(&self) {
        if !self.shown.get() && self.start.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown.set(true);
        }
    }

    /// How far it is in a video.
    pub fn at(&self, time: Duration, whole: Option<Duration>) {
        let clock = |time: Duration| format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60);
        let whole = whole.map(|whole| format!(" of {}", clock(whole))).unwrap_or_default();
        self.bar.set_message(format!(", at {}{whole}", clock(time)));
    }

    /// Prints remarks for the person who waits, from any thread.
    pub fn remarks(&self) -> impl Fn(&str) + Send + 'static {
        let bar = self.bar.clone();
        move |remark| bar.suspend(|| tell!("{remark}"))
    }

    /// Prints something without the bar in its way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

/// The bar has the words that it was made with.
impl workshop::Progress for ProgressLine {
    fn report(&self, _what: &str, done: usize, of: usize) {
        self.show_when_slow();
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
    }

    fn is_cancelled(&self) -> bool {
        interrupt::asked()
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
