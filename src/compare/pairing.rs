//! Which box of A is which box of B.

use crate::detect::Detection;

/// Two boxes are of the same thing from this IoU on.
pub const MIN_IOU: f32 = 0.5;

/// A box of A and a box of B, as indices into their detections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    pub a: usize,
    pub b: usize,
    pub iou: f32,
}

/// Pairs boxes one to one, first within each class, then what is left across classes: the largest overlap first, of
/// equal overlaps the larger sum of scores, then the lower index in A, then in B. Keeps its memory between frames.
#[derive(Debug, Default)]
pub struct Pairing {
    options: Vec<Pair>,
    taken_a: Vec<bool>,
    taken_b: Vec<bool>,
    matched: Vec<Pair>,
    flips: Vec<Pair>,
}

impl Pairing {
    /// Pairs the boxes of one frame.
    pub fn run(&mut self, a: &[Detection], b: &[Detection]) {
        self.matched.clear();
        self.flips.clear();
        for (taken, boxes) in [(&mut self.taken_a, a), (&mut self.taken_b, b)] {
            taken.clear();
            taken.resize(boxes.len(), false);
        }
        overlaps(a, b, |i, j| a[i].class_id == b[j].class_id, &mut self.options);
        choose(&self.options, &mut self.taken_a, &mut self.taken_b, |pair| self.matched.push(pair));
        overlaps(a, b, |i, j| !self.taken_a[i] && !self.taken_b[j], &mut self.options);
        choose(&self.options, &mut self.taken_a, &mut self.taken_b, |pair| self.flips.push(pair));
    }

    /// Pairs of one class, the largest overlap first.
    pub fn matched(&self) -> &[Pair] {
        &self.matched
    }

    /// Pairs of different classes, the largest overlap first.
    pub fn flips(&self) -> &[Pair] {
        &self.flips
    }
}

/// All pairs that are wanted and overlap enough, in the order in which they choose.
pub(super) fn overlaps(
    a: &[Detection],
    b: &[Detection],
    wanted: impl Fn(usize, usize) -> bool,
    options: &mut Vec<Pair>,
) {
    options.clear();
    for (i, left) in a.iter().enumerate() {
        for (j, right) in b.iter().enumerate() {
            if !wanted(i, j) {
                continue;
            }
            let iou = left.bbox.iou(&right.bbox);
            if iou >= MIN_IOU {
                options.push(Pair { a: i, b: j, iou });
            }
        }
    }
    let scores = |pair: &Pair| a[pair.a].score + b[pair.b].score;
    options.sort_unstable_by(|x, y| {
        let stronger = y.iou.total_cmp(&x.iou).then_with(|| scores(y).total_cmp(&scores(x)));
        stronger.then((x.a, x.b).cmp(&(y.a, y.b)))
    });
}

/// Takes each pair whose boxes are both still free.
pub(super) fn choose(options: &[Pair], taken_a: &mut [bool], taken_b: &mut [bool], mut take: impl FnMut(Pair)) {
    for pair in options {
        if !taken_a[pair.a] && !taken_b[pair.b] {
            (taken_a[pair.a], taken_b[pair.b]) = (true, true);
            take(*pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{BBox, CandidateId};

    fn detection(class_id: usize, score: f32, x: f32, width: f32) -> Detection {
        let id = CandidateId { head: 0, anchor: 0, cell: 0 };
        Detection { class_id, score, bbox: BBox::new(x, 0.0, x + width, 10.0), id }
    }

    fn pairs(a: &[Detection], b: &[Detection]) -> [Vec<(usize, usize)>; 2] {
        let mut pairing = Pairing::default();
        pairing.run(a, b);
        [pairing.matched(), pairing.flips()].map(|pairs| pairs.iter().map(|p| (p.a, p.b)).collect())
    }

    #[test]
    fn the_largest_overlap_chooses_first_whatever_the_scores() {
        let a = [detection(0, 0.9, 0.0, 10.0), detection(0, 0.3, 2.0, 10.0)];
        let b = [detection(0, 0.9, 2.0, 10.0)];
        assert_eq!(pairs(&a, &b), [vec![(1, 0)], vec![]]);
    }

    #[test]
    fn of_equal_overlaps_the_higher_scores_choose_first() {
        let a = [detection(0, 0.9, 0.0, 10.0), detection(0, 0.3, 0.0, 10.0)];
        let b = [detection(0, 0.4, 0.0, 10.0), detection(0, 0.8, 0.0, 10.0)];
        assert_eq!(pairs(&a, &b), [vec![(0, 1), (1, 0)], vec![]]);
    }

    #[test]
    fn half_is_enough_and_less_is_not() {
        let a = [detection(0, 0.9, 0.0, 16.0)];
        assert_eq!(pairs(&a, &[detection(0, 0.9, 0.0, 8.0)]), [vec![(0, 0)], vec![]]);
        assert_eq!(pairs(&a, &[detection(0, 0.9, 0.0, 7.9)]), [vec![], vec![]]);
    }

    #[test]
    fn a_class_comes_before_a_larger_overlap_with_another() {
        let a = [detection(2, 0.9, 0.0, 10.0)];
        let b = [detection(7, 0.9, 0.0, 10.0), detection(2, 0.5, 1.0, 10.0)];
        assert_eq!(pairs(&a, &b), [vec![(0, 1)], vec![]]);
        assert_eq!(pairs(&a, &b[..1]), [vec![], vec![(0, 0)]]);
    }
}
