//! The signals that the console waits for: the size has changed, or it is to end.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Quit,
    HungUp,
}

/// What a signal means.
pub(super) enum SignalEvent {
    End(End),
    Resize,
}

/// The signals that are waited for.
pub(super) struct Signals {
    resize: Signal,
    hang_up: Signal,
    terminate: Signal,
    pub(super) interrupt: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            resize: signal(SignalKind::window_change())?,
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(super) async fn recv(&mut self) -> SignalEvent {
        tokio::select! {
            _ = self.hang_up.recv() => SignalEvent::End(End::HungUp),
            _ = self.terminate.recv() => SignalEvent::End(End::Quit),
            _ = self.interrupt.recv() => SignalEvent::End(End::Quit),
            _ = self.resize.recv() => SignalEvent::Resize,
        }
    }
}
