//! What the raw heads contain for one candidate, whether or not it became a detection.

use super::decode::sigmoid;
use super::{CandidateId, Form, RawHeads};

/// A view into the raw heads at one candidate.
#[derive(Clone, Copy, Debug)]
pub struct RawCandidate<'a> {
    /// The planes of its anchor: tx, ty, tw, th, objectness, then one per class, `cells` values each.
    planes: &'a [f32],
    cells: usize,
    cell: usize,
    /// Column and row of its cell, from the left and from the top.
    pub column: usize,
    pub row: usize,
}

impl<'a> RawCandidate<'a> {
    /// `None` if the form or the heads have no such place, for example with an id from another model.
    pub fn new(form: &Form, heads: &'a RawHeads, id: CandidateId) -> Option<Self> {
        let head = form.heads.get(usize::from(id.head))?;
        let grid = form.grid(head);
        let (cells, cell) = (grid.area() as usize, id.cell as usize);
        let (anchor, length) = (usize::from(id.anchor), cells * form.planes());
        if cell >= cells || anchor >= head.anchors.len() {
            return None;
        }
        let planes = heads.heads.get(usize::from(id.head))?.get(anchor * length..(anchor + 1) * length)?;
        let columns = grid.width as usize;
        Some(Self { planes, cells, cell, column: cell % columns, row: cell / columns })
    }

    /// tx, ty, tw, th as output by the model.
    pub fn geometry(&self) -> [f32; 4] {
        [0, 1, 2, 3].map(|plane| self.planes[plane * self.cells + self.cell])
    }

    /// σ(objectness), in 0..=1.
    pub fn objectness(&self) -> f32 {
        sigmoid(self.planes[4 * self.cells + self.cell])
    }

    /// σ(class) of every class by id, in 0..=1.
    pub fn classes(&self) -> impl ExactSizeIterator<Item = f32> + use<'a> {
        let cell = self.cell;
        self.planes[5 * self.cells..].chunks_exact(self.cells).map(move |plane| sigmoid(plane[cell]))
    }

    /// σ(class); `None` for a class that the model does not have.
    pub fn class(&self, class_id: usize) -> Option<f32> {
        self.classes().nth(class_id)
    }

    /// The decoded score for a class, σ(objectness) · σ(class).
    pub fn score(&self, class_id: usize) -> Option<f32> {
        Some(self.objectness() * self.class(class_id)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_the_model_does_not_have_gives_nothing() {
        let form = Form::yolov4_tiny_416();
        let heads = RawHeads::zeros(&form);
        let look = |head, anchor, cell| RawCandidate::new(&form, &heads, CandidateId { head, anchor, cell });
        let last = look(1, 2, 168).unwrap();
        assert_eq!((last.column, last.row, last.classes().len()), (12, 12, 80));
        assert_eq!((last.objectness(), last.score(79), last.class(80)), (0.5, Some(0.25), None));
        for (head, anchor, cell) in [(1, 2, 169), (1, 3, 0), (2, 0, 0), (0, 0, 676)] {
            assert!(look(head, anchor, cell).is_none(), "{head} {anchor} {cell}");
        }
        assert!(RawCandidate::new(&form, &RawHeads::default(), CandidateId { head: 0, anchor: 0, cell: 0 }).is_none());
    }
}
