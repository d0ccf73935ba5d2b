//! Video files: every frame arrives in order, with its time and position; pause, step, seek and loop; nothing leaks.

use std::time::{Duration, Instant};

use twinsight::detect::{Frame, Size};
use twinsight::source::{Next, Opener, Source, SourceRequest, VideoLocation, VideoRequest, VideoSource};

use crate::video_file::{SIZE, video};
use crate::video_support::{LONG, children, every_frame, ffmpeg, folder, h264, next, number, open, rest, run, until};

const MS: Duration = Duration::from_millis(1);

#[test]
fn every_frame_is_there_in_order_at_its_time() {
    let dir = folder();
    let path = dir.path().join("numbers.mkv");
    video(&path, 300, 25);
    let mut source = open(&path).unwrap();
    let description = source.description();
    assert_eq!(description.name, "numbers.mkv");
    assert_eq!((description.size, description.nominal_rate), (Some(SIZE), Some(25.0)));
    assert_eq!(description.format.as_deref(), Some("ffv1"));
    assert_eq!(description.playback.unwrap().duration, Some(12_000 * MS));
    assert!(!source.is_live(), "it waits for whoever takes its frames");
    let expected: Vec<(u32, u128)> = (0..300).map(|n| (n, u128::from(n) * 40)).collect();
    assert_eq!(rest(&mut source), expected);
    let playback = source.description().playback.unwrap();
    assert_eq!((playback.number, playback.skipped), (299, 0));
    assert_eq!(source.next(&mut Frame::default()).unwrap(), Next::End, "and it stays at its end");
}

/// Times that are not evenly spread, as of a screen recording, are those of the file: no frame is doubled or dropped.
#[test]
fn uneven_times_are_kept() {
    let dir = folder();
    let [even, uneven] = ["even.mkv", "uneven.mkv"].map(|name| dir.path().join(name));
    video(&even, 30, 25);
    let shift = "setpts=(N/25+gte(N\\,10)+gte(N\\,20)*0.2)/TB";
    let [from, to] = [&even, &uneven].map(|p| p.to_str().unwrap());
    run(&mut ffmpeg(&["-i", from, "-vf", shift, "-fps_mode", "passthrough", "-c:v", "ffv1", to]));
    let expected: Vec<(u32, u128)> =
        (0..30).map(|n| (n, u128::from(n) * 40 + u128::from(n >= 10) * 1000 + u128::from(n >= 20) * 200)).collect();
    assert_eq!(rest(&mut open(&uneven).unwrap()), expected);
}

#[test]
fn the_kinds_of_file_play() {
    let dir = folder();
    for name in ["a.mp4", "a.mkv", "a.avi", "a.webm", "a.gif", "a.mov", "a.ts"] {
        let path = dir.path().join(name);
        let codec: &[&str] = match name {
            "a.webm" => &["-c:v", "libvpx", "-deadline", "realtime"],
            "a.gif" => &["-c:v", "gif", "-pix_fmt", "rgb8"],
            _ => &[],
        };
        h264(&path, 1, codec);
        let mut source = open(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut frame = Frame::default();
        let mut frames = 0;
        while next(&mut source, &mut frame).unwrap() {
            assert_eq!(frame.size(), Size::new(320, 240), "{name}");
            frames += 1;
        }
        assert_eq!(frames, 25, "{name}");
        let playback = source.description().playback.unwrap();
        // AVI has no times of its own; ffmpeg's are later by the frames that H.264 holds back.
        assert!(playback.time.abs_diff(960 * MS) < 81 * MS, "{name}: {:?}", playback.time);
    }
}

#[test]
fn a_turned_video_is_upright_and_its_pixels_are_square() {
    let dir = folder();
    let [plain, turned, wide] = ["plain.mp4", "turned.mp4", "wide.mkv"].map(|name| dir.path().join(name));
    h264(&plain, 1, &[]);
    let [from, to] = [&plain, &turned].map(|p| p.to_str().unwrap());
    run(&mut ffmpeg(&["-i", from, "-c", "copy", "-metadata:s:v", "rotate=90", to]));
    assert_eq!(open(&turned).unwrap().description().size, Some(Size::new(240, 320)));
    h264(&wide, 1, &["-vf", "setsar=3/2"]);
    assert_eq!(open(&wide).unwrap().description().size, Some(Size::new(480, 240)));
}

#[test]
fn it_plays_at_its_own_rate() {
    let dir = folder();
    let path = dir.path().join("rate.mkv");
    video(&path, 40, 50);
    let mut source = VideoSource::open(&VideoRequest::new(VideoLocation::File(path))).unwrap();
    let start = Instant::now();
    let found = rest(&mut source);
    // 39 slots of 20 ms. A busy machine may pass over a few, and says so.
    assert!(start.elapsed() >= 770 * MS, "{:?}", start.elapsed());
    let skipped = source.description().playback.unwrap().skipped;
    assert_eq!(found.len() as u64 + skipped, 40);
    assert!(found.is_sorted());
}

#[test]
fn frames_that_come_too_late_are_passed_over_and_counted() {
    let dir = folder();
    let path = dir.path().join("late.mkv");
    video(&path, 200, 100);
    let mut source = VideoSource::open(&VideoRequest::new(VideoLocation::File(path))).unwrap();
    let mut frame = Frame::default();
    assert!(next(&mut source, &mut frame).unwrap());
    assert_eq!(number(&frame), 0);
    let _ = crossbeam_channel::never::<()>().recv_timeout(500 * MS);
    assert!(next(&mut source, &mut frame).unwrap());
    let second = number(&frame);
    assert!((45..190).contains(&second), "after half a second: frame {second}");
    assert_eq!(source.description().playback.unwrap().skipped, u64::from(second) - 1);

    // A pause is not being late.
    let _ = crossbeam_channel::never::<()>().recv_timeout(300 * MS);
    source.resume();
    assert!(next(&mut source, &mut frame).unwrap());
    assert_eq!(number(&frame), second + 1);
}

#[test]
fn pause_step_and_seek() {
    let dir = folder();
    let path = dir.path().join("steps.mkv");
    video(&path, 100, 25);
    let mut source = VideoSource::open(&VideoRequest::new(VideoLocation::File(path))).unwrap();
    let controls = source.description().playback.unwrap().controls;
    let mut frame = Frame::default();
    assert!(next(&mut source, &mut frame).unwrap());
    controls.pause(true);
    for _ in 0..3 {
        assert_eq!(source.next(&mut frame).unwrap(), Next::Idle);
    }
    assert_eq!(number(&frame), 0);
    for expected in 1..=3 {
        controls.step();
        assert!(next(&mut source, &mut frame).unwrap());
        assert_eq!((number(&frame), source.next(&mut frame).unwrap()), (expected, Next::Idle));
    }
    // Dragging the seek bar: the newest request wins, and its frame shows although the video is paused.
    [0, 500, 3000, 2000].iter().for_each(|ms| controls.seek(*ms * MS));
    assert!(next(&mut source, &mut frame).unwrap());
    assert_eq!(number(&frame), 50);
    let playback = source.description().playback.unwrap();
    assert_eq!((playback.time, playback.number), (2000 * MS, 50));
    assert_eq!(source.next(&mut frame).unwrap(), Next::Idle);
    controls.step();
    assert!(next(&mut source, &mut frame).unwrap());
    assert_eq!(number(&frame), 51);
    // After the end is the last second.
    controls.pause(false);
    controls.seek(Duration::from_secs(1000));
    assert!(next(&mut source, &mut frame).unwrap());
    assert_eq!(number(&frame), 75);
    controls.seek(Duration::ZERO);
    assert!(next(&mut source, &mut frame).unwrap());
    assert_eq!(number(&frame), 0);
}

#[test]
fn it_starts_where_it_is_told_and_loops() {
    let dir = folder();
    let path = dir.path().join("loop.mkv");
    video(&path, 30, 25);
    let request = VideoRequest { start: 800 * MS, looped: true, ..every_frame(path) };
    let mut source = Opener::default().open(&SourceRequest::Video(request)).unwrap();
    let controls = source.description().playback.unwrap().controls;
    assert!(controls.is_looped());
    let mut frame = Frame::default();
    for expected in (20..30).chain(0..30).chain(0..5) {
        assert!(next(&mut *source, &mut frame).unwrap());
        assert_eq!(number(&frame), expected);
        assert_eq!(source.description().playback.unwrap().number, u64::from(expected));
    }
    controls.set_looped(false);
    assert_eq!(rest(&mut *source).last(), Some(&(29, 1160)), "the last round");
}

#[test]
fn one_that_starts_paused_shows_its_first_frame_and_stands_still() {
    let dir = folder();
    let path = dir.path().join("a.mkv");
    video(&path, 30, 25);
    let request = VideoRequest { start: 400 * MS, paused: true, ..every_frame(path) };
    let mut source = VideoSource::open(&request).unwrap();
    let controls = source.description().playback.unwrap().controls;
    assert!(controls.is_paused());
    let mut frame = Frame::default();
    assert!(next(&mut source, &mut frame).unwrap());
    assert_eq!(number(&frame), 10);
    for _ in 0..3 {
        assert_eq!(source.next(&mut frame).unwrap(), Next::Idle);
    }
    controls.pause(false);
    assert!(next(&mut source, &mut frame).unwrap());
    assert_eq!(number(&frame), 11);
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_outlives_a_source() {
    use std::process::id;
    let dir = folder();
    let path = dir.path().join("a.mkv");
    video(&path, 300, 25);
    let ffmpegs = || {
        let name = |id: &u32| std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let file = path.to_str().unwrap().as_bytes();
        children(id()).iter().filter(|c| name(c).windows(file.len()).any(|w| w == file)).count()
    };
    let source = open(&path).unwrap();
    assert_eq!(ffmpegs(), 1);
    drop(source);
    assert_eq!(ffmpegs(), 0, "killed and waited for");
}

/// `cargo test --release --test source -- --ignored --nocapture ten_thousand`
#[test]
#[ignore = "takes a minute"]
#[cfg(target_os = "linux")]
fn ten_thousand_frames_without_growth() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let dir = folder();
    let path = dir.path().join("long.mkv");
    video(&path, 10_000, 100);
    let mut source = open(&path).unwrap();
    let mut frame = Frame::default();
    let (mut at_start, mut frames) = (0, 0);
    while next(&mut source, &mut frame).unwrap() {
        assert_eq!(number(&frame), frames);
        frames += 1;
        if frames == 200 {
            at_start = resident();
        }
    }
    let at_end = resident();
    eprintln!("{frames} frames; resident memory: {at_start} kB at frame 200, {at_end} kB at the end");
    assert_eq!(frames, 10_000);
    assert!(at_end < at_start + 1024, "{at_start} kB, then {at_end} kB");
}

/// As the window and a camera-less server have it: through the engine, here without a model.
mod engine {
    use std::sync::Arc;

    use twinsight::engine::{Engine, Observation, Settings, SourceState};
    use twinsight::live;
    use twinsight::model::Catalog;

    use super::*;

    fn start(request: VideoRequest) -> (Engine, Settings) {
        let settings = Settings { source: SourceRequest::Video(request), reopen: 0, models: Vec::new(), paused: false };
        let parts = live::parts(&Catalog::find(), Arc::new(|| {}));
        (Engine::start(parts, settings.clone()).unwrap(), settings)
    }

    fn place(observation: &Observation) -> u64 {
        let number = number(&observation.frame);
        assert_eq!(
            observation.description.playback.as_ref().unwrap().number,
            u64::from(number),
            "boxes sit on their frame"
        );
        number.into()
    }

    #[test]
    fn every_frame_reaches_the_worker() {
        let dir = folder();
        let path = dir.path().join("a.mkv");
        video(&path, 120, 25);
        let (engine, _) = start(every_frame(path));
        let mut last = 0;
        while last < 119 {
            last = place(&engine.wait(LONG).unwrap());
        }
        until("its end", || engine.status().source == SourceState::Ended);
        let status = engine.status();
        assert_eq!((status.captured, status.dropped), (120, 0));
        assert!(engine.stop(LONG));
    }

    #[test]
    fn a_pause_loses_nothing_and_a_step_shows_at_once() {
        let dir = folder();
        let path = dir.path().join("a.mkv");
        video(&path, 2000, 25);
        let (engine, settings) = start(VideoRequest::new(VideoLocation::File(path)));
        let mut last = 0;
        for _ in 0..5 {
            last = place(&engine.wait(LONG).unwrap());
        }
        engine.set(Settings { paused: true, ..settings.clone() });
        while let Some(seen) = engine.wait(3000 * MS) {
            last = place(&seen);
        }
        engine.set(settings);
        let first = place(&engine.wait(LONG).unwrap());
        // Here the newest observation wins; on a busy machine some were replaced. The pause lasted 75 frames.
        assert!((last + 1..last + 20).contains(&first), "it went on at {first} after {last}");
        let second = place(&engine.wait(LONG).unwrap());
        assert!(second < first + 40, "it jumped from {first} to {second}, as if the pause had not been one");

        let controls = engine.status().description.unwrap().playback.unwrap().controls;
        controls.pause(true);
        while engine.wait(400 * MS).is_some() {}
        assert_eq!(engine.status().source, SourceState::Live, "standing still is no failure");
        controls.seek(40_000 * MS);
        assert_eq!(place(&engine.wait(LONG).unwrap()), 1000);
        controls.step();
        assert_eq!(place(&engine.wait(LONG).unwrap()), 1001);
        let start = Instant::now();
        assert!(engine.stop(LONG));
        assert!(start.elapsed() < 1000 * MS, "{:?}", start.elapsed());
    }
}
