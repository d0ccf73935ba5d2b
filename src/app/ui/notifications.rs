//! Short messages that go by themselves: in a corner of the picture, where they cover no control.

use std::time::{Duration, Instant};

use egui::{Context, Rect, Vec2, vec2};
use egui_notify::{Anchor, Toasts};

/// From the picture's edges, in points.
const MARGIN: f32 = 12.0;

/// What a toast has besides its words: its sign, its cross and the space around, in points.
const AROUND: f32 = 96.0;

/// A letter's usual width, in points.
const LETTER: f32 = 7.0;

/// The letters in a line: as many as fit into the picture's width, but no fewer and no more than these.
const LINE: [usize; 2] = [24, 72];

/// What a key says is not said again within this time, however often the key is pressed.
const AGAIN: Duration = Duration::from_secs(4);

/// The visible messages.
pub struct Notifications {
    toasts: Toasts,
    last: String,
    /// When [`Notifications::remind`] said something.
    reminded: Option<Instant>,
    /// The letters in a line, at the picture's present width.
    line: usize,
}

impl Default for Notifications {
    fn default() -> Self {
        Self {
            toasts: Toasts::default().with_anchor(Anchor::BottomRight),
            last: String::new(),
            reminded: None,
            line: LINE[1],
        }
    }
}

impl Notifications {
    /// The one that was shown last; empty = none was.
    pub fn last(&self) -> &str {
        &self.last
    }

    pub fn done(&mut self, message: String) {
        self.toasts.success(fold(&message, self.line)).duration(Some(Duration::from_secs(4)));
        self.last = message;
    }

    pub fn warn(&mut self, message: &str) {
        self.toasts.warning(fold(message, self.line)).duration(Some(Duration::from_secs(8)));
        message.clone_into(&mut self.last);
    }

    /// Warns, unless the same has just been said.
    pub fn remind(&mut self, message: &str) {
        let is_new = self.last != message || self.reminded.is_none_or(|at| at.elapsed() >= AGAIN);
        if is_new {
            self.warn(message);
            self.reminded = Some(Instant::now());
        }
    }

    /// Paints them into the lower right corner of `picture`.
    pub fn show(&mut self, ctx: &Context, picture: Rect) {
        self.line = (((picture.width() - AROUND) / LETTER) as usize).clamp(LINE[0], LINE[1]);
        self.toasts = std::mem::take(&mut self.toasts).with_margin(margin(ctx.content_rect(), picture));
        self.toasts.show(ctx);
    }
}

/// How far from the window's corner the toasts begin.
fn margin(window: Rect, picture: Rect) -> Vec2 {
    (window.max - picture.max).max(Vec2::ZERO) + vec2(MARGIN, MARGIN)
}

/// Breaks the message between words, as a toast does not: no line is longer than `columns`, unless one word is.
fn fold(message: &str, columns: usize) -> String {
    let mut folded = String::with_capacity(message.len() + 8);
    let mut line = 0;
    for word in message.split(' ') {
        let letters = word.chars().count();
        if line > 0 {
            let fits = line + 1 + letters <= columns;
            folded.push(if fits { ' ' } else { '\n' });
            line = if fits { line + 1 } else { 0 };
        }
        folded.push_str(word);
        line += letters;
    }
    folded
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn they_begin_in_the_pictures_corner() {
        let window = Rect::from_min_max(pos2(0.0, 0.0), pos2(1280.0, 800.0));
        let picture = Rect::from_min_max(pos2(212.0, 48.0), pos2(1040.0, 670.0));
        assert_eq!(margin(window, picture), vec2(252.0, 142.0));
        // A picture that was painted in a larger window.
        assert_eq!(margin(window, picture.expand(500.0)), vec2(12.0, 12.0));
    }

    #[test]
    fn long_messages_are_broken_between_words() {
        assert_eq!(fold("Saved bus.png", 20), "Saved bus.png");
        assert_eq!(fold("no clipboard can be reached", 12), "no clipboard\ncan be\nreached");
        assert_eq!(fold("in /a/very/long/path/bus.png now", 8), "in\n/a/very/long/path/bus.png\nnow");
    }
}
