//! Decides which frames are kept, and writes them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::{
    FrameLine, HarvestAgreement, HarvestHead, HarvestModel, HarvestSide, HeadLine, NearLine, NearMeasure, TotalsEntry,
};
use super::error::HarvestError;
use super::limits::{HarvestLimit, HarvestLimits};
use super::picture::plain_png;
use super::totals::HarvestTotals;
use crate::compare::{Comparison, Condition};
use crate::detect::{Frame, Thresholds};
use crate::files::{FileFormat, GrowingFile, Outputs, WriteCause, WriteError, empty_folder};
use crate::model::ModelInfo;
use crate::workshop::calibration::DistinctFrames;
use crate::workshop::labels::{LabelFiles, LabelForm, LabelledPicture, is_list};

/// Of `harvest.jsonl`.
const VERSION: u32 = 1;

/// The folder of the pictures, in the harvest's.
const IMAGES: &str = "images";

/// What is kept, and in which form.
#[derive(Clone, Debug)]
pub struct HarvestSettings {
    /// A frame is kept where it meets one of them.
    pub when: Vec<Condition>,
    /// Of the labels, which are A's boxes.
    pub form: LabelForm,
    pub limits: HarvestLimits,
    /// A and B, which know the same classes.
    pub models: [Arc<ModelInfo>; 2],
}

/// A frame, and what A and B make of it.
#[derive(Clone, Copy)]
pub struct HarvestFrame<'a> {
    /// A file as it was named, a stream's address, "camera:0", or in the window the source's name.
    pub source: &'a str,
    /// A name for files made of it; its ending does not matter.
    pub file: &'a Path,
    /// Of a video, and of a camera that a command reads: its number from 0.
    pub number: Option<u64>,
    /// Of a video: seconds from its start.
    pub time_s: Option<f64>,
    pub frame: &'a Frame,
    pub comparison: &'a Comparison,
    /// A's and B's.
    pub thresholds: [Thresholds; 2],
}

/// What became of a frame, with its line of `harvest.jsonl`.
#[derive(Clone, Debug, PartialEq)]
pub enum HarvestOutcome {
    /// It meets no condition, and has no line.
    Unmet,
    /// It is too much like one that was kept.
    Near {
        line: String,
    },
    Kept {
        line: String,
    },
    /// There is no room for it, or for what came before it: see [`Harvester::limit`]. It does not count.
    Full,
}

/// Keeps the frames that meet a condition and differ from those that were kept. Each is in the folder at once, with its line;
/// COCO's labels, one file for all, come at the end.
pub struct Harvester {
    dir: PathBuf,
    settings: HarvestSettings,
    outputs: Outputs,
    lines: GrowingFile,
    distinct: DistinctFrames,
    /// Pictures that were kept, relative to the folder.
    files: Vec<String>,
    /// Names without endings that are taken, in lower case, because some disks take both cases for one; each with the number
    /// that is tried first where it comes again.
    used: HashMap<String, u64>,
    labels: LabelFiles,
    totals: HarvestTotals,
    /// That were written, as [`HarvestLimits`] counts them.
    bytes: u64,
    limit: Option<HarvestLimit>,
}

impl Harvester {
    /// Makes the folder, which must be new or empty. `outputs` knows what is read, which stays as it is.
    pub fn create(dir: &Path, outputs: Outputs, settings: HarvestSettings) -> Result<Self, HarvestError> {
        empty_folder(dir)?;
        for folder in [IMAGES, labels_folder(settings.form)].into_iter().filter(|folder| !folder.is_empty()) {
            let path = dir.join(folder);
            std::fs::create_dir(&path).map_err(|cause| WriteError { path, cause: WriteCause::Io(cause) })?;
        }
        let mut outputs = outputs.without_force();
        let labels = LabelFiles::new(settings.form, settings.models[0].form.classes.clone());
        if let Some((name, text)) = labels.names() {
            let names = dir.join(labels_folder(settings.form)).join(name);
            outputs.file(&names, &FileFormat::NEW)?.write(text.as_bytes())?;
        }
        let mut lines = GrowingFile::create(outputs.file(&dir.join("harvest.jsonl"), &FileFormat::NEW)?)?;
        let head = head_line(&settings)?;
        lines.append(head.as_bytes())?;
        Ok(Self {
            dir: dir.to_owned(),
            settings,
            outputs,
            lines,
            distinct: DistinctFrames::default(),
            files: Vec::new(),
            used: HashMap::new(),
            labels,
            totals: HarvestTotals::default(),
            bytes: head.len() as u64,
            limit: None,
        })
    }

    /// The folder, as it was named.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// So far.
    pub fn totals(&self) -> HarvestTotals {
        self.totals
    }

    /// The limit that was reached: nothing more is taken. `None`: there is room.
    pub fn limit(&self) -> Option<HarvestLimit> {
        self.limit
    }

    /// Keeps a frame, or not.
    pub fn offer(&mut self, seen: &HarvestFrame<'_>) -> Result<HarvestOutcome, HarvestError> {
        if self.limit.is_some() {
            return Ok(HarvestOutcome::Full);
        }
        let is_met = |condition: &&Condition| condition.is_met(seen.comparison, seen.thresholds);
        let reasons: Vec<String> = self.settings.when.iter().filter(is_met).map(Condition::to_string).collect();
        if reasons.is_empty() {
            self.totals.frames += 1;
            return Ok(HarvestOutcome::Unmet);
        }
        if let Some(near) = self.distinct.take_unless_near(seen.frame) {
            let line = self.line(seen, reasons, None, Some(NearLine::new(&near, &self.files)))?;
            if !self.has_room(line.len()) {
                return Ok(HarvestOutcome::Full);
            }
            self.lines.append(line.as_bytes())?;
            self.count_met();
            self.totals.near_duplicates += 1;
            return Ok(HarvestOutcome::Near { line: trimmed(line) });
        }
        let stem = self.free_stem(seen.file);
        let file = format!("{IMAGES}/{stem}.png");
        let picture = plain_png(seen.frame).map_err(|cause| HarvestError::Encode { file: file.clone(), cause })?;
        let line = self.line(seen, reasons, Some(&file), None)?;
        if !self.has_room(picture.len() + line.len()) {
            return Ok(HarvestOutcome::Full);
        }
        self.write(&file, &picture)?;
        self.label(&stem, seen)?;
        self.lines.append(line.as_bytes())?;
        self.files.push(file);
        self.count_met();
        self.totals.kept += 1;
        if self.totals.kept >= self.settings.limits.frames {
            self.limit = Some(HarvestLimit::Frames);
        }
        Ok(HarvestOutcome::Kept { line: trimmed(line) })
    }

    /// Takes room for what is about to be written, if there is as much.
    fn has_room(&mut self, bytes: usize) -> bool {
        let whole = self.bytes + bytes as u64;
        let has_room = whole <= self.settings.limits.bytes;
        if has_room {
            self.bytes = whole;
        } else {
            self.limit = Some(HarvestLimit::Size);
        }
        has_room
    }

    fn count_met(&mut self) {
        self.totals.frames += 1;
        self.totals.met += 1;
    }

    /// Writes what is of all frames together.
    pub fn finish(mut self) -> Result<HarvestTotals, HarvestError> {
        if let Some((name, text)) = self.labels.of_all()? {
            self.write(name, text.as_bytes())?;
        }
        let totals = serde_json::to_string(&TotalsEntry { totals: self.totals })? + "\n";
        self.lines.append(totals.as_bytes())?;
        Ok(self.totals)
    }

    /// A's boxes.
    fn label(&mut self, stem: &str, seen: &HarvestFrame<'_>) -> Result<(), HarvestError> {
        let detections = seen.comparison.a().to_vec();
        let picture = LabelledPicture { file: format!("{stem}.png"), size: seen.frame.size(), detections };
        let Some((ending, text)) = self.labels.add(picture) else { return Ok(()) };
        self.bytes += text.len() as u64;
        let folder = labels_folder(self.settings.form);
        self.write(&format!("{folder}/{stem}.{ending}"), text.as_bytes())
    }

    fn line(
        &self,
        seen: &HarvestFrame<'_>,
        reasons: Vec<String>,
        file: Option<&str>,
        like: Option<NearLine<'_>>,
    ) -> Result<String, HarvestError> {
        let HarvestFrame { source, number, time_s, frame, comparison, thresholds, .. } = *seen;
        let [a, b] = &self.settings.models;
        let line = FrameLine {
            file,
            like,
            source,
            frame: number,
            time_s,
            width: frame.width(),
            height: frame.height(),
            reasons,
            agreement: HarvestAgreement::of(comparison.agreement()),
            a: HarvestSide::new(comparison.a(), thresholds[0], &a.form.classes),
            b: HarvestSide::new(comparison.b(), thresholds[1], &b.form.classes),
        };
        Ok(serde_json::to_string(&line)? + "\n")
    }

    /// A name that no picture of the harvest has: that of the file, with a number where it is taken.
    fn free_stem(&mut self, file: &Path) -> String {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let stem = if stem.is_empty() { "frame" } else { &*stem };
        let first = stem.to_lowercase();
        let mut number = self.used.get(&first).copied().unwrap_or(1);
        loop {
            let name = if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") };
            let lower = name.to_lowercase();
            number += 1;
            // Readers of YOLO's labels take files of some names for lists.
            if !is_list(&format!("{lower}.txt")) && !self.used.contains_key(&lower) {
                self.used.insert(lower, 2);
                self.used.insert(first, number);
                return name;
            }
        }
    }

    fn write(&mut self, file: &str, bytes: &[u8]) -> Result<(), HarvestError> {
        Ok(self.outputs.file(&self.dir.join(file), &FileFormat::NEW)?.write(bytes)?)
    }
}

/// The first line of `harvest.jsonl`.
fn head_line(settings: &HarvestSettings) -> Result<String, HarvestError> {
    let [a, b] = &settings.models;
    let harvest = HarvestHead {
        version: VERSION,
        when: settings.when.iter().map(Condition::to_string).collect(),
        labels: settings.form.as_str(),
        near_duplicates: NearMeasure::OURS,
        a: HarvestModel::of(a),
        b: HarvestModel::of(b),
    };
    Ok(serde_json::to_string(&HeadLine { harvest })? + "\n")
}

/// Without its line feed.
fn trimmed(mut line: String) -> String {
    line.truncate(line.trim_end().len());
    line
}

/// Where label files are, in the harvest's folder; empty = in itself.
fn labels_folder(form: LabelForm) -> &'static str {
    match form {
        LabelForm::Coco => "",
        LabelForm::Yolo => "labels",
        LabelForm::Voc => "Annotations",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Comparer;
    use crate::detect::Size;

    fn model(name: &str) -> Arc<ModelInfo> {
        Arc::new(ModelInfo::sample(name))
    }

    fn frame(grey: u8) -> Frame {
        Frame::from_rgb(Size::new(32, 32), vec![grey; 32 * 32 * 3]).unwrap()
    }

    fn settings(form: LabelForm, limits: HarvestLimits) -> HarvestSettings {
        HarvestSettings { when: Condition::PARTING.to_vec(), form, limits, models: [model("FP32"), model("INT8")] }
    }

    /// Offers frames that part, each twice, until it is full; gives the sizes of the pictures and of the lines' file.
    fn filled(limits: HarvestLimits) -> (Vec<u64>, HarvestTotals, HarvestLimit) {
        let comparer = Comparer::of_person([0.25, 1.0]);
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(LabelForm::Coco, limits);
        let mut harvester = Harvester::create(dir.path(), Outputs::default(), settings).unwrap();
        let mut offer = |grey: u8| {
            let frame = frame(grey);
            let seen = HarvestFrame {
                source: "camera:0",
                file: Path::new("camera-0"),
                number: None,
                time_s: None,
                frame: &frame,
                comparison: comparer.comparison(),
                thresholds: [Thresholds::LIVE; 2],
            };
            harvester.offer(&seen).unwrap()
        };
        for grey in (0..=250).step_by(10) {
            offer(grey);
            offer(grey);
        }
        // It would be kept.
        assert_eq!(offer(255), HarvestOutcome::Full);
        let limit = harvester.limit().unwrap();
        let images = std::fs::read_dir(dir.path().join(IMAGES)).unwrap().map(|entry| entry.unwrap().path());
        let files = images.chain([dir.path().join("harvest.jsonl")]);
        let sizes = files.map(|file| file.metadata().unwrap().len()).collect();
        (sizes, harvester.finish().unwrap(), limit)
    }

    #[test]
    fn a_harvest_without_an_end_ends_at_its_limits_and_is_whole() {
        let (sizes, totals, limit) = filled(HarvestLimits { frames: 3, ..HarvestLimits::default() });
        assert_eq!(totals, HarvestTotals { frames: 5, met: 5, kept: 3, near_duplicates: 2 });
        assert_eq!((sizes.len(), limit), (4, HarvestLimit::Frames));
        let bytes = 10_000;
        let (sizes, totals, limit) = filled(HarvestLimits { bytes, ..HarvestLimits::default() });
        assert_eq!(limit, HarvestLimit::Size);
        assert!(
            totals.kept > 1 && totals.kept as usize + 1 == sizes.len() && totals.met == totals.frames,
            "{totals:?}"
        );
        let written = sizes.iter().sum::<u64>();
        assert!(written <= bytes && written > bytes / 2, "{written} bytes");
    }

    #[test]
    fn frames_that_differ_are_kept_once_with_labels_and_a_line() {
        for (form, label) in [
            (LabelForm::Coco, "annotations.json"),
            (LabelForm::Yolo, "labels/clip-1.txt"),
            (LabelForm::Voc, "Annotations/clip-1.xml"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let settings = settings(form, HarvestLimits::default());
            let mut harvester = Harvester::create(dir.path(), Outputs::default(), settings.clone()).unwrap();
            let mut outcomes = Vec::new();
            // Same, parts, parts and is alike, parts and differs under a name that is taken, and again.
            for (grey, score_b, file) in [
                (0, 0.25, "clip-0"),
                (0, 1.0, "clip-1"),
                (2, 1.0, "clip-2"),
                (90, 1.0, "Clip-1"),
                (120, 1.0, "clip-1-2"),
                (180, 1.0, "clip-1"),
            ] {
                let comparer = Comparer::of_person([0.25, score_b]);
                let frame = frame(grey);
                let seen = HarvestFrame {
                    source: "clip.mp4",
                    file: Path::new(file),
                    number: Some(7),
                    time_s: None,
                    frame: &frame,
                    comparison: comparer.comparison(),
                    thresholds: [Thresholds::LIVE; 2],
                };
                outcomes.push(harvester.offer(&seen).unwrap());
            }
            assert!(matches!(
                outcomes.as_slice(),
                [
                    HarvestOutcome::Unmet,
                    HarvestOutcome::Kept { .. },
                    HarvestOutcome::Near { .. },
                    HarvestOutcome::Kept { .. },
                    HarvestOutcome::Kept { .. },
                    HarvestOutcome::Kept { .. }
                ]
            ));
            let totals = HarvestTotals { frames: 6, met: 5, kept: 4, near_duplicates: 1 };
            assert_eq!(harvester.finish().unwrap(), totals);
            let images = ["clip-1", "Clip-1-2", "clip-1-2-2", "clip-1-3"].map(|name| format!("images/{name}.png"));
            for file in images.iter().map(String::as_str).chain([label]) {
                assert!(dir.path().join(file).is_file(), "{file}");
            }
            let text = std::fs::read_to_string(dir.path().join("harvest.jsonl")).unwrap();
            let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines.len(), 7);
            assert_eq!((&lines[1]["file"], &lines[1]["reasons"][0]), (&"images/clip-1.png".into(), &"lost".into()));
            assert_eq!(
                (&lines[2]["like"]["file"], &lines[2]["like"]["difference"]),
                (&"images/clip-1.png".into(), &2.0.into())
            );
            assert_eq!(lines[3]["a"]["boxes"][0]["class"], "person");
            assert_eq!(lines[6]["totals"]["met"], 5);
            assert!(matches!(
                Harvester::create(dir.path(), Outputs::default(), settings),
                Err(HarvestError::Write(WriteError { cause: WriteCause::NotEmpty, .. }))
            ));
        }
    }
}
