//! Streams over HTTP and RTSP, from servers in this process: finite, endless, disconnecting and silent ones.

use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::{ImageFormat, Rgb, RgbImage};
use twinsight::detect::{Frame, Size};
use twinsight::engine::{Engine, Event, Settings, SourceState};
use twinsight::live;
use twinsight::model::Catalog;
use twinsight::source::{Next, Source, SourceError, SourceRequest, VideoLocation, VideoRequest, VideoSource};

use crate::rtsp;
use crate::video_file::video;
use crate::video_support::{LONG, folder, h264, next, rest, twinsight_in};

/// Answers each call with `answer` on a thread of its own; gives its address.
fn server(answer: impl Fn(TcpStream) -> std::io::Result<()> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = move || {
        for call in listener.incoming().flatten() {
            let mut request = BufReader::new(call.try_clone().unwrap()).lines().map_while(Result::ok);
            // To the empty line.
            let _ = request.find(String::is_empty);
            // A caller may hang up at any time.
            let _ = answer(call);
        }
    };
    std::thread::Builder::new().name("server".into()).spawn(serve).unwrap();
    format!("http://{address}")
}

fn request(url: String) -> VideoRequest {
    VideoRequest { every_frame: true, ..VideoRequest::new(VideoLocation::Url(url)) }
}

/// Like [`server`], for callers that ask for a file from a place on.
fn server_of_parts(answer: impl Fn(usize, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    let serve = move || {
        for mut call in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // One at a time would keep a caller waiting who has not hung up elsewhere yet.
            let reply = move || {
                let lines = BufReader::new(call.try_clone()?).lines().map_while(Result::ok);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let from =
                    head.iter().find_map(|line| line.strip_prefix("Range: bytes=")?.split('-').next()?.parse().ok());
                answer(from.unwrap_or(0), &mut call)
            };
            std::thread::Builder::new().name("reply".into()).spawn(reply).unwrap();
        }
    };
    std::thread::Builder::new().name("server".into()).spawn(serve).unwrap();
    format!("http://{address}/a.mp4")
}

/// As network cameras send them: JPEGs, one after another, without an end.
fn motion_jpeg(frames: u32) -> impl Fn(TcpStream) -> std::io::Result<()> {
    move |mut to| {
        to.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")?;
        for number in 0..frames {
            let gray = (number % 256) as u8;
            let mut jpeg = Cursor::new(Vec::new());
            RgbImage::from_pixel(64, 48, Rgb([gray; 3])).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
            let jpeg = jpeg.into_inner();
            let head = format!("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
            to.write_all(&[head.as_bytes(), &jpeg, b"\r\n"].concat())?;
            let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_millis(4));
        }
        Ok(())
    }
}

#[test]
fn a_video_over_http_is_as_whole_as_a_file() {
    let dir = folder();
    let path = dir.path().join("a.mkv");
    video(&path, 50, 25);
    let bytes = std::fs::read(path).unwrap();
    let url = server(move |mut to| {
        let head =
            format!("HTTP/1.0 200 OK\r\nContent-Type: video/x-matroska\r\nContent-Length: {}\r\n\r\n", bytes.len());
        to.write_all(head.as_bytes())?;
        to.write_all(&bytes)
    });
    let mut source = VideoSource::open(&request(format!("{url}/a.mkv?token=secret"))).unwrap();
    assert!(!source.is_live(), "it has an end, and waits");
    assert_eq!(source.description().name, format!("{url}/a.mkv?…"));
    let numbers: Vec<u32> = rest(&mut source).into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
}

#[test]
fn a_live_stream_gives_the_newest_and_one_that_is_lost_can_be_opened_again() {
    let url = server(motion_jpeg(600));
    for _ in 0..2 {
        let mut source = VideoSource::open(&request(url.clone())).unwrap();
        assert!(source.is_live());
        let mut frame = Frame::default();
        assert!(next(&mut source, &mut frame).unwrap());
        assert_eq!(frame.size(), Size::new(64, 48));
        let playback = source.description().playback.unwrap();
        assert_eq!(playback.duration, None);
        // No frames are taken for a while: they must not pile up.
        let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_millis(300));
        assert!(next(&mut source, &mut frame).unwrap());
        let playback = source.description().playback.unwrap();
        assert!(playback.skipped > 10, "{} passed over", playback.skipped);
        source.discard().unwrap();
        let error = loop {
            match source.next(&mut frame) {
                Ok(Next::Frame | Next::Idle | Next::Broken) => {}
                Ok(Next::End) => panic!("a live stream does not end, it is lost"),
                Err(error) => break error,
            }
        };
        assert!(error.is_transient(), "the engine opens it again");
        assert!(error.to_string().starts_with(&format!("no frames from {url}: ")), "{error}");
    }
}

#[test]
fn servers_that_refuse_are_told_without_the_password() {
    let url = server(|mut to| to.write_all(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    let secret = url.replace("http://", "http://me:hush@");
    let error = VideoSource::open(&request(format!("{secret}/live"))).err().unwrap();
    assert!(matches!(error, SourceError::Stream { .. }) && error.is_transient());
    let message = error.to_string();
    assert!(message.starts_with(&format!("no frames from {url}/live: ")), "{message}");
    assert!(message.contains("404") && !message.contains("hush"), "{message}");

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for scheme in ["http", "rtsp"] {
        let error = VideoSource::open(&request(format!("{scheme}://{nobody}/x"))).err().unwrap();
        let message = error.to_string();
        assert!(message.starts_with(&format!("no frames from {scheme}://{nobody}/x: ")), "{message}");
        assert!(message.ends_with("Connection refused") && message.matches("refused").count() == 1, "{message}");
    }
}

/// A playlist from the net must not read this machine's files.
#[test]
fn a_playlist_from_the_net_opens_no_file() {
    let dir = folder();
    let path = dir.path().join("secret.ts");
    h264(&path, 1, &[]);
    let list = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:{0}\n#EXTINF:1,\n{0}\n#EXT-X-ENDLIST\n",
        path.display()
    );
    let url = server(move |mut to| {
        let head = "HTTP/1.0 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\n";
        to.write_all(format!("{head}Content-Length: {}\r\n\r\n{list}", list.len()).as_bytes())
    });
    assert!(VideoSource::open(&request(format!("{url}/list.m3u8"))).is_err());
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let url = server(|mut to| {
        to.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: video/x-matroska\r\n\r\n")?;
        let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_secs(40));
        Ok(())
    });
    let start = Instant::now();
    let error = VideoSource::open(&request(url)).err().unwrap();
    assert!(error.is_transient(), "{error}");
    assert!((8..35).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

fn jpeg(gray: u8) -> Vec<u8> {
    let mut jpeg = Cursor::new(Vec::new());
    RgbImage::from_pixel(64, 48, Rgb([gray; 3])).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

/// As cameras offer a picture of now: each call gives the next one.
fn snapshots() -> String {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let url = server(move |mut to| {
        let call = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let jpeg = jpeg(40 + 40 * call as u8);
        let head = format!("HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
        to.write_all(&[head.as_bytes(), &jpeg].concat())
    });
    format!("{url}/snapshot.jpg")
}

#[test]
fn a_picture_at_an_address_is_fetched_again_and_again() {
    let mut source = VideoSource::open(&request(snapshots())).unwrap();
    assert!(source.is_live() && source.is_picture());
    let (mut frame, start) = (Frame::default(), Instant::now());
    for n in 0..3u8 {
        assert!(next(&mut source, &mut frame).unwrap());
        assert!(frame.rgb()[0].abs_diff(40 + 40 * n) < 3, "{n}: {}", frame.rgb()[0]);
        assert_eq!(source.description().playback.unwrap().number, u64::from(n));
    }
    assert!(start.elapsed() > Duration::from_millis(1500), "not more often than each second");
    let (code, out, err) = twinsight_in(folder().path(), &["detect", "--json", "--video", &snapshots()]);
    assert_eq!((code, out.lines().count(), err.as_str()), (Some(0), 1, ""));
    let (code, out, _) = twinsight_in(folder().path(), &["detect", "--json", "--frames", "2", "--video", &snapshots()]);
    assert_eq!((code, out.lines().count()), (Some(0), 2));
}

#[test]
fn a_web_page_is_named_as_one() {
    for page in [
        "<!DOCTYPE html>\n<html><body>Log in</body></html>",
        "\n  <html>x</html>",
        "\u{feff}<!doctype HTML><p>x",
        "<?xml version=\"1.0\"?><html xmlns=\"x\"></html>",
        "<head><title>Camera</title></head>",
    ] {
        let url = server(move |mut to| {
            let head = format!("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", page.len());
            to.write_all(&[head.as_bytes(), page.as_bytes()].concat())
        });
        let message = VideoSource::open(&request(format!("{url}/video"))).err().unwrap().to_string();
        assert!(message.contains("this address gives a web page, not video"), "{page}: {message}");
    }
}

/// Some cameras begin with the first part's head, without the line that should stand before it.
#[test]
fn parts_without_a_first_boundary_are_frames() {
    let url = server(|mut to| {
        to.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")?;
        for number in 0..200u8 {
            let jpeg = jpeg(number);
            let head = format!("Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
            to.write_all(&[head.as_bytes(), &jpeg, b"\r\n--frame\r\n"].concat())?;
            let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_millis(10));
        }
        Ok(())
    });
    let mut source = VideoSource::open(&request(url)).unwrap();
    let mut frame = Frame::default();
    for _ in 0..10 {
        assert!(next(&mut source, &mut frame).unwrap());
        assert_eq!(frame.size(), Size::new(64, 48));
    }
    assert!(source.is_live() && !source.is_picture());
}

/// The engine that looks at a stream, without a model; and what it tells of it, until it was lost and is back.
///
/// `lose` is called when it shows.
fn lost_and_back(url: String, lose: impl Fn()) -> Engine {
    let source = SourceRequest::Video(VideoRequest::new(VideoLocation::Url(url)));
    let settings = Settings { source, reopen: 0, models: Vec::new(), paused: false };
    let engine = Engine::start(live::parts(&Catalog::find(), Arc::new(|| {})), settings).unwrap();
    let mut told = Vec::new();
    while told.len() < 3 {
        match engine.events().recv_timeout(LONG).unwrap() {
            Event::SourceOpened(_) => {
                told.push("opened");
                assert!(engine.wait(LONG).is_some(), "it shows");
                if told.len() == 1 {
                    lose();
                }
            }
            Event::SourceFailed(error) => {
                assert!(error.is_transient(), "{error}");
                let state = engine.status().source;
                assert!(matches!(state, SourceState::Failed { retry_in: Some(_), .. }), "{state:?}");
                told.push("lost");
            }
            _ => {}
        }
    }
    assert_eq!(told, ["opened", "lost", "opened"]);
    engine
}

#[test]
fn a_lost_stream_comes_back_by_itself() {
    lost_and_back(server(motion_jpeg(300)), || {});
}

#[test]
fn a_camera_of_the_network_that_hangs_up_comes_back_by_itself() {
    let (url, hang_up) = rtsp::server();
    let engine = lost_and_back(url, || hang_up.store(true, std::sync::atomic::Ordering::Relaxed));
    let description = engine.status().description.unwrap();
    assert_eq!((description.size, description.format.as_deref()), (Some(Size::new(320, 240)), Some("h264")));
}

#[test]
fn detect_takes_frames_of_a_camera_of_the_network() {
    let (url, _) = rtsp::server();
    let (code, out, err) = twinsight_in(folder().path(), &["detect", "--json", "--video", &url, "--frames", "5"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out.lines().filter(|line| line.contains(&format!("\"source\":\"{url}\""))).count(), 5);
}

/// A server that lets go of a film in its midst, and can send it from a place.
#[test]
fn a_film_that_is_cut_off_goes_on_where_it_was() {
    let dir = folder();
    let path = dir.path().join("a.mp4");
    h264(&path, 20, &["-g", "25", "-movflags", "+faststart"]);
    let bytes = std::fs::read(path).unwrap();
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let url = server_of_parts(move |from, to| {
        let first = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        let end = if first { bytes.len() / 2 } else { bytes.len() };
        let [whole, last] = [bytes.len(), bytes.len() - 1];
        write!(to, "HTTP/1.1 206 Partial Content\r\nContent-Type: video/mp4\r\nAccept-Ranges: bytes\r\n")?;
        write!(to, "Content-Length: {}\r\nContent-Range: bytes {from}-{last}/{whole}\r\n", whole - from)?;
        write!(to, "Connection: close\r\n\r\n")?;
        to.write_all(&bytes[from.min(end)..end])
    });
    let source = SourceRequest::Video(VideoRequest { every_frame: true, ..VideoRequest::new(VideoLocation::Url(url)) });
    let settings = Settings { source, reopen: 0, models: Vec::new(), paused: false };
    let engine = Engine::start(live::parts(&Catalog::find(), Arc::new(|| {})), settings).unwrap();
    let (mut places, mut lost) = (Vec::new(), 0);
    loop {
        let seen = engine.wait(Duration::from_millis(50));
        places.extend(seen.map(|o| o.description.playback.clone().unwrap().time));
        match engine.events().try_recv() {
            Ok(Event::SourceFailed(_)) => lost += 1,
            Ok(Event::SourceEnded { .. }) => break,
            _ => {}
        }
    }
    assert_eq!(lost, 1);
    assert!(places.is_sorted(), "never back: {places:?}");
    assert!(places.first() < Some(&Duration::from_secs(1)) && places.last() > Some(&Duration::from_secs(19)));
}
