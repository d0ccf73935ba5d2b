//! Decides about one picture.

use super::{
    BACKGROUND_IOU, BoxJudgement, ErrorKind, FoundBox, Judgement, ObjectJudgement, RIGHT_IOU, TruthBox, TruthOutcome,
};

/// Judges each detection and each object of a picture. Detections choose in the order of their scores, equal ones as they
/// are given, each the free object of its class that it overlaps most.
pub fn judge_boxes(objects: &[TruthBox], found: &[FoundBox]) -> Judgement {
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|a, b| found[*b].score.total_cmp(&found[*a].score));
    let overlaps = Overlaps { objects, found };
    let mut judged = Judgement {
        boxes: vec![BoxJudgement { outcome: TruthOutcome::False, error: None, object: None, iou: 0.0 }; found.len()],
        objects: objects
            .iter()
            .map(|object| if object.crowd { ObjectJudgement::Crowd } else { ObjectJudgement::Missed })
            .collect(),
    };
    for &place in &order {
        judged.choose(place, &overlaps);
    }
    // Only now is it known which objects are taken.
    for &place in &order {
        judged.explain(place, &overlaps);
    }
    judged
}

/// The IoU of each detection with each object: computed where it is asked for, because a table of thousands of each takes more
/// memory than a picture.
struct Overlaps<'a> {
    objects: &'a [TruthBox],
    found: &'a [FoundBox],
}

impl Overlaps<'_> {
    /// The object that a detection overlaps most, and how much; of equal ones the first. Crowds are none.
    fn best(&self, found: usize, is_meant: impl Fn(usize, &TruthBox) -> bool) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        let found = &self.found[found];
        for (place, object) in self.objects.iter().enumerate() {
            if object.crowd || !is_meant(place, object) {
                continue;
            }
            let iou = found.iou(object);
            if iou > best.map_or(0.0, |(_, best)| best) {
                best = Some((place, iou));
            }
        }
        best
    }

    /// Whether a detection lies in a crowd of its class.
    fn in_crowd(&self, found: usize) -> bool {
        let found = &self.found[found];
        let is_of_class = |object: &&TruthBox| object.crowd && object.category == found.category;
        self.objects.iter().filter(is_of_class).any(|crowd| found.iou(crowd) > RIGHT_IOU)
    }
}

impl Judgement {
    fn choose(&mut self, place: usize, overlaps: &Overlaps<'_>) {
        let category = overlaps.found[place].category;
        let free = |object: usize| !matches!(self.objects[object], ObjectJudgement::Found(_));
        let chosen = overlaps.best(place, |at, object| object.category == category && free(at));
        match chosen.filter(|(_, iou)| *iou >= RIGHT_IOU) {
            Some((object, iou)) => {
                self.objects[object] = ObjectJudgement::Found(place);
                self.boxes[place] =
                    BoxJudgement { outcome: TruthOutcome::True, error: None, object: Some(object), iou };
            }
            None if overlaps.in_crowd(place) => self.boxes[place].outcome = TruthOutcome::Ignored,
            None => {}
        }
    }

    fn explain(&mut self, place: usize, overlaps: &Overlaps<'_>) {
        if self.boxes[place].outcome == TruthOutcome::True {
            return;
        }
        let (error, object, iou) = self.error(place, overlaps);
        let judged = &mut self.boxes[place];
        (judged.error, judged.object, judged.iou) = (Some(error), object, iou);
        // The first that means an object is the strongest.
        if let (ErrorKind::Classification | ErrorKind::Localization, Some(object)) = (error, object)
            && self.objects[object] == ObjectJudgement::Missed
        {
            self.objects[object] = ObjectJudgement::Mistaken(place);
        }
    }

    fn error(&self, place: usize, overlaps: &Overlaps<'_>) -> (ErrorKind, Option<usize>, f64) {
        let category = overlaps.found[place].category;
        let of_class = overlaps.best(place, |_, object| object.category == category);
        if let Some((object, iou)) = of_class
            && (BACKGROUND_IOU..=RIGHT_IOU).contains(&iou)
        {
            return (ErrorKind::Localization, Some(object), iou);
        }
        let of_others = overlaps.best(place, |_, object| object.category != category);
        if let Some((object, iou)) = of_others
            && iou >= RIGHT_IOU
        {
            return (ErrorKind::Classification, Some(object), iou);
        }
        let is_found = |object: usize| matches!(self.objects[object], ObjectJudgement::Found(_));
        let taken = overlaps.best(place, |at, object| object.category == category && is_found(at));
        if let Some((object, iou)) = taken
            && iou >= RIGHT_IOU
        {
            return (ErrorKind::Duplicate, Some(object), iou);
        }
        let any = overlaps.best(place, |_, _| true).map_or(0.0, |(_, iou)| iou);
        if any <= BACKGROUND_IOU { (ErrorKind::Background, None, any) } else { (ErrorKind::Both, None, any) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(category: usize, x: f64, crowd: bool) -> TruthBox {
        TruthBox { category, xywh: [x, 0.0, 100.0, 100.0], area: 10_000.0, crowd }
    }

    fn found(category: usize, score: f32, x: f64) -> FoundBox {
        FoundBox { category, score, xywh: [x, 0.0, 100.0, 100.0] }
    }

    /// Moved by 20 of 100, two boxes have an IoU of 80/120; by 50, of 50/150; by 90, of 10/190.
    #[test]
    fn each_kind_of_error_is_told() {
        let objects =
            [object(0, 0.0, false), object(1, 1000.0, false), object(1, 2000.0, false), object(1, 3000.0, true)];
        let cases = [
            (found(0, 0.9, 20.0), TruthOutcome::True, None, Some(0)),
            (found(0, 0.8, 0.0), TruthOutcome::False, Some(ErrorKind::Duplicate), Some(0)),
            (found(0, 0.7, 1020.0), TruthOutcome::False, Some(ErrorKind::Classification), Some(1)),
            (found(1, 0.6, 1050.0), TruthOutcome::False, Some(ErrorKind::Localization), Some(1)),
            (found(0, 0.5, 2050.0), TruthOutcome::False, Some(ErrorKind::Both), None),
            (found(1, 0.4, 2090.0), TruthOutcome::False, Some(ErrorKind::Background), None),
            (found(1, 0.3, 3040.0), TruthOutcome::Ignored, Some(ErrorKind::Background), None),
            (found(0, 0.2, 3000.0), TruthOutcome::False, Some(ErrorKind::Background), None),
        ];
        let judged = judge_boxes(&objects, &cases.map(|(found, ..)| found));
        for (place, ((_, outcome, error, object), judged)) in cases.iter().zip(&judged.boxes).enumerate() {
            assert_eq!((judged.outcome, judged.error, judged.object), (*outcome, *error, *object), "{place}");
        }
        let expected =
            [ObjectJudgement::Found(0), ObjectJudgement::Mistaken(2), ObjectJudgement::Missed, ObjectJudgement::Crowd];
        assert_eq!(judged.objects, expected);
    }

    #[test]
    fn the_strongest_chooses_first_however_they_are_given() {
        let objects = [object(0, 0.0, false), object(0, 60.0, false)];
        // The stronger one lies on the first object, and the weaker one between both, nearer to the first.
        let boxes = [found(0, 0.5, 28.0), found(0, 0.9, 0.0)];
        let judged = judge_boxes(&objects, &boxes);
        assert_eq!(judged.objects, [ObjectJudgement::Found(1), ObjectJudgement::Found(0)]);
    }

    #[test]
    fn without_objects_all_is_background() {
        let judged = judge_boxes(&[], &[found(0, 0.5, 0.0)]);
        assert_eq!(judged.boxes[0].error, Some(ErrorKind::Background));
        assert_eq!(judge_boxes(&[object(0, 0.0, false)], &[]).objects, [ObjectJudgement::Missed]);
    }
}
