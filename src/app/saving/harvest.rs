//! Keeps the frames on which A and B disagree, while they come.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use egui::Context;

use super::place::new_folder;
use super::run::{BUSY, EndingRuns, SavingInbox, SavingRun, told_missed};
use crate::app::frame::annotated::file_stem;
use crate::app::frame::current::CurrentFrame;
use crate::app::ui::file_dialog::pictures_folder;
use crate::app::view::Side;
use crate::compare::{Comparison, Condition};
use crate::detect::{Frame, Thresholds};
use crate::files::Outputs;
use crate::model::ModelInfo;
use crate::workshop::Stopped;
use crate::workshop::harvest::{HarvestFrame, HarvestLimit, HarvestLimits, HarvestSettings, Harvester};
use crate::workshop::labels::LabelForm;

const NO_MODELS: &str =
    "Nothing to harvest: frames on which two models disagree are kept. Press 2, 3 or 4 to compare two.";
const NO_FOLDER: &str = "Can't keep frames: no home folder. Use `twinsight harvest` with a folder of your choice.";

/// The folder's name, in the user's folder of pictures.
const NAME: &str = "Twinsight harvest";

/// Runs between two presses of its key.
#[derive(Default)]
pub struct LiveHarvest {
    running: Option<RunningHarvest>,
    ending: EndingRuns,
}

struct RunningHarvest {
    run: SavingRun<SeenFrame>,
    /// With these it began.
    models: [Arc<ModelInfo>; 2],
    kept: Arc<AtomicU64>,
}

/// A frame that meets a condition.
struct SeenFrame {
    frame: Arc<Frame>,
    comparison: Comparison,
    thresholds: [Thresholds; 2],
    source: String,
    file: PathBuf,
    number: Option<u64>,
    time: Option<Duration>,
}

impl LiveHarvest {
    /// How many frames were kept so far; `None` = it does not run.
    pub fn kept(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.kept.load(Ordering::Relaxed))
    }

    /// Begins, or ends what runs. `current` has the models; `within`: where its folder goes, `None` = the user's folder of
    /// pictures.
    pub fn toggle(&mut self, ctx: &Context, current: &CurrentFrame, within: Option<PathBuf>) -> Result<(), String> {
        if let Some(running) = self.running.take() {
            self.ending.push(running.run.end());
            return Ok(());
        }
        if self.ending.is_full() {
            return Err(BUSY.into());
        }
        let models = models(current).ok_or_else(|| match current.mismatch() {
            Some(why) => format!("Nothing to harvest: {why}. Choose two models with the same classes."),
            None => NO_MODELS.to_owned(),
        })?;
        let kept = Arc::<AtomicU64>::default();
        let settings = HarvestSettings {
            when: Condition::PARTING.to_vec(),
            form: LabelForm::Coco,
            limits: HarvestLimits::default(),
            models: models.clone(),
        };
        let (counted, waked) = (Arc::clone(&kept), ctx.clone());
        // On a paused picture nothing else would show how many there are.
        let count = move |kept| {
            if counted.swap(kept, Ordering::Relaxed) != kept {
                waked.request_repaint();
            }
        };
        let run = SavingRun::start(ctx, "harvest", move |inbox| keep(within, settings, inbox, count));
        let run = run.map_err(|cause| format!("Can't keep frames: {cause}. Try again."))?;
        self.running = Some(RunningHarvest { run, models, kept });
        self.offer(current);
        Ok(())
    }

    /// Keeps the current frame where A and B disagree on it. Ends where one of the models is another one by now.
    pub fn offer(&mut self, current: &CurrentFrame) {
        let Some(running) = &mut self.running else { return };
        let Some(models) = models(current) else { return };
        let same = |(one, other): (&Arc<ModelInfo>, &Arc<ModelInfo>)| Arc::ptr_eq(one, other) || one == other;
        let goes_on = running.models.iter().zip(&models).all(same) && running.offer(current);
        if !goes_on {
            self.end();
        }
    }

    /// What to tell of those that ended, and of one that failed.
    pub fn poll(&mut self) -> Vec<Result<String, Stopped>> {
        let mut ended = self.ending.poll();
        if let Some(result) = self.running.as_ref().and_then(|running| running.run.result()) {
            self.running = None;
            ended.push(result);
        }
        ended
    }

    /// Ends what runs.
    pub fn end(&mut self) {
        if let Some(running) = self.running.take() {
            self.ending.push(running.run.end());
        }
    }

    /// Waits for what is written until this moment.
    pub fn wait(&self, deadline: Instant) {
        self.ending.wait(deadline);
    }
}

impl RunningHarvest {
    /// False: its thread has ended.
    fn offer(&mut self, current: &CurrentFrame) -> bool {
        let seen = current.observation().zip(current.comparison()).zip(current.thresholds());
        let Some(((observation, comparison), thresholds)) = seen else { return true };
        if !Condition::PARTING.iter().any(|condition| condition.is_met(comparison, thresholds)) {
            return true;
        }
        let description = &observation.description;
        let playback = description.playback.as_ref();
        let stem = file_stem(&description.name);
        let file = match (playback, &description.file) {
            (Some(playback), _) => format!("{stem}-{:06}", playback.number),
            (None, Some(_)) => stem,
            // A camera's, of which there are many.
            (None, None) => format!("{stem}-{:06}", observation.frame_id),
        };
        let source =
            description.file.as_ref().map_or_else(|| description.name.clone(), |file| file.display().to_string());
        self.run.give(SeenFrame {
            frame: Arc::clone(&observation.frame),
            comparison: comparison.clone(),
            thresholds,
            source,
            // Its ending does not matter, and a dot in the name is none.
            file: PathBuf::from(file + ".png"),
            number: playback.map(|playback| playback.number),
            time: playback.map(|playback| playback.time),
        })
    }
}

/// A's and B's, where both looked and know the same classes.
fn models(current: &CurrentFrame) -> Option<[Arc<ModelInfo>; 2]> {
    current.comparison()?;
    let [a, b] = Side::BOTH.map(|which| current.output(which).map(|output| Arc::clone(&output.model)));
    Some([a?, b?])
}

/// The thread. `count` is told how many frames were kept.
fn keep(
    within: Option<PathBuf>,
    settings: HarvestSettings,
    inbox: &SavingInbox<SeenFrame>,
    count: impl Fn(u64),
) -> Result<String, Stopped> {
    let within = within.or_else(pictures_folder).ok_or_else(|| Stopped::failed(NO_FOLDER))?;
    let dir = new_folder(&within, NAME).map_err(|cause| {
        Stopped::failed(format!(
            "Can't keep frames in {}: {cause}. Use `twinsight harvest` with a folder of your choice.",
            within.display()
        ))
    })?;
    let mut harvester = Harvester::create(&dir, Outputs::default(), settings).map_err(Stopped::failed)?;
    let mut offered = Ok(());
    for seen in &inbox.things {
        let frame = HarvestFrame {
            source: &seen.source,
            file: &seen.file,
            number: seen.number,
            time_s: seen.time.map(|time| time.as_secs_f64()),
            frame: &seen.frame,
            comparison: &seen.comparison,
            thresholds: seen.thresholds,
        };
        offered = harvester.offer(&frame).map(|_| count(harvester.totals().kept));
        if offered.is_err() || harvester.limit().is_some() {
            break;
        }
    }
    let limit = harvester.limit();
    // What was kept has its labels, whatever ended it.
    let finished = harvester.finish();
    let totals = offered.and(finished).map_err(Stopped::failed)?;
    let frames = if totals.kept == 1 { "frame" } else { "frames" };
    let limit = match limit {
        Some(HarvestLimit::Frames) => "; it ended at the limit of its frames",
        Some(HarvestLimit::Size) => "; it ended at the limit of its size",
        None => "",
    };
    let missed = told_missed(inbox.end().missed);
    Ok(format!("Kept {} {frames} in {} ({} dropped){limit}{missed}", totals.kept, dir.display(), totals.told_near()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Comparer;
    use crate::detect::Size;

    /// One person, which B does not see.
    fn seen(grey: u8) -> SeenFrame {
        SeenFrame {
            frame: Arc::new(Frame::from_rgb(Size::new(32, 32), vec![grey; 32 * 32 * 3]).unwrap()),
            comparison: Comparer::of_person([0.25, 1.0]).comparison().clone(),
            thresholds: [Thresholds::LIVE; 2],
            source: "cam".into(),
            file: "cam.png".into(),
            number: None,
            time: None,
        }
    }

    #[test]
    fn it_ends_by_itself_at_a_limit_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let settings = HarvestSettings {
            when: Condition::PARTING.to_vec(),
            form: LabelForm::Coco,
            limits: HarvestLimits { frames: 2, ..HarvestLimits::default() },
            models: ["FP32", "INT8"].map(|name| Arc::new(ModelInfo::sample(name))),
        };
        let within = Some(dir.path().to_owned());
        let mut run =
            SavingRun::start(&Context::default(), "harvest", move |inbox| keep(within, settings, inbox, |_| {}))
                .unwrap();
        for grey in [0, 100, 200] {
            run.give(seen(grey));
        }
        // Nobody ends it.
        let told = run.told();
        assert!(
            told.starts_with("Kept 2 frames in ") && told.contains("it ended at the limit of its frames"),
            "{told}"
        );
    }
}
