//! The order of a list of what moves: live, the strongest box may be another one in each frame, but rows must not run away
//! under the pointer.

use crate::compare::MIN_IOU;
use crate::detect::Detection;

/// Longer lists are not held: following each row from frame to frame would take longer than a frame.
const MOST: usize = 300;

/// What stood where in the last frame.
#[derive(Debug)]
pub struct HeldOrder<T> {
    things: Vec<T>,
}

impl<T> Default for HeldOrder<T> {
    fn default() -> Self {
        Self { things: Vec::new() }
    }
}

impl<T> HeldOrder<T> {
    /// The list is sorted as it should be.
    pub fn release(&mut self) {
        self.things.clear();
    }

    /// Begins to hold `things` in their order, where nothing is held yet.
    pub fn begin(&mut self, things: impl Iterator<Item = T>) {
        if self.things.is_empty() {
            self.things.extend(things.take(MOST));
        }
    }

    /// Puts the rows of another frame into the order that is held. `find` says which row a thing is now, by its key, and
    /// may take over where it is; `key` and `thing` are those of a row. New ones follow at the end; those that are not
    /// there now keep their place for when they come back.
    pub fn restore<R>(
        &mut self,
        rows: &mut Vec<R>,
        mut find: impl FnMut(&mut T) -> Option<usize>,
        key: impl Fn(&R) -> usize,
        thing: impl Fn(&R) -> Option<T>,
    ) {
        let mut left = std::mem::take(rows);
        for held in &mut self.things {
            let Some(found) = find(held) else { continue };
            // Two things may have become one.
            if let Some(at) = left.iter().position(|row| key(row) == found) {
                rows.push(left.remove(at));
            }
        }
        for row in left {
            if self.things.len() < MOST {
                self.things.extend(thing(&row));
            }
            rows.push(row);
        }
    }
}

/// Which of the next frame's detections a box is: the same candidate, or else the one of its class that overlaps it most.
pub fn follow(detection: &mut Detection, next: &[Detection]) -> Option<usize> {
    let overlap = |d: &Detection| if d.class_id == detection.class_id { d.bbox.iou(&detection.bbox) } else { 0.0 };
    let same = next.iter().position(|d| d.id == detection.id && overlap(d) >= MIN_IOU);
    let found = same.or_else(|| {
        let overlaps = next.iter().map(overlap).enumerate().filter(|(_, iou)| *iou >= MIN_IOU);
        overlaps.max_by(|x, y| x.1.total_cmp(&y.1)).map(|(i, _)| i)
    })?;
    *detection = next[found];
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{BBox, CandidateId};

    fn at(x: f32, score: f32) -> Detection {
        let id = CandidateId { head: 0, anchor: 0, cell: x as u32 };
        Detection { class_id: 0, score, bbox: BBox::new(x, 0.0, x + 50.0, 50.0), id }
    }

    fn restored(order: &mut HeldOrder<Detection>, next: &[Detection]) -> Vec<f32> {
        let mut rows: Vec<usize> = (0..next.len()).collect();
        order.restore(&mut rows, |d| follow(d, next), |row| *row, |row| next.get(*row).copied());
        rows.into_iter().map(|i| next[i].bbox.x1).collect()
    }

    #[test]
    fn boxes_keep_their_places_while_they_move_and_when_they_come_back() {
        let mut order = HeldOrder::default();
        order.begin([at(0.0, 0.9), at(100.0, 0.8), at(200.0, 0.7)].into_iter());
        assert_eq!(restored(&mut order, &[at(202.0, 0.95), at(3.0, 0.9), at(101.0, 0.8)]), [3.0, 101.0, 202.0]);
        assert_eq!(restored(&mut order, &[at(300.0, 0.99), at(204.0, 0.95), at(6.0, 0.9)]), [6.0, 204.0, 300.0]);
        let all = [at(300.0, 0.99), at(204.0, 0.95), at(6.0, 0.9), at(102.0, 0.5)];
        assert_eq!(restored(&mut order, &all), [6.0, 102.0, 204.0, 300.0]);
        order.release();
        order.begin(all.into_iter());
        assert_eq!(restored(&mut order, &all), [300.0, 204.0, 6.0, 102.0]);
    }
}
