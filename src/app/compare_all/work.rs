//! Lets both models look at one picture of the album after another, on a thread of its own.
//!
//! ```text
//! album's files ─▶ [compare all] decode ── Examiner::run ──▶ the engine's models, whenever they are free
//!                       ▲    └── Looked, bounded ──▶ window        │
//!                       └────────────── outputs ───────────────────┘
//! ```
//!
//! A picture at a time, so that it ends within one: the models are the engine's, and the picture that is looked at comes
//! first there. No more than a few results wait for the window, so that nothing piles up behind a hidden one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use egui::Context;

use super::results::{PictureCandidates, candidates};
use crate::app::job::{Job, JobHandle, JobProgress};
use crate::detect::Decoder;
use crate::engine::Examiner;
use crate::model::{ModelInfo, ModelRequest};
use crate::source::{FileKind, file_kind, load};
use crate::workshop::{Progress, Stopped};

/// Results that wait for the window.
const WAITING: usize = 4;

/// What became of one picture.
pub struct Looked {
    pub path: PathBuf,
    pub outcome: LookOutcome,
}

pub enum LookOutcome {
    Seen {
        candidates: PictureCandidates,
        infos: [Arc<ModelInfo>; 2],
    },
    /// A message for people.
    Unreadable(String),
    /// It is no single picture.
    Video,
}

/// The work, and what has come of it so far.
pub struct CompareWork {
    job: Job<()>,
    results: Receiver<Looked>,
    /// In the order in which they are named in the results.
    pub models: [ModelRequest; 2],
}

impl CompareWork {
    /// Fails only where no thread can be started.
    pub fn start(
        ctx: &Context,
        pictures: Vec<PathBuf>,
        models: [ModelRequest; 2],
        examiner: Examiner,
    ) -> std::io::Result<Self> {
        let (send, results) = bounded(WAITING);
        let asked = models.clone();
        let job =
            Job::start(ctx, "compare all", move |handle| look_at_all(handle, &pictures, &asked, &examiner, &send))?;
        Ok(Self { job, results, models })
    }

    /// The next result that is there.
    pub fn take(&self) -> Option<Looked> {
        self.results.try_recv().ok()
    }

    /// Why and how it has ended, once it has.
    pub fn ended(&self) -> Option<Result<(), Stopped>> {
        self.job.poll()
    }

    pub fn progress(&self) -> JobProgress {
        self.job.progress()
    }
}

fn look_at_all(
    handle: &JobHandle,
    pictures: &[PathBuf],
    models: &[ModelRequest; 2],
    examiner: &Examiner,
    send: &Sender<Looked>,
) -> Result<(), Stopped> {
    let mut decoder = Decoder::default();
    for (done, path) in pictures.iter().enumerate() {
        handle.step("Comparing", done, pictures.len())?;
        let outcome = look(path, models, examiner, &mut decoder)?;
        // Nobody takes it any more: the window is gone, or wants other models.
        send.send(Looked { path: path.clone(), outcome }).map_err(|_| Stopped::Cancelled)?;
    }
    handle.report("Comparing", pictures.len(), pictures.len());
    Ok(())
}

fn look(
    path: &Path,
    models: &[ModelRequest; 2],
    examiner: &Examiner,
    decoder: &mut Decoder,
) -> Result<LookOutcome, Stopped> {
    if file_kind(path) == FileKind::Video {
        return Ok(LookOutcome::Video);
    }
    let frame = match load(path) {
        Ok(frame) => Arc::new(frame),
        Err(error) => return Ok(LookOutcome::Unreadable(error.to_string())),
    };
    let outputs = examiner.run(frame, models.to_vec()).ok_or(Stopped::Cancelled)?.map_err(Stopped::failed)?;
    let [a, b] = outputs.as_slice() else { return Err(Stopped::Cancelled) };
    if a.model.form.classes != b.model.form.classes {
        let [a, b] = [a, b].map(|o| format!("{} ({} classes)", o.model.name, o.model.form.classes.len()));
        return Err(Stopped::Failed(format!("{a} and {b} have different classes: their boxes can't be matched")));
    }
    let infos = [a, b].map(|output| Arc::clone(&output.model));
    Ok(LookOutcome::Seen { candidates: candidates(decoder, [a, b]), infos })
}
