//! The messages of a Sandbox, and how they move through their statuses.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

use super::fates::Fate;
use crate::domain::delivery::DeliveryStatus;
use crate::runtime::Clock;

/// Messages kept; the oldest is forgotten first.
const MAX_MESSAGES: usize = 10_000;

/// Age at which a message reaches a status. About what a good carrier takes.
pub(super) const SENDING: Duration = Duration::from_millis(300);
pub(super) const SENT: Duration = Duration::from_millis(800);
pub(super) const ARRIVED: Duration = Duration::from_millis(1_800);

/// A message that was accepted.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub sid: String,
    pub to: String,
    /// The sender; empty where a Messaging Service has not picked one yet.
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

/// What is not kept of a message; the handset has it all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Retention {
    /// The text is thrown away once it has arrived.
    pub discards_text: bool,
    /// The last digits of the number are made unreadable.
    pub hides_number: bool,
}

/// What a create asks for.
pub(super) struct Draft {
    pub to: String,
    pub from: Option<String>,
    pub messaging_service: Option<String>,
    pub body: String,
    pub retention: Retention,
    pub fate: Fate,
    /// Where its statuses are posted.
    pub callback: Option<Url>,
}

/// All messages, oldest first.
#[derive(Debug)]
pub(super) struct Messages {
    all: VecDeque<Message>,
    created: u64,
    /// Told apart from the messages of every other Sandbox.
    origin: u64,
    clock: Clock,
    told_busy: HashMap<String, u32>,
}

impl Message {
    fn age(&self) -> Duration {
        if self.clock.runs_by_itself() {
            // Nobody sets this one back.
            return self.accepted_at.elapsed();
        }
        Duration::try_from(self.clock.now().duration_since(self.created)).unwrap_or_default()
    }

    /// Where it stands now, by its age.
    pub fn status(&self) -> DeliveryStatus {
        let age = self.age();
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

    /// The error code, once it has failed.
    pub fn error_code(&self) -> Option<u32> {
        match (self.fate, self.status()) {
            (Fate::Undelivered(code), DeliveryStatus::Undelivered) => Some(code),
            _ => None,
        }
    }

    /// The recipient, as far as it is kept.
    pub fn kept_to(&self) -> String {
        match self.to.char_indices().nth_back(3) {
            Some((index, _)) if self.retention.hides_number => format!("{}XXXX", &self.to[..index]),
            _ => self.to.clone(),
        }
    }

    /// The text, as far as it is kept.
    pub fn kept_body(&self) -> &str {
        let is_gone = self.retention.discards_text && self.arrived_at().is_some();
        if is_gone { "" } else { &self.body }
    }

    /// When it left for the carrier, if it has.
    pub fn sent_at(&self) -> Option<Timestamp> {
        let left = !self.canceled && self.age() >= SENT;
        left.then(|| self.created + SENT)
    }

    /// When it arrived at the phone, if it has.
    pub fn arrived_at(&self) -> Option<Timestamp> {
        let arrived = match self.fate {
            Fate::Undelivered(_) => false,
            _ => !self.canceled && self.age() >= ARRIVED,
        };
        arrived.then(|| self.created + ARRIVED)
    }
}

impl Messages {
    /// No messages yet. `origin` goes into their SIDs.
    pub fn new(origin: u64, clock: Clock) -> Self {
        Self { all: VecDeque::new(), created: 0, origin, clock, told_busy: HashMap::new() }
    }

    /// Takes a message and gives it its SID.
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

    /// All messages, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.all.iter()
    }

    pub fn find(&self, sid: &str) -> Option<&Message> {
        self.all.iter().find(|message| message.sid == sid)
    }

    /// Calls a message back, if it has not left yet; whether it could be.
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

    /// Takes the text out of a message.
    pub fn redact(&mut self, sid: &str) {
        if let Some(message) = self.all.iter_mut().find(|message| message.sid == sid) {
            message.body.clear();
            message.updated = self.clock.now();
        }
    }

    /// Forgets a message; whether there was one.
    pub fn delete(&mut self, sid: &str) -> bool {
        let before = self.all.len();
        self.all.retain(|message| message.sid != sid);
        self.all.len() < before
    }

    /// Whether a recipient of [`Fate::BusyOnce`] or [`Fate::BusyForASecond`] is to be told to
    /// wait, which happens before every other message to it.
    pub fn tell_busy(&mut self, to: &str) -> bool {
        let told = self.told_busy.entry(to.to_owned()).or_default();
        *told += 1;
        *told % 2 == 1
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Self { created: self.created, ..Self::new(self.origin, self.clock.clone()) };
    }
}
