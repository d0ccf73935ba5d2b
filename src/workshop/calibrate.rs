//! Runs the float model over pictures and notes every tensor's range.

use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use sha2::{Digest, Sha256};

use super::build::read_limited;
use super::{CalibrationTable, Range, Source, WorkshopError, exposed_model};
use crate::detect::{Frame, Letterboxer, Size};
use crate::model::{RawSession, Runtime, hex};

const MAX_PICTURE_BYTES: u64 = 1 << 28;
const MAX_PICTURE_SIDE: u32 = 20_000;
const EXTENSIONS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// How far a calibration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub of: usize,
}

/// Measures the ranges of all tensors of `source` over the pictures in `dir` (not in folders below it). One
/// picture that cannot be read ends it: the table says which pictures it stands for.
pub fn calibrate(
    runtime: &Runtime,
    source: &Source,
    dir: &Path,
    mut progress: impl FnMut(Progress),
) -> Result<CalibrationTable, WorkshopError> {
    let paths = pictures(dir)?;
    let model = exposed_model(source.graph());
    let threads = crate::model::threads();
    let mut session = RawSession::from_bytes(runtime, &model, threads).map_err(WorkshopError::Run)?;
    drop(model);

    let input = &source.graph().input;
    let names = std::iter::once(input).chain(source.graph().activations()).map(|t| t.name.clone());
    let mut ranges: Vec<(String, Range)> = names.map(|name| (name, Range::EMPTY)).collect();
    let mut letterboxer = Letterboxer::new(source.input());
    let mut sums = Vec::with_capacity(paths.len());
    for (done, path) in paths.iter().enumerate() {
        progress(Progress { done, of: paths.len() });
        let (frame, sum) = picture(path)?;
        sums.push(sum);
        letterboxer.fill(&frame);
        let mut strange = None;
        let mut note = |name: &str, values: &[f32]| {
            let range = min_max(values);
            match (range, ranges.iter_mut().find(|(tensor, _)| tensor == name)) {
                (Some(range), Some((_, joined))) => *joined = joined.join(range),
                _ => strange = Some(name.to_owned()),
            }
        };
        note(&input.name, letterboxer.tensor());
        session.run(letterboxer.tensor(), |name, _, values| note(name, values)).map_err(WorkshopError::Run)?;
        if let Some(tensor) = strange {
            return Err(WorkshopError::NotFinite { path: path.clone(), tensor });
        }
    }
    progress(Progress { done: paths.len(), of: paths.len() });
    Ok(CalibrationTable {
        tool: concat!("twinsight ", env!("CARGO_PKG_VERSION")).into(),
        pictures: paths.len(),
        pictures_sha256: digest_of(sums),
        weights_sha256: source.weights_sha256().to_owned(),
        input: source.input(),
        ranges,
    })
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

/// `None` where there is no value, or one that is not finite.
fn min_max(values: &[f32]) -> Option<Range> {
    // As many lanes as a vector register has, so that the compiler uses one.
    const LANES: usize = 16;
    let (mut min, mut max, mut zero) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES], [0.0; LANES]);
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in chunk.iter().enumerate() {
            min[lane] = if value < min[lane] { value } else { min[lane] };
            max[lane] = if value > max[lane] { value } else { max[lane] };
            // Stays 0 but for NaN and infinite values.
            zero[lane] += value * 0.0;
        }
    }
    let lanes = (0..LANES).map(|i| Range { min: min[i], max: max[i] });
    let range = lanes.chain(rest.iter().map(|&v| Range { min: v, max: v })).fold(Range::EMPTY, Range::join);
    let finite = zero.iter().all(|z| *z == 0.0) && rest.iter().all(|v| v.is_finite());
    (finite && !values.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_every_value() {
        for (length, place) in [(1, 0), (16, 3), (40, 0), (40, 17), (40, 39)] {
            let mut values = vec![0.5; length];
            values[place] = -3.0;
            assert_eq!(min_max(&values).unwrap().min, -3.0, "{length} {place}");
            values[place] = 7.0;
            assert_eq!(min_max(&values).unwrap().max, 7.0, "{length} {place}");
            for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                values[place] = strange;
                assert_eq!(min_max(&values), None, "{length} {place} {strange}");
            }
        }
        assert_eq!(min_max(&[]), None);
    }

    #[test]
    fn the_digest_does_not_ask_for_the_order() {
        let sums = || vec!["b".to_owned(), "a".to_owned()];
        // printf 'a\nb\n' | sha256sum
        assert_eq!(digest_of(sums()), "911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2");
        assert_eq!(digest_of(sums()), digest_of(sums().into_iter().rev().collect()));
    }
}
