use egui::{Rect, pos2};

use super::*;
use crate::app::ui::contrast::{OF_EDGES, OF_TEXT, contrast, linear};
use crate::app::ui::palette::{DARK, LIGHT, TRUTH};

type Matrix = [[f32; 3]; 3];

/// All of a line.
const WHOLE: [f32; 2] = [f32::NEG_INFINITY, f32::INFINITY];

/// Full deficiency in linear RGB, from Machado, Oliveira and Fernandes, "A physiologically-based model for simulation
/// of color vision deficiency", 2009.
const SIGHTS: [(&str, Matrix); 4] = [
    ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("protanopia", [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    (
        "deuteranopia",
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ),
    ("tritanopia", [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
];

fn times(m: &Matrix, v: [f32; 3]) -> [f32; 3] {
    m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
}

/// Björn Ottosson's OKLab, where distances are about as large as they look.
fn oklab(rgb: [f32; 3]) -> [f32; 3] {
    let to_cones = [
        [0.412_221_46, 0.536_332_55, 0.051_445_995],
        [0.211_903_5, 0.680_699_5, 0.107_396_96],
        [0.088_302_46, 0.281_718_85, 0.629_978_7],
    ];
    let to_lab = [
        [0.210_454_26, 0.793_617_8, -0.004_072_047],
        [1.977_998_5, -2.428_592_2, 0.450_593_7],
        [0.025_904_037, 0.782_771_77, -0.808_675_77],
    ];
    times(&to_lab, times(&to_cones, rgb.map(|v| v.clamp(0.0, 1.0))).map(f32::cbrt))
}

#[test]
fn people_tell_the_colours_apart_whatever_their_sight() {
    for (sight, matrix) in &SIGHTS {
        let seen = VerdictKind::ALL.map(|kind| oklab(times(matrix, linear(kind.colour()))));
        for i in 0..4 {
            for j in 0..i {
                let distance = (0..3).map(|k| (seen[i][k] - seen[j][k]).powi(2)).sum::<f32>().sqrt();
                // A just noticeable difference is about 0.02.
                assert!(
                    distance > 0.07,
                    "{sight}: {:?} and {:?}: {distance}",
                    VerdictKind::ALL[i],
                    VerdictKind::ALL[j]
                );
            }
        }
    }
}

#[test]
fn colours_stand_out_from_every_ground() {
    for kind in VerdictKind::ALL {
        let colour = kind.colour();
        assert!(contrast(colour, Color32::BLACK) >= 6.0, "{kind:?} on black");
        assert!(contrast(colour, ON_CLASS) >= 5.0, "{kind:?}'s sign");
        assert!(contrast(colour, DARK.panel) >= 4.5, "{kind:?} on the dark panel");
        assert!(contrast(colour, Color32::WHITE) >= 2.2, "{kind:?} on white, where the halo helps");
        for (dark, scheme) in [(true, &DARK), (false, &LIGHT)] {
            for ground in [scheme.panel, scheme.hovered] {
                let edge = contrast(kind.edge(dark), ground);
                assert!(edge >= OF_EDGES, "{kind:?}'s chip on {ground:?}: {edge}");
            }
        }
        let [white, halo] = [255.0, f32::from(HALO.a())];
        let dimmed = (white * (1.0 - halo / 255.0)) as u8;
        assert!(contrast(Color32::WHITE, Color32::from_gray(dimmed)) >= 4.5, "the halo on white");
    }
}

#[test]
fn the_truth_stands_out_from_every_ground_that_it_is_on() {
    for ground in [DARK.panel, LIGHT.panel, DARK.picture, LIGHT.picture] {
        let ratio = contrast(TRUTH, ground);
        assert!(ratio >= OF_EDGES, "{ground:?}: {ratio}");
    }
    assert!(contrast(TRUTH, ON_CLASS) >= OF_TEXT, "words on it");
    // Its line is no verdict's.
    assert!(VerdictKind::ALL.iter().all(|kind| kind.pattern() != TRUTH_PATTERN && kind.colour() != TRUTH));
}

#[test]
fn no_two_verdicts_share_a_sign_a_word_or_a_line() {
    for i in 0..4 {
        for j in 0..i {
            let (a, b) = (VerdictKind::ALL[i], VerdictKind::ALL[j]);
            assert!(a.sign() != b.sign() && a.word() != b.word() && a.pattern() != b.pattern());
        }
    }
}

#[test]
fn a_pattern_begins_and_ends_with_a_stroke_and_stays_inside() {
    for kind in [VerdictKind::Lost, VerdictKind::Gained, VerdictKind::Flip] {
        for length in [0.0, 3.0, 8.0, 20.0, 57.3, 400.0, 9000.0] {
            let strokes: Vec<_> = strokes(length, kind.pattern(), 2.0, WHOLE).collect();
            assert_eq!(strokes[0].0, 0.0, "{kind:?} of {length}");
            assert!((strokes[strokes.len() - 1].1 - length).abs() < 0.05, "{kind:?} of {length}: {strokes:?}");
            for pair in strokes.windows(2) {
                assert!(pair[0].0 < pair[0].1 && pair[0].1 < pair[1].0, "{kind:?} of {length}: {pair:?}");
            }
            assert!(length < 57.0 || strokes.len() > 3, "{kind:?} of {length}: {}", strokes.len());
        }
    }
}

#[test]
fn a_sample_has_the_strokes_and_gaps_that_boxes_have() {
    let patterns = [VerdictKind::Lost, VerdictKind::Gained, VerdictKind::Flip].map(VerdictKind::pattern);
    for pattern in patterns.into_iter().chain([TRUTH_PATTERN.as_slice()]) {
        for width in [1.0, 1.25, 2.0, 3.0] {
            let length = length_of(pattern, width);
            let of = |length: f32| strokes(length, pattern, width, WHOLE).collect::<Vec<_>>();
            let (sample, side) = (of(length), of(4000.0));
            assert!(sample.len() > pattern.len(), "{pattern:?} of {width}: {sample:?}");
            for (sample, side) in sample.iter().zip(&side) {
                let near = |x: f32, y: f32| (x - y).abs() < 0.25;
                let alike = near(sample.0, side.0) && near(sample.1, side.1);
                assert!(alike, "{pattern:?} of {width}: {sample:?} {side:?}");
            }
        }
    }
}

#[test]
fn what_is_out_of_sight_is_not_painted() {
    let rect = Rect::from_min_max(pos2(-50_000.0, 100.0), pos2(50_000.0, 40_000.0));
    let clip = Rect::from_min_max(pos2(0.0, 0.0), pos2(800.0, 600.0));
    let strokes = sides(rect, VerdictKind::Gained.pattern(), 2.0, clip);
    assert!((100..200).contains(&strokes.len()), "{}", strokes.len());
    assert!(
        strokes.iter().all(|[a, b]| a.y == 100.0 && clip.expand(8.0).contains(*a) && clip.expand(8.0).contains(*b))
    );
}
