//! The same picture again, changed in a way that makes no difference to a person.
//!
//! What makes none to a person may make one to a model: INT8's AP moves with the last bit of the pixels, so that of two
//! recipes the better one on the pictures as they are may only be the luckier one.
//!
//! ```text
//! frame ── apply ──▶ changed frame ── a model ──▶ boxes in its pixels ── restore ──▶ boxes in the frame's pixels
//! ```

use super::random::Random;
use crate::detect::{BBox, Frame, Size};

/// One such change: the picture is mirrored, then shifted, then its bytes are changed, each of these or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicate {
    /// As in reports.
    pub name: &'static str,
    /// Left and right are swapped.
    mirrored: bool,
    /// Pixels to the right and down; negative = to the left and up. Edges are repeated.
    shift: isize,
    /// Each byte changes by −1, 0 or +1. `None` = none does; another number gives other changes.
    noise: Option<u64>,
}

impl Replicate {
    /// The picture as it is.
    pub const UNCHANGED: Self = Self { name: "unchanged", mirrored: false, shift: 0, noise: None };

    /// In the order in which they are taken: that of the documentation, so that figures can be compared later.
    pub const ALL: [Self; 8] = [
        Self::UNCHANGED,
        Self { name: "mirrored", mirrored: true, ..Self::UNCHANGED },
        Self { name: "±1 noise", noise: Some(3), ..Self::UNCHANGED },
        Self { name: "shifted right and down", shift: 1, ..Self::UNCHANGED },
        Self { name: "shifted left and up", shift: -1, ..Self::UNCHANGED },
        Self { name: "mirrored with ±1 noise", mirrored: true, noise: Some(6), ..Self::UNCHANGED },
        Self { name: "other ±1 noise", noise: Some(7), ..Self::UNCHANGED },
        Self { name: "mirrored and shifted right and down", mirrored: true, shift: 1, ..Self::UNCHANGED },
    ];

    /// The changed picture, of the same size: `frame` itself where nothing changes, or else `buffer`, whose memory is used
    /// again. `image`: a number of the picture's own, which decides about the noise.
    pub fn apply<'a>(&self, image: u64, frame: &'a Frame, buffer: &'a mut Frame) -> &'a Frame {
        if *self == Self::UNCHANGED {
            return frame;
        }
        // As many pixels as a frame that exists already, so that the limit cannot be the reason.
        let fits = buffer.resize(frame.size());
        debug_assert!(fits.is_ok());
        self.move_pixels(frame, buffer);
        if let Some(number) = self.noise {
            let mut random = Random::new(Random::new(image).next().wrapping_add(number));
            for byte in buffer.rgb_mut() {
                *byte = byte.saturating_add_signed(random.below(3) as i8 - 1);
            }
        }
        buffer
    }

    fn move_pixels(&self, frame: &Frame, buffer: &mut Frame) {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let (source, _) = frame.rgb().as_chunks::<3>();
        let (target, _) = buffer.rgb_mut().as_chunks_mut::<3>();
        for (y, row) in target.chunks_exact_mut(width).enumerate() {
            let source = &source[self.unshifted(y, height) * width..][..width];
            for (x, pixel) in row.iter_mut().enumerate() {
                let x = self.unshifted(x, width);
                *pixel = source[if self.mirrored { width - 1 - x } else { x }];
            }
        }
    }

    /// Where along an axis of this length a pixel comes from.
    fn unshifted(&self, place: usize, length: usize) -> usize {
        place.saturating_add_signed(-self.shift).min(length - 1)
    }

    /// A box of the changed picture, in pixels of the picture as it is, which has this size; `None` = nothing of it is
    /// inside.
    pub fn restore(&self, bbox: BBox, size: Size) -> Option<BBox> {
        let shift = self.shift as f32;
        let BBox { x1, y1, x2, y2 } = bbox;
        let (x1, x2) = (x1 - shift, x2 - shift);
        let width = size.width as f32;
        let (x1, x2) = if self.mirrored { (width - x2, width - x1) } else { (x1, x2) };
        BBox::new(x1, y1 - shift, x2, y2 - shift).clipped_to(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIRRORED: Replicate = Replicate::ALL[1];
    const NOISE: Replicate = Replicate::ALL[2];
    const DOWN: Replicate = Replicate::ALL[3];
    const UP: Replicate = Replicate::ALL[4];

    /// Hardly two pixels are the same; both 0 and 255 are there.
    fn picture(width: u32, height: u32) -> Frame {
        let size = Size::new(width, height);
        let bytes = (0..size.area() * 3).map(|i| (i * 37 % 256) as u8).collect();
        Frame::from_rgb(size, bytes).unwrap()
    }

    fn changed(replicate: &Replicate, image: u64, frame: &Frame) -> Frame {
        replicate.apply(image, frame, &mut Frame::default()).clone()
    }

    #[test]
    fn each_replicate_has_its_own_name_and_pixels() {
        let frame = picture(9, 7);
        assert_eq!(Replicate::ALL[0], Replicate::UNCHANGED);
        for (i, a) in Replicate::ALL.iter().enumerate() {
            for b in &Replicate::ALL[..i] {
                assert_ne!(a.name, b.name);
                assert_ne!(changed(a, 1, &frame), changed(b, 1, &frame), "{} and {}", a.name, b.name);
            }
        }
    }

    #[test]
    fn the_first_is_the_frame_itself() {
        let frame = picture(5, 4);
        let mut buffer = Frame::default();
        assert!(std::ptr::eq(Replicate::UNCHANGED.apply(1, &frame, &mut buffer), &frame));
        let bbox = BBox::new(0.1, 1.0 / 3.0, 4.7, 4.0);
        assert_eq!(Replicate::UNCHANGED.restore(bbox, frame.size()), Some(bbox));
    }

    #[test]
    fn mirrored_twice_is_as_it_was() {
        let frame = picture(7, 3);
        let once = changed(&MIRRORED, 1, &frame);
        assert_eq!((once.pixel(0, 2), once.pixel(6, 0)), (frame.pixel(6, 2), frame.pixel(0, 0)));
        assert_eq!(changed(&MIRRORED, 1, &once), frame);
    }

    #[test]
    fn a_shift_moves_by_one_pixel_and_repeats_the_edge() {
        let frame = picture(6, 5);
        let down = changed(&DOWN, 1, &frame);
        let up = changed(&UP, 1, &frame);
        for (x, y) in (0..6).flat_map(|x| (0..5).map(move |y| (x, y))) {
            assert_eq!(down.pixel(x, y), frame.pixel(x.saturating_sub(1), y.saturating_sub(1)), "{x},{y}");
            assert_eq!(up.pixel(x, y), frame.pixel((x + 1).min(5), (y + 1).min(4)), "{x},{y}");
        }
        // There and back, all but the edge is as it was.
        let back = changed(&UP, 1, &down);
        assert!((0..5).flat_map(|x| (0..4).map(move |y| (x, y))).all(|(x, y)| back.pixel(x, y) == frame.pixel(x, y)));
    }

    #[test]
    fn noise_is_one_step_at_most_and_the_same_every_time() {
        let frame = picture(64, 48);
        let noisy = changed(&NOISE, 1, &frame);
        let mut counts = [0usize; 3];
        for (from, to) in frame.rgb().iter().zip(noisy.rgb()) {
            let step = i16::from(*to) - i16::from(*from);
            assert!((-1..=1).contains(&step), "{from} became {to}");
            if !matches!(from, 0 | 255) {
                counts[(step + 1) as usize] += 1;
            }
        }
        let third = frame.rgb().len() / 3;
        assert!(counts.iter().all(|c| c.abs_diff(third) < third / 10), "{counts:?} of {third} each");
        assert_eq!(changed(&NOISE, 1, &frame), noisy);
        assert_ne!(changed(&NOISE, 2, &frame), noisy, "each picture has its own noise");
        // Figures of one machine are those of another: these are the changes.
        let grey = Frame::from_rgb(Size::new(4, 1), vec![100; 12]).unwrap();
        assert_eq!(changed(&NOISE, 139, &grey).rgb(), [100, 101, 100, 100, 99, 100, 101, 99, 99, 100, 101, 99]);
    }

    /// White on black, at the same place once the box is brought back.
    #[test]
    fn boxes_come_back_to_where_things_are() {
        let size = Size::new(20, 12);
        let mut frame = Frame::new(size).unwrap();
        let (left, top, right, bottom) = (3, 2, 9, 7);
        for (x, y) in (left..right).flat_map(|x| (top..bottom).map(move |y| (x, y))) {
            frame.rgb_mut()[(y * 20 + x) * 3..][..3].fill(255);
        }
        for replicate in &Replicate::ALL {
            let changed = changed(replicate, 1, &frame);
            let white = |x: &u32, y: &u32| changed.pixel(*x, *y).is_some_and(|[red, ..]| red > 128);
            let columns: Vec<u32> = (0..20).filter(|x| (0..12).any(|y| white(x, &y))).collect();
            let rows: Vec<u32> = (0..12).filter(|y| (0..20).any(|x| white(&x, y))).collect();
            let seen = BBox::new(columns[0] as f32, rows[0] as f32, columns[5] as f32 + 1.0, rows[4] as f32 + 1.0);
            assert_eq!((columns.len(), rows.len()), (6, 5), "{}", replicate.name);
            let expected = BBox::new(left as f32, top as f32, right as f32, bottom as f32);
            assert_eq!(replicate.restore(seen, size), Some(expected), "{}", replicate.name);
        }
    }

    #[test]
    fn what_comes_back_is_inside_the_picture() {
        let size = Size::new(20, 12);
        let all = BBox::new(0.0, 0.0, 20.0, 12.0);
        assert_eq!(DOWN.restore(all, size), Some(BBox::new(0.0, 0.0, 19.0, 11.0)));
        assert_eq!(UP.restore(all, size), Some(BBox::new(1.0, 1.0, 20.0, 12.0)));
        assert_eq!(MIRRORED.restore(all, size), Some(all));
        // Nothing but the repeated edge.
        assert_eq!(DOWN.restore(BBox::new(0.0, 3.0, 1.0, 8.0), size), None);
    }

    #[test]
    fn the_buffer_is_used_again_whatever_was_in_it() {
        let (large, small, thin) = (picture(31, 17), picture(8, 9), picture(1, 1));
        let mut buffer = Frame::new(large.size()).unwrap();
        let memory = buffer.rgb().as_ptr();
        for frame in [&small, &large, &thin, &small] {
            for replicate in &Replicate::ALL[1..] {
                let seen = replicate.apply(7, frame, &mut buffer);
                assert_eq!((seen, seen.rgb().as_ptr()), (&changed(replicate, 7, frame), memory));
            }
        }
    }
}
