//! What ffmpeg says on standard error: what the video is, and what is wrong with it.

use std::io::{BufRead, Read};
use std::time::Duration;

/// How many errors are kept: the first and the last say most.
const KEPT: usize = 4;

/// The longest line that is looked at whole.
const LINE: u64 = 4096;

/// What is known before the first picture; `None` = ffmpeg does not say, or a live stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    pub duration: Option<Duration>,
    /// Pictures per second.
    pub rate: Option<f32>,
    /// As "h264".
    pub codec: Option<String>,
    /// The container, as "matroska,webm".
    pub format: Option<String>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Messages {
    pub about: About,
    /// The output is set up: no more will be known of the video.
    pub ready: bool,
    /// The first ones and the last one.
    pub errors: Vec<String>,
    /// The file ends before its end.
    pub cut: bool,
    pub damage: Damage,
    in_output: bool,
}

/// What ffmpeg says is wrong with the frames since the first one: what comes before that belongs to frames that a recording
/// has begun within.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Damage {
    /// Frames that were decoded in spite of errors, and ones that could not be.
    frames: u64,
    /// Runs of errors between one frame and the next.
    runs: u64,
    /// Packets of which a part is missing.
    packets: u64,
    in_run: bool,
    begun: bool,
    /// The first error.
    pub cause: Option<String>,
}

impl Damage {
    /// A frame comes.
    fn frame(&mut self) {
        (self.begun, self.in_run) = (true, false);
    }

    fn error(&mut self, words: &str) {
        // A frame that is given in spite of errors is damaged, the first one too.
        let counts = self.begun || words == DAMAGED;
        if counts && !HARMLESS.iter().any(|harmless| words.contains(harmless)) {
            self.runs += u64::from(!self.in_run);
            self.in_run = true;
            self.cause.get_or_insert_with(|| words.to_owned());
            self.frames += u64::from(FAILED.iter().any(|failed| words.starts_with(failed)));
        }
    }

    /// A part of a packet is missing.
    fn packet(&mut self) {
        self.packets += u64::from(self.begun);
    }

    /// How many frames are damaged or missing at least, and the first error.
    pub fn frames(&self, with_packets: bool) -> (u64, Option<String>) {
        let frames = self.frames.max(self.runs);
        let packets = if with_packets { self.packets } else { 0 };
        let cause = self.cause.clone().or_else(|| (packets > 0).then(|| INCOMPLETE.to_owned()));
        (frames.max(packets), cause)
    }
}

/// A warning that is an error, unless recordings were joined.
const INCOMPLETE: &str = "corrupt input packet";

/// Errors that cost no picture: in what stands beside it, at the start of a recording, and in ffmpeg's output to us.
const HARMLESS: [&str; 10] = [
    "Application provided invalid",
    "unable to decode APP fields",
    "SEI type",
    "Overread VUI",
    "missing picture in access unit",
    "co located POCs unavailable",
    "non-existing PPS",
    "no frame!",
    "decode_slice_header error",
    "Last message repeated",
];

/// What it says of each packet or frame.
const FAILED: [&str; 4] =
    ["Error while decoding stream", "Error submitting packet to decoder", "Decoding error", "corrupt decoded frame"];

/// A warning that is an error.
const DAMAGED: &str = "corrupt decoded frame";

/// Words for it, each of another kind of file.
const CUT: [&str; 3] = ["partial file", "ended prematurely", "truncated"];

/// What it says in the end because of an error that it told before.
const CONSEQUENCES: [&str; 2] = ["Error marking filters as finished", "Cannot determine format of input stream"];

impl Messages {
    /// Takes one line.
    pub fn hear(&mut self, line: &str) {
        if let Some((_, warning)) = line.split_once("[warning] ") {
            if warning.contains(DAMAGED) {
                self.damage.error(DAMAGED);
            } else if warning.contains(INCOMPLETE) {
                self.damage.packet();
            }
            return;
        }
        if let Some(error) = error(line) {
            let cut = CUT.iter().any(|words| error.contains(words));
            if !cut {
                self.damage.error(error);
            }
            if CONSEQUENCES.iter().any(|words| error.starts_with(words)) {
                return;
            }
            self.cut |= cut;
            self.errors.truncate(KEPT - 1);
            self.errors.push(error.to_owned());
            return;
        }
        let Some(text) = line.strip_prefix("[info] ") else { return };
        let about = &mut self.about;
        if let Some(input) = text.strip_prefix("Input #0, ") {
            about.format = input.split_once(", from ").map(|(format, _)| format.to_owned());
        } else if text.starts_with("Output #0") {
            self.in_output = true;
        } else if let Some(rest) = text.strip_prefix("  Duration: ") {
            about.duration = about.duration.or_else(|| duration(rest.split(',').next()?));
        } else if is_stream(text) && text.contains(" -> #0:0 (") {
            about.codec =
                text.split_once(" -> #0:0 (").and_then(|(_, to)| to.split_whitespace().next()).map(Into::into);
        } else if self.in_output && is_stream(text) && text.contains(": Video: ") {
            let rate = text.split(", ").find_map(|part| part.strip_suffix(" fps")?.trim().parse::<f32>().ok());
            about.rate = rate.filter(|rate| rate.is_finite() && *rate > 0.0);
            self.ready = true;
        }
    }

    /// A frame comes. `rest`: what another part of ffmpeg said into its line, without saying how bad it is.
    pub fn frame(&mut self, rest: &str) {
        self.damage.frame();
        if let Some(words) = FAILED.iter().find(|words| rest.contains(**words)) {
            self.damage.error(words);
        }
    }

    /// The errors in one line, or `otherwise`.
    pub fn cause(&self, otherwise: &str) -> String {
        match self.errors.as_slice() {
            [] => otherwise.to_owned(),
            [only] => only.clone(),
            [first, .., last] if first.contains(last.as_str()) => first.clone(),
            [first, .., last] => format!("{first}; {last}"),
        }
    }
}

/// Reads to the end, however much is said and however long its lines are; `tell` is called with each line.
pub fn lines(mut from: impl BufRead, mut tell: impl FnMut(&str)) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match from.by_ref().take(LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => tell(String::from_utf8_lossy(&line).trim_end()),
        }
    }
}

/// Two spaces before it, or four as ffmpeg 4 has them.
fn is_stream(text: &str) -> bool {
    text.trim_start().starts_with("Stream #")
}

/// "[h264 @ 0x55e] [error] words" → "words".
fn error(line: &str) -> Option<&str> {
    let found = ["[error] ", "[fatal] "].into_iter().find_map(|level| line.split_once(level))?;
    // The level comes first, or after the part of ffmpeg that speaks; elsewhere it stands in a title or a name.
    let speaker = found.0.trim_end();
    let is_level = speaker.is_empty() || speaker.starts_with('[') && speaker.ends_with(']');
    (is_level && !line.starts_with("[info]")).then_some(found.1.trim())
}

/// "00:01:02.50"; "N/A" is none.
fn duration(text: &str) -> Option<Duration> {
    let mut parts = text.trim().rsplitn(3, ':');
    let seconds: f64 = parts.next()?.parse().ok()?;
    let minutes: f64 = parts.next()?.parse().ok()?;
    let hours: f64 = parts.next()?.parse().ok()?;
    Duration::try_from_secs_f64(hours * 3600.0 + minutes * 60.0 + seconds).ok().filter(|d| !d.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Messages {
        let mut messages = Messages::default();
        lines(text.as_bytes(), |line| messages.hear(line));
        messages
    }

    /// As ffmpeg 5.1.9 says it.
    const SAID: &str = "\
[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:a.mp4':
[info]   Duration: 00:01:04.50, start: 0.000000, bitrate: 42 kb/s
[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 320x240, 38 kb/s, 24 fps, 25 tbr (default)
[info] Stream mapping:
[info]   Stream #0:0 -> #0:0 (h264 (native) -> rawvideo (native))
[info] Output #0, image2pipe, to 'pipe:1':
[info]   Stream #0:0(und): Video: rawvideo (RGB[24]), rgb24(pc, gbr/unknown/unknown, progressive), 320x240 [SAR 1:1 DAR 4:3], q=2-31, 200 kb/s, 25 fps, 25 tbn (default)
";

    #[test]
    fn the_video_is_described() {
        let about = About {
            duration: Some(Duration::from_millis(64_500)),
            rate: Some(25.0),
            codec: Some("h264".into()),
            format: Some("mov,mp4,m4a,3gp,3g2,mj2".into()),
        };
        assert_eq!(heard(SAID), Messages { about, ready: true, in_output: true, ..Messages::default() });
        assert_eq!(heard("[info]   Duration: N/A, start: 1.4, bitrate: N/A").about.duration, None);
    }

    #[test]
    fn errors_are_the_first_and_the_last() {
        let cause = |text: &str| heard(text).cause("nothing was said");
        assert_eq!(cause(SAID), "nothing was said");
        let moov = "[mov,mp4 @ 0x55e2] [error] moov atom not found\n";
        assert_eq!(cause(moov), "moov atom not found");
        let consequence = "[fatal] Error marking filters as finished\n";
        assert_eq!(cause(&(moov.to_owned() + consequence)), "moov atom not found");
        let refused = "[tcp @ 0x1] [error] Connection to a failed: refused\n[error] refused";
        assert_eq!(cause(refused), "Connection to a failed: refused");
        let many = "[h264 @ 0x1] [error] bad\n".repeat(100);
        assert_eq!(cause(&(moov.to_owned() + &many + "[fatal] end\n")), "moov atom not found; end");
        assert!(heard("[mov,mp4 @ 0x55e2] [error] stream 0, offset 0x4e49: partial file").cut && !heard(moov).cut);
        assert_eq!(cause("[info]   title           : [error] not one\n"), "nothing was said");
    }

    /// As ffmpeg 5.1 and 8.0 say it.
    #[test]
    fn damaged_frames_are_counted_from_the_first_frame_on() {
        let mut messages = Messages::default();
        let mut hear = |lines: &[&str]| {
            lines.iter().for_each(|line| if *line == "frame" { messages.frame("") } else { messages.hear(line) });
            messages.damage.frames(false).0
        };
        assert_eq!(hear(&["[h264 @ 0x1] [error] error while decoding MB 1 2, bytestream -5"]), 0, "before the first");
        let mut first = Messages::default();
        first.hear("[vist#0:0/h264 @ 0x5] [dec:h264 @ 0x5] [warning] corrupt decoded frame");
        first.frame("");
        assert_eq!(first.damage.frames(false).0, 1, "the first");
        assert_eq!(hear(&["frame", "frame", "[mjpeg @ 0x1] [error] unable to decode APP fields: Invalid data"]), 0);
        assert_eq!(hear(&["[h264 @ 0x1] [error] Reference 4 >= 4", "[h264 @ 0x1] [error] Reference 5 >= 4"]), 1);
        assert_eq!(hear(&["[warning] a.mp4: corrupt decoded frame in stream 0", "frame"]), 1, "the same one");
        let packet =
            "[vist#0:0/av1 @ 0x5] [dec:libdav1d @ 0x5] [error] Error submitting packet to decoder: Invalid data";
        assert_eq!(hear(&[packet, packet, packet]), 4);
        assert_eq!(hear(&["[in#0/avi @ 0x5] [warning] corrupt input packet in stream 0"; 9]), 4);
        messages.frame("error while decoding MB 1 1corrupt decoded frame in stream 0");
        assert_eq!(messages.damage.frames(false), (5, Some("Reference 4 >= 4".into())));
        assert_eq!(messages.damage.frames(true).0, 9);
    }

    #[test]
    fn a_line_without_an_end_is_no_danger() {
        let mut longest = 0;
        lines("x".repeat(1 << 20).as_bytes(), |line| longest = longest.max(line.len()));
        assert_eq!(longest as u64, LINE);
    }
}
