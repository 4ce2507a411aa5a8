//! Reads the keys, on threads of their own.

use std::io::{self, IsTerminal};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::mpsc::Sender;

use super::bytes::Bytes;
use super::input::MouseInput;
use super::message::Message;

/// Bytes that are read at once.
const AT_ONCE: usize = 4096;

/// What the input can say.
#[derive(Debug)]
pub enum InputEvent {
    /// Something for `update`.
    Message(Message),
    /// The other end of the terminal is gone.
    HungUp,
}

/// Keeps the keys from us while they belong to another program on the same terminal.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
    /// Written to wake a reader that waits for a key.
    wake: OwnedFd,
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
        rustix::io::write(&self.wake, b"!")?;
        let is_closing = |state: &mut GateState| *state == GateState::Closing;
        let (mut state, waited) = self
            .changed
            .wait_timeout_while(state, MAX_STOP, is_closing)
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
const MAX_STOP: Duration = Duration::from_secs(2);

/// Starts reading. The threads end with the process, or when no one listens any more.
///
/// # Errors
/// When the system gives no pipe.
pub fn listen(events: &Sender<InputEvent>) -> io::Result<Arc<Gate>> {
    let (woken, wake) = rustix::pipe::pipe()?;
    let gate = Arc::new(Gate { state: Mutex::default(), changed: Condvar::new(), wake });
    let (keys, own_gate) = (events.clone(), gate.clone());
    thread::spawn(move || {
        // No one is left to notice if this fails.
        if read_keys(&keys, &own_gate, &woken).is_err() {
            let _ = keys.blocking_send(InputEvent::HungUp);
        }
    });
    let end = events.clone();
    thread::spawn(move || wait_for_hang_up(&end));
    Ok(gate)
}

/// Reads until no one listens any more.
fn read_keys(events: &Sender<InputEvent>, gate: &Gate, woken: &OwnedFd) -> io::Result<()> {
    let mut bytes = Bytes::default();
    loop {
        gate.pass();
        let was_broken = bytes.is_paste_broken();
        let read = next_events(&mut bytes, woken)?;
        if bytes.is_paste_broken() != was_broken {
            let message = Message::PasteBroken(!was_broken);
            if events.blocking_send(InputEvent::Message(message)).is_err() {
                return Ok(());
            }
        }
        for event in read {
            let message = match event {
                Event::Key(key) => Message::Key(key),
                Event::Paste(text) => Message::Paste(text),
                Event::Mouse(MouseEvent { kind, column, row, .. }) => match kind {
                    MouseEventKind::Down(MouseButton::Left) => {
                        Message::Mouse(MouseInput::Click(column, row))
                    }
                    MouseEventKind::ScrollUp => Message::Mouse(MouseInput::WheelUp(column, row)),
                    MouseEventKind::ScrollDown => {
                        Message::Mouse(MouseInput::WheelDown(column, row))
                    }
                    _ => continue,
                },
                _ => continue,
            };
            if events.blocking_send(InputEvent::Message(message)).is_err() {
                return Ok(());
            }
        }
    }
}

/// Waits for what comes next, and returns what is whole by then: nothing, where the reader was woken
/// for another reason.
fn next_events(bytes: &mut Bytes, woken: &OwnedFd) -> io::Result<Vec<Event>> {
    let stdin = io::stdin();
    let patience = bytes.patience().and_then(|patience| Timespec::try_from(patience).ok());
    let mut watched = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(woken, PollFlags::IN)];
    match poll(&mut watched, patience.as_ref()) {
        Err(Errno::INTR) => return Ok(Vec::new()),
        Ok(0) => return Ok(bytes.give_up()),
        polled => polled?,
    };
    let [keys, wake] = watched.map(|watched| watched.revents());
    let mut buffer = [0; AT_ONCE];
    if wake.contains(PollFlags::IN) {
        rustix::io::read(woken, &mut buffer)?;
        return Ok(Vec::new());
    }
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    match rustix::io::read(&stdin, &mut buffer) {
        // The end of input: without it this would spin for ever.
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(count) => Ok(bytes.push(&buffer[..count])),
        Err(Errno::INTR | Errno::AGAIN) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Sleeps until the terminal is gone, also while the keys belong to another program.
fn wait_for_hang_up(events: &Sender<InputEvent>) {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return;
    }
    loop {
        let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
        match poll(&mut watched, None) {
            Err(Errno::INTR) => {}
            _ => break,
        }
    }
    // No one is left to notice if this fails.
    let _ = events.blocking_send(InputEvent::HungUp);
}
