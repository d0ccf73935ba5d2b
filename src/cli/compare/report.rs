//! What `compare` tells of pictures: its JSON is part of the interface.

use serde::Serialize;

use crate::compare::{Agreement, BestThreshold, Comparison, Reason, Totals, Verdict, Words};
use crate::detect::{Classes, Detection, Size, Thresholds};
use crate::model::{Arithmetic, ModelInfo};

/// One picture that was compared.
pub struct Picture {
    /// The file as it was named, a stream's address, or "camera:0".
    pub source: String,
    /// Of a camera or a video: the frame's number from 0.
    pub frame: Option<u64>,
    /// Of a video: seconds from its start.
    pub time_s: Option<f64>,
    pub size: Size,
    pub comparison: Comparison,
}

impl Picture {
    /// How much went wrong, the worst first: boxes without an equal, then the lower F1.
    pub fn by_damage(&self, other: &Self) -> std::cmp::Ordering {
        let [mine, others] = [self, other].map(|p| p.comparison.agreement());
        others.damage().cmp(&mine.damage()).then(mine.f1().total_cmp(&others.f1()))
    }

    /// Tells it from all others: its source, and which frame of that.
    pub fn name(&self) -> String {
        match self.frame {
            Some(number) => format!("{} frame {number}", self.source),
            None => self.source.clone(),
        }
    }
}

/// What all pictures have in common.
pub struct Setting<'a> {
    pub a: &'a ModelInfo,
    pub b: &'a ModelInfo,
    pub thresholds: Thresholds,
}

impl Setting<'_> {
    pub fn classes(&self) -> &Classes {
        &self.a.form.classes
    }

    /// A picture's verdicts in words.
    pub fn words<'s>(&'s self, comparison: &'s Comparison) -> Words<'s> {
        let names = [self.a.name.as_str(), self.b.name.as_str()];
        Words { comparison, classes: self.classes(), names, thresholds: [self.thresholds; 2] }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_s: Option<f64>,
    width: u32,
    height: u32,
    agreement: Figures,
    verdicts: Vec<Entry<'a>>,
}

/// Counts and means; `null` where nothing matched.
#[derive(Serialize)]
pub struct Figures {
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

impl From<&Agreement> for Figures {
    fn from(of: &Agreement) -> Self {
        let &Agreement { a, b, matched, flips, lost, gained, .. } = of;
        let (mean_iou, mean_delta_score) = (of.mean_iou(), of.mean_delta_score());
        Self { f1: of.f1(), a, b, matched, class_flips: flips, lost, gained, mean_iou, mean_delta_score }
    }
}

#[derive(Serialize)]
pub struct Entry<'a> {
    /// "matched", "class_flip", "lost" or "gained".
    pub verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<Found<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<Found<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iou: Option<f32>,
    /// B's score less A's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta_score: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation<'a>>,
    /// The explanation in words.
    #[serde(skip)]
    pub why: Option<String>,
}

#[derive(Serialize)]
pub struct Found<'a> {
    pub class_id: usize,
    pub class: &'a str,
    pub score: f32,
    /// x1, y1, x2, y2 in image pixels.
    #[serde(rename = "box")]
    pub bbox: [f32; 4],
}

/// Why the other model lacks the box.
#[derive(Serialize)]
pub struct Explanation<'a> {
    pub reason: &'static str,
    /// What the other model gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// The other model's box that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Found<'a>>,
    /// IoU with `by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<f32>,
    /// NMS IoU from which on NMS keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_at: Option<f32>,
}

#[derive(Serialize)]
struct Last<'a> {
    totals: All<'a>,
}

#[derive(Serialize)]
struct All<'a> {
    images: usize,
    unreadable: usize,
    a: Model<'a>,
    b: Model<'a>,
    score: f32,
    nms: f32,
    agreement: Figures,
    /// B's score threshold that agrees best with A.
    best_threshold: Option<Best>,
    classes: Vec<OfClass<'a>>,
    /// Names of the pictures that differ, the worst first.
    by_damage: Vec<String>,
}

#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    precision: &'a str,
    /// How its integers are computed; a float model has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    arithmetic: Option<Arithmetic>,
    sha256: &'a str,
}

impl<'a> Model<'a> {
    fn of(info: &'a ModelInfo) -> Self {
        let ModelInfo { name, sha256, precision, arithmetic, .. } = info;
        Self { name, precision: precision.as_str(), arithmetic: *arithmetic, sha256 }
    }
}

#[derive(Serialize)]
struct Best {
    score: f32,
    f1_before: f64,
    f1_after: f64,
}

#[derive(Serialize)]
struct OfClass<'a> {
    class_id: usize,
    class: &'a str,
    #[serde(flatten)]
    figures: Figures,
}

/// One line of JSON for a picture.
pub fn line(picture: &Picture, setting: &Setting<'_>) -> Result<String, serde_json::Error> {
    let comparison = &picture.comparison;
    let words = setting.words(comparison);
    serde_json::to_string(&Line {
        source: &picture.source,
        frame: picture.frame,
        time_s: picture.time_s,
        width: picture.size.width,
        height: picture.size.height,
        agreement: comparison.agreement().into(),
        verdicts: comparison.verdicts().iter().map(|verdict| entry(&words, verdict)).collect(),
    })
}

/// The last line: everything together. `pictures` are sorted by damage.
pub fn last_line(
    setting: &Setting<'_>,
    totals: &Totals,
    unreadable: usize,
    best: Option<BestThreshold>,
    pictures: &[Picture],
) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Last {
        totals: All {
            images: totals.frames,
            unreadable,
            a: Model::of(setting.a),
            b: Model::of(setting.b),
            score: setting.thresholds.score,
            nms: setting.thresholds.nms_iou,
            agreement: (&totals.all).into(),
            best_threshold: best.map(|b| Best { score: b.score, f1_before: b.before, f1_after: b.after }),
            classes: seen_classes(totals)
                .map(|(class_id, figures)| OfClass {
                    class_id,
                    class: setting.classes().name(class_id),
                    figures: figures.into(),
                })
                .collect(),
            by_damage: damaged(pictures).map(Picture::name).collect(),
        },
    })
}

/// The classes that either model saw, by id.
pub fn seen_classes(totals: &Totals) -> impl Iterator<Item = (usize, &Agreement)> {
    totals.classes.iter().enumerate().filter(|(_, of)| of.a + of.b > 0)
}

/// The pictures that differ.
pub fn damaged(pictures: &[Picture]) -> impl Iterator<Item = &Picture> {
    pictures.iter().filter(|p| p.comparison.agreement().damage() > 0)
}

/// A verdict with its boxes.
pub fn entry<'a>(words: &Words<'a>, verdict: &Verdict) -> Entry<'a> {
    let (comparison, classes) = (words.comparison, words.classes);
    let found = |d: &Detection| Found {
        class_id: d.class_id,
        class: classes.name(d.class_id),
        score: d.score,
        bbox: d.bbox.to_array(),
    };
    let (name, iou, delta_score) = match *verdict {
        Verdict::Matched { iou, delta_score, .. } => ("matched", Some(iou), Some(delta_score)),
        Verdict::ClassFlip { iou, delta_score, .. } => ("class_flip", Some(iou), Some(delta_score)),
        Verdict::Lost { .. } => ("lost", None, None),
        Verdict::Gained { .. } => ("gained", None, None),
    };
    // The model that lacks the box is the one that a reason speaks of.
    let others = if verdict.a().is_some() { comparison.b() } else { comparison.a() };
    let by = |index: usize| others.get(index).map(found);
    let explanation = verdict.reason().map(|reason| {
        let none = Explanation { reason: reason_name(&reason), score: None, by: None, overlap: None, free_at: None };
        match reason {
            Reason::BelowThreshold { score } | Reason::BeyondLimit { score } => {
                Explanation { score: Some(score), ..none }
            }
            Reason::SuppressedByNms { score, by: index, overlap, free_at } => Explanation {
                score: Some(score),
                by: by(index),
                overlap: Some(overlap),
                free_at: Some(free_at),
                ..none
            },
            Reason::BelowThresholdAndSuppressed { score, free_at } => {
                Explanation { score: Some(score), free_at: Some(free_at), ..none }
            }
            Reason::Taken { by: index, overlap } => Explanation { by: by(index), overlap: Some(overlap), ..none },
            Reason::NoCandidate => none,
        }
    });
    Entry {
        verdict: name,
        a: verdict.a().map(|i| found(&comparison.a()[i])),
        b: verdict.b().map(|j| found(&comparison.b()[j])),
        iou,
        delta_score,
        explanation,
        why: words.reason(verdict),
    }
}

fn reason_name(reason: &Reason) -> &'static str {
    match reason {
        Reason::BelowThreshold { .. } => "below_threshold",
        Reason::SuppressedByNms { .. } => "suppressed_by_nms",
        Reason::BelowThresholdAndSuppressed { .. } => "below_threshold_and_suppressed",
        Reason::Taken { .. } => "taken",
        Reason::BeyondLimit { .. } => "beyond_limit",
        Reason::NoCandidate => "no_candidate",
    }
}
