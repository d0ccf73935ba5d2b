//! What README and the pages beside it tell a person to type: each command line is one that the program takes, and those that
//! need no camera, window or network do what they say, one after the other, with small models on small pictures. Pictures and
//! links lead somewhere, and `scripts/pictures` makes each picture.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{CommandFactory, Parser};
use twinsight::cli::{Arguments, Command};

use crate::program::{root, twinsight};
use crate::run::Run;
use crate::small_network::Shop;

/// README, and the pages that it leads to. `docs/cli.md` is made from the help.
const PAGES: [&str; 7] = [
    "README.md",
    "docs/arithmetic.md",
    "docs/formats.md",
    "docs/glossary.md",
    "docs/keys.md",
    "docs/recording.md",
    "models/README.md",
];

/// Those whose command lines are run.
const RUN: [&str; 2] = ["README.md", "docs/arithmetic.md"];

/// What a page says of commands, as words.
#[derive(Default)]
struct Page {
    /// Lines of blocks, which are there to be typed.
    lines: Vec<Vec<String>>,
    /// Commands that are named in the text, perhaps with flags.
    mentions: Vec<Vec<String>>,
}

fn text(page: &str) -> String {
    std::fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

impl Page {
    fn read(page: &str) -> Self {
        let (mut found, mut prose, mut in_block) = (Self::default(), String::new(), false);
        for line in text(page).lines().map(str::trim) {
            if line.starts_with("```") {
                in_block = !in_block;
            } else if in_block {
                let line = line.strip_prefix("$ ").unwrap_or(line);
                if line == "twinsight" || line.starts_with("twinsight ") {
                    found.lines.push(words(line));
                }
            } else {
                // A line's end may stand within a command.
                prose += line;
                prose.push(' ');
            }
        }
        assert!(!in_block, "{page}: a block has no end");
        let named = prose.split('`').skip(1).step_by(2).filter(|span| span.starts_with("twinsight "));
        // "twinsight 0.1.0" is a version.
        let named = named.map(words).filter(|words| !words[1].starts_with(|c: char| c.is_ascii_digit()));
        found.mentions = named.collect();
        found
    }
}

/// As a shell splits them: quotes hold a word together, and `#` begins a remark.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    for c in line.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                _ = word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None if c == '#' && word.is_none() => break,
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The command of these words. Models, and what `view` opens, must be there already: they are looked for in `desk`.
fn parsed(words: &[String], desk: &Path) -> Command {
    let there = |(place, word): (usize, &String)| {
        let file = desk.join(word);
        if place > 1 && file.exists() { file.into_os_string() } else { word.into() }
    };
    match Arguments::try_parse_from(words.iter().enumerate().map(there)) {
        Ok(arguments) => arguments.command(),
        Err(error) => panic!("{}\n{error}", words.join(" ")),
    }
}

/// Whether it needs nothing but files, and ends soon.
fn can_run(command: &Command, words: &[String]) -> bool {
    match command {
        // A window; cameras; a network; this machine's speed, for half a minute; what set-up installed.
        Command::View(_) | Command::Cameras(_) | Command::Setup(_) | Command::Bench(_) | Command::Doctor => false,
        _ => !words.iter().any(|word| word == "--camera"),
    }
}

/// A folder with every file that README names: the small network in place of the installed models, pictures, some of them with
/// labels, and a video.
fn desk() -> Shop {
    let shop = Shop::new();
    let copy = |from: &str, to: &str| _ = std::fs::copy(shop.path(from), shop.path(to)).unwrap();
    let (float, int8) = ("small-64_float.onnx", "small-64_int8_qop.onnx");
    copy(float, "yolov4-tiny-416_float.onnx");
    for recipe in ["qop", "tuned", "safe"] {
        copy(int8, &format!("yolov4-tiny-416_int8_{recipe}.onnx"));
    }
    copy(float, "my.onnx");
    for end in ["cfg", "weights", "names"] {
        copy(&format!("small.{end}"), &format!("my.{end}"));
    }
    std::fs::create_dir_all(shop.path("street/labels")).unwrap();
    for seed in 0..4 {
        shop.picture("photos", seed);
        shop.picture("street", seed);
        std::fs::write(shop.path(&format!("street/labels/{seed:02}.txt")), "2 0.5 0.5 0.6 0.4\n").unwrap();
    }
    copy("photos/01.png", "bus.jpg");
    let mut ffmpeg = std::process::Command::new("ffmpeg");
    ffmpeg.args(["-hide_banner", "-loglevel", "error", "-framerate", "5", "-i", "photos/%02d.png"]);
    ffmpeg.args(["-c:v", "ffv1", "-f", "matroska", "street.mp4"]).current_dir(shop.dir.path());
    assert!(ffmpeg.status().expect("ffmpeg is missing: run make setup").success());
    shop
}

/// A board that computes what the golden pack says, once there is one.
fn dump(shop: &Shop) {
    let (pack, dumps) = (shop.path("golden/bus"), shop.path("dumps"));
    if pack.is_dir() && !dumps.exists() {
        std::fs::create_dir(&dumps).unwrap();
        for entry in std::fs::read_dir(pack).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), dumps.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn the_commands_of_readme_work_in_their_order() {
    let shop = desk();
    let mut ran = BTreeSet::new();
    for page in RUN {
        for words in Page::read(page).lines {
            let command = parsed(&words, shop.dir.path());
            if !can_run(&command, &words) {
                continue;
            }
            let mut program = twinsight();
            program.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path()).args(&words[1..]);
            let run = Run::of(&mut program);
            assert_eq!(run.code, 0, "{page}: {}\n{}\n{}", words.join(" "), run.err, run.out);
            ran.insert(words[1].clone());
            dump(&shop);
        }
    }
    let wanted = ["card", "compare", "detect", "eval", "golden", "harvest", "layers", "models", "record", "replay"];
    assert_eq!(ran, BTreeSet::from(wanted.map(str::to_owned)), "commands that the pages show");
}

#[test]
fn every_page_names_commands_and_flags_that_there_are() {
    let mut count = 0;
    for page in PAGES {
        let Page { lines, mentions } = Page::read(page);
        if !RUN.contains(&page) {
            lines.iter().for_each(|words| _ = parsed(words, root()));
        }
        for words in &mentions {
            if let Some(unknown) = unknown(words) {
                panic!("{page}: `{}`: there is no {unknown}", words.join(" "));
            }
        }
        count += mentions.len();
    }
    assert!(count > 20, "{count} commands in the text of all pages");
    let no_such = |line: &str| unknown(&words(line));
    assert_eq!(no_such("twinsight models verify"), None);
    assert_eq!(no_such("twinsight compare FILE --html PAGE --nothing"), Some("--nothing".to_owned()));
    assert_eq!(no_such("twinsight dtect FILE"), Some("dtect".to_owned()));
    assert_eq!(no_such("twinsight models remove"), Some("remove".to_owned()));
}

/// The first of the words that is no command, and no flag of the command before it.
fn unknown(words: &[String]) -> Option<String> {
    let whole = <Arguments as CommandFactory>::command();
    let (mut command, mut rest) = (&whole, &words[1..]);
    while let [word, more @ ..] = rest
        && let Some(sub) = command.find_subcommand(word)
    {
        (command, rest) = (sub, more);
    }
    // Files follow the commands below, but no word stands where a command must.
    let must_be_command = std::ptr::eq(command, &whole) || command.is_subcommand_required_set();
    let first = rest.first().filter(|word| must_be_command && !word.starts_with('-'));
    let is_known = |word: &&String| {
        let flag = word.trim_start_matches("--").split('=').next().unwrap_or_default();
        flag == "help"
            || command.get_arguments().any(|argument| {
                argument.get_long() == Some(flag) || argument.get_all_aliases().is_some_and(|all| all.contains(&flag))
            })
    };
    let flag = rest.iter().filter(|word| word.starts_with("--")).find(|word| !is_known(word));
    first.or(flag).cloned()
}

#[test]
fn pictures_and_links_lead_somewhere_and_each_picture_is_made_by_the_script() {
    let mut shown = BTreeSet::new();
    for page in PAGES {
        let file = root().join(page);
        let text = text(page);
        let targets = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
        for target in targets.filter(|target| !target.contains("://")) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if path.is_empty() { file.clone() } else { file.parent().unwrap().join(path) };
            assert!(path.exists(), "{page}: {target} is not there; `make pictures` makes the pictures");
            if !anchor.is_empty() {
                let linked = std::fs::read_to_string(&path).unwrap();
                let titles = linked.lines().filter(|line| line.starts_with('#'));
                assert!(titles.map(anchor_of).any(|known| known == anchor), "{page}: {target} has no such heading");
            }
            if let Some(name) = target.strip_suffix(".png") {
                shown.insert(name.rsplit('/').next().unwrap_or(name).to_owned());
            }
        }
    }
    // What the windows of the script open.
    let dir = tempfile::tempdir().unwrap();
    for name in ["board", "bus.jpg", "demo.mcap", "golden", "photos", "street"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    let mut made = BTreeSet::new();
    for line in text("scripts/pictures").lines().filter(|line| line.starts_with("show ")) {
        let words = words(line);
        let window = ["twinsight", "view"].map(str::to_owned).into_iter().chain(words[3..].to_vec());
        let more = ["--screenshot", "picture.png", "--after", words[2].as_str()].map(str::to_owned);
        parsed(&window.chain(more).collect::<Vec<_>>(), dir.path());
        made.insert(words[1].clone());
    }
    assert_eq!(made, shown, "pictures of scripts/pictures, and of the pages");
}

/// As GitHub makes it of a heading: small letters, hyphens for spaces, and no other signs.
fn anchor_of(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
