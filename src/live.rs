//! An engine with real sources and real models.

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::{Load, Open, Parts, SystemClock};
use crate::model::{Catalog, Detector, InferenceEngine, ModelError, ModelLoader, ModelName, ModelRequest};
use crate::recording::{RecordingSource, is_recording};
use crate::source::{Opener, Source, SourceError, SourceRequest, StillSource, VideoLocation};
use crate::trace::Trace;
use crate::workshop::golden::{GoldenError, GoldenPack, HeadsDetector, PackPlace, PackedPicture};

/// The photos that set-up downloads, for the demo.
pub const PHOTOS: [&str; 2] = ["bus.jpg", "zidane.jpg"];

/// Cameras, files, golden packs and the demo; the models of `catalog`; the system clock. `waker` is called when there is
/// something new to show.
pub fn parts(catalog: &Catalog, waker: Arc<dyn Fn() + Send + Sync>) -> Parts {
    parts_in(catalog, None, waker)
}

/// The same with INT8 models in this engine where they are computed exactly.
pub fn parts_in(catalog: &Catalog, engine: Option<InferenceEngine>, waker: Arc<dyn Fn() + Send + Sync>) -> Parts {
    Parts {
        opener: Arc::new(Sources(opener(catalog))),
        loader: Arc::new(Models(ModelLoader::measuring(catalog.clone()).with_engine(engine))),
        clock: Arc::new(SystemClock),
        waker,
        trace: Trace::default(),
    }
}

/// Opens any source that the user can request.
pub fn opener(catalog: &Catalog) -> Opener {
    Opener { photos: PHOTOS.iter().map(|file| catalog.download(file)).collect() }
}

struct Sources(Opener);

impl Open for Sources {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        if let SourceRequest::Still(path) = request
            && let Some(place) = PackPlace::of(path)
        {
            return Ok(Box::new(golden_picture(&place)?));
        }
        // A recording plays like a video, and brings the raw heads of its frames with it.
        if let SourceRequest::Video(video) = request
            && let VideoLocation::File(path) = &video.location
            && is_recording(path)
        {
            return Ok(Box::new(RecordingSource::open(path, video)?));
        }
        self.0.open(request)
    }
}

/// The picture of a golden pack: the file that it was made of, or else what the model was given.
pub fn golden_picture(place: &PackPlace) -> Result<StillSource, SourceError> {
    let told = |error: GoldenError| SourceError::Golden(error.to_string());
    let pack = GoldenPack::open(&place.dir).map_err(told)?;
    let picture = picture_of(&pack, place).map_err(told)?;
    if let Some(path) = pack.original(picture) {
        return StillSource::open(&path);
    }
    let frame = pack.input_picture(picture).map_err(told)?;
    let note =
        format!("{} as the model was given it ({}): the file is not beside the pack", picture.file, frame.size());
    Ok(StillSource::of(&picture.file, frame).noted(note))
}

/// The file that a golden pack's picture was made of; `None`: it is not there any more.
pub fn packed_file(place: &PackPlace) -> Option<PathBuf> {
    let pack = GoldenPack::open(&place.dir).ok()?;
    pack.original(picture_of(&pack, place).ok()?)
}

fn picture_of<'a>(pack: &'a GoldenPack, place: &PackPlace) -> Result<&'a PackedPicture, GoldenError> {
    let first = pack.manifest.pictures.first().map(|picture| picture.name.as_str());
    pack.picture(place.picture.as_deref().or(first))
}

/// Loads a model; of a golden pack, raw heads.
pub fn load(loader: &ModelLoader, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
    match &request.name {
        ModelName::Golden(heads) => Ok(Box::new(HeadsDetector::open(heads)?)),
        _ => loader.load(request),
    }
}

struct Models(ModelLoader);

impl Load for Models {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        load(&self.0, request)
    }

    fn stamp(&self, name: &ModelName) -> u64 {
        match name {
            ModelName::Golden(heads) => HeadsDetector::stamp(heads),
            _ => self.0.stamp(name),
        }
    }
}
