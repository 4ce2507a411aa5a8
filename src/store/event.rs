//! One event of the log: what happened, and why. Knows nothing of how it is kept.

use std::fmt;

use jiff::Timestamp;

use super::ids::{DeliveryId, EventId};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::refusal::Refusal;
use crate::domain::routing::SenderChoice;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Identifies it.
    pub id: EventId,
    /// When it happened, in milliseconds.
    pub at: Timestamp,
    /// Where it happened.
    pub environment: Environment,
    /// The delivery that it is about, if one was begun.
    pub delivery: Option<DeliveryId>,
    /// What happened.
    pub kind: EventKind,
    /// The user's id or masked number; empty if not known.
    pub user: String,
    /// The recipient's masked number.
    pub recipient: String,
    /// Who the message comes from, as [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: Option<String>,
    /// The provider's id of the message.
    pub sid: Option<String>,
    /// The provider's error code.
    pub error_code: Option<u32>,
    /// The provider's id of the request that reported it, for the provider's support.
    pub request_id: Option<String>,
    /// Why it happened, if smsdeck decided it.
    pub reason: Option<EventReason>,
    /// The recipient's country; `None` for numbers of no country, and where nothing was sent or
    /// refused.
    pub country: Option<Country>,
    /// More, in words for people. Nothing else reads them.
    pub detail: Option<String>,
    /// How often it has happened within the minute, at least 1: refusals that repeat are one event.
    pub times: u32,
}

impl Event {
    /// Returns what is known besides, in words for people, with how often it has happened.
    pub fn words(&self) -> String {
        let detail = self.detail.as_deref().unwrap_or_default();
        match self.times {
            ..=1 => detail.to_owned(),
            times if detail.is_empty() => format!("{times} times"),
            times => format!("{times} times: {detail}"),
        }
    }
}

/// Why something happened that smsdeck decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventReason {
    /// Of a code that was reserved: how its sender was chosen.
    Sender(SenderChoice),
    /// Of a request that was refused, or would have been: why.
    Refusal(Refusal),
}

impl EventReason {
    /// The stable name in the store and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sender(choice) => choice.key(),
            Self::Refusal(refusal) => refusal.key(),
        }
    }

    /// Finds a reason by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        let choice = SenderChoice::from_key(key).map(Self::Sender);
        choice.or_else(|| Refusal::from_key(key).map(Self::Refusal))
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A delivery has reached a status; without a delivery: a request was refused.
    Delivery(DeliveryStatus),
    /// A right code was given.
    Verified,
    /// A wrong code was given.
    WrongCode,
    /// A code was given too late.
    ExpiredCode,
    /// An operator has unlocked a user.
    Unlocked,
    /// An operator has forgiven wrong tries; no code came back with it.
    ForgaveTries,
    /// An operator has given one code back.
    GaveBack,
    /// A code was sent that a limit would have refused, had it not been only recorded.
    WouldRefuse,
}

impl EventKind {
    /// A request was refused, or the provider refused the message.
    pub const REFUSED: Self = Self::Delivery(DeliveryStatus::Refused);

    const WITHOUT_STATUS: [Self; 7] = [
        Self::Verified,
        Self::WrongCode,
        Self::ExpiredCode,
        Self::Unlocked,
        Self::ForgaveTries,
        Self::GaveBack,
        Self::WouldRefuse,
    ];

    /// The stable name in the store and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Delivery(status) => status.key(),
            Self::Verified => "verified",
            Self::WrongCode => "wrong_code",
            Self::ExpiredCode => "expired_code",
            Self::Unlocked => "unlocked",
            Self::ForgaveTries => "forgave_tries",
            Self::GaveBack => "gave_back",
            Self::WouldRefuse => "would_refuse",
        }
    }

    /// Whether what was sent before no longer counts for the quota.
    pub const fn resets_quota(self) -> bool {
        matches!(self, Self::Verified | Self::Unlocked)
    }

    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        DeliveryStatus::ALL.into_iter().map(Self::Delivery).chain(Self::WITHOUT_STATUS)
    }

    /// Finds a kind by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::WITHOUT_STATUS
            .into_iter()
            .find(|kind| kind.key() == key)
            .or_else(|| DeliveryStatus::from_key(key).map(Self::Delivery))
    }
}

/// The word for screens.
impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery(status) => status.fmt(f),
            Self::WrongCode => f.pad("wrong code"),
            Self::ExpiredCode => f.pad("expired code"),
            Self::ForgaveTries => f.pad("forgiven"),
            Self::GaveBack => f.pad("gave back"),
            Self::WouldRefuse => f.pad("over limit"),
            Self::Verified | Self::Unlocked => f.pad(self.key()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_found_by_its_key() {
        let choices = SenderChoice::ALL.into_iter().map(EventReason::Sender);
        for reason in choices.chain(Refusal::ALL.into_iter().map(EventReason::Refusal)) {
            assert_eq!(EventReason::from_key(reason.key()), Some(reason));
        }
        assert_eq!(EventReason::from_key("a whim"), None);
    }

    #[test]
    fn every_kind_is_found_by_its_key() {
        for kind in EventKind::all() {
            assert_eq!(EventKind::from_key(kind.key()), Some(kind));
        }
        assert_eq!(EventKind::from_key("teleported"), None);
        assert_eq!(EventKind::ExpiredCode.to_string(), "expired code");
    }
}
