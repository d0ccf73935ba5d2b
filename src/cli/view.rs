//! The flags of the window.

use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};

use super::arithmetic_flags::ArithmeticFlags;
use super::input::{self, camera_flags::CameraFlags};
use super::output::trace_flag::{TraceFlag, begin_trace};
use super::pack_heads::{needs_pack, pack_heads};
use super::unknown_word::{UnknownWord, model_flag};
use crate::annotate::ANNOTATED_PNG;
use crate::files::{OutputFile, Outputs, WriteError};
use crate::model::{Arithmetic, ArithmeticError, Catalog, InferenceEngine, ModelName, ModelRequest};
use crate::source::{Album, SourceRequest, VideoLocation, VideoRequest};
use crate::trace::Trace;
use crate::workshop::golden::PackPlace;

#[derive(Args, Debug, Default)]
pub struct ViewArgs {
    /// Open these images, videos, folders of images or streams; the first one is shown. A golden pack: its picture, with the
    /// pack's raw heads as B
    #[arg(value_name = "FILE|DIR|URL", group = "from", conflicts_with = "CameraFlags", num_args = 0.., value_parser = clap::builder::OsStringValueParser::new().try_map(there))]
    files: Vec<VideoLocation>,
    #[command(flatten)]
    camera: CameraFlags,
    /// Open this image
    #[arg(long, value_name = "FILE", group = "from", conflicts_with = "CameraFlags")]
    image: Option<PathBuf>,
    /// Open this video file or stream (rtsp, http); needs ffmpeg
    #[arg(long, value_name = "FILE|URL", group = "from", conflicts_with = "CameraFlags")]
    video: Option<OsString>,
    /// Show the built-in demo
    #[arg(long, group = "from", conflicts_with = "CameraFlags")]
    demo: bool,
    /// Model A: fp32, int8, tuned, safe or an ONNX file [default: as last time]
    #[arg(long, value_name = "MODEL", value_parser = model_flag)]
    a: Option<String>,
    /// Model B, to compare with A [default: as last time]
    #[arg(long, value_name = "MODEL", value_parser = model_flag)]
    b: Option<String>,
    /// The same as --a
    // No alias: an error would name --a where this was typed.
    #[arg(long, value_name = "MODEL", conflicts_with = "a", value_parser = model_flag)]
    precision: Option<String>,
    /// With a golden pack: take what a board dumped of it as B, named as in the pack, in any of its formats
    #[arg(long, value_name = "DIR|FILE", requires = "files", conflicts_with = "b")]
    against: Option<PathBuf>,
    #[command(flatten)]
    arithmetic: ArithmeticFlags,
    /// Annotations of the images: a COCO JSON file, a folder of YOLO labels (or its data.yaml or classes.txt), or a folder of
    /// Pascal VOC files [default: found beside the images: in their folder, in `labels` or `Annotations`]
    #[arg(long, value_name = "PATH")]
    annotations: Option<PathBuf>,
    /// View to start with [default: as last time, or overlay]
    #[arg(long, value_name = "VIEW")]
    view: Option<ViewName>,
    /// Open this panel at startup: layer sensitivity of B, or how B's INT8 model is computed
    #[arg(long, value_name = "PANEL")]
    panel: Option<PanelName>,
    /// Save a screenshot of the window as PNG, then close it
    #[arg(long, value_name = "FILE")]
    screenshot: Option<PathBuf>,
    /// Take the screenshot after this many seconds, or when the first boxes are there, if that is later
    #[arg(long, value_name = "SECONDS", requires = "screenshot", default_value = "5", value_parser = seconds)]
    after: Option<Duration>,
    #[command(flatten)]
    trace: TraceFlag,
    /// Let the screenshot or the trace replace a file of any kind
    #[arg(long)]
    force: bool,
    /// Dark or light theme [default: as last time, or the system's]
    #[arg(long, value_name = "THEME")]
    theme: Option<ThemeName>,
    /// Window size in points [default: as last time, or 1280x800]
    #[arg(long, value_name = "WxH", value_parser = size)]
    window: Option<[f32; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum ThemeName {
    Dark,
    Light,
}

/// Panels that are closed until they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PanelName {
    Layers,
    ComputedAs,
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
    /// What to look at.
    pub fn source(&self) -> SourceRequest {
        let video = |location| SourceRequest::Video(VideoRequest::new(location));
        if let Some(text) = &self.video {
            return video(VideoLocation::parse(text));
        }
        match (&self.image, self.camera.request(), self.demo) {
            (Some(path), ..) => SourceRequest::Still(path.clone()),
            (None, Some(camera), _) => SourceRequest::Camera(camera),
            (None, None, true) => SourceRequest::Demo,
            (None, None, false) => match self.files.first() {
                Some(VideoLocation::Url(url)) => video(VideoLocation::Url(url.clone())),
                Some(VideoLocation::File(path)) => first_of(path),
                None => SourceRequest::Auto,
            },
        }
    }

    /// A and B; `None`: the person did not say.
    pub fn models(&self) -> Result<[Option<ModelName>; 2], Box<dyn Error>> {
        let [a, b] = self.named()?.map(|named| named.map(|request| request.name));
        let heads = self.heads()?;
        Ok([a, b.or(heads)])
    }

    /// The raw heads of the golden pack that is shown: its own, or a board's.
    fn heads(&self) -> Result<Option<ModelName>, Box<dyn Error>> {
        match (self.pack(), &self.against) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(needs_pack("view")),
            (Some(place), dump) => Ok(Some(pack_heads(&place, dump.as_deref())?)),
        }
    }

    /// The golden pack, where one is all that is to be shown.
    fn pack(&self) -> Option<PackPlace> {
        match &self.files[..] {
            [VideoLocation::File(path)] => PackPlace::of(path),
            _ => None,
        }
    }

    /// How A and B are computed; `None`: the person did not say.
    pub fn arithmetics(&self) -> Result<[Option<Arithmetic>; 2], ArithmeticError> {
        let [a, b] = self.arithmetic.chosen();
        let [of_a, of_b] = self.named()?.map(|named| named.map(|request| request.arithmetic));
        let arithmetics = [of_a.or(a), of_b.or(b)];
        for arithmetic in arithmetics.iter().flatten() {
            arithmetic.check_engine(self.engine())?;
        }
        Ok(arithmetics)
    }

    /// What computes INT8 models in exact arithmetic; `None`: the person did not say.
    pub fn engine(&self) -> Option<InferenceEngine> {
        self.arithmetic.engine()
    }

    /// A and B, as they were written.
    fn model_flags(&self) -> [Option<&str>; 2] {
        [self.a.as_ref().or(self.precision.as_ref()), self.b.as_ref()].map(|flag| flag.map(String::as_str))
    }

    fn named(&self) -> Result<[Option<ModelRequest>; 2], ArithmeticError> {
        let [a, b] = self.arithmetic.chosen().map(Option::unwrap_or_default);
        let named = |flag: Option<&str>, default: &Arithmetic| {
            flag.map(|flag| ModelRequest::from_flag(flag, default)).transpose()
        };
        let [of_a, of_b] = self.model_flags();
        Ok([named(of_a, &a)?, named(of_b, &b)?])
    }

    /// `None`: the person did not say.
    pub fn view(&self) -> Option<ViewName> {
        self.view
    }

    /// Whether the layers panel is asked for.
    pub fn layers(&self) -> bool {
        self.panel == Some(PanelName::Layers)
    }

    /// Whether the popup is asked for that says how B's INT8 model is computed.
    pub fn computed_as(&self) -> bool {
        self.panel == Some(PanelName::ComputedAs)
    }

    /// Files and folders as they were named, for [`Album::open`]; addresses are left out, and so is a golden pack.
    pub fn files(&self) -> Vec<PathBuf> {
        if self.pack().is_some() {
            return Vec::new();
        }
        let file = |location: &VideoLocation| match location {
            VideoLocation::File(path) => Some(path.clone()),
            VideoLocation::Url(_) => None,
        };
        self.files.iter().filter_map(file).collect()
    }

    /// `None`: the person did not say.
    pub fn annotations(&self) -> Option<PathBuf> {
        self.annotations.clone()
    }

    /// What the window writes without being asked again is none of the files that are shown.
    pub fn outputs(&self, catalog: &Catalog) -> Outputs {
        // Without a name, the models are installed ones.
        let installed = catalog.installed().into_iter().map(ModelRequest::from);
        let named = self.named().unwrap_or_default();
        let models: Vec<ModelRequest> = named.into_iter().flatten().chain(installed).collect();
        let profiles = self.arithmetic.files(self.model_flags().into_iter().flatten());
        let pack = self.pack().map(|place| place.dir);
        let golden = input::files_below(pack.iter().chain(&self.against));
        let read = [input::pictures(&self.files()).0, input::model_files(catalog, &models), profiles, golden].concat();
        let dump = self.against.as_deref();
        let read = read.iter().map(PathBuf::as_path).chain(self.image.as_deref()).chain(dump);
        let read = read.chain(self.video.as_deref().map(Path::new)).chain(self.annotations.as_deref());
        Outputs::new(self.force).reads(read)
    }

    /// The file, and how long to wait before.
    pub fn screenshot(&self, outputs: &mut Outputs) -> Result<Option<(OutputFile, Duration)>, WriteError> {
        let Some(file) = &self.screenshot else { return Ok(None) };
        let file = outputs.file(file, &ANNOTATED_PNG)?;
        Ok(Some((file, self.after.unwrap_or(Duration::from_secs(5)))))
    }

    /// The trace, which begins now.
    pub fn trace(&self, outputs: &mut Outputs) -> Result<Trace, WriteError> {
        begin_trace(self.trace.file(outputs)?)
    }

    /// `None`: the person did not say.
    pub fn dark(&self) -> Option<bool> {
        self.theme.map(|t| t == ThemeName::Dark)
    }

    /// `None`: the person did not say.
    pub fn window_size(&self) -> Option<[f32; 2]> {
        self.window
    }
}

/// What shows a file, or a folder by its first picture; a folder without any is an error when it is opened.
fn first_of(path: &Path) -> SourceRequest {
    if let Some(place) = PackPlace::of(path) {
        return SourceRequest::Still(place.path());
    }
    let album = Album::open(&[path.into()]).ok();
    album.and_then(|album| album.request()).unwrap_or_else(|| SourceRequest::Still(path.into()))
}

/// A word that is neither a command nor a file that is there is a slip of the keyboard.
fn there(text: OsString) -> Result<VideoLocation, UnknownWord> {
    let location = VideoLocation::parse(&text);
    match &location {
        VideoLocation::File(path) if path.symlink_metadata().is_err() => Err(UnknownWord::Command),
        _ => Ok(location),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| format!("\"{text}\" is not a number of seconds"))?;
    // A day: the clock ends somewhere.
    if (0.0..=86_400.0).contains(&value) {
        Ok(Duration::from_secs_f64(value))
    } else {
        Err(format!("\"{text}\" is not between 0 and 86400 seconds"))
    }
}

fn size(text: &str) -> Result<[f32; 2], String> {
    let sides = text.split_once(['x', '×']).and_then(|(w, h)| Some([w.parse::<f32>().ok()?, h.parse::<f32>().ok()?]));
    sides
        .filter(|s| s.iter().all(|v| (200.0..=8192.0).contains(v)))
        .ok_or_else(|| format!("\"{text}\" is not a size from 200x200 to 8192x8192; use WIDTHxHEIGHT, e.g. 1280x800"))
}
