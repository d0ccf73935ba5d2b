//! An engine with real sources and real models.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::engine::{Load, Open, Parts, SystemClock};
use crate::model::{Catalog, Detector, ModelError, ModelName, ModelRequest, Runtime, SessionDetector};
use crate::source::{Opener, Source, SourceError, SourceRequest};

/// The photos that set-up downloads, for the demo.
pub const PHOTOS: [&str; 2] = ["bus.jpg", "zidane.jpg"];

/// Cameras, files and the demo; the models of `catalog`; the system clock. `waker` is called when there is something
/// new to show.
pub fn parts(catalog: &Catalog, waker: Arc<dyn Fn() + Send + Sync>) -> Parts {
    Parts {
        opener: Arc::new(Sources(opener(catalog))),
        loader: Arc::new(Models(catalog.clone())),
        clock: Arc::new(SystemClock),
        waker,
    }
}

/// Opens any source that the user can request.
pub fn opener(catalog: &Catalog) -> Opener {
    Opener { photos: PHOTOS.iter().map(|file| catalog.download(file)).collect() }
}

struct Sources(Opener);

impl Open for Sources {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        self.0.open(request)
    }
}

struct Models(Catalog);

impl Load for Models {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        // Searched again for each model, so that a missing runtime can be installed while the window is open.
        let runtime = Runtime::find(&self.0)?;
        Ok(Box::new(SessionDetector::open(&runtime, &self.0, request)?))
    }

    fn stamp(&self, name: &ModelName) -> u64 {
        let about = std::fs::metadata(self.0.path(name)).ok();
        let mut hasher = DefaultHasher::new();
        about.map(|about| (about.len(), about.modified().ok())).hash(&mut hasher);
        hasher.finish()
    }
}
