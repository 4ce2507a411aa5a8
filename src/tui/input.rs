//! Reads the keys, on threads of their own.

use std::io::IsTerminal;
use std::thread;

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

/// Starts reading. The threads end with the process, or when nobody listens any more.
pub fn listen(heard: &Sender<Heard>) {
    let keys = heard.clone();
    thread::spawn(move || read_events(&keys));
    let end = heard.clone();
    thread::spawn(move || wait_for_hang_up(&end));
}

fn read_events(heard: &Sender<Heard>) {
    loop {
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
