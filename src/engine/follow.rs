//! Follows deliveries to their end by asking the provider, all of them from one scheduler.
//!
//! Nothing wakes while there is nothing to follow.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::desk::{Answer, Desk, Order};
use crate::store::{DeliveryId, StoreError, Unfinished};

/// Seconds between the questions about one delivery; the last repeats. The first answers
/// matter to whoever waits for a code, the later ones only to the statistics.
const BACKOFF: [u64; 10] = [1, 1, 2, 3, 5, 8, 13, 21, 34, 60];

/// Requests under way at once, over all deliveries.
const MAX_IN_FLIGHT: usize = 16;

/// Time between two looks at a store that fails.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// Deliveries that may wait for the scheduler to take them; beyond that, senders wait.
const WAITING_ORDERS: usize = 1024;

/// What is asked of the scheduler.
enum Wish {
    /// Follow this one.
    Follow(Order),
    /// See whether anything is nobody's, now and whenever a lease ends.
    TakeOver,
    /// Let go of everything, and say when that is done.
    GiveUp(oneshot::Sender<Result<(), StoreError>>),
}

/// The scheduler's inbox. The scheduler ends when the last one is dropped.
pub(super) struct Follower {
    wishes: mpsc::Sender<Wish>,
}

impl Follower {
    pub(super) fn start(desk: Desk) -> Self {
        let (wishes, inbox) = mpsc::channel(WAITING_ORDERS);
        tokio::spawn(Schedule::new(desk).run(inbox));
        Self { wishes }
    }

    /// Has a delivery followed; waits if very many are waiting already.
    pub(super) async fn follow(&self, order: Order) {
        // It fails only while the runtime shuts down; the next process takes over then.
        let _ = self.wishes.send(Wish::Follow(order)).await;
    }

    /// Has taken over what nobody follows any more, and from then on what a dead process leaves.
    pub(super) async fn take_over(&self) {
        // As above.
        let _ = self.wishes.send(Wish::TakeOver).await;
    }

    /// Lets go of everything that is followed.
    pub(super) async fn give_up(&self) -> Result<(), StoreError> {
        let (reply, given_up) = oneshot::channel();
        // As above.
        let _ = self.wishes.send(Wish::GiveUp(reply)).await;
        given_up.await.unwrap_or(Ok(()))
    }
}

/// A delivery in the scheduler.
struct Followed {
    order: Order,
    asked: usize,
    /// When it is asked about by the engine's clock, which may stand still meanwhile.
    due: Timestamp,
}

/// The one scheduler of a process.
struct Schedule {
    desk: Desk,
    /// What is in `due` or in flight, and still this process's.
    held: BTreeSet<DeliveryId>,
    due: BTreeMap<(Instant, DeliveryId), Followed>,
    in_flight: JoinSet<(Followed, Answer)>,
    paused_until: Instant,
    renew_at: Instant,
    takes_over: bool,
    take_over_at: Option<Instant>,
}

impl Schedule {
    fn new(desk: Desk) -> Self {
        let now = Instant::now();
        Self {
            desk,
            held: BTreeSet::new(),
            due: BTreeMap::new(),
            in_flight: JoinSet::new(),
            paused_until: now,
            renew_at: now,
            takes_over: false,
            take_over_at: None,
        }
    }

    async fn run(mut self, mut inbox: mpsc::Receiver<Wish>) {
        loop {
            self.ask_what_is_due();
            let wake = self.next_wake();
            tokio::select! {
                wish = inbox.recv() => match wish {
                    Some(Wish::Follow(order)) => self.follow(order),
                    Some(Wish::TakeOver) => self.take_over().await,
                    Some(Wish::GiveUp(reply)) => {
                        // Whoever asked may have lost patience.
                        let _ = reply.send(self.give_up().await);
                    }
                    None => return,
                },
                Some(done) = self.in_flight.join_next(), if !self.in_flight.is_empty() => {
                    if let Ok((followed, answer)) = done {
                        self.settle(followed, answer);
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

    /// The next moment at which something is to be done; `None` while nothing is followed and
    /// nothing can be taken over, so that an idle process is never woken.
    fn next_wake(&self) -> Option<Instant> {
        let room = self.in_flight.len() < MAX_IN_FLIGHT;
        let due = self.due.first_key_value().filter(|_| room);
        let due = due.map(|((at, _), _)| (*at).max(self.paused_until));
        let renewal = self.follows_any().then_some(self.renew_at);
        [due, renewal, self.take_over_at].into_iter().flatten().min()
    }

    fn ask_what_is_due(&mut self) {
        while self.in_flight.len() < MAX_IN_FLIGHT
            && let Some(entry) = self.due.first_entry()
            && entry.key().0.max(self.paused_until) <= Instant::now()
        {
            let followed = entry.remove();
            self.desk.clock.reach(followed.due);
            let desk = self.desk.clone();
            self.in_flight.spawn(async move {
                let answer = desk.ask(&followed.order).await;
                (followed, answer)
            });
        }
    }

    fn settle(&mut self, mut followed: Followed, answer: Answer) {
        followed.asked += 1;
        if !self.held.contains(&followed.order.delivery) {
            return;
        }
        match answer {
            Answer::Ended => {
                self.held.remove(&followed.order.delivery);
            }
            Answer::Parked => {
                self.held.remove(&followed.order.delivery);
                self.take_over_at = self.takes_over.then(Instant::now);
            }
            Answer::Later(_) => self.schedule(followed),
            Answer::After(wait) => self.schedule_in(wait, followed),
            Answer::Found(sid) => {
                let order = Order { sid: Some(sid), ..followed.order };
                self.schedule(Followed { order, asked: 0, ..followed });
            }
            Answer::Pause(pause) => {
                self.paused_until = self.paused_until.max(Instant::now() + pause);
                self.schedule(followed);
            }
        }
    }

    fn follow(&mut self, order: Order) {
        if !self.follows_any() {
            self.renew_at = Instant::now() + self.desk.tenure.lease / 3;
        }
        // A process that was stopped for long may take over what it follows already.
        if self.held.insert(order.delivery) {
            let due = self.desk.clock.now();
            self.schedule(Followed { order, asked: 0, due });
        }
    }

    fn schedule(&mut self, followed: Followed) {
        let seconds = BACKOFF[followed.asked.min(BACKOFF.len() - 1)];
        self.schedule_in(Duration::from_secs(seconds), followed);
    }

    fn schedule_in(&mut self, wait: Duration, mut followed: Followed) {
        followed.due = self.desk.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
        self.due.insert((Instant::now() + wait, followed.order.delivery), followed);
    }

    /// Renews the leases, and lets go of what another process has taken over meanwhile.
    async fn renew(&mut self) {
        self.renew_at = Instant::now() + self.desk.tenure.lease / 3;
        let lease = self.desk.tenure.lease(self.desk.clock.now());
        let held = self.held.iter().copied().collect();
        if let Ok(ours) = self.desk.store.renew_all(held, lease).await {
            self.held = ours.into_iter().collect();
            self.due.retain(|(_, delivery), _| self.held.contains(delivery));
        }
    }

    async fn give_up(&mut self) -> Result<(), StoreError> {
        (self.takes_over, self.take_over_at) = (false, None);
        self.held.clear();
        self.due.clear();
        self.desk.store.give_up(self.desk.tenure.owner).await
    }

    /// Takes over what is nobody's, and sees when that may be the case again.
    async fn take_over(&mut self) {
        self.takes_over = true;
        let (store, tenure) = (self.desk.store.clone(), self.desk.tenure);
        let now = self.desk.clock.now();
        // Reading first: a write would wake every process that watches the store.
        let mut next = store.next_lease_end(now).await;
        if matches!(next, Ok(Some(end)) if end <= now) {
            let taken = store.take_over(tenure.lease(now), now).await.unwrap_or_default();
            for Unfinished { delivery, environment, sid, account, at, .. } in taken {
                self.follow(Order { delivery, environment, sid, account, asked_at: at });
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
