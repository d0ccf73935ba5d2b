//! `twinsight doctor`: what is installed, and what stands in the way.

use std::error::Error;
use std::process::ExitCode;

use super::models;
use super::output::stdout::{OutputError, out};
use crate::live::PHOTOS;
use crate::model::{Catalog, KernelTest, ModelError, ModelName, Runtime, SessionDetector};
use crate::source;
use crate::workshop::{read_integers, read_metadata};

/// Prints what it finds, and exits with 1 where the viewer could not work.
pub fn run() -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let mut diagnosis = Diagnosis::default();
    diagnosis.fact("Twinsight", env!("CARGO_PKG_VERSION"))?;
    diagnosis.fact("System", &system())?;
    diagnosis.fact("Processor", &processor())?;
    integer_arithmetic(&mut diagnosis)?;
    let runtime = runtime(&catalog, &mut diagnosis)?;
    if let Some(runtime) = &runtime {
        kernels(runtime, &mut diagnosis)?;
    }
    diagnosis.fact("Models folder", &catalog.dir().display().to_string())?;
    for name in ModelName::BUILT {
        model(&catalog, runtime.as_ref(), &name, &mut diagnosis)?;
    }
    for photo in PHOTOS {
        if !catalog.download(photo).is_file() {
            diagnosis.warning("Demo", &format!("the photo {photo} is missing; run `make setup`"))?;
        }
    }
    match source::video::Ffmpeg::find() {
        Ok(ffmpeg) => diagnosis.fact("ffmpeg", &format!("{}, {}", ffmpeg.version, ffmpeg.path.display()))?,
        Err(error) => diagnosis.warning("ffmpeg", &error.to_string())?,
    }
    cameras(&mut diagnosis)?;
    Ok(if diagnosis.broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Prints findings as they come, and remembers whether the viewer can work.
#[derive(Default)]
struct Diagnosis {
    broken: bool,
}

impl Diagnosis {
    fn fact(&mut self, what: &str, text: &str) -> Result<(), OutputError> {
        out!("  {what:<14} {text}")
    }

    /// Something is slower or smaller than it could be.
    fn warning(&mut self, what: &str, text: &str) -> Result<(), OutputError> {
        out!("! {what:<14} {text}")
    }

    /// The viewer cannot work.
    fn fault(&mut self, what: &str, text: &str) -> Result<(), OutputError> {
        self.broken = true;
        out!("✗ {what:<14} {text}")
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
    let threads = crate::model::threads();
    format!("{model}, {threads} threads")
}

fn integer_arithmetic(diagnosis: &mut Diagnosis) -> Result<(), OutputError> {
    match dot_product() {
        Some(feature) => diagnosis.fact("INT8", &format!("fast: the processor has {feature}")),
        None => diagnosis.warning(
            "INT8",
            "slow: the processor has no integer dot product (AVX-VNNI, AVX-512 VNNI, Arm dotprod), so INT8 may be no \
             faster than FP32; `twinsight bench` measures it",
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

fn runtime(catalog: &Catalog, diagnosis: &mut Diagnosis) -> Result<Option<Runtime>, OutputError> {
    match Runtime::find(catalog) {
        Ok(runtime) => {
            diagnosis.fact("ONNX Runtime", &format!("{}, {}", runtime.version(), runtime.path().display()))?;
            diagnosis.fact("", runtime.build_info())?;
            Ok(Some(runtime))
        }
        Err(error) => {
            diagnosis.fault("ONNX Runtime", &error.to_string())?;
            Ok(None)
        }
    }
}

/// What the self-test found: whether this processor's kernels compute what an INT8 model says.
fn kernels(runtime: &Runtime, diagnosis: &mut Diagnosis) -> Result<(), OutputError> {
    let test = match runtime.self_test() {
        Ok(test) => test,
        Err(error) => return diagnosis.fault("INT8 sums", &error.to_string()),
    };
    let took = test.took.as_secs_f64() * 1e3;
    let names = test.kernels.iter().map(|k| k.kernel).collect::<Vec<_>>().join(", ");
    if test.native_is_exact() {
        let text = format!("exact: the plain kernels do not overflow ({names}; tested in {took:.0} ms)");
        return diagnosis.fact("INT8 sums", &text);
    }
    let line = |k: &KernelTest| format!("{} of {} values of {}", k.native_wrong, k.values, k.kernel);
    let wrong: Vec<String> = test.kernels.iter().filter(|k| k.native_wrong > 0).map(line).collect();
    let text = format!("the plain kernels overflow; wrong: {} (tested in {took:.0} ms)", wrong.join(", "));
    diagnosis.warning("INT8 sums", &text)?;
    let inexact = test.inexact();
    if inexact.is_empty() {
        let text = "the arithmetic `exact` uses slower kernels, which passed the test; `native` shows the overflow";
        return diagnosis.fact("", text);
    }
    let (version, kernels) = (runtime.version().to_owned(), inexact.join(", "));
    diagnosis.fault("", &ModelError::Inexact { version, kernels }.to_string())
}

/// Loads the model, as the viewer would: a file that is there may still be no model.
fn model(
    catalog: &Catalog,
    runtime: Option<&Runtime>,
    name: &ModelName,
    diagnosis: &mut Diagnosis,
) -> Result<(), OutputError> {
    let path = catalog.path(name);
    if !path.is_file() {
        let missing = ModelError::NotInstalled { name: name.label(), path };
        return diagnosis.fault(&name.label(), &missing.to_string());
    }
    let (bytes, sum) = match read_metadata(&path) {
        Ok((bytes, sum, _)) => (bytes, sum),
        Err(error) => return diagnosis.fault(&name.label(), &error.to_string()),
    };
    let opened = runtime.map(|runtime| SessionDetector::open(runtime, catalog, &name.clone().into()));
    if let Some(Err(error)) = opened {
        return diagnosis.fault(&name.label(), &error.to_string());
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let origin = models::origin(&models::pinned(catalog).unwrap_or_default(), &file, &sum);
    // A float model has none.
    let form = read_integers(&path).ok().flatten().map_or_else(String::new, |of| format!(", {}", of.form.name()));
    diagnosis.fact(&name.label(), &format!("{file}{form}, {bytes} bytes, sha256 {sum}, {origin}"))
}

fn cameras(diagnosis: &mut Diagnosis) -> Result<(), OutputError> {
    match source::cameras() {
        Ok(cameras) if cameras.is_empty() => diagnosis.fact("Cameras", "none found; the window shows the demo"),
        Ok(cameras) => cameras.iter().try_for_each(|c| diagnosis.fact(&format!("Camera {}", c.index), &c.name)),
        Err(error) => diagnosis.warning("Cameras", &error.to_string()),
    }
}
