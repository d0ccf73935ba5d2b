//! The rules of the house: who knows the window's shell, how wide its folder is, and that a name stands for one thing.

use std::collections::BTreeMap;

use super::circles::{is_public, without_tests};
use super::{Token, root, sources, tokens};

/// Entries of a folder that can be taken in at a glance.
const MAX_ENTRIES: usize = 20;

#[test]
fn the_windows_folder_can_be_taken_in_at_a_glance() {
    let entries = std::fs::read_dir(root().join("src/app")).unwrap().count();
    assert!(entries <= MAX_ENTRIES, "src/app has {entries} entries, more than {MAX_ENTRIES}");
}

/// Owners never see the shell: nothing but the window and the shell itself names it.
#[test]
fn only_the_shell_and_the_window_name_the_viewer() {
    let found: Vec<String> =
        sources().into_iter().filter(|(path, text)| names_the_viewer(path, text)).map(|(path, _)| path).collect();
    assert!(found.is_empty(), "these name `Viewer`: {found:?}");
}

#[test]
fn a_type_name_stands_for_one_thing() {
    let found = defined_twice(&sources());
    assert!(found.is_empty(), "{} type names stand for several things:\n{}", found.len(), found.join("\n"));
}

/// One place decides what may be written: everything else goes through it.
#[test]
fn only_one_room_writes_files() {
    let found: Vec<String> =
        sources().into_iter().filter(|(path, text)| writes_files(path, text)).map(|(path, _)| path).collect();
    assert!(found.is_empty(), "these write files themselves; `files::Outputs` does: {found:?}");
}

#[test]
fn what_breaks_the_rules_of_the_house_is_found() {
    for text in [
        "fn f() { std::fs::write(a, b); }",
        "use std::fs; fn f() { fs::copy(a, b); }",
        "fn f() { File::create(path)?; }",
        "use std::fs::{File, OpenOptions};",
        "fn f() { image::save_buffer(path); }",
    ] {
        assert!(writes_files("cli/card.rs", text) && !writes_files("files/output.rs", text), "{text}");
    }
    for text in
        ["fn f() { fs::read(a); file.write(b); }", "#[cfg(test)] mod tests { fn f() { std::fs::write(a, b); } }"]
    {
        assert!(!writes_files("cli/card.rs", text), "{text}");
    }
    for (path, text) in [
        ("app/panel.rs", "fn show(viewer: &mut super::Viewer) {}"),
        ("app/mod.rs", "use viewer::Viewer;"),
        ("app/panel/list.rs", "impl Viewer {}"),
    ] {
        assert!(names_the_viewer(path, text), "{path}: {text}");
    }
    for (path, text) in [
        ("app/panel.rs", "// Viewer\nfn show(viewer: &str) { show(\"Viewer\") }"),
        ("app/mod.rs", "mod viewer; pub use viewer::{Start, Viewer};"),
        ("app/viewer/logic.rs", "use super::Viewer;"),
        ("app/window.rs", "use super::viewer::Viewer;"),
        ("app/panel.rs", "#[cfg(test)] mod tests { use super::super::Viewer; }"),
    ] {
        assert!(!names_the_viewer(path, text), "{path}: {text}");
    }
    let texts = ["pub struct A; enum B {} #[cfg(test)] mod t { struct C; }", "trait B {} struct C<T>(T); use x::A;"];
    let files = texts.iter().zip(["a.rs", "b.rs"]).map(|(text, path)| (path.to_owned(), text.to_string()));
    assert_eq!(defined_twice(&files.collect::<Vec<_>>()), ["B: a.rs, b.rs"]);
}

/// A re-export counts for nothing: it is how the crate's tests come to it.
fn names_the_viewer(path: &str, text: &str) -> bool {
    if path.starts_with("app/viewer/") || path == "app/window.rs" {
        return false;
    }
    let tokens = without_tests(&tokens(text));
    let mut exported = false;
    tokens.iter().enumerate().any(|(i, token)| {
        match token {
            Token::Name(word) if word == "use" => exported = is_public(&tokens, i),
            Token::Other(';') => exported = false,
            _ => {}
        }
        !exported && *token == Token::Name("Viewer".into())
    })
}

/// Whether a file outside the room for it makes or changes files.
fn writes_files(path: &str, text: &str) -> bool {
    if path.starts_with("files/") || path.ends_with("tests.rs") {
        return false;
    }
    let tokens = without_tests(&tokens(text));
    let name = |at: usize| match tokens.get(at) {
        Some(Token::Name(name)) => name.as_str(),
        _ => "",
    };
    (0..tokens.len()).any(|i| {
        let called = if tokens.get(i + 1) == Some(&Token::Separator) { name(i + 2) } else { "" };
        let pairs = [
            ("fs", "write"),
            ("fs", "copy"),
            ("fs", "rename"),
            ("File", "create"),
            ("File", "create_new"),
            ("File", "options"),
        ];
        pairs.contains(&(name(i), called)) || ["OpenOptions", "save_buffer"].contains(&name(i))
    })
}

/// Structs, enums and traits of the same name, with their files.
fn defined_twice(files: &[(String, String)]) -> Vec<String> {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| !path.ends_with("tests.rs")) {
        for pair in without_tests(&tokens(text)).windows(2) {
            if let [Token::Name(word), Token::Name(name)] = pair
                && ["enum", "struct", "trait"].contains(&word.as_str())
            {
                found.entry(name.clone()).or_default().push(path);
            }
        }
    }
    let several = found.into_iter().filter(|(_, files)| files.len() > 1);
    several.map(|(name, files)| format!("{name}: {}", files.join(", "))).collect()
}
