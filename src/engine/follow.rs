//! Follows deliveries to their end by asking the provider, all of them from one scheduler.
//!
//! Nothing wakes while there is nothing to follow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::client::Clients;
use super::{Clock, Engine};
use crate::config::Config;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::phone::PhoneNumber;
use crate::domain::provider::Provider;
use crate::domain::secret::DeckKey;
use crate::provider::{FetchError, MessageState, TwilioClient};
use crate::store::{DeliveryId, Lease, StatusReport, Store, Unfinished};

/// Seconds between the questions about one delivery; the last repeats. The first answers
/// matter to whoever waits for a code, the later ones only to the statistics.
const BACKOFF: [u64; 10] = [1, 1, 2, 3, 5, 8, 13, 21, 34, 60];

/// Requests under way at once, over all deliveries.
const MOST_IN_FLIGHT: usize = 16;

/// Deliveries that may wait for the scheduler to take them; beyond that, senders wait.
const WAITING_ORDERS: usize = 1024;

/// How long after its request a delivery is followed without a break. No code is valid for
/// longer than ten minutes; a status that has not come by then will hardly come.
const FOLLOW_FOR: SignedDuration = SignedDuration::from_mins(30);

/// How long everybody waits when the provider answers 429 without saying how long.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest that a provider's `Retry-After` holds everybody up.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// A delivery to follow.
#[derive(Clone)]
pub(super) struct Order {
    pub delivery: DeliveryId,
    pub environment: Environment,
    /// The provider's id of the message; `None` where it must be looked for first.
    pub sid: Option<String>,
    /// The recipient, where this process knows it; the store does not.
    pub to: Option<PhoneNumber>,
    /// When the code was asked for.
    pub asked_at: Timestamp,
}

/// What is asked of the scheduler.
enum Wish {
    /// Follow this one.
    Follow(Order),
    /// See whether anything is nobody's, now and whenever a lease of another process ends.
    TakeOver,
}

/// The identity of a process towards the others on the same store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tenure {
    /// Drawn at random.
    pub owner: i64,
    /// How long what it follows stays its own.
    pub lease: Duration,
}

impl Tenure {
    /// The lease from now on.
    pub(super) fn lease(self, now: Timestamp) -> Lease {
        let until = now.checked_add(self.lease).unwrap_or(Timestamp::MAX);
        Lease { owner: self.owner, until }
    }
}

/// The scheduler's inbox. The scheduler ends when the last one is dropped.
pub(super) struct Follower {
    wishes: mpsc::Sender<Wish>,
}

/// What the scheduler works with.
#[derive(Clone)]
pub(super) struct Desk {
    pub store: Store,
    pub key: DeckKey,
    pub tenure: Tenure,
    pub look_again: Duration,
    pub clients: Arc<Clients>,
    pub config: watch::Receiver<Arc<Config>>,
    pub clock: Clock,
    pub changes: watch::Sender<u64>,
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
}

impl Engine {
    /// Takes over the deliveries that nobody follows any more, and from then on those whose
    /// process dies. For a face that stays; to be repeated when the store has changed.
    pub async fn take_over(&self) {
        // As above.
        let _ = self.inner.follower.wishes.send(Wish::TakeOver).await;
    }
}

/// A delivery in the scheduler.
struct Followed {
    order: Order,
    asked: usize,
}

/// What became of one question.
pub(super) enum Answer {
    /// Ask again by the back-off; with the status, if there was one.
    Later(Option<DeliveryStatus>),
    /// Ask again after this wait.
    After(Duration),
    /// The message was found at the provider; its status is asked for from now on.
    Found(String),
    /// Its end is in the store, or it is no longer this process's.
    Ended,
    /// It has no end for so long that it need not be asked about all the time.
    Parked,
    /// The provider is busy: nobody asks for so long.
    Pause(Duration),
}

/// The one scheduler of a process.
struct Schedule {
    desk: Desk,
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
        !self.due.is_empty() || !self.in_flight.is_empty()
    }

    /// The next moment at which something is to be done; `None` while nothing is followed and
    /// nothing can be taken over, so that an idle process is never woken.
    fn next_wake(&self) -> Option<Instant> {
        let room = self.in_flight.len() < MOST_IN_FLIGHT;
        let due = self.due.first_key_value().filter(|_| room);
        let due = due.map(|((at, _), _)| (*at).max(self.paused_until));
        let renewal = self.follows_any().then_some(self.renew_at);
        [due, renewal, self.take_over_at].into_iter().flatten().min()
    }

    fn ask_what_is_due(&mut self) {
        while self.in_flight.len() < MOST_IN_FLIGHT
            && let Some(entry) = self.due.first_entry()
            && entry.key().0.max(self.paused_until) <= Instant::now()
        {
            let followed = entry.remove();
            let desk = self.desk.clone();
            self.in_flight.spawn(async move {
                let answer = desk.ask(&followed.order).await;
                (followed, answer)
            });
        }
    }

    fn settle(&mut self, mut followed: Followed, answer: Answer) {
        followed.asked += 1;
        match answer {
            Answer::Ended => {}
            Answer::Parked => {
                self.take_over_at = self.takes_over.then(Instant::now);
            }
            Answer::Later(_) => self.schedule(followed),
            Answer::After(wait) => self.schedule_in(wait, followed),
            Answer::Found(sid) => {
                let order = Order { sid: Some(sid), ..followed.order };
                self.schedule(Followed { order, asked: 0 });
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
        self.schedule(Followed { order, asked: 0 });
    }

    fn schedule(&mut self, followed: Followed) {
        let seconds = BACKOFF[followed.asked.min(BACKOFF.len() - 1)];
        self.schedule_in(Duration::from_secs(seconds), followed);
    }

    fn schedule_in(&mut self, wait: Duration, followed: Followed) {
        self.due.insert((Instant::now() + wait, followed.order.delivery), followed);
    }

    /// Renews the leases, and lets go of what another process has taken over meanwhile.
    async fn renew(&mut self) {
        self.renew_at = Instant::now() + self.desk.tenure.lease / 3;
        let lease = self.desk.tenure.lease(self.desk.clock.now());
        if let Ok(ours) = self.desk.store.renew(lease).await {
            self.due.retain(|(_, delivery), _| ours.contains(delivery));
        }
    }

    /// Takes over what is nobody's, and sees when that may be the case again.
    async fn take_over(&mut self) {
        self.takes_over = true;
        let (store, tenure) = (self.desk.store.clone(), self.desk.tenure);
        let now = self.desk.clock.now();
        // Reading first: a write would wake every process that watches the store.
        let mut next = store.next_lease_end(tenure.owner).await.ok().flatten();
        if next.is_some_and(|end| end <= now) {
            let taken = store.take_over(tenure.lease(now), now).await.unwrap_or_default();
            for Unfinished { delivery, environment, sid, at, .. } in taken {
                self.follow(Order { delivery, environment, sid, to: None, asked_at: at });
            }
            next = store.next_lease_end(tenure.owner).await.ok().flatten();
        }
        self.take_over_at = next.map(|end| {
            let wait = Duration::try_from(end.duration_since(now)).unwrap_or_default();
            // What cannot be taken now (a failing store) is tried again, but not at once.
            Instant::now() + wait.max(Duration::from_secs(1))
        });
    }
}

impl Desk {
    /// Asks once about a delivery, and only then looks whether its time is over: an answer that
    /// came late is still the truth.
    async fn ask(&self, order: &Order) -> Answer {
        let provider = self.config.borrow().environments[order.environment].provider.clone();
        let answer = match (self.clients.client(order.environment, &provider).await, &order.sid) {
            (Ok(client), Some(sid)) => self.ask_provider(&client, order, sid).await,
            (Ok(client), None) => self.reconcile(&client, order).await,
            (Err(_), _) => Answer::Later(None),
        };
        let now = self.clock.now();
        let age = now.duration_since(order.asked_at);
        match answer {
            Answer::Later(Some(DeliveryStatus::Sent)) if age >= FOLLOW_FOR => {
                let detail = "the carrier gave no receipt within 30 min".to_owned();
                self.record(order, DeliveryStatus::SentNoReceipt, None, Some(detail)).await
            }
            Answer::Later(_) if age >= FOLLOW_FOR => self.park(order, now, age).await,
            answer => answer,
        }
    }

    /// Lets a delivery rest for as long as it has been without an end already, so that hopeless
    /// ones cost less and less; the provider may tell later, or its credentials may be mended.
    async fn park(&self, order: &Order, now: Timestamp, age: SignedDuration) -> Answer {
        let until = now.checked_add(age).unwrap_or(Timestamp::MAX);
        let lease = Lease { owner: self.tenure.owner, until };
        match self.store.park(order.delivery, lease).await {
            Ok(()) => Answer::Parked,
            Err(_) => Answer::Later(None),
        }
    }

    async fn ask_provider(&self, client: &TwilioClient, order: &Order, sid: &str) -> Answer {
        match client.fetch(sid).await {
            Ok(MessageState { status: Some(status), error_code, error_message, .. }) => {
                self.record(order, status, error_code, error_message).await
            }
            Err(FetchError::Refused(refusal)) if refusal.code == Some(TEST_CREDENTIALS) => {
                let detail = "test credentials give no status".to_owned();
                self.record(order, DeliveryStatus::SentNoReceipt, refusal.code, Some(detail)).await
            }
            Err(FetchError::Busy { retry_after }) => {
                Answer::Pause(retry_after.unwrap_or(PAUSE).min(LONGEST_PAUSE))
            }
            Err(FetchError::NotFound)
                if self.config.borrow().environments[order.environment].provider
                    == Provider::Sandbox =>
            {
                let detail = "the Sandbox that had this message has ended".to_owned();
                self.record(order, DeliveryStatus::SentNoReceipt, None, Some(detail)).await
            }
            // A message that is not listed yet, a token that is being replaced, a network that
            // is away for a while.
            Ok(_) | Err(_) => Answer::Later(None),
        }
    }

    /// Wakes whoever shows the log.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(super) async fn record(
        &self,
        order: &Order,
        status: DeliveryStatus,
        error_code: Option<u32>,
        detail: Option<String>,
    ) -> Answer {
        let delivery = order.delivery;
        let at = self.clock.now();
        // The SID again: the store may have failed when it was first told.
        let sid = order.sid.clone();
        let report = StatusReport { delivery, at, status, sid, error_code, detail };
        match self.store.report(report).await {
            Ok(moved) => {
                // Also where another process has written the end: somebody may wait for it here.
                if moved || status.is_final() {
                    self.changed();
                }
                if status.is_final() { Answer::Ended } else { Answer::Later(Some(status)) }
            }
            // A store that is busy now may take the report the next time.
            Err(_) => Answer::Later(None),
        }
    }
}

/// Twilio's error for a resource that test credentials cannot read.
const TEST_CREDENTIALS: u32 = 20008;
