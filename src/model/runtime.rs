//! Finds and loads ONNX Runtime.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{Catalog, ModelError};

/// ONNX Runtime, loaded. Cheap to clone; one process loads one library, once.
#[derive(Clone, Debug)]
pub struct Runtime {
    pub(super) environment: ort::environment::Environment,
    path: PathBuf,
}

/// The oldest 1.x that has the interface we call.
pub const NEEDED_MINOR: u32 = ort::MINOR_VERSION;

#[cfg(target_os = "windows")]
const LIBRARY: (&str, &str) = ("onnxruntime", ".dll");
#[cfg(target_os = "macos")]
const LIBRARY: (&str, &str) = ("libonnxruntime", ".dylib");
#[cfg(not(any(target_os = "windows", target_os = "macos")))]
const LIBRARY: (&str, &str) = ("libonnxruntime.so", "");

impl Runtime {
    /// Loads the library that `ORT_DYLIB_PATH` names, or else the one that set-up fetched.
    pub fn find(catalog: &Catalog) -> Result<Self, ModelError> {
        let path = Self::locate(catalog)?;
        Self::open(&path)
    }

    /// Where [`Runtime::find`] would load from.
    pub fn locate(catalog: &Catalog) -> Result<PathBuf, ModelError> {
        if let Some(path) = std::env::var_os("ORT_DYLIB_PATH").filter(|p| !p.is_empty()) {
            return Ok(PathBuf::from(path));
        }
        let looked_in = vec![catalog.dir().join("runtime")];
        looked_in
            .iter()
            .find_map(|dir| newest_library(dir))
            .ok_or(ModelError::RuntimeMissing { looked_in, needed_minor: NEEDED_MINOR })
    }

    fn open(path: &Path) -> Result<Self, ModelError> {
        static LOADED: OnceLock<Runtime> = OnceLock::new();
        if let Some(runtime) = LOADED.get() {
            return Ok(runtime.clone());
        }
        let broken = |cause: String| ModelError::RuntimeBroken { path: path.to_owned(), cause };
        // A relative name would be looked for beside the program; the person means the working directory.
        let path = path.canonicalize().map_err(|e| broken(e.to_string()))?;
        let builder = ort::init_from(&path).map_err(|e| match too_old(&e.to_string()) {
            Some(found) => ModelError::RuntimeTooOld { path: path.clone(), found, needed_minor: NEEDED_MINOR },
            None => broken(e.to_string()),
        })?;
        let environment =
            builder.with_name("twinsight").with_telemetry(false).build().map_err(|e| broken(e.to_string()))?;
        Ok(LOADED.get_or_init(|| Self { environment, path }).clone())
    }

    /// The library's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The library's own words on its build, which begin with its version.
    pub fn build_info(&self) -> &'static str {
        ort::info()
    }
}

/// The version that ort's message about an old library gives; `None` where it is about something else.
///
/// ort keeps the kind of the error to itself, so that its text is all there is.
fn too_old(message: &str) -> Option<String> {
    let (_, found) = message.split_once("but got '")?;
    Some(found.trim_end_matches('\'').to_owned())
}

fn newest_library(dir: &Path) -> Option<PathBuf> {
    let (start, end) = LIBRARY;
    std::fs::read_dir(dir)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with(start) && n.ends_with(end))
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_library_is_told_by_its_version() {
        let message = "ort 2.0.0 is not compatible with the ONNX Runtime binary found at `/x`; expected version >= \
                       '1.22.x', but got '1.17.3'";
        assert_eq!(too_old(message).as_deref(), Some("1.17.3"));
        assert_eq!(too_old("failed to load from `/x`: no such file"), None);
    }
}
