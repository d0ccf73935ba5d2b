//! Still images: JPEG, PNG, WebP and BMP, told apart by their content.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::error::{ImageError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::exif;
use super::folder::pictures_in;
use crate::detect::{Frame, FrameError, MAX_PIXELS, Size};
use crate::source::pixels::{Layout, PixelError, missing_rows, with_tables};
use crate::source::{Description, Next, Source, SourceError};

/// The most bytes a picture's file may have, and the most memory its decoder may take.
const MAX_BYTES: u64 = 512 << 20;

/// What shows through transparent pixels: paper.
const BACKGROUND: u32 = 255;

/// Reads a picture, turned upright as its EXIF orientation says, at 8 bits a channel.
///
/// Transparent parts are laid over white. Its size is checked before its pixels take memory.
pub fn load(path: &Path) -> Result<Frame, SourceError> {
    decode(path, &read(path)?)
}

/// As [`load`], of a file whose bytes were read already; `path` is for the error.
pub fn decode(path: &Path, bytes: &[u8]) -> Result<Frame, SourceError> {
    let failed = |cause: String| SourceError::Decode { path: path.into(), cause };
    let mut scratch = Vec::new();
    let bytes = whole_jpeg(bytes, &mut scratch).map_err(failed)?;
    let mut decoder = decoder_of(path, bytes)?;
    let orientation = orientation_of(&mut decoder);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| from_image(path, e))?;
    picture.apply_orientation(orientation);
    let size = Size::new(picture.width(), picture.height());
    Ok(Frame::from_rgb(size, into_rgb(picture))?)
}

/// The size of a picture as [`load`] gives it, turned upright; its pixels are not decoded.
pub fn picture_size(path: &Path) -> Result<Size, SourceError> {
    let bytes = read(path)?;
    let mut decoder = decoder_of(path, &bytes)?;
    let (width, height) = decoder.dimensions();
    let turned = matches!(
        orientation_of(&mut decoder),
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    Ok(if turned { Size::new(height, width) } else { Size::new(width, height) })
}

/// Fails where the content is unknown, or too large.
fn decoder_of(path: &Path, bytes: &[u8]) -> Result<impl ImageDecoder, SourceError> {
    let failed = |cause: String| SourceError::Decode { path: path.into(), cause };
    if bytes.is_empty() {
        return Err(failed("the file is empty".into()));
    }
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|cause| SourceError::Read { path: path.into(), cause })?;
    if reader.format().filter(ImageFormat::reading_enabled).is_none() {
        return Err(SourceError::NoImage { path: path.into() });
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|e| from_image(path, e))?;
    let (width, height) = decoder.dimensions();
    if Size::new(width, height).area() > MAX_PIXELS {
        let cause = FrameError::TooLarge(Size::new(width, height)).to_string();
        return Err(SourceError::TooLarge { path: path.into(), cause });
    }
    Ok(decoder)
}

/// An orientation that cannot be read must not cost the picture.
fn orientation_of(decoder: &mut impl ImageDecoder) -> Orientation {
    let exif = decoder.exif_metadata().ok().flatten();
    exif.as_deref().and_then(exif::orientation).unwrap_or(Orientation::NoTransforms)
}

/// A JPEG with Huffman tables, which cameras leave out, and none of which a part is missing: the decoder fills that up with
/// gray, and a detector would take it for the picture. Other bytes as they are.
fn whole_jpeg<'a>(bytes: &'a [u8], scratch: &'a mut Vec<u8>) -> Result<&'a [u8], String> {
    // What else is wrong with it, the decoder says.
    let Ok(layout) = Layout::of(bytes) else { return Ok(bytes) };
    // Some encoders leave out the last row, which is a few pixels.
    if layout.end.is_none() || missing_rows(bytes).is_some_and(|rows| rows > 1) {
        return Err(PixelError::Truncated.to_string());
    }
    Ok(with_tables(bytes, &layout, scratch))
}

/// One frame, then the end.
#[derive(Debug)]
pub struct StillSource {
    name: String,
    file: Option<Arc<Path>>,
    size: Size,
    frame: Option<Frame>,
    /// What must be said of it.
    note: Option<String>,
}

impl StillSource {
    /// Reads the picture now, so that an error shows at once.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let frame = load(path)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { file: Some(path.into()), ..Self::of(&name, frame) })
    }

    /// A picture that is in memory already.
    pub fn of(name: &str, frame: Frame) -> Self {
        Self { name: name.into(), file: None, size: frame.size(), frame: Some(frame), note: None }
    }

    /// The same with a remark that stays in sight.
    pub fn noted(self, note: String) -> Self {
        Self { note: Some(note), ..self }
    }
}

impl Source for StillSource {
    fn description(&self) -> Description {
        let (name, file, note) = (self.name.clone(), self.file.clone(), self.note.clone());
        Description { name, file, size: Some(self.size), note, ..Description::default() }
    }

    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        match self.frame.take() {
            Some(picture) => {
                *frame = picture;
                Ok(Next::Frame)
            }
            None => Ok(Next::End),
        }
    }

    fn is_live(&self) -> bool {
        false
    }
}

/// The bytes of a picture's file. A pipe or a device has no end, and is refused.
pub fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    let failed = |cause| SourceError::Read { path: PathBuf::from(path), cause };
    // Asked before it is opened, because opening a pipe waits for its writer.
    let about = std::fs::metadata(path).map_err(failed)?;
    if about.is_dir() {
        return Err(match pictures_in(path) {
            Ok(inside) if inside.is_empty() => SourceError::NoImages { folder: path.into() },
            _ => failed(std::io::Error::other("it is a folder, not a file")),
        });
    }
    if !about.is_file() {
        return Err(failed(std::io::Error::other("it is not a file")));
    }
    if about.len() > MAX_BYTES {
        let cause = format!("the file has {} MB; the limit is {} MB", about.len() >> 20, MAX_BYTES >> 20);
        return Err(SourceError::TooLarge { path: path.into(), cause });
    }
    let mut bytes = Vec::with_capacity(about.len() as usize);
    File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

fn from_image(path: &Path, error: ImageError) -> SourceError {
    let path = path.into();
    match error {
        ImageError::Limits(limit) if matches!(limit.kind(), LimitErrorKind::Unsupported { .. }) => {
            SourceError::Decode { path, cause: limit.to_string() }
        }
        ImageError::Limits(limit) => SourceError::TooLarge { path, cause: limit.to_string() },
        // A decoder without a limit of its own tells of it all the same.
        other if other.to_string().contains(&usize::MAX.to_string()) => {
            SourceError::Decode { path, cause: "its header gives an impossible size".into() }
        }
        // Some decoders end their message with a line of its own.
        other => SourceError::Decode { path, cause: other.to_string().trim_end().to_owned() },
    }
}

/// Packed RGB; where it is RGB already, without a copy.
fn into_rgb(picture: DynamicImage) -> Vec<u8> {
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into_raw();
    }
    let rgba = picture.into_rgba8();
    let mut rgb = Vec::with_capacity(rgba.as_raw().len() / 4 * 3);
    for &[r, g, b, alpha] in rgba.as_raw().as_chunks::<4>().0 {
        let alpha = u32::from(alpha);
        let over = |channel: u8| ((u32::from(channel) * alpha + BACKGROUND * (255 - alpha) + 127) / 255) as u8;
        rgb.extend_from_slice(&[over(r), over(g), over(b)]);
    }
    rgb
}
