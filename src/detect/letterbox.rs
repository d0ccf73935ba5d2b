//! From a frame to a model's input tensor.

use super::blend::{Tap, WEIGHT_ONE, blend_row};
use super::{Frame, Letterbox, Size};

/// The grey level of the bars, out of 255.
const PADDING: f32 = 114.0;

/// Fills a model's input `[1, 3, H, W]`: RGB in 0..=1, bilinear without antialiasing, half-pixel centres, grey bars.
/// Reuses the tensor and the tables between frames of the same size.
///
/// When shrinking, rounds exactly as OpenCV's `INTER_LINEAR` does for 8-bit images, because other programs letterbox
/// with it: a bias of half a step of 255 moves one score in ten by more than 0.01.
#[derive(Debug)]
pub struct Letterboxer {
    input: Size,
    tensor: Vec<f32>,
    sampling: Option<Sampler>,
}

/// Where each column and row of the scaled image is read from.
#[derive(Debug)]
struct Sampler {
    letterbox: Letterbox,
    columns: Vec<Tap>,
    rows: Vec<Tap>,
}

impl Letterboxer {
    /// For a model's input of this size, in pixels.
    pub fn new(input: Size) -> Self {
        Self { input, tensor: vec![PADDING / 255.0; input.area() as usize * 3], sampling: None }
    }

    /// The tensor of the last [`Letterboxer::fill`].
    pub fn tensor(&self) -> &[f32] {
        &self.tensor
    }

    /// Writes `frame` into the tensor and returns its placement.
    pub fn fill(&mut self, frame: &Frame) -> Letterbox {
        let letterbox = Letterbox::new(frame.size(), self.input);
        let sampling = match self.sampling.take() {
            Some(sampling) if sampling.letterbox == letterbox => sampling,
            _ => {
                self.tensor.fill(PADDING / 255.0);
                Sampler::new(letterbox)
            }
        };
        sampling.run(frame, self.input, &mut self.tensor);
        self.sampling = Some(sampling);
        letterbox
    }
}

impl Sampler {
    fn new(letterbox: Letterbox) -> Self {
        let (image, scaled) = (letterbox.image, letterbox.scaled);
        // Beyond the last column there is nothing to mix in. (Vertically, OpenCV mixes the last row with itself, and
        // rounds.)
        let across = |tap: Tap| Tap {
            near: tap.near * 3,
            far: tap.far * 3,
            weight: if tap.near == tap.far { 0 } else { tap.weight },
        };
        let columns = taps(image.width, scaled.width).map(across).collect();
        Self { letterbox, columns, rows: taps(image.height, scaled.height).collect() }
    }

    fn run(&self, frame: &Frame, input: Size, tensor: &mut [f32]) {
        let (width, plane) = (input.width as usize, input.area() as usize);
        let stride = frame.stride();
        let corner = self.letterbox.top as usize * width + self.letterbox.left as usize;
        let (red, rest) = tensor.split_at_mut(plane);
        let (green, blue) = rest.split_at_mut(plane);
        for (y, row) in self.rows.iter().enumerate() {
            let at = corner + y * width;
            let to = at..at + self.columns.len();
            let above = &frame.rgb()[row.near * stride..];
            let below = &frame.rgb()[row.far * stride..];
            blend_row(
                &self.columns,
                above,
                below,
                row.weight,
                [&mut red[to.clone()], &mut green[to.clone()], &mut blue[to]],
            );
        }
    }
}

/// For each of `to` positions along an axis, what to read from `from` positions: half-pixel centres, edges repeated.
fn taps(from: u32, to: u32) -> impl Iterator<Item = Tap> {
    let ratio = f64::from(from) / f64::from(to);
    let last = from as usize - 1;
    (0..to).map(move |i| {
        let place = ((f64::from(i) + 0.5) * ratio - 0.5).max(0.0);
        let near = (place as usize).min(last);
        // In single precision, ties to even.
        let part = place as f32 - near as f32;
        let weight = (part.min(1.0) * f32::from(WEIGHT_ONE)).round_ties_even() as i16;
        Tap { near, far: (near + 1).min(last), weight }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(size: Size, rgb: [u8; 3]) -> Frame {
        let bytes = rgb.repeat(size.area() as usize);
        Frame::from_rgb(size, bytes).unwrap()
    }

    #[test]
    fn one_colour_stays_that_colour_between_grey_bars() {
        let input = Size::new(416, 416);
        let mut letterboxer = Letterboxer::new(input);
        let place = letterboxer.fill(&filled(Size::new(1280, 720), [255, 0, 51]));
        assert_eq!((place.scaled, place.left, place.top), (Size::new(416, 234), 0, 91));
        let plane = input.area() as usize;
        for y in 0..416usize {
            let inside = (91..91 + 234).contains(&y);
            for (channel, colour) in [1.0, 0.0, 0.2].into_iter().enumerate() {
                let expected = if inside { colour } else { 114.0 / 255.0 };
                for x in [0, 1, 207, 415] {
                    let got = letterboxer.tensor()[channel * plane + y * 416 + x];
                    assert!((got - expected).abs() < 1e-6, "{channel} {x},{y}: {got}");
                }
            }
        }
    }

    #[test]
    fn another_size_leaves_nothing_of_the_last_picture() {
        let mut used = Letterboxer::new(Size::new(64, 64));
        used.fill(&filled(Size::new(64, 32), [255; 3]));
        used.fill(&filled(Size::new(16, 64), [9; 3]));
        let mut fresh = Letterboxer::new(Size::new(64, 64));
        fresh.fill(&filled(Size::new(16, 64), [9; 3]));
        assert_eq!(used.tensor(), fresh.tensor());
    }

    #[test]
    fn the_same_size_is_copied() {
        let size = Size::new(8, 8);
        let bytes: Vec<u8> = (0..192).collect();
        let mut letterboxer = Letterboxer::new(size);
        letterboxer.fill(&Frame::from_rgb(size, bytes.clone()).unwrap());
        for (i, value) in bytes.iter().enumerate() {
            let (pixel, channel) = (i / 3, i % 3);
            assert!((letterboxer.tensor()[channel * 64 + pixel] - f32::from(*value) / 255.0).abs() < 1e-6);
        }
    }

    #[test]
    fn the_thinnest_pictures_fit() {
        for size in [Size::new(1, 1), Size::new(1, 5000), Size::new(5000, 1), Size::new(2, 3)] {
            let place = Letterboxer::new(Size::new(416, 416)).fill(&filled(size, [1, 2, 3]));
            assert!(place.scaled.width >= 1 && place.scaled.height >= 1);
        }
    }
}
