//! `twinsight models` on a models folder of its own.

use std::path::PathBuf;

use clap::Parser;
use twinsight::cli::models::{Args, run_in};
use twinsight::model::Catalog;

use crate::program::installed;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    /// What a fresh clone has after set-up's downloads.
    fn new() -> Self {
        let folder = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir(folder.path("downloads")).unwrap();
        let tables = ["", ".tuned", ".safe"].map(|recipe| format!("yolov4-tiny-416{recipe}.calibration.json"));
        let kept = std::iter::once("sums.json").chain(tables.iter().map(String::as_str));
        for file in ["downloads/yolov4-tiny.cfg", "downloads/yolov4-tiny.weights"].into_iter().chain(kept) {
            std::fs::copy(installed(file), folder.path(file)).unwrap();
        }
        folder
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn run(&self, command: &[&str]) -> Result<bool, Box<dyn std::error::Error>> {
        let line = Line::try_parse_from(["models"].iter().chain(command)).unwrap();
        run_in(&Catalog::at(self.dir.path()), &line.args)
    }

    fn files(&self) -> Vec<String> {
        let mut files: Vec<String> = std::fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("onnx"))
            .collect();
        files.sort();
        files
    }
}

const ALL: [&str; 4] = [
    "yolov4-tiny-416_float.onnx",
    "yolov4-tiny-416_int8_qop.onnx",
    "yolov4-tiny-416_int8_safe.onnx",
    "yolov4-tiny-416_int8_tuned.onnx",
];

#[test]
fn build_makes_what_verify_accepts_and_leaves_nothing_else() {
    let folder = Folder::new();
    assert!(!folder.run(&["verify"]).unwrap(), "models that are missing");
    assert!(folder.run(&["list"]).unwrap());
    assert!(folder.run(&["build"]).unwrap());
    assert_eq!(folder.files(), ALL);
    assert!(folder.run(&["verify"]).unwrap());
    assert!(folder.run(&["list"]).unwrap());
}

#[test]
fn verify_finds_one_changed_byte_and_build_repairs_it() {
    let folder = Folder::new();
    folder.run(&["build"]).unwrap();
    let path = folder.path(ALL[1]);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(!folder.run(&["verify"]).unwrap());
    folder.run(&["build"]).unwrap();
    assert!(folder.run(&["verify"]).unwrap());
}

#[test]
fn a_model_without_its_table_is_not_made_and_the_command_fails() {
    let folder = Folder::new();
    std::fs::remove_file(folder.path("yolov4-tiny-416.tuned.calibration.json")).unwrap();
    assert!(!folder.run(&["build"]).unwrap());
    assert_eq!(folder.files(), ALL[..3]);
    std::fs::remove_file(folder.path("yolov4-tiny-416.calibration.json")).unwrap();
    assert!(!folder.run(&["build"]).unwrap());
    assert_eq!(folder.files(), ALL[..3]);
}

#[test]
fn a_bad_download_is_named_and_old_models_stay() {
    let folder = Folder::new();
    folder.run(&["build"]).unwrap();
    let path = folder.path("downloads/yolov4-tiny.weights");
    let half = std::fs::read(&path).unwrap().len() / 2;
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(half as u64).unwrap();
    let error = folder.run(&["build"]).unwrap_err().to_string();
    assert!(error.contains("yolov4-tiny.weights, at byte 12125638, layer 26: the file ends within"), "{error}");
    assert!(folder.run(&["verify"]).unwrap());

    std::fs::remove_file(&path).unwrap();
    let error = folder.run(&["build"]).unwrap_err().to_string();
    assert!(error.contains("run `twinsight setup`"), "{error}");
}

#[test]
fn list_shows_files_that_are_no_models_too() {
    let folder = Folder::new();
    std::fs::write(folder.path("other.onnx"), b"not protobuf").unwrap();
    assert!(folder.run(&["list"]).unwrap());
}

#[test]
fn a_cfg_alone_is_wrong_usage() {
    assert!(Line::try_parse_from(["models", "build", "--cfg", "a.cfg"]).is_err());
    let folder = Folder::new();
    let error = folder.run(&["calibrate"]).unwrap_err().to_string();
    assert_eq!(error, "images are needed; pass --images DIR or --camera N");
}
