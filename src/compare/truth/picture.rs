//! What is in one picture, in the classes of the models that look at it.

use std::sync::Arc;

use super::{BoxTruth, FoundBox, ObjectJudgement, TruthBox, judge_boxes};
use crate::detect::Detection;

/// The objects of a picture. Their categories are class ids of the models.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureTruth {
    pub objects: Vec<TruthBox>,
    /// For each class of the models the class that it counts as; `None` = the annotations do not know it.
    pub known: Arc<[Option<usize>]>,
}

/// One model's detections in a picture against what is in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JudgedBoxes {
    /// As the detections were given.
    pub boxes: Vec<BoxTruth>,
    /// As the objects are listed; indices are of the detections given.
    pub objects: Vec<ObjectJudgement>,
}

impl PictureTruth {
    /// Judges one model's detections.
    pub fn judge(&self, detections: &[Detection]) -> JudgedBoxes {
        let mut places = Vec::with_capacity(detections.len());
        let mut found = Vec::with_capacity(detections.len());
        for (place, detection) in detections.iter().enumerate() {
            let Some(category) = self.known.get(detection.class_id).copied().flatten() else { continue };
            let [x1, y1, x2, y2] = detection.bbox.to_array().map(f64::from);
            places.push(place);
            found.push(FoundBox { category, score: detection.score, xywh: [x1, y1, x2 - x1, y2 - y1] });
        }
        let judged = judge_boxes(&self.objects, &found);
        let mut boxes = vec![BoxTruth::NotAnnotated; detections.len()];
        for (place, judgement) in places.iter().zip(&judged.boxes) {
            boxes[*place] = judgement.into();
        }
        let whole = |object: ObjectJudgement| match object {
            ObjectJudgement::Found(at) => ObjectJudgement::Found(places[at]),
            ObjectJudgement::Mistaken(at) => ObjectJudgement::Mistaken(places[at]),
            ObjectJudgement::Missed | ObjectJudgement::Crowd => object,
        };
        JudgedBoxes { boxes, objects: judged.objects.into_iter().map(whole).collect() }
    }

    /// How many objects there are to find.
    pub fn count(&self) -> usize {
        self.objects.iter().filter(|object| !object.crowd).count()
    }
}

impl JudgedBoxes {
    /// Whether a model looked for what is there: not where there is none, or where it knows other classes.
    pub fn is_of(&self, truth: &PictureTruth) -> bool {
        self.objects.len() == truth.objects.len()
    }

    /// Whether a right box has this object.
    pub fn finds(&self, object: usize) -> bool {
        matches!(self.objects.get(object), Some(ObjectJudgement::Found(_)))
    }

    /// Whether this object is there to be found, and no right box has it.
    pub fn misses(&self, object: usize) -> bool {
        matches!(self.objects.get(object), Some(ObjectJudgement::Mistaken(_) | ObjectJudgement::Missed))
    }

    /// How many objects are found.
    pub fn found(&self) -> usize {
        (0..self.objects.len()).filter(|object| self.finds(*object)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{BBox, CandidateId};

    fn detection(class_id: usize, score: f32, x: f32) -> Detection {
        let id = CandidateId { head: 0, anchor: 0, cell: 0 };
        Detection { class_id, score, bbox: BBox::new(x, 0.0, x + 100.0, 100.0), id }
    }

    #[test]
    fn boxes_keep_their_places_though_some_are_of_classes_that_nobody_annotated() {
        let object = |category, x: f64| TruthBox { category, xywh: [x, 0.0, 100.0, 100.0], area: 1e4, crowd: false };
        // Class 3 is another word for class 1.
        let known: Arc<[Option<usize>]> = Arc::from([Some(0), Some(1), None, Some(1)]);
        let truth = PictureTruth { objects: vec![object(0, 0.0), object(1, 500.0), object(0, 900.0)], known };
        let detections =
            [detection(2, 0.9, 0.0), detection(0, 0.8, 10.0), detection(2, 0.7, 900.0), detection(3, 0.6, 510.0)];
        let judged = truth.judge(&detections);
        assert_eq!(judged.boxes, [BoxTruth::NotAnnotated, BoxTruth::True, BoxTruth::NotAnnotated, BoxTruth::True]);
        let objects = [ObjectJudgement::Found(1), ObjectJudgement::Found(3), ObjectJudgement::Missed];
        assert_eq!((judged.objects.as_slice(), judged.found(), truth.count()), (objects.as_slice(), 2, 3));
        assert!(judged.finds(0) && judged.misses(2) && !judged.misses(1) && !judged.finds(7));
        assert!(judged.is_of(&truth) && !JudgedBoxes::default().is_of(&truth));
    }

    #[test]
    fn each_kind_of_error_has_its_word() {
        let object = |category, x: f64| TruthBox { category, xywh: [x, 0.0, 100.0, 100.0], area: 1e4, crowd: x > 2e3 };
        let known: Arc<[Option<usize>]> = Arc::from([Some(0), Some(1)]);
        let truth = PictureTruth { objects: vec![object(0, 0.0), object(1, 1000.0), object(1, 3000.0)], known };
        for (more, expected) in [
            (detection(0, 0.8, 0.0), BoxTruth::Duplicate),
            (detection(0, 0.8, 1010.0), BoxTruth::WrongClass),
            (detection(1, 0.8, 1050.0), BoxTruth::BadlyPlaced),
            (detection(0, 0.8, 1050.0), BoxTruth::WrongClassAndPlace),
            (detection(0, 0.8, 500.0), BoxTruth::False),
            (detection(1, 0.8, 3010.0), BoxTruth::Ignored),
        ] {
            let judged = truth.judge(&[detection(0, 0.9, 0.0), more]);
            assert_eq!(judged.boxes, [BoxTruth::True, expected]);
            assert_eq!(expected.is_wrong(), expected != BoxTruth::Ignored);
        }
    }
}
