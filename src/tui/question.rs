//! What a part asks, and what comes back to it. The ticket of a question brings its answer to the
//! part that has asked, and to no one else.

use crate::config::{Config, Version};
use crate::domain::environment::Environment;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::quota::QuotaRule;
use crate::domain::secret::LookupKey;
use crate::engine::{CodeAttempt, CodeRequest, Preview, Verified};
use crate::provider::{HandsetMessage, OfferedSenders};
use crate::store::{AuditRow, DeliveryId, Event, QuotaRow};

/// The mark of a question. That of a newer question is another one, so that a late answer is not
/// taken for the newest; the default is the mark of none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

impl Ticket {
    /// The mark of the question after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A question to the engine.
#[derive(Debug, Clone)]
pub enum Question {
    /// What would this request for a code do?
    Preview(CodeRequest),
    /// Is this code right?
    Verify(Box<CodeAttempt>),
    /// What would another rule have meant in the last day?
    WhatIf {
        /// Where.
        environment: Environment,
        /// The rule.
        rule: QuotaRule,
    },
    /// Under what is a user found?
    FindUser {
        /// Whose default country applies.
        environment: Environment,
        /// The whole number or the id as typed.
        typed: String,
    },
    /// Which events belong to this number or id?
    EventsOf {
        /// Where.
        environment: Environment,
        /// The whole number or the id as typed.
        typed: String,
    },
    /// What happened to one delivery?
    Delivery(DeliveryId),
    /// What happened to a user's codes?
    User {
        /// Where.
        environment: Environment,
        /// The user.
        row: Box<QuotaRow>,
    },
    /// What has a phone received?
    Handset {
        /// The environment, which must be on the Sandbox.
        environment: Environment,
        /// The number as typed.
        number: String,
    },
}

/// What a question brought.
#[derive(Debug)]
pub enum Answer {
    /// What a request for a code would do.
    Preview(Box<Preview>),
    /// Whether a code was right.
    Verdict(Verified),
    /// What another rule would have meant, in sentences.
    WhatIf(Vec<String>),
    /// The keys of the number and of the id that what was typed may be.
    Keys(Vec<LookupKey>),
    /// What happened to a delivery or a user, oldest first.
    Story(Vec<Event>),
    /// What an account can send from.
    Senders(OfferedSenders),
    /// The messages that a phone has received.
    Handset(Vec<HandsetMessage>),
    /// From numbers that were read from a file.
    Numbers(Box<FromNumbers>),
    /// A file was written.
    Written,
    /// Former settings, and what operators did.
    History(Box<DeckHistory>),
}

/// Former settings, and what operators did.
#[derive(Debug)]
pub struct DeckHistory {
    /// The versions that were in force before; without a config where one cannot be read.
    pub versions: Vec<(Version, Option<Config>)>,
    /// The newest rows of the audit, or why they cannot be read.
    pub audit: Result<Vec<AuditRow>, String>,
}
