//! The flags of the window.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::model::ModelName;
use crate::source::{CameraRequest, SourceRequest};

#[derive(Args, Debug, Default)]
pub struct ViewArgs {
    /// Look through this camera (see `twinsight cameras`)
    #[arg(long, value_name = "N", group = "from")]
    camera: Option<u32>,
    /// Look at this picture
    #[arg(long, value_name = "FILE", group = "from")]
    image: Option<PathBuf>,
    /// Look at the built-in demo
    #[arg(long, group = "from")]
    demo: bool,
    /// Start with this model: fp32, int8 or an ONNX file [default: as last time]
    #[arg(long, value_name = "MODEL", visible_alias = "a")]
    precision: Option<String>,
    /// Compare it with this one [default: as last time]
    #[arg(long, value_name = "MODEL")]
    b: Option<String>,
    /// How to show what they see [default: as last time]
    #[arg(long, value_name = "VIEW")]
    view: Option<ViewName>,
    /// Save a picture of the window as PNG, then close it
    #[arg(long, value_name = "FILE")]
    screenshot: Option<PathBuf>,
    /// Take the screenshot after so many seconds
    #[arg(long, value_name = "SECONDS", requires = "screenshot", default_value = "5", value_parser = seconds)]
    after: Option<Duration>,
    /// Dark or light [default: as last time, or as the system]
    #[arg(long, value_name = "THEME")]
    theme: Option<Theme>,
    /// Size of the window in points [default: as last time, or 1280x800]
    #[arg(long, value_name = "WxH", value_parser = size)]
    window: Option<[f32; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Theme {
    Dark,
    Light,
}

/// The window's views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ViewName {
    Single,
    Split,
    SideBySide,
    Overlay,
}

impl ViewArgs {
    pub fn source(&self) -> SourceRequest {
        match (&self.image, self.camera, self.demo) {
            (Some(path), ..) => SourceRequest::Still(path.clone()),
            (None, Some(index), _) => SourceRequest::Camera(CameraRequest { index, ..CameraRequest::default() }),
            (None, None, true) => SourceRequest::Demo,
            (None, None, false) => SourceRequest::Auto,
        }
    }

    /// A and B; `None`: the person did not say.
    pub fn models(&self) -> [Option<ModelName>; 2] {
        [&self.precision, &self.b].map(|flag| flag.as_deref().map(ModelName::from_flag))
    }

    /// `None`: the person did not say.
    pub fn view(&self) -> Option<ViewName> {
        self.view
    }

    /// The file, and how long to wait before.
    pub fn screenshot(&self) -> Option<(PathBuf, Duration)> {
        self.screenshot.clone().map(|file| (file, self.after.unwrap_or(Duration::from_secs(5))))
    }

    /// `None`: the person did not say.
    pub fn dark(&self) -> Option<bool> {
        self.theme.map(|t| t == Theme::Dark)
    }

    /// `None`: the person did not say.
    pub fn window_size(&self) -> Option<[f32; 2]> {
        self.window
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| format!("{text} is no number of seconds"))?;
    Duration::try_from_secs_f64(value).map_err(|_| format!("{text} is no time to wait"))
}

fn size(text: &str) -> Result<[f32; 2], String> {
    let sides = text.split_once(['x', '×']).and_then(|(w, h)| Some([w.parse::<f32>().ok()?, h.parse::<f32>().ok()?]));
    sides
        .filter(|s| s.iter().all(|v| (200.0..=8192.0).contains(v)))
        .ok_or_else(|| format!("{text} is no size from 200x200 to 8192x8192, as 1280x800"))
}
