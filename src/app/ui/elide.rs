//! Names that are longer than their place: what stands in the middle goes, because names differ at their ends.

use egui::{TextStyle, Ui};

/// Stands for what is left out.
const DOTS: char = '…';

/// No place shows more letters than this: a longer name is cut before it is measured.
const MOST: usize = 400;

/// A part of the kept letters stands before the dots; the larger rest, with the file's end, after them.
const BEFORE: f32 = 0.4;

/// Fewer letters than these tell more at the beginning alone.
const BOTH_ENDS: usize = 6;

/// How wide a text of buttons is, in points.
pub fn width(ui: &Ui, text: &str) -> f32 {
    let font = TextStyle::Button.resolve(ui.style());
    ui.fonts_mut(|fonts| fonts.layout_delayed_color(text.to_owned(), font, f32::INFINITY)).size().x
}

/// The text in the letters of buttons, shortened in its middle where it is wider than `most` points.
pub fn middle(ui: &Ui, text: &str, most: f32) -> String {
    // A name with line breaks would grow out of its row.
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    shortened(&line, |text| width(ui, text) <= most)
}

/// The longest form that fits.
fn shortened(text: &str, fits: impl Fn(&str) -> bool) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= MOST && fits(text) {
        return text.to_owned();
    }
    // `least` letters fit, or are all that can be tried; `most` do not.
    let (mut least, mut most) = (0, letters.len().min(MOST));
    while least + 1 < most {
        let kept = usize::midpoint(least, most);
        if fits(&keep(&letters, kept)) { least = kept } else { most = kept }
    }
    keep(&letters, least)
}

fn keep(letters: &[char], kept: usize) -> String {
    let before = if kept < BOTH_ENDS { kept } else { (kept as f32 * BEFORE) as usize };
    let after = letters.len() - (kept - before);
    letters[..before].iter().copied().chain([DOTS]).chain(letters[after..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, letters: usize) -> String {
        shortened(text, |text| text.chars().count() <= letters)
    }

    #[test]
    fn the_longest_form_that_fits_keeps_both_ends() {
        assert_eq!(of("bus.jpg", 7), "bus.jpg");
        assert_eq!(of("a very long name.jpg", 12), "a ve…ame.jpg");
        assert_eq!(of("模型模型模型.onnx", 8), "模型….onnx");
        assert_eq!(of("INT8 (m12)", 5), "INT8…");
        assert_eq!((of("bus.jpg", 1), of("bus.jpg", 0)), ("…".into(), "…".into()));
        assert_eq!(of(&"a".repeat(100_000), 9).chars().count(), 9);
        for letters in 1..30 {
            assert!(of("a name that is longer than its place", letters).chars().count() <= letters);
        }
    }
}
