//! Hardware profiles as files.

use std::path::Path;

use twinsight::integer::{Accumulator, LeakyRelu, OutOfRange, Profile, Rounding};

const MINE: &str = r#"{ "name": "mine", "multiplier_bits": 15, "rounding": "half even", "leaky_relu": { "slope": 0.25 },
    "accumulator": { "bits": 24, "overflow": "saturate" } }"#;

#[test]
fn the_profiles_of_the_program_are_its_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/profiles");
    let mut names: Vec<&str> = Profile::names().collect();
    for name in &names {
        let built_in = Profile::find(name).unwrap();
        assert_eq!(built_in.name, *name);
        assert_eq!(Profile::find(folder.join(format!("{name}.json")).to_str().unwrap()).unwrap(), built_in);
    }
    names.sort_unstable();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort_unstable();
    assert_eq!(files, names);
    // What their names promise.
    let bits = ["zynq-m31", "m18", "m16", "power-of-two"].map(|name| Profile::find(name).unwrap().multiplier_bits);
    assert_eq!(bits, [31, 18, 16, 1]);
}

#[test]
fn a_profile_is_read_as_it_is_written() {
    let mine = Profile {
        name: "mine".into(),
        multiplier_bits: 15,
        rounding: Rounding::HalfEven,
        leaky_relu: LeakyRelu::Slope(0.25),
        accumulator: Accumulator { bits: 24, overflow: OutOfRange::Saturate },
    };
    assert_eq!(Profile::from_json(MINE).unwrap(), mine);
    assert_eq!(Profile::from_json(&serde_json::to_string(&mine).unwrap()).unwrap(), mine);
    for (word, rounding) in
        [("half up", Rounding::HalfUp), ("half away", Rounding::HalfAway), ("truncate", Rounding::Truncate)]
    {
        assert_eq!(Profile::from_json(&MINE.replace("half even", word)).unwrap().rounding, rounding);
    }
    for (word, leaky_relu) in [("\"table\"", LeakyRelu::Table), ("\"multipliers\"", LeakyRelu::Multipliers)] {
        let text = MINE.replace("{ \"slope\": 0.25 }", word);
        assert_eq!(Profile::from_json(&text).unwrap().leaky_relu, leaky_relu);
    }
}

#[test]
fn what_is_no_profile_is_refused_with_its_file_and_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.json");
    let format = "it is not in the format of a hardware profile";
    for (from, to, words) in [
        ("", "", ""),
        ("24", "32", ""),
        ("24", "16", ""),
        ("15", "1", ""),
        ("15", "31", ""),
        ("0.25", "0", ""),
        ("0.25", "1", ""),
        ("15", "0", "it gives 0 for multiplier_bits; choose 1 to 31"),
        ("15", "32", "it gives 32 for multiplier_bits; choose 1 to 31"),
        ("24", "15", "it gives 15 for accumulator.bits; choose 16 to 32"),
        ("24", "33", "it gives 33 for accumulator.bits; choose 16 to 32"),
        ("0.25", "1.5", "it gives 1.5 for leaky_relu's slope; choose 0 to 1"),
        ("0.25", "-0.1", "it gives -0.1 for leaky_relu's slope; choose 0 to 1"),
        ("0.25", "1e400", format),
        ("\"mine\"", "\"\"", "its name must be 1 to 40 letters"),
        ("\"mine\"", "\"../mine\"", "its name must be 1 to 40 letters"),
        ("\"mine\"", "\"12345678901234567890123456789012345678901\"", "its name must be 1 to 40 letters"),
        ("\"mine\"", "\"m18\"", "a built-in profile with other values is also named m18; choose another name"),
        ("\"name\"", "\"multiplyer\": 1, \"name\"", "unknown field `multiplyer`"),
        ("\"bits\"", "\"sign\": 1, \"bits\"", "unknown field `sign`"),
        ("\"multiplier_bits\": 15,", "", "missing field `multiplier_bits`"),
        ("\"bits\": 24,", "", "missing field `bits`"),
        ("15", "15.5", format),
        ("15", "-15", format),
        ("15", "15, \"multiplier_bits\": 15", "duplicate field"),
        ("half even", "half odd", "unknown variant `half odd`, expected one of `half up`, `half even`"),
        ("saturate", "clip", "unknown variant `clip`"),
        ("\"slope\"", "\"alpha\"", "unknown variant `alpha`"),
        ("{", "", format),
    ] {
        std::fs::write(&path, MINE.replace(from, to)).unwrap();
        let message = Profile::find(path.to_str().unwrap()).map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(message.is_empty(), words.is_empty(), "{from} to {to}: {message}");
        if !words.is_empty() {
            assert!(message.starts_with(&format!("the hardware profile {}: ", path.display())), "{message}");
        }
        assert!(message.contains(words) && !message.contains('\n'), "{message}\nlacks: {words}");
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let message = |text: &str| Profile::find(text).unwrap_err().to_string();
    assert_eq!(
        message("m17"),
        "there is no hardware profile m17; choose zynq-m31, m18, m16, power-of-two, or name a JSON file"
    );
    assert!(message(folder.path().join("none.json").to_str().unwrap()).contains("none.json: No such file"));
    assert!(message(folder.path().to_str().unwrap()).ends_with("it is a folder, not a file"));
    let large = folder.path().join("large.json");
    std::fs::write(&large, vec![b' '; (1 << 16) + 1]).unwrap();
    assert!(message(large.to_str().unwrap()).contains("more than the limit of 65536"));
    std::fs::write(&large, b"\xff\xfe").unwrap();
    assert!(message(large.to_str().unwrap()).contains("it is not in the format of a hardware profile (invalid utf-8"));
}

/// Wherever a copy ends.
#[test]
fn a_profile_cut_short_is_refused() {
    for end in 0..MINE.len() {
        assert!(Profile::from_json(&MINE[..end]).is_err(), "{end}");
    }
}
