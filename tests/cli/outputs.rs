//! No command writes onto what it reads, nor onto what is not of the kind that it writes; and what it writes is whole.

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory;
use serde_json::json;

use self::cases::{Case, OTHERS, cases};
use crate::program::twinsight;
use crate::run::Run;
use crate::small_network::Shop;

/// A folder with one of each input.
fn shop() -> Shop {
    let shop = Shop::new();
    assert!(shop.float().is_file() && shop.int8().is_file());
    shop.picture("pictures", 0);
    shop.picture("pictures", 1);
    let recipe = json!({"name": "own", "weights": "tensor", "ranges": "minmax", "concat": "own", "float": [], "float_output": []});
    std::fs::write(shop.path("own.recipe.json"), recipe.to_string()).unwrap();
    let chip = json!({"name": "chip", "multiplier_bits": 12, "rounding": "half up", "leaky_relu": "table",
        "accumulator": {"bits": 32, "overflow": "wrap"}});
    std::fs::write(shop.path("chip.json"), chip.to_string()).unwrap();
    let image = json!({"id": 1, "file_name": "00.png", "width": 64, "height": 64});
    let gate = json!({"id": 1, "image_id": 1, "category_id": 1, "bbox": [3, 3, 9, 9], "iscrowd": 0});
    let categories: Vec<_> =
        ["gate", "drone", "person"].into_iter().zip(1..).map(|(name, id)| json!({"id": id, "name": name})).collect();
    let truth = json!({"images": [image], "annotations": [gate], "categories": categories});
    std::fs::write(shop.path("truth.json"), truth.to_string()).unwrap();
    let bench = json!({"runtime": "1", "threads": 2, "stages": []});
    std::fs::write(shop.path("bench.json"), bench.to_string()).unwrap();
    std::fs::write(shop.path("clip.avi"), "no video, but named as one").unwrap();
    std::fs::write(shop.path("clip.mcap"), "no recording, but named as one").unwrap();
    run(
        &shop,
        "eval --annotations truth.json --images pictures --resamples 10 --model small-64_float.onnx --json eval.json",
        &[],
    )
    .done();
    shop
}

fn run(shop: &Shop, words: &str, more: &[&str]) -> Run {
    let mut command = twinsight();
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
    Run::of(command.args(words.split_whitespace()).args(more))
}

/// All files of a folder, by their paths.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name == "runtime") {
            } else if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Other names of a file: through a folder, a link, and a second name without any link.
fn names(shop: &Shop, file: &str) -> Vec<String> {
    let of = |name: &str| std::fs::canonicalize(shop.path(name)).unwrap();
    let (link, hard) = (shop.path("link"), shop.path("hard"));
    std::os::unix::fs::symlink(of(file), &link).unwrap();
    std::fs::hard_link(of(file), &hard).unwrap();
    let names =
        [file.to_owned(), format!("pictures/../{file}"), of(file).display().to_string(), "link".into(), "hard".into()];
    names.to_vec()
}

#[test]
fn no_output_replaces_an_input_under_any_name() {
    let shop = shop();
    for Case { words, inputs, outputs } in cases() {
        let mut arguments: Vec<&str> = Vec::new();
        for (flag, file) in &inputs {
            arguments.extend([*flag, *file].into_iter().filter(|word| !word.is_empty()));
        }
        for (_, file) in &inputs {
            let file = if *file == "pictures" { "pictures/00.png" } else { file };
            for name in names(&shop, file) {
                for output in &outputs {
                    for force in [&[][..], &["--force"]] {
                        let before = contents(shop.dir.path());
                        let all = [&arguments[..], &[output, name.as_str()], force].concat();
                        let said = run(&shop, words, &all);
                        let what = format!("{words} {}", all.join(" "));
                        assert_eq!(said.code, 1, "{what}: {said:?}");
                        assert!(
                            said.err.contains(&name) && said.err.contains("this command reads it"),
                            "{what}: {}",
                            said.err
                        );
                        assert_eq!(said.err.lines().count(), 1, "{what}: {}", said.err);
                        assert!(contents(shop.dir.path()) == before, "{what} changed files");
                    }
                }
            }
            for other in ["link", "hard"] {
                std::fs::remove_file(shop.path(other)).unwrap();
            }
        }
    }
}

#[test]
fn every_flag_that_names_a_file_is_tried() {
    let mut known: BTreeSet<(String, String)> =
        OTHERS.iter().map(|(words, flag)| ((*words).into(), (*flag).into())).collect();
    for Case { words, inputs, outputs } in cases() {
        for flag in inputs.iter().map(|(flag, _)| *flag).chain(outputs) {
            known.insert((words.into(), flag.trim_start_matches("--").into()));
        }
    }
    let mut found = BTreeSet::new();
    let mut commands = vec![(String::new(), <twinsight::cli::Arguments as CommandFactory>::command())];
    while let Some((words, command)) = commands.pop() {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            commands.push((format!("{words} {}", sub.get_name()).trim().to_owned(), sub.clone()));
        }
        for argument in command.get_arguments().filter(|_| !words.is_empty()) {
            let value = argument.get_value_names().unwrap_or_default().join(" ");
            if value.contains("FILE") || value.contains("DIR") || value.contains("MODEL") {
                let names = argument.get_long_and_visible_aliases().unwrap_or_default();
                let tried = names.iter().any(|name| known.contains(&(words.clone(), (*name).to_owned())))
                    || known.contains(&(words.clone(), argument.get_id().to_string()))
                    || argument.is_positional() && known.contains(&(words.clone(), String::new()));
                if !tried {
                    found.insert((words.clone(), argument.get_id().to_string()));
                }
            }
        }
    }
    // What `bench` and `layers` read, they never write over: they write to standard output alone.
    found.retain(|(words, _)| words != "bench" && words != "layers");
    assert!(found.is_empty(), "not in the cases above: {found:?}");
}

#[test]
fn no_output_replaces_a_file_of_another_kind_unless_forced() {
    let shop = shop();
    let foreign: [(&str, &[u8]); 5] = [
        ("notes.txt", b"years of notes"),
        ("labels.csv", b"file,label\na.jpg,cat\n"),
        ("index.html", b"<!DOCTYPE html>\n<html><body>mine</body></html>"),
        ("settings.json", b"{\"format\": 1, \"name\": \"mine\"}"),
        ("photo.png", b"\x89PNG\r\n\x1a\nnot whole, but mine"),
    ];
    for Case { words, inputs, outputs } in cases() {
        let mut arguments: Vec<&str> = Vec::new();
        for (flag, file) in &inputs {
            arguments.extend([*flag, *file].into_iter().filter(|word| !word.is_empty()));
        }
        for output in &outputs {
            for (name, bytes) in &foreign {
                std::fs::write(shop.path(name), bytes).unwrap();
                let said = run(&shop, words, &[&arguments[..], &[output, name]].concat());
                assert!(said.code == 1 && said.err.contains("--force"), "{words} {output} {name}: {said:?}");
                assert_eq!(std::fs::read(shop.path(name)).unwrap(), *bytes, "{words} {output} {name}");
            }
        }
    }
    // Forced, and then again as a file of the kind.
    for force in [&["--force"][..], &[]] {
        let compare = ["--a", "small-64_float.onnx", "--b", "small-64_int8_qop.onnx", "--csv", "notes.txt", "pictures"];
        assert_eq!(run(&shop, "compare", &[&compare[..], force].concat()).code, 0);
        assert!(std::fs::read_to_string(shop.path("notes.txt")).unwrap().starts_with("source,verdict,"));
    }
    // What a shell made of `compare --csv *.png`: the first picture is no input then, and stays all the same.
    let before = std::fs::read(shop.path("pictures/00.png")).unwrap();
    let swallowed = run(&shop, "compare", &["--csv", "pictures/00.png", "pictures/01.png"]);
    assert!(swallowed.code == 1 && swallowed.err.contains("is not a CSV table"), "{swallowed:?}");
    assert_eq!(std::fs::read(shop.path("pictures/00.png")).unwrap(), before);
}

/// Whatever leads to it: folders of the system, or a file that a shell has opened.
#[test]
#[cfg(target_os = "linux")]
fn a_file_behind_a_name_of_the_system_is_a_file_like_any_other() {
    let shop = shop();
    std::fs::write(shop.path("notes.txt"), "years of notes").unwrap();
    let before = contents(shop.dir.path());
    let export = "models export --cfg small.cfg --weights small.weights --names small.names -o";
    for folder in ["/proc/self/cwd", "/dev/fd/../cwd"] {
        for (file, why) in [("small.cfg", "this command reads it"), ("notes.txt", "is not an ONNX model")] {
            let said = run(&shop, export, &[&format!("{folder}/{file}")]);
            assert!(said.code == 1 && said.err.contains(why), "{folder}/{file}: {said:?}");
        }
    }
    let mut opened = Command::new("bash");
    opened.args(["-c", &format!("\"$0\" {export} /dev/fd/3 3<>small.cfg")]).arg(twinsight().get_program());
    opened.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
    let said = Run::of(&mut opened);
    assert!(said.code == 1 && said.err.contains("this command reads it"), "{said:?}");
    assert!(contents(shop.dir.path()) == before);
}

#[test]
fn files_that_are_read_without_being_named_are_inputs_too() {
    let shop = shop();
    let [table, float] = ["small-64.calibration.json", "yolov4-tiny-416_float.onnx"];
    std::fs::copy(shop.float(), shop.path(float)).unwrap();
    let before = contents(shop.dir.path());
    // The network's own table, and a model that the window opens.
    let quantize = "models quantize --cfg small.cfg --weights small.weights --names small.names --recipe card";
    for (words, output) in
        [(format!("{quantize} -o"), table), ("view --image pictures/00.png --screenshot".to_owned(), float)]
    {
        let said = run(&shop, &words, &[output, "--force"]);
        assert!(said.code == 1 && said.err.contains("this command reads it"), "{words}: {said:?}");
    }
    assert!(contents(shop.dir.path()) == before);
}

#[test]
fn two_outputs_do_not_go_to_one_file() {
    let shop = shop();
    let models = ["--a", "small-64_float.onnx", "--b", "small-64_int8_qop.onnx"];
    let said = run(&shop, "compare", &[&models[..], &["pictures", "--csv", "new", "--html", "./new"]].concat());
    assert!(said.code == 1 && said.err.contains("another output"), "{said:?}");
    assert!(!shop.path("new").exists());
}

#[test]
fn a_command_that_fails_leaves_what_was_there() {
    let shop = shop();
    let models = ["--a", "small-64_float.onnx", "--b", "small-64_int8_qop.onnx"];
    let outputs = ["--csv", "boxes.csv", "--html", "report.html"];
    assert_eq!(run(&shop, "compare", &[&models[..], &["pictures"], &outputs].concat()).code, 0);
    let before = contents(shop.dir.path());
    for wrong in ["missing.png", "small.cfg"] {
        assert_eq!(run(&shop, "compare", &[&models[..], &[wrong], &outputs].concat()).code, 1);
        assert!(contents(shop.dir.path()) == before, "compare {wrong}");
    }
    let eval = ["--annotations", "truth.json", "--images", "pictures", "--json", "eval.json"];
    assert_eq!(run(&shop, "eval", &[&eval[..], &["--model", "small.cfg"]].concat()).code, 1);
    std::fs::write(shop.path("pictures/00.png"), "broken by now").unwrap();
    let before = contents(shop.dir.path());
    assert_eq!(run(&shop, "eval", &[&eval[..], &["--model", "small-64_float.onnx"]].concat()).code, 1);
    assert!(contents(shop.dir.path()) == before, "eval with nothing to evaluate");
}

#[test]
fn a_model_is_made_again_with_the_recipe_and_the_table_beside_it() {
    let shop = shop();
    let darknet = "--cfg small.cfg --weights small.weights --names small.names";
    let make =
        format!("models quantize {darknet} --table small-64.calibration.json --recipe own.recipe.json -o made.onnx");
    run(&shop, &make, &[]);
    let before = contents(shop.dir.path());
    let again =
        format!("models quantize {darknet} --table made.calibration.json --recipe made.recipe.json -o made.onnx");
    assert_eq!(run(&shop, &again, &[]).code, 0);
    assert!(contents(shop.dir.path()) == before);
    // Another recipe does not go where the one that is read lies.
    let other = run(&shop, &again, &["--exclude", "layer_00_conv"]);
    assert!(other.code == 1 && other.err.contains("made.recipe.json: this command reads it"), "{other:?}");
    assert!(contents(shop.dir.path()) == before);
}

#[test]
fn a_model_that_is_built_does_not_go_where_its_weights_lie() {
    let shop = shop();
    std::fs::create_dir(shop.path("out")).unwrap();
    std::fs::rename(shop.path("small.weights"), shop.path("out/small-64_float.onnx")).unwrap();
    let before = contents(shop.dir.path());
    let build = "models build --cfg small.cfg --weights out/small-64_float.onnx --names small.names --force -o out";
    let said = run(&shop, build, &[]);
    assert!(said.code == 1 && said.err.contains("this command reads it"), "{said:?}");
    assert!(contents(shop.dir.path()) == before);
}

#[test]
fn pipes_devices_links_and_permissions_stay_what_they_are() {
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
    let shop = shop();
    let export = "models export --cfg small.cfg --weights small.weights --names small.names -o";
    let whole = std::fs::read(shop.path("small-64_float.onnx")).unwrap();
    assert_eq!(run(&shop, export, &["/dev/null"]).code, 0);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());

    std::os::unix::fs::symlink("target.onnx", shop.path("dangling.onnx")).unwrap();
    for _ in 0..2 {
        assert_eq!(run(&shop, export, &["dangling.onnx"]).code, 0);
        assert!(shop.path("dangling.onnx").symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(shop.path("target.onnx")).unwrap(), whole);
        // It is there for the others as well as any new file is; and what the user chose stays.
        std::fs::set_permissions(shop.path("target.onnx"), std::fs::Permissions::from_mode(0o640)).unwrap();
    }
    assert_eq!(shop.path("target.onnx").metadata().unwrap().mode() & 0o777, 0o640);

    std::fs::set_permissions(shop.path("target.onnx"), std::fs::Permissions::from_mode(0o444)).unwrap();
    let protected = run(&shop, export, &["target.onnx"]);
    assert!(protected.code == 1 && protected.err.contains("write-protected"), "{protected:?}");

    let pipe = shop.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reading = std::thread::Builder::new().name("reader".into());
    let reader = reading.spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    assert_eq!(run(&shop, export, &["pipe"]).code, 0);
    assert_eq!(reader.unwrap().join().unwrap(), whole);
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    std::fs::remove_file(pipe).unwrap();

    // What a shell opens: standard output, and the pipe of `>(…)`.
    let out = Command::new("bash")
        .args(["-c", "\"$0\" card --model small-64_float.onnx -o /dev/stdout | grep -c 'this card'; \"$0\" card --model small-64_float.onnx -o >(cat > card.md); wait; sleep 0.2; grep -c 'this card' card.md"])
        .arg(twinsight().get_program())
        .env("TWINSIGHT_MODELS", shop.dir.path())
        .current_dir(shop.dir.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(out.stdout).unwrap(), "1\n1\n", "{}", String::from_utf8_lossy(&out.stderr));

    for (output, why) in [("pictures", "it is a folder"), ("nowhere/a.onnx", "there is no folder nowhere")] {
        let said = run(&shop, export, &[output]);
        assert!(said.code == 1 && said.err.contains(why), "{said:?}");
    }
    let long = format!("{}.onnx", "n".repeat(250));
    assert_eq!(run(&shop, export, &[&long]).code, 0);
    let left: Vec<_> =
        contents(shop.dir.path()).into_keys().filter(|path| path.display().to_string().contains(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let shop = shop();
    // To the program, a limit on the size of files is a full disk.
    let script = "ulimit -f 1; exec \"$0\" detect --model small-64_float.onnx --score 0 --annotate out large.png";
    image::RgbImage::from_fn(300, 300, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8]))
        .save(shop.path("large.png"))
        .unwrap();
    let mut command = Command::new("bash");
    let program = twinsight().get_program().to_owned();
    command.arg("-c").arg(format!("trap '' XFSZ; {script}")).arg(program);
    command.env("TWINSIGHT_MODELS", shop.dir.path()).current_dir(shop.dir.path());
    let said = Run::of(&mut command);
    assert!(said.code == 1 && said.err.contains("cannot write out/large.png"), "{said:?}");
    assert_eq!(contents(&shop.path("out")), BTreeMap::new());
}

#[test]
fn annotated_pictures_replace_no_other() {
    let shop = shop();
    let before = contents(&shop.path("pictures"));
    for _ in 0..2 {
        assert_eq!(run(&shop, "detect --model small-64_float.onnx --annotate pictures pictures/00.png", &[]).code, 0);
        let after = contents(&shop.path("pictures"));
        assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
        assert_eq!(after.len(), before.len() + 1, "{:?}", after.keys());
    }
}
