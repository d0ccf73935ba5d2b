//! The commands that write files: all their flags that name files or folders.

/// One command: its words, the flags that name inputs with their files, the flags that name outputs.
pub struct Case {
    pub words: &'static str,
    pub inputs: Vec<(&'static str, &'static str)>,
    pub outputs: Vec<&'static str>,
}

pub fn cases() -> Vec<Case> {
    let darknet = [("--cfg", "small.cfg"), ("--weights", "small.weights"), ("--names", "small.names")];
    let and = |more: &[(&'static str, &'static str)]| [darknet.as_slice(), more].concat();
    let (float, int8) = ("small-64_float.onnx", "small-64_int8_qop.onnx");
    let (table, recipe) = ("small-64.calibration.json", "own.recipe.json");
    let both = [
        ("", "pictures"),
        ("--a", float),
        ("--b", int8),
        ("--arithmetic", "chip.json"),
        ("--a-arithmetic", "chip.json"),
        ("--b-arithmetic", "chip.json"),
    ];
    vec![
        Case { words: "models export", inputs: darknet.to_vec(), outputs: vec!["--output"] },
        Case {
            words: "models quantize",
            inputs: and(&[("--table", table), ("--recipe", recipe)]),
            outputs: vec!["--output"],
        },
        Case {
            words: "models quantize",
            inputs: vec![("--onnx", float), ("--recipe", recipe), ("--images", "pictures")],
            outputs: vec!["--output"],
        },
        Case {
            words: "models calibrate",
            inputs: and(&[("--images", "pictures"), ("--recipe", recipe)]),
            outputs: vec!["--output"],
        },
        Case {
            words: "models calibrate",
            inputs: vec![("--onnx", float), ("--images", "pictures")],
            outputs: vec!["--output"],
        },
        Case {
            words: "compare",
            inputs: vec![
                ("", "pictures"),
                ("--a", float),
                ("--b", int8),
                ("--arithmetic", "chip.json"),
                ("--annotations", "truth.json"),
            ],
            outputs: vec!["--csv", "--html", "--trace", "--video-out"],
        },
        Case {
            words: "compare",
            inputs: vec![
                ("--video", "clip.avi"),
                ("--a", float),
                ("--b", int8),
                ("--a-arithmetic", "chip.json"),
                ("--b-arithmetic", "chip.json"),
            ],
            outputs: vec!["--csv", "--html", "--trace", "--video-out"],
        },
        Case {
            words: "detect",
            inputs: vec![("", "pictures"), ("--model", int8), ("--arithmetic", "chip.json")],
            outputs: vec!["--trace", "--video-out"],
        },
        Case {
            words: "eval",
            inputs: vec![
                ("--annotations", "truth.json"),
                ("--images", "pictures"),
                ("--model", float),
                ("--arithmetic", "chip.json"),
            ],
            outputs: vec!["--json", "--html"],
        },
        Case {
            words: "card",
            inputs: vec![("--eval", "eval.json"), ("--bench", "bench.json"), ("--model", float)],
            outputs: vec!["--output"],
        },
        Case {
            words: "view",
            inputs: [&both[..], &[("--annotations", "truth.json")]].concat(),
            outputs: vec!["--screenshot", "--trace"],
        },
        Case { words: "record", inputs: both.to_vec(), outputs: vec!["--output"] },
        Case { words: "record", inputs: vec![("--video", "clip.avi")], outputs: vec!["--output"] },
        Case {
            words: "replay",
            inputs: [&[("", "clip.mcap")], &both[1..]].concat(),
            outputs: vec!["--write-expected", "--video-out"],
        },
        Case {
            words: "replay",
            inputs: vec![("", "clip.mcap"), ("--model", int8)],
            outputs: vec!["--write-expected", "--video-out"],
        },
        Case { words: "view", inputs: vec![("--image", "pictures/00.png")], outputs: vec!["--screenshot", "--trace"] },
        Case { words: "view", inputs: vec![("--video", "clip.avi")], outputs: vec!["--screenshot", "--trace"] },
    ]
}

/// Flags that name files or folders and are not in the cases: what they do is tested elsewhere.
pub const OTHERS: [(&str, &str); 36] = [
    // Folders into which files of known names go.
    ("detect", "annotate"),
    ("compare", "annotate"),
    ("models build", "output"),
    ("detect", "output"),
    // A folder of its own, and commands that read such folders: tests/cli/golden.rs.
    ("golden check", "golden"),
    ("golden check", "against"),
    ("golden check", "map"),
    ("golden check", "html"),
    // Another word for --a.
    ("view", "precision"),
    // Beside a pack: tests/cli/golden.rs.
    ("view", "against"),
    ("compare", "against"),
    ("golden", "output"),
    ("golden", "images"),
    ("golden", "model"),
    ("golden", "arithmetic"),
    // An input without which there is the output that is tried.
    ("replay", "expect"),
    // Inputs of a command that writes no file but pictures into a folder.
    ("detect", "paths"),
    ("detect", "video"),
    ("detect", "model"),
    ("detect", "arithmetic"),
    // Inputs of a command that writes files of known names into a folder.
    ("models build", "recipe"),
    ("models build", "table"),
    ("models build", "cfg"),
    ("models build", "weights"),
    ("models build", "names"),
    ("models build", "onnx"),
    // A folder that must be new, and inputs beside it: tests/cli/harvest.rs.
    ("harvest", "output"),
    ("harvest", "paths"),
    ("harvest", "video"),
    ("harvest", "a"),
    ("harvest", "b"),
    ("harvest", "arithmetic"),
    ("harvest", "a-arithmetic"),
    ("harvest", "b-arithmetic"),
    // A folder that is read: tests/cli/setup.rs; one into which files of known names go: tests/cli/manual.rs.
    ("setup", "from"),
    ("man", "folder"),
];
