//! The messages of a Sandbox, and how they move through their statuses.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

use super::fates::Fate;
use crate::domain::delivery::DeliveryStatus;
use crate::runtime::Clock;

/// Messages that are kept; the oldest is forgotten first.
const MAX_MESSAGES: usize = 10_000;

/// Age at which a message is `sending`. These ages are about what a good carrier takes.
pub(super) const SENDING: Duration = Duration::from_millis(300);
/// Age at which a message is `sent`.
pub(super) const SENT: Duration = Duration::from_millis(800);
/// Age at which a message has arrived, or has failed to.
pub(super) const ARRIVED: Duration = Duration::from_millis(1_800);

/// A message that was accepted.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub sid: String,
    pub to: String,
    /// The sender; `None` where a Messaging Service has not picked one.
    pub from: Option<String>,
    pub messaging_service: Option<String>,
    pub body: String,
    pub retention: Retention,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub fate: Fate,
    pub canceled: bool,
    pub accepted_at: Instant,
    clock: Clock,
}

/// Which parts of a message are not kept; the handset shows all of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Retention {
    /// Whether the text is discarded once the message has arrived.
    pub discards_text: bool,
    /// Whether the last digits of the recipient are hidden.
    pub hides_number: bool,
}

/// A message as a create request describes it.
pub(super) struct Draft {
    pub to: String,
    pub from: Option<String>,
    pub messaging_service: Option<String>,
    pub body: String,
    pub retention: Retention,
    pub fate: Fate,
    /// The URL that its statuses are posted to.
    pub callback: Option<Url>,
}

/// All messages, oldest first.
#[derive(Debug)]
pub(super) struct Messages {
    all: VecDeque<Message>,
    created: u64,
    /// A random number that keeps its SIDs apart from those of every other Sandbox.
    origin: u64,
    clock: Clock,
    busy_counts: HashMap<String, u32>,
}

/// Where a message stands at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageState {
    /// The status, by the message's age.
    pub status: DeliveryStatus,
    /// The error code, once the message has failed.
    pub error_code: Option<u32>,
    /// When it left for the carrier, if it has.
    pub sent_at: Option<Timestamp>,
    /// When it arrived at the phone, if it has.
    pub arrived_at: Option<Timestamp>,
}

impl Message {
    fn age(&self) -> Duration {
        if self.clock.runs_by_itself() {
            // Unlike the system's clock, this one is never set back.
            return self.accepted_at.elapsed();
        }
        Duration::try_from(self.clock.now().duration_since(self.created)).unwrap_or_default()
    }

    /// Returns where the message stands now: everything at the same moment.
    pub fn state(&self) -> MessageState {
        let age = self.age();
        let (status, fails) = (self.status_at(age), matches!(self.fate, Fate::Undelivered(_)));
        let error_code = match (self.fate, status) {
            (Fate::Undelivered(code), DeliveryStatus::Undelivered) => Some(code),
            _ => None,
        };
        let sent = !self.canceled && age >= SENT;
        let arrived = !fails && !self.canceled && age >= ARRIVED;
        MessageState {
            status,
            error_code,
            sent_at: sent.then(|| self.created + SENT),
            arrived_at: arrived.then(|| self.created + ARRIVED),
        }
    }

    /// Returns the present status.
    pub fn status(&self) -> DeliveryStatus {
        self.state().status
    }

    fn status_at(&self, age: Duration) -> DeliveryStatus {
        if self.canceled {
            return DeliveryStatus::Canceled;
        }
        match self.fate {
            _ if age < SENDING && self.messaging_service.is_some() => DeliveryStatus::Accepted,
            _ if age < SENDING => DeliveryStatus::Queued,
            _ if age < SENT => DeliveryStatus::Sending,
            Fate::NoReceipt => DeliveryStatus::Sent,
            _ if age < ARRIVED => DeliveryStatus::Sent,
            Fate::Undelivered(_) => DeliveryStatus::Undelivered,
            _ => DeliveryStatus::Delivered,
        }
    }

    /// Returns the recipient, as far as it is kept.
    pub fn kept_to(&self) -> String {
        match self.to.char_indices().nth_back(3) {
            Some((index, _)) if self.retention.hides_number => format!("{}XXXX", &self.to[..index]),
            _ => self.to.clone(),
        }
    }

    /// Returns the text, as far as it is kept once the message stands there.
    pub fn kept_body(&self, state: &MessageState) -> &str {
        let is_gone = self.retention.discards_text && state.arrived_at.is_some();
        if is_gone { "" } else { &self.body }
    }
}

impl Messages {
    /// Starts without messages. `origin` goes into their SIDs.
    pub fn new(origin: u64, clock: Clock) -> Self {
        Self { all: VecDeque::new(), created: 0, origin, clock, busy_counts: HashMap::new() }
    }

    /// Accepts a message and gives it its SID.
    pub fn accept(&mut self, draft: Draft) -> Message {
        self.created += 1;
        let now = self.clock.now();
        let message = Message {
            sid: format!("SM{:016x}{:016x}", self.origin, self.created),
            to: draft.to,
            from: draft.from,
            messaging_service: draft.messaging_service,
            body: draft.body,
            retention: draft.retention,
            created: now,
            updated: now,
            fate: draft.fate,
            canceled: false,
            accepted_at: Instant::now(),
            clock: self.clock.clone(),
        };
        self.all.push_back(message.clone());
        if self.all.len() > MAX_MESSAGES {
            self.all.pop_front();
        }
        message
    }

    /// Iterates over all messages, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.all.iter()
    }

    pub fn find(&self, sid: &str) -> Option<&Message> {
        self.all.iter().find(|message| message.sid == sid)
    }

    /// Cancels a message that has not left yet; returns whether it could be canceled.
    pub fn cancel(&mut self, sid: &str) -> bool {
        let now = self.clock.now();
        let message = self.all.iter_mut().find(|message| message.sid == sid);
        message.is_some_and(|message| {
            let waiting =
                matches!(message.status(), DeliveryStatus::Queued | DeliveryStatus::Accepted);
            message.canceled |= waiting;
            message.updated = now;
            waiting
        })
    }

    /// Removes the text of a message.
    pub fn redact(&mut self, sid: &str) {
        if let Some(message) = self.all.iter_mut().find(|message| message.sid == sid) {
            message.body.clear();
            message.updated = self.clock.now();
        }
    }

    /// Deletes a message; returns whether there was one.
    pub fn delete(&mut self, sid: &str) -> bool {
        let before = self.all.len();
        self.all.retain(|message| message.sid != sid);
        self.all.len() < before
    }

    /// Whether a create to a recipient of [`Fate::BusyOnce`] or [`Fate::BusyForASecond`] returns
    /// 429, which alternates.
    pub fn is_busy_for(&mut self, to: &str) -> bool {
        let count = self.busy_counts.entry(to.to_owned()).or_default();
        *count += 1;
        *count % 2 == 1
    }

    /// Deletes all messages.
    pub fn reset(&mut self) {
        *self = Self { created: self.created, ..Self::new(self.origin, self.clock.clone()) };
    }
}
