//! Writes what is seen as a video, at the pace at which it is seen.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::Context;

use super::run::{BUSY, EndingRuns, SavingInbox, SavingRun, told_missed};
use crate::annotate::{PanePainter, paint_names};
use crate::app::frame::annotated::AnnotatedPicture;
use crate::app::frame::current::BoxSettings;
use crate::app::ui::file_dialog::videos_folder;
use crate::app::view::View;
use crate::detect::ClassSet;
use crate::encode::{LIVE_BYTES, VideoFormat, VideoWriter};
use crate::files::{FileFormat, Outputs, free_name};
use crate::source::video::Ffmpeg;
use crate::workshop::Stopped;

const NO_FOLDER: &str = "Can't save the video: no home folder. Use `twinsight compare --video-out FILE`.";
const NO_FRAMES: &str = "No video was saved: no picture was seen meanwhile.";

/// After this time it ends by itself, as a recording does.
const LONGEST: Duration = Duration::from_secs(3600);

/// Runs between two presses of its key.
#[derive(Default)]
pub struct LiveVideo {
    running: Option<SavingRun<ShownPicture>>,
    ending: EndingRuns,
    /// What was given last.
    sight: Option<VideoSight>,
}

/// What a picture with its boxes follows from.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoSight {
    /// Of the observation.
    pub sequence: u64,
    pub settings: BoxSettings,
    pub view: View,
    pub labels: bool,
    /// Which boxes are left: by class, by verdict, by truth.
    pub classes: ClassSet,
    pub kinds: [bool; 4],
    pub truths: [bool; 2],
}

/// What is seen from a moment on.
pub struct ShownPicture {
    pub picture: AnnotatedPicture,
    /// Of A and of B, where each has a pane.
    pub names: [String; 2],
    pub at: Instant,
}

impl LiveVideo {
    /// For how long it has run; `None` = it does not.
    pub fn age(&self) -> Option<Duration> {
        self.running.as_ref().map(SavingRun::age)
    }

    /// Begins, or ends what runs. `within`: where it goes; `None` = the user's folder of videos.
    pub fn toggle(&mut self, ctx: &Context, within: Option<PathBuf>) -> Result<(), String> {
        if let Some(run) = self.running.take() {
            self.ending.push(run.end());
            return Ok(());
        }
        if self.ending.is_full() {
            return Err(BUSY.into());
        }
        self.sight = None;
        let run = SavingRun::start(ctx, "save video", move |inbox| write(within, inbox));
        self.running = Some(run.map_err(|cause| format!("Can't save a video: {cause}. Try again."))?);
        Ok(())
    }

    /// Whether this is to be given, because it runs and this is not what was given last.
    pub fn wants(&mut self, sight: VideoSight) -> bool {
        let is_new = self.running.is_some() && self.sight.as_ref() != Some(&sight);
        if is_new {
            self.sight = Some(sight);
        }
        is_new
    }

    /// Writes what is seen from now on.
    pub fn show(&mut self, picture: AnnotatedPicture, names: [String; 2]) {
        let Some(run) = &mut self.running else { return };
        if !run.give(ShownPicture { picture, names, at: Instant::now() }) {
            self.end();
        }
    }

    /// What to tell of those that ended, and of one that failed.
    pub fn poll(&mut self) -> Vec<Result<String, Stopped>> {
        let mut ended = self.ending.poll();
        if let Some(result) = self.running.as_ref().and_then(SavingRun::result) {
            self.running = None;
            ended.push(result);
        }
        ended
    }

    /// Ends what runs.
    pub fn end(&mut self) {
        if let Some(run) = self.running.take() {
            self.ending.push(run.end());
        }
    }

    /// Waits for what is written until this moment.
    pub fn wait(&self, deadline: Instant) {
        self.ending.wait(deadline);
    }
}

/// The thread, with which ffmpeg ends.
fn write(within: Option<PathBuf>, inbox: &SavingInbox<ShownPicture>) -> Result<String, Stopped> {
    Ffmpeg::find().map_err(Stopped::failed)?;
    let within = within.or_else(videos_folder).ok_or_else(|| Stopped::failed(NO_FOLDER))?;
    let Ok(first) = inbox.things.recv() else { return Err(Stopped::failed(NO_FRAMES)) };
    let path = free_name(&within.join(format!("{} with boxes", first.picture.name)), VideoFormat::Mp4.name());
    let output = Outputs::default().file(&path, &FileFormat::NEW).map_err(Stopped::failed)?;
    let mut painter = PanePainter::default();
    let mut planned = Some(output);
    let mut writer: Option<VideoWriter> = None;
    let (begun, mut last) = (first.at, first.at);
    let mut is_full = false;
    for seen in std::iter::once(first).chain(&inbox.things) {
        let painted = painter.paint(&seen.picture.frame, &seen.picture.panes).map_err(Stopped::failed)?;
        paint_names(painted, &seen.picture.panes, seen.names.each_ref().map(String::as_str));
        if let Some(output) = planned.take() {
            let size = painted.size();
            writer = Some(VideoWriter::start(output, VideoFormat::Mp4, size, None).map_err(Stopped::failed)?);
        }
        if let Some(writer) = &mut writer {
            last = seen.at;
            let time = last.saturating_duration_since(begun);
            if time >= LONGEST {
                break;
            }
            writer.add(painted, time).map_err(Stopped::failed)?;
            is_full = writer.bytes() >= LIVE_BYTES;
            if is_full {
                break;
            }
        }
    }
    let end = inbox.end();
    let Some(writer) = writer else { return Err(Stopped::failed(NO_FRAMES)) };
    // A picture that stands still may have been the last for long.
    let time = end.at.max(last).saturating_duration_since(begun);
    let limit = match (is_full, time >= LONGEST) {
        (true, _) => "; it ended at the limit of its size",
        (false, true) => "; it ended at the limit of its time",
        (false, false) => "",
    };
    let totals = writer.finish_at(time.min(LONGEST)).map_err(Stopped::failed)?;
    let (seconds, frames) = (totals.duration.as_secs_f64(), totals.frames);
    let noun = if frames == 1 { "frame" } else { "frames" };
    let missed = told_missed(end.missed);
    Ok(format!("Saved {} ({seconds:.1} s, {frames} {noun}){limit}{missed}", totals.path.display()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::frame::annotated::AnnotatedPanes;
    use crate::detect::{Frame, Size};

    #[test]
    fn it_ends_by_itself_after_an_hour_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let within = Some(dir.path().to_owned());
        let mut run = SavingRun::start(&Context::default(), "save video", move |inbox| write(within, inbox)).unwrap();
        let begun = Instant::now();
        for seconds in [0, 3600] {
            let frame = Arc::new(Frame::new(Size::new(64, 48)).unwrap());
            let picture = AnnotatedPicture { frame, panes: AnnotatedPanes::One(Vec::new()), name: "street".into() };
            run.give(ShownPicture { picture, names: Default::default(), at: begun + Duration::from_secs(seconds) });
        }
        // Nobody ends it.
        let told = run.told();
        assert!(told.ends_with("(3600.0 s, 1 frame); it ended at the limit of its time"), "{told}");
    }
}
