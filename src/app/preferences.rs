//! What is kept from one run to the next.

use serde::{Deserialize, Serialize};

use crate::detect::Thresholds;
use crate::model::{ModelName, Precision};

/// A person's settings. What a file of an older version lacks takes its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Of the model to start with.
    pub precision: Precision,
    pub score: f32,
    pub nms_iou: f32,
    pub labels: bool,
    pub theme: egui::ThemePreference,
}

impl Default for Preferences {
    fn default() -> Self {
        let Thresholds { score, nms_iou } = Thresholds::LIVE;
        Self { precision: Precision::Fp32, score, nms_iou, labels: true, theme: egui::ThemePreference::System }
    }
}

impl Preferences {
    /// What was kept, with values that make no sense put right.
    pub fn from_json(text: &str) -> Self {
        let kept: Self = serde_json::from_str(text).unwrap_or_default();
        let sound = |value: f32, default: f32| if (0.0..=1.0).contains(&value) { value } else { default };
        let default = Self::default();
        Self { score: sound(kept.score, default.score), nms_iou: sound(kept.nms_iou, default.nms_iou), ..kept }
    }

    pub fn to_json(&self) -> String {
        // A struct of plain values always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub fn thresholds(&self) -> Thresholds {
        Thresholds { score: self.score, nms_iou: self.nms_iou }
    }

    pub fn reset_thresholds(&mut self) {
        let default = Self::default();
        (self.score, self.nms_iou) = (default.score, default.nms_iou);
    }

    pub fn model(&self) -> ModelName {
        if self.precision == Precision::Int8 { ModelName::Int8 } else { ModelName::Fp32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let kept = Preferences { score: 0.4, precision: Precision::Int8, labels: false, ..Preferences::default() };
        assert_eq!(Preferences::from_json(&kept.to_json()), kept);
    }

    #[test]
    fn a_broken_file_gives_the_defaults() {
        for text in ["", "nonsense", "{\"score\": 7, \"precision\": \"fp4\"}", "[]"] {
            assert_eq!(Preferences::from_json(text), Preferences::default(), "{text}");
        }
    }
}
