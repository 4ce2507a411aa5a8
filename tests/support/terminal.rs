//! The real binary in a pseudo-terminal, with a terminal emulator that reads its screen.

use std::io::{Read, Write};
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::deck::{Deck, SMSDECK};

/// How long a screen is waited for before the test gives up; far longer than it ever takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Keys, as the bytes that a terminal sends.
pub const BACK_TAB: &str = "\x1b[Z";
pub const DOWN: &str = "\x1b[B";

/// The corner of the pane that has the focus.
const PANE: char = '┏';

/// What stands before the line that has the focus.
const FOCUS: char = '›';

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

/// Begins a synchronized update, which is one frame (DEC private mode 2026).
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";

/// Ends a synchronized update.
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// What has come from the program so far. The emulator is given whole frames only, so that
/// nobody ever sees half a frame, however the bytes are cut on their way.
struct Shown {
    emulator: vt100::Parser,
    bytes: Vec<u8>,
    /// How many of the bytes the emulator has been given.
    drawn: usize,
    ended: bool,
}

impl Shown {
    fn new() -> Self {
        let emulator = vt100::Parser::new(ROWS, COLUMNS, 0);
        Self { emulator, bytes: Vec::new(), drawn: 0, ended: false }
    }

    /// Takes the next bytes; none of them is the end of the program.
    fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ended = bytes.is_empty();
        let last = |mark: &[u8]| self.bytes.windows(mark.len()).rposition(|found| found == mark);
        let open = last(FRAME_BEGINS).filter(|&begin| last(FRAME_ENDS) < Some(begin));
        // What comes outside of frames, as from a shell, is drawn at once.
        let whole = open.filter(|_| !self.ended).unwrap_or(self.bytes.len());
        if whole > self.drawn {
            self.emulator.process(&self.bytes[self.drawn..whole]);
            self.drawn = whole;
        }
    }

    fn screen(&self) -> &vt100::Screen {
        self.emulator.screen()
    }

    fn text(&self) -> String {
        self.screen().contents()
    }
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

    /// On a terminal of another size, in columns and rows.
    pub fn start_sized(deck: &Deck, (columns, rows): (u16, u16)) -> Self {
        let script = format!("stty cols {columns} rows {rows}; exec \"$1\"");
        Self::start_shell(deck, &script)
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
        pty.resize(pty_process::Size::new(ROWS, COLUMNS)).unwrap();
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
        let shown = Arc::new((Mutex::new(Shown::new()), Condvar::new()));
        let pty = Arc::new(pty);
        let (reader, seen) = (Arc::clone(&pty), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let count = (&*reader).read(&mut bytes).unwrap_or(0);
                seen.0.lock().unwrap().take(&bytes[..count]);
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

    /// Goes to the field of the settings form that has this label, with the keys of the console.
    pub fn go_to(&self, label: &str) {
        self.press_until(BACK_TAB, PANE, "SMS");
        self.press_until(DOWN, FOCUS, label.split(' ').next().unwrap());
    }

    /// Presses a key until this word follows a mark on the screen.
    fn press_until(&self, key: &str, mark: char, wanted: &str) {
        let marked = |screen: &str| {
            let behind = screen.split_once(mark)?.1;
            let word = behind.split_whitespace().next()?;
            // A warning stands before the label.
            Some(word.trim_start_matches('!').to_owned())
        };
        let mut word = self.wait_until(wanted, |shown| marked(&shown.text()));
        while word != wanted {
            self.type_text(key);
            // Only then has the key been read.
            let next = |shown: &Shown| marked(&shown.text()).filter(|next| *next != word);
            word = self.wait_until(wanted, next);
        }
    }

    /// Waits until the screen holds a text, and returns the screen.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(text, |shown| Some(shown.text()).filter(|screen| screen.contains(text)))
    }

    /// Waits until the screen no longer holds a text, and returns the screen.
    pub fn wait_gone(&self, text: &str) -> String {
        self.wait_until(text, |shown| Some(shown.text()).filter(|screen| !screen.contains(text)))
    }

    /// Waits until the screen is this one, letter by letter.
    pub fn wait_until_shown(&self, wanted: &str) {
        self.wait_until(wanted, |shown| (Picture::of(shown.screen()).text == wanted).then_some(()));
    }

    /// Waits until the screen holds all of these texts at once, and returns its picture.
    pub fn picture(&self, texts: &[&str]) -> Picture {
        self.wait_until(&texts.join("\n"), |shown| {
            let screen = shown.text();
            let holds_all = texts.iter().all(|text| screen.contains(text));
            holds_all.then(|| Picture::of(shown.screen()))
        })
    }

    /// Waits until the program has closed the terminal.
    pub fn wait_end(&mut self) -> std::process::ExitStatus {
        self.wait_until("the end", |shown| shown.ended.then_some(()));
        self.child.wait().unwrap()
    }

    /// Waits until something is found in what is shown.
    fn wait_until<Found>(&self, what: &str, find: impl Fn(&Shown) -> Option<Found>) -> Found {
        let end = Instant::now() + PATIENCE;
        let mut shown = self.shown.0.lock().unwrap();
        loop {
            if let Some(found) = find(&shown) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            let is_over = left.is_zero() || shown.ended;
            assert!(!is_over, "waited in vain for {what:?}:\n{}", shown.text());
            shown = self.shown.1.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// All bytes that the program has written so far.
    pub fn written(&self) -> Vec<u8> {
        self.shown.0.lock().unwrap().bytes.clone()
    }

    /// Whether the program has left the alternate screen and shows the cursor again.
    pub fn is_restored(&self) -> bool {
        let shown = self.shown.0.lock().unwrap();
        let screen = shown.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), signal).unwrap();
    }
}
