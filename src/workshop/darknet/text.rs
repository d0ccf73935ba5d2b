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
}

/// Cuts a cfg into its sections. As in darknet, white space means nothing anywhere, and a line that begins
/// with `#` or `;` is a comment.
pub(super) fn sections(text: &str) -> Result<Vec<Section>, CfgError> {
    let fail = |line, section: &str, cause| Err(CfgError { line, section: section.to_owned(), cause });
    if text.len() > MAX_BYTES {
        return fail(1, "", CfgCause::TooLong { bytes: text.len(), limit: MAX_BYTES });
    }
    let mut sections: Vec<Section> = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        let line = index + 1;
        let bare: String = raw.chars().filter(|c| !c.is_whitespace() && *c != '\0').collect();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        let name = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(name) = name {
            sections.push(Section { name: name.to_owned(), line, options: Vec::new() });
            continue;
        }
        let Some(section) = sections.last_mut() else { return fail(line, "", CfgCause::NoNet) };
        match bare.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                section.options.push(KeyValue { line, key: key.to_owned(), value: value.to_owned() });
            }
            _ => return fail(line, &section.name, CfgCause::BadLine(short(raw.trim()))),
        }
    }
    Ok(sections)
}

impl Section {
    pub fn error(&self, cause: CfgCause) -> CfgError {
        self.error_at(self.line, cause)
    }

    fn error_at(&self, line: usize, cause: CfgCause) -> CfgError {
        CfgError { line, section: self.name.clone(), cause }
    }

    fn find(&self, key: &str) -> Result<Option<&KeyValue>, CfgError> {
        let mut found = self.options.iter().filter(|e| e.key == key);
        let first = found.next();
        match found.next() {
            Some(second) => Err(self.error_at(second.line, CfgCause::KeyTwice(key.to_owned()))),
            None => Ok(first),
        }
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

    pub fn text(&self, key: &'static str) -> Result<&str, CfgError> {
        let entry = self.find(key)?.ok_or_else(|| self.error(CfgCause::MissingKey(key)))?;
        Ok(&entry.value)
    }

    /// A whole number within limits.
    pub fn int(&self, key: &'static str, least: u32, most: u32) -> Result<u32, CfgError> {
        let entry = self.find(key)?.ok_or_else(|| self.error(CfgCause::MissingKey(key)))?;
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

    /// Numbers between commas, at least one and at most `limit`.
    pub fn list<T: FromStr>(&self, key: &'static str, limit: usize) -> Result<Vec<T>, CfgError> {
        let entry = self.find(key)?.ok_or_else(|| self.error(CfgCause::MissingKey(key)))?;
        let expected = || self.bad(entry, format!("1 to {limit} comma-separated numbers"));
        // Darknet takes a comma at the end.
        let items: Vec<&str> = entry.value.trim_end_matches(',').split(',').collect();
        if items.len() > limit {
            return Err(expected());
        }
        items.into_iter().map(|item| item.parse().map_err(|_| expected())).collect()
    }

    /// Refuses keys beyond `known`: what is not understood could change what the layer computes.
    pub fn only(&self, known: &[&str]) -> Result<(), CfgError> {
        match self.options.iter().find(|e| !known.contains(&e.key.as_str())) {
            Some(entry) => Err(self.error_at(entry.line, CfgCause::UnknownKey(short(&entry.key)))),
            None => Ok(()),
        }
    }
}

/// What a message shows of a text that could be of any length.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
