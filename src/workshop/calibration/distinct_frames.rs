//! Which frames of a stream differ enough to be worth measuring: neighbours show the same.

use crate::detect::Frame;

/// Cells along each side of what is compared.
const CELLS: usize = 16;

/// The least mean difference of the cells, in grey levels of 255. Noise of a camera stays far below it.
const LEAST_DIFFERENCE: f32 = 4.0;

/// Remembers the frames that were taken, small.
#[derive(Clone, Debug, Default)]
pub struct DistinctFrames {
    taken: Vec<[f32; CELLS * CELLS]>,
    too_alike: usize,
}

/// A frame that was taken, as another one sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearFrame {
    /// How many were taken before it.
    pub index: usize,
    /// The mean difference of the cells, in grey levels of 255.
    pub difference: f32,
}

impl DistinctFrames {
    /// Cells along each side of what is compared.
    pub const CELLS: usize = CELLS;

    /// The least mean difference of the cells, in grey levels of 255, of two frames that are not alike.
    pub const LEAST_DIFFERENCE: f32 = LEAST_DIFFERENCE;

    /// Whether the frame differs from all that were taken before; then it counts as taken.
    pub fn take(&mut self, frame: &Frame) -> bool {
        self.take_unless_near(frame).is_none()
    }

    /// The same; otherwise gives the one that it is most like.
    pub fn take_unless_near(&mut self, frame: &Frame) -> Option<NearFrame> {
        let small = shrink(frame);
        let difference = |other: &[f32; CELLS * CELLS]| {
            let sum: f32 = small.iter().zip(other).map(|(a, b)| (a - b).abs()).sum();
            sum / (CELLS * CELLS) as f32
        };
        let all = self.taken.iter().map(difference).enumerate();
        let nearest = all.min_by(|(_, x), (_, y)| x.total_cmp(y));
        let near = nearest
            .filter(|(_, difference)| *difference < LEAST_DIFFERENCE)
            .map(|(index, difference)| NearFrame { index, difference });
        match near {
            Some(_) => self.too_alike += 1,
            None => self.taken.push(small),
        }
        near
    }

    /// How many were too like one that was taken.
    pub fn too_alike(&self) -> usize {
        self.too_alike
    }
}

/// The mean grey level of each cell.
fn shrink(frame: &Frame) -> [f32; CELLS * CELLS] {
    let (width, height) = (frame.size().width as usize, frame.size().height as usize);
    let stride = frame.stride();
    let mut small = [0.0; CELLS * CELLS];
    for (i, cell) in small.iter_mut().enumerate() {
        // Of pictures with fewer pixels than cells, some cells see the same pixel.
        let span = |at: usize, whole: usize| {
            let from = (at * whole / CELLS).min(whole.saturating_sub(1));
            from..((at + 1) * whole / CELLS).max(from + 1).min(whole.max(from))
        };
        let (mut sum, mut count) = (0u64, 0u64);
        for y in span(i / CELLS, height) {
            for x in span(i % CELLS, width) {
                let pixel = &frame.rgb()[y * stride + x * 3..][..3];
                sum += pixel.iter().map(|v| u64::from(*v)).sum::<u64>();
                count += 3;
            }
        }
        *cell = sum as f32 / count.max(1) as f32;
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Size;

    /// A bright square on grey, with noise.
    fn frame(left: usize, seed: u32) -> Frame {
        let size = Size::new(160, 120);
        let mut seed = seed;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8 % 16
        };
        let inside = |x: usize, y: usize| (left..left + 60).contains(&x) && (30..90).contains(&y);
        let bytes =
            (0..160 * 120 * 3).map(|i| if inside(i / 3 % 160, i / 3 / 160) { 230 } else { 90 } + noise()).collect();
        Frame::from_rgb(size, bytes).unwrap()
    }

    #[test]
    fn a_still_scene_counts_once_whatever_its_noise() {
        let mut distinct = DistinctFrames::default();
        let taken = (0..10).filter(|seed| distinct.take(&frame(10, seed * 7919))).count();
        assert_eq!((taken, distinct.too_alike()), (1, 9));
    }

    #[test]
    fn what_moves_counts_again_and_what_comes_back_does_not() {
        let mut distinct = DistinctFrames::default();
        assert!(distinct.take(&frame(0, 1)));
        assert!(distinct.take(&frame(50, 2)));
        assert!(distinct.take(&frame(100, 3)));
        assert!(!distinct.take(&frame(0, 4)), "it was there before");
        let near = distinct.take_unless_near(&frame(51, 6)).unwrap();
        assert!(near.index == 1 && near.difference < DistinctFrames::LEAST_DIFFERENCE, "{near:?}");
        assert!(!distinct.take(&frame(1, 5)), "a pixel is no difference");
    }

    #[test]
    fn the_smallest_pictures_can_be_compared() {
        let one = |shade: u8| Frame::from_rgb(Size::new(1, 1), vec![shade; 3]).unwrap();
        let mut distinct = DistinctFrames::default();
        assert!(distinct.take(&one(0)) && distinct.take(&one(200)) && !distinct.take(&one(201)));
    }
}
