//! A request for the slot of a code, and what becomes of it.

use jiff::{SignedDuration, Timestamp};

use super::audit::{AuditAction, AuditEntry};
use super::credentials::CredentialsReport;
use super::ids::{ChallengeId, DeliveryId};
use super::lease::Lease;
use super::subject::Subject;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::limits::{Limits, OverLimit};
use crate::domain::quota::{Quota, QuotaRule};
use crate::domain::refusal::Refusal;
use crate::domain::routing::RouteReason;
use crate::domain::secret::{Fingerprint, LookupKey};
use crate::domain::sender::Sender;

/// A request for the slot of one code.
#[derive(Debug, Clone)]
pub struct Reservation {
    /// Where it is asked for.
    pub environment: Environment,
    /// Who signs in.
    pub user: Subject,
    /// Where the code goes.
    pub number: Subject,
    /// The country of the number.
    pub country: Option<Country>,
    /// Who the message comes from.
    pub sender: Sender,
    /// Why this sender.
    pub reason: RouteReason,
    /// Parts that the message will be sent in.
    pub segments: usize,
    /// The rule by which user and number are judged.
    pub rule: QuotaRule,
    /// The moment from which the code is expired.
    pub valid_until: Timestamp,
    /// When it is asked for.
    pub at: Timestamp,
    /// Who asks, such as "console by ana".
    pub asked_by: String,
    /// Whether that is a person, whose sends the audit keeps; those of applications are in the log.
    pub is_audited: bool,
    /// The process that sends and follows it, and how long no one else may.
    pub lease: Lease,
    /// Who will hold the message, as
    /// [`Provider::account`](crate::domain::provider::Provider::account).
    pub account: Option<String>,
    /// The block of numbers that the number is in, as
    /// [`DeckKey::block`](crate::domain::secret::DeckKey::block).
    pub block: LookupKey,
    /// How many codes may be sent at all, and where.
    pub limits: Limits,
    /// What identifies the credentials that it is sent with, and how long they rest after the account
    /// rejected them; `None` where there are none.
    pub credentials: Option<(Fingerprint, SignedDuration)>,
}

impl Reservation {
    /// The refusal of it, with the reason in words.
    pub(super) fn refused(&self, refusal: Refusal, detail: String) -> RefusedRequest {
        RefusedRequest {
            environment: self.environment,
            at: self.at,
            user: self.user.clone(),
            number: self.number.clone(),
            country: self.country,
            refusal,
            detail,
        }
    }

    /// What the audit says of it.
    pub(super) fn audit(&self) -> AuditEntry {
        AuditEntry {
            at: self.at,
            operator: self.asked_by.clone(),
            environment: Some(self.environment),
            action: AuditAction::Send,
            detail: format!("{} at {} from {}", self.user.label, self.number.label, self.sender),
        }
    }
}

/// What the log says of a slot that was taken, in words.
pub(super) fn describe(reason: &RouteReason, segments: usize, asked_by: &str) -> String {
    let parts = match segments {
        1 => "1 segment".to_owned(),
        segments => format!("{segments} segments"),
    };
    format!("{reason}, {parts} ({asked_by})")
}

/// What became of a request for a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// A slot is taken: the code may be sent.
    Slot {
        /// The delivery that was begun.
        delivery: DeliveryId,
        /// The challenge that the code belongs to.
        challenge: ChallengeId,
        /// When it was taken.
        at: Timestamp,
        /// The quota after this send.
        quota: Quota,
        /// What the account last said of the credentials.
        known: Option<CredentialsReport>,
    },
    /// All codes of the user or of the number are used: nothing may be sent.
    Locked {
        /// The stricter quota of both.
        quota: Quota,
    },
    /// Too many wrong tries in a row: an operator must unlock the user.
    UserLocked,
    /// A limit of the environment or of the country is reached.
    OverLimit(OverLimit),
    /// The account rejected the credentials a short time ago.
    Paused {
        /// The provider's error code.
        code: u32,
        /// When the next request may try them.
        until: Timestamp,
    },
}

/// A request that was refused before a slot was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRequest {
    /// Where it was made.
    pub environment: Environment,
    /// When it was refused.
    pub at: Timestamp,
    /// The user.
    pub user: Subject,
    /// The recipient.
    pub number: Subject,
    /// The country of the number.
    pub country: Option<Country>,
    /// Why.
    pub refusal: Refusal,
    /// Why, in words for people.
    pub detail: String,
}
