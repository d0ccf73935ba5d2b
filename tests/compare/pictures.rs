//! The comparison on real pictures with real models, checked against an independent implementation.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use twinsight::compare::{Comparer, ModelInput, Pairing, Verdict};
use twinsight::detect::{BBox, CandidateId, Detection, Letterbox, Letterboxer, RawHeads, Thresholds};
use twinsight::model::{Catalog, Detector, ModelName, Runtime, SessionDetector};
use twinsight::source;

use crate::not_checked::not_checked;
use crate::support::check_reasons;

/// Evaluation, live, and about them.
const THRESHOLDS: [Thresholds; 5] = [
    Thresholds { score: 0.001, nms_iou: 0.45 },
    Thresholds { score: 0.01, nms_iou: 0.3 },
    Thresholds { score: 0.1, nms_iou: 0.7 },
    Thresholds { score: 0.25, nms_iou: 0.45 },
    Thresholds { score: 0.6, nms_iou: 0.5 },
];

/// A picture of the goldens: class, score in 1/65536 and corners in 1/16 pixel of each box.
#[derive(Deserialize)]
struct Golden {
    a: Vec<[u32; 6]>,
    b: Vec<[u32; 6]>,
    matched: Vec<(usize, usize)>,
    flips: Vec<(usize, usize)>,
    lost: Vec<usize>,
    gained: Vec<usize>,
}

/// FP32 and INT8 on 250 pictures of COCO; the verdicts are those of `tests/reference/compare.py`.
#[test]
fn every_box_has_the_verdict_that_numpy_gives_it() {
    let pictures: Vec<Golden> = serde_json::from_str(include_str!("../data/compare.json")).unwrap();
    assert_eq!(pictures.len(), 250);
    let (mut pairing, mut boxes) = (Pairing::default(), 0);
    for (number, golden) in pictures.iter().enumerate() {
        let [a, b] = [&golden.a, &golden.b].map(|rows| rows.iter().map(detection).collect::<Vec<_>>());
        pairing.run(&a, &b);
        let [matched, flips] = [pairing.matched(), pairing.flips()].map(|pairs| {
            let mut pairs: Vec<_> = pairs.iter().map(|p| (p.a, p.b)).collect();
            pairs.sort_unstable();
            pairs
        });
        assert_eq!((&matched, &flips), (&golden.matched, &golden.flips), "picture {number}");
        let paired = || matched.iter().chain(&flips);
        let lost: Vec<usize> = (0..a.len()).filter(|i| paired().all(|p| p.0 != *i)).collect();
        let gained: Vec<usize> = (0..b.len()).filter(|j| paired().all(|p| p.1 != *j)).collect();
        assert_eq!((&lost, &gained), (&golden.lost, &golden.gained), "picture {number}");
        boxes += a.len() + b.len();
    }
    assert!(boxes > 2000, "{boxes}");
}

fn detection(&[class_id, score, corners @ ..]: &[u32; 6]) -> Detection {
    let [x1, y1, x2, y2] = corners.map(|v| v as f32 / 16.0);
    let id = CandidateId { head: 0, anchor: 0, cell: 0 };
    Detection { class_id: class_id as usize, score: score as f32 / 65536.0, bbox: BBox::new(x1, y1, x2, y2), id }
}

#[test]
fn on_the_sample_photos_a_model_agrees_with_itself_and_explanations_are_true() {
    let catalog = Catalog::find();
    let photos = ["bus.jpg", "zidane.jpg"].map(|name| catalog.download(name));
    let unpaired = Bench::new(&catalog).check(&photos, 0.0);
    assert!(unpaired > 20, "nothing to explain: {unpaired}");
}

#[test]
fn on_coco_a_model_agrees_with_itself_and_explanations_are_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/coco/val");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        not_checked("the comparison over COCO's pictures", format!("{} is missing", folder.display()));
        return;
    };
    let mut pictures: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pictures.retain(|path| path.extension().is_some_and(|e| e == "jpg"));
    assert_eq!(pictures.len(), 250, "{}", folder.display());
    // A quarter of them: all take a minute, and what holds there holds here.
    pictures.sort();
    let pictures: Vec<PathBuf> = pictures.into_iter().step_by(4).collect();
    let unpaired = Bench::new(&Catalog::find()).check(&pictures, 0.1);
    assert!(unpaired > 250, "little to explain: {unpaired}");
}

/// Both models, ready.
struct Bench {
    models: [SessionDetector; 2],
    heads: [RawHeads; 2],
    comparer: Comparer,
}

impl Bench {
    fn new(catalog: &Catalog) -> Self {
        let runtime = Runtime::find(catalog).unwrap_or_else(|e| panic!("{e}"));
        let open =
            |name: ModelName| SessionDetector::open(&runtime, catalog, &name.into()).unwrap_or_else(|e| panic!("{e}"));
        Self {
            models: [ModelName::Fp32, ModelName::Int8].map(open),
            heads: Default::default(),
            comparer: Comparer::default(),
        }
    }

    /// How many boxes had no partner, and an explanation that holds. Explanations are tried where the score threshold
    /// is `from` or more: each takes several runs of decode and NMS.
    fn check(&mut self, pictures: &[PathBuf], from: f32) -> usize {
        let mut letterboxer = Letterboxer::new(self.models[0].info().form.input);
        let mut unpaired = 0;
        for path in pictures {
            let frame = source::load(path).unwrap_or_else(|e| panic!("{e}: run make setup"));
            let letterbox = letterboxer.fill(&frame);
            for (model, heads) in self.models.iter_mut().zip(&mut self.heads) {
                model.run(letterboxer.tensor(), heads).unwrap();
            }
            for thresholds in THRESHOLDS {
                let name = format!("{} at {thresholds:?}", path.display());
                self.check_same(&name, &letterbox, thresholds);
                if thresholds.score >= from {
                    unpaired += self.check_different(&name, &letterbox, thresholds);
                }
            }
        }
        unpaired
    }

    fn check_same(&mut self, name: &str, letterbox: &Letterbox, thresholds: Thresholds) {
        for (model, heads) in self.models.iter().zip(&self.heads) {
            let side = ModelInput { form: &model.info().form, heads, letterbox, thresholds };
            let same = self.comparer.run(&side, &side);
            let itself = |i: usize| Verdict::Matched { a: i, b: i, iou: 1.0, delta_score: 0.0 };
            let differing = same.verdicts().iter().enumerate().find(|(i, verdict)| **verdict != itself(*i));
            assert_eq!(differing, None, "{name}");
            assert_eq!((same.agreement().f1(), same.agreement().damage()), (1.0, 0), "{name}");
        }
    }

    fn check_different(&mut self, name: &str, letterbox: &Letterbox, thresholds: Thresholds) -> usize {
        let [a, b] = [0, 1].map(|i| ModelInput {
            form: &self.models[i].info().form,
            heads: &self.heads[i],
            letterbox,
            thresholds,
        });
        let comparison = self.comparer.run(&a, &b);
        assert_eq!(check_reasons(comparison, &a, &b), Ok(()), "{name}");
        assert_eq!(comparison, Comparer::default().run(&a, &b), "{name}: another time, another result");
        comparison.agreement().lost + comparison.agreement().gained
    }
}
