//! Runs cases side by side, at most two at a time: each is a QEMU with CPUs of its own.

use super::report::Case;
use anyhow::Result;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

/// How many QEMUs run at once.
const WORKERS: usize = 2;

/// A named test to run.
pub struct Job<'a> {
    /// Its name.
    pub name: String,
    /// What it does.
    pub test: Box<dyn FnOnce() -> Result<()> + Send + 'a>,
}

/// Runs all jobs; gives their cases in the order in which they ended.
pub fn run_all(jobs: Vec<Job<'_>>) -> Vec<Case> {
    let queue = Mutex::new(jobs.into_iter());
    let cases = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(job) = next(&queue) {
                    let start = Instant::now();
                    let case = Case::from_result(&job.name, (job.test)(), start.elapsed());
                    case.announce();
                    cases.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(case);
                }
            });
        }
    });
    cases.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn next<'a>(queue: &Mutex<std::vec::IntoIter<Job<'a>>>) -> Option<Job<'a>> {
    queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::report::Outcome;

    #[test]
    fn every_job_runs_once_and_failures_stay_failures() {
        let jobs = (0..9u32).map(|number| Job {
            name: number.to_string(),
            test: Box::new(move || if number == 4 { anyhow::bail!("four") } else { Ok(()) }),
        });
        let mut cases = run_all(jobs.collect());
        cases.sort_by(|left, right| left.name.cmp(&right.name));
        assert_eq!(cases.len(), 9);
        let failed: Vec<_> = cases.iter().filter(|case| case.outcome != Outcome::Passed).collect();
        assert_eq!((failed.len(), failed[0].name.as_str()), (1, "4"));
    }
}
