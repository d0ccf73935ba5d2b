//! Leafing through a folder with models that are slower than the keys: whatever is painted is of one picture.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use tempfile::TempDir;
use twinsight::app::View;
use twinsight::detect::{Classes, RawHeads};
use twinsight::engine::{Load, Open};
use twinsight::model::{Detector, ModelError, ModelInfo, ModelRequest};
use twinsight::source::{Opener, Source, SourceError, SourceRequest};

use crate::support::{Desk, Plan, fake_info, see};

/// How many pictures are leafed through.
const PICTURES: usize = 100;

/// Longer than a key that is held down takes to repeat.
const SLOW: Duration = Duration::from_millis(120);

/// Time from a key to the picture, on a machine that has other tests to run.
const SOON: Duration = Duration::from_millis(1500);

/// Picture `n` is all of one grey, by which it is known.
fn grey(n: usize) -> u8 {
    (20 + 2 * n) as u8
}

fn number(grey: u8) -> usize {
    usize::from(grey.saturating_sub(20)) / 2
}

/// What the models see in picture `n`, and nothing of it in any other.
fn sight(n: usize) -> (usize, f32, usize) {
    (n % 80, 0.3 + 0.006 * n as f32, n % 169)
}

fn label(n: usize) -> String {
    let (class, score, _) = sight(n);
    format!("{} {score:.2}", Classes::coco().name(class))
}

fn folder() -> (TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..PICTURES).map(|n| dir.path().join(format!("{n:03}.png"))).collect();
    for (n, path) in paths.iter().enumerate() {
        image::RgbImage::from_pixel(64, 48, image::Rgb([grey(n); 3])).save(path).unwrap();
    }
    (dir, paths)
}

/// Real sources.
struct Sources;

impl Open for Sources {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        Opener::default().open(request)
    }
}

/// Models that take their time, and tell by the grey which picture they look at.
struct SlowModels;

impl Load for SlowModels {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        Ok(Box::new(SlowModel(Arc::new(fake_info(request)))))
    }
}

/// The same, loaded once the test has let go of the other end.
struct LateModels(Receiver<()>);

impl Load for LateModels {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        let _ = self.0.recv();
        SlowModels.load(request)
    }
}

struct SlowModel(Arc<ModelInfo>);

impl Detector for SlowModel {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.0
    }

    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        let _ = crossbeam_channel::never::<()>().recv_timeout(SLOW);
        let middle = 416 * 416 / 2 + 208;
        see(heads, &self.0.form, &[sight(number((input[middle] * 255.0).round() as u8))]);
        Ok(())
    }
}

/// All that the window says of the picture in sight.
#[derive(Debug)]
struct InSight {
    source: Option<String>,
    counter: Option<usize>,
    ring: Option<String>,
    /// The picture's own name, and what stands on it.
    picture: Option<String>,
    written: String,
    /// What is painted, by its grey.
    painted: Option<usize>,
    boxes: Vec<String>,
}

impl InSight {
    fn of(desk: &Desk) -> Self {
        let value = |label: &str, role: Role| {
            let mut nodes = desk.harness.query_all_by_label_contains(label);
            let node = nodes.find(|node| node.accesskit_node().role() == role)?;
            Some((node.accesskit_node().label().unwrap_or_default(), node.accesskit_node().value()))
        };
        let picture = value("Picture", Role::Image);
        let counter = desk.names(" of 100");
        let counter = counter.split(" | ").find_map(|text| text.strip_suffix(" of 100")?.parse().ok());
        let mut thumbnails = desk.harness.query_all_by_label_contains(".png");
        let ring = thumbnails.find(|node| node.accesskit_node().toggled() == Some(Toggled::True));
        let rows = desk.harness.query_all_by_label_contains(" 0.");
        let rows = rows.filter(|node| node.accesskit_node().role() == Role::ListItem);
        Self {
            source: value("Source", Role::ComboBox).and_then(|(_, value)| value),
            counter,
            ring: ring.and_then(|node| node.accesskit_node().label()),
            picture: picture.as_ref().and_then(|(_, value)| value.clone()),
            written: picture.map(|(label, _)| label).unwrap_or_default(),
            painted: painted(desk),
            boxes: rows.filter_map(|node| node.accesskit_node().label()).collect(),
        }
    }

    /// Which picture all of this is of.
    fn number(&self) -> usize {
        let n = self.counter.unwrap_or_else(|| panic!("no counter: {self:?}")) - 1;
        let name = Some(format!("{n:03}.png"));
        assert_eq!((&self.source, &self.ring, &self.picture), (&name, &name, &name), "{self:?}");
        assert!(self.painted.is_none_or(|painted| painted == n), "another picture is painted: {self:?}");
        assert!(self.boxes.iter().all(|name| name.starts_with(&label(n))), "another picture's boxes: {self:?}");
        assert!(!(self.written.contains("loading…") && self.painted.is_some()), "{self:?}");
        assert!(self.boxes.is_empty() || !self.written.contains('…'), "boxes, and it is still detecting: {self:?}");
        n
    }
}

/// The picture in the middle, by its grey; `None` = its place is empty.
fn painted(desk: &Desk) -> Option<usize> {
    let textures = desk.textures.lock().unwrap();
    let meshes = desk.harness.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        egui::Shape::Mesh(mesh) => Some((mesh.calc_bounds(), mesh.texture_id)),
        _ => None,
    });
    // Thumbnails are smaller, and letters are not painted as meshes before they are tessellated.
    let pictures = meshes.filter(|(bounds, _)| bounds.height() > 120.0);
    let largest = pictures.max_by(|(x, _), (y, _)| x.area().total_cmp(&y.area()));
    largest.and_then(|(_, texture)| textures.get(&texture).copied()).map(number)
}

/// A window that shows the first picture with its boxes.
fn leafing(dir: &Path, first: &Path, view: View) -> Desk {
    let mut desk = Desk::new(Plan {
        source: SourceRequest::Still(first.into()),
        files: vec![dir.into()],
        opener: Some(Arc::new(Sources)),
        loader: Some(Arc::new(SlowModels)),
        view: Some(view),
        ..Plan::default()
    });
    desk.until("the first boxes", |d| d.has("1 of 100") && d.has_words(&label(0)));
    desk
}

#[test]
fn every_picture_appears_at_once_and_nothing_of_another_stands_beside_it() {
    let (dir, paths) = folder();
    let mut desk = leafing(dir.path(), &paths[0], View::Single);
    for n in 1..PICTURES {
        desk.harness.key_press(Key::ArrowRight);
        let pressed = Instant::now();
        let mut steps = 0;
        loop {
            desk.harness.step();
            steps += 1;
            let now = InSight::of(&desk);
            let at = now.number();
            // The frame in which the key is taken was begun with the picture before.
            assert!(at == n || (at == n - 1 && steps <= 2), "{now:?}");
            if now.painted == Some(n) {
                break;
            }
            assert!(pressed.elapsed() < SOON, "picture {n} after {:?}: {now:?}", pressed.elapsed());
            let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_millis(2));
        }
    }
    // What is left behind the keys is the newest picture, and no other.
    let caught_up = Instant::now();
    desk.until("the boxes of the last", |d| {
        let now = InSight::of(d);
        now.number() == PICTURES - 1 && now.boxes == [label(PICTURES - 1)]
    });
    assert!(caught_up.elapsed() < SOON + 4 * SLOW, "{:?}", caught_up.elapsed());
}

#[test]
fn a_key_that_is_held_down_shows_each_picture_and_empties_the_pairs() {
    let (dir, paths) = folder();
    let mut desk = leafing(dir.path(), &paths[0], View::Overlay);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..40 {
        // As the system repeats it: egui tells by itself that these are repeats.
        let (key, modifiers) = (Key::ArrowRight, Modifiers::NONE);
        let event = egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
        desk.harness.event(event);
        desk.harness.step();
        let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_millis(33));
        desk.harness.step();
        let now = InSight::of(&desk);
        now.number();
        seen.extend(now.painted);
    }
    desk.harness.key_up(Key::ArrowRight);
    assert!(seen.len() > 20, "of 40 pictures only these came into sight: {seen:?}");
    desk.until("the pairs of the one that was reached", |d| {
        let n = InSight::of(d).number();
        n >= 30 && d.has_words(&format!("{} → ", label(n)))
    });
}

#[test]
fn another_file_is_not_shown_under_the_new_ones_boxes_either() {
    let (dir, paths) = folder();
    let mut desk = leafing(dir.path(), &paths[0], View::Single);
    desk.drop_files([paths[7].as_path()]);
    let mut steps = 0;
    loop {
        let source = InSight::of(&desk).source;
        if source.as_deref() == Some("007.png") {
            let now = InSight::of(&desk);
            assert!(now.painted.is_none_or(|n| n == 7), "{now:?}");
            assert!(now.boxes.is_empty() || now.boxes == [label(7)], "{now:?}");
            if now.boxes == [label(7)] {
                break;
            }
        }
        steps += 1;
        assert!(steps < 2000, "waited in vain for the file");
        let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_millis(5));
        desk.harness.step();
    }
}

#[test]
fn the_first_picture_does_not_wait_for_the_models() {
    let (_dir, paths) = folder();
    let (late, loaded) = bounded(0);
    let mut desk = Desk::new(Plan {
        source: SourceRequest::Still(paths[3].clone()),
        opener: Some(Arc::new(Sources)),
        loader: Some(Arc::new(LateModels(loaded))),
        view: Some(View::Single),
        ..Plan::default()
    });
    desk.until("the picture without boxes", |d| painted(d) == Some(3) && d.has_words("detecting…"));
    let now = InSight::of(&desk);
    assert!(now.boxes.is_empty() && now.picture.as_deref() == Some("003.png"), "{now:?}");
    drop(late);
    desk.until("its boxes", |d| InSight::of(d).boxes == [label(3)]);
}
