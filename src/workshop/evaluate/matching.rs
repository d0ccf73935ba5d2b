//! One picture: which detections are right, for every IoU threshold and size.

use super::{AREAS, SIZES, THRESHOLDS, thresholds};
use crate::compare::truth::{FoundBox, TruthBox};

/// The most detections of one class in one picture that count.
pub const MAX_FOUND: usize = 100;

/// A detection once it is matched; where it was is of no more use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MatchedBox {
    pub category: u32,
    /// Index into the images of the truth.
    pub image: u32,
    pub score: f32,
    /// Among those of its class in its picture, from 0.
    pub rank: u8,
    pub sizes: [Marks; SIZES],
}

/// Bit `t` is that of the IoU threshold `t`. With neither, a detection is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub right: u16,
    /// Neither right nor wrong: it matches a crowd, or something of another size, or nothing and is of another
    /// size itself.
    pub ignored: u16,
}

impl Marks {
    pub const ALL: u16 = (1 << THRESHOLDS) - 1;
}

/// An object that a model must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Thing {
    pub category: u32,
    pub image: u32,
    /// Bit `s`: it is of size `s`.
    pub sizes: u8,
}

/// The objects in a picture; crowds do not count.
pub(super) fn things(image: u32, boxes: &[TruthBox]) -> impl Iterator<Item = Thing> {
    boxes.iter().filter(|b| !b.crowd).map(move |b| {
        let sizes = (0..SIZES).filter(|size| is_of(b.area, *size)).fold(0, |bits, size| bits | 1 << size);
        Thing { category: b.category as u32, image, sizes }
    })
}

/// Matches one picture's detections, class by class, into `judged`. After COCO's rules: detections choose in the order
/// of their scores, each the free thing that it overlaps most; crowds and things of another size only if
/// there is nothing else, and a crowd by any number.
pub(super) fn judge(image: u32, boxes: &[TruthBox], found: &[FoundBox], judged: &mut Vec<MatchedBox>) {
    let mut found: Vec<&FoundBox> = found.iter().collect();
    // Stable, so that equal scores keep the detector's order.
    found.sort_by(|a, b| a.category.cmp(&b.category).then(b.score.total_cmp(&a.score)));
    for of_class in found.chunk_by(|a, b| a.category == b.category) {
        let of_class = &of_class[..of_class.len().min(MAX_FOUND)];
        let category = of_class[0].category;
        let truth: Vec<&TruthBox> = boxes.iter().filter(|b| b.category == category).collect();
        let ious: Vec<Vec<f64>> = of_class.iter().map(|f| truth.iter().map(|t| f.iou(t)).collect()).collect();
        let start = judged.len();
        judged.extend(of_class.iter().enumerate().map(|(rank, f)| MatchedBox {
            category: category as u32,
            image,
            score: f.score,
            rank: rank as u8,
            sizes: [Marks::default(); SIZES],
        }));
        for size in 0..SIZES {
            let marks = match_size(size, &truth, of_class, &ious);
            judged[start..].iter_mut().zip(marks).for_each(|(j, marks)| j.sizes[size] = marks);
        }
    }
}

fn match_size(size: usize, truth: &[&TruthBox], found: &[&FoundBox], ious: &[Vec<f64>]) -> Vec<Marks> {
    let ignored = |t: &TruthBox| t.crowd || !is_of(t.area, size);
    // Those that count come first.
    let mut order: Vec<usize> = (0..truth.len()).collect();
    order.sort_by_key(|i| ignored(truth[*i]));
    let mut marks = vec![Marks::default(); found.len()];
    for (bit, threshold) in thresholds().into_iter().enumerate() {
        let mut taken = vec![false; truth.len()];
        for (at, mark) in marks.iter_mut().enumerate() {
            let mut best = threshold.min(1.0 - 1e-10);
            let mut chosen: Option<usize> = None;
            for &i in &order {
                if taken[i] && !truth[i].crowd {
                    continue;
                }
                if ignored(truth[i]) && chosen.is_some_and(|c| !ignored(truth[c])) {
                    break;
                }
                // Of equal overlaps the last one is chosen.
                if ious[at][i] >= best {
                    (best, chosen) = (ious[at][i], Some(i));
                }
            }
            let [_, _, w, h] = found[at].xywh;
            match chosen {
                Some(i) => {
                    taken[i] = true;
                    *if ignored(truth[i]) { &mut mark.ignored } else { &mut mark.right } |= 1 << bit;
                }
                None if !is_of(w * h, size) => mark.ignored |= 1 << bit,
                None => {}
            }
        }
    }
    marks
}

fn is_of(area: f64, size: usize) -> bool {
    let (from, to) = AREAS[size];
    area >= from && area <= to
}
