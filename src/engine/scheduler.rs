//! The one scheduler of a process: when each delivery that is followed is asked about, and which
//! leases are renewed. Nothing wakes while there is nothing to follow.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::poll::{Followed, Polled, Poller};
use crate::store::{DeliveryId, StoreError, Unfinished};

/// Seconds between the questions about one delivery; the last repeats. The first results
/// matter to anyone who waits for a code, the later ones only to the statistics.
const BACKOFF: [u64; 10] = [1, 1, 2, 3, 5, 8, 13, 21, 34, 60];

/// Requests under way at once, over all deliveries.
const MAX_IN_FLIGHT: usize = 16;

/// Time between two looks at a store that fails.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// What is asked of the scheduler.
pub(super) enum Command {
    /// Follow this one.
    Follow(Followed),
    /// See whether anything is no one's, now and whenever a lease ends.
    TakeOver,
    /// Let go of everything, and say when that is done.
    GiveUp(oneshot::Sender<Result<(), StoreError>>),
}

/// A delivery in the scheduler.
struct Scheduled {
    followed: Followed,
    polls: usize,
    /// When it is asked about by the engine's clock, which may stand still meanwhile.
    due: Timestamp,
}

/// The one scheduler of a process.
pub(super) struct Scheduler {
    poller: Poller,
    /// What is in `due` or in flight, and still this process's.
    held: BTreeSet<DeliveryId>,
    due: BTreeMap<(Instant, DeliveryId), Scheduled>,
    in_flight: JoinSet<(Scheduled, Polled)>,
    paused_until: Instant,
    renew_at: Instant,
    takes_over: bool,
    take_over_at: Option<Instant>,
}

impl Scheduler {
    pub(super) fn new(poller: Poller) -> Self {
        let now = Instant::now();
        Self {
            poller,
            held: BTreeSet::new(),
            due: BTreeMap::new(),
            in_flight: JoinSet::new(),
            paused_until: now,
            renew_at: now,
            takes_over: false,
            take_over_at: None,
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        loop {
            self.poll_what_is_due();
            let wake = self.next_wake();
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(Command::Follow(followed)) => self.follow(followed),
                    Some(Command::TakeOver) => self.take_over().await,
                    Some(Command::GiveUp(reply)) => {
                        // The caller may have lost patience.
                        let _ = reply.send(self.give_up().await);
                    }
                    None => return,
                },
                Some(done) = self.in_flight.join_next(), if !self.in_flight.is_empty() => {
                    if let Ok((scheduled, polled)) = done {
                        self.settle(scheduled, polled);
                    }
                }
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                    let now = Instant::now();
                    if self.take_over_at.is_some_and(|at| at <= now) {
                        self.take_over().await;
                    }
                    if self.follows_any() && self.renew_at <= now {
                        self.renew().await;
                    }
                }
            }
        }
    }

    fn follows_any(&self) -> bool {
        !self.held.is_empty()
    }

    /// The next moment at which something is to be done; `None` while nothing is scheduled and
    /// nothing can be taken over, so that an idle process is never woken.
    fn next_wake(&self) -> Option<Instant> {
        let room = self.in_flight.len() < MAX_IN_FLIGHT;
        let due = self.due.first_key_value().filter(|_| room);
        let due = due.map(|((at, _), _)| (*at).max(self.paused_until));
        let renewal = self.follows_any().then_some(self.renew_at);
        [due, renewal, self.take_over_at].into_iter().flatten().min()
    }

    fn poll_what_is_due(&mut self) {
        while self.in_flight.len() < MAX_IN_FLIGHT
            && let Some(entry) = self.due.first_entry()
            && entry.key().0.max(self.paused_until) <= Instant::now()
        {
            let scheduled = entry.remove();
            self.poller.clock.reach(scheduled.due);
            let poller = self.poller.clone();
            self.in_flight.spawn(async move {
                let polled = poller.poll(&scheduled.followed).await;
                (scheduled, polled)
            });
        }
    }

    fn settle(&mut self, mut scheduled: Scheduled, polled: Polled) {
        scheduled.polls += 1;
        if !self.held.contains(&scheduled.followed.delivery) {
            return;
        }
        match polled {
            Polled::Ended => {
                self.held.remove(&scheduled.followed.delivery);
            }
            Polled::Deferred => {
                self.held.remove(&scheduled.followed.delivery);
                self.take_over_at = self.takes_over.then(Instant::now);
            }
            Polled::Later(_) => self.schedule(scheduled),
            Polled::After(wait) => self.schedule_in(wait, scheduled),
            Polled::Found(sid) => {
                let followed = Followed { sid: Some(sid), ..scheduled.followed };
                self.schedule(Scheduled { followed, polls: 0, ..scheduled });
            }
            Polled::Pause(pause) => {
                self.paused_until = self.paused_until.max(Instant::now() + pause);
                self.schedule(scheduled);
            }
        }
    }

    fn follow(&mut self, followed: Followed) {
        if !self.follows_any() {
            self.renew_at = Instant::now() + self.poller.leaseholder.lease / 3;
        }
        // A process that was stopped for long may take over what it follows already.
        if self.held.insert(followed.delivery) {
            let due = self.poller.clock.now();
            self.schedule(Scheduled { followed, polls: 0, due });
        }
    }

    fn schedule(&mut self, scheduled: Scheduled) {
        let seconds = BACKOFF[scheduled.polls.min(BACKOFF.len() - 1)];
        self.schedule_in(Duration::from_secs(seconds), scheduled);
    }

    fn schedule_in(&mut self, wait: Duration, mut scheduled: Scheduled) {
        scheduled.due = self.poller.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
        self.due.insert((Instant::now() + wait, scheduled.followed.delivery), scheduled);
    }

    /// Renews the leases, and lets go of what another process has taken over meanwhile.
    async fn renew(&mut self) {
        self.renew_at = Instant::now() + self.poller.leaseholder.lease / 3;
        let lease = self.poller.leaseholder.lease(self.poller.clock.now());
        let held = self.held.iter().copied().collect();
        if let Ok(ours) = self.poller.store.renew_all(held, lease).await {
            self.held = ours.into_iter().collect();
            self.due.retain(|(_, delivery), _| self.held.contains(delivery));
        }
    }

    async fn give_up(&mut self) -> Result<(), StoreError> {
        (self.takes_over, self.take_over_at) = (false, None);
        self.held.clear();
        self.due.clear();
        self.poller.store.give_up(self.poller.leaseholder.owner).await
    }

    /// Takes over what is no one's, and sees when that may be the case again.
    async fn take_over(&mut self) {
        self.takes_over = true;
        let (store, leaseholder) = (self.poller.store.clone(), self.poller.leaseholder);
        let now = self.poller.clock.now();
        // Reading first: a write would wake every process that watches the store.
        let mut next = store.next_lease_end(now).await;
        if matches!(next, Ok(Some(end)) if end <= now) {
            let taken = store.take_over(leaseholder.lease(now), now).await.unwrap_or_default();
            for Unfinished { delivery, environment, sid, account, at, .. } in taken {
                self.follow(Followed { delivery, environment, sid, account, asked_at: at });
            }
            next = store.next_lease_end(now).await;
        }
        // What cannot be taken now (a failing store) is tried again, but not at once.
        let wait = match next {
            Ok(end) => end.map(|end| {
                let wait = Duration::try_from(end.duration_since(now)).unwrap_or_default();
                wait.max(Duration::from_secs(1))
            }),
            Err(_) => Some(STORE_RETRY),
        };
        self.take_over_at = wait.map(|wait| Instant::now() + wait);
    }
}
