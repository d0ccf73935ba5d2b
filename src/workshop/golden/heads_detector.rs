//! Raw heads that were computed elsewhere, as a detector of the pictures that they are of.
//!
//! ```text
//! a picture ── letterbox ──▶ input ── its CRC-32 ──▶ the pack's picture ──▶ raw heads: the pack's, or the board's
//! ```
//!
//! So they are shown, compared and kept as those of any model. For every other picture there are none.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::board_heads;
use super::error::GoldenError;
use super::heads::PackHeads;
use super::input_picture::level;
use super::manifest::{MANIFEST, PackedPicture};
use super::pack::GoldenPack;
use crate::detect::RawHeads;
use crate::model::{Detector, EngineInfo, GoldenHeads, InferenceEngine, ModelError, ModelInfo, Precision};

/// The most files of a dump that are looked at for changes.
const MAX_FILES: usize = 10_000;

/// How many pictures a message names.
const NAMED: usize = 3;

/// The raw heads of a pack's pictures.
pub struct HeadsDetector {
    info: Arc<ModelInfo>,
    pictures: Vec<PictureHeads>,
    /// "the board's dump", "the golden pack"
    whose: &'static str,
    /// The input in hand, as levels of 8 bits.
    levels: Vec<u8>,
}

struct PictureHeads {
    /// Of the picture's file.
    name: String,
    /// CRC-32 of the input's levels.
    sum: u32,
    /// Or why there are none.
    heads: Result<RawHeads, String>,
}

impl HeadsDetector {
    /// Reads the heads of all pictures. Fails where none has any: then it is told what is wrong with the first.
    pub fn open(of: &GoldenHeads) -> Result<Self, ModelError> {
        Self::read(of).map_err(|error| ModelError::Heads(error.to_string()))
    }

    fn read(of: &GoldenHeads) -> Result<Self, GoldenError> {
        let pack = GoldenPack::open(&of.pack)?;
        let form = pack.manifest.detector.form().map_err(|why| pack.damaged(why))?;
        let mut pictures = Vec::with_capacity(pack.manifest.pictures.len());
        let (mut first, mut found) = (None, false);
        for picture in &pack.manifest.pictures {
            let (levels, _) = pack.input_levels(picture)?;
            let heads = match heads_of(&pack, picture, of.dump.as_deref()) {
                Ok(heads) => {
                    found = true;
                    Ok(heads)
                }
                Err(error) => {
                    let why = error.to_string();
                    first = first.or(Some(error));
                    Err(why)
                }
            };
            pictures.push(PictureHeads { name: picture.file.clone(), sum: crc32fast::hash(&levels), heads });
        }
        if !found {
            return Err(first.unwrap_or_else(|| pack.damaged("it has no picture".into())));
        }
        let (whose, why) = match of.dump {
            Some(_) => ("the board's dump", "dumped by a board"),
            None => ("the golden pack", "recorded in a golden pack"),
        };
        let info = ModelInfo {
            name: of.label(),
            path: pack.dir().join(&pack.manifest.model.file),
            sha256: pack.manifest.model.sha256.clone(),
            precision: Precision::Int8,
            recipe: None,
            // There is nothing to compute in another one.
            arithmetic: None,
            engine: EngineInfo { engine: InferenceEngine::Integer, kernel: None, why: Some(why.to_owned()) },
            form,
        };
        Ok(Self { info: Arc::new(info), pictures, whose, levels: Vec::new() })
    }

    /// Another value where the heads would be others than before: the pack or a dump was written again.
    pub fn stamp(of: &GoldenHeads) -> u64 {
        let mut files = vec![of.pack.join(MANIFEST)];
        if let Some(dump) = &of.dump {
            files.push(dump.clone());
            // Those of a picture are in a folder of its own, or not.
            let inside = entries(dump);
            files.extend(inside.iter().flat_map(|path| entries(path)).take(MAX_FILES));
            files.extend(inside);
        }
        files.sort();
        let mut hasher = DefaultHasher::new();
        for file in files {
            let about = std::fs::metadata(&file).ok();
            (about.map(|about| (about.len(), about.modified().ok())), file).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// "bus.jpg", "a.png, b.png, c.png and 4 more"
    fn names(&self) -> String {
        let names: Vec<&str> = self.pictures.iter().map(|picture| picture.name.as_str()).collect();
        match names.len().checked_sub(NAMED) {
            None | Some(0) => names.join(", "),
            Some(more) => format!("{} and {more} more", names[..NAMED].join(", ")),
        }
    }
}

impl Detector for HeadsDetector {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.info
    }

    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        self.levels.clear();
        self.levels.extend(input.iter().map(|value| level(*value)));
        let sum = crc32fast::hash(&self.levels);
        let Some(picture) = self.pictures.iter().find(|picture| picture.sum == sum) else {
            return Err(ModelError::OtherPicture { whose: self.whose, pictures: self.names() });
        };
        let known = picture.heads.as_ref().map_err(|why| ModelError::Heads(why.clone()))?;
        heads.fit(&self.info.form);
        for (values, known) in heads.heads.iter_mut().zip(&known.heads) {
            values.copy_from_slice(known);
        }
        Ok(())
    }
}

/// A picture's heads: the pack's own, or those of a dump.
fn heads_of(pack: &GoldenPack, picture: &PackedPicture, dump: Option<&Path>) -> Result<RawHeads, GoldenError> {
    let heads = match dump {
        None => PackHeads::new(pack, picture)?.own(),
        // Files of one picture must not pass for those of another.
        Some(dump) if pack.manifest.pictures.len() > 1 && dump.exists() && !dump.join(&picture.name).is_dir() => {
            return Err(GoldenError::NoFolder { path: dump.to_owned(), picture: picture.name.clone() });
        }
        Some(dump) => board_heads(pack, picture, dump)?,
    };
    for (values, head) in heads.heads.iter().zip(&pack.manifest.detector.heads) {
        if values.iter().any(|value| !value.is_finite()) {
            let (path, why) = (dump.unwrap_or(pack.dir()).to_owned(), "it holds NaN or infinity".to_owned());
            return Err(GoldenError::BadHead { path, tensor: head.tensor.clone(), why });
        }
    }
    Ok(heads)
}

/// What is in a folder; nothing where it is none.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(dir).into_iter().flatten().take(MAX_FILES);
    found.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
