//! A video that plays, as a [`Source`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock::PlayClock;
use super::controls::{Playback, VideoControls};
use super::document::{Document, document};
use super::ffmpeg::Ffmpeg;
use super::location::{SILENCE, VideoLocation, is_picture};
use super::messages::About;
use super::output::RawOutputError;
use super::photo::{Photo, photo};
use super::player::{Player, PlayerEnd, Received, TimedPicture};
use super::request::VideoRequest;
use super::transport::losses;
use super::truncation::is_truncated;
use crate::detect::{Frame, Size};
use crate::source::{Description, Next, Source, SourceError};

/// How long the first picture may take, and a picture of a file: it may lie on a sleeping disk.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long [`Source::next`] waits before it gives [`Next::Idle`].
const SLICE: Duration = Duration::from_millis(100);

/// How long it is at most tried to catch up with the video's own rate before a frame is given.
const CATCH_UP: Duration = Duration::from_millis(250);

/// Further behind than this, the decoder is too slow for the video, and the video goes slower.
const TOO_LATE: Duration = Duration::from_secs(1);

/// A place after the end is this far before it.
const BEFORE_THE_END: Duration = Duration::from_secs(1);

/// How often a picture at an address is fetched again.
const AGAIN: Duration = Duration::from_secs(1);

/// A frame and its place in the video.
struct Shot {
    frame: Frame,
    time: Duration,
    number: u64,
}

/// A video that plays.
pub struct VideoSource {
    ffmpeg: Ffmpeg,
    request: VideoRequest,
    /// Nobody can make it wait.
    live: bool,
    /// What the stream is, where ffmpeg does not find that out.
    format: Option<&'static str>,
    about: About,
    size: Size,
    player: Player,
    /// When this run of ffmpeg was started, and when the first one.
    started: Instant,
    opened: Instant,
    /// Where this run of ffmpeg started, and the number of its first frame.
    origin: (Duration, u64),
    /// Frames of this run that came so far.
    run: u64,
    /// Of the frame that came last.
    came: Duration,
    /// A frame that is not due yet.
    head: Option<Shot>,
    /// Since when a frame is waited for.
    waiting: Instant,
    clock: PlayClock,
    /// Passed over since the source was opened.
    skipped: u64,
    /// Frames of earlier runs that are damaged or missing, and the first error; see [`Player::damage`].
    damaged: (u64, Option<String>),
    /// Whether a transport stream is known to lack packets.
    loses_packets: bool,
    /// Time and number of the frame that was given last.
    given: (Duration, u64),
    controls: VideoControls,
}

impl VideoSource {
    /// Starts ffmpeg and waits for the first picture, so that an error shows at once.
    pub fn open(request: &VideoRequest) -> Result<Self, SourceError> {
        request.location.check()?;
        let ffmpeg = Ffmpeg::find()?;
        check_photo(&request.location, &ffmpeg)?;
        match Self::open_as(request, &ffmpeg, None) {
            // What the server sends says why better than ffmpeg does.
            Err(error @ SourceError::Stream { .. }) => match ffmpeg.first_bytes(&request.location).as_deref().map(document) {
                Some(Some(Document::Page)) => Err(failed(
                    &request.location,
                    "this address gives a web page, not video; look in the camera's manual for the address of its stream"
                        .into(),
                )),
                // JPEGs in parts whose boundaries ffmpeg does not see.
                Some(Some(Document::Jpegs)) => Self::open_as(request, &ffmpeg, Some("mjpeg")).map_err(|_| error),
                _ => Err(error),
            },
            opened => opened,
        }
    }

    fn open_as(request: &VideoRequest, ffmpeg: &Ffmpeg, format: Option<&'static str>) -> Result<Self, SourceError> {
        let player = start(ffmpeg, &request.location, request.start, format)?;
        let mut source = Self {
            ffmpeg: ffmpeg.clone(),
            format,
            started: Instant::now(),
            opened: Instant::now(),
            request: request.clone(),
            live: false,
            about: About::default(),
            size: Size::new(0, 0),
            player,
            origin: (request.start, 0),
            run: 0,
            came: request.start,
            head: None,
            waiting: Instant::now(),
            clock: PlayClock::default(),
            skipped: 0,
            damaged: (0, None),
            loses_packets: false,
            given: (request.start, 0),
            controls: VideoControls::new(request.looped, request.paused),
        };
        match source.player.picture(Instant::now() + PATIENCE) {
            Received::Picture(picture) => {
                source.about = source.player.about();
                source.origin.1 = source.number_at(request.start);
                source.head = Some(source.place(picture));
            }
            Received::Nothing => return Err(source.failed(format!("no frame within {} s", PATIENCE.as_secs()))),
            Received::End => {
                source.end()?;
                return Err(source.failed("no frame at its start".into()));
            }
        }
        source.live = matches!(request.location, VideoLocation::Url(_)) && source.about.duration.is_none();
        if source.live {
            source.player.keep_newest();
        }
        Ok(source)
    }

    /// Resumes from another place.
    fn go_to(&mut self, to: Duration) -> Result<(), SourceError> {
        let last = self.about.duration.map(|duration| duration.saturating_sub(BEFORE_THE_END));
        // Where a frame came from, there is one.
        let to = last.map_or(to, |last| to.min(last.max(self.came)));
        self.damaged = self.player.damage(self.packets_count()).max(std::mem::take(&mut self.damaged));
        // The old one first: two at once cost twice the memory.
        self.player.stop();
        self.player = start(&self.ffmpeg, &self.request.location, to, self.format)?;
        self.started = Instant::now();
        self.origin = (to, self.number_at(to));
        (self.run, self.came, self.head) = (0, to, None);
        self.waiting = Instant::now();
        self.clock.restart();
        Ok(())
    }

    fn number_at(&self, time: Duration) -> u64 {
        self.about.rate.map_or(0, |rate| (time.as_secs_f64() * f64::from(rate)).round() as u64)
    }

    /// From one frame to the next.
    fn slot(&self) -> Duration {
        Duration::try_from_secs_f32(1.0 / self.about.rate.unwrap_or(25.0)).unwrap_or(SLICE)
    }

    /// Notes the place of a picture that came.
    fn place(&mut self, picture: TimedPicture) -> Shot {
        let unknown = if self.run == 0 { self.origin.0 } else { self.came + self.slot() };
        let shot = Shot {
            time: picture.time.map_or(unknown, |time| self.origin.0 + time),
            number: self.origin.1 + self.run,
            frame: picture.frame,
        };
        self.run += 1;
        self.came = shot.time;
        self.size = shot.frame.size();
        self.waiting = Instant::now();
        shot
    }

    /// Passes over frames that come too late, for as long as that helps.
    fn catch_up(&mut self, mut shot: Shot) -> Shot {
        let limit = Instant::now() + CATCH_UP;
        loop {
            let now = Instant::now();
            let late = now.saturating_duration_since(self.clock.due(shot.time, now));
            if late < self.slot() {
                return shot;
            }
            if now >= limit {
                if late > TOO_LATE {
                    self.clock.restart();
                }
                return shot;
            }
            // Its end is found again by the next call.
            let Received::Picture(picture) = self.player.picture(limit) else { return shot };
            let next = self.place(picture);
            self.player.reuse(std::mem::replace(&mut shot, next).frame);
            self.skipped += 1;
        }
    }

    /// What to do when no more pictures come.
    fn over(&mut self) -> Result<Next, SourceError> {
        let any = self.run > 0;
        if self.is_picture() && any {
            let rest = AGAIN.saturating_sub(self.started.elapsed());
            if !rest.is_zero() {
                let _ = self.controls.wake().recv_timeout(rest.min(SLICE));
                return Ok(Next::Idle);
            }
            self.go_to(Duration::ZERO)?;
            self.origin = (self.opened.elapsed(), self.given.1 + 1);
            return Ok(Next::Idle);
        }
        match self.end() {
            Err(SourceError::Damaged { .. }) if self.controls.is_looped() => {}
            end => end?,
        }
        if any && !self.live && self.controls.is_looped() {
            self.go_to(Duration::ZERO)?;
            return Ok(Next::Idle);
        }
        Ok(Next::End)
    }

    /// Whether packets of which a part is missing are damage. In a transport stream it takes a look at all of it to tell
    /// them from a place where recordings were joined, which is taken at the end.
    fn packets_count(&self) -> bool {
        self.about.format.as_deref() != Some("mpegts") || self.loses_packets
    }

    /// Whether an address gives one picture at a time; it is fetched again and again.
    pub fn is_picture(&self) -> bool {
        self.live && self.about.format.as_deref().is_some_and(is_picture)
    }

    /// What is wrong with the frames of a file so far, in words that follow its name; `None` = nothing is known. What
    /// ffmpeg reads ahead counts already.
    pub fn damage(&self) -> Option<String> {
        let (frames, cause) = self.player.damage(self.packets_count()).max(self.damaged.clone());
        let cause = cause.filter(|_| !self.live && frames > 0)?;
        let cause = self.request.location.anonymous(&cause);
        let are = if frames == 1 { "1 frame is" } else { &format!("{frames} frames are") };
        Some(format!("is damaged: at least {are} damaged or missing ({cause})"))
    }

    /// Whether ffmpeg ended because the video did.
    fn end(&mut self) -> Result<(), SourceError> {
        let PlayerEnd { status, mut messages, broken } = self.player.end();
        messages.errors.iter_mut().for_each(|words| *words = self.request.location.anonymous(words));
        let said = |otherwise: &str| messages.cause(otherwise);
        let cause = match (status, broken) {
            // We killed it then, so that its status says nothing.
            (_, Some(broken @ (RawOutputError::Garbled | RawOutputError::Size(_) | RawOutputError::Read(_)))) => {
                broken.to_string()
            }
            (Some(status), _) if status.code().is_none() => format!("ffmpeg was killed ({status})"),
            (_, Some(cut)) => said(&cut.to_string()),
            (None, None) => "ffmpeg did not exit at the end".into(),
            (Some(_), None)
                if self.run == 0 && messages.cut && matches!(self.request.location, VideoLocation::Url(_)) =>
            {
                format!(
                    "the server closed the connection before the first frame, or cannot send parts of a file whose \
                    index is at its end; download the file and open that ({})",
                    said("it is truncated")
                )
            }
            (Some(status), None) if !status.success() => said(&format!("ffmpeg failed ({status})")),
            _ if self.live => said("the stream has ended"),
            _ if self.run == 0 && self.origin.0.is_zero() => said("it has no frames"),
            _ => {
                if let (VideoLocation::File(path), false) = (&self.request.location, self.packets_count())
                    && self.player.damage(true).0 > 0
                {
                    self.loses_packets = losses(path).is_none_or(|losses| losses > 0);
                }
                let cut = self.cut(messages.cut);
                match (cut, &self.request.location) {
                    // The server may have the rest.
                    (Some(cut), VideoLocation::Url(_)) => format!("it {cut}"),
                    (cut, _) => {
                        let wrong: Vec<String> = [cut, self.damage()].into_iter().flatten().collect();
                        let name = self.request.location.to_string();
                        return match wrong.is_empty() {
                            true => Ok(()),
                            false => Err(SourceError::Damaged { name, cause: wrong.join(", and ") }),
                        };
                    }
                }
            }
        };
        Err(self.failed(cause))
    }

    /// Whether the file ends before its end, in words that follow its name. `said`: ffmpeg says so.
    fn cut(&self, said: bool) -> Option<String> {
        let cut = match &self.request.location {
            VideoLocation::File(path) => said || is_truncated(path),
            VideoLocation::Url(_) => said,
        };
        let came = self.came;
        let missing = self.about.duration.filter(|whole| cut && came + self.slot() * 3 < *whole).map(|whole| {
            let frames = ((whole - came).as_secs_f64() / self.slot().as_secs_f64()).round() - 1.0;
            let [came, whole] = [came, whole].map(|d| d.as_secs_f32());
            format!("is truncated: it ends at {came:.1} s of {whole:.1} s, about {frames} frames are missing")
        });
        // How long it was, not every container says.
        let is_file = matches!(self.request.location, VideoLocation::File(_));
        missing.or_else(|| (cut && is_file).then(|| format!("is truncated: it ends at {:.1} s", came.as_secs_f32())))
    }

    fn failed(&self, cause: String) -> SourceError {
        failed(&self.request.location, cause)
    }
}

fn failed(location: &VideoLocation, cause: String) -> SourceError {
    let name = location.to_string();
    match location {
        VideoLocation::File(_) => SourceError::Video { name, cause },
        VideoLocation::Url(_) => SourceError::Stream { name, cause },
    }
}

/// A photo of which ffmpeg would give a part for the whole, or that it cannot read.
fn check_photo(location: &VideoLocation, ffmpeg: &Ffmpeg) -> Result<(), SourceError> {
    let VideoLocation::File(path) = location else { return Ok(()) };
    let old = ffmpeg.is_before(7, 0);
    let cause = match photo(path) {
        Some(Photo::Tiles(None)) => "it is a photo in tiles that cannot be put together; export it as JPEG".into(),
        Some(Photo::Tiles(_) | Photo::Whole { hevc: true }) if old => {
            format!(
                "ffmpeg {} cannot read such photos; export it as JPEG, or install ffmpeg 7 or newer",
                ffmpeg.version
            )
        }
        _ => return Ok(()),
    };
    Err(failed(location, cause))
}

impl Source for VideoSource {
    fn description(&self) -> Description {
        let (time, number) = self.given;
        Description {
            name: self.request.location.name(),
            file: None,
            size: Some(self.size),
            format: self.about.codec.clone(),
            nominal_rate: self.about.rate,
            note: self.damage().map(|damage| format!("this video {damage}")),
            playback: Some(Playback {
                time,
                number,
                duration: self.about.duration.filter(|_| !self.live),
                skipped: self.skipped + self.player.dropped(),
                controls: self.controls.clone(),
            }),
            camera: None,
            recorded: Arc::default(),
        }
    }

    /// Waits for a short while at most, so that requests and the end of interest are noticed.
    fn next(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        let requests = self.controls.take();
        if let Some(to) = requests.seek.filter(|_| !self.live) {
            self.go_to(to)?;
        }
        let paused = requests.paused && !self.live;
        if paused && requests.steps == 0 {
            let _ = self.controls.wake().recv_timeout(SLICE);
            self.resume();
            return Ok(Next::Idle);
        }
        let mut shot = match self.head.take() {
            Some(head) => head,
            None => match self.player.picture(Instant::now() + SLICE) {
                Received::Picture(picture) => self.place(picture),
                Received::End => return self.over(),
                Received::Nothing => {
                    let limit = if self.live { SILENCE } else { PATIENCE };
                    if self.waiting.elapsed() > limit {
                        return Err(self.failed(format!("no frame for {} s", limit.as_secs())));
                    }
                    return Ok(Next::Idle);
                }
            },
        };
        if paused {
            self.controls.stepped();
            self.clock.restart();
        } else if !self.live && !self.request.every_frame {
            let now = Instant::now();
            let due = self.clock.due(shot.time, now);
            if due <= now {
                shot = self.catch_up(shot);
            } else if self.controls.wake().recv_deadline(due.min(now + SLICE)).is_ok() || due > now + SLICE {
                self.head = Some(shot);
                return Ok(Next::Idle);
            }
        }
        self.given = (shot.time, shot.number);
        std::mem::swap(frame, &mut shot.frame);
        self.player.reuse(shot.frame);
        Ok(Next::Frame)
    }

    fn discard(&mut self) -> Result<(), SourceError> {
        match self.player.picture(Instant::now() + SLICE) {
            Received::Picture(picture) => {
                let shot = self.place(picture);
                self.player.reuse(shot.frame);
                Ok(())
            }
            Received::Nothing => Ok(()),
            Received::End => self.over().map(drop),
        }
    }

    fn resume(&mut self) {
        self.clock.restart();
        self.waiting = Instant::now();
    }

    /// A stream without an end delivers on its own clock; a file waits.
    fn is_live(&self) -> bool {
        self.live
    }
}

fn start(ffmpeg: &Ffmpeg, location: &VideoLocation, at: Duration, format: Option<&str>) -> Result<Player, SourceError> {
    Player::start(ffmpeg.command(location, at, format))
        .map_err(|cause| SourceError::BadFfmpeg { path: ffmpeg.path.clone(), cause: cause.to_string() })
}
