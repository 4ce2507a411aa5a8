//! Reads the keys, on threads of their own.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event::{Event, KeyEventKind, read};
use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::mpsc::Sender;

use super::message::Message;

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
    loop {
        gate.pass();
        let said = match read() {
            Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                Heard::Message(Message::Key(key))
            }
            Ok(Event::Paste(text)) => Heard::Message(Message::Paste(text)),
            Ok(Event::Resize(columns, rows)) => Heard::Message(Message::Resize(columns, rows)),
            Ok(_) => continue,
            Err(_) => Heard::HungUp,
        };
        let over = matches!(said, Heard::HungUp);
        if heard.blocking_send(said).is_err() || over {
            return;
        }
    }
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
