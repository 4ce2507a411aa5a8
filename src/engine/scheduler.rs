//! The one scheduler of a process: when each delivery that is followed is asked about, and which
//! leases are renewed. Nothing wakes while there is nothing to follow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::poll::{Followed, PAUSE, Polled, Poller};
use super::poll_many::{MAX_BATCH, MIN_BATCH};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::store::{DeliveryId, StoreError, Unfinished};

/// Seconds between the questions about one delivery; the last repeats. The first results
/// matter to anyone who waits for a code, the later ones only to the statistics.
const BACKOFF: [u64; 10] = [1, 1, 2, 3, 5, 8, 13, 21, 34, 60];

/// Requests under way at once in one environment, over all its deliveries. One whose provider does
/// not respond must not hold up the others.
const MAX_IN_FLIGHT: usize = 16;

/// Time between the moments at which messages are looked for in lists.
const TICK: Duration = Duration::from_millis(500);

/// Time between two looks at a store that fails.
const STORE_RETRY: Duration = Duration::from_secs(5);

/// Time between two looks for what can be taken over.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

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
    polls: u8,
    /// When it is asked about by the engine's clock, which may stand still meanwhile.
    due: Timestamp,
    /// Whether a list did not have it, so that it is asked about by itself.
    is_unlisted: bool,
}

impl Scheduled {
    /// Whether it can be looked up in a list with others of an account.
    fn is_listed_with(&self, account: Option<&Arc<str>>) -> bool {
        !self.is_unlisted
            && self.followed.sid.is_some()
            && self.followed.account.as_ref() == account
    }
}

/// The deliveries of one environment, which have one provider to ask.
struct Lane {
    due: BTreeMap<(Instant, DeliveryId), Scheduled>,
    /// Requests under way.
    in_flight: usize,
    /// Until when the provider wants to be left alone.
    paused_until: Instant,
    /// Whether the next request shows if a pause is over; only then the others follow.
    is_on_trial: bool,
}

impl Lane {
    fn new(now: Instant) -> Self {
        Self { due: BTreeMap::new(), in_flight: 0, paused_until: now, is_on_trial: false }
    }

    fn has_room(&self) -> bool {
        self.in_flight < if self.is_on_trial { 1 } else { MAX_IN_FLIGHT }
    }

    /// When the next one is to be asked about; `None` while there is none, or no room for it.
    fn next(&self) -> Option<Instant> {
        let ((at, _), _) = self.due.first_key_value().filter(|_| self.has_room())?;
        Some((*at).max(self.paused_until))
    }

    /// Takes what is due by now and asked about with one request: the next one, with when it was due,
    /// or many of its account.
    fn take_due(&mut self, now: Instant) -> Option<(Instant, Vec<Scheduled>)> {
        self.next().filter(|at| *at <= now)?;
        let ((due, _), first) = self.due.pop_first()?;
        self.in_flight += 1;
        let mut taken = vec![first];
        let account = taken[0].followed.account.clone();
        if taken[0].is_listed_with(account.as_ref()) {
            let with_it: Vec<(Instant, DeliveryId)> = self
                .due
                .range(..=(now, DeliveryId(i64::MAX)))
                .filter(|(_, other)| other.is_listed_with(account.as_ref()))
                .map(|(key, _)| *key)
                .take(MAX_BATCH - 1)
                .collect();
            if with_it.len() + 1 >= MIN_BATCH {
                taken.extend(with_it.iter().filter_map(|key| self.due.remove(key)));
            }
        }
        Some((due, taken))
    }

    /// Whether nothing is asked about, now or later.
    fn is_idle(&self) -> bool {
        self.due.is_empty() && self.in_flight == 0
    }

    /// Takes note that a request has come back, perhaps with the request to wait for a while.
    /// Then one request shows whether that was long enough.
    fn came_back(&mut self, pause: Option<Duration>) {
        let now = Instant::now();
        self.in_flight = self.in_flight.saturating_sub(1);
        match pause {
            Some(pause) => {
                self.paused_until = self.paused_until.max(now + pause);
                self.is_on_trial = true;
            }
            // What was under way when the pause began says nothing about its end.
            None if now >= self.paused_until => self.is_on_trial = false,
            None => {}
        }
    }
}

/// Asks about what was taken with one request; a single one that was `due`, or many in a list.
async fn ask(poller: &Poller, taken: Vec<Scheduled>, due: Instant) -> Vec<(Scheduled, Polled)> {
    let polled = match taken.as_slice() {
        [one] => vec![poller.poll(&one.followed, due).await],
        many => {
            let batch: Vec<&Followed> = many.iter().map(|it| &it.followed).collect();
            poller.poll_many(&batch).await
        }
    };
    taken.into_iter().zip(polled).collect()
}

/// The one scheduler of a process.
pub(super) struct Scheduler {
    poller: Poller,
    /// What is due or in flight, and still this process's.
    held: BTreeSet<DeliveryId>,
    lanes: PerEnvironment<Lane>,
    in_flight: JoinSet<Vec<(Scheduled, Polled)>>,
    renew_at: Instant,
    takes_over: bool,
    take_over_at: Option<Instant>,
    /// When it was last seen to whether anything can be taken over.
    looked_at: Option<Instant>,
    started: Instant,
}

impl Scheduler {
    pub(super) fn new(poller: Poller) -> Self {
        let now = Instant::now();
        Self {
            poller,
            held: BTreeSet::new(),
            lanes: PerEnvironment::from_fn(|_| Lane::new(now)),
            in_flight: JoinSet::new(),
            renew_at: now,
            takes_over: false,
            take_over_at: None,
            looked_at: None,
            started: now,
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        loop {
            self.poll_what_is_due();
            let wake = self.next_wake();
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(Command::Follow(followed)) => self.follow(followed),
                    Some(Command::TakeOver) => self.take_over_soon().await,
                    Some(Command::GiveUp(reply)) => {
                        // The caller may have lost patience.
                        let _ = reply.send(self.give_up().await);
                    }
                    None => return,
                },
                Some(done) = self.in_flight.join_next(), if !self.in_flight.is_empty() => {
                    self.came_back(done.unwrap_or_default());
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
        let due = self.lanes.iter().filter_map(|(_, lane)| lane.next()).min();
        let renewal = self.follows_any().then_some(self.renew_at);
        [due, renewal, self.take_over_at].into_iter().flatten().min()
    }

    fn poll_what_is_due(&mut self) {
        for environment in Environment::ALL {
            while let Some((due, taken)) = self.lanes[environment].take_due(Instant::now()) {
                let latest = taken.iter().map(|scheduled| scheduled.due).max();
                if let Some(moment) = latest {
                    self.poller.clock.reach(moment);
                }
                let poller = self.poller.clone();
                self.in_flight.spawn(async move { ask(&poller, taken, due).await });
            }
        }
    }

    /// Takes what came of one request.
    fn came_back(&mut self, asked: Vec<(Scheduled, Polled)>) {
        let Some((scheduled, polled)) = asked.first() else { return };
        let environment = scheduled.followed.environment;
        self.lanes[environment].came_back(match polled {
            Polled::Pause(pause) => Some(*pause),
            Polled::Refused => Some(PAUSE),
            _ => None,
        });
        for (scheduled, polled) in asked {
            self.settle(scheduled, polled);
        }
        if self.lanes[environment].is_idle() {
            self.poller.listings.forget(environment);
        }
    }

    fn settle(&mut self, mut scheduled: Scheduled, polled: Polled) {
        scheduled.polls = scheduled.polls.saturating_add(1);
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
            Polled::Later(status) => {
                let status = status.or(scheduled.followed.status);
                let followed = Followed { status, ..scheduled.followed };
                self.schedule(Scheduled { followed, ..scheduled });
            }
            Polled::Pause(_) | Polled::Refused => self.schedule(scheduled),
            Polled::NotListed => {
                self.schedule_in(Duration::ZERO, Scheduled { is_unlisted: true, ..scheduled });
            }
            Polled::After(wait) => self.schedule_in(wait, scheduled),
            Polled::Found(sid) => {
                let followed = Followed { sid: Some(sid.into()), ..scheduled.followed };
                self.schedule(Scheduled { followed, polls: 0, ..scheduled });
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
            self.schedule(Scheduled { followed, polls: 0, due, is_unlisted: false });
        }
    }

    fn schedule(&mut self, scheduled: Scheduled) {
        let seconds = BACKOFF[usize::from(scheduled.polls).min(BACKOFF.len() - 1)];
        self.schedule_in(Duration::from_secs(seconds), scheduled);
    }

    fn schedule_in(&mut self, wait: Duration, mut scheduled: Scheduled) {
        scheduled.due = self.poller.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
        let mut at = Instant::now() + wait;
        let is_busy = self.lanes[scheduled.followed.environment].due.len() >= MIN_BATCH;
        if scheduled.followed.sid.is_none() || (is_busy && !scheduled.is_unlisted) {
            // Those that are looked for in a list are due together, and share one.
            at = self.next_tick(at);
        }
        let lane = &mut self.lanes[scheduled.followed.environment];
        lane.due.insert((at, scheduled.followed.delivery), scheduled);
    }

    /// The next of the moments, a [`TICK`] apart, at which lists are looked through.
    fn next_tick(&self, at: Instant) -> Instant {
        let since = at.duration_since(self.started).as_nanos();
        let late = since % TICK.as_nanos();
        let rest = if late == 0 { 0 } else { TICK.as_nanos() - late };
        at + Duration::from_nanos(u64::try_from(rest).unwrap_or_default())
    }

    /// Renews the leases, and lets go of what another process has taken over meanwhile.
    async fn renew(&mut self) {
        self.renew_at = Instant::now() + self.poller.leaseholder.lease / 3;
        let lease = self.poller.leaseholder.lease(self.poller.clock.now());
        let held = self.held.iter().copied().collect();
        if let Ok(ours) = self.poller.store.renew_all(held, lease).await {
            self.held = ours.into_iter().collect();
            let held = &self.held;
            for environment in Environment::ALL {
                let due = &mut self.lanes[environment].due;
                due.retain(|(_, delivery), _| held.contains(delivery));
            }
        }
    }

    async fn give_up(&mut self) -> Result<(), StoreError> {
        (self.takes_over, self.take_over_at) = (false, None);
        self.held.clear();
        for environment in Environment::ALL {
            self.lanes[environment].due.clear();
        }
        self.poller.store.give_up(self.poller.leaseholder.owner).await
    }

    /// Has what is no one's taken over: now, or a little later where that was seen to just now. On a
    /// busy deck this is asked for with every change.
    async fn take_over_soon(&mut self) {
        self.takes_over = true;
        match self.looked_at.map(|at| at + LOOK_AGAIN) {
            Some(soon) if Instant::now() < soon => {
                self.take_over_at = Some(self.take_over_at.map_or(soon, |at| at.min(soon)));
            }
            _ => self.take_over().await,
        }
    }

    /// Takes over what is no one's, and sees when that may be the case again.
    async fn take_over(&mut self) {
        self.looked_at = Some(Instant::now());
        let (store, leaseholder) = (self.poller.store.clone(), self.poller.leaseholder);
        let now = self.poller.clock.now();
        // Reading first: a write would wake every process that watches the store.
        let mut next = store.next_lease_end(now).await;
        if matches!(next, Ok(Some(end)) if end <= now) {
            let taken = store.take_over(leaseholder.lease(now), now).await.unwrap_or_default();
            for Unfinished { delivery, environment, sid, account, at, .. } in taken {
                let (sid, account) = (sid.map(Into::into), account.map(Into::into));
                let (asked_at, status) = (at, None);
                let followed = Followed { delivery, environment, sid, account, asked_at, status };
                self.follow(followed);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(deliveries: i64) -> Lane {
        let now = Instant::now();
        let mut lane = Lane::new(now);
        for id in 0..deliveries {
            let delivery = DeliveryId(id);
            let environment = Environment::Test;
            let asked_at = Timestamp::UNIX_EPOCH;
            let followed = Followed {
                delivery,
                environment,
                sid: None,
                account: None,
                asked_at,
                status: None,
            };
            lane.due.insert(
                (now, delivery),
                Scheduled { followed, polls: 0, due: asked_at, is_unlisted: false },
            );
        }
        lane
    }

    #[test]
    fn a_delivery_that_is_followed_takes_at_most_300_bytes() {
        // A SID with what the allocator adds, and a place in each of two trees, whose nodes are at
        // least half full.
        let (sid, held) = (34 + 16, 2 * size_of::<DeliveryId>());
        let due = 2 * size_of::<((Instant, DeliveryId), Scheduled)>();
        assert!(sid + held + due <= 300, "{sid} + {held} + {due}");
    }

    /// Starts all requests that may be under way now, and returns how many there are.
    fn start_all(lane: &mut Lane) -> usize {
        std::iter::from_fn(|| lane.take_due(Instant::now())).count()
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_one_request_shows_whether_it_was_long_enough() {
        let mut lane = lane(100);
        assert_eq!(start_all(&mut lane), MAX_IN_FLIGHT);
        let pause = Duration::from_secs(5);
        lane.came_back(Some(pause));
        for _ in 1..MAX_IN_FLIGHT {
            lane.came_back(None);
        }
        assert_eq!(start_all(&mut lane), 0);
        tokio::time::advance(pause).await;
        assert_eq!(start_all(&mut lane), 1);
        lane.came_back(Some(pause));
        tokio::time::advance(pause).await;
        assert_eq!(start_all(&mut lane), 1);
        lane.came_back(None);
        assert_eq!(start_all(&mut lane), MAX_IN_FLIGHT);
    }
}
