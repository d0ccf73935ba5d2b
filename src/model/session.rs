//! Detectors in ONNX Runtime sessions, each computed in the arithmetic that was asked for.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use ort::memory::Allocator;
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, Session};
use ort::value::{Tensor, TensorRef};
use sha2::{Digest, Sha256};

use super::metadata::Metadata;
use super::outlet::{Misfit, Outlet, check_input, match_heads};
use super::raw_session::{SessionKind, one_line, outlet, session};
use super::{
    Arithmetic, Catalog, Detector, EngineInfo, ModelError, ModelInfo, ModelName, ModelRequest, RawSession, Runtime,
    Sidecar, read_model, threads,
};
use crate::detect::{Form, RawHeads};
use crate::onnx;

impl RawSession {
    /// Loads a model from memory. `threads`: how many compute one inference.
    pub fn from_bytes(
        runtime: &Runtime,
        bytes: &[u8],
        threads: usize,
        arithmetic: &Arithmetic,
    ) -> Result<Self, String> {
        let loadable = Loadable::new(runtime, bytes, arithmetic).map_err(|e| e.to_string())?;
        let raw = Self::build(runtime, &loadable.bytes, loadable.kind(threads))?;
        match raw.inputs.len() {
            1 => Ok(raw),
            many => Err(format!("it has {many} inputs, not one")),
        }
    }
}

/// A detector of the YOLO family in an ONNX Runtime session. Its input is not copied, its outputs go to
/// tensors that are made once.
pub struct SessionDetector {
    info: Arc<ModelInfo>,
    session: Session,
    input: String,
    shape: [usize; 4],
    options: RunOptions<HasSelectedOutputs>,
    /// Names of the outputs, in the order of the form's heads.
    outputs: Vec<String>,
}

impl SessionDetector {
    /// Loads a model of the catalog in ONNX Runtime, whichever engine is asked for, on as many threads as there are cores.
    pub fn open(runtime: &Runtime, catalog: &Catalog, request: &ModelRequest) -> Result<Self, ModelError> {
        let path = catalog.path(&request.name);
        if !matches!(request.name, ModelName::File(_)) && !path.is_file() {
            return Err(ModelError::NotInstalled { name: request.name.label(), path });
        }
        let bytes = read_model(&path)?;
        Self::from_bytes(runtime, &bytes, request, &path)
    }

    /// Loads a file's bytes.
    pub(super) fn from_bytes(
        runtime: &Runtime,
        bytes: &[u8],
        request: &ModelRequest,
        path: &Path,
    ) -> Result<Self, ModelError> {
        let not_loaded = |cause: String| ModelError::Load { path: path.to_owned(), cause };
        let load = |e: ort::Error| not_loaded(one_line(&e));
        let form_error = |why: String| ModelError::Form { path: path.to_owned(), why };
        let loadable = Loadable::new(runtime, bytes, &request.arithmetic)?;
        let mut session = session(runtime, &loadable.bytes, loadable.kind(threads())).map_err(not_loaded)?;

        let metadata = {
            let metadata = session.metadata().map_err(load)?;
            Metadata::from_props(|key| metadata.custom(key)).map_err(form_error)?
        };
        let sidecar = Sidecar::of(path)?;
        let is_described = metadata.is_some() || sidecar.is_some();
        let misfit = |Misfit { why, can_be_described }: Misfit| {
            // For a file of which nothing is known, the way to make it known.
            form_error(if can_be_described && !is_described {
                format!("{why}; if it belongs to the YOLO family, describe it in {}", Sidecar::path(path).display())
            } else {
                why
            })
        };
        let mut info = identify(metadata, sidecar, bytes, &request.name, path);
        if loadable.is_integer {
            info.name = request.label_of(&info.name);
            info.arithmetic = Some(request.arithmetic.clone());
        }
        let form = &info.form;

        let [input] = session.inputs() else {
            return Err(form_error(format!("it has {} inputs, not one", session.inputs().len())));
        };
        let input = outlet(input.name(), input.dtype());
        let shape = [1, 3, form.input.height as usize, form.input.width as usize];
        check_input(&input, shape).map_err(misfit)?;
        let any_size =
            !is_described && input.dims.as_deref().is_none_or(|dims| dims.iter().skip(2).any(|side| *side < 0));
        if any_size {
            let (size, sidecar) = (form.input, Sidecar::path(path));
            log::warn!(
                "{} leaves its input size open; using {size} (give another in {})",
                path.display(),
                sidecar.display()
            );
        }
        let outputs = outputs(&mut session, &input.name, shape).map_err(|cause| {
            if any_size {
                misfit(Misfit { why: format!("it does not run on {}: {cause}", form.input), can_be_described: true })
            } else {
                ModelError::Run { name: info.name.clone(), cause }
            }
        })?;
        let outputs = match_heads(form, &outputs).map_err(misfit)?;
        let mut selector = OutputSelector::no_default();
        for (output, head) in outputs.iter().zip(&form.heads) {
            let tensor = Tensor::<f32>::new(&Allocator::default(), form.shape(head)).map_err(load)?;
            selector = selector.with(output).preallocate(output, tensor);
        }
        let options = RunOptions::new().map_err(load)?.with_outputs(selector);
        let mut detector = Self { info: Arc::new(info), input: input.name, session, shape, options, outputs };
        // The first run takes memory and time that no other takes; and a model that cannot run should not load.
        let zeros = vec![0.0; detector.info.form.input_len()];
        detector.run(&zeros, &mut RawHeads::default())?;
        Ok(detector)
    }

    /// The same with the reason why this engine was chosen, where there was a choice.
    pub(super) fn chosen(mut self, why: Option<String>) -> Self {
        Arc::make_mut(&mut self.info).engine.why = why;
        self
    }
}

impl Detector for SessionDetector {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.info
    }

    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        let name = &self.info.name;
        let failed = |e: ort::Error| ModelError::Run { name: name.clone(), cause: one_line(&e) };
        heads.fit(&self.info.form);
        let input = TensorRef::from_array_view((self.shape, input)).map_err(failed)?;
        let outputs =
            self.session.run_with_options(ort::inputs![self.input.as_str() => input], &self.options).map_err(failed)?;
        for ((output, values), head) in self.outputs.iter().zip(&mut heads.heads).zip(&self.info.form.heads) {
            let (shape, raw) = outputs[output.as_str()].try_extract_tensor::<f32>().map_err(failed)?;
            if raw.len() != values.len() {
                let cause = format!("its output {output} is {shape:?}, not {:?}", self.info.form.shape(head));
                return Err(ModelError::Run { name: name.clone(), cause });
            }
            if !all_finite(raw) {
                return Err(ModelError::NotFinite { name: name.clone(), stride: head.stride });
            }
            values.copy_from_slice(raw);
        }
        Ok(())
    }
}

/// A model's bytes as they are handed to ONNX Runtime, and how.
struct Loadable<'a> {
    bytes: Cow<'a, [u8]>,
    /// Whether the model computes in integers, so that its arithmetic matters.
    is_integer: bool,
    /// Whether ONNX Runtime is told to take slower kernels whose sums cannot overflow.
    avoids_overflow: bool,
}

impl<'a> Loadable<'a> {
    fn kind(&self, threads: usize) -> SessionKind {
        SessionKind { threads, avoids_overflow: self.avoids_overflow, keeps_memory: true }
    }

    fn new(runtime: &Runtime, bytes: &'a [u8], arithmetic: &Arithmetic) -> Result<Self, ModelError> {
        let is_integer = onnx::computes_in_integers(bytes);
        match arithmetic {
            Arithmetic::Exact if is_integer => {}
            Arithmetic::Saturating | Arithmetic::Chip(_) if is_integer => {
                return Err(ModelError::NotOnnxRuntimes { arithmetic: arithmetic.clone() });
            }
            _ => return Ok(Self { bytes: bytes.into(), is_integer, avoids_overflow: false }),
        }
        let test = runtime.self_test()?;
        let inexact = test.inexact();
        if !inexact.is_empty() {
            return Err(ModelError::Inexact { version: runtime.version().to_owned(), kernels: inexact.join(", ") });
        }
        // What a QDQ model means in exact arithmetic: whatever its session would compute in float would not be exact.
        let bytes = onnx::with_integer_operators(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned);
        // Exact all the same, and many times faster on x86.
        let mut bytes = onnx::with_unsigned_activations(&bytes).map_or(bytes, Cow::Owned);
        let avoids_overflow = !test.native_is_exact();
        if avoids_overflow && let Some(own) = onnx::with_own_constants(&bytes) {
            bytes = Cow::Owned(own);
        }
        Ok(Self { bytes, is_integer, avoids_overflow })
    }
}

/// The outputs, with the shapes that they have on an image where the model leaves any of them open.
fn outputs(session: &mut Session, input: &str, shape: [usize; 4]) -> Result<Vec<Outlet>, String> {
    let declared: Vec<Outlet> = session.outputs().iter().map(|o| outlet(o.name(), o.dtype())).collect();
    if declared.iter().all(Outlet::has_shape) {
        return Ok(declared);
    }
    let zeros = vec![0.0f32; shape.iter().product()];
    let image = TensorRef::from_array_view((shape, zeros.as_slice())).map_err(|e| one_line(&e))?;
    let outputs = session.run(ort::inputs![input => image]).map_err(|e| one_line(&e))?;
    Ok(outputs.iter().map(|(name, value)| outlet(name, value.dtype())).collect())
}

/// Whether no value is NaN or infinite. On bits, because the largest of integers is found several at a time.
pub(super) fn all_finite(values: &[f32]) -> bool {
    let magnitude = |value: &f32| value.to_bits() & !(1 << 31);
    values.iter().map(magnitude).fold(0, u32::max) < f32::INFINITY.to_bits()
}

/// What is known of a model before it is known how it is computed.
pub(super) fn identify(
    metadata: Option<Metadata>,
    sidecar: Option<Sidecar>,
    bytes: &[u8],
    name: &ModelName,
    path: &Path,
) -> ModelInfo {
    let sha256 = hex(&Sha256::digest(bytes));
    let known = Catalog::published(&sha256);
    let name = known.as_ref().unwrap_or(name);
    let (mut form, mut precision, recipe) = match metadata {
        Some(m) => (m.form, m.precision, Some(m.recipe)),
        None => (Form::yolov4_tiny_416(), name.precision(), None),
    };
    if let Some(sidecar) = sidecar {
        form = sidecar.form;
        precision = sidecar.precision.unwrap_or(precision);
    }
    let (name, path, engine) = (name.label(), path.to_owned(), EngineInfo::ONNX_RUNTIME);
    ModelInfo { name, path, sha256, precision, recipe, arithmetic: None, engine, form }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
