//! The demo moves smoothly and deterministically, and keeps its subjects in view.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use twinsight::detect::{Frame, Size};
use twinsight::source::demo::{SHOT, window};
use twinsight::source::pace::Pace;
use twinsight::source::{DemoSource, Next, Opener, Source, SourceError, SourceRequest};

use crate::not_checked::not_checked;
use crate::program::installed;

fn photos() -> Vec<PathBuf> {
    ["bus.jpg", "zidane.jpg"].map(|name| installed(&format!("downloads/{name}"))).to_vec()
}

/// The mean difference of two frames' channels.
fn difference(a: &Frame, b: &Frame) -> f64 {
    let sum: u64 = a.rgb().iter().zip(b.rgb()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.rgb().len() as f64
}

#[test]
fn the_window_stays_within_the_photo_and_moves_little_at_a_time() {
    let canvas = Size::new(1600, 900);
    for framed in [false, true] {
        for backwards in [false, true] {
            let windows: Vec<_> = (0..SHOT).map(|step| window(step, backwards, framed, canvas)).collect();
            for w in &windows {
                assert!(w.x >= 0.0 && w.y >= 0.0 && w.x + w.width <= 1600.001 && w.y + w.height <= 900.001, "{w:?}");
                assert!((w.width * 9.0 - w.height * 16.0).abs() < 1e-6, "{w:?} has another shape");
            }
            for pair in windows.windows(2) {
                let moved = (pair[1].x - pair[0].x).abs().max((pair[1].y - pair[0].y).abs());
                assert!(moved < 3.0, "{pair:?}");
            }
            let ends = windows[0].width / windows[SHOT as usize - 1].width;
            assert!(if backwards { ends < 0.85 } else { ends > 1.18 }, "it zooms: {ends}");
        }
    }
}

/// Where people and the bus are in the photos was read off them by eye.
#[test]
fn the_subjects_are_in_sight_at_every_step() {
    // zidane.jpg fills its canvas: the two faces. bus.jpg, 810×1080, stands 608×810 in the middle of one of 1440×810:
    // the bus and the three people in front of it.
    let cases = [
        (Size::new(1280, 720), false, [400.0, 60.0, 1100.0, 420.0]),
        (Size::new(1440, 810), true, [416.0 + 0.75 * 10.0, 0.75 * 240.0, 416.0 + 0.75 * 800.0, 0.75 * 880.0]),
    ];
    for (canvas, framed, [x1, y1, x2, y2]) in cases {
        for step in 0..SHOT {
            let w = window(step, false, framed, canvas);
            let seen = w.x <= x1 && w.y <= y1 && w.x + w.width >= x2 && w.y + w.height >= y2;
            assert!(seen, "step {step}: {w:?} cuts {:?}", [x1, y1, x2, y2]);
        }
    }
}

#[test]
fn frames_are_the_same_each_time_and_change_gently() {
    let mut demo = DemoSource::open(&photos(), "demo").unwrap();
    let (mut a, mut b) = (Frame::default(), Frame::default());
    for shot in 0..4 {
        for step in [0, 1, SHOT / 2, SHOT - 2] {
            demo.render(shot * SHOT + step, &mut a).unwrap();
            demo.render(shot * SHOT + step + 1, &mut b).unwrap();
            let moved = difference(&a, &b);
            assert!(moved < 6.0 || step + 1 == SHOT, "shot {shot}, step {step}: {moved}");
            assert_eq!(a.size(), Size::new(848, 480));
        }
        demo.render(shot * SHOT + SHOT / 2, &mut b).unwrap();
        demo.render(shot * SHOT, &mut a).unwrap();
        assert!(difference(&a, &b) > 5.0, "shot {shot} moves");
        let mut again = DemoSource::open(&photos(), "demo").unwrap();
        again.render(shot * SHOT + SHOT / 2, &mut a).unwrap();
        assert!(a == b, "shot {shot} is the same from a fresh start");
    }
    demo.render(SHOT - 1, &mut a).unwrap();
    demo.render(SHOT, &mut b).unwrap();
    assert!(difference(&a, &b) > 20.0, "the next photo comes");
}

/// The resampler against the formula in floating point, on a photo that fills its canvas unscaled.
#[test]
fn resampling_is_bilinear_with_half_pixel_centres() {
    let photo = photos().remove(1);
    let source = twinsight::source::load(&photo).unwrap();
    let mut demo = DemoSource::open(&[photo], "demo").unwrap();
    let mut frame = Frame::default();
    let (mut worst, mut sum) = (0.0f64, 0.0);
    let step = 100;
    demo.render(step, &mut frame).unwrap();
    let w = window(step, false, false, source.size());
    let mut count = 0.0;
    for y in (0..480).step_by(7) {
        for x in (0..848).step_by(7) {
            let sx = (w.x + (f64::from(x) + 0.5) * w.width / 848.0 - 0.5).clamp(0.0, 1279.0);
            let sy = (w.y + (f64::from(y) + 0.5) * w.height / 480.0 - 0.5).clamp(0.0, 719.0);
            let (x0, y0) = ((sx as u32).min(1278), (sy as u32).min(718));
            let (fx, fy) = (sx - f64::from(x0), sy - f64::from(y0));
            let at = |x, y, c: usize| f64::from(source.pixel(x, y).unwrap()[c]);
            for (c, &got) in frame.pixel(x, y).unwrap().iter().enumerate() {
                let upper = at(x0, y0, c) * (1.0 - fx) + at(x0 + 1, y0, c) * fx;
                let lower = at(x0, y0 + 1, c) * (1.0 - fx) + at(x0 + 1, y0 + 1, c) * fx;
                let off = (upper * (1.0 - fy) + lower * fy - f64::from(got)).abs();
                worst = worst.max(off);
                sum += off;
                count += 1.0;
            }
        }
    }
    // Weights have eight bits, and two roundings follow: two units at a sharp edge, far less elsewhere.
    assert!(worst <= 2.5, "worst {worst}");
    assert!(sum / count < 0.5, "mean {}", sum / count);
}

#[test]
fn the_note_says_why_the_demo_runs() {
    let opener = Opener { photos: photos() };
    let asked_for = opener.open(&SourceRequest::Demo).unwrap();
    assert_eq!(asked_for.description().note.as_deref(), Some("demo"));
    assert!(asked_for.is_live());
    if std::path::Path::new("/dev/video0").exists() {
        not_checked("that the demo stands in for a camera", "this machine has one");
        return;
    }
    let in_place = opener.open(&SourceRequest::Auto).unwrap();
    let description = in_place.description();
    assert_eq!(description.note.as_deref(), Some("demo: no camera found"));
    assert_eq!(description.size, Some(Size::new(848, 480)));
    assert_eq!(description.nominal_rate, Some(30.0));
}

#[test]
fn without_photos_it_says_how_to_get_them() {
    for photos in [Vec::new(), vec![PathBuf::from("no/such/photo.jpg")]] {
        let error = Opener { photos }.open(&SourceRequest::Demo).err().unwrap();
        assert!(matches!(error, SourceError::NoDemo { .. }));
        assert!(error.to_string().contains("twinsight setup"), "{error}");
    }
}

#[test]
fn frames_come_at_their_rate() {
    let mut demo = DemoSource::open(&photos()[..1], "demo").unwrap();
    let mut frame = Frame::default();
    let start = Instant::now();
    for _ in 0..7 {
        assert_eq!(demo.next(&mut frame).unwrap(), Next::Frame);
    }
    // The first frame comes at once, then six slots pass.
    assert!(start.elapsed() >= Duration::from_millis(195), "{:?}", start.elapsed());
}

#[test]
fn a_late_reader_skips_and_a_pause_stands_still() {
    let start = Instant::now();
    let at = |milliseconds| start + Duration::from_millis(milliseconds);
    let mut pace = Pace::new(50);
    assert_eq!(pace.next(start), (0, start));
    assert_eq!(pace.next(at(3)), (1, at(20)), "early: wait");
    assert_eq!(pace.next(at(45)), (2, at(40)), "a little late: at once");
    assert_eq!(pace.next(at(50)), (3, at(60)), "and the clock has not moved");
    assert_eq!(pace.next(at(171)), (8, at(160)), "four slots missed: skipped");
    assert_eq!(pace.next(at(172)), (9, at(180)));
    assert_eq!(pace.next(at(60_000)), (10, at(60_000)), "after a pause: the next one, from now");
    assert_eq!(pace.next(at(60_001)), (11, at(60_020)));
}

/// Run with `cargo test --release --test source -- --ignored --nocapture demo::timing`.
#[test]
#[ignore = "a measurement"]
fn timing() {
    let start = Instant::now();
    let mut demo = DemoSource::open(&photos(), "demo").unwrap();
    println!("open: {:?}", start.elapsed());
    let mut frame = Frame::default();
    for (shot, name) in ["bus", "zidane"].iter().enumerate() {
        let mut times: Vec<_> = (0..SHOT)
            .map(|step| {
                let start = Instant::now();
                demo.render(shot as u64 * SHOT + step, &mut frame).unwrap();
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("{name}: least {:?}, median {:?}, p95 {:?} a frame", times[0], times[120], times[228]);
    }
}
