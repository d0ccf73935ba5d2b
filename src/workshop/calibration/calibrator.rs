//! Runs the float model over pictures, and notes how often every tensor has which value.

use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use sha2::{Digest, Sha256};

use super::build::read_limited;
use super::graph::{Graph, Op};
use super::histogram::Histogram;
use super::{CalibrationTable, Method, Source, WorkshopError, exposed_model, ranges};
use crate::detect::{Frame, Letterboxer, Size};
use crate::model::{Arithmetic, RawSession, Runtime, hex};

const MAX_PICTURE_BYTES: u64 = 1 << 28;
const MAX_PICTURE_SIDE: u32 = 20_000;
const EXTENSIONS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// How far a calibration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub of: usize,
}

/// Measures all tensors of `source` over the pictures in `dir` (not in folders below it). One picture that cannot
/// be read ends it: the table says which pictures it stands for.
pub fn calibrate(
    runtime: &Runtime,
    source: &Source,
    dir: &Path,
    mut progress: impl FnMut(Progress),
) -> Result<Calibrator, WorkshopError> {
    let paths = pictures(dir)?;
    let mut calibrator = Calibrator::new(runtime, source)?;
    for (done, path) in paths.iter().enumerate() {
        progress(Progress { done, of: paths.len() });
        let (frame, sum) = picture(path)?;
        calibrator.add(&frame, sum).map_err(|error| error.of(path))?;
    }
    progress(Progress { done: paths.len(), of: paths.len() });
    Ok(calibrator)
}

/// Takes pictures one by one, from wherever they come, and makes calibration tables of them. It holds 64 kB for
/// each tensor, however many pictures there are.
pub struct Calibrator {
    session: RawSession,
    letterboxer: Letterboxer,
    /// The name of the input.
    input: String,
    size: Size,
    tensors: Vec<Observed>,
    /// Of the pictures, in hexadecimal.
    sums: Vec<String>,
    weights_sha256: String,
}

struct Observed {
    name: String,
    histogram: Histogram,
    /// Whether nothing but a leaky ReLU reads it.
    leaky: bool,
}

impl Calibrator {
    pub fn new(runtime: &Runtime, source: &Source) -> Result<Self, WorkshopError> {
        let graph = source.graph();
        let session =
            RawSession::from_bytes(runtime, &exposed_model(graph), crate::model::threads(), Arithmetic::Exact)
                .map_err(WorkshopError::Run)?;
        let tensors = std::iter::once(&graph.input)
            .chain(graph.activations())
            .map(|tensor| Observed {
                name: tensor.name.clone(),
                histogram: Histogram::new(),
                leaky: only_leaky_reads(graph, &tensor.name),
            })
            .collect();
        Ok(Self {
            session,
            letterboxer: Letterboxer::new(source.input()),
            input: graph.input.name.clone(),
            size: source.input(),
            tensors,
            sums: Vec::new(),
            weights_sha256: source.weights_sha256().into(),
        })
    }

    /// Takes a frame, whose pixels are its provenance.
    pub fn add_frame(&mut self, frame: &Frame) -> Result<(), WorkshopError> {
        let sum = hex(&Sha256::digest(frame.rgb()));
        self.add(frame, sum).map_err(|error| error.of(Path::new("a frame")))
    }

    /// `sum`: of the picture's file, in hexadecimal.
    fn add(&mut self, frame: &Frame, sum: String) -> Result<(), AddError> {
        let Self { session, letterboxer, input, tensors, .. } = self;
        letterboxer.fill(frame);
        let mut strange = None;
        let mut note = |name: &str, values: &[f32]| {
            let observed = tensors.iter_mut().find(|tensor| tensor.name == name);
            if !observed.is_some_and(|observed| observed.histogram.add(values)) {
                strange = Some(name.to_owned());
            }
        };
        note(input, letterboxer.tensor());
        session.run(letterboxer.tensor(), |name, _, values| note(name, values)).map_err(AddError::Run)?;
        match strange {
            Some(tensor) => Err(AddError::NotFinite(tensor)),
            None => {
                self.sums.push(sum);
                Ok(())
            }
        }
    }

    /// How many pictures it has taken.
    pub fn pictures(&self) -> usize {
        self.sums.len()
    }

    /// The table by one method; another can be asked for afterwards.
    pub fn table(&self, method: Method) -> CalibrationTable {
        let choice = |t: &Observed| if t.leaky { method.before_leaky } else { method.all };
        let range = |t: &Observed| (t.name.clone(), ranges::choose(&t.histogram, choice(t), t.leaky));
        CalibrationTable {
            method,
            tool: concat!("twinsight ", env!("CARGO_PKG_VERSION")).into(),
            pictures: self.sums.len(),
            pictures_sha256: digest_of(self.sums.clone()),
            weights_sha256: self.weights_sha256.clone(),
            input: self.size,
            ranges: self.tensors.iter().map(range).collect(),
        }
    }
}

/// Why one picture could not be taken.
enum AddError {
    Run(String),
    NotFinite(String),
}

impl AddError {
    fn of(self, path: &Path) -> WorkshopError {
        match self {
            Self::Run(cause) => WorkshopError::Run(cause),
            Self::NotFinite(tensor) => WorkshopError::NotFinite { path: path.to_owned(), tensor },
        }
    }
}

fn only_leaky_reads(graph: &Graph, tensor: &str) -> bool {
    let mut readers = graph.nodes.iter().filter(|node| node.inputs.iter().any(|input| input == tensor)).peekable();
    let head = graph.outputs.iter().any(|head| head.name == tensor);
    !head && readers.peek().is_some() && readers.all(|node| matches!(node.op, Op::LeakyRelu))
}
fn pictures(dir: &Path) -> Result<Vec<PathBuf>, WorkshopError> {
    let failed = |cause| WorkshopError::Read { path: dir.to_owned(), cause };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        if extension.is_some_and(|e| EXTENSIONS.contains(&e.as_str())) && path.is_file() {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(WorkshopError::NoPictures { dir: dir.to_owned() });
    }
    paths.sort();
    Ok(paths)
}

/// The picture, upright, and its file's sum.
fn picture(path: &Path) -> Result<(Frame, String), WorkshopError> {
    let bytes = read_limited(path, MAX_PICTURE_BYTES)?;
    let frame = decode(&bytes).map_err(|cause| WorkshopError::Picture { path: path.to_owned(), cause })?;
    Ok((frame, hex(&Sha256::digest(&bytes))))
}

fn decode(bytes: &[u8]) -> Result<Frame, String> {
    let text = |e: image::ImageError| e.to_string();
    let mut reader = ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_PICTURE_SIDE), Some(MAX_PICTURE_SIDE));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(text)?;
    let orientation = decoder.orientation().map_err(text)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(text)?;
    image.apply_orientation(orientation);
    let image = image.into_rgb8();
    Frame::from_rgb(Size::new(image.width(), image.height()), image.into_raw()).map_err(|e| e.to_string())
}

fn digest_of(mut sums: Vec<String>) -> String {
    sums.sort();
    let mut digest = Sha256::new();
    for sum in sums {
        digest.update(sum);
        digest.update("\n");
    }
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_does_not_ask_for_the_order() {
        let sums = || vec!["b".to_owned(), "a".to_owned()];
        // printf 'a\nb\n' | sha256sum
        assert_eq!(digest_of(sums()), "911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2");
        assert_eq!(digest_of(sums()), digest_of(sums().into_iter().rev().collect()));
    }
}
