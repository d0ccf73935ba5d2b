//! Finds and loads ONNX Runtime.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{Catalog, ModelError};

/// ONNX Runtime, loaded. Cheap to clone; one process loads one library, once.
#[derive(Clone, Debug)]
pub struct Runtime {
    pub(super) environment: ort::environment::Environment,
    path: PathBuf,
    version: String,
}

/// The oldest 1.x that has the interface we call.
pub const NEEDED_MINOR: u32 = ort::MINOR_VERSION;

#[cfg(target_os = "windows")]
const LIBRARY: (&str, &str) = ("onnxruntime", ".dll");
#[cfg(target_os = "macos")]
const LIBRARY: (&str, &str) = ("libonnxruntime", ".dylib");
#[cfg(not(any(target_os = "windows", target_os = "macos")))]
const LIBRARY: (&str, &str) = ("libonnxruntime.so", "");

/// How many threads compute one inference: as many as the processor runs at once.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

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
        let version = version(&path).map_err(broken)?;
        if minor(&version).is_none_or(|found| found < NEEDED_MINOR) {
            return Err(ModelError::RuntimeTooOld { path, found: version, needed_minor: NEEDED_MINOR });
        }
        let builder = ort::init_from(&path).map_err(|e| broken(e.to_string()))?;
        let environment =
            builder.with_name("twinsight").with_telemetry(false).build().map_err(|e| broken(e.to_string()))?;
        Ok(LOADED.get_or_init(|| Self { environment, path, version }).clone())
    }

    /// "1.32.0"
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The library's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The library's own words on its build.
    pub fn build_info(&self) -> &'static str {
        ort::info()
    }
}

/// Asks a library for its version, before anything else is asked of it.
fn version(path: &Path) -> Result<String, String> {
    type GetApiBase = unsafe extern "system" fn() -> *const ort::sys::OrtApiBase;
    // SAFETY: loading runs the library's own initialisers. That is what the person wants of the file named, and
    // what `ort` does next in any case.
    let library = unsafe { libloading::Library::new(path) }.map_err(|e| reason(&e))?;
    // SAFETY: every ONNX Runtime exports this function with this signature, and has since 1.0.
    let get_base: libloading::Symbol<'_, GetApiBase> =
        unsafe { library.get(b"OrtGetApiBase\0") }.map_err(|_| "it is not an ONNX Runtime".to_owned())?;
    // SAFETY: the function has no preconditions; it gives a table that lives as long as the library.
    let base = unsafe { get_base().as_ref() }.ok_or("it provides no API")?;
    // SAFETY: the string is static in the library, which is still loaded.
    let text = unsafe { std::ffi::CStr::from_ptr((base.GetVersionString)()) };
    Ok(text.to_string_lossy().into_owned())
}

/// The system's own words, which the library that asks it keeps behind its own ("dlopen failed").
fn reason(error: &libloading::Error) -> String {
    std::error::Error::source(error).unwrap_or(error).to_string()
}

/// The 32 of "1.32.0".
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.split('.').next()?.parse().ok()
}

fn newest_library(dir: &Path) -> Option<PathBuf> {
    let (start, end) = LIBRARY;
    std::fs::read_dir(dir)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with(start) && n.ends_with(end))
        })
        .max_by_key(|path| numbers(path))
}

/// The numbers in a file's name, so that 1.32 comes after 1.9.
fn numbers(path: &Path) -> Vec<u32> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(minor("1.32.0"), Some(32));
        assert_eq!(minor("1.9.1"), Some(9));
        assert_eq!(minor("2.0.0"), None);
        let dir = tempfile::tempdir().unwrap();
        for version in ["1.9.1", "1.32.0", "1.4.0"] {
            std::fs::write(dir.path().join(format!("{}.{version}{}", LIBRARY.0, LIBRARY.1)), "").unwrap();
        }
        let newest = newest_library(dir.path()).unwrap();
        assert!(newest.to_string_lossy().contains("1.32.0"), "{newest:?}");
    }
}
