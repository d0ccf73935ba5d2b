//! The lines of `harvest.jsonl`, which are part of the interface: a head, one for each frame that met a condition, the totals.

use serde::Serialize;

use super::totals::HarvestTotals;
use crate::compare::Agreement;
use crate::detect::{Classes, Detection, Thresholds};
use crate::model::{Arithmetic, ModelInfo};
use crate::workshop::calibration::{DistinctFrames, NearFrame};

/// The first line.
#[derive(Serialize)]
pub(super) struct HeadLine<'a> {
    pub harvest: HarvestHead<'a>,
}

#[derive(Serialize)]
pub(super) struct HarvestHead<'a> {
    pub version: u32,
    /// A frame is kept where it meets one of these, and is like none that was kept before.
    pub when: Vec<String>,
    pub labels: &'static str,
    pub near_duplicates: NearMeasure,
    pub a: HarvestModel<'a>,
    pub b: HarvestModel<'a>,
}

/// When two frames are alike.
#[derive(Serialize)]
pub(super) struct NearMeasure {
    measure: &'static str,
    cells: usize,
    least_difference: f32,
}

impl NearMeasure {
    pub const OURS: Self = Self {
        measure: "mean absolute difference of the mean grey levels ((R + G + B) / 3, 0 to 255) of cells × cells parts of both frames",
        cells: DistinctFrames::CELLS,
        least_difference: DistinctFrames::LEAST_DIFFERENCE,
    };
}

#[derive(Serialize)]
pub(super) struct HarvestModel<'a> {
    name: &'a str,
    precision: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    arithmetic: Option<&'a Arithmetic>,
    sha256: &'a str,
}

impl<'a> HarvestModel<'a> {
    pub fn of(info: &'a ModelInfo) -> Self {
        let ModelInfo { name, precision, arithmetic, sha256, .. } = info;
        Self { name, precision: precision.as_str(), arithmetic: arithmetic.as_ref(), sha256 }
    }
}

/// A frame that met a condition.
#[derive(Serialize)]
pub(super) struct FrameLine<'a> {
    /// Of a frame that was kept: its picture, relative to the folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// Of one that was not: which frame it is too much like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<NearLine<'a>>,
    pub source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_s: Option<f64>,
    pub width: u32,
    pub height: u32,
    /// The conditions that it meets.
    pub reasons: Vec<String>,
    pub agreement: HarvestAgreement,
    pub a: HarvestSide<'a>,
    pub b: HarvestSide<'a>,
}

#[derive(Serialize)]
pub(super) struct NearLine<'a> {
    pub file: &'a str,
    pub difference: f32,
}

impl<'a> NearLine<'a> {
    /// `files` are those of the frames that were kept.
    pub fn new(near: &NearFrame, files: &'a [String]) -> Self {
        Self { file: files.get(near.index).map_or("", String::as_str), difference: near.difference }
    }
}

#[derive(Serialize)]
pub(super) struct HarvestAgreement {
    f1: f64,
    matched: usize,
    class_flips: usize,
    lost: usize,
    gained: usize,
}

impl HarvestAgreement {
    pub fn of(agreement: &Agreement) -> Self {
        let &Agreement { matched, flips, lost, gained, .. } = agreement;
        Self { f1: agreement.f1(), matched, class_flips: flips, lost, gained }
    }
}

/// What one model saw, and at which thresholds.
#[derive(Serialize)]
pub(super) struct HarvestSide<'a> {
    score: f32,
    nms: f32,
    boxes: Vec<HarvestBox<'a>>,
}

#[derive(Serialize)]
struct HarvestBox<'a> {
    class_id: usize,
    class: &'a str,
    score: f32,
    /// x1, y1, x2, y2 in image pixels.
    #[serde(rename = "box")]
    bbox: [f32; 4],
}

impl<'a> HarvestSide<'a> {
    pub fn new(detections: &[Detection], thresholds: Thresholds, classes: &'a Classes) -> Self {
        let boxes = detections.iter().map(|d| HarvestBox {
            class_id: d.class_id,
            class: classes.name_in_files(d.class_id),
            score: d.score,
            bbox: d.bbox.to_array(),
        });
        Self { score: thresholds.score, nms: thresholds.nms_iou, boxes: boxes.collect() }
    }
}

/// The last line.
#[derive(Serialize)]
pub(super) struct TotalsEntry {
    pub totals: HarvestTotals,
}
