//! The popup "computed as": how B's INT8 model is computed is chosen and adjusted there, and acts at once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use egui::accesskit::Role;
use egui::{Key, vec2};
use egui_kittest::kittest::Queryable;
use twinsight::app::{Preferences, View};
use twinsight::compare::{Agreement, Comparer, ModelInput};
use twinsight::detect::{RawHeads, Thresholds};
use twinsight::engine::Load;
use twinsight::integer::{LeakyRelu, Profile, Rounding};
use twinsight::model::ModelName::{self, Fp32, Int8};
use twinsight::model::{Arithmetic, Detector, FrameDetector, ModelError, ModelInfo, ModelLoader, ModelRequest};
use twinsight::source::SourceRequest;

use crate::small_network::Shop;
use crate::support::{Desk, PERSON, Plan, fake_info, see};

const OPEN: &str = "Computed as (B)";
const EXACT: &str = "exact: as the model specifies";
const NATIVE: &str = "native: this processor's kernels";
const OWN: &str = "Own profile";
const BITS: &str = "Multiplier bits";

/// Loads models that see a person, the better the wider a chip's multiplier is; and knows what it was asked for.
#[derive(Clone, Default)]
struct Chips(Arc<Mutex<Vec<ModelRequest>>>);

impl Chips {
    fn was_asked(&self, profile: impl Fn(&Profile) -> bool) -> bool {
        let asked = self.0.lock().unwrap();
        asked.iter().filter_map(|request| request.arithmetic.profile()).any(|asked| profile(asked))
    }
}

impl Load for Chips {
    fn load(&self, request: &ModelRequest) -> Result<Box<dyn Detector>, ModelError> {
        self.0.lock().unwrap().push(request.clone());
        let score = match (&request.name, &request.arithmetic) {
            (Fp32, _) => 0.9,
            (_, Arithmetic::Chip(profile)) => 0.3 + 0.01 * profile.multiplier_bits as f32,
            _ => 0.8,
        };
        Ok(Box::new(Chip { info: Arc::new(fake_info(request)), score }))
    }
}

struct Chip {
    info: Arc<ModelInfo>,
    score: f32,
}

impl Detector for Chip {
    fn info(&self) -> &Arc<ModelInfo> {
        &self.info
    }

    fn run(&mut self, _: &[f32], heads: &mut RawHeads) -> Result<(), ModelError> {
        see(heads, &self.info.form, &[(PERSON, self.score, 30)]);
        Ok(())
    }
}

/// A window that compares FP32 with INT8.
fn desk(chips: &Chips, plan: Plan) -> Desk {
    let mut desk = Desk::new(Plan { loader: Some(Arc::new(chips.clone())), ..plan });
    desk.until("the pairs", |d| d.has_words("person 0.90 → "));
    desk
}

fn overlay() -> Plan {
    Plan { view: Some(View::Overlay), ..Plan::default() }
}

/// With the popup open, and B computed by the profile that the form starts with.
fn with_form(chips: &Chips, plan: Plan) -> Desk {
    let mut desk = desk(chips, plan);
    desk.click(OPEN);
    desk.click(OWN);
    desk.until("12 bits", |d| d.has_words("person 0.90 → 0.42"));
    desk
}

/// Clicks what may have to be scrolled to.
fn reach(desk: &mut Desk, label: &str) {
    desk.until(label, |d| d.control(label).is_some());
    desk.control(label).unwrap().scroll_to_me();
    desk.harness.run_steps(3);
    desk.click(label);
}

/// B's own profile, as it is kept.
fn own(desk: &Desk) -> Arc<Profile> {
    Arc::clone(desk.preferences().own_profiles[1].profile().unwrap())
}

#[test]
fn a_profile_that_is_chosen_is_what_b_is_computed_by() {
    let chips = Chips::default();
    let mut desk = desk(&chips, overlay());
    assert!(desk.has_words("person 0.90 → 0.80"));
    desk.click(OPEN);
    desk.until("the choices", |d| d.control(EXACT).is_some() && d.control("saturating: without VNNI").is_some());
    assert!(!desk.has_slider(BITS), "exact arithmetic has no form");
    desk.click("m16");
    desk.until("what it sees", |d| d.has_words("person 0.90 → 0.46"));
    assert!(chips.0.lock().unwrap().contains(&ModelRequest::new(Int8, Arithmetic::named("m16").unwrap())));
    desk.until("its name on the picture", |d| d.has_words("B · INT8 (m16)"));
    assert!(desk.has_slider(BITS), "the values of a profile that comes with the program can be seen");
    desk.click(NATIVE);
    desk.until("native", |d| d.has_words("B · INT8 (native)"));
    assert!(!desk.has_slider(BITS) && desk.has_words("are not compared"));
    desk.click(OPEN);
    assert!(desk.control(NATIVE).is_none(), "the button closes it again");
}

#[test]
fn each_change_in_the_form_acts_at_once_and_the_last_one_wins() {
    let chips = Chips::default();
    let mut desk = with_form(&chips, overlay());
    assert!(desk.has_words("B · INT8 (m12)"), "{}", desk.names("B · "));
    desk.set_slider(BITS, 20.0);
    desk.until("20 bits", |d| d.has_words("person 0.90 → 0.50") && d.has_words("B · INT8 (m20)"));
    for bits in [19.0, 16.0, 9.0, 8.0] {
        desk.set_slider(BITS, bits);
    }
    desk.until("8 bits", |d| d.has_words("person 0.90 → 0.38") && d.has_words("B · INT8 (m8)"));
    // On its way it was m16 for a moment, which comes with the program.
    reach(&mut desk, "Rounding: truncate");
    reach(&mut desk, "Leaky ReLU: slope");
    reach(&mut desk, "Slope: 3/32");
    desk.set_slider("Accumulator bits", 24.0);
    reach(&mut desk, "Overflow: saturate");
    desk.until("all of it", |_| chips.was_asked(|profile| profile.name == "m8-trunc-s0_09375-acc24-sat"));
    let kept = own(&desk);
    assert_eq!((kept.multiplier_bits, kept.rounding), (8, Rounding::Truncate));
    assert_eq!((kept.leaky_relu, kept.accumulator.bits), (LeakyRelu::Slope(3.0 / 32.0), 24));
    // A long name is cut in its middle on the picture.
    desk.until("its name", |d| d.has_words("B · INT8 (m8…"));
}

#[test]
fn a_live_picture_and_a_paused_one_follow_the_form() {
    let chips = Chips::default();
    let mut desk = with_form(&chips, Plan { endless: true, ..overlay() });
    desk.set_slider(BITS, 20.0);
    desk.until("20 bits, live", |d| d.has_words("person 0.90 → 0.50"));
    desk.press(Key::Space);
    desk.until("a pause", |d| d.control("Resume").is_some());
    desk.set_slider(BITS, 8.0);
    desk.until("8 bits, paused", |d| d.has_words("person 0.90 → 0.38"));
}

#[test]
fn the_form_is_as_it_was_left() {
    let chips = Chips::default();
    let mut desk = with_form(&chips, overlay());
    desk.set_slider(BITS, 9.0);
    desk.until("9 bits", |d| d.has_words("person 0.90 → 0.39"));
    let arithmetic = desk.preferences().own_profiles[1].clone();
    desk.until("B is remembered", |d| d.preferences().arithmetics[1] == arithmetic);
    desk.click(EXACT);
    desk.until("exact", |d| d.has_words("person 0.90 → 0.80"));
    let preferences = Preferences::from_json(&desk.preferences().to_json());
    assert_eq!(preferences.own_profiles[1], arithmetic);

    // The next window starts exactly, and its form with 9 bits.
    let mut next = self::desk(&chips, Plan { preferences, ..overlay() });
    assert!(next.has_words("person 0.90 → 0.80"));
    next.click(OPEN);
    next.click(OWN);
    next.until("9 bits", |d| d.has_words("person 0.90 → 0.39"));
    let preferences = next.preferences().clone();
    // And the one after that with B as it was.
    let next = self::desk(&chips, Plan { preferences, ..overlay() });
    assert!(next.has_words("person 0.90 → 0.39"));
}

#[test]
fn own_profiles_change_sides_with_the_models() {
    let chips = Chips::default();
    let mut desk = with_form(&chips, overlay());
    desk.set_slider(BITS, 9.0);
    desk.until("9 bits", |d| d.has_words("person 0.90 → 0.39"));
    desk.press(Key::X);
    desk.until("the swap", |d| d.has_words("person 0.39 → 0.90"));
    assert_eq!(desk.preferences().own_profiles[0].as_str(), "m9");
    assert!(desk.has_words("A float model: "), "the popup is B's, which has but one way now");
    desk.click("Computed as (A)");
    desk.until("A's form", |d| d.has_slider(BITS));
}

#[test]
fn keys_open_it_choose_and_close_it() {
    let chips = Chips::default();
    let mut desk = desk(&chips, overlay());
    desk.press(Key::I);
    desk.until("the popup", |d| d.control(EXACT).is_some_and(|row| row.is_focused()));
    desk.press(Key::Tab);
    assert!(desk.control(NATIVE).unwrap().is_focused());
    desk.press(Key::Enter);
    desk.until("native", |d| d.has_words("B · INT8 (native)"));
    desk.press(Key::Escape);
    desk.until("its end", |d| d.control(EXACT).is_none());

    // FP32 is B.
    let mut float = Desk::new(Plan { models: [Some(Int8), Some(Fp32)], ..overlay() });
    float.until("the pairs", |d| d.has_words("person 0.80 → 0.90"));
    float.press(Key::I);
    assert_eq!(float.said(), "Only INT8 models are computed in more than one way.");
}

#[test]
fn exact_says_what_computes_it() {
    let mut desk = desk(&Chips::default(), overlay());
    desk.click(OPEN);
    desk.click(NATIVE);
    desk.until("native", |d| d.has_words("B · INT8 (native)"));
    desk.harness.get_by_label(EXACT).hover();
    desk.until("the engine", |d| d.has_words("Computed by: ONNX Runtime"));
}

#[test]
fn it_fits_the_smallest_window_and_everything_has_a_name() {
    for size in [[760.0, 420.0], [1280.0, 720.0], [1280.0, 800.0]] {
        let mut desk = with_form(&Chips::default(), overlay());
        reach(&mut desk, "Leaky ReLU: slope");
        desk.harness.set_size(size.into());
        desk.harness.run_steps(4);
        let window = desk.harness.get_by_role_and_label(Role::Window, "B computed as").rect();
        assert!(window.min.x >= 0.0 && window.min.y >= 0.0, "{size:?}: {window:?}");
        assert!(window.max.x <= size[0] && window.max.y <= size[1], "{size:?}: {window:?}");
        desk.harness.check_accessibility();
        if size[1] < 720.0 {
            continue;
        }
        // Nothing has to be scrolled to.
        for label in [EXACT, OWN, "Profile from file…", "Slope: 1/8", "Overflow: saturate", "Save profile…"] {
            let rect = desk.control(label).unwrap().rect();
            assert!(window.contains_rect(rect), "{size:?}: {label} {rect:?} leaves {window:?}");
        }
    }
    // Where the toolbar has no room for the button, the list of models leads to it.
    let mut desk = desk(&Chips::default(), overlay());
    desk.harness.set_size(vec2(760.0, 420.0));
    desk.harness.run_steps(3);
    desk.click("Model B");
    desk.click("Computed as…");
    desk.until("the popup", |d| d.control(EXACT).is_some());
}

#[test]
fn it_leaves_the_table_of_pairs_and_most_of_the_picture_in_sight() {
    for size in [[760.0, 420.0], [1000.0, 700.0], [1280.0, 800.0]] {
        let mut desk = desk(&Chips::default(), overlay());
        desk.harness.set_size(size.into());
        desk.harness.run_steps(3);
        desk.press(Key::I);
        desk.until("the popup", |d| d.control(EXACT).is_some());
        desk.harness.run_steps(4);
        let places = |desk: &Desk| {
            let popup = desk.harness.get_by_role_and_label(Role::Window, "B computed as").rect();
            (popup, desk.harness.get_by_label_contains("Picture").rect())
        };
        let (popup, picture) = places(&desk);
        assert!(popup.max.x <= picture.max.x, "{size:?}: {popup:?} covers the table right of {picture:?}");
        let hidden = popup.intersect(picture).area() / picture.area();
        assert!(hidden <= 0.5, "{size:?}: {popup:?} hides {hidden} of {picture:?}");
        // With the form of a profile, too, at every size.
        reach(&mut desk, OWN);
        desk.until("the form", |d| d.has_slider(BITS));
        desk.harness.run_steps(4);
        let (popup, picture) = places(&desk);
        assert!(popup.max.x <= picture.max.x, "{size:?}: {popup:?} covers the table right of {picture:?}");
        // Without it, it is as narrow again.
        reach(&mut desk, EXACT);
        desk.until("no form", |d| !d.has_slider(BITS));
        desk.harness.run_steps(4);
        let (after, _) = places(&desk);
        assert!(after.width() <= 360.0, "{size:?}: {after:?}");
    }
}

/// What becomes of the boxes of exact arithmetic in another one, as detectors of both tell.
fn against_exact(shop: &Shop, picture: &Path, arithmetic: &Arithmetic, score: f32) -> Agreement {
    let frame = twinsight::source::load(picture).unwrap();
    let [exact, other] = [&Arithmetic::Exact, arithmetic].map(|arithmetic| {
        let request = ModelRequest::new(ModelName::File(shop.int8()), arithmetic.clone());
        let mut detector = FrameDetector::open(&ModelLoader::new(shop.catalog()), &request).unwrap();
        detector.run(&frame).unwrap();
        detector
    });
    let thresholds = Thresholds { score, ..Thresholds::LIVE };
    let (form, letterbox) = (&exact.info().form, exact.place());
    let exact = ModelInput { form, heads: exact.heads(), letterbox, thresholds };
    let other = ModelInput { heads: other.heads(), ..exact };
    *Comparer::default().run(&exact, &other).agreement()
}

/// A profile of few bits, in which boxes change.
fn few_bits() -> Arithmetic {
    let m16 = Profile::built_in("m16").unwrap();
    Profile { name: "m3".into(), multiplier_bits: 3, ..m16 }.into()
}

/// A window on the small network as it is, in float and in INT8, with the first of these pictures.
fn real(shop: &Shop, files: Vec<PathBuf>, arithmetic_b: Option<Arithmetic>) -> Desk {
    let mut desk = Desk::new(Plan {
        source: SourceRequest::Still(files[0].clone()),
        files,
        models: [shop.float(), shop.int8()].map(|path| Some(ModelName::File(path))),
        arithmetics: [None, arithmetic_b],
        view: Some(View::Overlay),
        catalog: shop.catalog(),
        real: true,
        ..Plan::default()
    });
    desk.until("the pairs", |d| d.has_words("Agreement"));
    desk
}

/// A real window: the boxes that differ are told at the thresholds of now.
#[test]
fn boxes_that_are_not_those_of_exact_arithmetic_are_counted_at_the_present_thresholds() {
    let shop = Shop::new();
    let picture = shop.picture("pictures", 7);
    let mut desk = real(&shop, vec![picture.clone()], Some(few_bits()));
    desk.click(OPEN);
    for score in [0.25, 0.1, 0.4] {
        desk.set_slider("Score", f64::from(score));
        let Agreement { a, matched, lost, gained, .. } = against_exact(&shop, &picture, &few_bits(), score);
        assert!(score > 0.1 || a > 0, "the network sees something at {score}");
        let [mut expected, nothing] =
            [format!("Boxes: {matched} of {a} matched with exact"), "Boxes: none in either".to_owned()];
        if a == 0 && gained == 0 {
            expected = nothing;
        }
        let counts = [(lost, "lost"), (gained, "gained")].map(|(count, word)| format!("{count} {word}"));
        desk.until("the boxes", |d| {
            let line = d.names("Boxes: ");
            let tells = |(count, text): (usize, &String)| line.contains(text.as_str()) == (count > 0);
            line.starts_with(&expected) && [lost, gained].into_iter().zip(&counts).all(tells)
        });
    }
    reach(&mut desk, EXACT);
    desk.until("the measure itself", |d| !d.has_words("Boxes: "));
}

/// A real window on the small network: in few bits it computes other bytes, and says how many, and where.
#[test]
fn bytes_that_differ_are_counted_on_the_picture_in_sight() {
    let shop = Shop::new();
    let pictures: Vec<_> = [7, 9].map(|seed| shop.picture("pictures", seed)).into();
    let mut desk = real(&shop, pictures, None);
    desk.click(OPEN);
    desk.until("exact is the measure", |d| d.has_words("compared with the bytes of this one"));
    desk.click(OWN);
    desk.until("12 bits", |d| d.has_words("B · small-64_int8_qop (m12)") && d.has_words("Bytes that differ: "));
    desk.set_slider(BITS, 3.0);
    desk.until("3 bits", |d| {
        d.has_words("B · small-64_int8_qop (m3)") && d.names("Bytes that differ: ").contains(" % in all, worst ")
    });
    let words = desk.names("Bytes that differ: ");
    assert!(!words.contains("_quantized"), "layers have the float model's names: {words}");
    reach(&mut desk, "By layer");
    desk.until("the layers", |d| d.has("head_stride_8"));
    // On another picture it is another number of bytes.
    desk.press(Key::PageDown);
    desk.until("the next picture", |d| d.has_words("2 of 2"));
    desk.until("its bytes", |d| {
        let now = d.names("Bytes that differ: ");
        now.contains(" % in all, worst ") && now != words
    });
    reach(&mut desk, EXACT);
    desk.until("exact again", |d| d.has_words("compared with the bytes of this one"));
}

/// Where B's arithmetic is not exact, the layers panel says which bytes that changes.
#[test]
fn the_layers_panel_has_the_bytes_that_differ_from_exact() {
    let shop = Shop::new();
    let picture = shop.picture("pictures", 7);
    let mut desk = real(&shop, vec![picture], Some(few_bits()));
    desk.press(Key::W);
    desk.until("the layers", |d| d.has_words("measured in"));
    desk.click("Sort by bytes that are not those of exact arithmetic");
    let rows = desk.names(": SQNR cumulative ");
    let worst = rows.split(" | ").next().unwrap();
    assert!(worst.contains(", bytes that differ from exact ") && !worst.contains("exact 0 %"), "{rows}");
}
