//! Names and text that somebody else chose, as they are written: file names, class names, what a file holds.
//!
//! | where | what is written otherwise |
//! | --- | --- |
//! | names of files in results | bytes that are not UTF-8, as `\xff`: see [`path_name`] |
//! | terminal, also JSON on it | control characters and those that turn the direction of text, as `\u001b`: see [`visible`] |
//! | CSV | text that a spreadsheet would take for a formula, behind a `'`: see [`crate::compare::csv::cell`] |

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

/// A file's name as text. A name that is not UTF-8 keeps apart from all others: each byte that is no part of a character
/// becomes `\x` and two hexadecimal digits. So that this can be undone (every `\x` with two digits is one byte), a backslash
/// that stands before an x and two hexadecimal digits in the name itself becomes `\x5c`. All other names stay as they are.
pub fn path_name(path: &Path) -> String {
    name(path.as_os_str())
}

fn name(name: &OsStr) -> String {
    let bytes = name.as_encoded_bytes();
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let (valid, invalid) = match std::str::from_utf8(rest) {
            Ok(all) => (all, 0),
            Err(error) => {
                let (valid, broken) = rest.split_at(error.valid_up_to());
                (std::str::from_utf8(valid).unwrap_or_default(), error.error_len().unwrap_or(broken.len()))
            }
        };
        for (at, letter) in valid.char_indices() {
            let follows = valid.as_bytes().get(at + 1..at + 4);
            let is_escape = letter == '\\'
                && follows.is_some_and(|f| f[0] == b'x' && f[1].is_ascii_hexdigit() && f[2].is_ascii_hexdigit());
            if is_escape { text.push_str("\\x5c") } else { text.push(letter) }
        }
        let (broken, after) = rest[valid.len()..].split_at(invalid);
        broken.iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
        rest = after;
    }
    text
}

/// Text for a terminal: control characters other than line feeds could recolour or rewrite what is there, and characters that
/// turn the direction of text could show a name as another one. They become `\u` and four hexadecimal digits. That is JSON's own
/// way to write them, so that JSON keeps its meaning.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_hidden(c))
}

/// The same, for a part of a line or a message: line feeds too.
pub fn on_a_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

fn escaped(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_bad) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        // All of them are below U+10000.
        if is_bad(c) { shown.push_str(&format!("\\u{:04x}", u32::from(c))) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Control characters, line and paragraph separators, and Unicode's characters for the direction of text (Bidi_Control).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn of(bytes: &[u8]) -> String {
        use std::os::unix::ffi::OsStrExt as _;
        name(OsStr::from_bytes(bytes))
    }

    /// As the rule says.
    #[cfg(unix)]
    fn undone(text: &str) -> Vec<u8> {
        let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
        while let [first, after @ ..] = rest {
            let digits = after.strip_prefix(b"x").and_then(|d| d.get(..2)).and_then(|d| std::str::from_utf8(d).ok());
            let byte = digits.and_then(|d| u8::from_str_radix(d, 16).ok().filter(|_| !d.starts_with('+')));
            match byte.filter(|_| *first == b'\\') {
                Some(byte) => {
                    bytes.push(byte);
                    rest = &rest[4..];
                }
                None => {
                    bytes.push(*first);
                    rest = after;
                }
            }
        }
        bytes
    }

    #[test]
    #[cfg(unix)]
    fn names_that_are_not_utf_8_stay_apart_and_can_be_undone() {
        assert_eq!(of(b"\xff.jpg"), r"\xff.jpg");
        assert_eq!(of(b"\xfe.jpg"), r"\xfe.jpg");
        assert_eq!(of(r"\xff.jpg".as_bytes()), r"\x5cxff.jpg");
        assert_eq!(of("Zoë\\x.jpg".as_bytes()), "Zoë\\x.jpg");
        // The beginning of a character of three bytes, cut by the end.
        assert_eq!(of(b"a\xe2\x82"), r"a\xe2\x82");
        let mut all = std::collections::HashSet::new();
        let parts: [&[u8]; 9] = [b"\\", b"x", b"f", b"4", b"\xff", b"\xe2", b"\x82\xac", b"+", "é".as_bytes()];
        for i in 0..9 * 9 * 9 * 9 * 9 {
            let bytes = [i % 9, i / 9 % 9, i / 81 % 9, i / 729 % 9, i / 6561].map(|at| parts[at]).concat();
            assert_eq!(undone(&of(&bytes)), bytes, "{}", of(&bytes));
            all.insert((of(&bytes), bytes));
        }
        let texts: std::collections::HashSet<&String> = all.iter().map(|(text, _)| text).collect();
        assert_eq!(texts.len(), all.len());
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(visible("person 0.5\n  bus"), "person 0.5\n  bus");
        assert_eq!(visible("\u{1b}[31mred\u{7}\u{9b}2J"), r"\u001b[31mred\u0007\u009b2J");
        assert_eq!(visible("\u{202e}gpj.exe\u{2066}"), r"\u202egpj.exe\u2066");
        assert_eq!(on_a_line("a\nb\tc"), r"a\u000ab\u0009c");
        let text = "{\"class\":\"\u{202e}\u{7f}\"}";
        let [plain, shown] = [text, &visible(text)].map(|t| serde_json::from_str::<serde_json::Value>(t).unwrap());
        assert_eq!(plain, shown);
    }
}
