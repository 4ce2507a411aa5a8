//! Has deliveries followed to their end, all of them by one scheduler.

use tokio::sync::{mpsc, oneshot};

use super::poll::{Followed, Poller};
use super::scheduler::{Command, Scheduler};
use crate::store::StoreError;

/// Commands that may wait for the scheduler; beyond that, senders wait.
const MAX_WAITING: usize = 1024;

/// The scheduler's inbox. The scheduler ends when the last one is dropped.
pub(super) struct Follower {
    commands: mpsc::Sender<Command>,
}

impl Follower {
    pub(super) fn start(poller: Poller) -> Self {
        let (commands, inbox) = mpsc::channel(MAX_WAITING);
        tokio::spawn(Scheduler::new(poller).run(inbox));
        Self { commands }
    }

    /// Follows nothing, for those who only read.
    pub(super) fn of_nothing() -> Self {
        Self { commands: mpsc::channel(1).0 }
    }

    /// Has a delivery followed; waits if very many are waiting already.
    pub(super) async fn follow(&self, followed: Followed) {
        self.send(Command::Follow(followed)).await;
    }

    /// Has taken over what no one follows any more, and from then on what a dead process leaves.
    pub(super) async fn take_over(&self) {
        self.send(Command::TakeOver).await;
    }

    /// Lets go of everything that is followed.
    pub(super) async fn give_up(&self) -> Result<(), StoreError> {
        let (reply, given_up) = oneshot::channel();
        self.send(Command::GiveUp(reply)).await;
        given_up.await.unwrap_or(Ok(()))
    }

    async fn send(&self, command: Command) {
        // It fails only while the runtime shuts down; the next process takes over then.
        let _ = self.commands.send(command).await;
    }
}
