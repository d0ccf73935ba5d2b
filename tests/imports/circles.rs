//! No circle of files: a file and those that it names, and those that they name, never come back to it.
//!
//! What counts as naming:
//! - A path counts for the file that defines its item: of the modules that it names, the deepest that has a file, and
//!   behind `pub use` the file that this takes the item from.
//! - `mod child;`, and a re-export (`pub use`, `pub(crate) use`) of what is below the file's own module, do not count: a
//!   `mod.rs` may list what is in its folder. A private `use child::Item` and a path `child::item()` do count.
//! - Nothing counts that is only there for tests: items under `#[cfg(test)]`, and files that such a `mod` declares.

use std::collections::{BTreeMap, BTreeSet};

use super::{Token, paths, sources, tokens};

#[test]
fn no_circle_of_files_anywhere_in_src() {
    let found = circles(&sources());
    assert!(found.is_empty(), "files that name each other in a circle:\n{}", shown(&found));
}

/// The rule is worth no more than its power to find what breaks it.
#[test]
fn circles_are_found() {
    let of = |files: &[(&str, &str)]| -> Vec<Vec<String>> {
        let files: Vec<_> = files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
        circles(&files).into_iter().map(|circle| circle.files).collect()
    };
    let lib = ("lib.rs", "pub mod a; pub mod b;");
    let folder = ("a/mod.rs", "mod x; mod y; pub use x::X; pub(crate) use y::{Y, Z as W};");
    for files in [
        // Two files, by each kind of path.
        &[lib, ("a.rs", "use crate::b::B; pub struct A;"), ("b.rs", "use crate::a::A; pub struct B;")][..],
        &[lib, ("a.rs", "fn f() { crate::b::g(); }"), ("b.rs", "fn g() -> super::a::A {}")],
        &[lib, ("a.rs", "use super::{b::{self, B}};"), ("b.rs", "use crate::{a::*, c};")],
        &[lib, ("a.rs", "use crate::b; fn f() { b::g() }"), ("b.rs", "mod inner { use super::super::a::A; }")],
        // A parent and its child.
        &[lib, ("a/mod.rs", "mod x; use x::X; pub struct A;"), ("a/x.rs", "use super::A; pub struct X;")],
        &[lib, ("a/mod.rs", "mod x; fn f() { x::g() } struct A;"), ("a/x.rs", "fn g() { super::A; }")],
        &[lib, ("a/mod.rs", "mod x; fn f() { self::x::g() } struct A;"), ("a/x.rs", "use crate::a::A;")],
        // Behind re-exports, which do not count themselves.
        &[lib, folder, ("a/x.rs", "use super::Y;"), ("a/y.rs", "use crate::a::X;")],
        &[lib, folder, ("a/x.rs", "use super::W;"), ("a/y.rs", "use super::x::X; struct Z;")],
        // Of three, one of them within a folder, which takes in what is below another module.
        &[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a/mod.rs", "mod x; pub use x::*; pub use crate::b::B;"),
            ("a/x.rs", "pub struct X;"),
            ("b.rs", "use crate::c::C; pub struct B;"),
            ("c.rs", "use crate::a::B; use crate::a::x::X; pub struct C; fn f() -> crate::b::B {}"),
        ],
    ] {
        assert_eq!(of(files).len(), 1, "{files:?}: {:?}", of(files));
    }
    for files in [
        &[lib, ("a.rs", "use crate::b::B; pub struct A;"), ("b.rs", "// use crate::a::A;\npub struct B;")][..],
        &[lib, folder, ("a/x.rs", "use super::Y; struct X;"), ("a/y.rs", "struct Y; struct Z;")],
        &[lib, ("a/mod.rs", "mod x; pub struct A; pub use x::X;"), ("a/x.rs", "use super::A; pub struct X;")],
        &[lib, ("a/mod.rs", "mod x; use x::X;"), ("a/x.rs", "use super::super::b::B; use std::x; pub struct X;")],
        // What tests need.
        &[
            lib,
            ("a/mod.rs", "mod x; use x::X; struct A; #[cfg(test)] mod tests; #[cfg(test)] use crate::b::B;"),
            ("a/tests.rs", "use super::*; use crate::a::A; use crate::b::B;"),
            ("a/x.rs", "pub struct X; #[cfg(test)] #[allow(unused)] mod checks { use super::super::A; fn f() {} }"),
            ("b.rs", "use crate::a::A; pub struct B;"),
        ],
        // Names that only look like modules.
        &[lib, ("a.rs", "use crate::b::B; fn f(b: B) { b.a(); A::b(); }"), ("b.rs", "enum B { A } fn a() { B::A; }")],
    ] {
        assert_eq!(of(files), Vec::<Vec<String>>::new(), "{files:?}");
    }
}

/// Files each of which leads to each other, and the paths in them that do.
struct Circle {
    files: Vec<String>,
    paths: Vec<String>,
}

fn shown(circles: &[Circle]) -> String {
    let one = |circle: &Circle| format!("{}\n    {}", circle.files.join(", "), circle.paths.join("\n    "));
    circles.iter().map(one).collect::<Vec<_>>().join("\n")
}

type Module = Vec<String>;

/// What one file says of modules.
#[derive(Default)]
struct Said {
    /// Children that are there for tests only.
    test_children: BTreeSet<Module>,
    /// By module and name in it: the path that `pub use` gives for it, and from which module.
    exports: BTreeMap<(Module, String), (Module, Vec<String>)>,
    /// Modules of which all is re-exported by `pub use path::*`, by the module that does.
    globs: Vec<(Module, Vec<String>)>,
    /// A module (the file's, or one inline in it), the path that it names, whether this is a re-export.
    named: Vec<(Module, Vec<String>, bool)>,
}

/// `files` are all of `src/`: their paths there and their texts.
fn circles(files: &[(String, String)]) -> Vec<Circle> {
    let modules: BTreeMap<Module, &str> =
        files.iter().filter_map(|(path, _)| Some((module(path)?, path.as_str()))).collect();
    let said: BTreeMap<&Module, Said> = modules
        .keys()
        .map(|module| {
            let path = modules[module];
            let (_, text) = files.iter().find(|(p, _)| p == path).unwrap();
            (module, read(module, &without_tests(&tokens(text))))
        })
        .collect();
    let tests: BTreeSet<&Module> = said.values().flat_map(|said| &said.test_children).collect();
    let tree = Tree { modules: &modules, said: &said };
    let mut edges: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    for (file, said) in &said {
        if tests.iter().any(|test| file.starts_with(test)) {
            continue;
        }
        for (from, path, exported) in &said.named {
            let Some(target) = tree.defining(from, path, 0) else { continue };
            if target == **file || *exported && target.starts_with(file) || tests.contains(&target) {
                continue;
            }
            let to = edges.entry(modules[*file]).or_default();
            to.entry(modules[&target]).or_insert_with(|| path.join("::"));
        }
    }
    strongly_connected(&edges)
}

/// The module of a file in `src/`; none for the program, which no file can name.
fn module(path: &str) -> Option<Module> {
    let parts = path.strip_suffix("/mod.rs").or(path.strip_suffix(".rs")).filter(|_| path != "main.rs")?;
    Some(if path == "lib.rs" { Vec::new() } else { parts.split('/').map(str::to_owned).collect() })
}

struct Tree<'a> {
    modules: &'a BTreeMap<Module, &'a str>,
    said: &'a BTreeMap<&'a Module, Said>,
}

impl Tree<'_> {
    /// The file's module that defines what `path`, read in the module `from`, names; none outside this crate.
    fn defining(&self, from: &Module, path: &[String], depth: usize) -> Option<Module> {
        let start = self.start(from, path)?;
        let (mut at, mut rest) = start;
        while let Some(name) = rest.first() {
            let mut child = at.clone();
            child.push(name.clone());
            if self.modules.contains_key(&child) {
                (at, rest) = (child, &rest[1..]);
                continue;
            }
            // Two modules that re-export each other's names have no end.
            if depth > 8 {
                return None;
            }
            if let Some((module, path)) =
                self.said.get(&at).and_then(|said| said.exports.get(&(at.clone(), name.clone())))
            {
                let whole: Vec<String> = path.iter().chain(&rest[1..]).cloned().collect();
                return self.defining(module, &whole, depth + 1).or(Some(at));
            }
            // `pub use child::*`: the child that defines it, if one does.
            let globs = self.said.get(&at).map(|said| &said.globs[..]).unwrap_or_default();
            let behind = globs.iter().find_map(|(module, path)| {
                let child = self.defining(module, path, depth + 1)?;
                self.said.get(&child)?.defines(name).then_some(child)
            });
            return behind.or_else(|| Some(self.with_file(at)));
        }
        Some(self.with_file(at))
    }

    /// Where a path begins, and what of it is left.
    fn start<'p>(&self, from: &Module, path: &'p [String]) -> Option<(Module, &'p [String])> {
        let climbs = path.iter().take_while(|name| *name == "super").count();
        match path.first()?.as_str() {
            "crate" => Some((Vec::new(), &path[1..])),
            "self" => Some((from.clone(), &path[1..])),
            "super" => Some((from[..from.len().checked_sub(climbs)?].to_vec(), &path[climbs..])),
            name => {
                let mut child = from.clone();
                child.push(name.to_owned());
                if self.modules.contains_key(&child) {
                    return Some((from.clone(), path));
                }
                // A module that this one has imported.
                let file = self.with_file(from.clone());
                let imported = self.said.get(&file)?.named.iter().find_map(|(module, used, _)| {
                    let whole = used.last()? == name && used.len() > 1 && module == from && used != path;
                    let (mut at, rest) = if whole { self.start(module, used)? } else { return None };
                    at.extend(rest.iter().cloned());
                    self.modules.contains_key(&at).then_some(at)
                })?;
                Some((imported, &path[1..]))
            }
        }
    }

    fn with_file(&self, mut module: Module) -> Module {
        while !self.modules.contains_key(&module) && module.pop().is_some() {}
        module
    }
}

impl Said {
    /// Whether the file names this as something of its own; enough to tell which of several `*` it comes from.
    fn defines(&self, name: &str) -> bool {
        self.named.iter().any(|(_, path, _)| matches!(&path[..], [defined, found] if defined == "=" && found == name))
    }
}

/// Tokens without the items under `#[cfg(test)]`, but for `mod tests;` as `#test mod tests;`.
pub fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let is = |at: usize, wanted: &str| match tokens.get(at) {
        Some(Token::Name(name)) => name == wanted,
        Some(Token::Other(c)) => wanted.chars().eq([*c]),
        _ => false,
    };
    let mut kept = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let test = ["#", "[", "cfg", "(", "test", ")", "]"].iter().enumerate().all(|(n, wanted)| is(i + n, wanted));
        if !test {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        i += 7;
        if is(i, "mod") && is(i + 2, ";") {
            kept.extend([Token::Other('#'), tokens[i].clone(), tokens[i + 1].clone(), tokens[i + 2].clone()]);
        }
        // To the end of the item: a `;` outside brackets, or the end of its block; of a field, a `,`.
        let (mut depth, mut generic) = (0usize, false);
        while i < tokens.len() {
            let token = &tokens[i];
            i += 1;
            match token {
                Token::Other('(' | '[' | '{') => depth += 1,
                Token::Other(close @ (')' | ']' | '}')) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && *close == '}' && !is(i, ";") {
                        break;
                    }
                }
                Token::Other(';') if depth == 0 => break,
                Token::Other(',') if depth == 0 && !generic => break,
                Token::Name(word) => {
                    generic |= ["enum", "fn", "impl", "struct", "trait", "type"].contains(&word.as_str())
                }
                _ => {}
            }
        }
    }
    kept
}

fn read(file: &Module, tokens: &[Token]) -> Said {
    let mut said = Said::default();
    let name = |at: usize| match tokens.get(at) {
        Some(Token::Name(name)) => Some(name.as_str()),
        _ => None,
    };
    // The inline modules around, each with the depth of braces that it ends at.
    let mut around: Vec<(String, usize)> = Vec::new();
    let mut depth = 0usize;
    let mut i = 0;
    // Runs of tokens that are neither `use` nor the edge of a module.
    let mut run = Vec::new();
    let here = |around: &[(String, usize)]| -> Module {
        file.iter().cloned().chain(around.iter().map(|(name, _)| name.clone())).collect()
    };
    let close = |run: &mut Vec<Token>, said: &mut Said, module: Module| {
        said.named.extend(paths(run).into_iter().filter(|p| p.len() > 1).map(|path| (module.clone(), path, false)));
        run.clear();
    };
    while i < tokens.len() {
        match (&tokens[i], name(i + 1)) {
            (Token::Name(word), Some(child)) if word == "mod" => {
                if tokens.get(i + 2) == Some(&Token::Other('{')) {
                    close(&mut run, &mut said, here(&around));
                    around.push((child.to_owned(), depth));
                    depth += 1;
                } else if i > 0 && tokens[i - 1] == Token::Other('#') {
                    let mut test = here(&around);
                    test.push(child.to_owned());
                    said.test_children.insert(test);
                }
                i += 3;
            }
            (Token::Name(word), _) if word == "use" => {
                let module = here(&around);
                close(&mut run, &mut said, module.clone());
                let exported = is_public(tokens, i);
                let mut used = Vec::new();
                i = tree(tokens, i + 1, &mut Vec::new(), &mut used);
                for (path, name) in used {
                    if exported {
                        match name {
                            Some(name) => {
                                _ = said.exports.insert((module.clone(), name), (module.clone(), path.clone()))
                            }
                            None => said.globs.push((module.clone(), path.clone())),
                        }
                    }
                    said.named.push((module.clone(), path, exported));
                }
            }
            (Token::Name(word), Some(defined)) if DEFINES.contains(&word.as_str()) => {
                said.named.push((here(&around), vec!["=".into(), defined.to_owned()], false));
                run.push(tokens[i].clone());
                i += 1;
            }
            (token, _) => {
                match token {
                    Token::Other('{') => depth += 1,
                    Token::Other('}') => {
                        depth = depth.saturating_sub(1);
                        if around.last().is_some_and(|(_, end)| *end == depth) {
                            close(&mut run, &mut said, here(&around));
                            around.pop();
                        }
                    }
                    _ => {}
                }
                run.push(token.clone());
                i += 1;
            }
        }
    }
    close(&mut run, &mut said, here(&around));
    said
}

/// Words before a name that an item gets.
const DEFINES: [&str; 7] = ["const", "enum", "fn", "static", "struct", "trait", "type"];

/// Whether `pub` or `pub(…)` stands before the token at `i`.
pub fn is_public(tokens: &[Token], i: usize) -> bool {
    let open = match tokens[..i].last() {
        Some(Token::Other(')')) => tokens[..i].iter().rposition(|token| *token == Token::Other('(')).unwrap_or(0),
        _ => i,
    };
    tokens[..open].last() == Some(&Token::Name("pub".into()))
}

/// Reads one tree of a `use` from `i` on: whole paths, each with the name that it gets here, none for `*`.
fn tree(
    tokens: &[Token],
    mut i: usize,
    start: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, Option<String>)>,
) -> usize {
    let length = start.len();
    while let Some(token) = tokens.get(i) {
        i += 1;
        match token {
            Token::Name(name) => {
                if name != "self" || start.is_empty() {
                    start.push(name.clone());
                }
                if tokens.get(i) != Some(&Token::Separator) {
                    let renamed = match tokens.get(i..i + 2) {
                        Some([Token::Name(word), Token::Name(name)]) if word == "as" => Some(name.clone()),
                        _ => None,
                    };
                    i += 2 * usize::from(renamed.is_some());
                    found.push((start.clone(), renamed.or_else(|| start.last().cloned())));
                    break;
                }
            }
            Token::Other('{') => {
                while i < tokens.len() && tokens[i] != Token::Other('}') {
                    i = if tokens[i] == Token::Other(',') { i + 1 } else { tree(tokens, i, start, found) };
                }
                i += 1;
                break;
            }
            Token::Other('*') => {
                found.push((start.clone(), None));
                break;
            }
            // Before the first name.
            Token::Separator => {}
            Token::Other(_) => break,
        }
    }
    start.truncate(length);
    i
}

/// Groups of files in which each leads to each other.
fn strongly_connected(edges: &BTreeMap<&str, BTreeMap<&str, String>>) -> Vec<Circle> {
    let reached = |from: &str| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut left = vec![from.to_owned()];
        while let Some(at) = left.pop() {
            for next in edges.get(at.as_str()).into_iter().flat_map(BTreeMap::keys) {
                if found.insert(next.to_string()) {
                    left.push(next.to_string());
                }
            }
        }
        found
    };
    let reached: BTreeMap<&str, BTreeSet<String>> = edges.keys().map(|file| (*file, reached(file))).collect();
    let mut circles: Vec<Circle> = Vec::new();
    for (file, far) in &reached {
        if !far.contains(*file) || circles.iter().any(|circle| circle.files.iter().any(|f| f == file)) {
            continue;
        }
        let back = |other: &&String| reached.get(other.as_str()).is_some_and(|far| far.contains(*file));
        let files: Vec<String> = far.iter().filter(back).cloned().collect();
        let within = |from: &String| {
            let to = edges[from.as_str()].iter().filter(|(to, _)| files.iter().any(|f| f == *to));
            to.map(|(to, path)| format!("{from} → {to} ({path})")).collect::<Vec<_>>()
        };
        circles.push(Circle { paths: files.iter().flat_map(within).collect(), files });
    }
    circles
}
