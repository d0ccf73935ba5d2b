//! Which models are installed, and where.

use std::path::{Path, PathBuf};

use super::file::value_files;
use super::{GoldenHeads, Precision, Sidecar};

/// A model as a person names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ModelName {
    Fp32,
    /// The card's recipe.
    Int8,
    /// INT8 after the tuned recipe.
    Tuned,
    /// INT8 that cannot overflow on any processor.
    Safe,
    File(PathBuf),
    /// Raw heads that were computed elsewhere.
    Golden(GoldenHeads),
}

impl ModelName {
    /// The models that set-up builds, in the order of the window.
    pub const BUILT: [Self; 4] = [Self::Fp32, Self::Int8, Self::Tuned, Self::Safe];

    /// "fp32", "int8", "tuned" and "safe" are the built ones, anything else is a file.
    pub fn from_flag(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "fp32" => Self::Fp32,
            "int8" => Self::Int8,
            "tuned" => Self::Tuned,
            "safe" => Self::Safe,
            _ => Self::File(text.into()),
        }
    }

    /// The arithmetic of the built models; a file's name does not tell.
    pub fn precision(&self) -> Precision {
        match self {
            Self::Fp32 => Precision::Fp32,
            Self::Int8 | Self::Tuned | Self::Safe | Self::Golden(_) => Precision::Int8,
            Self::File(_) => Precision::Unknown,
        }
    }

    /// As in the window.
    pub fn label(&self) -> String {
        match self {
            Self::Fp32 => "FP32".into(),
            Self::Int8 => "INT8".into(),
            Self::Tuned => "INT8 tuned".into(),
            Self::Safe => "INT8 safe".into(),
            Self::File(path) => path.file_stem().map_or_else(|| "?".into(), |s| s.to_string_lossy().into_owned()),
            Self::Golden(heads) => heads.label(),
        }
    }

    /// Whether it is known to be computed in one way only, whichever is asked for.
    pub(super) fn has_one_arithmetic(&self) -> bool {
        matches!(self, Self::Fp32 | Self::Golden(_))
    }
}

/// A file whose bytes are known: published elsewhere, without metadata of ours.
struct Published {
    sha256: &'static str,
    name: ModelName,
}

/// The published files of the same models.
const PUBLISHED: [Published; 2] = [
    Published { sha256: "eea691d460fd3eb5c1a250b4e5f822784cd44e11aaa77a24299b0952b9f4fc9f", name: ModelName::Fp32 },
    Published { sha256: "c30c8f0a33b3a0edc13a2ca21726a288228e1448b3c38940f9da0c7d8cee4760", name: ModelName::Int8 },
];

/// The models folder.
#[derive(Clone, Debug)]
pub struct Catalog {
    dir: PathBuf,
}

impl Catalog {
    /// The models of a folder, which need not exist.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// `TWINSIGHT_MODELS`, else the `models/` with our files that belongs to the program, else the folder for data of the
    /// system. A library in it is loaded and run, so that no other folder will do: not the working directory, not one above.
    pub fn find() -> Self {
        if let Some(dir) = std::env::var_os("TWINSIGHT_MODELS").filter(|d| !d.is_empty()) {
            return Self::at(dir);
        }
        let program = std::env::current_exe().and_then(|path| path.canonicalize()).unwrap_or_default();
        let working = std::env::current_dir().unwrap_or_default();
        let found = of_program(&program, &working).into_iter().find(|dir| dir.join("sums.json").is_file());
        // Without a home there is none; what is missing is told by its whole path.
        Self::at(found.or_else(Self::of_user).unwrap_or_else(|| program.with_file_name("models")))
    }

    /// The models folder among the person's own data; `None`: the system names no such place.
    pub fn of_user() -> Option<PathBuf> {
        directories::ProjectDirs::from("", "", "twinsight").map(|dirs| dirs.data_dir().join("models"))
    }

    /// Which model a published file is, by the sum of its bytes.
    pub fn published(sha256: &str) -> Option<ModelName> {
        PUBLISHED.iter().find(|p| p.sha256 == sha256).map(|p| p.name.clone())
    }

    /// The folder itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The models that set-up built, in the order of the window.
    pub fn installed(&self) -> Vec<ModelName> {
        ModelName::BUILT.into_iter().filter(|name| self.path(name).is_file()).collect()
    }

    /// Where a model that is made here may lie: the models folder, or else the person's own.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.dir.clone()];
        let is_same = |other: &PathBuf| match (other.canonicalize(), self.dir.canonicalize()) {
            (Ok(other), Ok(mine)) => other == mine,
            _ => *other == self.dir,
        };
        folders.extend(Self::of_user().filter(|own| !is_same(own)));
        folders
    }

    /// Models that were made here after set-up: their recipe lies beside them. By folder and name.
    pub fn remade(&self) -> Vec<ModelName> {
        self.folders().iter().flat_map(|dir| remade_in(dir)).collect()
    }

    /// Where a model's file is, or would be; of raw heads, the pack's folder.
    pub fn path(&self, name: &ModelName) -> PathBuf {
        match name {
            ModelName::Fp32 => self.dir.join("yolov4-tiny-416_float.onnx"),
            ModelName::Int8 => self.dir.join("yolov4-tiny-416_int8_qop.onnx"),
            ModelName::Tuned => self.dir.join("yolov4-tiny-416_int8_tuned.onnx"),
            ModelName::Safe => self.dir.join("yolov4-tiny-416_int8_safe.onnx"),
            ModelName::File(path) => path.clone(),
            ModelName::Golden(heads) => heads.pack.clone(),
        }
    }

    /// The files that a model is read from: itself, the sidecar that it has or could have, and those that its values are in.
    pub fn files(&self, name: &ModelName) -> Vec<PathBuf> {
        let path = self.path(name);
        let mut files = value_files(&path);
        files.extend([Sidecar::path(&path), path]);
        files
    }

    /// A file that set-up fetched: the weights, the cfg, a sample photo. A package comes without them: then they are among
    /// the person's own data, once fetched.
    pub fn download(&self, file: &str) -> PathBuf {
        let downloads = self.dir.join("downloads");
        let own = Self::of_user().map(|dir| dir.join("downloads").join(file));
        own.filter(|own| !downloads.exists() && own.is_file()).unwrap_or_else(|| downloads.join(file))
    }
}

/// The checkout in which the program was built.
const CHECKOUT: &str = env!("CARGO_MANIFEST_DIR");

/// Where the models of a program may be, the first that exists: beside it, where a package puts them, in the checkout in
/// whose `target/` it lies, and in the checkout that it was built in, for those who work there.
fn of_program(program: &Path, working: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(dir) = program.parent() {
        folders.push(dir.join("models"));
        folders.extend(dir.parent().map(|prefix| prefix.join("share/twinsight/models")));
    }
    let target = program.ancestors().find(|dir| dir.file_name().is_some_and(|name| name == "target"));
    folders.extend(target.and_then(Path::parent).map(|checkout| checkout.join("models")));
    folders.extend(working.starts_with(CHECKOUT).then(|| Path::new(CHECKOUT).join("models")));
    folders
}

fn remade_in(dir: &Path) -> Vec<ModelName> {
    // A folder that is not there has none.
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_one = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "onnx") && path.with_extension("recipe.json").is_file()
    };
    let mut paths: Vec<PathBuf> = files.filter(is_one).collect();
    paths.sort();
    paths.into_iter().map(ModelName::File).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_the_program_hold_its_models() {
        let of = |program: &str, working: &str| -> Vec<String> {
            let folders = of_program(Path::new(program), Path::new(working));
            folders.iter().map(|dir| dir.display().to_string()).collect()
        };
        let elsewhere = "/home/ann/data/pictures";
        assert_eq!(of("/opt/twinsight/twinsight", elsewhere), ["/opt/twinsight/models", "/opt/share/twinsight/models"]);
        assert_eq!(of("/usr/bin/twinsight", elsewhere), ["/usr/bin/models", "/usr/share/twinsight/models"]);
        let checkout = of("/src/twinsight/target/release/twinsight", elsewhere);
        assert_eq!(checkout.last().map(String::as_str), Some("/src/twinsight/models"));
        let inside = of("/home/ann/.cargo/bin/twinsight", &format!("{CHECKOUT}/src"));
        assert_eq!(inside.last().cloned(), Some(format!("{CHECKOUT}/models")));
        assert!(
            !of("/home/ann/.cargo/bin/twinsight", &format!("{CHECKOUT}-other")).contains(&format!("{CHECKOUT}/models"))
        );
    }
}
