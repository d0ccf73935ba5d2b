//! A model's file, with what it keeps in other files beside it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::ModelError;
use crate::files::read_limited;
use crate::onnx::{ExternalData, with_external_data};

/// The most bytes of a model, with all its values: 1 GB.
const MAX_BYTES: u64 = 1 << 30;

/// Reads a model. Values that it keeps in other files come inside; they lie in its folder or below, wherever the program
/// was started.
pub fn read_model(path: &Path) -> Result<Vec<u8>, ModelError> {
    let bytes = read_limited(path, MAX_BYTES).map_err(|cause| ModelError::Read { path: path.to_owned(), cause })?;
    let mut left = MAX_BYTES - bytes.len() as u64;
    let inside = with_external_data(&bytes, |place| {
        let values = read(path, place, left).map_err(|why| {
            let (tensor, file) = (&place.tensor, place.file.display());
            format!("the values of its tensor {tensor} are in {file}: {why}; keep that file beside the model")
        })?;
        left -= values.len() as u64;
        Ok(values)
    });
    Ok(inside.map_err(|why| ModelError::External { path: path.to_owned(), why })?.unwrap_or(bytes))
}

/// The files in which a model keeps values. What is wrong with the model is told when it is read.
pub(super) fn value_files(model: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    if let Ok(bytes) = read_limited(model, MAX_BYTES) {
        let _ = with_external_data(&bytes, |place| {
            files.extend(find(model, &place.file));
            Ok(Vec::new())
        });
    }
    files
}

/// At most `limit` bytes.
fn read(model: &Path, place: &ExternalData, limit: u64) -> Result<Vec<u8>, String> {
    let text = |error: std::io::Error| error.to_string();
    let path = find(model, &place.file)?;
    let about = path.metadata().map_err(text)?;
    if !about.is_file() {
        return Err("it is not a file".into());
    }
    let rest = about.len().checked_sub(place.offset).ok_or("it is too short")?;
    let length = place.length.unwrap_or(rest);
    if length > rest {
        return Err(format!("it is too short: it has {} bytes", about.len()));
    }
    if length > limit {
        return Err(format!("with it the model has more bytes than the limit of {MAX_BYTES}"));
    }
    let mut file = File::open(path).map_err(text)?;
    file.seek(SeekFrom::Start(place.offset)).map_err(text)?;
    let mut values = vec![0; length as usize];
    file.read_exact(&mut values).map_err(text)?;
    Ok(values)
}

/// Beside the model as it was named, or beside the file that the name is a link to; links out of both are not followed.
fn find(model: &Path, file: &Path) -> Result<PathBuf, String> {
    let text = |error: std::io::Error| error.to_string();
    let folder =
        |path: &Path| path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).canonicalize();
    let folders = [folder(model), model.canonicalize().and_then(|path| folder(&path))];
    let folders = folders.into_iter().collect::<Result<Vec<_>, _>>().map_err(text)?;
    let mut found = folders.iter().map(|folder| folder.join(file).canonicalize());
    let path = found.find_map(Result::ok).ok_or("there is no such file")?;
    if folders.iter().any(|folder| path.starts_with(folder)) {
        Ok(path)
    } else {
        Err("it is a link out of the model's folder".into())
    }
}
