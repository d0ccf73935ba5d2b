//! Names that somebody else chose: of files and of classes, in every output.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::photos::photos;
use crate::program::{installed, models, twinsight};
use crate::run::Run;

/// Characters that a terminal would obey, or that turn the direction of text.
fn is_dangerous(c: char) -> bool {
    (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// The photo of a bus under these names.
#[cfg(unix)]
fn buses(names: &[&[u8]]) -> (tempfile::TempDir, Vec<PathBuf>) {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = tempfile::tempdir().unwrap();
    let [bus, _] = photos();
    let paths: Vec<PathBuf> = names.iter().map(|name| dir.path().join(std::ffi::OsStr::from_bytes(name))).collect();
    for path in &paths {
        std::fs::copy(&bus, path).unwrap();
    }
    (dir, paths)
}

/// The fields of a CSV file, as RFC 4180 has them.
fn fields(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut quoted) = (vec![vec![String::new()]], false);
    let mut letters = csv.chars().peekable();
    while let Some(c) = letters.next() {
        let field = rows.last_mut().unwrap().last_mut().unwrap();
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => field.push(letters.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => rows.last_mut().unwrap().push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            c => field.push(c),
        }
    }
    rows.pop();
    rows
}

#[test]
#[cfg(unix)]
fn names_that_are_not_utf_8_stay_apart_everywhere() {
    let (dir, paths) = buses(&[b"\xff.jpg", b"\xfe.jpg", b"\\xff.jpg"]);
    let expected = [r"\xff.jpg", r"\xfe.jpg", r"\x5cxff.jpg"].map(|name| format!("{}/{name}", dir.path().display()));
    let seen = Run::of(twinsight().args(["detect", "--json"]).args(&paths)).done();
    let sources: Vec<String> = crate::detections::lines(&seen).into_iter().map(|line| line.source).collect();
    assert_eq!(sources, expected);
    let told = Run::of(twinsight().arg("detect").args(&paths)).done();
    assert!(expected.iter().all(|name| told.contains(&format!("{name}: 810×1080, "))), "{told}");

    let (csv, html) = (dir.path().join("boxes.csv"), dir.path().join("page.html"));
    let compared =
        Run::of(twinsight().args(["compare", "--json", "--csv"]).arg(&csv).arg("--html").arg(&html).args(&paths));
    let compared = compared.done();
    let totals: Value = serde_json::from_str(compared.lines().last().unwrap()).unwrap();
    assert_eq!(totals["totals"]["by_damage"], json!(expected));
    let rows = fields(&std::fs::read_to_string(&csv).unwrap());
    let page = std::fs::read_to_string(&html).unwrap();
    for name in &expected {
        assert!(rows.iter().any(|row| row[0] == *name) && page.contains(&format!("<td>{name}</td>")), "{name}");
    }
    // The pictures were found again under their own names.
    assert_eq!(page.matches("data:image/jpeg;base64,/9j/").count(), 3);
}

#[test]
#[cfg(unix)]
fn what_a_terminal_would_obey_is_shown_in_names_of_files() {
    let (dir, paths) = buses(&[b"\x1b[31m\nred.jpg", "\u{202e}gpj.exe.jpg".as_bytes()]);
    std::fs::write(dir.path().join("\u{1b}]0;x\u{7}.jpg"), "no picture").unwrap();
    let run = Run::of(twinsight().arg("detect").arg(dir.path()));
    assert_eq!(run.code, 1, "{run:?}");
    for (text, shown) in [(&run.out, r"/\u001b[31m\u000ared.jpg: "), (&run.out, r"/\u202egpj.exe.jpg: ")] {
        assert!(text.contains(shown), "{shown} is not in {text:?}");
    }
    assert!(run.err.contains(r"\u001b]0;x\u0007.jpg") && run.err.lines().count() == 1, "{:?}", run.err);
    let compared = Run::of(twinsight().arg("compare").args(&paths)).done();
    let missing = Run::of(twinsight().args(["detect", "\u{1b}[2J.jpg"]));
    for text in [&run.out, &run.err, &compared, &missing.err] {
        assert!(!text.contains(is_dangerous), "{text:?}");
    }
    // JSON means the same, however it is written.
    let seen = Run::of(twinsight().args(["detect", "--json"]).args(&paths)).done();
    let sources: Vec<String> = crate::detections::lines(&seen).into_iter().map(|line| line.source).collect();
    assert_eq!(sources, paths.iter().map(|path| path.to_str().unwrap()).collect::<Vec<_>>());
    assert!(!seen.contains(is_dangerous), "{seen:?}");
}

/// Stock models whose classes have other names: every one a formula that would recolour a terminal.
fn renamed(dir: &Path) -> [PathBuf; 2] {
    let classes: Vec<String> = (0..80).map(|class| format!("=1+{class}\u{1b}[31m\n")).collect();
    let heads = json!([
        {"stride": 16, "anchors": [[23, 27], [37, 58], [81, 82]], "scale_x_y": 1.05},
        {"stride": 32, "anchors": [[81, 82], [135, 169], [344, 319]], "scale_x_y": 1.05}
    ]);
    let sidecar = json!({"input": [416, 416], "classes": classes, "heads": heads}).to_string();
    ["yolov4-tiny-416_float.onnx", "yolov4-tiny-416_int8_qop.onnx"].map(|file| {
        let path = dir.join(file);
        std::fs::copy(installed(file), &path).unwrap();
        std::fs::write(dir.join(format!("{file}.json")), &sidecar).unwrap();
        path
    })
}

#[test]
fn class_names_neither_recolour_a_terminal_nor_begin_a_formula() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = renamed(dir.path());
    let [bus, _] = photos();
    let picture = dir.path().join("@SUM(A1), \"x\".jpg");
    std::fs::copy(bus, &picture).unwrap();
    let csv = dir.path().join("boxes.csv");
    let detected = Run::of(twinsight().args(["detect", "--model"]).arg(&a).arg(&picture)).done();
    assert!(detected.contains(r"=1+5\u001b[31m\u000a "), "{detected:?}");
    let mut compare = twinsight();
    compare.args(["compare", "--a"]).arg(&a).arg("--b").arg(&b).arg("--csv").arg(&csv);
    // By its name alone, which then begins the field.
    let compared = Run::of(compare.current_dir(dir.path()).arg(picture.file_name().unwrap())).done();
    for text in [&detected, &compared] {
        assert!(!text.contains(is_dangerous), "{text:?}");
    }
    let rows = fields(&std::fs::read_to_string(&csv).unwrap());
    assert!(rows.len() > 3 && rows.iter().all(|row| row.len() == 24), "{rows:?}");
    for row in &rows[1..] {
        assert_eq!(row[0], "'@SUM(A1), \"x\".jpg");
        for class in [&row[2], &row[8]] {
            assert!(class.is_empty() || class.starts_with("'=1+"), "{class:?}");
        }
        // Only numbers begin with a sign.
        let formula = |field: &&String| field.starts_with(['=', '+', '-', '@', '\t', '\r']);
        assert!(row.iter().filter(formula).all(|field| field.parse::<f64>().is_ok()), "{row:?}");
    }
}

#[test]
fn a_model_that_cannot_be_read_is_told_and_the_others_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("a.onnx")).unwrap();
    std::fs::copy(models().join("sums.json"), dir.path().join("sums.json")).unwrap();
    let model = "yolov4-tiny-416_float.onnx";
    std::fs::copy(installed(model), dir.path().join(model)).unwrap();
    std::fs::create_dir(dir.path().join("yolov4-tiny-416_int8_qop.onnx")).unwrap();
    let run = Run::of(twinsight().args(["models", "list"]).env("TWINSIGHT_MODELS", dir.path()));
    assert_eq!(run.code, 1, "{run:?}");
    let told: Vec<&str> = run.err.lines().collect();
    let [first, second] = told.as_slice() else { panic!("{told:?}") };
    assert!(
        first.contains("a.onnx: it is a folder, not a file")
            && second.contains("int8_qop.onnx: it is a folder, not a file"),
        "{told:?}"
    );
    assert!(run.out.lines().count() == 2 && run.out.lines().last().unwrap().starts_with(model), "{run:?}");
    let verified = Run::of(twinsight().args(["models", "verify"]).env("TWINSIGHT_MODELS", dir.path()));
    assert!(verified.code == 1 && verified.out.contains(&format!("{model:<34}  ok")), "{verified:?}");
}
