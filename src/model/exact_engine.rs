//! Which engine computes exact arithmetic in this process. Both give the same bytes, so that only the speed depends on it.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::InferenceEngine::{Integer, OnnxRuntime};
use super::{Catalog, Detector, InferenceEngine, ModelError, Runtime};
use crate::detect::RawHeads;
use crate::integer::Kernel;

/// How long both engines together are timed.
const BUDGET: Duration = Duration::from_millis(200);
/// Runs that are not counted: the first take memory that no other takes.
const WARM_UP: usize = 1;
const LEAST_ROUNDS: usize = 3;

/// What was measured.
static MEASURED: OnceLock<ExactEngine> = OnceLock::new();

/// The engine for INT8 models in exact arithmetic where no other was asked for, and why it is that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactEngine {
    pub engine: InferenceEngine,
    /// As "ONNX Runtime's plain kernels overflow on this processor".
    pub why: String,
}

impl ExactEngine {
    /// As was measured, or as follows from the test of ONNX Runtime's kernels; `None`: both engines are exact, and only a
    /// measurement tells which is the faster one.
    pub fn known(catalog: &Catalog) -> Option<Self> {
        if let Some(measured) = MEASURED.get() {
            return Some(measured.clone());
        }
        let integer = |why: String| Some(Self { engine: Integer, why });
        let runtime = match Runtime::find(catalog) {
            Ok(runtime) => runtime,
            Err(error) => return integer(error.to_string()),
        };
        let test = match runtime.self_test() {
            Ok(test) => test,
            Err(error) => return integer(error.to_string()),
        };
        if !test.inexact().is_empty() {
            return integer("ONNX Runtime is not exact on this processor, not even with its option for that".into());
        }
        let kernel = Kernel::best();
        if kernel == Kernel::Portable {
            let why = format!("the integer engine has only its {kernel} kernel on this processor");
            return Some(Self { engine: OnnxRuntime, why });
        }
        if !test.native_is_exact() {
            return integer("ONNX Runtime's plain kernels overflow on this processor".into());
        }
        None
    }

    /// Runs both in turn, on a grey picture. What is found stands for the process.
    pub(super) fn measure(onnx_runtime: &mut dyn Detector, integer: &mut dyn Detector) -> Result<Self, ModelError> {
        let input = vec![0.5; integer.info().form.input_len()];
        let mut heads = RawHeads::default();
        let mut times = [Vec::new(), Vec::new()];
        let start = Instant::now();
        for round in 0.. {
            let detectors: [&mut dyn Detector; 2] = [&mut *onnx_runtime, &mut *integer];
            for (detector, times) in detectors.into_iter().zip(&mut times) {
                let before = Instant::now();
                detector.run(&input, &mut heads)?;
                if round >= WARM_UP {
                    times.push(before.elapsed());
                }
            }
            if round >= WARM_UP + LEAST_ROUNDS - 1 && start.elapsed() >= BUDGET {
                break;
            }
        }
        // The least is what the machine can do; everything else is what came between.
        let [onnx_runtime, integer] =
            times.map(|times| times.into_iter().min().unwrap_or_default().as_secs_f64() * 1e3);
        let (engine, compared) = if integer <= onnx_runtime { (Integer, "faster") } else { (OnnxRuntime, "slower") };
        let why =
            format!("the integer engine is {compared}: {integer:.1} ms against ONNX Runtime's {onnx_runtime:.1} ms");
        log::info!("exact arithmetic: {engine}, because {why}");
        Ok(MEASURED.get_or_init(|| Self { engine, why }).clone())
    }
}
