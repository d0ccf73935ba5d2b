//! Streams over HTTP, from servers in this process: one with an end, one without, one that hangs up, one that is silent.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod video_support;

use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use image::{ImageFormat, Rgb, RgbImage};
use twinsight::detect::{Frame, Size};
use twinsight::source::{Next, Source, SourceError, VideoLocation, VideoRequest, VideoSource};
use video_support::{folder, next, rest, video};

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
        // Nobody takes frames for a while: they do not pile up.
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
        assert!(error.to_string().starts_with(&format!("no pictures come from {url}: ")), "{error}");
    }
}

#[test]
fn servers_that_refuse_are_told_without_the_password() {
    let url = server(|mut to| to.write_all(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    let secret = url.replace("http://", "http://me:hush@");
    let error = VideoSource::open(&request(format!("{secret}/live"))).err().unwrap();
    assert!(matches!(error, SourceError::Stream { .. }) && error.is_transient());
    let message = error.to_string();
    assert!(message.starts_with(&format!("no pictures come from {url}/live: ")), "{message}");
    assert!(message.contains("404") && !message.contains("hush"), "{message}");

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for scheme in ["http", "rtsp"] {
        let error = VideoSource::open(&request(format!("{scheme}://{nobody}/x"))).err().unwrap();
        let message = error.to_string();
        assert!(message.starts_with(&format!("no pictures come from {scheme}://{nobody}/x: ")), "{message}");
        assert!(message.ends_with("Connection refused") && message.matches("refused").count() == 1, "{message}");
    }
}

/// A playlist from the net must not read this machine's files.
#[test]
fn a_playlist_from_the_net_opens_no_file() {
    let dir = folder();
    let path = dir.path().join("secret.ts");
    video_support::h264(&path, 1, &[]);
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

/// Through the engine, which opens what was lost again.
#[test]
fn a_lost_stream_comes_back_by_itself() {
    use std::sync::Arc;
    use twinsight::engine::{Engine, Event, Settings};
    use twinsight::live;
    use twinsight::model::Catalog;
    use twinsight::source::SourceRequest;

    let source = SourceRequest::Video(VideoRequest::new(VideoLocation::Url(server(motion_jpeg(300)))));
    let settings = Settings { source, reopen: 0, models: Vec::new(), paused: false };
    let engine = Engine::start(live::parts(&Catalog::find(), Arc::new(|| {})), settings).unwrap();
    let mut told = Vec::new();
    while told.len() < 3 {
        match engine.events().recv_timeout(video_support::LONG).unwrap() {
            Event::SourceOpened(_) => told.push("opened"),
            Event::SourceFailed { transient, message } => {
                assert!(transient, "{message}");
                told.push("lost");
            }
            _ => {}
        }
    }
    assert_eq!(told, ["opened", "lost", "opened"]);
    assert!(engine.wait(video_support::LONG).is_some());
}
