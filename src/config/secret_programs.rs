//! Programs that print a secret: each runs once at a time, in a process group and an environment
//! of its own, and what it leaves running is ended with it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use zeroize::Zeroizing;

/// How long a program may take to print a secret; it may have to wait for a password agent.
const MAX_RUN: Duration = Duration::from_secs(10);

/// How long a failure counts: whoever asks again at once would only start the same program again.
const FAILURE_COUNTS: Duration = Duration::from_secs(5);

/// How often a program is looked at that prints nothing.
const LOOK: Duration = Duration::from_millis(10);

/// The most bytes that are read from a program.
const MAX_BYTES: usize = 4096;

/// How often as many are read before the program is looked at.
const MAX_CHUNKS: usize = 16;

/// The variables that a program gets: where to find things, how to ask for a password, and which
/// store of passwords to use. None of them is itself a secret; a wrapper script can set others.
const PASSED_ON: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "TZ",
    "TERM",
    "LANG",
    "LANGUAGE",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSH_AUTH_SOCK",
    "GNUPGHOME",
    "GPG_TTY",
    "GPG_AGENT_INFO",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "VAULT_ADDR",
    "VAULT_NAMESPACE",
    "VAULT_CACERT",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
];

/// The beginnings of further ones.
const PASSED_ON_PREFIXES: [&str; 2] = ["LC_", "PASSWORD_STORE_"];

/// What a program printed, or why that is no secret.
type Printed = Result<Zeroizing<String>, String>;

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

/// Runs a program, without a shell, and takes what it prints.
fn run_program(words: &[String]) -> Printed {
    let (program, arguments) = words.split_first().ok_or("the command is empty")?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| is_passed_on(name)))
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Its error output might hold the secret.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let output = child.stdout.take();
    let ended =
        output.ok_or_else(|| io::Error::other("it has no output")).and_then(|mut output| {
            let mut text = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
            let is_over = read_until_end(&child, &mut output, &mut text, Instant::now() + MAX_RUN)?;
            end_group(&child);
            // What the program printed last is in the pipe still.
            read_available(&mut output, &mut text)?;
            Ok((is_over, text))
        });
    // On an error too nothing of it stays; it is a zombie until it is waited for, so that its
    // number is nobody else's.
    end_group(&child);
    let status = child.wait().map_err(|error| error.to_string())?;
    let (is_over, text) = ended.map_err(|error| error.to_string())?;
    judged(is_over.then_some(status), &text)
}

/// What a program that ended so, or took too long, has printed.
fn judged(status: Option<ExitStatus>, text: &[u8]) -> Printed {
    match status {
        None => Err(format!("it took longer than {} s", MAX_RUN.as_secs())),
        Some(status) if !status.success() => {
            Err(format!("the command ended with {status}; run it yourself to see why"))
        }
        Some(_) => {
            let text = std::str::from_utf8(text).map_err(|_| "its output is not UTF-8 text")?;
            Ok(Zeroizing::new(text.to_owned()))
        }
    }
}

fn is_passed_on(name: &OsString) -> bool {
    name.to_str().is_some_and(|name| {
        PASSED_ON.contains(&name)
            || PASSED_ON_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    })
}

/// Reads what a program prints until it has ended, which is what is returned, or the time is up.
/// Whatever the program has started may keep the output open for as long as it likes.
fn read_until_end(
    child: &Child,
    output: &mut ChildStdout,
    text: &mut Vec<u8>,
    end: Instant,
) -> io::Result<bool> {
    rustix::io::ioctl_fionbio(&*output, true)?;
    let mut is_open = true;
    loop {
        is_open = is_open && read_available(output, text)?;
        if has_ended(child)? {
            return Ok(true);
        }
        if Instant::now() >= end {
            return Ok(false);
        }
        if is_open {
            let look = Timespec { tv_sec: 0, tv_nsec: LOOK.subsec_nanos().into() };
            match poll(&mut [PollFd::new(&*output, PollFlags::IN)], Some(&look)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        } else {
            std::thread::sleep(LOOK);
        }
    }
}

/// Reads what is there without waiting; what is more than [`MAX_BYTES`] is dropped. Returns whether
/// more may come.
fn read_available(output: &mut ChildStdout, text: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = Zeroizing::new([0; MAX_BYTES]);
    // A program that prints without end must not keep its reader from looking at the time.
    for _ in 0..MAX_CHUNKS {
        match output.read(&mut *chunk) {
            Ok(0) => return Ok(false),
            Ok(count) => {
                let room = MAX_BYTES - text.len();
                text.extend_from_slice(&chunk[..count.min(room)]);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Whether a program has ended. It stays a zombie, so that its number is nobody else's.
fn has_ended(child: &Child) -> io::Result<bool> {
    let Some(pid) = pid(child) else { return Ok(true) };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::Pid(pid), options) {
        Ok(status) => Ok(status.is_some()),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Ends a program and what it has started, unless that left its group as a daemon does. The
/// program must not have been waited for yet.
fn end_group(child: &Child) {
    if let Some(pid) = pid(child) {
        // A group that has ended already is fine.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

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

    #[test]
    fn nothing_that_a_program_started_outlives_it() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("pid");
        let start = format!("sleep 1000 & echo $! > {}", left.display());
        for (script, is_fine) in [("echo s3cret", true), ("exit 1", false)] {
            let words = shell(&format!("{start}; {script}"));
            assert_eq!(run_program(&words).is_ok(), is_fine);
            let pid = fs::read_to_string(&left).unwrap().trim().parse().unwrap();
            let pid = Pid::from_raw(pid).unwrap();
            wait_for(|| is_gone(pid));
        }
    }

    /// Whether a process has ended; one that nobody has waited for has too.
    fn is_gone(pid: Pid) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        let is_zombie = stat.is_ok_and(|stat| stat.contains(") Z "));
        is_zombie || rustix::process::test_kill_process(pid).is_err()
    }

    #[test]
    fn a_daemon_that_keeps_the_output_open_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("pid");
        let script = format!("setsid sleep 1000 & echo $! > {}; echo s3cret", left.display());
        assert_eq!(run_program(&shell(&script)).unwrap().as_str(), "s3cret\n");
        let pid = fs::read_to_string(&left).unwrap().trim().parse().unwrap();
        // It may have ended before it could leave the group.
        let _ = rustix::process::kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_what_it_started() {
        let mut child = Command::new("sh")
            .args(["-c", "sleep 1000 & echo $!; wait"])
            .process_group(0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        let mut text = Vec::new();
        while !text.ends_with(b"\n") {
            read_until_end(&child, &mut output, &mut text, Instant::now()).unwrap();
        }
        let is_over = read_until_end(&child, &mut output, &mut text, Instant::now()).unwrap();
        assert!(!is_over);
        end_group(&child);
        child.wait().unwrap();
        let pid = String::from_utf8(text).unwrap().trim().parse().unwrap();
        wait_for(|| is_gone(Pid::from_raw(pid).unwrap()));
        assert!(judged(None, b"s3cret").unwrap_err().contains("longer than 10 s"));
    }

    #[test]
    fn a_program_gets_no_variable_that_may_be_a_secret() {
        let printed = run_program(&shell("env")).unwrap();
        let names = printed.lines().filter_map(|line| Some(line.split_once('=')?.0));
        // The shell sets these itself.
        for name in names.filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name)) {
            assert!(is_passed_on(&name.into()), "{name}");
        }
        for secret in ["TWILIO_TOKEN", "VAULT_TOKEN", "AWS_SECRET_ACCESS_KEY", "SMSDECK_CONFIG"] {
            assert!(!is_passed_on(&secret.into()), "{secret}");
        }
        for needed in ["PATH", "HOME", "GPG_TTY", "LC_ALL", "PASSWORD_STORE_DIR"] {
            assert!(is_passed_on(&needed.into()), "{needed}");
        }
    }

    #[test]
    fn more_output_than_a_secret_has_ends_the_reading_and_not_the_check() {
        let printed = run_program(&shell("echo s3cret; yes | head -c 100000")).unwrap();
        assert!(printed.starts_with("s3cret\n") && printed.len() == MAX_BYTES);
    }
}
