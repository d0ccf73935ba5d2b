//! The thresholds at which boxes are kept, as flags.

use clap::Args;

use crate::detect::Thresholds;

/// For commands that keep boxes as the window does.
#[derive(Args, Debug)]
pub struct ThresholdFlags {
    /// Score threshold: keep boxes with a higher score
    #[arg(long, value_name = "S", default_value_t = Thresholds::LIVE.score, value_parser = fraction)]
    score: f32,
    /// NMS IoU threshold (per class)
    #[arg(long, value_name = "IOU", default_value_t = Thresholds::LIVE.nms_iou, value_parser = fraction)]
    nms: f32,
}

impl ThresholdFlags {
    pub fn thresholds(&self) -> Thresholds {
        Thresholds { score: self.score, nms_iou: self.nms }
    }
}

/// A flag's value between 0 and 1.
pub fn fraction(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| format!("\"{text}\" is not a number"))?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(format!("\"{text}\" is not between 0 and 1")) }
}
