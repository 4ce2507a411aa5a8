//! Reads the keys, on threads of their own.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::mpsc::Sender;

use super::message::Message;
use super::pieces::{PATIENCE, Pieces};

/// What the input can say.
#[derive(Debug)]
pub enum Heard {
    /// Something for `update`.
    Message(Message),
    /// The other end of the terminal is gone.
    HungUp,
}

/// Keeps the keys from us while they belong to another program on the same terminal.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum GateState {
    /// The reader reads.
    #[default]
    Open,
    /// The reader is to stop.
    Closing,
    /// The reader has stopped.
    Closed,
}

impl Gate {
    /// Waits until no key is read any more.
    ///
    /// # Errors
    /// When the reader does not stop; the gate is open then.
    pub fn close(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = GateState::Closing;
        // A reader that waits for a key is woken by a change of the terminal's size.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::WINCH)?;
        let is_closing = |state: &mut GateState| *state == GateState::Closing;
        let (mut state, waited) = self
            .changed
            .wait_timeout_while(state, LONGEST_STOP, is_closing)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            *state = GateState::Open;
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the keys are still being read"));
        }
        Ok(())
    }

    /// Lets the reader read again.
    pub fn open(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = GateState::Open;
        self.changed.notify_all();
    }

    /// Stops the reader here while the gate is closed.
    fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state == GateState::Closing {
            *state = GateState::Closed;
            self.changed.notify_all();
        }
        let is_closed = |state: &mut GateState| *state == GateState::Closed;
        drop(self.changed.wait_while(state, is_closed).unwrap_or_else(PoisonError::into_inner));
    }
}

/// How long the reader may take to stop.
const LONGEST_STOP: Duration = Duration::from_secs(2);

/// Starts reading. The threads end with the process, or when nobody listens any more.
pub fn listen(heard: &Sender<Heard>) -> Arc<Gate> {
    let gate = Arc::new(Gate::default());
    let (keys, own_gate) = (heard.clone(), gate.clone());
    thread::spawn(move || read_events(&keys, &own_gate));
    let end = heard.clone();
    thread::spawn(move || wait_for_hang_up(&end));
    gate
}

fn read_events(heard: &Sender<Heard>, gate: &Gate) {
    let mut pieces = Pieces::default();
    loop {
        gate.pass();
        let Ok(events) = next_events(&mut pieces) else {
            // Nobody is left to be told if this fails.
            let _ = heard.blocking_send(Heard::HungUp);
            return;
        };
        for said in events.into_iter().filter_map(message) {
            if heard.blocking_send(Heard::Message(said)).is_err() {
                return;
            }
        }
    }
}

/// Waits for what comes next, and answers what is whole by then.
fn next_events(pieces: &mut Pieces) -> io::Result<Vec<Event>> {
    if pieces.are_waited_for() && !event::poll(PATIENCE)? {
        return Ok(pieces.give_up());
    }
    Ok(pieces.push(event::read()?))
}

/// What an event says, if it says anything.
fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Message::Key(as_meant(key))),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(columns, rows) => Some(Message::Resize(columns, rows)),
        _ => None,
    }
}

/// An Enter that was pressed before the terminal was ours has become a line feed on its way
/// (`ICRNL`, termios(3)), which reads as Ctrl-J.
fn as_meant(key: KeyEvent) -> KeyEvent {
    let line_feed = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL);
    if key == line_feed { KeyCode::Enter.into() } else { key }
}

/// Sleeps until the terminal is gone. The reader alone would not notice: it takes the end of
/// input for silence and spins on it.
fn wait_for_hang_up(heard: &Sender<Heard>) {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return;
    }
    loop {
        let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
        match poll(&mut watched, None) {
            Err(rustix::io::Errno::INTR) => {}
            _ => break,
        }
    }
    // Nobody is left to be told if this fails.
    let _ = heard.blocking_send(Heard::HungUp);
}
