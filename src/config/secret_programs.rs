//! Programs that print a secret: each runs once at a time, and all who wait for it share what it
//! prints, and a failure counts for a few seconds.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::program_run::{Printed, run_program};

/// How long a failure counts: asking again at once would only start the same program again.
const FAILURE_COUNTS: Duration = Duration::from_secs(5);

/// The programs of this process, by their words.
static RUNS: LazyLock<Runs> = LazyLock::new(Runs::default);

/// What the program prints: of one that runs already its output is waited for, and the failure of
/// one that ran a few seconds ago counts still.
pub(super) fn printed(words: &[String]) -> Printed {
    RUNS.printed(words)
}

/// Has every program be tried again, as what it needs may have changed.
pub fn forget_failures() {
    lock(&RUNS.0).clear();
}

/// The last outcome of each program; its lock is held while the program runs.
#[derive(Default)]
struct Runs(Mutex<HashMap<Vec<String>, Arc<Run>>>);

type Run = Mutex<Option<Outcome>>;

struct Outcome {
    at: Instant,
    printed: Printed,
}

impl Outcome {
    /// Whether it counts for somebody who began to wait at a moment: who waited for it shares it,
    /// and a failure counts a little longer.
    fn counts(&self, waits_since: Instant) -> bool {
        let age = waits_since.saturating_duration_since(self.at);
        self.at >= waits_since || (self.printed.is_err() && age < FAILURE_COUNTS)
    }
}

impl Runs {
    fn printed(&self, words: &[String]) -> Printed {
        let waits_since = Instant::now();
        let run = Arc::clone(lock(&self.0).entry(words.to_vec()).or_default());
        let printed = last_or_new(&run, waits_since, words);
        let mut runs = lock(&self.0);
        drop(run);
        // A secret stays for those only who wait for it.
        if printed.is_ok() && runs.get(words).is_some_and(|run| Arc::strong_count(run) == 1) {
            runs.remove(words);
        }
        printed
    }
}

/// What a program printed last, or prints now where that does not count.
fn last_or_new(run: &Run, waits_since: Instant, words: &[String]) -> Printed {
    let mut last = lock(run);
    if let Some(outcome) = last.as_ref().filter(|it| it.counts(waits_since)) {
        return outcome.printed.clone();
    }
    let printed = run_program(words);
    *last = Some(Outcome { at: Instant::now(), printed: printed.clone() });
    printed
}

/// No half-finished change is left by a thread that panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use zeroize::Zeroizing;

    use super::*;

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    /// Waits until a condition holds; the test is given up from outside if it never does.
    fn wait_for(condition: impl Fn() -> bool) {
        while !condition() {
            std::thread::yield_now();
        }
    }

    fn count_of_lines(path: &Path) -> usize {
        fs::read_to_string(path).map_or(0, |text| text.lines().count())
    }

    #[test]
    fn all_who_wait_for_a_program_share_one_run() {
        let folder = tempfile::tempdir().unwrap();
        let (log, pipe) = (folder.path().join("log"), folder.path().join("pipe"));
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, mode).unwrap();
        let (log_name, pipe_name) = (log.display(), pipe.display());
        let words = shell(&format!("echo run >> {log_name}; cat {pipe_name}; echo s3cret"));
        let runs = Runs::default();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| runs.printed(&words))).collect();
            // The map has one, and each thread that waits or runs.
            wait_for(|| lock(&runs.0).get(&words).is_some_and(|run| Arc::strong_count(run) == 9));
            fs::write(&pipe, "").unwrap();
            for thread in threads {
                assert_eq!(thread.join().unwrap().unwrap().as_str(), "s3cret\n");
            }
        });
        assert_eq!(count_of_lines(&log), 1);
        assert!(lock(&runs.0).is_empty(), "the secret stays in memory");
    }

    #[test]
    fn a_failure_counts_for_a_few_seconds_or_until_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let words = shell(&format!("echo run >> {}; exit 3", log.display()));
        for _ in 0..5 {
            assert!(printed(&words).unwrap_err().contains("exit status: 3"));
        }
        assert_eq!(count_of_lines(&log), 1);
        forget_failures();
        assert!(printed(&words).is_err());
        assert_eq!(count_of_lines(&log), 2);
        let at = Instant::now();
        let failed = Outcome { at, printed: Err(String::new()) };
        let fine = Outcome { at, printed: Ok(Zeroizing::default()) };
        let later = |seconds| at + Duration::from_secs(seconds);
        assert_eq!((failed.counts(later(4)), failed.counts(later(5))), (true, false));
        assert!(fine.counts(at) && !fine.counts(later(1)));
    }
}
