//! Unplayable videos, names that mean something to ffmpeg, and a missing or dying ffmpeg.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use twinsight::detect::Frame;
use twinsight::source::{SourceError, VideoLocation, VideoRequest, VideoSource};

use crate::not_checked::not_checked;
use crate::video_file::video;
use crate::video_support::{
    children, ffmpeg, folder, h264, next, number, open, refusal, rest, run, twinsight, twinsight_in, until,
};

#[test]
fn what_is_no_video_is_told_from_what_cannot_be_read() {
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("text.mp4"), "not a video, whatever its name says\n").unwrap();
    std::fs::write(at("empty.mp4"), "").unwrap();
    std::fs::create_dir(at("folder.mp4")).unwrap();
    h264(&at("whole.mp4"), 2, &[]);
    let whole = std::fs::read(at("whole.mp4")).unwrap();
    // Its index is at its end.
    std::fs::write(at("cut.mp4"), &whole[..whole.len() / 2]).unwrap();
    run(&mut ffmpeg(&["-f", "lavfi", "-i", "sine=duration=1", at("sound.mp4").to_str().unwrap()]));

    for (name, expected) in [
        ("text.mp4", "cannot play {}: moov atom not found; Invalid data found when processing input"),
        ("empty.mp4", "cannot play {}: the file is empty"),
        ("folder.mp4", "cannot read {}: it is a folder, not a file"),
        ("missing.mp4", "cannot read {}: No such file or directory (os error 2)"),
        ("cut.mp4", "cannot play {}: moov atom not found; Invalid data found when processing input"),
        ("sound.mp4", "cannot play {}: Output file #0 does not contain any stream"),
    ] {
        assert_eq!(refusal(at(name)), expected.replace("{}", at(name).to_str().unwrap()), "{name}");
    }
}

/// All frames before the cut are given; then it says where the video ends.
#[test]
fn a_video_that_is_cut_off_plays_up_to_there_and_says_so() {
    let dir = folder();
    let (whole, cut) = (dir.path().join("whole.mkv"), dir.path().join("cut.mkv"));
    video(&whole, 100, 25);
    let bytes = std::fs::read(&whole).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() * 6 / 10]).unwrap();
    let mut source = open(&cut).unwrap();
    let (mut frame, mut frames) = (Frame::default(), 0);
    let error = loop {
        match next(&mut source, &mut frame) {
            Ok(true) => assert_eq!(number(&frame), frames),
            Ok(false) => panic!("it ended at frame {frames} as if it were whole"),
            Err(error) => break error,
        }
        frames += 1;
    };
    assert!((30..80).contains(&frames), "{frames}");
    let at = f64::from(frames - 1) * 0.04;
    let missing = 100 - frames;
    let expected =
        format!("{} is truncated: it ends at {at:.1} s of 4.0 s, about {missing} frames are missing", cut.display());
    assert_eq!(error.to_string(), expected);
    assert!(!error.is_transient());
}

#[test]
fn names_are_names_whatever_ffmpeg_would_make_of_them() {
    let dir = folder();
    let plain = dir.path().join("plain.mkv");
    video(&plain, 3, 25);
    for name in [
        "-y.mkv",
        "-i",
        "a:b.mkv",
        "100%d.mkv",
        "%03d",
        "new\nline.mkv",
        "quote'\"s.mkv",
        "concat:a|b.mkv",
        "pipe:0",
        "http:",
        "a?b&c=d.mkv",
        "back\\slash.mkv",
        " leading space",
        "ünï😀.mkv",
    ] {
        let path = dir.path().join(name);
        std::fs::copy(&plain, &path).unwrap();
        assert_eq!(rest(&mut open(&path).unwrap()).len(), 3, "{name:?}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let path = dir.path().join(OsStr::from_bytes(b"not\xffutf8.mkv"));
        std::fs::copy(&plain, &path).unwrap();
        assert_eq!(rest(&mut open(&path).unwrap()).len(), 3);
    }
}

/// Relative, they are what a person types in the present folder.
#[test]
fn relative_names_that_look_like_options_are_files() {
    let dir = folder();
    for name in ["-version", "-i", "pipe:0", "data:x"] {
        video(&dir.path().join(name), 2, 25);
        let run = twinsight_in(dir.path(), &["detect", "--json", &format!("--video={name}")]);
        assert_eq!((run.0, run.1.lines().count()), (Some(0), 2), "{name}: {run:?}");
    }
}

#[test]
fn a_gif_named_like_a_series_of_pictures_is_one_file() {
    let dir = folder();
    let path = dir.path().join("shot%d.gif");
    h264(&dir.path().join("shot.gif"), 1, &["-c:v", "gif", "-pix_fmt", "rgb8"]);
    std::fs::rename(dir.path().join("shot.gif"), &path).unwrap();
    assert!(open(&path).is_ok());
}

/// A list of other files or addresses must open none of them, whatever its name.
#[test]
fn playlists_open_nothing() {
    let dir = folder();
    video(&dir.path().join("secret.mkv"), 3, 25);
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let address = server.local_addr().unwrap();
    let lists = [
        "ffconcat version 1.0\nfile secret.mkv\n".to_owned(),
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.mkv\n#EXT-X-ENDLIST\n".to_owned(),
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://{address}/a.ts\n#EXT-X-ENDLIST\n"),
        format!("v=0\nc=IN IP4 127.0.0.1\nm=video {} RTP/AVP 96\na=rtpmap:96 H264/90000\n", address.port()),
    ];
    for (list, name) in
        lists.iter().flat_map(|list| ["list.mp4", "list.m3u8", "list.ffconcat", "list.sdp"].map(|n| (list, n)))
    {
        let path = dir.path().join(name);
        std::fs::write(&path, list).unwrap();
        let message = refusal(&path);
        assert!(message.starts_with(&format!("cannot play {}: ", path.display())), "{message}");
    }
    assert!(server.accept().is_err(), "somebody called");
}

#[test]
fn other_protocols_are_refused_by_name() {
    for url in ["file:///etc/hosts", "concat://a", "ftp://host/a.mp4", "srt://host:1"] {
        let request = VideoRequest::new(VideoLocation::parse(OsStr::new(url)));
        let error = VideoSource::open(&request).err().unwrap();
        assert_eq!(
            error.to_string(),
            format!("{url} is not a supported address (rtsp://, rtsps://, http://, https://); give a file by its path")
        );
    }
    for text in ["concat:a|b", "data:video/mp4;base64,AAAA", "subfile,,start,0,end,0,,:a", "lavfi"] {
        let message = VideoSource::open(&VideoRequest::new(VideoLocation::parse(OsStr::new(text)))).err().unwrap();
        assert!(matches!(message, SourceError::Read { .. }), "{message}");
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_may_not_be_read_and_a_pipe_are_told() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    let path = dir.path().join("closed.mkv");
    video(&path, 2, 25);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&path).is_ok() {
        not_checked("a file without permission", "root may read it");
    } else {
        assert_eq!(refusal(&path), format!("cannot read {}: Permission denied (os error 13)", path.display()));
    }
    let pipe = dir.path().join("pipe.mkv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(refusal(&pipe), format!("cannot read {}: it is not a file", pipe.display()));
}

#[test]
#[cfg(target_os = "linux")]
fn an_ffmpeg_that_is_killed_is_a_message() {
    let dir = folder();
    let path = dir.path().join("killed.mkv");
    video(&path, 2000, 25);
    let mut source = open(&path).unwrap();
    let mut frame = Frame::default();
    assert!(next(&mut source, &mut frame).unwrap());
    let ours = |id: &u32| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(path.to_str().unwrap())
    };
    let child = children(std::process::id()).into_iter().find(ours).unwrap();
    assert!(std::process::Command::new("kill").args(["-KILL", &child.to_string()]).status().unwrap().success());
    let error = loop {
        match next(&mut source, &mut frame) {
            Ok(true) => {}
            Ok(false) => panic!("a video that broke off looks whole"),
            Err(error) => break error,
        }
    };
    let expected = format!("cannot play {}: ffmpeg was killed (signal: 9 (SIGKILL))", path.display());
    assert_eq!(error.to_string(), expected);
}

/// As a program of its own, because the PATH belongs to the whole process.
#[test]
fn without_ffmpeg_it_says_how_to_get_it() {
    let dir = folder();
    let path = dir.path().join("a.mkv");
    video(&path, 2, 25);
    let run = |folder: &Path| {
        let mut command = twinsight(&["detect", "--video", path.to_str().unwrap()]);
        let output = command.env("PATH", folder).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(
        run(dir.path()),
        (
            Some(1),
            "twinsight: videos and streams need ffmpeg, which is not on the PATH; install it (Debian, Ubuntu: sudo \
             apt install ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg), then open this again\n"
                .to_owned()
        )
    );
    // One that lies in the present folder is not run.
    assert_eq!(run(Path::new(".")).0, Some(1));
    // Something else of that name.
    let fake = dir.path().join("ffmpeg");
    std::fs::write(&fake, "no program").unwrap();
    let (code, said) = run(dir.path());
    assert!(code == Some(1) && said.contains(&format!("cannot run {}: ", fake.display())), "{said}");
}

/// Programs named ffmpeg that are, or pretend to be, of another release: what they do not know ends them.
#[test]
#[cfg(unix)]
fn an_old_ffmpeg_works_or_is_named_as_too_old() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    video(&dir.path().join("a.mkv"), 3, 25);
    let folders = std::env::var_os("PATH").unwrap();
    let mut programs = std::env::split_paths(&folders).map(|folder| folder.join("ffmpeg"));
    let real = programs.find(|path| path.is_file()).expect("ffmpeg is missing: run make setup");
    let fake = dir.path().join("bin/ffmpeg");
    std::fs::create_dir(dir.path().join("bin")).unwrap();
    let run = |version: &str, unknown: &str| {
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = -version ] && echo \"ffmpeg version {version} Copyright\" && exit\nfor a in \"$@\"; do case \
             \"$a\" in {unknown}) echo \"[fatal] Unrecognized option '$a'\" >&2; exit 1;; esac; done\nexec {} \"$@\"\n",
            real.display()
        );
        std::fs::write(&fake, script).unwrap();
        std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = std::env::join_paths([fake.parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
        let output = twinsight(&["detect", "--json", "--video", "a.mkv"])
            .current_dir(dir.path())
            .env("PATH", path)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout).lines().count(), text(output.stderr))
    };
    // Ubuntu 20.04's and 22.04's, and what they lack.
    for version in ["4.2.7-0ubuntu0.1", "4.4.2-0ubuntu0.22.04.1"] {
        assert_eq!(run(version, "-*autoscale|-fps_mode|*direct=*"), (Some(0), 3, String::new()), "{version}");
    }
    let (code, frames, message) = run("4.1.9", "-x");
    let expected = format!("ffmpeg 4.1.9 ({}) is too old; install version 4.2 or newer", fake.display());
    assert!((code, frames) == (Some(1), 0) && message.contains(&expected), "{message}");
}

/// What it had open ends with it, even when it has no time to clean up.
#[test]
#[cfg(target_os = "linux")]
fn ffmpeg_does_not_outlive_a_program_that_is_killed() {
    let dir = folder();
    let path: PathBuf = dir.path().join("long.mkv");
    video(&path, 3000, 25);
    let mut command = twinsight(&["detect", "--json", "--video", path.to_str().unwrap()]);
    let mut program = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut found = Vec::new();
    until("ffmpeg to run", || {
        found = children(program.id());
        !found.is_empty()
    });
    program.kill().unwrap();
    program.wait().unwrap();
    let running = |id: &u32| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(path.to_str().unwrap())
    };
    until("ffmpeg to end", || !found.iter().any(running));
}
