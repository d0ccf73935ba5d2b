//! All pictures of a folder compared: progress, totals, order, the next difference; and what the command says of the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use egui::accesskit::Toggled;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use tempfile::TempDir;
use twinsight::app::View;
use twinsight::compare::{Agreement, Comparer, ModelInput, ThresholdSearch, Totals};
use twinsight::detect::{Form, Letterbox, RawHeads, Size, Thresholds};
use twinsight::engine::{Load, Open};
use twinsight::model::{Catalog, Detector, ModelError, ModelInfo, ModelName, ModelRequest};
use twinsight::source::{Opener, Source, SourceError, SourceRequest};

use crate::not_checked::not_checked;
use crate::program::{installed, models, root, twinsight};
use crate::support::{CAT, DOG, Desk, PERSON, Plan, Sight, fake_info, see};

const PICTURES: usize = 12;

/// Picture `n` is all of one grey, by which the models know it.
fn grey(n: usize) -> u8 {
    (20 + 10 * n) as u8
}

/// What a model sees in picture `n`: the two agree on some, differ on others by one box or by all.
fn sights(model: &ModelName, n: usize) -> Vec<Sight> {
    let both = vec![(PERSON, 0.9, 30), (DOG, 0.5, 60)];
    if *model == ModelName::Fp32 {
        return both;
    }
    match n {
        3 => vec![(CAT, 0.8, 120)],
        5 => vec![(PERSON, 0.8, 30), (CAT, 0.45, 60)],
        _ => match n % 4 {
            0 | 1 => vec![(PERSON, 0.85, 30), (DOG, 0.45, 60)],
            2 => vec![(PERSON, 0.7, 30), (DOG, 0.2, 60)],
            _ => vec![(PERSON, 0.8, 30), (DOG, 0.4, 60), (CAT, 0.3, 100)],
        },
    }
}

fn folder() -> (TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..PICTURES).map(|n| dir.path().join(format!("{n:02}.png"))).collect();
    for (n, path) in paths.iter().enumerate() {
        picture(path, n);
    }
    (dir, paths)
}

fn picture(path: &Path, n: usize) {
    image::RgbImage::from_pixel(64, 48, image::Rgb([grey(n); 3])).save(path).unwrap();
}

/// Real sources.
struct Sources;

impl Open for Sources {
    fn open(&self, request: &SourceRequest) -> Result<Box<dyn Source>, SourceError> {
        Opener::default().open(request)
    }
}

/// Models that tell by the grey which picture they look at.
#[derive(Clone)]
struct Seers {
    took: Duration,
    runs: Arc<AtomicUsize>,
}

impl Load for Seers {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        let info = Arc::new(fake_info(request));
        Ok(Box::new(GreySeer { name: request.name.clone(), info, seers: self.clone() }))
    }
}

struct GreySeer {
    name: ModelName,
    info: Arc<ModelInfo>,
    seers: Seers,
}

impl Detector for GreySeer {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.info
    }

    fn run(&mut self, input: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        self.seers.runs.fetch_add(1, Ordering::SeqCst);
        let _ = crossbeam_channel::never::<()>().recv_timeout(self.seers.took);
        let value = (input[416 * 416 / 2 + 208] * 255.0).round() as usize;
        see(heads, &self.info.form, &sights(&self.name, value.saturating_sub(20) / 10));
        Ok(())
    }
}

/// A window with the folder open, showing its first picture in this view.
fn opened(dir: &Path, first: &Path, view: View, took: Duration) -> (Desk, Arc<AtomicUsize>) {
    let runs = Arc::<AtomicUsize>::default();
    let mut desk = Desk::new(Plan {
        source: SourceRequest::Still(first.into()),
        files: vec![dir.into()],
        opener: Some(Arc::new(Sources)),
        loader: Some(Arc::new(Seers { took, runs: Arc::clone(&runs) })),
        view: Some(view),
        ..Plan::default()
    });
    desk.until("the first boxes", |d| d.has_words("person 0.90") && d.control("Compare all images").is_some());
    (desk, runs)
}

/// The figures at some thresholds, by the way that the command goes.
struct Expected {
    totals: Totals,
    each: Vec<Agreement>,
    search: ThresholdSearch,
}

fn expected(pictures: &[usize], thresholds: [Thresholds; 2]) -> Expected {
    let form = Form::yolov4_tiny_416();
    let letterbox = Letterbox::new(Size::new(64, 48), form.input);
    let mut comparer = Comparer::default();
    let mut found = Expected { totals: Totals::default(), each: Vec::new(), search: ThresholdSearch::default() };
    for n in pictures {
        let heads = [ModelName::Fp32, ModelName::Int8].map(|model| {
            let mut heads = RawHeads::default();
            see(&mut heads, &form, &sights(&model, *n));
            heads
        });
        let [a, b] = [0, 1].map(|side| ModelInput {
            form: &form,
            heads: &heads[side],
            letterbox: &letterbox,
            thresholds: thresholds[side],
        });
        found.search.add(&a, &b);
        let comparison = comparer.run(&a, &b);
        found.totals.add(comparison);
        found.each.push(*comparison.agreement());
    }
    found
}

/// As the window says it.
fn words(totals: &Totals) -> String {
    let Agreement { matched, lost, gained, flips, .. } = totals.all;
    format!(
        "{} images · {matched} matched · {lost} lost · {gained} gained · {flips} class changed · F1 {:.3} · mean IoU {:.3}",
        totals.frames,
        totals.all.f1(),
        totals.all.mean_iou().unwrap()
    )
}

/// How many pictures were compared so far.
fn compared(desk: &Desk) -> usize {
    let text = desk.names(" matched · ");
    text.split(" | ").find_map(|text| text.split_once(" image")?.0.parse().ok()).unwrap_or(0)
}

/// The thumbnails in sight, from left to right.
fn strip(desk: &Desk) -> Vec<String> {
    let nodes = desk.harness.query_all_by_label_contains(".png");
    let nodes = nodes.filter(|node| node.accesskit_node().toggled().is_some());
    let mut cells: Vec<(f32, String)> =
        nodes.filter_map(|node| Some((node.rect().min.x, node.accesskit_node().label()?))).collect();
    cells.sort_by(|x, y| x.0.total_cmp(&y.0));
    cells.into_iter().map(|(_, name)| name).collect()
}

fn current(desk: &Desk) -> Option<String> {
    let mut nodes = desk.harness.query_all_by_label_contains(".png");
    nodes.find(|node| node.accesskit_node().toggled() == Some(Toggled::True))?.accesskit_node().label()
}

#[test]
fn totals_are_those_of_the_command_and_follow_the_thresholds_without_a_model() {
    let (dir, paths) = folder();
    // In a view that compares nothing, all of them are compared all the same.
    let (mut desk, runs) = opened(dir.path(), &paths[0], View::Single, Duration::ZERO);
    assert_eq!(compared(&desk), 0);
    desk.press(Key::D);
    desk.until("all pictures", |d| compared(d) == PICTURES && d.said().contains("Compared 12 images"));
    let all: Vec<usize> = (0..PICTURES).collect();
    let now = expected(&all, [Thresholds::LIVE; 2]);
    assert!(desk.has_words(&words(&now.totals)), "{} and not {}", desk.names("matched ·"), words(&now.totals));
    assert!(now.totals.all.lost > 0 && now.totals.all.gained > 0 && now.totals.all.flips > 0);
    let before = runs.load(Ordering::SeqCst);
    desk.set_slider("Score", 0.15);
    let lower = Thresholds { score: 0.15, ..Thresholds::LIVE };
    let lower = expected(&all, [lower; 2]);
    assert_ne!(lower.totals, now.totals);
    desk.until("the other totals", |d| d.has_words(&words(&lower.totals)));
    // What is hidden is not counted.
    // Its row is in sight.
    desk.harness.set_size(egui::vec2(1280.0, 1200.0));
    desk.click("class cat");
    desk.until("the totals without cats", |d| d.has_words("0 gained"));
    assert_eq!(runs.load(Ordering::SeqCst), before, "no slider asks a model");
    desk.harness.check_accessibility();
}

#[test]
fn it_stops_within_one_picture_and_takes_up_where_it_stopped() {
    let (dir, paths) = folder();
    let (mut desk, runs) = opened(dir.path(), &paths[0], View::Overlay, Duration::from_millis(60));
    desk.until("the picture in sight, which counts", |d| compared(d) == 1);
    desk.click("Compare all images");
    desk.until("some pictures", |d| compared(d) >= 4 && d.has_words("Comparing: "));
    desk.click("Cancel comparison");
    let (stopped, at) = (compared(&desk), runs.load(Ordering::SeqCst));
    assert!(stopped < PICTURES && desk.control("Cancel comparison").is_none());
    // One picture may be in hand, with two models.
    let since = std::time::Instant::now();
    desk.until("a while", move |_| since.elapsed() > Duration::from_millis(600));
    assert!(runs.load(Ordering::SeqCst) <= at + 2, "{} after {at}", runs.load(Ordering::SeqCst));
    assert_eq!(compared(&desk), stopped);
    // One more picture comes into the folder.
    picture(&dir.path().join("99.png"), 2);
    desk.until("the new one", |d| d.has_words(" of 13"));
    let before = runs.load(Ordering::SeqCst);
    desk.click("Compare all images");
    desk.until("the rest", |d| compared(d) == PICTURES + 1);
    let ran = runs.load(Ordering::SeqCst) - before;
    assert_eq!(ran, 2 * (PICTURES + 1 - stopped), "each that was left, by two models");
    let all: Vec<usize> = (0..PICTURES).chain([2]).collect();
    assert!(desk.has_words(&words(&expected(&all, [Thresholds::LIVE; 2]).totals)), "{}", desk.names("matched ·"));
}

#[test]
fn the_picture_that_is_looked_at_comes_first() {
    let (dir, paths) = folder();
    let (mut desk, _) = opened(dir.path(), &paths[0], View::Overlay, Duration::from_millis(100));
    desk.click("Compare all images");
    desk.until("some pictures", |d| compared(d) >= 2);
    // Its boxes come long before the comparison gets to it: the last.
    desk.press(Key::ArrowRight);
    desk.until("the boxes of the next", |d| {
        let there = d.has("2 of 12") && d.has_words("person 0.90 → ") && !d.has_words("detecting…");
        assert!(compared(d) < PICTURES, "the whole folder came first");
        there
    });
    desk.until("all of them", |d| compared(d) == PICTURES);
}

#[test]
fn the_worst_stand_first_and_n_goes_to_the_next_difference() {
    let (dir, paths) = folder();
    let (mut desk, _) = opened(dir.path(), &paths[0], View::Overlay, Duration::ZERO);
    desk.press(Key::D);
    desk.until("all pictures", |d| compared(d) == PICTURES);
    let each = expected(&(0..PICTURES).collect::<Vec<_>>(), [Thresholds::LIVE; 2]).each;
    let differing: Vec<usize> = (0..PICTURES).filter(|n| each[*n].damage() > 0).collect();
    assert!(differing.len() > 3 && differing.len() < PICTURES);
    for n in &differing {
        desk.press(Key::N);
        let counter = format!("{} of 12", n + 1);
        desk.until("the next difference", |d| d.has(&counter) && current(d) == Some(format!("{n:02}.png")));
    }
    desk.press(Key::N);
    desk.until("the message", |d| d.said().contains("No image after this one differs, of 12"));
    let before = differing[differing.len() - 2];
    desk.harness.key_press_modifiers(Modifiers::SHIFT, Key::N);
    desk.until("the one before", |d| d.has(&format!("{} of 12", before + 1)));

    let mut worst: Vec<usize> = (0..PICTURES).collect();
    worst.sort_by(|x, y| {
        let [x, y] = [x, y].map(|n| each[*n]);
        x.f1().total_cmp(&y.f1()).then(y.damage().cmp(&x.damage()))
    });
    desk.click("Worst first");
    let place = worst.iter().position(|n| *n == before).unwrap() + 1;
    desk.until("the picture's new place", |d| {
        d.has(&format!("{place} of 12")) && current(d) == Some(format!("{before:02}.png"))
    });
    desk.click(&format!("{:02}.png", worst[1]));
    desk.until("the second worst", |d| d.has("2 of 12"));
    let names: Vec<String> = worst.iter().map(|n| format!("{n:02}.png")).collect();
    desk.until("the strip in order", |d| {
        let seen = strip(d);
        seen.len() > 4 && seen == names[..seen.len()]
    });
    // Its figures are in its tooltip and for screen readers.
    let first = desk.control(&names[0]).unwrap().accesskit_node().value().unwrap();
    assert!(first.starts_with(&format!("agreement {:.2}", each[worst[0]].f1())), "{first}");
    desk.click("By name");
    desk.until("the order of the names", |d| strip(d).first().is_some_and(|name| name == "00.png"));
}

#[test]
fn another_model_starts_over_and_a_swap_does_not() {
    let (dir, paths) = folder();
    let (mut desk, _) = opened(dir.path(), &paths[0], View::Overlay, Duration::ZERO);
    desk.press(Key::D);
    desk.until("all pictures", |d| compared(d) == PICTURES);
    let totals = expected(&(0..PICTURES).collect::<Vec<_>>(), [Thresholds::LIVE; 2]).totals;
    desk.press(Key::X);
    let Agreement { matched, lost, gained, .. } = totals.all;
    let swapped = format!("{matched} matched · {gained} lost · {lost} gained");
    desk.until("the totals the other way round", |d| compared(d) == PICTURES && d.has_words(&swapped));
    desk.press(Key::X);
    desk.click("Model B");
    desk.until("the choices", |d| d.control("INT8 tuned").is_some());
    desk.click("INT8 tuned");
    desk.until("the picture in sight alone", |d| compared(d) == 1);
    // Back to the models before, nothing is lost.
    desk.click("Model B");
    desk.until("the choices", |d| d.control("INT8").is_some());
    desk.click("INT8");
    desk.until("what was known", |d| d.has_words(&words(&totals)));
}

#[test]
fn worst_first_brings_the_worst_into_view() {
    let (dir, paths) = folder();
    let (mut desk, _) = opened(dir.path(), &paths[0], View::Overlay, Duration::ZERO);
    desk.harness.set_size(egui::vec2(760.0, 420.0));
    desk.press(Key::D);
    desk.until("all pictures", |d| compared(d) == PICTURES);
    // One that is well: it stands far from the worst.
    desk.press(Key::End);
    desk.press(Key::ArrowLeft);
    desk.press(Key::ArrowLeft);
    desk.press(Key::ArrowLeft);
    desk.until("the ninth", |d| d.has("9 of 12"));
    desk.click("Worst first");
    // On this one they share no box.
    desk.until("the worst", |d| strip(d).first().is_some_and(|name| name == "03.png"));
}

#[test]
fn score_thresholds_that_differ_are_named_until_a_reset_links_them() {
    let (dir, paths) = folder();
    let (mut desk, _) = opened(dir.path(), &paths[0], View::Overlay, Duration::ZERO);
    desk.press(Key::D);
    desk.until("all pictures", |d| compared(d) == PICTURES && !d.has_words("A > "));
    desk.press(Key::K);
    desk.set_slider("Score A", 0.15);
    desk.until("both thresholds", |d| d.has_words("· scores: A > 0.15, B > 0.25"));
    desk.press(Key::R);
    desk.until("one threshold", |d| compared(d) == PICTURES && !d.has_words("A > "));
    assert!(desk.preferences().linked);
}

#[test]
fn the_best_threshold_is_that_of_the_whole_folder() {
    let (dir, paths) = folder();
    let (mut desk, _) = opened(dir.path(), &paths[0], View::Overlay, Duration::ZERO);
    desk.press(Key::D);
    desk.until("all pictures", |d| compared(d) == PICTURES);
    let mut expected = expected(&(0..PICTURES).collect::<Vec<_>>(), [Thresholds::LIVE; 2]);
    let best = expected.search.best(Thresholds::LIVE.score);
    assert!(best.after > best.before);
    desk.press(Key::G);
    let found = format!(
        "Best threshold for B: {:.3} (agreement {:.3} → {:.3}, 12 images)",
        best.score, best.before, best.after
    );
    desk.until("what it found", |d| d.has_words(&found));
    assert_eq!(desk.preferences().thresholds()[1].score, best.score);
}

#[test]
fn what_cannot_be_read_is_counted_and_marked() {
    let (dir, paths) = folder();
    std::fs::write(dir.path().join("98 broken.png"), "no picture").unwrap();
    let (mut desk, _) = opened(dir.path(), &paths[0], View::Overlay, Duration::ZERO);
    desk.press(Key::D);
    desk.until("all that can be read", |d| compared(d) == PICTURES && d.control("Cancel comparison").is_none());
    desk.click(&format!("{:02}.png", PICTURES - 1));
    desk.until("the mark", |d| d.has("98 broken.png, unreadable"));
}

/// The same pictures, models and thresholds as `twinsight compare`: the same figures.
#[test]
fn on_coco_the_totals_are_those_of_the_command() {
    let folder = root().join("../shared/coco/val");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        not_checked("compare all over COCO's pictures", format!("{} is missing", folder.display()));
        return;
    };
    for model in ["yolov4-tiny-416_float.onnx", "yolov4-tiny-416_int8_qop.onnx", "runtime"] {
        installed(model);
    }
    let mut pictures: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pictures.retain(|path| path.extension().is_some_and(|end| end == "jpg"));
    pictures.sort();
    let dir = tempfile::tempdir().unwrap();
    for path in &pictures[..PICTURES] {
        std::fs::copy(path, dir.path().join(path.file_name().unwrap())).unwrap();
    }
    let output = twinsight().arg("compare").arg("--json").arg(dir.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let totals: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let (totals, of) = (&totals["totals"], &totals["totals"]["agreement"]);
    let count = |what: &str| of[what].as_u64().unwrap();
    let expected = format!(
        "{PICTURES} images · {} matched · {} lost · {} gained · {} class changed · F1 {:.3} · mean IoU {:.3}",
        count("matched"),
        count("lost"),
        count("gained"),
        count("class_flips"),
        of["f1"].as_f64().unwrap(),
        of["mean_iou"].as_f64().unwrap()
    );
    assert!(count("matched") > 10 && count("lost") > 0, "{expected}");

    let first = dir.path().join(pictures[0].file_name().unwrap());
    let mut desk = Desk::new(Plan {
        source: SourceRequest::Still(first),
        files: vec![dir.path().into()],
        view: Some(View::Overlay),
        catalog: Catalog::at(models()),
        real: true,
        ..Plan::default()
    });
    desk.until("the first pairs", |d| d.has_words(" → ") && compared(d) == 1);
    desk.press(Key::D);
    for part in 2..=PICTURES {
        desk.until("the next picture", |d| compared(d) >= part);
    }
    assert!(desk.has_words(&expected), "{} and not {expected}", desk.names("matched ·"));
    let best = &totals["best_threshold"];
    let [score, before, after] = ["score", "f1_before", "f1_after"].map(|what| best[what].as_f64().unwrap());
    desk.press(Key::G);
    let found = format!("(agreement {before:.3} → {after:.3}, {PICTURES} images)");
    let already = format!("(agreement {after:.3}, {PICTURES} images)");
    desk.until("the command's best threshold", |d| d.has_words(&found) || d.has_words(&already));
    assert!((f64::from(desk.preferences().thresholds()[1].score) - score).abs() < 1e-6);
}
