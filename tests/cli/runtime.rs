//! Messages when ONNX Runtime is missing, broken or too old, and what `twinsight doctor` reports.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::photos::photos;
use crate::program::{installed, models, twinsight};
use crate::run::Run;

/// A models folder of the test's own.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[&str]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.path("downloads")).unwrap();
        for file in files {
            std::fs::copy(installed(file), folder.path(file)).unwrap();
        }
        folder
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(file), text).unwrap();
        self.path(file)
    }
}

const MODELS: [&str; 5] = [
    "sums.json",
    "yolov4-tiny-416_float.onnx",
    "yolov4-tiny-416_int8_tuned.onnx",
    "yolov4-tiny-416_int8_safe.onnx",
    "yolov4-tiny-416_int8_qop.onnx",
];

/// ONNX Runtime would write who we are, and what it means to report, below the home folder.
#[test]
fn nothing_is_noted_down_to_be_reported_to_anybody() {
    let home = tempfile::tempdir().unwrap();
    let mut command = twinsight();
    command.env("HOME", home.path());
    // What keeps it quiet elsewhere.
    for variable in ["ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env_remove(variable);
    }
    Run::of(command.arg("detect").args(photos())).done();
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What `detect` says with this in the environment. `doctor` must find the same.
fn fault(variable: &str, value: &Path) -> String {
    let run = Run::of(twinsight().env(variable, value).arg("detect").args(photos()));
    let error = run.error().to_owned();
    let run = Run::of(twinsight().env(variable, value).arg("doctor"));
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    let line = run.out.lines().find(|l| l.starts_with("✗ ONNX Runtime")).unwrap_or_else(|| panic!("{}", run.out));
    assert!(line.ends_with(&error), "{line}\n{error}");
    error
}

#[test]
fn without_onnx_runtime_the_message_says_where_it_looked_and_what_to_do() {
    let folder = Folder::with(&MODELS);
    let error = fault("TWINSIGHT_MODELS", folder.0.path());
    assert!(error.contains(folder.path("runtime").to_str().unwrap()), "{error}");
    assert!(error.contains("run `twinsight setup`") && error.contains("ORT_DYLIB_PATH"), "{error}");
    assert!(error.contains(&format!("1.{}", twinsight::model::NEEDED_MINOR)), "{error}");
}

#[test]
fn a_library_that_is_none_is_named_with_the_reason() {
    let folder = Folder::with(&[]);
    let text = folder.write("libonnxruntime.so", "not a library");
    let error = fault("ORT_DYLIB_PATH", &text);
    assert!(error.contains(text.to_str().unwrap()) && error.contains("run `twinsight setup`"), "{error}");
    // The loader's own word; it differs between systems.
    assert!(!error.contains("dlopen failed"), "{error}");
    let error = fault("ORT_DYLIB_PATH", &folder.path("missing.so"));
    assert!(error.contains("missing.so") && error.contains("No such file"), "{error}");
}

#[test]
fn another_library_is_no_onnx_runtime() {
    let folder = Folder::with(&[]);
    let library = compile(&folder, "other", "int answer(void) { return 42; }");
    let error = fault("ORT_DYLIB_PATH", &library);
    assert!(error.contains("libother.so") && error.contains("it is not an ONNX Runtime"), "{error}");
}

#[test]
fn an_onnx_runtime_that_is_too_old_is_told_with_both_versions() {
    let folder = Folder::with(&[]);
    // OrtApiBase: GetApi, which gives nothing for an interface newer than the library, and GetVersionString.
    let source = r#"
        static const void *api(unsigned version) { (void)version; return 0; }
        static const char *text(void) { return "1.17.3"; }
        static const struct { const void *(*api)(unsigned); const char *(*text)(void); } base = { api, text };
        const void *OrtGetApiBase(void) { return &base; }
    "#;
    let library = compile(&folder, "old", source);
    let error = fault("ORT_DYLIB_PATH", &library);
    let needed = format!("needs 1.{} or newer", twinsight::model::NEEDED_MINOR);
    for words in ["libold.so is ONNX Runtime 1.17.3", &needed, "run `twinsight setup`", "ORT_DYLIB_PATH"] {
        assert!(error.contains(words), "{words}: {error}");
    }
}

/// With the compiler that linking this very test took.
fn compile(folder: &Folder, name: &str, source: &str) -> PathBuf {
    let (from, to) = (folder.write(&format!("{name}.c"), source), folder.path(&format!("lib{name}.so")));
    let done = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&to).arg(&from).status().unwrap();
    assert!(done.success());
    to
}

#[test]
fn doctor_is_content_with_what_set_up_installs() {
    photos();
    let out = Run::of(twinsight().arg("doctor")).done();
    assert!(!out.contains('✗'), "{out}");
    let line = |start: &str| {
        let found = out.lines().find(|l| l.trim_start().starts_with(start));
        found.unwrap_or_else(|| panic!("no {start} in\n{out}"))
    };
    assert!(line("Twinsight").ends_with(env!("CARGO_PKG_VERSION")));
    assert!(line("Processor").ends_with("threads"), "{}", line("Processor"));
    assert!(line("ONNX Runtime").contains(" 1.") && line("ONNX Runtime").contains("libonnxruntime"));
    assert!(line("Models folder").contains(models().to_str().unwrap()));
    let sums = std::fs::read_to_string(installed("sums.json")).unwrap();
    let sums: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&sums).unwrap();
    assert_eq!(sums.len(), 4);
    for (name, file) in
        [("FP32", MODELS[1]), ("INT8 tuned", MODELS[2]), ("INT8 safe", MODELS[3]), ("INT8  ", MODELS[4])]
    {
        // "INT8" begins the line on the processor too.
        let line = out.lines().find(|l| l.contains(name) && l.contains(file)).unwrap_or_else(|| panic!("{out}"));
        assert!(line.contains(sums[file].as_str().unwrap()) && line.ends_with("verified"), "{line}");
    }
}

#[test]
fn doctor_finds_models_that_are_missing_or_none() {
    let folder = Folder::with(&MODELS[..4]);
    let library = twinsight::model::Runtime::locate(&twinsight::model::Catalog::at(models())).unwrap();
    let doctor = || {
        let mut command = twinsight();
        command.env("TWINSIGHT_MODELS", folder.0.path()).env("ORT_DYLIB_PATH", &library).arg("doctor");
        let run = Run::of(&mut command);
        let faults: Vec<String> = run.out.lines().filter(|l| l.starts_with('✗')).map(str::to_owned).collect();
        assert_eq!((run.code, faults.len()), (1, 1), "{}", run.out);
        faults[0].clone()
    };
    let fault = doctor();
    assert!(fault.contains(MODELS[4]) && fault.contains("is missing") && fault.contains("twinsight setup"), "{fault}");
    folder.write(MODELS[4], "not a model");
    let fault = doctor();
    assert!(fault.contains(MODELS[4]) && fault.contains("is not a model"), "{fault}");
}
