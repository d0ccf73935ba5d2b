//! What a pack's model was given, as a picture.

use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::array::ValueType;
use super::error::GoldenError;
use super::manifest::PackedPicture;
use super::pack::GoldenPack;
use crate::detect::{Frame, Size};
use crate::files::read_limited;
use crate::model::hex;

/// The most bytes of a picture's file.
const MAX_FILE: u64 = 512 << 20;

/// One of a model's inputs as the level of 8 bits that it was made of.
pub fn level(value: f32) -> u8 {
    (value * 255.0).round() as u8
}

impl GoldenPack {
    /// The file that the pack's picture was made of: in the pack, beside it, or in the working directory. `None`: it is in
    /// none of these, or is not the same any more.
    pub fn original(&self, picture: &PackedPicture) -> Option<PathBuf> {
        let file = Path::new(&picture.file);
        if !matches!(file.components().collect::<Vec<_>>()[..], [Component::Normal(_)]) {
            return None;
        }
        let folders = [Some(self.dir()), self.dir().parent(), Some(Path::new("."))];
        let is_it = |path: &PathBuf| {
            read_limited(path, MAX_FILE).is_ok_and(|bytes| hex(&Sha256::digest(&bytes)) == picture.sha256)
        };
        folders.into_iter().flatten().map(|dir| dir.join(file)).find(is_it)
    }

    /// What the model was given, without the bars around it: a frame whose letterbox is that input again.
    pub fn input_picture(&self, picture: &PackedPicture) -> Result<Frame, GoldenError> {
        let (levels, input) = self.input_levels(picture)?;
        let place = picture.letterbox;
        let outside = || self.damaged(format!("the letterbox of {} is not within the model's input", picture.name));
        let ends = [(place.left, place.width, input.width), (place.top, place.height, input.height)];
        if ends.iter().any(|(start, length, side)| start.checked_add(*length).is_none_or(|end| end > *side)) {
            return Err(outside());
        }
        let mut frame = Frame::new(Size::new(place.width, place.height)).map_err(|_| outside())?;
        let (plane, columns) = (input.area() as usize, input.width as usize);
        let width = place.width as usize;
        for (at, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
            let (x, y) = (at % width + place.left as usize, at / width + place.top as usize);
            for (channel, value) in pixel.iter_mut().enumerate() {
                *value = levels[channel * plane + y * columns + x];
            }
        }
        Ok(frame)
    }

    /// The model's input as levels of 8 bits, `[1, 3, H, W]`, and its size.
    pub(super) fn input_levels(&self, picture: &PackedPicture) -> Result<(Vec<u8>, Size), GoldenError> {
        let [width, height] = self.manifest.detector.input;
        let missing = || self.damaged(format!("it has no input of {}", picture.name));
        let input = picture.tensors.iter().find(|tensor| tensor.producer.is_none()).ok_or_else(missing)?;
        let array = self.array(input)?.permuted(input.layout.axes_in_onnx());
        if array.value_type != ValueType::F32 || array.dims != [1, 3, height as usize, width as usize] {
            return Err(self.damaged(format!("{} is not the input of its model", input.file)));
        }
        let levels = array.words().into_iter().map(|bits| level(f32::from_bits(bits.cast_unsigned())));
        Ok((levels.collect(), Size::new(width, height)))
    }
}
