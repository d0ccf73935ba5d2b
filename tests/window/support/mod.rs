//! A window without a display: a real viewer and a real engine, with sources and detectors supplied by the test.

pub mod fake_camera;
mod fake_clipboard;
mod fake_models;
mod fake_sources;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use egui::accesskit::Role;
use egui::{TextureId, TexturesDelta, vec2};
use egui_kittest::{Harness, Node, TestRenderer};
use twinsight::app::{Preferences, Start, System, View, Viewer};
use twinsight::engine::{Load, Open, Parts, SystemClock};
use twinsight::model::{Arithmetic, Catalog, ModelName};
use twinsight::source::{CameraInfo, CameraWatch, SourceError, SourceRequest};
use twinsight::trace::Trace;

use fake_clipboard::{Copied, FakeClipboard};
use fake_models::FakeModels;
pub use fake_models::{CAT, DOG, PERSON, Sight, fake_info, see};
use fake_sources::FakeSources;

/// Only a broken window lets a test wait this long.
const LONG: Duration = Duration::from_secs(20);

/// How often the desk's cameras are looked at.
const WATCHED: Duration = Duration::from_millis(20);

/// A window under test.
pub struct Desk {
    pub harness: Harness<'static, Option<Viewer>>,
    /// Inferences so far.
    pub runs: Arc<AtomicUsize>,
    /// What was opened so far.
    pub opened: Arc<Mutex<Vec<SourceRequest>>>,
    pub copied: Arc<Mutex<Copied>>,
    pub textures: Textures,
    woken: Receiver<()>,
}

/// What is on the desk.
pub struct Plan {
    pub source: SourceRequest,
    /// As named on the command line.
    pub files: Vec<PathBuf>,
    /// Nothing lies in it: `Some(Err(()))`.
    pub clipboard: Copied,
    /// Lies in it as text, in place of the above; asked for anything else, it fails.
    pub copied_text: Option<String>,
    /// The cameras that are plugged in.
    pub cameras: Arc<Mutex<Vec<CameraInfo>>>,
    /// Looks for these in their place.
    pub watch: Option<CameraWatch>,
    /// In place of the desk's own; and so is the next.
    pub opener: Option<Arc<dyn Open>>,
    pub loader: Option<Arc<dyn Load>>,
    pub sights: HashMap<ModelName, Vec<Sight>>,
    /// What a model sees in every other picture, where that is something else.
    pub others: HashMap<ModelName, Vec<Sight>>,
    /// Opening fails with this.
    pub failure: Option<fn() -> SourceError>,
    /// Frames for ever, and not just one.
    pub endless: bool,
    pub preferences: Preferences,
    /// As named on the command line, A and B.
    pub models: [Option<ModelName>; 2],
    pub arithmetics: [Option<Arithmetic>; 2],
    /// As named on the command line; `None`: as in the preferences.
    pub view: Option<View>,
    pub catalog: Catalog,
    /// As named on the command line.
    pub annotations: Option<PathBuf>,
    /// Real sources, and the real models of the catalog.
    pub real: bool,
    /// Of what is not real.
    pub trace: Trace,
}

impl Default for Plan {
    fn default() -> Self {
        let sights = [
            (ModelName::Fp32, vec![(PERSON, 0.9, 30), (DOG, 0.5, 60), (CAT, 0.3, 120)]),
            (ModelName::Int8, vec![(PERSON, 0.8, 30), (DOG, 0.4, 60)]),
        ];
        Self {
            source: SourceRequest::Demo,
            files: Vec::new(),
            clipboard: None,
            copied_text: None,
            cameras: Arc::default(),
            watch: None,
            opener: None,
            loader: None,
            sights: HashMap::from(sights),
            others: HashMap::new(),
            failure: None,
            endless: false,
            preferences: Preferences::default(),
            models: [None, None],
            arithmetics: [None, None],
            view: Some(View::Single),
            catalog: Catalog::at("no such folder"),
            annotations: None,
            real: false,
            trace: Trace::default(),
        }
    }
}

impl Desk {
    pub fn new(plan: Plan) -> Self {
        let (wake, woken) = bounded(1);
        let (runs, opened) = (Arc::default(), Arc::<Mutex<Vec<SourceRequest>>>::default());
        let fakes = Parts {
            opener: plan.opener.unwrap_or_else(|| {
                Arc::new(FakeSources { failure: plan.failure, endless: plan.endless, opened: Arc::clone(&opened) })
            }),
            loader: plan.loader.unwrap_or_else(|| {
                Arc::new(FakeModels { sights: plan.sights, others: plan.others, runs: Arc::clone(&runs) })
            }),
            clock: Arc::new(SystemClock),
            waker: Arc::new({
                let wake = wake.clone();
                move || _ = wake.try_send(())
            }),
            trace: plan.trace,
        };
        let (present, listed) = (Arc::clone(&plan.cameras), plan.cameras);
        let (present, list) = (move || present.lock().unwrap().clone(), move || Ok(listed.lock().unwrap().clone()));
        let fake = || CameraWatch::with(present, list, WATCHED, move || _ = wake.try_send(())).unwrap();
        let watch = plan.watch.unwrap_or_else(fake);
        let waker = Arc::clone(&fakes.waker);
        let parts = if plan.real { twinsight::live::parts(&plan.catalog, waker) } else { fakes };
        let copied = Arc::new(Mutex::new(plan.clipboard));
        let start = Start {
            source: plan.source,
            files: plan.files,
            models: plan.models,
            arithmetics: plan.arithmetics,
            view: plan.view,
            dark: None,
            size: None,
            screenshot: None,
            catalog: plan.catalog,
            annotations: plan.annotations,
            layers: false,
            computed_as: false,
        };
        let clipboard = Box::new(FakeClipboard { copied: Arc::clone(&copied), text: plan.copied_text });
        let system = System { clipboard, cameras: Some(watch), preferences: plan.preferences };
        let mut start = Some((parts, start, system));
        let show = move |ui: &mut egui::Ui, viewer: &mut Option<Viewer>| {
            let viewer = viewer.get_or_insert_with(|| {
                let (parts, start, system) = start.take().unwrap();
                Viewer::new(ui.ctx(), parts, start, system).unwrap()
            });
            viewer.logic(ui.ctx());
            viewer.ui(ui);
        };
        let textures = Textures::default();
        let builder = Harness::builder().with_size(vec2(1280.0, 800.0)).renderer(TextureReader(Arc::clone(&textures)));
        Self { harness: builder.build_ui_state(show, None), runs, opened, copied, textures, woken }
    }

    /// A window that shows its first detections.
    pub fn with_picture(plan: Plan) -> Self {
        let mut desk = Self::new(plan);
        desk.until("the first detections", |d| d.has("person 0.90") || d.has("person 0.80"));
        desk
    }

    /// Steps the window until something holds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LONG;
        loop {
            self.harness.step();
            if holds(self) {
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            let _ = self.woken.recv_timeout(Duration::from_millis(20));
        }
    }

    pub fn has(&self, label: &str) -> bool {
        use egui_kittest::kittest::Queryable;
        self.harness.query_by_label(label).is_some()
    }

    /// Whether text of the picture's own (not a widget) or a widget has these words.
    pub fn has_words(&self, words: &str) -> bool {
        use egui_kittest::kittest::Queryable;
        self.harness.query_all_by_label_contains(words).next().is_some()
    }

    /// Clicks a control, once it is there: one that a retry hides for a moment comes back.
    pub fn click(&mut self, label: &str) {
        self.until(label, |d| d.control(label).is_some());
        self.control(label).unwrap().click();
        self.harness.run_steps(2);
    }

    /// The control with this name, and not a text that says the same.
    pub fn control<'a>(&'a self, label: &'a str) -> Option<Node<'a>> {
        use egui_kittest::kittest::{Queryable, by};
        let is_control = |node: &egui_kittest::kittest::AccessKitNode<'_>| node.role() != Role::Label;
        self.harness.query(by().label(label).predicate(is_control))
    }

    /// A click of the mouse at a place of the window.
    pub fn click_at(&mut self, pos: egui::Pos2) {
        self.harness.hover_at(pos);
        self.harness.run_steps(2);
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
            self.harness.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
            self.harness.run_steps(2);
        }
        self.harness.remove_cursor();
        self.harness.run_steps(2);
    }

    /// Goes with Tab through controls that stand from left to right.
    pub fn tab_through(&mut self, labels: &[&str]) {
        self.control(labels[0]).unwrap().focus();
        self.harness.run_steps(2);
        for pair in labels.windows(2) {
            let [before, after] = [pair[0], pair[1]].map(|label| self.control(label).unwrap().rect());
            assert!(before.max.x <= after.min.x + 0.5, "{pair:?}: {before:?} {after:?}");
            self.press(egui::Key::Tab);
            assert!(self.control(pair[1]).unwrap().is_focused(), "Tab goes from {} to {}", pair[0], pair[1]);
        }
    }

    /// How many outlines go round this.
    pub fn outlines(&self, rect: egui::Rect) -> usize {
        const NEAR: f32 = 6.0;
        let goes_round = |shape: &&egui::epaint::ClippedShape| match &shape.shape {
            egui::Shape::Rect(outline) if outline.stroke.width > 0.0 => {
                rect.expand(NEAR).contains_rect(outline.rect) && outline.rect.contains_rect(rect.shrink(NEAR))
            }
            _ => false,
        };
        self.harness.output().shapes.iter().filter(goes_round).count()
    }

    pub fn has_slider(&self, label: &str) -> bool {
        use egui_kittest::kittest::Queryable;
        self.harness.query_by_role_and_label(Role::Slider, label).is_some()
    }

    pub fn set_slider(&mut self, label: &str, value: f64) {
        use egui_kittest::kittest::Queryable;
        self.harness.get_by_role_and_label(Role::Slider, label).set_value_accesskit(value);
        self.harness.run_steps(3);
    }

    /// All names with these words, for messages of tests that fail.
    pub fn names(&self, words: &str) -> String {
        use egui_kittest::kittest::{NodeT, Queryable};
        let found = self.harness.query_all_by_label_contains(words);
        // The words of a text are its value.
        let name = |node: Node<'_>| node.accesskit_node().label().or_else(|| node.accesskit_node().value());
        found.filter_map(name).collect::<Vec<_>>().join(" | ")
    }

    /// What the window said last, in the corner.
    pub fn said(&self) -> &str {
        self.harness.state().as_ref().unwrap().last_message()
    }

    /// How many frames can be gone back to.
    pub fn history_len(&self) -> usize {
        self.harness.state().as_ref().unwrap().history_len()
    }

    /// With Ctrl, or the key that takes its place.
    pub fn press_command(&mut self, key: egui::Key) {
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
        self.harness.run_steps(2);
    }

    /// Files let go over the window.
    pub fn drop_files<'a>(&mut self, files: impl IntoIterator<Item = &'a Path>) {
        let dropped = files.into_iter().map(|file| Arc::new(Dropped(file.into())) as egui::DroppedFileHandle);
        self.harness.input_mut().dropped_files.extend(dropped);
        self.harness.step();
    }

    pub fn press(&mut self, key: egui::Key) {
        self.harness.key_press(key);
        self.harness.run_steps(2);
    }

    pub fn preferences(&self) -> &Preferences {
        self.harness.state().as_ref().unwrap().preferences()
    }

    pub fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

/// The grey of the pixel in the middle of every texture, as the graphics card has it.
pub type Textures = Arc<Mutex<HashMap<TextureId, u8>>>;

/// Paints nothing, and knows what it was told to paint with.
struct TextureReader(Textures);

impl TestRenderer for TextureReader {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        let mut textures = self.0.lock().unwrap();
        for (id, changes) in std::mem::take(&mut delta.set) {
            for egui::epaint::ImageDelta { image: egui::ImageData::Color(image), pos, .. } in changes {
                // Patches are letters.
                if pos.is_none() {
                    textures.insert(id, image.pixels[image.pixels.len() / 2].r());
                }
            }
        }
        // It panics where it is dropped with textures that were not freed.
        delta.clear();
    }
}
