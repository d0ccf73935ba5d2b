//! Which pictures are meant: files as they are named, and the pictures in folders.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// Endings of the pictures that Twinsight reads. In a folder, other files are not meant.
const ENDINGS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// Files in their order, each folder's pictures in natural order; and a message for each folder that gives none.
pub fn pictures(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        match folder(path) {
            Ok(inside) if inside.is_empty() => failures.push(format!("no pictures in the folder {}", path.display())),
            Ok(inside) => found.extend(inside),
            Err(cause) => failures.push(format!("cannot read the folder {}: {cause}", path.display())),
        }
    }
    (found, failures)
}

fn folder(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if ENDINGS.contains(&ending.as_str()) && !name.starts_with('.') && !path.is_dir() {
            found.push(path);
        }
    }
    found.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()).then_with(|| a.cmp(b)));
    Ok(found)
}

/// Numbers by their value, so that `frame9` comes before `frame10`; letters without regard to case.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (x, y) = (part(&mut a), part(&mut b));
        let ordering = match (x, y) {
            (None, None) => return Ordering::Equal,
            (Some(x), Some(y)) if x.starts_with(digit) && y.starts_with(digit) => {
                let [x, y] = [x, y].map(|n| n.trim_start_matches('0'));
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
            (x, y) => x.map(str::to_lowercase).cmp(&y.map(str::to_lowercase)),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Takes digits, or what is no digit, off the start.
fn part<'a>(text: &mut &'a str) -> Option<&'a str> {
    let first = text.chars().next()?;
    let end = text.find(|c| digit(c) != digit(first)).unwrap_or(text.len());
    let (part, rest) = text.split_at(end);
    *text = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_value() {
        let sorted = ["", "a", "a1b", "A2", "a09", "a10", "a10b", "a100000000000000000000", "b"];
        let mut names = sorted;
        names.reverse();
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, sorted);
    }

    #[test]
    fn a_folder_gives_its_pictures_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["f10.jpg", "f9.PNG", "notes.txt", ".hidden.jpg", "f1.webp"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        std::fs::create_dir(dir.path().join("more.jpg")).unwrap();
        let named = PathBuf::from("of another kind.txt");
        let (found, failures) = pictures(&[named.clone(), dir.path().into(), dir.path().join("more.jpg")]);
        let inside = ["f1.webp", "f9.PNG", "f10.jpg"].map(|name| dir.path().join(name));
        assert_eq!(found, [&[named], inside.as_slice()].concat());
        assert_eq!(failures.len(), 1, "{failures:?}");
    }
}
