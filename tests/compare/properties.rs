//! Properties of the comparison that hold for any raw heads.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use twinsight::compare::{
    Agreement, Comparer, Comparison, MIN_IOU, ModelInput, Reason, ThresholdSearch, Totals, Verdict,
};
use twinsight::detect::{Classes, Form, Head, Letterbox, MAX_DETECTIONS, RawHeads, Size, Thresholds};

use crate::between::between;
use crate::support::{check_reasons, seen};

/// One class or two, one fine grid: boxes crowd, so that NMS and pairing have work.
fn form(classes: usize) -> Form {
    let anchors = vec![[16.0, 24.0], [30.0, 20.0]];
    let head = |stride| Head { stride, anchors: anchors.clone(), scale_x_y: 1.05 };
    let names = ["a", "b"];
    Form {
        input: Size::new(64, 64),
        classes: Classes::new(names.iter().take(classes).copied()),
        heads: vec![head(16), head(32)],
    }
}

/// Raw values of A, and of B as A's with noise on them.
fn two_heads() -> impl Strategy<Value = (Form, RawHeads, RawHeads)> {
    (1usize..=2, between(0.0..3.0)).prop_flat_map(|(classes, noise)| {
        let form = form(classes);
        let length = RawHeads::zeros(&form).heads.iter().map(Vec::len).sum::<usize>();
        let value = (between(-4.0..2.5), between(-1.0..1.0));
        vec(value, length).prop_map(move |values| {
            let mut sides = [RawHeads::zeros(&form), RawHeads::zeros(&form)];
            for (side, noise) in sides.iter_mut().zip([0.0, noise]) {
                let mut values = values.iter();
                for to in side.heads.iter_mut().flatten() {
                    let (value, off) = values.next().expect("as many as there are places");
                    *to = value + off * noise;
                }
            }
            let [a, b] = sides;
            (form.clone(), a, b)
        })
    })
}

fn any_thresholds() -> impl Strategy<Value = Thresholds> {
    (between(0.0..0.8), between(0.1..0.9)).prop_map(|(score, nms_iou)| Thresholds { score, nms_iou })
}

#[derive(Clone, Debug)]
struct Case {
    form: Form,
    heads: [RawHeads; 2],
    letterbox: Letterbox,
    thresholds: [Thresholds; 2],
}

impl Case {
    fn side(&self, index: usize) -> ModelInput<'_> {
        let Self { form, heads, letterbox, thresholds } = self;
        ModelInput { form, heads: &heads[index], letterbox, thresholds: thresholds[index] }
    }

    fn compare(&self) -> Comparison {
        Comparer::default().run(&self.side(0), &self.side(1)).clone()
    }
}

fn any_case() -> impl Strategy<Value = Case> {
    let image = (8u32..400, 8u32..400).prop_map(|(w, h)| Size::new(w, h));
    (two_heads(), image, any_thresholds(), any_thresholds()).prop_map(|((form, a, b), image, of_a, of_b)| {
        let letterbox = Letterbox::new(image, form.input);
        Case { form, heads: [a, b], letterbox, thresholds: [of_a, of_b] }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_model_agrees_with_itself(mut case in any_case()) {
        case.heads[1] = case.heads[0].clone();
        case.thresholds[1] = case.thresholds[0];
        let comparison = case.compare();
        for (i, verdict) in comparison.verdicts().iter().enumerate() {
            prop_assert_eq!(*verdict, Verdict::Matched { a: i, b: i, iou: 1.0, delta_score: 0.0 });
        }
        prop_assert_eq!(comparison.agreement().f1(), 1.0);
        prop_assert_eq!(comparison.agreement().damage(), 0);
    }

    #[test]
    fn every_box_has_one_verdict_and_no_pair_is_left_unmade(case in any_case()) {
        let comparison = case.compare();
        let (a, b) = (comparison.a(), comparison.b());
        prop_assert_eq!(a, seen(&case.side(0), case.thresholds[0]));
        prop_assert_eq!(b, seen(&case.side(1), case.thresholds[1]));
        let verdicts = comparison.verdicts();
        prop_assert!(verdicts.iter().filter_map(Verdict::a).eq(0..a.len()));
        let mut boxes_of_b: Vec<usize> = verdicts.iter().filter_map(Verdict::b).collect();
        boxes_of_b.sort_unstable();
        prop_assert!(boxes_of_b.into_iter().eq(0..b.len()));
        for i in 0..a.len() {
            prop_assert_eq!(of_a(&comparison, i).and_then(Verdict::a), Some(i));
        }
        for j in 0..b.len() {
            prop_assert_eq!(of_b(&comparison, j).and_then(Verdict::b), Some(j));
        }
        prop_assert!(of_a(&comparison, a.len()).is_none() && of_b(&comparison, b.len()).is_none());
        for verdict in verdicts {
            match *verdict {
                Verdict::Matched { a: i, b: j, iou, delta_score } | Verdict::ClassFlip { a: i, b: j, iou, delta_score } => {
                    prop_assert!(iou >= MIN_IOU && iou == a[i].bbox.iou(&b[j].bbox));
                    prop_assert_eq!(delta_score, b[j].score - a[i].score);
                    prop_assert_eq!(a[i].class_id == b[j].class_id, verdict.agrees());
                }
                Verdict::Lost { a: i, .. } => {
                    // Whatever it overlaps has a partner, and of its own class a partner at least as near.
                    for (j, other) in b.iter().enumerate().filter(|(_, d)| d.bbox.iou(&a[i].bbox) >= MIN_IOU) {
                        let partner = of_b(&comparison, j).and_then(Verdict::a);
                        prop_assert!(partner.is_some(), "{i} and {j} are both free");
                        if let Some(Verdict::Matched { iou, .. }) = of_b(&comparison, j) {
                            let same = other.class_id == a[i].class_id;
                            prop_assert!(!same || *iou >= other.bbox.iou(&a[i].bbox));
                        } else {
                            prop_assert!(other.class_id != a[i].class_id);
                        }
                    }
                }
                Verdict::Gained { .. } => {}
            }
        }
        let counts = comparison.agreement();
        prop_assert_eq!((counts.a, counts.b), (a.len(), b.len()));
        prop_assert_eq!(counts.matched + counts.flips + counts.lost, counts.a);
        prop_assert_eq!(counts.matched + counts.flips + counts.gained, counts.b);
        let mut totals = Totals::default();
        totals.add(&comparison);
        type Count = fn(&Agreement) -> usize;
        let counted: [Count; 6] = [|c| c.a, |c| c.b, |c| c.matched, |c| c.flips, |c| c.lost, |c| c.gained];
        prop_assert_eq!(totals.all, *counts);
        for count in counted {
            prop_assert_eq!(totals.classes.iter().map(count).sum::<usize>(), count(counts));
        }
    }

    #[test]
    fn swapped_sides_give_the_mirror_image(mut case in any_case()) {
        let there = case.compare();
        case.heads.swap(0, 1);
        case.thresholds.swap(0, 1);
        let back = case.compare();
        let mirrored = |verdict: &Verdict| match *verdict {
            Verdict::Matched { a, b, iou, delta_score } => Verdict::Matched { a: b, b: a, iou, delta_score: -delta_score },
            Verdict::ClassFlip { a, b, iou, delta_score } => Verdict::ClassFlip { a: b, b: a, iou, delta_score: -delta_score },
            Verdict::Lost { a, reason } => Verdict::Gained { b: a, reason },
            Verdict::Gained { b, reason } => Verdict::Lost { a: b, reason },
        };
        for i in 0..there.a().len() {
            prop_assert_eq!(of_a(&there, i).map(mirrored), of_b(&back, i).copied());
        }
        for j in 0..there.b().len() {
            prop_assert_eq!(of_b(&there, j).map(mirrored), of_a(&back, j).copied());
        }
    }

    #[test]
    fn what_an_explanation_names_brings_the_box_back(case in any_case()) {
        let comparison = case.compare();
        prop_assert_eq!(check_reasons(&comparison, &case.side(0), &case.side(1)), Ok(()));
    }

    #[test]
    fn memory_that_is_used_again_leaves_no_trace(first in any_case(), second in any_case()) {
        let mut used = Comparer::default();
        used.run(&first.side(0), &first.side(1));
        used.run(&second.side(0), &second.side(1));
        prop_assert_eq!(used.comparison(), &second.compare());
    }

    #[test]
    fn no_threshold_agrees_better_than_the_best(
        cases in vec(any_case(), 1..4),
        others in vec(between(0.001..1.0), 30),
    ) {
        let now = cases[0].thresholds[1].score.max(0.001);
        let f1 = |score: f32| {
            let mut totals = Totals::default();
            for case in &cases {
                let mut b = case.side(1);
                b.thresholds.score = score;
                totals.add(Comparer::default().run(&case.side(0), &b));
            }
            totals.all.f1()
        };
        let sides = || cases.iter().map(|case| {
            let mut b = case.side(1);
            b.thresholds.score = now;
            (case.side(0), b)
        });
        let mut search = ThresholdSearch::default();
        sides().for_each(|(a, b)| search.add(&a, &b));
        let best = search.best(now);
        prop_assert_eq!(best.before, f1(now));
        prop_assert_eq!(best.after, f1(best.score), "at {}", best.score);
        prop_assert!((0.001..=1.0).contains(&best.score));
        for other in others {
            prop_assert!(f1(other) <= best.after, "{other} gives {}, {best:?}", f1(other));
        }
        if best.after == best.before {
            prop_assert_eq!(best.score, now, "a change for nothing");
        }
        let mut backwards = ThresholdSearch::default();
        sides().collect::<Vec<_>>().iter().rev().for_each(|(a, b)| backwards.add(a, b));
        prop_assert_eq!(backwards.best(now), best);
    }
}

fn of_a(comparison: &Comparison, a: usize) -> Option<&Verdict> {
    comparison.verdicts().get(a).filter(|verdict| verdict.a().is_some())
}

fn of_b(comparison: &Comparison, b: usize) -> Option<&Verdict> {
    comparison.verdicts().get(comparison.place_of_b(b)?)
}

/// The laws above are worth no more than the cases that they see.
#[test]
fn random_heads_lead_to_every_verdict_and_reason() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..2400 {
        let case = any_case().new_tree(&mut runner).expect("a case").current();
        for verdict in case.compare().verdicts() {
            let name = match (verdict, verdict.reason()) {
                (Verdict::Matched { .. }, _) => "matched",
                (Verdict::ClassFlip { .. }, _) => "class changed",
                (_, Some(Reason::BelowThreshold { .. })) => "below threshold",
                (_, Some(Reason::SuppressedByNms { overlap, free_at, .. })) if overlap < free_at => {
                    "chain of suppression"
                }
                (_, Some(Reason::SuppressedByNms { .. })) => "suppressed",
                (_, Some(Reason::BelowThresholdAndSuppressed { .. })) => "both",
                (_, Some(Reason::Taken { .. })) => "taken",
                (_, Some(Reason::NoCandidate)) => "no detection near",
                (_, Some(Reason::BeyondLimit { .. }) | None) => "other",
            };
            *seen.entry(name).or_default() += 1;
        }
    }
    // Chains of suppression take three boxes that overlap in a row, which random heads seldom have.
    let rarest = seen.values().min().copied().unwrap_or(0);
    assert!(seen.len() == 8 && rarest >= 3, "{seen:?}");
}

/// More boxes than a frame may have: A sees those that B's other class pushes out.
#[test]
fn a_box_after_the_strongest_is_said_to_be_beyond_the_limit() {
    // A fine grid with a cell more than there may be boxes.
    let side = (MAX_DETECTIONS as f32).sqrt() as usize + 1;
    let cells = side * side;
    assert!(cells > MAX_DETECTIONS);
    let mut form = form(2);
    let stride = form.heads[0].stride;
    form.input = Size::new(side as u32 * stride, side as u32 * stride);
    form.heads.truncate(1);
    let letterbox = Letterbox::new(form.input, form.input);
    let mut a = RawHeads::zeros(&form);
    a.heads.iter_mut().for_each(|values| values.fill(-20.0));
    // One anchor: small boxes that do not overlap, of the first class.
    for cell in 0..cells {
        for (plane, value) in [0.0, 0.0, -0.5, -1.0, 9.0, 2.0].into_iter().enumerate() {
            a.heads[0][plane * cells + cell] = value;
        }
    }
    // Only the last cell has the second class, weaker than all in B and alone in A.
    let mut b = a.clone();
    for heads in [&mut a, &mut b] {
        heads.heads[0][6 * cells - 1] = -20.0;
        heads.heads[0][7 * cells - 1] = 1.0;
    }
    a.heads[0][5 * cells..6 * cells].fill(-20.0);
    let case = Case { form, heads: [a, b], letterbox, thresholds: [Thresholds::LIVE; 2] };
    let comparison = case.compare();
    assert_eq!((comparison.a().len(), comparison.b().len()), (1, MAX_DETECTIONS));
    let reason = comparison.verdicts()[0].reason();
    assert!(matches!(reason, Some(Reason::BeyondLimit { score }) if score > 0.7), "{reason:?}");
}
