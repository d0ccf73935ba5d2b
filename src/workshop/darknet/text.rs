//! A cfg's text as sections of keys and values, each with its line.

use std::str::FromStr;

use super::{CfgCause, CfgError};

/// Of the text. The cfgs of this family have 3 to 10 kB.
const MAX_BYTES: usize = 1 << 20;

/// One section: `[name]` and what follows it.
#[derive(Debug)]
pub(super) struct Section {
    pub name: String,
    pub line: usize,
    options: Vec<KeyValue>,
}

#[derive(Debug)]
struct KeyValue {
    line: usize,
    key: String,
    value: String,
    /// What stands behind the value, from its `#`, `;` or `//` on; else empty.
    comment: String,
}

/// Cuts a cfg into its sections. As in darknet, white space means nothing anywhere, and a line that begins
/// with `#` or `;` is a comment. Behind a value darknet has no comments; but it reads numbers as far as they go, so that
/// people write them there.
pub(super) fn sections(text: &str) -> Result<Vec<Section>, CfgError> {
    let fail = |line, section: &str, cause| Err(CfgError { line, section: section.to_owned(), cause });
    if text.len() > MAX_BYTES {
        return fail(1, "", CfgCause::TooLong { bytes: text.len(), limit: MAX_BYTES });
    }
    let mut sections: Vec<Section> = Vec::new();
    // The mark that editors on Windows write is no part of the first line.
    for (index, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = index + 1;
        let bare: String = raw.chars().filter(|c| !c.is_whitespace() && *c != '\0').collect();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        let (before, comment) = bare.split_at(comment_at(&bare));
        let name = before.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(name) = name {
            sections.push(Section { name: name.to_owned(), line, options: Vec::new() });
            continue;
        }
        let Some(section) = sections.last_mut() else { return fail(line, "", CfgCause::NoNet) };
        match before.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                let [key, value, comment] = [key, value, comment].map(str::to_owned);
                section.options.push(KeyValue { line, key, value, comment });
            }
            _ => return fail(line, &section.name, CfgCause::BadLine(short(raw.trim()))),
        }
    }
    Ok(sections)
}

/// Where a comment begins behind a value; the line's end where there is none.
fn comment_at(line: &str) -> usize {
    let slashes = line.find("//").unwrap_or(line.len());
    line.find(['#', ';']).unwrap_or(line.len()).min(slashes)
}

impl Section {
    pub fn error(&self, cause: CfgCause) -> CfgError {
        self.error_at(self.line, cause)
    }

    fn error_at(&self, line: usize, cause: CfgCause) -> CfgError {
        CfgError { line, section: self.name.clone(), cause }
    }

    /// Of a key that is given twice, darknet takes the first and says nothing.
    fn find(&self, key: &str) -> Result<Option<&KeyValue>, CfgError> {
        let mut found = self.options.iter().filter(|e| e.key == key);
        let Some(first) = found.next() else { return Ok(None) };
        match found.find(|other| other.value != first.value) {
            Some(other) => Err(self.error_at(other.line, CfgCause::KeyTwice(key.to_owned()))),
            None => Ok(Some(first)),
        }
    }

    fn needed(&self, key: &'static str) -> Result<&KeyValue, CfgError> {
        let missing = || match self.options.iter().find(|e| e.key.eq_ignore_ascii_case(key)) {
            Some(other) => self.error_at(other.line, CfgCause::KeyCase { key: short(&other.key), meant: key }),
            None => self.error(CfgCause::MissingKey(key)),
        };
        self.find(key)?.ok_or_else(missing)
    }

    /// That a key is given at all.
    pub fn require(&self, key: &'static str) -> Result<(), CfgError> {
        self.needed(key).map(|_| ())
    }

    pub fn has(&self, key: &str) -> bool {
        self.options.iter().any(|e| e.key == key)
    }

    fn bad(&self, entry: &KeyValue, expected: String) -> CfgError {
        let (key, value) = (entry.key.clone(), short(&entry.value));
        self.error_at(entry.line, CfgCause::BadValue { key, value, expected })
    }

    /// A cause that is about one key's value, on that key's line.
    pub fn error_of(&self, key: &str, cause: CfgCause) -> CfgError {
        let line = self.options.iter().find(|e| e.key == key).map_or(self.line, |e| e.line);
        self.error_at(line, cause)
    }

    /// A word.
    pub fn text(&self, key: &'static str) -> Result<&str, CfgError> {
        let entry = self.needed(key)?;
        if !entry.comment.is_empty() {
            let text = short(&(entry.value.clone() + &entry.comment));
            return Err(self.error_at(entry.line, CfgCause::CommentInText { key, text }));
        }
        Ok(&entry.value)
    }

    /// A whole number within limits.
    pub fn int(&self, key: &'static str, least: u32, most: u32) -> Result<u32, CfgError> {
        let entry = self.needed(key)?;
        let value = entry.value.parse().ok().filter(|v| (least..=most).contains(v));
        value.ok_or_else(|| self.bad(entry, format!("a whole number from {least} to {most}")))
    }

    /// The same, for a key that may be left out.
    pub fn int_or(&self, key: &'static str, default: u32, least: u32, most: u32) -> Result<u32, CfgError> {
        if self.find(key)?.is_some() { self.int(key, least, most) } else { Ok(default) }
    }

    /// A positive number that may be left out.
    pub fn positive_or(&self, key: &'static str, default: f32) -> Result<f32, CfgError> {
        let Some(entry) = self.find(key)? else { return Ok(default) };
        let value = entry.value.parse().ok().filter(|v: &f32| v.is_finite() && *v > 0.0);
        value.ok_or_else(|| self.bad(entry, "a positive number".into()))
    }

    /// Refuses any value of a key but the one that can be computed here; without the key, that is meant.
    pub fn just(&self, key: &'static str, only: f32, why: &'static str) -> Result<(), CfgError> {
        match self.find(key)? {
            Some(entry) if entry.value.parse() != Ok(only) => {
                let (key, value) = (key.to_owned(), short(&entry.value));
                Err(self.error_at(entry.line, CfgCause::NotSupported { key, value, why }))
            }
            _ => Ok(()),
        }
    }

    /// Numbers between commas, at least one and at most `limit`.
    pub fn list<T: FromStr>(&self, key: &'static str, limit: usize) -> Result<Vec<T>, CfgError> {
        let entry = self.needed(key)?;
        let expected = || self.bad(entry, format!("1 to {limit} comma-separated numbers"));
        // Darknet counts commas to the line's end, in `mask` and `anchors` to the `#`, and makes numbers of what is there.
        if entry.comment.contains(',') && (key == "layers" || !entry.comment.starts_with('#')) {
            let text = short(&(entry.value.clone() + &entry.comment));
            return Err(self.error_at(entry.line, CfgCause::CommaInComment { key, text }));
        }
        // At the end of `mask` or `layers`, a comma means one more number for darknet: 0.
        let value = if key == "anchors" { entry.value.trim_end_matches(',') } else { &entry.value };
        let items: Vec<&str> = value.split(',').collect();
        if items.len() > limit {
            return Err(expected());
        }
        items.into_iter().map(|item| item.parse().map_err(|_| expected())).collect()
    }

    /// Refuses keys beyond `known`: what is not understood could change what the layer computes.
    pub fn only(&self, known: &[&'static str]) -> Result<(), CfgError> {
        let Some(entry) = self.options.iter().find(|e| !known.contains(&e.key.as_str())) else { return Ok(()) };
        let key = short(&entry.key);
        Err(self.error_at(
            entry.line,
            match known.iter().find(|known| known.eq_ignore_ascii_case(&entry.key)) {
                Some(meant) => CfgCause::KeyCase { key, meant },
                None => CfgCause::UnknownKey(key),
            },
        ))
    }
}

/// What a message shows of a text that could be of any length.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
