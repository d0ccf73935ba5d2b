//! Completions, manual pages and the reference say what the command line is.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use clap::CommandFactory;

use crate::program::{root, twinsight};
use crate::run::Run;

#[test]
fn the_reference_is_current() {
    let said = Run::of(twinsight().arg("reference")).done();
    let written = std::fs::read_to_string(root().join("docs/cli.md")).unwrap_or_default();
    let line = said.lines().zip(written.lines()).position(|(said, written)| said != written);
    assert!(said == written, "docs/cli.md differs from line {line:?} on; run `make reference`");
}

#[test]
fn every_command_has_a_manual_page_that_names_its_flags() {
    let dir = tempfile::tempdir().unwrap();
    // Written again over its own.
    for _ in 0..2 {
        Run::of(twinsight().arg("man").arg(dir.path())).done();
    }
    let mut commands = vec![("twinsight".to_owned(), <twinsight::cli::Arguments as CommandFactory>::command())];
    let mut pages = BTreeSet::new();
    while let Some((name, command)) = commands.pop() {
        let page = std::fs::read_to_string(dir.path().join(format!("{name}.1"))).unwrap();
        let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
        for flag in shown.filter_map(|argument| argument.get_long()) {
            // A hyphen that does not break a line.
            let flag = flag.replace('-', "\\-");
            assert!(page.contains(&format!("\\-\\-{flag}")), "{name}.1 lacks {flag}");
        }
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
            commands.push((format!("{name}-{}", sub.get_name()), sub.clone()));
        }
        pages.insert(format!("{name}.1"));
    }
    assert_eq!(names(dir.path()), pages);
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_shell_gets_a_script_with_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = Run::of(twinsight().args(["completions", shell])).done();
        for word in ["detect", "compare", "setup", "calibrate", "arithmetic"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let script = Run::of(twinsight().args(["completions", "bash"])).done();
    let dir = tempfile::tempdir().unwrap();
    let asked =
        "COMP_WORDS=(twinsight det); COMP_CWORD=1; _twinsight twinsight det twinsight; echo \"${COMPREPLY[*]}\"";
    std::fs::write(dir.path().join("script"), format!("{script}\n{asked}\n")).unwrap();
    let completed = Run::of(Command::new("bash").arg("--norc").arg(dir.path().join("script"))).done();
    assert_eq!(completed.trim(), "detect");
}
