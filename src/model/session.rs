//! Detectors in ONNX Runtime sessions, each computed in the arithmetic that was asked for.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use ort::memory::Allocator;
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, Session};
use ort::value::{Tensor, TensorRef};
use sha2::{Digest, Sha256};

use super::metadata::Metadata;
use super::raw_session::{float_shape, session};
use super::{
    Arithmetic, Catalog, Detector, ModelError, ModelInfo, ModelName, ModelRequest, RawSession, Runtime, Sidecar,
    read_model, request, threads,
};
use crate::detect::{Form, RawHeads};
use crate::onnx;

impl RawSession {
    /// Loads a model from memory. `threads`: how many compute one inference.
    pub fn from_bytes(runtime: &Runtime, bytes: &[u8], threads: usize, arithmetic: Arithmetic) -> Result<Self, String> {
        let raw = Self::of_many_inputs(runtime, bytes, threads, arithmetic)?;
        match raw.inputs.len() {
            1 => Ok(raw),
            many => Err(format!("it has {many} inputs, not one")),
        }
    }

    /// The same for a model with any number of inputs; see [`RawSession::run_many`].
    pub fn of_many_inputs(
        runtime: &Runtime,
        bytes: &[u8],
        threads: usize,
        arithmetic: Arithmetic,
    ) -> Result<Self, String> {
        let loadable = Loadable::new(runtime, bytes, arithmetic).map_err(|e| e.to_string())?;
        Self::build(runtime, &loadable.bytes, threads, loadable.avoids_overflow)
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
    /// Loads a model of the catalog on as many threads as there are cores.
    pub fn open(runtime: &Runtime, catalog: &Catalog, request: &ModelRequest) -> Result<Self, ModelError> {
        let path = catalog.path(&request.name);
        if !matches!(request.name, ModelName::File(_)) && !path.is_file() {
            return Err(ModelError::NotInstalled { name: request.name.label(), path });
        }
        let bytes = read_model(&path)?;
        Self::from_bytes(runtime, &bytes, request, &path)
    }

    fn from_bytes(runtime: &Runtime, bytes: &[u8], request: &ModelRequest, path: &Path) -> Result<Self, ModelError> {
        let load = |e: ort::Error| ModelError::Load { path: path.to_owned(), cause: e.to_string() };
        let form_error = |why: String| ModelError::Form { path: path.to_owned(), why };
        let loadable = Loadable::new(runtime, bytes, request.arithmetic)?;
        let session = session(runtime, &loadable.bytes, threads(), loadable.avoids_overflow).map_err(load)?;

        let metadata = {
            let metadata = session.metadata().map_err(load)?;
            Metadata::from_props(|key| metadata.custom(key)).map_err(form_error)?
        };
        let sidecar = Sidecar::of(path)?;
        // For a file of which nothing is known, the way to make it known.
        let hint = match (&metadata, &sidecar) {
            (None, None) => {
                format!("; if it belongs to the YOLO family, describe it in {}", Sidecar::path(path).display())
            }
            _ => String::new(),
        };
        let form_error = |why: String| form_error(why + &hint);
        let mut info = identify(metadata, sidecar, bytes, &request.name, path);
        if loadable.is_integer {
            info.name = request::label(&info.name, request.arithmetic);
            info.arithmetic = Some(request.arithmetic);
        }
        let form = &info.form;

        let [input] = session.inputs() else {
            return Err(form_error(format!("it has {} inputs, not one", session.inputs().len())));
        };
        let shape = [1, 3, form.input.height as usize, form.input.width as usize];
        if float_shape(input.dtype()).is_none_or(|s| !same(&s, &shape)) {
            return Err(form_error(format!("its input is {}, not float32 {shape:?}", input.dtype())));
        }
        let outputs = match_heads(form, &session).map_err(form_error)?;
        let mut selector = OutputSelector::no_default();
        for (output, head) in outputs.iter().zip(&form.heads) {
            let tensor = Tensor::<f32>::new(&Allocator::default(), form.shape(head)).map_err(load)?;
            selector = selector.with(output).preallocate(output, tensor);
        }
        let options = RunOptions::new().map_err(load)?.with_outputs(selector);
        let input = input.name().to_owned();
        let mut detector = Self { info: Arc::new(info), input, session, shape, options, outputs };
        // The first run takes memory and time that no other takes; and a model that cannot run should not load.
        let zeros = vec![0.0; detector.info.form.input_len()];
        detector.run(&zeros, &mut RawHeads::default())?;
        Ok(detector)
    }
}

impl Detector for SessionDetector {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.info
    }

    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        let name = &self.info.name;
        let failed = |e: ort::Error| ModelError::Run { name: name.clone(), cause: e.to_string() };
        heads.fit(&self.info.form);
        let input = TensorRef::from_array_view((self.shape, input)).map_err(failed)?;
        let outputs =
            self.session.run_with_options(ort::inputs![self.input.as_str() => input], &self.options).map_err(failed)?;
        for (output, values) in self.outputs.iter().zip(&mut heads.heads) {
            let (_, raw) = outputs[output.as_str()].try_extract_tensor::<f32>().map_err(failed)?;
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
    fn new(runtime: &Runtime, bytes: &'a [u8], arithmetic: Arithmetic) -> Result<Self, ModelError> {
        let is_integer = onnx::computes_in_integers(bytes);
        if !is_integer || arithmetic == Arithmetic::Native {
            return Ok(Self { bytes: bytes.into(), is_integer, avoids_overflow: false });
        }
        let test = runtime.self_test()?;
        let inexact = test.inexact();
        if !inexact.is_empty() {
            return Err(ModelError::Inexact { version: runtime.version().to_owned(), kernels: inexact.join(", ") });
        }
        // Exact all the same, and many times faster on x86.
        let mut bytes = onnx::with_unsigned_activations(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned);
        let avoids_overflow = !test.native_is_exact();
        if avoids_overflow && let Some(own) = onnx::with_own_constants(&bytes) {
            bytes = Cow::Owned(own);
        }
        Ok(Self { bytes, is_integer, avoids_overflow })
    }
}

/// Which output belongs to which head: told by shape, never by order or name.
fn match_heads(form: &Form, session: &Session) -> Result<Vec<String>, String> {
    let outputs: Vec<_> = session.outputs().iter().map(|o| (o.name(), float_shape(o.dtype()))).collect();
    if outputs.len() != form.heads.len() {
        let (has, wanted) = (outputs.len(), form.heads.len());
        let outputs = if has == 1 { "output" } else { "outputs" };
        return Err(format!("it has {has} {outputs}, but a model of its form has {wanted}"));
    }
    let find = |shape: [usize; 4]| {
        let found = outputs.iter().find(|(_, s)| s.as_ref().is_some_and(|s| same(s, &shape)));
        found.map(|(name, _)| (*name).to_owned()).ok_or_else(|| {
            let has: Vec<_> = outputs
                .iter()
                .map(|(name, s)| {
                    format!("{name} {}", s.as_ref().map_or_else(|| "not float32".into(), |s| format!("{s:?}")))
                })
                .collect();
            format!("no output is float32 {shape:?}; it has {}", has.join(", "))
        })
    };
    form.heads.iter().map(|head| find(form.shape(head))).collect()
}

/// Equal, where a negative dimension of the model's (one left open) fits any.
fn same(shape: &[i64], wanted: &[usize]) -> bool {
    shape.len() == wanted.len() && shape.iter().zip(wanted).all(|(s, w)| *s < 0 || *s == *w as i64)
}

fn identify(
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
    ModelInfo { name: name.label(), path: path.to_owned(), sha256, precision, recipe, arithmetic: None, form }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
