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
use super::{Clock, Engine, EngineError};
use crate::config::Config;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::provider::{FetchError, MessageState, TwilioClient};
use crate::store::{DeliveryId, StatusReport, Store};

/// Seconds between the questions about one delivery; the last repeats. The first answers
/// matter to whoever waits for a code, the later ones only to the statistics.
const BACKOFF: [u64; 10] = [1, 1, 2, 3, 5, 8, 13, 21, 34, 60];

/// Requests under way at once, over all deliveries.
const MOST_IN_FLIGHT: usize = 16;

/// Deliveries that may wait for the scheduler to take them; beyond that, senders wait.
const WAITING_ORDERS: usize = 1024;

/// How long a delivery is followed. No code is valid for longer than ten minutes; a status
/// that has not come by then will hardly come.
const FOLLOW_FOR: SignedDuration = SignedDuration::from_mins(30);

/// How long everybody waits when the provider answers 429 without saying how long.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest that a provider's `Retry-After` holds everybody up.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// A delivery to follow.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub delivery: DeliveryId,
    pub environment: Environment,
    pub sid: String,
    pub since: Timestamp,
}

/// The scheduler's inbox. The scheduler ends when the last one is dropped.
pub(super) struct Follower {
    orders: mpsc::Sender<Order>,
}

/// What the scheduler works with.
#[derive(Clone)]
pub(super) struct Desk {
    pub store: Store,
    pub clients: Arc<Clients>,
    pub config: watch::Receiver<Arc<Config>>,
    pub clock: Clock,
    pub changes: watch::Sender<u64>,
}

impl Follower {
    pub(super) fn start(desk: Desk) -> Self {
        let (orders, inbox) = mpsc::channel(WAITING_ORDERS);
        tokio::spawn(run(desk, inbox));
        Self { orders }
    }

    /// Has a delivery followed; waits if very many are waiting already.
    pub(super) async fn follow(&self, order: Order) {
        // It fails only while the runtime shuts down; the next process takes over then.
        let _ = self.orders.send(order).await;
    }
}

impl Engine {
    /// Follows the deliveries that a former process left unfinished. For a face that stays.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn resume(&self) -> Result<(), EngineError> {
        let now = self.now();
        for unfinished in self.inner.store.unfinished().await? {
            let environment = unfinished.environment;
            let over = now.duration_since(unfinished.at) >= FOLLOW_FOR;
            // A Sandbox inside another process cannot be asked from here; its deliveries are
            // left to that process until nobody can be following them any more.
            let elsewhere = self.settings(environment).provider == Provider::Sandbox && !over;
            if let Some(sid) = unfinished.sid
                && unfinished.status.is_with_provider()
                && !elsewhere
            {
                let delivery = unfinished.delivery;
                let since = unfinished.at;
                self.inner.follower.follow(Order { delivery, environment, sid, since }).await;
            }
        }
        Ok(())
    }
}

/// A delivery in the scheduler.
struct Followed {
    order: Order,
    asked: usize,
}

/// What became of one question.
enum Answer {
    /// Ask again by the back-off; with the status, if there was one.
    Later(Option<DeliveryStatus>),
    /// Its end is in the store.
    Ended,
    /// The provider is busy: nobody asks for so long.
    Pause(Duration),
}

async fn run(desk: Desk, mut inbox: mpsc::Receiver<Order>) {
    let mut due: BTreeMap<(Instant, DeliveryId), Followed> = BTreeMap::new();
    let mut in_flight: JoinSet<(Followed, Answer)> = JoinSet::new();
    let mut paused_until = Instant::now();
    loop {
        while in_flight.len() < MOST_IN_FLIGHT
            && let Some(entry) = due.first_entry()
            && entry.key().0.max(paused_until) <= Instant::now()
        {
            let followed = entry.remove();
            let desk = desk.clone();
            in_flight.spawn(async move {
                let answer = desk.ask(&followed.order).await;
                (followed, answer)
            });
        }
        let room = in_flight.len() < MOST_IN_FLIGHT;
        let next = due.first_key_value().map(|((at, _), _)| (*at).max(paused_until));
        let wake = next.unwrap_or_else(Instant::now);
        tokio::select! {
            order = inbox.recv() => match order {
                Some(order) => schedule(&mut due, Followed { order, asked: 0 }),
                None => return,
            },
            Some(done) = in_flight.join_next(), if !in_flight.is_empty() => {
                if let Ok((mut followed, answer)) = done {
                    followed.asked += 1;
                    match answer {
                        Answer::Ended => {}
                        Answer::Later(_) => schedule(&mut due, followed),
                        Answer::Pause(pause) => {
                            paused_until = paused_until.max(Instant::now() + pause);
                            schedule(&mut due, followed);
                        }
                    }
                }
            }
            () = sleep_until(wake), if room && next.is_some() => {}
        }
    }
}

fn schedule(due: &mut BTreeMap<(Instant, DeliveryId), Followed>, followed: Followed) {
    let seconds = BACKOFF[followed.asked.min(BACKOFF.len() - 1)];
    let at = Instant::now() + Duration::from_secs(seconds);
    due.insert((at, followed.order.delivery), followed);
}

impl Desk {
    /// Asks once about a delivery, and only then looks whether its time is over: an answer that
    /// came late is still the truth.
    async fn ask(&self, order: &Order) -> Answer {
        let provider = self.config.borrow().environments[order.environment].provider.clone();
        let answer = match self.clients.client(order.environment, &provider).await {
            Ok(client) => self.ask_provider(&client, order).await,
            Err(_) => Answer::Later(None),
        };
        let over = self.clock.now().duration_since(order.since) >= FOLLOW_FOR;
        match answer {
            Answer::Later(Some(DeliveryStatus::Sent)) if over => {
                let detail = "the carrier gave no receipt within 30 min".to_owned();
                self.record(order, DeliveryStatus::SentNoReceipt, None, Some(detail)).await
            }
            // Nothing more is to be learned; it stays as it is.
            Answer::Later(_) | Answer::Pause(_) if over => Answer::Ended,
            answer => answer,
        }
    }

    async fn ask_provider(&self, client: &TwilioClient, order: &Order) -> Answer {
        match client.fetch(&order.sid).await {
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

    async fn record(
        &self,
        order: &Order,
        status: DeliveryStatus,
        error_code: Option<u32>,
        detail: Option<String>,
    ) -> Answer {
        let delivery = order.delivery;
        let at = self.clock.now();
        let report = StatusReport { delivery, at, status, sid: None, error_code, detail };
        match self.store.report(report).await {
            Ok(moved) => {
                if moved {
                    self.changes.send_modify(|count| *count = count.wrapping_add(1));
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
