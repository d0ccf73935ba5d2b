//! The window over a fake camera, for viewing the camera panel and each camera fault.
//!
//! `cargo run --example fake-camera -- fine|stall|unplug|busy|denied|panic [--light] [--closed] [--overlay] [--at-once] [--small] [--screenshot FILE]`
//!
//! The fault comes after two seconds, or with `--at-once` before the first picture.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use twinsight::annotate::ANNOTATED_PNG;
use twinsight::app::{Clipboard, ClipboardError, Preferences, Screenshot, Start, System, Viewer};
use twinsight::detect::{Frame, Size};
use twinsight::engine::Open;
use twinsight::files::Outputs;
use twinsight::live;
use twinsight::model::Catalog;
use twinsight::source::{
    CameraDetails, CameraId, CameraInfo, CameraRequest, CameraWatch, Control, ControlId, ControlKind, Description,
    FrameRate, Mode, ModeRequest, Next, PixelFormat, Source, SourceError, SourceRequest, load,
};

const NAME: &str = "HD Webcam C525";

/// How long all is well.
const DELAY: Duration = Duration::from_secs(2);

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let file = arguments.iter().skip_while(|argument| *argument != "--screenshot").nth(1).map(PathBuf::from);
    let file = file.map(|file| Outputs::new(true).file(&file, &ANNOTATED_PNG)).transpose()?;
    let screenshot = file.map(|file| Screenshot::after(Duration::from_secs(8), file));
    let fault = arguments.first().cloned().unwrap_or_else(|| "fine".into());
    let dark = !has("--light");
    let camera_open = !has("--closed");
    let view = has("--overlay").then_some(twinsight::app::View::Overlay);
    let catalog = Catalog::find();
    let photo = load(&catalog.download(live::PHOTOS[0]))?;
    let delay = if has("--at-once") { Duration::ZERO } else { DELAY };
    let due = Instant::now() + delay;
    let size = if has("--small") { [760.0, 420.0] } else { [1280.0, 800.0] };
    let desk = Arc::new(Desk { fault: fault.clone(), due, photo, controls: Mutex::new(controls()) });
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default().with_inner_size(size),
        persist_window: false,
        ..Default::default()
    };
    let create = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
        let wake = || {
            let ctx = cc.egui_ctx.clone();
            move || ctx.request_repaint()
        };
        let gone = move || fault == "unplug" && Instant::now() >= due;
        let list = move || Ok(if gone() { Vec::new() } else { vec![info()] });
        let cameras = CameraWatch::with(list.clone(), list, Duration::from_millis(500), wake())?;
        let start = Start {
            source: SourceRequest::Camera(CameraRequest::of(&info())),
            files: Vec::new(),
            models: [None, None],
            arithmetics: [None, None],
            view,
            dark: Some(dark),
            size: None,
            screenshot,
            catalog: catalog.clone(),
            annotations: None,
            layers: false,
            computed_as: false,
        };
        let parts = twinsight::engine::Parts { opener: desk, ..live::parts(&catalog, Arc::new(wake())) };
        let preferences = Preferences { camera: camera_open, ..Preferences::default() };
        let system = System { clipboard: Box::new(NoClipboard), cameras: Some(cameras), preferences };
        Ok(Box::new(Window(Viewer::new(&cc.egui_ctx, parts, start, system)?)))
    };
    Ok(eframe::run_native("fake-camera", native, Box::new(create))?)
}

struct Window(Viewer);

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        self.0.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.0.ui(ui);
    }

    /// Each run starts from scratch.
    fn persist_egui_memory(&self) -> bool {
        false
    }
}

struct NoClipboard;

impl Clipboard for NoClipboard {
    fn files(&mut self) -> Result<Vec<PathBuf>, ClipboardError> {
        Err(ClipboardError::Empty)
    }

    fn picture(&mut self) -> Result<Frame, ClipboardError> {
        Err(ClipboardError::Empty)
    }

    fn text(&mut self) -> Result<String, ClipboardError> {
        Err(ClipboardError::Empty)
    }

    fn put(&mut self, _: &Frame) -> Result<(), ClipboardError> {
        Err(ClipboardError::Empty)
    }
}

fn id() -> CameraId {
    CameraId { place: "usb-0000:00:14.0-3".into(), serial: Some("046d:0826:A3C2F9E0".into()) }
}

fn info() -> CameraInfo {
    let rates = [5, 10, 15, 20, 30].map(|rate| FrameRate::new(rate, 1));
    let sizes = [(320, 240), (640, 480), (800, 600), (1280, 720), (1920, 1080)];
    let all = sizes.into_iter().flat_map(|(width, height)| rates.map(|rate| (Size::new(width, height), rate)));
    let modes = all.flat_map(|(size, rate)| [PixelFormat::Mjpeg, PixelFormat::Yuyv].map(|format| (format, size, rate)));
    let modes = modes.filter_map(|(format, size, rate)| Some(Mode { format, size, rate: rate? }));
    // Raw pictures of that size would not fit through the cable.
    let fits =
        |mode: &Mode| mode.format == PixelFormat::Mjpeg || mode.size.area() as f64 * mode.rate.per_second() < 1e7;
    CameraInfo { index: 0, name: NAME.into(), id: id(), modes: modes.filter(fits).collect(), problem: None }
}

fn controls() -> Vec<Control> {
    let range = |id, name: &str, min, max, value, default, active| {
        let kind = ControlKind::Range { min, max, step: 1 };
        Control { id, name: name.into(), kind, value, default, active }
    };
    let switch = |id, name: &str, value| Control {
        id,
        name: name.into(),
        kind: ControlKind::Switch,
        value,
        default: 1,
        active: true,
    };
    let menu = |id, name: &str, entries: &[&str], value| {
        let entries = (0..).zip(entries).map(|(value, name)| (value, (*name).to_owned())).collect();
        Control { id, name: name.into(), kind: ControlKind::Menu(entries), value, default: value, active: true }
    };
    vec![
        range(1, "Brightness", 0, 255, 128, 128, true),
        range(2, "Contrast", 0, 255, 46, 32, true),
        range(3, "Saturation", 0, 255, 28, 28, true),
        switch(4, "White Balance, Automatic", 1),
        range(5, "White Balance Temperature", 2800, 6500, 4200, 4200, false),
        range(6, "Gain", 0, 255, 64, 64, true),
        menu(7, "Power Line Frequency", &["Disabled", "50 Hz", "60 Hz"], 1),
        menu(8, "Auto Exposure", &["Auto Mode", "Manual Mode", "Shutter Priority Mode", "Aperture Priority Mode"], 3),
        range(9, "Exposure Time, Absolute", 3, 2047, 166, 166, false),
        switch(10, "Focus, Automatic Continuous", 0),
        range(11, "Focus, Absolute", 0, 255, 60, 60, true),
    ]
}

/// The camera, and how it fails.
struct Desk {
    fault: String,
    /// When the fault comes.
    due: Instant,
    photo: Frame,
    controls: Mutex<Vec<Control>>,
}

impl Desk {
    fn fails(&self) -> Option<&str> {
        (Instant::now() >= self.due).then_some(self.fault.as_str())
    }

    fn error(&self) -> Option<SourceError> {
        let camera = format!("camera 0 ({NAME})");
        let cause = |number| std::io::Error::from_raw_os_error(number).to_string();
        match self.fails()? {
            "unplug" => Some(SourceError::Disconnected { camera, cause: cause(19) }),
            "busy" => Some(SourceError::Busy { camera, cause: cause(16) }),
            "denied" => Some(SourceError::NoPermission { camera, cause: cause(13) }),
            _ => None,
        }
    }
}

/// The opener of an engine is shared; each opening gets a camera of its own.
impl Open for Desk {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        if let Some(error) = self.error() {
            return Err(error);
        }
        let asked = match request {
            SourceRequest::Camera(asked) => asked.clone(),
            _ => CameraRequest::default(),
        };
        let Some(given) = ModeRequest::of(&asked).best(&info().modes) else { return Err(SourceError::NoCamera) };
        let details = Arc::new(CameraDetails { index: 0, id: id(), asked, given });
        let controls = self.controls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let desk = Self { fault: self.fault.clone(), photo: self.photo.clone(), controls: controls.into(), ..*self };
        let scene = scene(&desk.photo, given.size)?;
        Ok(Box::new(Camera { desk, details, scene, given: 0 }))
    }
}

struct Camera {
    desk: Desk,
    details: Arc<CameraDetails>,
    /// A little wider than the picture.
    scene: Frame,
    given: usize,
}

/// The middle of the photo, as large as a picture of this size and 30 pixels more on the right.
fn scene(photo: &Frame, size: Size) -> Result<Frame, SourceError> {
    let size = Size::new(size.width + 30, size.height);
    let scale = f64::from(photo.width()) / f64::from(size.width);
    let at = |n: u32, offset: u32, limit: u32| ((f64::from(n) * scale) as u32 + offset).min(limit - 1);
    let places = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
    let pixels = places.map(|(x, y)| photo.pixel(at(x, 0, photo.width()), at(y, 360, photo.height())));
    Ok(Frame::from_rgb(size, pixels.flat_map(Option::unwrap_or_default).collect())?)
}

impl Source for Camera {
    fn description(&self) -> Description {
        Description::of_camera(NAME, &self.details)
    }

    /// A part of the scene, which moves a little.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        let between = Duration::from_secs_f64(1.0 / self.details.given.rate.per_second());
        let _ = crossbeam_channel::after(between).recv();
        if let Some(error) = self.desk.error() {
            return Err(error);
        }
        match self.desk.fails() {
            Some("stall") => _ = crossbeam_channel::never::<()>().recv(),
            Some("panic") => panic!("index out of bounds in a driver library"),
            _ => {}
        }
        let size = self.details.given.size;
        self.given += 1;
        frame.resize(size)?;
        let shift = (self.given % 60).abs_diff(30) * 3;
        let (row, wide) = (size.width as usize * 3, self.scene.stride());
        let rows = self.scene.rgb().chunks_exact(wide).map(|line| &line[shift..shift + row]);
        frame.rgb_mut().chunks_exact_mut(row).zip(rows).for_each(|(to, from)| to.copy_from_slice(from));
        Ok(Next::Frame)
    }

    fn is_live(&self) -> bool {
        true
    }

    fn controls(&mut self) -> Vec<Control> {
        self.desk.controls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_control(&mut self, id: ControlId, value: i64) -> Result<(), SourceError> {
        let mut controls = self.desk.controls.lock().unwrap_or_else(PoisonError::into_inner);
        controls.iter_mut().filter(|c| c.id == id).for_each(|c| c.value = value);
        for (chooser, chosen, free) in [(4, 5, 0), (8, 9, 1), (10, 11, 0)] {
            let is_free = controls.iter().any(|c| c.id == chooser && c.value == free);
            controls.iter_mut().filter(|c| c.id == chosen).for_each(|c| c.active = is_free);
        }
        Ok(())
    }
}
