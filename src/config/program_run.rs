//! Runs a program that prints a secret: without a shell, in a process group and an environment of
//! its own, for a bounded time; what it leaves running is ended with it.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use zeroize::Zeroizing;

/// How long a program may take to print a secret; it may have to wait for a password agent.
const MAX_RUN: Duration = Duration::from_secs(10);

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
pub(super) type Printed = Result<Zeroizing<String>, String>;

/// Runs a program, without a shell, and takes what it prints. Blocks for ten seconds at most.
pub(super) fn run_program(words: &[String]) -> Printed {
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
        None => Err(format!("it took more than {} s", MAX_RUN.as_secs())),
        Some(status) if !status.success() => {
            Err(format!("the command failed ({status}); run it yourself to see why"))
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
/// Processes that the program has started may keep the output open for as long as they like.
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
        assert!(judged(None, b"s3cret").unwrap_err().contains("more than 10 s"));
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
