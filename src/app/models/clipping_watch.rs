//! Whether the scene in sight leaves the ranges that its INT8 model was calibrated for: found on a thread of its own.
//!
//! Of what is live, one frame a second at most is examined, on one core; a picture that stands still, once. Frames that
//! leave the ranges, and differ, are kept, so that they can be added to the calibration.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use egui::Context;

use super::byte_check::percent;
use crate::app::frame::current::CurrentFrame;
use crate::app::job::Job;
use crate::app::view::Side;
use crate::detect::Frame;
use crate::live::PHOTOS;
use crate::model::{Catalog, ModelInfo};
use crate::workshop::clipping::{ClippingAlarm, ClippingReading, ClippingSources, ClippingStudy, EndReading};
use crate::workshop::{DistinctFrames, Stopped};

/// Between two frames of what is live.
const PERIOD: Duration = Duration::from_secs(1);

/// The most frames that are kept, and the most memory for them: one is always kept.
const MOST_FRAMES: usize = 32;
const MOST_BYTES: usize = 128 << 20;

/// What there is to examine.
#[derive(Clone, Copy)]
pub struct ClippingSight<'a> {
    model: &'a Arc<ModelInfo>,
    /// That it looked at.
    frame: &'a Arc<Frame>,
    /// Another one comes soon.
    live: bool,
}

impl<'a> ClippingSight<'a> {
    /// B, where that is an INT8 model, or else A; `None`: no INT8 model has looked at the frame in sight.
    pub fn of(current: &'a CurrentFrame, live: bool) -> Option<Self> {
        let mut models = [Side::B, Side::A].into_iter().filter_map(|which| Some(&current.output(which)?.model));
        let model = models.find(|model| model.arithmetic.is_some())?;
        Some(Self { model, frame: &current.observation()?.frame, live })
    }
}

/// A frame that was examined, or is.
struct ExaminedFrame {
    frame: Arc<Frame>,
    live: bool,
    started: Instant,
}

/// What came of it.
struct ClippingNews {
    reading: ClippingReading,
    /// It leaves the ranges, and differs from those that did before.
    is_new: bool,
}

/// The alarm, and what belongs to it.
#[derive(Default)]
pub struct ClippingWatch {
    /// One job has it at a time.
    study: Arc<Mutex<ClippingStudy>>,
    /// Likewise.
    distinct: Arc<Mutex<DistinctFrames>>,
    job: Option<(ExaminedFrame, Job<ClippingNews>)>,
    /// Of which all below is.
    model: Option<Arc<ModelInfo>>,
    last: Option<ExaminedFrame>,
    reading: Option<ClippingReading>,
    alarm: ClippingAlarm,
    /// What was found is of the picture in sight.
    in_sight: bool,
    /// The model cannot be examined: it is not tried again.
    has_failed: bool,
    frames: Vec<Arc<Frame>>,
    is_open: bool,
}

impl ClippingWatch {
    /// Takes what was found, and examines what is due. To be called with every frame; `None`: there is nothing to examine.
    pub fn poll(&mut self, ctx: &Context, catalog: &Catalog, sight: Option<ClippingSight<'_>>) {
        let Some(sight) = sight else {
            self.in_sight = false;
            return;
        };
        self.follow(sight.model);
        if let Some((examined, job)) = self.job.take() {
            match job.poll() {
                None => self.job = Some((examined, job)),
                Some(Ok(news)) => self.take(examined, news),
                Some(Err(Stopped::Failed(why))) => {
                    // As of a model that is partly in float: that there is no alarm for it is no news.
                    log::info!("no clipping alarm: {why}");
                    self.has_failed = true;
                }
                Some(Err(Stopped::Cancelled)) => {}
            }
        }
        if self.job.is_none() && !self.has_failed && self.is_due(sight) {
            self.start(ctx, catalog, sight);
        }
        let is_it = |last: &ExaminedFrame| sight.live || Arc::ptr_eq(&last.frame, sight.frame);
        self.in_sight = self.last.as_ref().is_some_and(is_it);
    }

    /// Of another model, nothing is known yet. Its frames stay where only its arithmetic is another one.
    fn follow(&mut self, model: &Arc<ModelInfo>) {
        let known = self.model.as_ref().filter(|known| known.sha256 == model.sha256);
        let is_same_file = known.is_some();
        if known.is_some_and(|known| known.arithmetic == model.arithmetic) {
            return;
        }
        // What is under way is cancelled where it is dropped.
        let before = std::mem::take(self);
        (self.model, self.study) = (Some(Arc::clone(model)), before.study);
        if is_same_file {
            (self.frames, self.distinct, self.is_open) = (before.frames, before.distinct, before.is_open);
        }
    }

    fn is_due(&self, sight: ClippingSight<'_>) -> bool {
        self.last.as_ref().is_none_or(|last| {
            if sight.live {
                last.started.elapsed() >= PERIOD
            } else {
                last.live || !Arc::ptr_eq(&last.frame, sight.frame)
            }
        })
    }

    fn start(&mut self, ctx: &Context, catalog: &Catalog, sight: ClippingSight<'_>) {
        let (study, distinct, catalog) = (Arc::clone(&self.study), Arc::clone(&self.distinct), catalog.clone());
        let (model, frame) = (Arc::clone(sight.model), Arc::clone(sight.frame));
        let job = Job::start(ctx, "clipped bytes", move |handle| {
            let photos = || -> Vec<Frame> {
                let read = |photo: &&str| crate::source::load(&catalog.download(photo)).ok();
                PHOTOS.iter().filter_map(read).collect()
            };
            let sources = ClippingSources { catalog: &catalog, photos: &photos };
            let reading =
                study.lock().unwrap_or_else(PoisonError::into_inner).read(&model, &frame, &sources, handle)?;
            let is_over = !reading.over().is_empty();
            let is_new = is_over && distinct.lock().unwrap_or_else(PoisonError::into_inner).take(&frame);
            Ok(ClippingNews { reading, is_new })
        });
        match job {
            Ok(job) => {
                let (frame, live) = (Arc::clone(sight.frame), sight.live);
                self.job = Some((ExaminedFrame { frame, live, started: Instant::now() }, job));
            }
            Err(cause) => {
                log::warn!("no clipping alarm: no thread can be started ({cause})");
                self.has_failed = true;
            }
        }
    }

    fn take(&mut self, examined: ExaminedFrame, news: ClippingNews) {
        self.alarm.take(Instant::now(), &news.reading, examined.live);
        let kept: usize = self.frames.iter().map(|frame| frame.rgb().len()).sum();
        let fits = kept + examined.frame.rgb().len() <= MOST_BYTES && self.frames.len() < MOST_FRAMES;
        if news.is_new && (fits || self.frames.is_empty()) {
            self.frames.push(Arc::clone(&examined.frame));
        }
        self.reading = Some(news.reading);
        self.last = Some(examined);
    }

    /// The ends that clip too much of the picture in sight, the worst first; empty: there is no alarm.
    pub fn ends(&self) -> &[EndReading] {
        if self.in_sight { self.alarm.ends() } else { &[] }
    }

    /// What was found last, for all ends.
    pub fn reading(&self) -> Option<&ClippingReading> {
        self.reading.as_ref()
    }

    /// The model that is examined.
    pub fn model(&self) -> Option<&ModelInfo> {
        self.model.as_deref()
    }

    /// The frames that left the ranges, and differ.
    pub fn frames(&self) -> &[Arc<Frame>] {
        &self.frames
    }

    /// Keeps none of them.
    pub fn forget_frames(&mut self) {
        self.frames.clear();
        self.distinct = Arc::default();
    }

    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Shows or hides the popup.
    pub fn toggle(&mut self) {
        self.is_open = !self.is_open;
    }

    /// False: it was not open.
    pub fn close(&mut self) -> bool {
        std::mem::take(&mut self.is_open)
    }

    /// What the status line says: "Outside the calibrated range: layer_07_leaky 3.1 % of bytes (calibration 0.2 %), and 2
    /// more"; `None`: there is no alarm.
    pub fn words(&self) -> Option<String> {
        words(self.ends())
    }
}

fn words(ends: &[EndReading]) -> Option<String> {
    let worst = ends.first()?;
    let mut others: Vec<&str> =
        ends.iter().map(|end| end.tensor.as_str()).filter(|name| *name != worst.tensor).collect();
    others.sort_unstable();
    others.dedup();
    let more = if others.is_empty() { String::new() } else { format!(", and {} more", others.len()) };
    let calibrated = worst.calibrated.map_or_else(String::new, |share| format!(" (calibration {})", percent(share)));
    Some(format!("Outside the calibrated range: {} {} of bytes{calibrated}{more}", worst.tensor, percent(worst.share)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::clipping::RangeEnd;

    #[test]
    fn the_words_name_the_worst_layer_and_count_the_others() {
        let end = |tensor: &str, end, share| EndReading { tensor: tensor.into(), end, share, calibrated: Some(0.002) };
        let mut ends = vec![end("layer_07_leaky", RangeEnd::High, 0.031)];
        let one = "Outside the calibrated range: layer_07_leaky 3.1 % of bytes (calibration 0.2 %)";
        assert_eq!(words(&ends).as_deref(), Some(one));
        ends.extend(["layer_07_leaky", "layer_02_conv", "layer_09_conv"].map(|name| end(name, RangeEnd::Low, 0.02)));
        assert_eq!(words(&ends), Some(format!("{one}, and 2 more")), "a layer counts once");
        assert_eq!(words(&[]), None);
    }
}
