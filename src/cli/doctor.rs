//! `twinsight doctor`: what is installed, and what stands in the way.

use std::error::Error;
use std::process::ExitCode;

use super::models;
use super::output::stdout::{OutputError, out};
use super::processor::processor;
use crate::integer::Kernel;
use crate::live::PHOTOS;
use crate::model::{Catalog, KernelTest, ModelError, ModelLoader, ModelName, Runtime};
use crate::source;
use crate::workshop::card::BenchProcessor;
use crate::workshop::{read_integers, read_metadata};

/// Prints what it finds, and exits with 1 where the viewer could not work.
pub fn run() -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::find();
    let mut diagnosis = Diagnosis::default();
    diagnosis.fact("Twinsight", env!("CARGO_PKG_VERSION"))?;
    diagnosis.fact("System", &system())?;
    let processor = processor();
    diagnosis.fact("Processor", &format!("{}, {} threads", processor.name, crate::model::threads()))?;
    diagnosis.fact("Kernels", &kernels_here())?;
    integer_arithmetic(&processor, &mut diagnosis)?;
    let runtime = runtime(&catalog, &mut diagnosis)?;
    if let Some(runtime) = &runtime {
        kernels(runtime, &mut diagnosis)?;
    }
    let loader = ModelLoader::measuring(catalog.clone());
    diagnosis.fact("Models folder", &catalog.dir().display().to_string())?;
    for name in ModelName::BUILT {
        model(&loader, &name, &mut diagnosis)?;
    }
    let missing = PHOTOS.iter().filter(|photo| !catalog.download(photo).is_file());
    let missing: Vec<&str> = missing.copied().collect();
    for photo in &missing {
        diagnosis.warning("Demo", &format!("the photo {photo} is missing; run `twinsight setup`"))?;
    }
    match source::video::Ffmpeg::find() {
        Ok(ffmpeg) => diagnosis.fact("ffmpeg", &format!("{}, {}", ffmpeg.version, ffmpeg.path.display()))?,
        Err(error) => diagnosis.warning("ffmpeg", &error.to_string())?,
    }
    cameras(missing.is_empty(), &mut diagnosis)?;
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

/// The integer engine's kernels that this processor can run.
fn kernels_here() -> String {
    let supported = Kernel::ALL.into_iter().rev().filter(|kernel| kernel.is_supported());
    let names: Vec<String> = supported.map(|kernel| kernel.to_string()).collect();
    format!("of the integer engine: {} (the first is used)", names.join(", "))
}

fn integer_arithmetic(processor: &BenchProcessor, diagnosis: &mut Diagnosis) -> Result<(), OutputError> {
    match &processor.dot_product {
        Some(feature) => diagnosis.fact("INT8", &format!("fast: the processor has {feature}")),
        None => diagnosis.warning(
            "INT8",
            "slow: the processor has no integer dot product (AVX-VNNI, AVX-512 VNNI, Arm dotprod), so INT8 may be no \
             faster than FP32; `twinsight bench` measures it",
        ),
    }
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
        let text = "its slower kernels for exact sums passed the test; the arithmetic `native` shows the overflow";
        return diagnosis.fact("", text);
    }
    let kernels = inexact.join(", ");
    let text = format!("its kernels for exact sums are wrong too: {kernels}; only the integer engine is exact here");
    diagnosis.warning("", &text)
}

/// Loads the model, as the viewer would: a file that is there may still be no model.
fn model(loader: &ModelLoader, name: &ModelName, diagnosis: &mut Diagnosis) -> Result<(), OutputError> {
    let catalog = loader.catalog();
    let path = catalog.path(name);
    if !path.is_file() {
        let missing = ModelError::NotInstalled { name: name.label(), path };
        return diagnosis.fault(&name.label(), &missing.to_string());
    }
    let (bytes, sum) = match read_metadata(&path) {
        Ok((bytes, sum, _)) => (bytes, sum),
        Err(error) => return diagnosis.fault(&name.label(), &error.to_string()),
    };
    let opened = match loader.load(&name.clone().into()) {
        Ok(opened) => Some(opened),
        // That is told once, above.
        Err(error) if error.is_of_runtime() => None,
        Err(error) => return diagnosis.fault(&name.label(), &error.to_string()),
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let origin = models::origin(&models::pinned(catalog).unwrap_or_default(), &file, &sum);
    // A float model has none.
    let form = read_integers(&path).ok().flatten().map_or_else(String::new, |of| format!(", {}", of.form.name()));
    diagnosis.fact(&name.label(), &format!("{file}{form}, {bytes} bytes, sha256 {sum}, {origin}"))?;
    match opened.and_then(|detector| Some((detector.info().computed_as()?, detector.info().engine.why.clone()))) {
        Some((how, Some(why))) => diagnosis.fact("", &format!("{how}: {why}")),
        Some((how, None)) => diagnosis.fact("", &how),
        None => Ok(()),
    }
}

/// `has_demo`: the window has something to show without a camera.
fn cameras(has_demo: bool, diagnosis: &mut Diagnosis) -> Result<(), OutputError> {
    match source::cameras() {
        Ok(cameras) if cameras.is_empty() && !has_demo => diagnosis.fact("Cameras", "none found"),
        Ok(cameras) if cameras.is_empty() => diagnosis.fact("Cameras", "none found; the window shows the demo"),
        Ok(cameras) => cameras.iter().try_for_each(|c| diagnosis.fact(&format!("Camera {}", c.index), &c.name)),
        Err(error) => diagnosis.warning("Cameras", &error.to_string()),
    }
}
