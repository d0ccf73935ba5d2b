//! The command line written down: completions of shells, manual pages, and the reference in `docs/cli.md`.

use std::error::Error;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::output::stdout;
use crate::files::{FileFormat, Outputs};

#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// Shell that the script is for
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Args, Debug)]
pub struct ManArgs {
    /// Folder to write to; it must exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

const NAME: &str = "twinsight";

/// Columns of the help in the reference, whatever the terminal has.
const COLUMNS: usize = 100;

/// A manual page begins with how apostrophes are printed, or with its title.
const PAGE: FileFormat = FileFormat {
    name: "a manual page",
    reads: 4,
    is: |bytes| bytes.starts_with(b".ie ") || bytes.starts_with(b".TH "),
};

/// `commands`: the whole command line.
pub fn completions(args: &CompletionsArgs, commands: impl Fn() -> Command) -> Result<(), Box<dyn Error>> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut commands(), NAME, &mut script);
    Ok(stdout::file(&script)?)
}

/// One page a command: `twinsight.1`, `twinsight-detect.1`, `twinsight-models-build.1`.
pub fn man(args: &ManArgs, commands: impl Fn() -> Command) -> Result<(), Box<dyn Error>> {
    let mut command = commands().disable_help_subcommand(true);
    command.build();
    let mut outputs = Outputs::default();
    let mut left = vec![command];
    while let Some(command) = left.pop() {
        left.extend(shown(&command).cloned());
        let page = Man::new(command).manual("Twinsight");
        let mut text = Vec::new();
        page.render(&mut text)?;
        outputs.file(&args.folder.join(page.get_filename()), &PAGE)?.write(&text)?;
    }
    Ok(())
}

/// The help of every command, one after the other.
pub fn reference(commands: impl Fn() -> Command) -> Result<(), Box<dyn Error>> {
    let mut text = "# Commands\n\nWhat `--help` prints, made with `make reference`.\n".to_owned();
    let mut paths = vec![vec![NAME.to_owned()]];
    while let Some(path) = paths.pop() {
        let words = path.join(" ");
        // As a person asks for it; the answer comes as an error.
        let asked = path.iter().map(String::as_str).chain(["--help"]);
        let command = commands().term_width(COLUMNS);
        let help = command.try_get_matches_from(asked).err().map_or_else(String::new, |help| help.to_string());
        text += &format!("\n## {words}\n\n```\n{}\n```\n", help.trim_end());
        let mut command = &commands();
        for word in &path[1..] {
            command = command.find_subcommand(word).ok_or("a command has no name")?;
        }
        let below = shown(command).map(|sub| [&path[..], &[sub.get_name().to_owned()]].concat());
        let mut below: Vec<Vec<String>> = below.collect();
        // The first is taken first.
        below.reverse();
        paths.append(&mut below);
    }
    Ok(stdout::file(text.as_bytes())?)
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
}
