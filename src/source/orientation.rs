//! A picture turned and mirrored, as a camera's mounting asks for.

use crate::detect::{Frame, Size};

/// Clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Turn {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Turn {
    /// `None` unless `degrees` is 0, 90, 180 or 270.
    pub fn from_degrees(degrees: u32) -> Option<Self> {
        [Self::None, Self::Quarter, Self::Half, Self::ThreeQuarters].into_iter().find(|turn| turn.degrees() == degrees)
    }

    /// 0, 90, 180 or 270, clockwise.
    pub fn degrees(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }
}

/// First turned, then mirrored: what was left is right, on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Orientation {
    pub turn: Turn,
    pub mirror: bool,
}

/// Squares of this many pixels a side are turned one by one, so that both pictures' rows stay in the cache.
const BLOCK: usize = 32;

impl Orientation {
    /// Whether it leaves pictures as they are.
    pub fn is_upright(self) -> bool {
        self == Self::default()
    }

    /// The size of a picture of `size` after it.
    pub fn size(self, size: Size) -> Size {
        match self.turn {
            Turn::None | Turn::Half => size,
            Turn::Quarter | Turn::ThreeQuarters => Size::new(size.height, size.width),
        }
    }

    /// Writes `from`, turned, into `to`, whose memory it uses again.
    pub fn apply(self, from: &Frame, to: &mut Frame) {
        // As many pixels as a frame that exists already, so that the limit cannot be the reason.
        let fits = to.resize(self.size(from.size()));
        debug_assert!(fits.is_ok());
        let (width, height) = (from.width() as usize, from.height() as usize);
        // A half turn is all pixels backwards; with a mirror it is the rows backwards.
        let rows = |to: &mut Frame, upside_down: bool, backwards: bool| {
            let lines = to.rgb_mut().chunks_exact_mut(width * 3).enumerate();
            for (y, line) in lines {
                let source = if upside_down { height - 1 - y } else { y };
                let source = &from.rgb()[source * width * 3..][..width * 3];
                if backwards {
                    let (pixels, _) = source.as_chunks::<3>();
                    line.as_chunks_mut::<3>().0.iter_mut().zip(pixels.iter().rev()).for_each(|(to, from)| *to = *from);
                } else {
                    line.copy_from_slice(source);
                }
            }
        };
        match (self.turn, self.mirror) {
            (Turn::None, mirror) => rows(to, false, mirror),
            (Turn::Half, mirror) => rows(to, true, !mirror),
            (Turn::Quarter, mirror) => columns(from, to, true, !mirror),
            (Turn::ThreeQuarters, mirror) => columns(from, to, false, mirror),
        }
    }
}

/// Columns become rows: the leftmost one the top row where `down`, else the bottom row; bottom first where `up`.
fn columns(from: &Frame, to: &mut Frame, down: bool, up: bool) {
    let (width, height) = (from.width() as usize, from.height() as usize);
    let (source, _) = from.rgb().as_chunks::<3>();
    let (target, _) = to.rgb_mut().as_chunks_mut::<3>();
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for x in left..(left + BLOCK).min(width) {
                let row = if down { x } else { width - 1 - x };
                for y in top..(top + BLOCK).min(height) {
                    let column = if up { height - 1 - y } else { y };
                    target[row * height + column] = source[y * width + x];
                }
            }
        }
    }
}
