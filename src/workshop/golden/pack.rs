//! Reads a pack that was written before.

use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::array::GoldenArray;
use super::board::BoardFiles;
use super::dump::{Dump, read_dump};
use super::error::GoldenError;
use super::manifest::{
    FORMAT, MANIFEST, Manifest, PackArithmetic, PackedPicture, PackedTensor, REQUANTIZATION, VERSION,
};
use crate::files::{FolderFormat, read_limited};
use crate::integer::Network;
use crate::model::{GoldenHeads, hex};

/// The most bytes of a manifest.
const MAX_MANIFEST: u64 = 64 << 20;
/// The most bytes of a model.
const MAX_MODEL: u64 = 1 << 30;
/// The most values of all tensors of a picture.
const MAX_VALUES: usize = 1 << 30;

/// A folder that holds a pack and nothing else.
pub const PACK: FolderFormat = FolderFormat { name: "a golden pack", files };

fn files(dir: &Path) -> Option<Vec<PathBuf>> {
    let manifest = read_manifest(dir).ok()?;
    let tensors = manifest.constants.iter().chain(manifest.pictures.iter().flat_map(|picture| &picture.tensors));
    let own = [MANIFEST, REQUANTIZATION, manifest.model.file.as_str()];
    Some(own.into_iter().chain(tensors.map(|tensor| tensor.file.as_str())).map(PathBuf::from).collect())
}

/// A pack, whose manifest makes sense.
pub struct GoldenPack {
    dir: PathBuf,
    pub manifest: Manifest,
}

/// Reads a manifest alone.
pub fn read_manifest(dir: &Path) -> Result<Manifest, GoldenError> {
    let no_pack = |why: String| GoldenError::NoPack { path: dir.to_owned(), why };
    let path = dir.join(MANIFEST);
    if !path.is_file() {
        return Err(no_pack(format!("it has no {MANIFEST}")));
    }
    let bytes = read_limited(&path, MAX_MANIFEST).map_err(|cause| GoldenError::Read { path: path.clone(), cause })?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|cause| no_pack(format!("its {MANIFEST} cannot be read ({cause})")))?;
    if manifest.format != FORMAT {
        return Err(no_pack(format!("its {MANIFEST} is of another program")));
    }
    if manifest.version != VERSION {
        return Err(no_pack(format!(
            "it has version {}, and this Twinsight reads version {VERSION}",
            manifest.version
        )));
    }
    Ok(manifest)
}

impl GoldenPack {
    pub fn open(dir: &Path) -> Result<Self, GoldenError> {
        let manifest = read_manifest(dir)?;
        let damaged = |why: String| GoldenError::Damaged { path: dir.to_owned(), why };
        check_tensors(&manifest.constants).map_err(damaged)?;
        for picture in &manifest.pictures {
            check_tensors(&picture.tensors).map_err(damaged)?;
            if !is_size(picture) {
                return Err(damaged(format!("the size of {} is not one of a picture", picture.name)));
            }
            if !is_below(&picture.name) {
                return Err(damaged(format!("the folder {} is not in it", picture.name)));
            }
        }
        if manifest.pictures.is_empty() {
            return Err(damaged("it has no picture".into()));
        }
        if !is_below(&manifest.model.file) {
            return Err(damaged(format!("its model {} is not in it", manifest.model.file)));
        }
        Ok(Self { dir: dir.to_owned(), manifest })
    }

    /// The only picture, or the one of this name.
    pub fn picture(&self, name: Option<&str>) -> Result<&PackedPicture, GoldenError> {
        let pictures = &self.manifest.pictures;
        let known = || pictures.iter().map(|picture| picture.name.as_str()).collect::<Vec<_>>().join(", ");
        let path = self.dir.clone();
        match (name, &pictures[..]) {
            (None, [only]) => Ok(only),
            (None, _) => Err(GoldenError::ManyPictures { path, count: pictures.len(), known: known() }),
            (Some(name), _) => pictures
                .iter()
                .find(|picture| picture.name == name)
                .ok_or_else(|| GoldenError::NoPicture { path, name: name.to_owned(), known: known() }),
        }
    }

    /// The model, in the arithmetic of the pack, and in exact arithmetic.
    pub fn networks(&self) -> Result<[Network; 2], GoldenError> {
        let path = self.dir.join(&self.manifest.model.file);
        let bytes = read_limited(&path, MAX_MODEL).map_err(|cause| GoldenError::Read { path: path.clone(), cause })?;
        if hex(&Sha256::digest(&bytes)) != self.manifest.model.sha256 {
            return Err(self.damaged(format!("its {} is not the model of the manifest", self.manifest.model.file)));
        }
        let failed = |cause| GoldenError::Integer { path: path.clone(), cause };
        let exact = Network::read(&bytes).map_err(failed)?;
        let network = match &self.manifest.arithmetic {
            PackArithmetic::Exact => exact.clone(),
            PackArithmetic::Profile(profile) => exact.on_chip(profile).map_err(failed)?,
        };
        Ok([network, exact])
    }

    /// The values of one of its tensors, which are those that the manifest's CRC-32 is of.
    pub fn array(&self, tensor: &PackedTensor) -> Result<GoldenArray, GoldenError> {
        let count = tensor.shape.iter().product();
        let read = read_dump(&self.dir.join(&tensor.file), tensor.value_type, count);
        let Dump { bytes, .. } = read.map_err(|why| self.damaged(format!("{}: {why}", tensor.file)))?;
        let array = GoldenArray { value_type: tensor.value_type, dims: tensor.shape.clone(), bytes };
        let is_whole = array.bytes.len() == count * array.value_type.bytes();
        if !is_whole || format!("{:08x}", array.crc32()) != tensor.crc32 {
            return Err(self.damaged(format!("{} is not what the manifest says", tensor.file)));
        }
        Ok(array)
    }

    /// Its raw heads, to be chosen as a model is.
    pub fn heads(&self) -> GoldenHeads {
        let pack = std::path::absolute(&self.dir).unwrap_or_else(|_| self.dir.clone());
        GoldenHeads { pack, model: self.manifest.model.name.clone(), dump: None }
    }

    /// Whether any file there, as [`check`](super::check()) looks for them, is one of a picture's tensors.
    pub fn is_dumped_in(&self, path: &Path) -> bool {
        // What lies in no picture's folder is the same for each of them.
        let others = self.manifest.pictures.iter().skip(1).filter(|picture| path.join(&picture.name).is_dir());
        self.manifest.pictures.iter().take(1).chain(others).any(|picture| {
            let tensors: Vec<&PackedTensor> = picture.tensors.iter().collect();
            BoardFiles::find(path, &picture.name, &tensors, &[]).is_ok()
        })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn damaged(&self, why: String) -> GoldenError {
        GoldenError::Damaged { path: self.dir.clone(), why }
    }
}

/// Constants, or the tensors of one picture. The message follows the pack's name.
fn check_tensors(tensors: &[PackedTensor]) -> Result<(), String> {
    let mut left = MAX_VALUES;
    for PackedTensor { name, file, shape, layout, zero_point, .. } in tensors {
        let count = shape.iter().try_fold(1usize, |all, dim| all.checked_mul(*dim));
        let rest = count.filter(|count| *count > 0).and_then(|count| left.checked_sub(count));
        left = rest.ok_or_else(|| format!("the shape {shape:?} of {name} is empty or too large"))?;
        if shape.len() != layout.names().len() {
            return Err(format!("the shape of {name} does not fit its layout"));
        }
        if !is_below(file) {
            return Err(format!("the file {file} of {name} is not in it"));
        }
        if zero_point.is_some_and(|zero| !(-128..=255).contains(&zero)) {
            return Err(format!("the zero point of {name} is not a byte"));
        }
    }
    Ok(())
}

/// Whether a picture has a size that one can have.
fn is_size(picture: &PackedPicture) -> bool {
    const MAX_SIDE: u32 = 1 << 16;
    [picture.width, picture.height].iter().all(|side| (1..=MAX_SIDE).contains(side))
}

/// Whether a path leads to a file below the folder that it is relative to.
fn is_below(file: &str) -> bool {
    let mut parts = Path::new(file).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}
