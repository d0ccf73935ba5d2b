//! `twinsight doctor`: what is installed, and what stands in the way.

use std::process::ExitCode;

use sha2::{Digest, Sha256};

use crate::live::PHOTOS;
use crate::model::{Catalog, ModelName, Runtime, hex};
use crate::source;

/// Prints what it finds, and exits with 1 where the viewer could not work.
pub fn run() -> ExitCode {
    let catalog = Catalog::find();
    let mut report = Report::default();
    report.fact("Twinsight", env!("CARGO_PKG_VERSION"));
    report.fact("System", &system());
    report.fact("Processor", &processor());
    integer_arithmetic(&mut report);
    runtime(&catalog, &mut report);
    report.fact("Models folder", &catalog.dir().display().to_string());
    for name in ModelName::BUILT {
        model(&catalog, &name, &mut report);
    }
    for photo in PHOTOS {
        if !catalog.download(photo).is_file() {
            report.warning("Demo", &format!("its photo {photo} is missing; run `make setup`"));
        }
    }
    cameras(&mut report);
    if report.broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints findings as they come.
#[derive(Default)]
struct Report {
    broken: bool,
}

impl Report {
    fn fact(&mut self, what: &str, text: &str) {
        println!("  {what:<14} {text}");
    }

    /// Something is slower or smaller than it could be.
    fn warning(&mut self, what: &str, text: &str) {
        println!("! {what:<14} {text}");
    }

    /// The viewer cannot work.
    fn fault(&mut self, what: &str, text: &str) {
        println!("✗ {what:<14} {text}");
        self.broken = true;
    }
}

fn system() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|l| l.strip_prefix("PRETTY_NAME=")).map(|n| n.trim_matches('"').to_owned());
    let name = name.unwrap_or_else(|| std::env::consts::OS.to_owned());
    format!("{name}, {}", std::env::consts::ARCH)
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|l| l.starts_with("model name")).and_then(|l| l.split_once(": "));
    let model = model.map_or("unknown model", |(_, name)| name.trim());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {threads} threads")
}

fn integer_arithmetic(report: &mut Report) {
    match dot_product() {
        Some(feature) => report.fact("INT8", &format!("fast: the processor has {feature}")),
        None => report.warning(
            "INT8",
            "slow: the processor has no integer dot product (AVX-VNNI, AVX-512 VNNI, Arm dotprod); \
             INT8 may be no faster here than FP32. `twinsight bench` measures it",
        ),
    }
}

/// The instruction set that makes INT8 worth while; `None` = it has none that we know.
fn dot_product() -> Option<&'static str> {
    #[cfg(target_arch = "x86_64")]
    return if std::arch::is_x86_feature_detected!("avx512vnni") {
        Some("AVX-512 VNNI")
    } else if std::arch::is_x86_feature_detected!("avxvnni") {
        Some("AVX-VNNI")
    } else {
        None
    };
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("dotprod").then_some("Arm dotprod");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return None;
}

fn runtime(catalog: &Catalog, report: &mut Report) {
    match Runtime::find(catalog) {
        Ok(runtime) => {
            report.fact("ONNX Runtime", &format!("{}, {}", runtime.version(), runtime.path().display()));
            report.fact("", runtime.build_info());
        }
        Err(error) => report.fault("ONNX Runtime", &error.to_string()),
    }
}

fn model(catalog: &Catalog, name: &ModelName, report: &mut Report) {
    let path = catalog.path(name);
    match std::fs::read(&path) {
        Ok(bytes) => {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let text = format!("{file}, {} bytes, sha256 {}", bytes.len(), hex(&Sha256::digest(&bytes)));
            report.fact(&name.label(), &text);
        }
        Err(error) => {
            let text = format!("{} cannot be read ({error}); run `make setup`", path.display());
            report.fault(&name.label(), &text);
        }
    }
}

fn cameras(report: &mut Report) {
    match source::cameras() {
        Ok(cameras) if cameras.is_empty() => report.fact("Cameras", "none; the window shows the demo"),
        Ok(cameras) => {
            for camera in cameras {
                report.fact(&format!("Camera {}", camera.index), &camera.name);
            }
        }
        Err(error) => report.warning("Cameras", &error.to_string()),
    }
}
