//! The real binary in a pseudo-terminal, with a terminal emulator that reads its screen.

use std::io::{Read, Write};
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::deck::{Deck, SMSDECK};

/// How long a screen is waited for before the test gives up; far longer than it ever takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a picture may take to become the one that is wanted; then it is another one.
const LONG_ENOUGH: Duration = Duration::from_secs(10);

/// What has come from the program so far.
struct Shown {
    emulator: vt100::Parser,
    bytes: Vec<u8>,
    ended: bool,
}

/// What somebody sees: a blank is a blank, whether it was written or never was.
#[derive(Debug, PartialEq, Eq)]
pub struct Picture {
    /// The text, line by line.
    pub text: String,
    /// Row by row what each place shows, and how.
    cells: Vec<String>,
    cursor: Option<(u16, u16)>,
}

impl Picture {
    fn of(screen: &vt100::Screen) -> Self {
        let (rows, columns) = screen.size();
        let cell = |row, column| {
            let cell = screen.cell(row, column).unwrap();
            let shown = if cell.contents().trim().is_empty() { " " } else { cell.contents() };
            let (front, back) = (cell.fgcolor(), cell.bgcolor());
            // Of a blank nobody sees the colour of its letter, nor whether it is bold.
            let is_blank = shown == " " && !cell.inverse() && !cell.underline();
            let letter = (front, cell.bold(), cell.dim());
            let letter = (!is_blank).then_some(letter);
            format!("{shown:?} {letter:?} {back:?} {} {}", cell.inverse(), cell.underline())
        };
        let row = |row| (0..columns).map(|column| cell(row, column)).collect::<Vec<_>>().join("\n");
        Self {
            text: screen.contents().lines().map(str::trim_end).collect::<Vec<_>>().join("\n"),
            cells: (0..rows).map(row).collect(),
            cursor: (!screen.hide_cursor()).then(|| screen.cursor_position()),
        }
    }
}

/// A program in a pseudo-terminal of 80 by 24.
pub struct Terminal {
    pty: Arc<pty_process::blocking::Pty>,
    pub child: Child,
    shown: Arc<(Mutex<Shown>, Condvar)>,
}

impl Terminal {
    pub fn start(deck: &Deck, arguments: &[&str]) -> Self {
        Self::start_with(deck, arguments, &[])
    }

    /// With more variables in its environment.
    pub fn start_with(deck: &Deck, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::spawn(deck, (SMSDECK, arguments), variables)
    }

    /// A script of the shell, to which the program is `$1`.
    pub fn start_shell(deck: &Deck, script: &str) -> Self {
        Self::spawn(deck, ("/bin/sh", &["-c", script, "sh", SMSDECK]), &[])
    }

    fn spawn(
        deck: &Deck,
        (program, arguments): (&str, &[&str]),
        variables: &[(&str, &str)],
    ) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(pty_process::Size::new(24, 80)).unwrap();
        let child = pty_process::blocking::Command::new(program)
            .args(arguments)
            .env_clear()
            .env("HOME", deck.home.path())
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("USER", "ana")
            .envs(variables.iter().copied())
            .spawn(pts)
            .unwrap();
        let emulator = vt100::Parser::new(24, 80, 0);
        let shown = Arc::new((
            Mutex::new(Shown { emulator, bytes: Vec::new(), ended: false }),
            Condvar::new(),
        ));
        let pty = Arc::new(pty);
        let (reader, seen) = (Arc::clone(&pty), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let count = (&*reader).read(&mut bytes).unwrap_or(0);
                let mut shown = seen.0.lock().unwrap();
                shown.emulator.process(&bytes[..count]);
                shown.bytes.extend_from_slice(&bytes[..count]);
                shown.ended = count == 0;
                seen.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self { pty, child, shown }
    }

    /// Types text, or keys written as the bytes that a terminal sends.
    pub fn type_text(&self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).unwrap();
    }

    /// Waits until the screen holds a text, and answers the screen.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(text, |screen, _| screen.contains(text))
    }

    /// Waits until the screen no longer holds a text.
    pub fn wait_gone(&self, text: &str) -> String {
        self.wait_until(text, |screen, _| !screen.contains(text))
    }

    /// Waits until the screen is this one, letter by letter.
    pub fn wait_until_shown(&self, wanted: &str) {
        self.wait_until(wanted, |screen, _| screen == wanted);
    }

    /// Waits until the screen is this one, and says whether it became so.
    pub fn comes_to_show(&self, wanted: &str) -> bool {
        let end = Instant::now() + LONG_ENOUGH;
        let trimmed = |screen: &str| -> String {
            screen.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
        };
        let mut shown = self.shown.0.lock().unwrap();
        loop {
            if trimmed(&shown.emulator.screen().contents()) == wanted {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || shown.ended {
                return false;
            }
            shown = self.shown.1.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// Waits until the program has closed the terminal.
    pub fn wait_end(&mut self) -> std::process::ExitStatus {
        self.wait_until("the end", |_, ended| ended);
        self.child.wait().unwrap()
    }

    fn wait_until(&self, what: &str, fits: impl Fn(&str, bool) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        let mut shown = self.shown.0.lock().unwrap();
        loop {
            let screen = shown.emulator.screen().contents();
            if fits(&screen, shown.ended) {
                return screen;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !shown.ended, "waited in vain for {what:?}:\n{screen}");
            shown = self.shown.1.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// The picture with this text on it, between two frames.
    pub fn picture(&self, text: &str) -> Picture {
        let last = |bytes: &[u8], mark: &[u8]| {
            bytes.windows(mark.len()).rposition(|window| window == mark)
        };
        loop {
            self.wait_for(text);
            let shown = self.shown.0.lock().unwrap();
            // Each frame is a synchronized update.
            let (begun, ended) =
                (last(&shown.bytes, b"\x1b[?2026h"), last(&shown.bytes, b"\x1b[?2026l"));
            let screen = shown.emulator.screen();
            if begun < ended && screen.contents().contains(text) {
                return Picture::of(screen);
            }
            drop(self.shown.1.wait_timeout(shown, PATIENCE).unwrap());
        }
    }

    /// All bytes that the program has written so far.
    pub fn written(&self) -> Vec<u8> {
        self.shown.0.lock().unwrap().bytes.clone()
    }

    /// Whether the program has left the alternate screen and shows the cursor again.
    pub fn is_restored(&self) -> bool {
        let shown = self.shown.0.lock().unwrap();
        let screen = shown.emulator.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), signal).unwrap();
    }
}
