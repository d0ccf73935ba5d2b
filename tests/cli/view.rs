//! The window's command without a display, and the help.

use clap::CommandFactory;

use crate::program::twinsight;
use crate::run::Run;

#[test]
#[cfg(target_os = "linux")]
fn without_a_display_there_is_one_clear_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("window.png");
    let file = file.to_str().expect("a plain name");
    for args in [&["view", "--demo", "--screenshot", file][..], &["view"], &[]] {
        let run = Run::of(twinsight().args(args));
        let error = run.error();
        assert!(error.starts_with("no display: "), "{error}");
        assert!(error.contains("DISPLAY") && error.contains("`twinsight detect`, which needs no display"), "{error}");
        // Locations in dependencies' sources are no help to users.
        assert!(!error.contains(".rs:"), "{error}");
    }
    assert!(!std::path::Path::new(file).exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_display_that_is_not_there_is_one_clear_line_too() {
    for (variable, value) in [("DISPLAY", ":4242"), ("WAYLAND_DISPLAY", "no-such-display")] {
        let run = Run::of(twinsight().env(variable, value).args(["view", "--demo"]));
        assert!(run.error().starts_with("cannot open the window: ") && !run.err.contains(".rs:"), "{}", run.err);
    }
}

#[test]
fn help_and_version_are_there() {
    let help = Run::of(twinsight().arg("--help")).done();
    for command in ["view", "detect", "compare", "cameras", "bench", "doctor", "models"] {
        assert!(help.lines().any(|l| l.trim_start().starts_with(command)), "{command} is not in\n{help}");
        let own = Run::of(twinsight().args([command, "--help"])).done();
        assert!(own.contains(&format!("Usage: twinsight {command}")), "{own}");
    }
    let view = Run::of(twinsight().args(["view", "--help"])).done();
    for flag in ["--camera", "--image", "--demo", "--a <", "--b <", "--precision", "--screenshot", "--after"] {
        assert!(view.contains(flag), "{flag} is not in\n{view}");
    }
    assert_eq!(Run::of(twinsight().arg("--version")).done(), concat!("twinsight ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_word_that_is_no_model_or_command_is_refused_and_the_nearest_is_told() {
    for (args, words) in [
        (&["veiw", "foo"][..], &["no such command", "'view'"][..]),
        (&["doctr"], &["no such command", "'doctor'"]),
        (&["view", "--a", "fp23", "--demo"], &["fp32, int8, tuned, safe", "'fp32'"]),
        (&["--b", "gone.onnx"], &["no such file", "gone.onnx"]),
        (&["compare", "--b", "int9", "a.jpg"], &["fp32, int8, tuned, safe", "'int8'"]),
        (&["record", "a.mkv", "--a", "saef@m16", "-o", "a.mcap"], &["'safe'"]),
        (&["harvest", "a.mkv", "--b", "gone.onnx", "-o", "kept"], &["gone.onnx"]),
        (&["bench", "--a", "int"], &["'int8'"]),
        (&["eval", "--images", "src", "--model", "fp32", "tunde"], &["'tuned'"]),
        (&["card", "--model", "gone.onnx"], &["gone.onnx"]),
        (&["layers", "--b", "int9", "a.jpg"], &["'int8'"]),
        (&["golden", "--model", "int9", "a.jpg", "-o", "pack"], &["'int8'"]),
        (&["replay", "a.mcap", "--model", "int9"], &["'int8'"]),
        (&["detect", "--model", "int8", "a.jpg"], &["no such file", "--precision int8"]),
        (&["detect", "--model", "gone.onnx@native", "a.jpg"], &["no such file", "'--model <FILE>'"]),
    ] {
        let run = Run::of(twinsight().args(args));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}: {}", run.err);
        assert!(words.iter().all(|word| run.err.contains(word)), "{args:?}: {}", run.err);
    }
    let far = Run::of(twinsight().args(["view", "--a", "photos.onnx"]));
    assert!(far.code == 2 && !far.err.contains("similar"), "{}", far.err);
}

/// clap names a flag by its first name: an error about an alias would name a flag that nobody typed.
#[test]
fn an_error_about_a_model_names_the_flag_that_was_typed() {
    let mut commands: Vec<(Vec<String>, clap::Command)> =
        vec![(Vec::new(), <twinsight::cli::Arguments as CommandFactory>::command())];
    let mut tried = 0;
    while let Some((words, command)) = commands.pop() {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            commands.push(([&words[..], &[sub.get_name().to_owned()]].concat(), sub.clone()));
        }
        for argument in command.get_arguments() {
            let name = argument.get_long().unwrap_or_default();
            assert!(argument.get_all_aliases().is_none(), "{words:?}: --{name} has another name");
            // Those that name a model, and refuse a word that names none before anything else.
            if !["a", "b", "model", "precision"].contains(&name) {
                continue;
            }
            tried += 1;
            let flag = format!("--{name}");
            for typed in [vec![flag.clone(), "nonsense".into()], vec![format!("{flag}=nonsense")]] {
                let run = Run::of(twinsight().args(&words).args(&typed));
                let told = run.err.lines().next().unwrap_or_default();
                let names = told.contains(&format!("'{flag} <"));
                assert!(run.code == 2 && names && told.contains("nonsense"), "{words:?} {typed:?}: {}", run.err);
            }
        }
    }
    assert!(tried >= 20, "{tried} flags name a model");
    let both = Run::of(twinsight().args(["view", "--a", "fp32", "--precision", "int8"]));
    assert!(both.code == 2 && both.err.contains("'--a <MODEL>'"), "{}", both.err);
}

#[test]
fn wrong_usage_of_the_window_opens_none() {
    for args in [
        &["--camera", "0", "--demo"][..],
        &["--demo", "--mirror"],
        &["--image", "a.jpg", "--demo"],
        &["--after", "3"],
        &["--screenshot", "a.png", "--after", "-1"],
        &["--screenshot", "a.png", "--after", "1e19"],
        &["--screenshot", "a.png", "--after", "1e300"],
        &["--screenshot", "a.png", "--after", "inf"],
        &["--screenshot", "a.png", "--after", "NaN"],
        &["--theme", "pink"],
        &["--window", "1x1"],
    ] {
        let run = Run::of(twinsight().arg("view").args(args));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}: {}", run.err);
    }
}
