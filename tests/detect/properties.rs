//! Properties of geometry, decode and NMS that hold for any input.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use twinsight::detect::{
    BBox, CandidateId, Classes, Decoder, Detection, Form, Frame, Head, Letterbox, Letterboxer, MAX_DETECTIONS, Nms,
    Postprocessor, RawHeads, Size, Thresholds,
};

use crate::between::between;

const INPUT: Size = Size::new(416, 416);

/// A box with its corners in order, as decoding gives them.
fn any_box() -> impl Strategy<Value = BBox> {
    (between(0.0..1000.0), between(0.0..1000.0), between(0.0..500.0), between(0.0..500.0))
        .prop_map(|(x, y, width, height)| BBox::new(x, y, x + width, y + height))
}

/// Any four numbers: swapped, tiny, huge, not finite.
fn any_numbers() -> impl Strategy<Value = BBox> {
    prop_oneof![
        [any::<f32>(), any::<f32>(), any::<f32>(), any::<f32>()].prop_map(|[a, b, c, d]| BBox::new(a, b, c, d)),
        [between(-1e-30..1e-30), between(-1e-30..1e-30), between(-1e-30..1e-30), between(-1e-30..1e-30)]
            .prop_map(|[a, b, c, d]| BBox::new(a, b, c, d)),
    ]
}

/// Few classes and a crowded place, so that boxes do overlap; scores that repeat; each place in the heads once.
fn any_candidates() -> impl Strategy<Value = Vec<Detection>> {
    let one = (0usize..3, 1u32..50, between(0.0..200.0), between(0.0..200.0), between(5.0..100.0), between(5.0..100.0));
    vec(one, 0..300).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(i, (class_id, score, x, y, width, height))| Detection {
                class_id,
                score: score as f32 / 50.0,
                bbox: BBox::new(x, y, x + width, y + height),
                id: CandidateId { head: 0, anchor: 0, cell: i as u32 },
            })
            .collect()
    })
}

/// Two heads, three classes: as small as a model of the family can be.
fn small_form() -> Form {
    let anchors = vec![[10.0, 14.0], [30.0, 20.0]];
    Form {
        input: Size::new(64, 64),
        classes: Classes::new(["a", "b", "c"]),
        heads: vec![
            Head { stride: 16, anchors: anchors.clone(), scale_x_y: 1.05 },
            Head { stride: 32, anchors, scale_x_y: 1.05 },
        ],
    }
}

fn heads_of(value: impl Strategy<Value = f32> + Clone) -> impl Strategy<Value = RawHeads> {
    let form = small_form();
    let [fine, coarse] = [0, 1].map(|i| form.shape(&form.heads[i]).iter().product::<usize>());
    (vec(value.clone(), fine), vec(value, coarse)).prop_map(|(a, b)| RawHeads { heads: vec![a, b] })
}

fn any_heads() -> impl Strategy<Value = RawHeads> {
    heads_of(between(-6.0..6.0))
}

/// Now and then a number that no network should give.
fn spoilt_heads() -> impl Strategy<Value = RawHeads> {
    heads_of(prop_oneof![
        8 => between(-6.0..6.0),
        1 => any::<f32>(),
        1 => prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY), Just(f32::MAX), Just(f32::MIN)],
    ])
}

fn any_size() -> impl Strategy<Value = Size> {
    (1u32..4096, 1u32..4096).prop_map(|(width, height)| Size::new(width, height))
}

fn nms(candidates: &[Detection], iou: f32) -> Vec<Detection> {
    let mut kept = Vec::new();
    Nms::default().run(candidates, iou, &mut kept);
    kept
}

fn places(detections: &[Detection]) -> BTreeSet<(CandidateId, usize)> {
    detections.iter().map(|d| (d.id, d.class_id)).collect()
}

proptest! {
    #[test]
    fn iou_is_symmetric_and_within_0_and_1(a in prop_oneof![any_box(), any_numbers()], b in prop_oneof![any_box(), any_numbers()]) {
        let iou = a.iou(&b);
        prop_assert_eq!(iou, b.iou(&a));
        prop_assert!((0.0..=1.0).contains(&iou), "{iou}");
        if a.area() == 0.0 || b.area() == 0.0 {
            prop_assert_eq!(iou, 0.0, "without area");
        }
    }

    #[test]
    fn a_box_is_all_of_itself(a in any_box()) {
        prop_assume!(a.area() > 0.0);
        prop_assert_eq!(a.iou(&a), 1.0);
    }

    #[test]
    fn boxes_apart_do_not_overlap(a in any_box(), gap in between(0.0..100.0)) {
        let b = BBox::new(a.x2 + gap, a.y1, a.x2 + gap + 10.0, a.y2);
        prop_assert_eq!(a.iou(&b), 0.0);
    }

    #[test]
    fn clipped_boxes_lie_inside(a in any_numbers(), image in any_size()) {
        if let Some(b) = a.clipped_to(image) {
            prop_assert!(0.0 <= b.x1 && b.x1 < b.x2 && b.x2 <= image.width as f32, "{b:?}");
            prop_assert!(0.0 <= b.y1 && b.y1 < b.y2 && b.y2 <= image.height as f32, "{b:?}");
        }
    }

    #[test]
    fn letterbox_there_and_back(image in any_size(), a in any_box()) {
        // Inside the image: nowhere else are boxes shown.
        let (x, y) = (image.width as f32 / 1500.0, image.height as f32 / 1500.0);
        let a = BBox::new(a.x1 * x, a.y1 * y, a.x2 * x, a.y2 * y);
        let letterbox = Letterbox::new(image, INPUT);
        let b = letterbox.image_from_input(letterbox.input_from_image(a));
        for (from, to) in a.to_array().into_iter().zip(b.to_array()) {
            prop_assert!((from - to).abs() < 1e-3, "{a:?} came back as {b:?}");
        }
    }

    #[test]
    fn the_whole_image_fits_the_input(image in any_size()) {
        let letterbox = Letterbox::new(image, INPUT);
        let whole = BBox::new(0.0, 0.0, image.width as f32, image.height as f32);
        let b = letterbox.input_from_image(whole);
        prop_assert!(b.x1 >= 0.0 && b.y1 >= 0.0 && b.x2 <= 416.001 && b.y2 <= 416.001, "{b:?}");
        prop_assert!(letterbox.scaled.width == 416 || letterbox.scaled.height == 416);
        // The bars on both sides differ by a pixel at most.
        prop_assert!(416 - letterbox.scaled.width - 2 * letterbox.left <= 1);
        prop_assert!(416 - letterbox.scaled.height - 2 * letterbox.top <= 1);
    }

    #[test]
    fn letterboxed_colours_stay_within_0_and_1(
        (size, bytes) in (1u32..90, 1u32..90)
            .prop_flat_map(|(w, h)| (Just(Size::new(w, h)), vec(any::<u8>(), (w * h * 3) as usize)))
    ) {
        let (low, high) = (bytes.iter().min().copied(), bytes.iter().max().copied());
        let (low, high) = (low.unwrap_or(0).min(114), high.unwrap_or(255).max(114));
        let mut letterboxer = Letterboxer::new(Size::new(64, 32));
        letterboxer.fill(&Frame::from_rgb(size, bytes).expect("a small picture"));
        // Bilinear: no colour that is not between those of the picture and the bars.
        let range = f32::from(low) / 255.0 - 1e-6..=f32::from(high) / 255.0 + 1e-6;
        prop_assert!(letterboxer.tensor().iter().all(|v| range.contains(v)));
    }

    #[test]
    fn nms_keeps_what_it_must(candidates in any_candidates(), iou in between(0.0..1.0)) {
        let kept = nms(&candidates, iou);
        prop_assert!(kept.len() <= MAX_DETECTIONS);
        prop_assert!(kept.iter().all(|k| candidates.contains(k)));
        prop_assert!(kept.is_sorted_by(|a, b| a.score >= b.score));
        prop_assert_eq!(kept.len(), places(&kept).len(), "each once");
        let hides = |a: &Detection, b: &Detection| a.class_id == b.class_id && a.bbox.iou(&b.bbox) > iou;
        for (i, a) in kept.iter().enumerate() {
            prop_assert!(!kept[..i].iter().any(|b| hides(a, b)), "{a:?} overlaps another");
        }
        for dropped in candidates.iter().filter(|c| !kept.contains(c)) {
            let hidden = kept.iter().any(|k| k.score >= dropped.score && hides(k, dropped));
            let full = kept.len() == MAX_DETECTIONS && kept.last().is_some_and(|k| k.score >= dropped.score);
            prop_assert!(hidden || full, "{dropped:?} went for nothing");
        }
    }

    #[test]
    fn nms_again_changes_nothing(candidates in any_candidates(), iou in between(0.0..1.0)) {
        let kept = nms(&candidates, iou);
        prop_assert_eq!(nms(&kept, iou), kept);
    }

    #[test]
    fn nms_does_not_see_the_order(
        (candidates, shuffled) in any_candidates().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
        iou in between(0.0..1.0),
    ) {
        prop_assert_eq!(nms(&candidates, iou), nms(&shuffled, iou));
    }

    #[test]
    fn decode_gives_sound_detections(
        heads in spoilt_heads(),
        image in any_size(),
        score in between(0.0..1.0),
        nms_iou in between(0.0..1.0),
    ) {
        let form = small_form();
        let letterbox = Letterbox::new(image, form.input);
        let mut postprocessor = Postprocessor::default();
        let found = postprocessor.run(&form, &heads, &letterbox, Thresholds { score, nms_iou });
        for d in found {
            let [x1, y1, x2, y2] = d.bbox.to_array();
            prop_assert!(0.0 <= x1 && x1 < x2 && x2 <= image.width as f32, "{d:?}");
            prop_assert!(0.0 <= y1 && y1 < y2 && y2 <= image.height as f32, "{d:?}");
            prop_assert!(score < d.score && d.score <= 1.0, "{d:?}");
            prop_assert!(d.class_id < form.classes.len());
        }
    }

    #[test]
    fn a_higher_threshold_gives_a_subset(
        heads in any_heads(),
        image in any_size(),
        a in between(0.0..1.0),
        b in between(0.0..1.0),
    ) {
        let form = small_form();
        let letterbox = Letterbox::new(image, form.input);
        let [low, high] = [a.min(b), a.max(b)].map(|t| Decoder::default().run(&form, &heads, &letterbox, t).to_vec());
        prop_assert!(places(&high).is_subset(&places(&low)));
        // And what is left out is exactly what is not over the threshold.
        let over: Vec<_> = low.into_iter().filter(|d| d.score > a.max(b)).collect();
        prop_assert_eq!(high, over);
    }

    #[test]
    fn memory_that_is_used_again_leaves_no_trace(first in any_heads(), second in any_heads(), image in any_size()) {
        let form = small_form();
        let letterbox = Letterbox::new(image, form.input);
        let mut used = Postprocessor::default();
        used.run(&form, &first, &letterbox, Thresholds::EVALUATION);
        let again = used.run(&form, &second, &letterbox, Thresholds::LIVE).to_vec();
        let mut fresh = Postprocessor::default();
        prop_assert_eq!(again, fresh.run(&form, &second, &letterbox, Thresholds::LIVE));
    }
}

#[test]
fn a_threshold_that_is_no_number_gives_nothing() {
    let form = small_form();
    let mut heads = RawHeads::zeros(&form);
    heads.heads[0].fill(3.0);
    let letterbox = Letterbox::new(Size::new(64, 64), form.input);
    for threshold in [f32::NAN, f32::INFINITY, 1.0] {
        assert_eq!(Decoder::default().run(&form, &heads, &letterbox, threshold).len(), 0, "{threshold}");
    }
    assert!(!Decoder::default().run(&form, &heads, &letterbox, -1.0).is_empty());
}
