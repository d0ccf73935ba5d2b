//! ONNX Runtime sessions. The only file, with `runtime.rs`, that names `ort`.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use ort::memory::Allocator;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, Session, SessionInputValue};
use ort::value::{Tensor, TensorElementType, TensorRef, ValueType};
use sha2::{Digest, Sha256};

use super::metadata::Metadata;
use super::{
    Arithmetic, Catalog, Detector, ModelError, ModelInfo, ModelName, ModelRequest, Runtime, SelfTest, Sidecar, request,
    self_test, threads,
};
use crate::detect::{Form, RawHeads};
use crate::onnx;

/// The largest model file that is read: 1 GB.
const MAX_BYTES: u64 = 1 << 30;

/// Any ONNX model with float inputs of fixed shapes, mostly one, and however many float outputs.
pub struct RawSession {
    session: Session,
    /// Names and shapes.
    inputs: Vec<(String, Vec<i64>)>,
}

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

    /// Computes the tiny model of the self-test, with the option for exact sums or without.
    pub(super) fn kernels(runtime: &Runtime, avoids_overflow: bool) -> Result<Vec<Vec<f32>>, String> {
        let mut session = Self::build(runtime, &self_test::model(), 1, avoids_overflow)?;
        let inputs = self_test::inputs();
        let mut outputs = Vec::new();
        session.run_many(
            |name| inputs.iter().find(|(input, _)| input == name).map(|(_, values)| values.as_slice()),
            |_, _, values| outputs.push(values.to_vec()),
        )?;
        Ok(outputs)
    }

    fn build(runtime: &Runtime, bytes: &[u8], threads: usize, avoids_overflow: bool) -> Result<Self, String> {
        let session = build(runtime, bytes, threads, avoids_overflow).map_err(|e| e.to_string())?;
        let mut inputs = Vec::with_capacity(session.inputs().len());
        for input in session.inputs() {
            let shape = float_shape(input.dtype()).ok_or_else(|| format!("its input is {}", input.dtype()))?;
            inputs.push((input.name().to_owned(), shape));
        }
        Ok(Self { session, inputs })
    }

    /// The first input's shape.
    pub fn input_shape(&self) -> &[i64] {
        self.inputs.first().map_or(&[], |(_, shape)| shape)
    }

    /// Runs once and shows every output to `look`: its name, its shape, its values.
    pub fn run(&mut self, input: &[f32], look: impl FnMut(&str, &[i64], &[f32])) -> Result<(), String> {
        self.run_many(|_| Some(input), look)
    }

    /// The same with `of` giving the values of each input by its name.
    pub fn run_many<'v>(
        &mut self,
        of: impl Fn(&str) -> Option<&'v [f32]>,
        mut look: impl FnMut(&str, &[i64], &[f32]),
    ) -> Result<(), String> {
        let text = |e: ort::Error| e.to_string();
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for (name, shape) in &self.inputs {
            let values = of(name).ok_or_else(|| format!("nothing is known of its input {name}"))?;
            let tensor = TensorRef::from_array_view((shape.as_slice(), values)).map_err(text)?;
            inputs.push((name.as_str(), SessionInputValue::from(tensor)));
        }
        let outputs = self.session.run(inputs).map_err(text)?;
        for (name, value) in outputs.iter() {
            let (shape, values) = value.try_extract_tensor::<f32>().map_err(text)?;
            look(name, shape, values);
        }
        Ok(())
    }
}

impl Runtime {
    /// Whether this processor's INT8 kernels are exact. They are tested once a process, when they are first needed.
    pub fn self_test(&self) -> Result<&'static SelfTest, ModelError> {
        static TESTED: OnceLock<Result<SelfTest, String>> = OnceLock::new();
        let tested = TESTED.get_or_init(|| {
            let test = SelfTest::run(|exact| RawSession::kernels(self, exact))?;
            log::info!("INT8 kernels of ONNX Runtime {}: {test:?}", self.version());
            Ok(test)
        });
        let failed = |cause: &String| ModelError::SelfTest { version: self.version().to_owned(), cause: cause.clone() };
        tested.as_ref().map_err(failed)
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
        let bytes = read(&path)?;
        Self::from_bytes(runtime, &bytes, request, &path)
    }

    fn from_bytes(runtime: &Runtime, bytes: &[u8], request: &ModelRequest, path: &Path) -> Result<Self, ModelError> {
        let load = |e: ort::Error| ModelError::Load { path: path.to_owned(), cause: e.to_string() };
        let form_error = |why: String| ModelError::Form { path: path.to_owned(), why };
        let threads = threads();
        let loadable = Loadable::new(runtime, bytes, request.arithmetic)?;
        let session = build(runtime, &loadable.bytes, threads, loadable.avoids_overflow).map_err(load)?;

        let metadata = {
            let metadata = session.metadata().map_err(load)?;
            Metadata::from_props(|key| metadata.custom(key)).map_err(form_error)?
        };
        let sidecar = Sidecar::of(path)?;
        // For a file of which nothing is known, the way to make it known.
        let hint = match (&metadata, &sidecar) {
            (None, None) => format!("; if it is one of the family, describe it in {}", Sidecar::path(path).display()),
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

fn build(runtime: &Runtime, bytes: &[u8], threads: usize, avoids_overflow: bool) -> ort::Result<Session> {
    // Spinning threads burn a core while idle, and slow down the other session in the same process.
    let builder = Session::builder(&runtime.environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(threads)?
        .with_intra_op_spinning(false)?;
    // It gives VNNI up too, so that it is set only where the plain kernels were found to overflow.
    let mut builder =
        if avoids_overflow { builder.with_config_entry("session.x64quantprecision", "1")? } else { builder };
    builder.commit_from_memory(bytes)
}

/// Which output belongs to which head: told by shape, never by order or name.
fn match_heads(form: &Form, session: &Session) -> Result<Vec<String>, String> {
    let outputs: Vec<_> = session.outputs().iter().map(|o| (o.name(), float_shape(o.dtype()))).collect();
    if outputs.len() != form.heads.len() {
        let (has, wanted) = (outputs.len(), form.heads.len());
        let outputs = if has == 1 { "output" } else { "outputs" };
        return Err(format!("it has {has} {outputs}, and a model of its form has {wanted}"));
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

fn float_shape(kind: &ValueType) -> Option<Vec<i64>> {
    match kind {
        ValueType::Tensor { ty: TensorElementType::Float32, shape, .. } => Some(shape.to_vec()),
        _ => None,
    }
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

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let failed = |cause| ModelError::Read { path: path.to_owned(), cause };
    let about = std::fs::metadata(path).map_err(failed)?;
    // A pipe has no end.
    if !about.is_file() {
        return Err(failed(std::io::Error::other("it is not a file")));
    }
    let length = about.len();
    if length > MAX_BYTES {
        let why = format!("it has {length} bytes, over the limit of {MAX_BYTES}");
        return Err(ModelError::Form { path: path.to_owned(), why });
    }
    std::fs::read(path).map_err(failed)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
