//! Enforces the import rule stated in `src/lib.rs`, and keeps files small and the repository free of binaries.
//!
//! Reads the sources as tokens, so that comments and strings do not count, and checks every path: in a `use`, in
//! groups, and inside expressions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "imports/circles.rs"]
mod circles;
#[path = "imports/house.rs"]
mod house;
#[path = "support/not_checked.rs"]
mod not_checked;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use not_checked::not_checked;

/// Each layer, and the layers that it may name.
const LAYERS: [(&str, &[&str]); 16] = [
    ("detect", &[]),
    ("files", &[]),
    ("onnx", &[]),
    ("compare", &["detect"]),
    ("annotate", &["files", "detect", "compare"]),
    ("source", &["files", "detect"]),
    ("integer", &["files", "onnx"]),
    ("model", &["files", "detect", "onnx", "integer"]),
    ("workshop", &["files", "detect", "onnx", "compare", "model", "integer"]),
    ("trace", &["files"]),
    ("encode", &["files", "detect", "source"]),
    ("engine", &["files", "detect", "source", "model", "trace"]),
    ("history", &["files", "detect", "compare", "engine"]),
    ("recording", &["files", "detect", "source", "model", "engine", "history"]),
    (
        "app",
        &[
            "files",
            "detect",
            "onnx",
            "compare",
            "annotate",
            "source",
            "model",
            "integer",
            "workshop",
            "engine",
            "history",
            "recording",
            "trace",
            "encode",
        ],
    ),
    (
        "cli",
        &[
            "files",
            "detect",
            "onnx",
            "compare",
            "annotate",
            "source",
            "model",
            "integer",
            "workshop",
            "engine",
            "recording",
            "trace",
            "encode",
        ],
    ),
];

/// Layers that name no other crate.
const STD_ONLY: [&str; 2] = ["detect", "compare"];

/// Crates that few files may name: the crate, the starts of those files' paths, why.
const FENCED: [(&str, &[&str], &str); 10] = [
    ("arboard", &["app/ui/clipboard.rs"], "one place knows the system's clipboard"),
    ("mcap", &["recording/"], "one place knows the container of recordings"),
    ("nokhwa", &["source/camera"], "one place knows the camera library's faults"),
    ("ort", &["model/raw_session.rs", "model/runtime.rs", "model/session.rs"], "one place knows ONNX Runtime"),
    ("eframe", &["app/"], "only the window knows the window library"),
    ("egui", &["app/"], "only the window knows the window library"),
    ("egui_kittest", &["app/"], "only the window knows the window library"),
    ("egui_plot", &["app/"], "only the window knows the window library"),
    ("egui_notify", &["app/"], "only the window knows the window library"),
    ("twinsight_core", &["lib.rs"], "its rooms have one path each, as `crate::detect`"),
];

const MAX_LINES: usize = 450;

#[test]
fn layers_import_one_way() {
    let crates = dependencies();
    let broken: Vec<String> = sources().iter().flat_map(|(path, text)| violations(path, text, &crates)).collect();
    assert!(broken.is_empty(), "the import rule of src/lib.rs is broken:\n{}", broken.join("\n"));
}

#[test]
fn every_folder_is_a_layer_of_the_map() {
    let map = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for entry in std::fs::read_dir(root().join("src")).unwrap() {
        let entry = entry.unwrap();
        // A package that compiles layers apart is none itself.
        let is_package = entry.path().join("Cargo.toml").is_file();
        if entry.file_type().unwrap().is_dir() && !is_package {
            let name = entry.file_name().into_string().unwrap();
            assert!(LAYERS.iter().any(|(layer, _)| *layer == name), "src/{name} has no rule in tests/imports.rs");
            assert!(map.contains(&format!("//! | [`{name}`]")), "src/{name} is not in the map of src/lib.rs");
        }
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(path, lines)| format!("src/{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "over {MAX_LINES} lines; split by noun:\n{}", long.join("\n"));
}

#[test]
fn no_model_and_no_library_is_in_git() {
    // Whatever the owner of the checkout, as in a container.
    let listed = std::process::Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .current_dir(root())
        .output();
    let listed = match listed {
        Ok(output) if output.status.success() => output.stdout,
        _ => {
            not_checked("whether models are in git", "this is no git checkout");
            return;
        }
    };
    let listed = String::from_utf8(listed).unwrap();
    assert!(listed.contains("Cargo.toml"), "git lists nothing");
    let binary = |name: &&str| {
        let name = name.to_ascii_lowercase();
        [".onnx", ".weights", ".so", ".dylib", ".dll", ".whl", ".zip"].iter().any(|end| name.ends_with(end))
            || name.contains(".so.")
    };
    let found: Vec<&str> = listed.split('\0').filter(binary).collect();
    assert!(found.is_empty(), "these are fetched or built, and do not belong in git: {found:?}");
}

/// The rule is worth no more than its power to find what breaks it.
#[test]
fn what_breaks_the_rule_is_found() {
    let crates = dependencies();
    let broken = |path: &str, text: &str| violations(path, text, &crates);
    for (path, text) in [
        ("detect/nms.rs", "use crate::model::Detector;"),
        ("detect/nms.rs", "fn f() { log::info!(\"x\"); }"),
        ("detect/nms.rs", "#[derive(serde::Serialize)] struct A;"),
        ("detect/nms.rs", "use serde;"),
        ("detect/nms.rs", "use ::serde::Serialize;"),
        ("detect/nms.rs", "use super::super::model::Detector;"),
        ("detect/mod.rs", "use super::model::Detector;"),
        ("source/still.rs", "use crate::{detect::{BBox, Size}, model::Catalog};"),
        ("source/still.rs", "use nokhwa::Camera;"),
        ("compare/pairing.rs", "use crate::model::Detector;"),
        ("compare/pairing.rs", "use serde::Serialize;"),
        ("model/catalog.rs", "fn f() -> ort::Result<()> { Ok(()) }"),
        ("model/mod.rs", "let x = crate::source::SourceRequest::Auto;"),
        ("workshop/export.rs", "use crate::engine::Worker;"),
        ("engine/worker.rs", "use crate::app::Window;"),
        ("engine/worker.rs", "fn wake(context: &egui::Context) {}"),
        ("app/mod.rs", "use crate::cli::Options;"),
        ("cli/view.rs", "use crate::app;"),
        ("cli/view.rs", "use eframe::NativeOptions;"),
        ("cli/view.rs", "use twinsight_core::onnx;"),
    ] {
        assert_eq!(broken(path, text).len(), 1, "{path}: {text}: {:?}", broken(path, text));
    }
    for (path, text) in [
        ("detect/nms.rs", "use super::Detection; use std::fmt; // crate::model is not named here"),
        (
            "detect/nms.rs",
            "/* crate::model /* nested */ */ const A: &str = \"crate::model \\\" ort::x\"; let c = '\"';",
        ),
        (
            "detect/nms.rs",
            "const A: &str = r#\"use \"crate::model::X\"#; fn f<'a>(x: &'a str) { x.log(); Self::log::<u8>(); }",
        ),
        ("source/camera.rs", "use nokhwa::Camera; use crate::detect::Frame;"),
        ("source/camera/format.rs", "use nokhwa::Camera; use super::Camera;"),
        ("model/session.rs", "use ort::session::Session; use super::Runtime;"),
        ("engine/worker.rs", "use crate::{detect::Frame, model, source::{Next, Source}};"),
        ("app/panel/list.rs", "use super::super::Theme; use crate::engine::Settings; use egui::Ui;"),
        ("main.rs", "use twinsight::{app, cli};"),
        ("lib.rs", "pub use twinsight_core::{detect, files};"),
    ] {
        assert_eq!(broken(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

/// `path` is relative to `src/`.
fn violations(path: &str, text: &str, crates: &BTreeSet<String>) -> Vec<String> {
    let layer = path.split_once('/').map(|(folder, _)| folder);
    let allowed = LAYERS.iter().find(|(name, _)| Some(*name) == layer).map(|(_, allowed)| *allowed);
    let mut broken = BTreeSet::new();
    for names in paths(&tokens(text)) {
        let shown = names.join("::");
        let Some(first) = names.first() else { continue };
        if let (Some(layer), Some(allowed)) = (layer, allowed) {
            let target = match first.as_str() {
                "crate" => names.get(1).map(String::as_str),
                "super" => above_the_layer(path, &names),
                _ => None,
            };
            if let Some(target) = target
                && target != layer
                && !allowed.contains(&target)
                && LAYERS.iter().any(|(name, _)| *name == target)
            {
                broken.insert(format!("src/{path}: `{layer}` must not name `{target}` ({shown})"));
            }
            if STD_ONLY.contains(&layer) && crates.contains(first) {
                broken.insert(format!("src/{path}: `{layer}` stands on std alone ({shown})"));
                continue;
            }
        }
        if let Some((name, places, why)) = FENCED.iter().find(|(name, ..)| name == first)
            && !places.iter().any(|place| path.starts_with(place))
        {
            broken.insert(format!("src/{path}: `{name}` belongs in src/{}: {why}", places.join(", src/")));
        }
    }
    broken.into_iter().collect()
}

/// What `super::super::x` names when it climbs out of its layer to the crate's root.
fn above_the_layer<'a>(path: &str, names: &'a [String]) -> Option<&'a str> {
    let climbs = names.iter().take_while(|n| *n == "super").count();
    let depth = path.split('/').count() - usize::from(path.ends_with("/mod.rs"));
    // Exactly: more climbs than that happen only inside inline modules, for the compiler to judge.
    (climbs == depth).then(|| names.get(climbs).map(String::as_str)).flatten()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    /// `::`
    Separator,
    Other(char),
}

/// Names and punctuation, without comments, strings and characters.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
                if depth == 0 || i >= chars.len() {
                    break;
                }
            }
        } else if let Some(end) = raw_string_end(&chars, i) {
            i = end;
        } else if c == '"' {
            i += 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if c == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && chars[i] != '\'' {
                i += 1;
            }
            i += 1;
        } else if c.is_alphabetic() || c == '_' {
            let start = i;
            while at(i).is_alphanumeric() || at(i) == '_' {
                i += 1;
            }
            found.push(Token::Name(chars[start..i].iter().collect()));
        } else if c == ':' && at(i + 1) == ':' {
            found.push(Token::Separator);
            i += 2;
        } else {
            if !c.is_whitespace() {
                found.push(Token::Other(c));
            }
            i += 1;
        }
    }
    found
}

/// Where a raw string that starts at `i` ends.
fn raw_string_end(chars: &[char], i: usize) -> Option<usize> {
    let after_a_name = i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_');
    let mut at = i + usize::from(chars[i] == 'b');
    if after_a_name || chars.get(at) != Some(&'r') {
        return None;
    }
    at += 1;
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    at += hashes;
    if chars.get(at) != Some(&'"') {
        return None;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let rest = &chars[at + 1..];
    let length = rest.windows(end.len()).position(|w| w == end).map_or(rest.len(), |p| p + end.len());
    Some(at + 1 + length)
}

/// Every path of two or more names, and every path of a `use`, with groups spread out.
fn paths(tokens: &[Token]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let after_use = i > 0 && tokens[i - 1] == Token::Name("use".into());
        match &tokens[i] {
            // Before `::serde` it is no part of the path.
            Token::Name(word) if KEYWORDS.contains(&word.as_str()) => i += 1,
            Token::Name(_) if !continues(tokens, i) => {
                let mut here = Vec::new();
                i = tree(tokens, i, &mut Vec::new(), &mut here);
                found.extend(here.into_iter().filter(|p| p.len() > 1 || after_use));
            }
            _ => i += 1,
        }
    }
    found
}

/// Words that may stand before a path that starts with `::`.
const KEYWORDS: [&str; 10] = ["as", "dyn", "else", "for", "impl", "in", "mut", "return", "use", "where"];

/// Whether the name at `i` continues a path, or is a method or a field.
fn continues(tokens: &[Token], i: usize) -> bool {
    match i.checked_sub(1).map(|p| &tokens[p]) {
        Some(Token::Separator) => {
            matches!(
                i.checked_sub(2).map(|p| &tokens[p]),
                Some(Token::Name(word)) if !KEYWORDS.contains(&word.as_str())
            ) || i.checked_sub(2).is_some_and(|p| tokens[p] == Token::Other('>'))
        }
        Some(Token::Other('.')) => true,
        _ => false,
    }
}

/// Reads one tree of a path from `i` on, adds its paths to `found`, and gives the place after it.
fn tree(tokens: &[Token], mut i: usize, start: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    let length = start.len();
    loop {
        match tokens.get(i) {
            Some(Token::Name(name)) => {
                start.push(name.clone());
                i += 1;
                if tokens.get(i) == Some(&Token::Separator) {
                    i += 1;
                    continue;
                }
                found.push(start.clone());
            }
            Some(Token::Other('{')) => {
                i += 1;
                while i < tokens.len() && tokens[i] != Token::Other('}') {
                    if tokens[i] == Token::Other(',') {
                        i += 1;
                    } else {
                        let before = i;
                        i = tree(tokens, i, start, found);
                        // A rename, a glob: nothing to know.
                        i += usize::from(i == before);
                    }
                }
                i += 1;
            }
            // `path::*`, `path::<T>`.
            _ if start.len() > length => found.push(start.clone()),
            _ => {}
        }
        break;
    }
    start.truncate(length);
    i
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The crates of Cargo.toml, as code names them.
fn dependencies() -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies");
        } else if inside && let Some((name, _)) = line.split_once('=') {
            names.insert(name.trim().trim_end_matches(".workspace").replace('-', "_"));
        }
    }
    assert!(names.contains("ort") && names.contains("egui_kittest"), "Cargo.toml is read wrongly: {names:?}");
    names
}

/// Every Rust file under `src/`: its path there with `/`, and its text.
fn sources() -> Vec<(String, String)> {
    fn walk(dir: &Path, base: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, base, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(base).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let base = root().join("src");
    let mut found = Vec::new();
    walk(&base, &base, &mut found);
    assert!(found.len() > 10, "src/ was not found");
    found.sort();
    found
}
