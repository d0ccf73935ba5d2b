//! Names of the classes that YOLO's labels number.

use std::path::{Path, PathBuf};

use super::{LabelError, LabelFileError};
use crate::files::{decoded, read_limited};

/// Files with names, one a line, as labelling tools and darknet call them.
const LISTS: [&str; 4] = ["classes.txt", "obj.names", "labels.txt", "names.txt"];

/// Descriptions of a data set, as Ultralytics' programs read them.
const YAMLS: [&str; 4] = ["data.yaml", "data.yml", "dataset.yaml", "dataset.yml"];

const MAX_BYTES: u64 = 1 << 20;

/// Whether a file in a folder of labels is a list of names or pictures, and no label. `name` is in lower case.
pub fn is_list(name: &str) -> bool {
    LISTS.contains(&name) || ["train.txt", "val.txt", "valid.txt", "test.txt", "readme.txt"].contains(&name)
}

/// Names from the first file that has them, in one of the folders. `None` = there is no such file.
pub(super) fn find_names(folders: &[&Path]) -> Result<Option<Vec<String>>, LabelError> {
    for folder in folders {
        for name in YAMLS.iter().chain(&LISTS) {
            let path = folder.join(name);
            if path.is_file() {
                return read_names(&path).map(Some);
            }
        }
        // As `things.names`; where there are several, nobody knows which.
        let mut others = std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let is_names = |path: &PathBuf| path.extension().is_some_and(|end| end == "names") && path.is_file();
        if let (Some(path), None) = (others.by_ref().find(is_names), others.find(is_names)) {
            return read_names(&path).map(Some);
        }
    }
    Ok(None)
}

/// Names in a list, or in a description of a data set.
pub(super) fn read_names(path: &Path) -> Result<Vec<String>, LabelError> {
    let bytes = read_limited(path, MAX_BYTES).map_err(|cause| LabelError::Read { path: path.to_owned(), cause })?;
    let failed = |cause| LabelError::File { path: path.to_owned(), cause };
    let text = decoded(&bytes).map_err(|line| failed(LabelFileError::Encoding(line)))?;
    if is_yaml(path) {
        return yaml_names(&text).filter(|names| !names.is_empty()).ok_or(failed(LabelFileError::NoYamlNames));
    }
    let mut names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    Ok(names)
}

/// Whether a file names the classes of labels that stand beside the pictures, and is no annotations itself.
pub(super) fn is_names_file(path: &Path) -> bool {
    is_yaml(path) || path.extension().is_some_and(|end| end == "names" || end == "txt")
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"))
}

/// `names` of a data.yaml: a list in brackets, a list of lines with `-`, or lines with a number and a colon. Of YAML no more
/// than the programs write that make such files.
fn yaml_names(text: &str) -> Option<Vec<String>> {
    let mut lines = text.lines().map(without_comment).skip_while(|line| !line.starts_with("names:"));
    let first = lines.next()?.strip_prefix("names:")?.trim().to_owned();
    if first.starts_with('[') || first.starts_with('{') {
        let whole = std::iter::once(first.as_str()).chain(lines).collect::<Vec<_>>().join(" ");
        let close = if first.starts_with('[') { ']' } else { '}' };
        let inside = whole.get(1..whole.find(close)?)?;
        return Some(by_number(split(inside).filter(|item| !item.is_empty())));
    }
    let items = lines
        .map(|line| (line, line.trim()))
        .filter(|(_, item)| !item.is_empty())
        .take_while(|(line, item)| item.starts_with("- ") || line.starts_with([' ', '\t']))
        .map(|(_, item)| item.strip_prefix("- ").unwrap_or(item).trim().to_owned());
    Some(by_number(items))
}

/// Names in their order, or in that of the numbers before them.
fn by_number(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<(usize, String)> = Vec::new();
    for (place, item) in items.enumerate() {
        let numbered = item.split_once(':').and_then(|(number, name)| Some((number.trim().parse().ok()?, name.trim())));
        let (number, name) = numbered.unwrap_or((place, item.as_str()));
        names.push((number, name.trim_matches(['"', '\'']).to_owned()));
    }
    names.sort_by_key(|(number, _)| *number);
    let count = names.last().map_or(0, |(number, _)| number.saturating_add(1)).min(names.len().max(1) * 64);
    let mut all = vec![String::new(); count];
    names.into_iter().for_each(|(number, name)| {
        if let Some(place) = all.get_mut(number) {
            *place = name;
        }
    });
    all
}

/// At commas outside quotes.
fn split(text: &str) -> impl Iterator<Item = String> {
    let mut items = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, ',') => items.push(String::new()),
            (_, c) => {
                if quote == Some(c) {
                    quote = None;
                } else if quote.is_none() && matches!(c, '"' | '\'') {
                    quote = Some(c);
                }
                if let Some(item) = items.last_mut() {
                    item.push(c);
                }
            }
        }
    }
    items.into_iter().map(|item| item.trim().to_owned())
}

/// A `#` at the beginning or behind a space starts a comment.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.find(" #").map_or(line, |at| &line[..at]).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_programs_write_them() {
        let forms = [
            "train: a\nnc: 3\nnames: ['gate', \"drone, big\", bird]\n",
            "names: ['gate',\n  'drone, big',\n  'bird']\nnc: 3\n",
            "# names: no\nnames:\n  0: gate\n  1: \"drone, big\"\n  2: bird # a comment\n\nnc: 3\n",
            "names:\n- gate\n- 'drone, big'\n- bird\nnc: 3\n",
            "names:\n  - gate\n  - drone, big\n  - bird\n",
            "names: {0: gate, 2: bird, 1: 'drone, big'}\n",
        ];
        for form in forms {
            assert_eq!(yaml_names(form).unwrap(), ["gate", "drone, big", "bird"], "{form}");
        }
        assert_eq!(yaml_names("nc: 3\n"), None);
        // A number that no list can have takes no memory.
        let far = yaml_names("names:\n  0: gate\n  18446744073709551615: drone\n").unwrap();
        assert!(far[0] == "gate" && far.len() < 1000, "{}", far.len());
    }
}
