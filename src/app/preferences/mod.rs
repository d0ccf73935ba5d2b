//! What is kept from one run to the next.

pub mod cameras;
pub mod file;
pub mod keeper;
pub mod layout;
pub mod recent;
pub mod threshold_choice;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::app::models::own_profile;
use crate::app::view::{Side, View};
use crate::detect::Thresholds;
use crate::model::{Arithmetic, ModelName, ModelRequest};
use cameras::CameraPresets;
use layout::WindowLayout;
use recent::RecentSources;

/// Sizes at which everything can be read and fits a screen.
const ZOOMS: std::ops::RangeInclusive<f32> = 0.4..=4.0;

/// A person's settings. What a file of an older version lacks takes its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The models to start with, A and B, as the window names them. Files are not kept.
    pub models: [String; 2],
    /// How they are computed.
    pub arithmetics: [Arithmetic; 2],
    /// A's and B's own hardware profiles, as they were in the form last.
    pub own_profiles: [Arithmetic; 2],
    pub view: View,
    /// Of A; of B too while they are linked.
    pub score: f32,
    pub nms_iou: f32,
    pub score_b: f32,
    pub nms_iou_b: f32,
    /// B has A's thresholds.
    pub linked: bool,
    pub labels: bool,
    /// What the lines of the boxes mean stands on the picture.
    pub legend: bool,
    /// What annotations say is shown, where there are some.
    pub truth: bool,
    /// A box or a pair was clicked once: what that does needs no more telling.
    pub knows_clicks: bool,
    /// The bar of the split view follows the pointer.
    pub bar_follows: bool,
    /// The plots are shown.
    pub history: bool,
    /// The camera panel is shown if the source is a camera.
    pub camera: bool,
    /// How each camera was set.
    pub cameras: CameraPresets,
    /// Files, folders and addresses that were opened.
    pub recent: RecentSources,
    /// The most that the history may take, in megabytes.
    pub history_mb: u32,
    /// Pause where the agreement of a frame falls below this.
    pub pause_below: f32,
    pub pauses: bool,
    /// Where recordings go; `None`: into the folder of videos.
    pub recordings: Option<PathBuf>,
    pub theme: egui::ThemePreference,
    /// How much larger everything is drawn.
    pub zoom: f32,
    pub window: WindowLayout,
}

impl Default for Preferences {
    fn default() -> Self {
        let Thresholds { score, nms_iou } = Thresholds::LIVE;
        Self {
            models: [ModelName::Fp32, ModelName::Int8].map(|m| m.label()),
            arithmetics: [Arithmetic::Exact, Arithmetic::Exact],
            own_profiles: [own_profile::first(), own_profile::first()],
            // A comparison is what the program is for.
            view: View::Overlay,
            score,
            nms_iou,
            score_b: score,
            nms_iou_b: nms_iou,
            linked: true,
            labels: true,
            legend: true,
            truth: true,
            knows_clicks: false,
            bar_follows: false,
            history: false,
            camera: false,
            cameras: CameraPresets::default(),
            recent: RecentSources::default(),
            history_mb: 256,
            pause_below: 0.6,
            pauses: false,
            recordings: None,
            theme: egui::ThemePreference::System,
            zoom: 1.0,
            window: WindowLayout::default(),
        }
    }
}

impl Preferences {
    /// What was kept. Each value that cannot be read, or makes no sense, takes its default.
    pub fn from_json(text: &str) -> Self {
        let default = Self::default();
        let found: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        let mut kept = default.clone();
        for (key, value) in found {
            // The rest has been read before.
            let Ok(Value::Object(mut all)) = serde_json::to_value(&kept) else { continue };
            all.insert(key, value);
            kept = serde_json::from_value(Value::Object(all)).unwrap_or(kept);
        }
        for (value, default) in [
            (&mut kept.score, default.score),
            (&mut kept.nms_iou, default.nms_iou),
            (&mut kept.score_b, default.score_b),
            (&mut kept.nms_iou_b, default.nms_iou_b),
            (&mut kept.pause_below, default.pause_below),
        ] {
            if !(0.0..=1.0).contains(value) {
                *value = default;
            }
        }
        for (own, default) in kept.own_profiles.iter_mut().zip(default.own_profiles) {
            if own_profile::of(own).is_none() {
                *own = default;
            }
        }
        if !ZOOMS.contains(&kept.zoom) {
            kept.zoom = default.zoom;
        }
        kept.window = kept.window.sane();
        kept.recent = kept.recent.sane();
        kept.history_mb = kept.history_mb.clamp(16, 65_536);
        kept
    }

    pub fn to_json(&self) -> String {
        // A struct of plain values always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A's and B's.
    pub fn thresholds(&self) -> [Thresholds; 2] {
        let a = Thresholds { score: self.score, nms_iou: self.nms_iou };
        [a, if self.linked { a } else { Thresholds { score: self.score_b, nms_iou: self.nms_iou_b } }]
    }

    /// Links them, or takes them apart where they stand.
    pub fn link(&mut self, linked: bool) {
        if self.linked && !linked {
            (self.score_b, self.nms_iou_b) = (self.score, self.nms_iou);
        }
        self.linked = linked;
    }

    /// Sets one side's, and takes them apart from the other's for it.
    pub fn set_thresholds(&mut self, which: Side, thresholds: Thresholds) {
        self.link(false);
        let Thresholds { score, nms_iou } = thresholds;
        match which {
            Side::A => (self.score, self.nms_iou) = (score, nms_iou),
            Side::B => (self.score_b, self.nms_iou_b) = (score, nms_iou),
        }
    }

    /// Gives what is A's to B and what is B's to A, as their models change sides.
    pub fn swap_sides(&mut self) {
        self.own_profiles.swap(0, 1);
        if !self.linked {
            std::mem::swap(&mut self.score, &mut self.score_b);
            std::mem::swap(&mut self.nms_iou, &mut self.nms_iou_b);
        }
    }

    pub fn reset_thresholds(&mut self) {
        let default = Self::default();
        self.linked = default.linked;
        (self.score, self.nms_iou) = (default.score, default.nms_iou);
        (self.score_b, self.nms_iou_b) = (default.score_b, default.nms_iou_b);
    }

    /// The model to start with; what is no built one any more takes its default.
    pub fn model(&self, which: Side) -> ModelName {
        let named = |label: &String| ModelName::BUILT.into_iter().find(|m| m.label() == *label);
        let default = [ModelName::Fp32, ModelName::Int8];
        named(&self.models[which.index()]).unwrap_or_else(|| default[which.index()].clone())
    }

    /// Keeps a side's own profile, where it is computed by one.
    pub fn keep_own_profile(&mut self, which: Side, arithmetic: &Arithmetic) {
        if own_profile::of(arithmetic).is_some() {
            self.own_profiles[which.index()] = arithmetic.clone();
        }
    }

    /// Keeps a model for the next run, where it is a built one.
    pub fn remember(&mut self, which: Side, request: &ModelRequest) {
        if ModelName::BUILT.contains(&request.name) {
            let label = request.name.label();
            if self.models[which.index()] != label {
                self.models[which.index()] = label;
            }
            self.arithmetics[which.index()] = request.arithmetic.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::Profile;

    #[test]
    fn what_is_kept_comes_back() {
        let kept = Preferences {
            score: 0.4,
            models: ["INT8".into(), "FP32".into()],
            view: View::SideBySide,
            linked: false,
            labels: false,
            ..Preferences::default()
        };
        assert_eq!(Preferences::from_json(&kept.to_json()), kept);
        assert_eq!(kept.model(Side::A), ModelName::Int8);
    }

    #[test]
    fn a_broken_file_gives_the_defaults() {
        for text in
            ["", "nonsense", "{\"score\": 7, \"view\": \"round\"}", "[]", "{\"score_b\": -1, \"pause_below\": 2}"]
        {
            assert_eq!(Preferences::from_json(text), Preferences::default(), "{text}");
        }
        let one_bad =
            r#"{"labels": false, "view": "round", "zoom": 1e30, "window": {"size": ["wide", 1]}, "score": 0.5}"#;
        let rest = Preferences { labels: false, score: 0.5, ..Preferences::default() };
        assert_eq!(Preferences::from_json(one_bad), rest);
    }

    #[test]
    fn own_profiles_come_back_and_change_sides() {
        let own = |bits| -> Arithmetic {
            let first = own_profile::first();
            let profile = own_profile::of(&first).unwrap();
            own_profile::named(Profile { multiplier_bits: bits, ..Profile::clone(profile) }).into()
        };
        let mut preferences = Preferences::default();
        preferences.keep_own_profile(Side::B, &own(9));
        // These are nobody's own.
        preferences.keep_own_profile(Side::B, &Arithmetic::Exact);
        preferences.keep_own_profile(Side::B, &own(16));
        assert_eq!(preferences.own_profiles, [own(12), own(9)]);
        preferences.swap_sides();
        assert_eq!(preferences.own_profiles, [own(9), own(12)]);
        assert_eq!(Preferences::from_json(&preferences.to_json()), preferences);
        for kept in [r#"["exact", "m16"]"#, "[1, 2]", r#"[{"name": "m9", "multiplier_bits": 99}]"#] {
            let text = format!("{{\"own_profiles\": {kept}}}");
            assert_eq!(Preferences::from_json(&text).own_profiles, [own(12), own(12)], "{kept}");
        }
    }

    #[test]
    fn thresholds_taken_apart_start_where_they_stood() {
        let mut preferences = Preferences { score: 0.4, score_b: 0.1, ..Preferences::default() };
        assert_eq!(preferences.thresholds()[1].score, 0.4);
        preferences.link(false);
        assert_eq!(preferences.thresholds()[1].score, 0.4);
        preferences.score_b = 0.3;
        preferences.swap_sides();
        assert_eq!(preferences.thresholds().map(|t| t.score), [0.3, 0.4]);
    }

    #[test]
    fn a_reset_links_thresholds_that_were_taken_apart() {
        let mut preferences = Preferences::default();
        preferences.set_thresholds(Side::A, Thresholds { score: 0.15, ..Thresholds::LIVE });
        assert_ne!(preferences.thresholds()[0], preferences.thresholds()[1]);
        preferences.reset_thresholds();
        assert_eq!(preferences, Preferences::default());
    }

    #[test]
    fn a_model_that_is_not_built_is_not_kept() {
        let mut preferences = Preferences::default();
        preferences.remember(Side::B, &ModelName::File("own.onnx".into()).into());
        assert_eq!(preferences.model(Side::B), ModelName::Int8);
        preferences.models[0] = "FP64".into();
        assert_eq!(preferences.model(Side::A), ModelName::Fp32);
    }
}
