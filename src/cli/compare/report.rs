//! What `compare` tells of pictures, built once for all its writers. How it is serialized is part of the interface.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::truth::{PictureTruthReport, truth_name};
use crate::cli::output::detections::NamedDetection;
use crate::compare::truth::{BoxTruth, JudgedBoxes, PairTruth, PictureTruth, TruthFigures, TruthTotals};
use crate::compare::{Agreement, BestThreshold, Comparison, Explanation, Reason, Totals, Verdict, VerdictKind};
use crate::detect::{Classes, Size, Thresholds, is_full};
use crate::model::ModelInfo;

/// The two models, which know the same classes, and what they are compared at.
#[derive(Clone, Copy)]
pub struct ComparedModels<'a> {
    pub a: &'a ModelInfo,
    pub b: &'a ModelInfo,
    pub thresholds: Thresholds,
}

impl<'a> ComparedModels<'a> {
    /// The names of the classes, which are the same for both.
    pub fn classes(&self) -> &'a Classes {
        &self.a.form.classes
    }
}

/// All pictures together.
pub struct ComparisonReport<'a> {
    pub models: ComparedModels<'a>,
    pub pictures: Vec<PictureReport<'a>>,
    pub totals: Totals,
    /// `None` = it is known of no picture.
    pub truth: Option<TruthTotals>,
    /// B's score threshold that agrees best with A; `None` = there was no picture.
    pub best: Option<BestThreshold>,
    /// Inputs that could not be read, or not to their end.
    pub unreadable: usize,
}

impl<'a> ComparisonReport<'a> {
    /// The worst first; equal ones stay as they are.
    pub fn sort_by_damage(&mut self) {
        self.pictures.sort_by(|x, y| {
            let [x, y] = [x, y].map(|picture| picture.agreement);
            y.damage().cmp(&x.damage()).then(x.f1().total_cmp(&y.f1()))
        });
    }

    /// The pictures that differ.
    pub fn damaged(&self) -> impl Iterator<Item = &PictureReport<'a>> {
        self.pictures.iter().filter(|picture| picture.agreement.damage() > 0)
    }

    /// The classes that either model saw, by id.
    pub fn seen_classes(&self) -> impl Iterator<Item = (usize, &Agreement)> {
        self.totals.classes.iter().enumerate().filter(|(_, of)| of.a + of.b > 0)
    }

    /// The same by name, the most damaged first.
    pub fn classes_by_damage(&self) -> Vec<(&'a str, &Agreement)> {
        let mut classes: Vec<_> = self.seen_classes().collect();
        classes.sort_by_key(|(_, of)| std::cmp::Reverse(of.damage()));
        classes.into_iter().map(|(class_id, of)| (self.models.classes().name(class_id), of)).collect()
    }

    /// The classes that are there or were seen in the pictures whose truth is known, by id.
    pub fn truth_by_class(&self) -> impl Iterator<Item = (usize, &TruthFigures)> {
        let classes = self.truth.iter().flat_map(|truth| truth.classes.iter().enumerate());
        classes.filter(|(_, of)| **of != TruthFigures::default())
    }

    /// The best threshold, where it is better than the one that was compared at.
    pub fn better_threshold(&self) -> Option<BestThreshold> {
        self.best.filter(|best| best.after > best.before)
    }
}

/// One picture or frame: its verdicts with their boxes.
#[derive(Serialize)]
pub struct PictureReport<'a> {
    /// The file as it was named, a stream's address, or "camera:0".
    pub source: String,
    /// Where a picture's file is; of a frame, a name for files made of it.
    #[serde(skip)]
    pub file: PathBuf,
    /// Of a camera or a video: the frame's number from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<u64>,
    /// Of a video: seconds from its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_s: Option<f64>,
    pub width: u32,
    pub height: u32,
    /// A model has as many boxes as there may be: the weakest may have been left out, and count as lost or gained.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub limited: bool,
    #[serde(serialize_with = "figures")]
    pub agreement: Agreement,
    /// What is in it; `None` = that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<PictureTruthReport<'a>>,
    pub verdicts: Vec<VerdictEntry<'a>>,
}

impl<'a> PictureReport<'a> {
    /// A picture of `size` pixels; what it is a frame of is left open.
    pub fn new(
        source: String,
        file: PathBuf,
        size: Size,
        comparison: &Comparison,
        models: &ComparedModels<'a>,
    ) -> Self {
        let Size { width, height } = size;
        let names = [models.a.name.as_str(), models.b.name.as_str()];
        let thresholds = [models.thresholds; 2];
        let explanation = Explanation { comparison, classes: models.classes(), names, thresholds };
        let entry = |verdict: &Verdict| VerdictEntry::new(verdict, &explanation, models.classes());
        let verdicts = comparison.verdicts().iter().map(entry).collect();
        let limited = is_full(comparison.a()) || is_full(comparison.b());
        Self {
            source,
            file,
            frame: None,
            time_s: None,
            width,
            height,
            limited,
            agreement: *comparison.agreement(),
            truth: None,
            verdicts,
        }
    }

    /// Adds what annotations say of its boxes. `judged` are A's and B's boxes of the comparison that it was made of.
    pub fn add_truth(
        &mut self,
        truth: &PictureTruth,
        judged: &[JudgedBoxes; 2],
        comparison: &Comparison,
        models: &ComparedModels<'a>,
    ) {
        for (entry, verdict) in self.verdicts.iter_mut().zip(comparison.verdicts()) {
            [entry.truth_a, entry.truth_b] = PairTruth::new(verdict, judged).boxes;
        }
        self.truth = Some(PictureTruthReport::new(truth, judged, models.classes()));
    }

    /// Tells it from all others: its source, and which frame of that.
    pub fn name(&self) -> String {
        match self.frame {
            Some(number) => format!("{} frame {number}", self.source),
            None => self.source.clone(),
        }
    }

    /// In pixels.
    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }
}

/// A verdict with its boxes.
#[derive(Serialize)]
pub struct VerdictEntry<'a> {
    #[serde(rename = "verdict", serialize_with = "kind_name")]
    pub kind: VerdictKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<NamedDetection<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<NamedDetection<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iou: Option<f32>,
    /// B's score less A's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta_score: Option<f32>,
    /// What annotations say of A's box, and of B's; `None` = there is no such box, or they are not known.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "truth_name")]
    pub truth_a: Option<BoxTruth>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "truth_name")]
    pub truth_b: Option<BoxTruth>,
    #[serde(rename = "explanation", skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonEntry<'a>>,
    /// The reason in words.
    #[serde(skip)]
    pub why: Option<String>,
}

/// Why the other model lacks the box.
#[derive(Serialize)]
pub struct ReasonEntry<'a> {
    pub reason: &'static str,
    /// What the other model gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// The other model's box that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<NamedDetection<'a>>,
    /// IoU with `by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<f32>,
    /// NMS IoU from which on NMS keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_at: Option<f32>,
}

impl<'a> VerdictEntry<'a> {
    fn new(verdict: &Verdict, explanation: &Explanation<'_>, classes: &'a Classes) -> Self {
        let comparison = explanation.comparison;
        let a = verdict.a().and_then(|i| comparison.a().get(i));
        let b = verdict.b().and_then(|j| comparison.b().get(j));
        // The model that lacks the box is the one that a reason speaks of.
        let others = if a.is_some() { comparison.b() } else { comparison.a() };
        let by = |index: usize| others.get(index).map(|d| NamedDetection::new(d, classes));
        Self {
            kind: verdict.kind(),
            a: a.map(|d| NamedDetection::new(d, classes)),
            b: b.map(|d| NamedDetection::new(d, classes)),
            iou: verdict.iou(),
            delta_score: verdict.delta_score(),
            truth_a: None,
            truth_b: None,
            reason: verdict.reason().map(|reason| ReasonEntry::new(&reason, by)),
            why: explanation.reason(verdict),
        }
    }

    /// "INT8 lost a true person"; `None` = nothing is known. `names` are those of A and B.
    pub fn truth_sentence(&self, names: [&str; 2]) -> Option<String> {
        let class = |found: &Option<NamedDetection<'a>>| found.as_ref().map_or("", |found| found.shown_class);
        let truth = PairTruth { boxes: [self.truth_a, self.truth_b] };
        truth.sentence(self.kind, names, [class(&self.a), class(&self.b)])
    }
}

impl<'a> ReasonEntry<'a> {
    /// `by` gives a box of the other model by its index.
    fn new(reason: &Reason, by: impl Fn(usize) -> Option<NamedDetection<'a>>) -> Self {
        Self {
            reason: reason.as_str(),
            score: reason.score(),
            by: reason.by().and_then(by),
            overlap: reason.overlap(),
            free_at: reason.free_at(),
        }
    }
}

/// Counts and means; `null` where nothing matched.
#[derive(Serialize)]
struct AgreementFigures {
    f1: f64,
    a: usize,
    b: usize,
    matched: usize,
    class_flips: usize,
    lost: usize,
    gained: usize,
    mean_iou: Option<f64>,
    mean_delta_score: Option<f64>,
}

/// Serializes counts with the figures that follow from them.
pub fn figures<S: Serializer>(of: &Agreement, serializer: S) -> Result<S::Ok, S::Error> {
    let &Agreement { a, b, matched, flips, lost, gained, .. } = of;
    let (mean_iou, mean_delta_score) = (of.mean_iou(), of.mean_delta_score());
    let figures =
        AgreementFigures { f1: of.f1(), a, b, matched, class_flips: flips, lost, gained, mean_iou, mean_delta_score };
    figures.serialize(serializer)
}

fn kind_name<S: Serializer>(kind: &VerdictKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}
