//! The terminal as a resource: taken once, and given back exactly once in every case.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode, size,
};
use crossterm::{execute, queue};
use ratatui::Frame;
use ratatui::backend::CrosstermBackend;

use crate::process::end_on_panic;

/// How the terminal is ours now, so that it is given back as it was taken, and not twice.
static TAKEN: AtomicU8 = AtomicU8::new(NOT_TAKEN);

/// Whether clicks and turns of the wheel are reported while the terminal is ours.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Reports clicks and turns of the wheel (DEC private mode 1000) in a form without limits (1006); not
/// what moves: over a slow line that is much.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// No [`Kind`]: the terminal is not ours.
const NOT_TAKEN: u8 = u8::MAX;

/// How the terminal is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// As a whole screen, beside what was on it.
    Screen = 0,
    /// Line by line, below what was on it.
    Lines = 1,
}

/// Ends a synchronized update (DEC private mode 2026): the last bytes of every frame.
const END_OF_FRAME: &[u8] = b"\x1b[?2026l";

/// Standard output that holds a frame back until it is whole, so that it leaves in one write.
/// Drawing flushes in between; a slow line would show half a frame then.
#[derive(Default)]
struct WholeFrames(Vec<u8>);

impl Write for WholeFrames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.0.ends_with(END_OF_FRAME) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        let written = out.write_all(&self.0).and_then(|()| out.flush());
        self.0.clear();
        written
    }
}

/// The terminal, in raw mode while this lives, and on the alternate screen if it is used as one.
pub struct Terminal {
    kind: Kind,
    inner: ratatui::Terminal<CrosstermBackend<WholeFrames>>,
}

impl Terminal {
    /// Takes the terminal, and has a panic anywhere give it back and end the program.
    ///
    /// # Errors
    /// When standard output is no terminal.
    pub fn take(kind: Kind) -> io::Result<Self> {
        end_on_panic(1, give_back);
        enter(kind)?;
        let backend = CrosstermBackend::new(WholeFrames::default());
        let inner = ratatui::Terminal::new(backend).inspect_err(|_| give_back())?;
        Ok(Self { kind, inner })
    }

    /// Has clicks and turns of the wheel reported from now on.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn use_mouse(&mut self) -> io::Result<()> {
        MOUSE.store(true, Ordering::SeqCst);
        execute!(io::stdout(), Print(MOUSE_ON))
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn size() -> io::Result<(u16, u16)> {
        size()
    }

    /// Draws a frame: inside a synchronized update, in one write.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(self.inner.backend_mut(), BeginSynchronizedUpdate)?;
        self.inner.draw(view)?;
        queue!(self.inner.backend_mut(), EndSynchronizedUpdate)?;
        Write::flush(self.inner.backend_mut())
    }

    /// Writes text below what was written before.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Has the next frame painted in full. Asks the terminal nothing, as an answer would
    /// have to come through the input that is being read elsewhere.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn repaint(&mut self) -> io::Result<()> {
        let (width, height) = size()?;
        self.inner.resize(ratatui::layout::Rect { x: 0, y: 0, width, height })
    }

    /// Puts a text into the operator's clipboard, also over SSH (OSC 52).
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        execute!(out, CopyToClipboard::to_clipboard_from(text))
    }

    /// Stops the process as Ctrl-Z does, with the terminal given back meanwhile.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // Execution continues here after SIGCONT.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        enter(self.kind)
    }
}

impl Terminal {
    /// Has another program use the terminal until it ends; no key may be read meanwhile.
    ///
    /// # Errors
    /// With what the program's run came to, or when the terminal cannot be taken again.
    pub fn lend<T>(&mut self, run: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        give_back();
        let ran = run();
        enter(self.kind)?;
        ran
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter(kind: Kind) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(kind as u8, Ordering::SeqCst);
    let mut out = io::stdout();
    let entered = match kind {
        Kind::Screen => execute!(out, EnterAlternateScreen, EnableBracketedPaste),
        Kind::Lines => execute!(out, EnableBracketedPaste),
    };
    let uses_mouse = MOUSE.load(Ordering::SeqCst);
    let entered =
        entered.and_then(|()| if uses_mouse { execute!(out, Print(MOUSE_ON)) } else { Ok(()) });
    entered.inspect_err(|_| give_back())
}

/// Gives the terminal back, if it is taken. A failure here cannot be reported to anyone.
fn give_back() {
    let taken = TAKEN.swap(NOT_TAKEN, Ordering::SeqCst);
    if taken != NOT_TAKEN {
        let mut out = io::stdout();
        if MOUSE.load(Ordering::SeqCst) {
            let _ = queue!(out, Print(MOUSE_OFF));
        }
        let _ = if taken == Kind::Lines as u8 {
            queue!(out, DisableBracketedPaste, Print("\r\n"))
        } else {
            queue!(out, EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, Show)
        };
        let _ = out.flush();
        let _ = disable_raw_mode();
    }
}
