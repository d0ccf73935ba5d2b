//! Where the labels of boxes go.

use crate::detect::BBox;

/// A label to be placed: its box and its own width and height, in the same unit.
#[derive(Clone, Copy, Debug)]
pub struct UnplacedLabel {
    pub target: BBox,
    pub size: [f32; 2],
    /// It is asked for by itself, and has a place in a crowd too.
    pub always: bool,
}

/// More labels than this are a crowd, which would hide the picture.
const CROWD: usize = 40;

/// The most labels of a crowd for which a place is sought: each is held against all boxes.
const MOST: usize = 200;

/// Places labels inside `bounds` and apart from each other where there is room, and from the places that are `taken`
/// from the start. Earlier labels have priority. Labels whose box is outside `bounds` get `None`; in a crowd so do those
/// that would lie over another label, or hide another box whole.
pub fn place(wanted: &[UnplacedLabel], bounds: BBox, mut taken: Vec<BBox>) -> Vec<Option<BBox>> {
    taken.reserve(wanted.len());
    let crowd = wanted.len() > CROWD;
    wanted
        .iter()
        .enumerate()
        .map(|(index, label)| {
            let may_go = crowd && !label.always;
            let seen = intersection(&label.target, &bounds);
            if seen.area() <= 0.0 || may_go && index >= MOST {
                return None;
            }
            let places = places(label, seen).map(|place| inside(place, bounds));
            let overlap = |place: &BBox| taken.iter().map(|t| intersection(t, place).area()).sum::<f32>();
            let hides = |place: &BBox| wanted.iter().enumerate().any(|(i, l)| i != index && contains(place, &l.target));
            let free = places.iter().find(|place| overlap(place) == 0.0 && !(may_go && hides(place)));
            if may_go && free.is_none() {
                return None;
            }
            let best = free.or_else(|| places.iter().min_by(|a, b| overlap(a).total_cmp(&overlap(b))));
            let chosen = *best?;
            taken.push(chosen);
            Some(chosen)
        })
        .collect()
}

/// Candidate positions, most natural first: above the box, inside it, below it.
fn places(label: &UnplacedLabel, seen: BBox) -> [BBox; 8] {
    let [w, h] = label.size;
    let (left, right) = (seen.x1, seen.x2 - w);
    [
        (left, seen.y1 - h),
        (left, seen.y1),
        (right, seen.y1 - h),
        (right, seen.y1),
        (left, seen.y2),
        (right, seen.y2),
        (left, seen.y2 - h),
        (right, seen.y2 - h),
    ]
    .map(|(x, y)| BBox::new(x, y, x + w, y + h))
}

fn inside(place: BBox, bounds: BBox) -> BBox {
    let (w, h) = (place.width(), place.height());
    let x = place.x1.min(bounds.x2 - w).max(bounds.x1);
    let y = place.y1.min(bounds.y2 - h).max(bounds.y1);
    BBox::new(x, y, x + w, y + h)
}

fn contains(outer: &BBox, inner: &BBox) -> bool {
    outer.x1 <= inner.x1 && outer.y1 <= inner.y1 && outer.x2 >= inner.x2 && outer.y2 >= inner.y2
}

/// The overlap of two boxes; its area is 0 if there is none.
fn intersection(a: &BBox, b: &BBox) -> BBox {
    BBox::new(a.x1.max(b.x1), a.y1.max(b.y1), a.x2.min(b.x2), a.y2.min(b.y2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: BBox = BBox::new(0.0, 0.0, 400.0, 300.0);

    fn label(x: f32, y: f32, w: f32, h: f32) -> UnplacedLabel {
        UnplacedLabel { target: BBox::new(x, y, x + w, y + h), size: [80.0, 18.0], always: false }
    }

    #[test]
    fn alone_a_label_sits_on_its_box() {
        let placed = place(&[label(50.0, 100.0, 120.0, 90.0)], BOUNDS, Vec::new());
        assert_eq!(placed, [Some(BBox::new(50.0, 82.0, 130.0, 100.0))]);
    }

    #[test]
    fn at_the_top_edge_it_moves_inside() {
        let placed = place(&[label(50.0, 0.0, 120.0, 90.0)], BOUNDS, Vec::new());
        assert_eq!(placed, [Some(BBox::new(50.0, 0.0, 130.0, 18.0))]);
    }

    #[test]
    fn boxes_on_one_place_get_labels_apart() {
        let placed: Vec<BBox> =
            place(&[label(50.0, 100.0, 120.0, 90.0); 4], BOUNDS, Vec::new()).into_iter().flatten().collect();
        assert_eq!(placed.len(), 4);
        for (i, a) in placed.iter().enumerate() {
            assert_eq!(intersection(a, &BOUNDS), *a);
            for b in &placed[i + 1..] {
                assert_eq!(intersection(a, b).area(), 0.0, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_place_that_is_taken_is_left_free() {
        let taken = BBox::new(0.0, 0.0, 200.0, 30.0);
        for wanted in [label(20.0, 5.0, 150.0, 200.0), label(50.0, 40.0, 120.0, 90.0)] {
            let [Some(placed)] = place(&[wanted], BOUNDS, vec![taken])[..] else { panic!() };
            assert_eq!(intersection(&placed, &taken).area(), 0.0, "{placed:?}");
        }
    }

    #[test]
    fn a_box_out_of_sight_has_no_label() {
        assert_eq!(place(&[label(500.0, 100.0, 20.0, 20.0)], BOUNDS, Vec::new()), [None]);
    }

    #[test]
    fn a_crowd_is_seen_and_only_what_is_asked_for_is_labelled_over_it() {
        // A grid of small boxes, closer than a label is wide.
        let at = |i: usize| label((i % 20) as f32 * 20.0, (i / 20) as f32 * 20.0, 10.0, 10.0);
        let mut wanted: Vec<UnplacedLabel> = (0..300).map(at).collect();
        wanted.insert(0, UnplacedLabel { always: true, ..at(150) });
        let placed = place(&wanted, BOUNDS, Vec::new());
        assert!(placed[0].is_some());
        for (i, place) in placed.iter().enumerate().skip(1) {
            let Some(place) = place else { continue };
            assert!(!wanted.iter().enumerate().any(|(j, w)| j != i && contains(place, &w.target)), "{i} hides another");
            let apart = |other: &BBox| intersection(place, other).area() == 0.0;
            assert!(
                placed.iter().enumerate().all(|(j, p)| j == i || p.as_ref().is_none_or(apart)),
                "{i} lies over another"
            );
        }
        assert!(placed.iter().flatten().count() < wanted.len() / 3, "{placed:?}");
    }

    #[test]
    fn where_there_is_no_room_every_label_still_has_a_place() {
        let wanted = [label(0.0, 0.0, 30.0, 20.0); 12];
        assert!(place(&wanted, BBox::new(0.0, 0.0, 90.0, 40.0), Vec::new()).iter().all(Option::is_some));
    }
}
