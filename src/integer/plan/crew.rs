//! The threads of a plan, which go through its jobs together.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::jobs::JobList;
use super::scratch::ThreadMemory;

/// How often a thread looks for the others before it sleeps: some microseconds, which most waits within a run are
/// shorter than. Between runs it sleeps at once.
const LOOKS: usize = 300;

/// The calling thread and its helpers.
#[derive(Debug)]
pub struct Crew {
    meeting: Arc<Meeting>,
    helpers: Vec<JoinHandle<()>>,
    /// Of the calling thread.
    scratch: ThreadMemory,
}

/// Where threads meet: before a run, and after each job.
#[derive(Debug, Default)]
struct Meeting {
    threads: usize,
    order: Mutex<Order>,
    /// Something happened that a sleeper waits for.
    news: Condvar,
    sleepers: AtomicUsize,
    /// Over all jobs of all runs: how often a thread was done with one.
    done: AtomicUsize,
    /// A thread is gone.
    is_broken: AtomicBool,
}

#[derive(Debug, Default)]
struct Order {
    runs: usize,
    is_over: bool,
}

/// A thread was stopped by a panic, in this run or one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl Crew {
    /// `threads` with the calling one, at least 1.
    pub fn new(jobs: &Arc<JobList>, threads: usize) -> std::io::Result<Self> {
        let threads = threads.max(1);
        let meeting = Arc::new(Meeting { threads, ..Meeting::default() });
        let mut crew = Self { meeting, helpers: Vec::new(), scratch: jobs.scratch() };
        for number in 1..threads {
            let (jobs, meeting) = (Arc::clone(jobs), Arc::clone(&crew.meeting));
            let name = format!("int8-{number}");
            let helper = std::thread::Builder::new().name(name).spawn(move || meeting.help(&jobs))?;
            crew.helpers.push(helper);
        }
        Ok(crew)
    }

    /// Runs all jobs, one after another.
    pub fn run(&mut self, jobs: &JobList) -> Result<(), Broken> {
        if self.meeting.is_broken.load(Ordering::SeqCst) {
            return Err(Broken);
        }
        jobs.begin();
        let run = {
            let mut order = self.meeting.order.lock().unwrap_or_else(PoisonError::into_inner);
            order.runs += 1;
            order.runs
        };
        self.meeting.news.notify_all();
        let Self { meeting, scratch, .. } = self;
        let done = catch_unwind(AssertUnwindSafe(|| meeting.work(jobs, run, scratch)));
        if !matches!(done, Ok(Ok(()))) {
            // Nobody may still be at a job of this run when the memory is used again.
            self.end();
        }
        match done {
            Ok(done) => done,
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Ends the helpers, and waits for them.
    fn end(&mut self) {
        // Before the lock: who waits has either seen it, or hears the news.
        self.meeting.is_broken.store(true, Ordering::SeqCst);
        self.meeting.order.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
        self.meeting.news.notify_all();
        for helper in self.helpers.drain(..) {
            // A panic of it has been told by the run that it ended.
            let _ = helper.join();
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.end();
    }
}

impl Meeting {
    /// What a helper does all its life.
    fn help(&self, jobs: &JobList) {
        let mut scratch = jobs.scratch();
        let mut seen = 0;
        loop {
            {
                let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
                let order = self.news.wait_while(order, |order| order.runs == seen && !order.is_over);
                let order = order.unwrap_or_else(PoisonError::into_inner);
                if order.is_over {
                    return;
                }
                seen = order.runs;
            }
            let done = catch_unwind(AssertUnwindSafe(|| self.work(jobs, seen, &mut scratch)));
            if !matches!(done, Ok(Ok(()))) {
                self.is_broken.store(true, Ordering::SeqCst);
                drop(self.order.lock());
                self.news.notify_all();
                return;
            }
        }
    }

    fn work(&self, jobs: &JobList, run: usize, scratch: &mut ThreadMemory) -> Result<(), Broken> {
        for job in 0..jobs.len() {
            jobs.share(job, scratch);
            self.meet(((run - 1) * jobs.len() + job + 1) * self.threads)?;
        }
        Ok(())
    }

    /// Waits until all threads are done with a job; `all`: how often any thread was done with one by then.
    fn meet(&self, all: usize) -> Result<(), Broken> {
        if self.done.fetch_add(1, Ordering::SeqCst) + 1 == all {
            if self.sleepers.load(Ordering::SeqCst) > 0 {
                drop(self.order.lock());
                self.news.notify_all();
            }
            return Ok(());
        }
        let is_met = || self.done.load(Ordering::SeqCst) >= all;
        for _ in 0..LOOKS {
            if is_met() {
                return Ok(());
            }
            std::hint::spin_loop();
        }
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let is_awaited = |_: &mut Order| !is_met() && !self.is_broken.load(Ordering::SeqCst);
        drop(self.news.wait_while(order, is_awaited));
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
        if is_met() { Ok(()) } else { Err(Broken) }
    }
}
