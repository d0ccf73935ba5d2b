//! A small RTSP server for one client at a time. ffmpeg makes the RTP packets of a moving test picture in H.264; the
//! server forwards them within the client's own connection, as cameras do for clients that prefer TCP.

use std::io::{BufRead, BufReader, ErrorKind, Result, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::Duration;

/// The parameters of the codec come within the stream.
const SDP: &str = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
    a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n";

/// Serves each caller for as long as it likes; gives the address. Once the switch is set, it hangs up, and clears it.
pub fn server() -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let switch = Arc::<AtomicBool>::default();
    let hang_up = Arc::clone(&switch);
    let serve = move || {
        for call in listener.incoming().flatten() {
            // A caller may hang up at any time.
            let _ = answer(call, &hang_up);
        }
    };
    Builder::new().name("rtsp server".into()).spawn(serve).unwrap();
    (format!("rtsp://{address}/live"), switch)
}

fn answer(mut call: TcpStream, hang_up: &AtomicBool) -> Result<()> {
    let mut requests = BufReader::new(call.try_clone()?).lines();
    loop {
        let mut lines = Vec::new();
        loop {
            match requests.next().transpose()? {
                Some(line) if line.is_empty() => break,
                Some(line) => lines.push(line),
                None => return Ok(()),
            }
        }
        let header = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        let method = lines.first().and_then(|line| line.split(' ').next()).unwrap_or_default();
        let (more, body) = match method {
            "OPTIONS" => ("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n".to_owned(), ""),
            "DESCRIBE" => (format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n", SDP.len()), SDP),
            "SETUP" => (format!("Transport: {}\r\nSession: 1\r\n", header("Transport: ")), ""),
            _ => ("Session: 1\r\n".to_owned(), ""),
        };
        let number = header("CSeq: ");
        call.write_all(format!("RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{more}\r\n{body}").as_bytes())?;
        if method == "PLAY" {
            return play(&mut call, hang_up);
        }
    }
}

/// Ends the child, however the caller goes.
struct Sender(Child);

impl Drop for Sender {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn play(call: &mut TcpStream, hang_up: &AtomicBool) -> Result<()> {
    // The reports are not needed, but need a receiver.
    let [packets, reports] = [UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?];
    let [to, about] = [packets.local_addr()?, reports.local_addr()?];
    let raw =
        ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "320x240", "-r", "25", "-i", "pipe:0", "-pix_fmt", "yuv420p"];
    let coded = ["-c:v", "libx264", "-tune", "zerolatency", "-g", "10", "-f", "rtp"];
    let url = format!("rtp://{to}?rtcpport={}&pkt_size=1200", about.port());
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error"]).args([&raw[..], &coded, &[&url]].concat());
    let mut sender = Sender(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    // Pictures come from here, so that it ends with this process.
    let mut pictures = sender.0.stdin.take().unwrap();
    let draw = move || {
        for gray in (0..=255).cycle() {
            if pictures.write_all(&[gray; 320 * 240 * 3]).is_err() {
                return;
            }
            let _ = crossbeam_channel::never::<()>().recv_timeout(Duration::from_millis(40));
        }
    };
    Builder::new().name("rtsp pictures".into()).spawn(draw)?;
    packets.set_read_timeout(Some(Duration::from_millis(100)))?;
    let mut packet = [0; 2048];
    while !hang_up.swap(false, Ordering::Relaxed) {
        match packets.recv(&mut packet[4..]) {
            Ok(length) => {
                let [high, low] = (length as u16).to_be_bytes();
                packet[..4].copy_from_slice(&[b'$', 0, high, low]);
                call.write_all(&packet[..4 + length])?;
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
