//! The status of a delivery, from the request to the final status.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a delivery. Statuses are ranked, and a report never moves a delivery back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// A slot is reserved in the store; nothing has left this machine.
    Reserved,
    /// The request to the provider is under way.
    Submitting,
    /// The outcome of the request is unclear; the slot stays reserved until it is reconciled.
    Unknown,
    /// The provider has the message, and picks a sender.
    Accepted,
    /// The provider has the message in a queue.
    Queued,
    /// The message is on its way to the carrier.
    Sending,
    /// The carrier has the message.
    Sent,
    /// The phone has the message.
    Delivered,
    /// The carrier could not deliver the message.
    Undelivered,
    /// The provider could not send the message.
    Failed,
    /// The message was canceled before it was sent.
    Canceled,
    /// The message was sent, and the carrier gives no receipt. Not an error.
    SentNoReceipt,
    /// The provider rejected the message; the slot is released.
    Refused,
    /// The message never went out, as reconciling found; the slot is released.
    NotSent,
}

impl DeliveryStatus {
    /// All statuses.
    pub const ALL: [Self; 14] = [
        Self::Reserved,
        Self::Submitting,
        Self::Unknown,
        Self::Accepted,
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Undelivered,
        Self::Failed,
        Self::Canceled,
        Self::SentNoReceipt,
        Self::Refused,
        Self::NotSent,
    ];

    /// The stable name in the store and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Submitting => "submitting",
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::SentNoReceipt => "sent_no_receipt",
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
        }
    }

    /// Finds a status by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.key() == key)
    }

    /// Returns how far along the status is.
    const fn rank(self) -> u8 {
        match self {
            Self::Reserved => 0,
            Self::Submitting => 1,
            Self::Unknown => 2,
            Self::Accepted => 3,
            Self::Queued => 4,
            Self::Sending => 5,
            Self::Sent => 6,
            Self::Delivered
            | Self::Undelivered
            | Self::Failed
            | Self::Canceled
            | Self::SentNoReceipt
            | Self::Refused
            | Self::NotSent => 7,
        }
    }

    /// Whether no other status can follow.
    pub const fn is_final(self) -> bool {
        self.rank() == 7
    }

    /// Whether the provider has the message, so that its status can be asked for.
    pub const fn is_with_provider(self) -> bool {
        matches!(self, Self::Accepted | Self::Queued | Self::Sending | Self::Sent)
    }

    /// Whether the slot is released: the message certainly never went out.
    pub const fn releases_slot(self) -> bool {
        matches!(self, Self::Refused | Self::NotSent)
    }

    /// Whether it shows that the provider accepts or rejects requests from the account. What
    /// happens to a message later, such as a failure, shows nothing about the account.
    pub const fn is_provider_answer(self) -> bool {
        self.is_with_provider() || matches!(self, Self::Delivered | Self::Refused)
    }

    /// Whether the code certainly did not arrive, although it was not canceled.
    pub const fn has_failed(self) -> bool {
        self.is_failure() && !matches!(self, Self::Canceled)
    }

    /// Whether the delivery failed.
    pub const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Undelivered | Self::Failed | Self::Refused | Self::NotSent | Self::Canceled
        )
    }

    /// Returns a sentence that explains what the status means to the user waiting for the code.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Reserved => "Not sent to the provider yet.",
            Self::Submitting => "Being sent to the provider.",
            Self::Unknown => {
                "The provider's response was unclear: it may have been sent. It counts until that is known."
            }
            Self::Accepted | Self::Queued => "Accepted by the provider.",
            Self::Sending => "On its way to the carrier.",
            Self::Sent => "With the carrier; no receipt yet.",
            Self::Delivered => "Delivered to the phone.",
            Self::Undelivered => "The carrier could not deliver it. It still counts.",
            Self::Failed => "The provider could not send it. It still counts.",
            Self::Refused => "Rejected by the provider: not sent, not counted.",
            Self::NotSent => "Never sent, not counted.",
            Self::SentNoReceipt => "Sent, but without a receipt: it most likely arrived.",
            Self::Canceled => "Canceled before it was sent. It still counts.",
        }
    }

    /// Whether a report of `next` moves this status: only forwards, never out of a final
    /// one, and a message that the provider has can no longer be refused or not sent.
    pub const fn may_become(self, next: Self) -> bool {
        if next.releases_slot() && self.rank() > Self::Unknown.rank() {
            return false;
        }
        next.rank() > self.rank()
    }
}

/// What is known of a delivery, or reported of it: where it stands, and whether with the provider's
/// id of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Whether the provider's id of the message is known.
    pub has_sid: bool,
}

/// What a report that is news does to the slot of its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotChange {
    /// It stays as it is.
    Kept,
    /// It is released, and the code is invalid: the message certainly never went out.
    Released,
    /// It is taken again: the message was sent after all. Its code stays invalid.
    TakenAgain,
}

/// Judges a report by what is known of its delivery; `None` if it is stale.
///
/// A suspended process may learn of the message only after another process has given it up. Its
/// report still counts, however late: the provider has the message, and its id proves it.
pub fn judge_report(known: Sighting, reported: Sighting) -> Option<SlotChange> {
    let is_late_truth = known.status.releases_slot()
        && !known.has_sid
        && reported.has_sid
        && reported.status.rank() > DeliveryStatus::Unknown.rank()
        && !reported.status.releases_slot();
    if is_late_truth {
        Some(SlotChange::TakenAgain)
    } else if !known.status.may_become(reported.status) {
        None
    } else if reported.status.releases_slot() {
        Some(SlotChange::Released)
    } else {
        Some(SlotChange::Kept)
    }
}

/// Writes the stable name with spaces, for screens.
impl fmt::Display for DeliveryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SentNoReceipt => "no receipt",
            Self::NotSent => "not sent",
            other => other.key(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_never_moves_back_and_never_leaves_a_final_one() {
        for from in DeliveryStatus::ALL {
            assert!(!from.may_become(from), "{from:?}");
            for to in DeliveryStatus::ALL {
                assert!(!(from.may_become(to) && to.may_become(from)), "{from:?} {to:?}");
                assert!(!(from.is_final() && from.may_become(to)), "{from:?} {to:?}");
            }
        }
        assert!(DeliveryStatus::Queued.may_become(DeliveryStatus::Delivered));
        assert!(!DeliveryStatus::Sent.may_become(DeliveryStatus::Queued));
    }

    #[test]
    fn a_slot_is_never_released_for_a_message_that_the_provider_has() {
        for from in DeliveryStatus::ALL.into_iter().filter(|status| status.is_with_provider()) {
            for to in DeliveryStatus::ALL.into_iter().filter(|status| status.releases_slot()) {
                assert!(!from.may_become(to), "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn a_late_report_counts_if_the_providers_id_proves_it() {
        let sighting = |status, has_sid| Sighting { status, has_sid };
        let given_up = sighting(DeliveryStatus::NotSent, false);
        for (known, reported, outcome) in [
            (given_up, sighting(DeliveryStatus::Queued, true), Some(SlotChange::TakenAgain)),
            (given_up, sighting(DeliveryStatus::Queued, false), None),
            (given_up, sighting(DeliveryStatus::Delivered, false), None),
            (given_up, sighting(DeliveryStatus::Refused, true), None),
            (given_up, sighting(DeliveryStatus::Unknown, true), None),
            (sighting(DeliveryStatus::NotSent, true), sighting(DeliveryStatus::Queued, true), None),
            (
                sighting(DeliveryStatus::SentNoReceipt, false),
                sighting(DeliveryStatus::Delivered, true),
                None,
            ),
        ] {
            assert_eq!(judge_report(known, reported), outcome, "{known:?} {reported:?}");
        }
        for status in [
            DeliveryStatus::Sent,
            DeliveryStatus::Delivered,
            DeliveryStatus::Undelivered,
            DeliveryStatus::Failed,
            DeliveryStatus::Canceled,
            DeliveryStatus::SentNoReceipt,
        ] {
            for known in [given_up, sighting(DeliveryStatus::Refused, false)] {
                let outcome = judge_report(known, sighting(status, true));
                assert_eq!(outcome, Some(SlotChange::TakenAgain), "{known:?} {status}");
            }
        }
    }

    #[test]
    fn only_a_report_that_it_never_went_out_releases_the_slot() {
        for status in DeliveryStatus::ALL {
            let known = Sighting { status: DeliveryStatus::Reserved, has_sid: false };
            let outcome = judge_report(known, Sighting { status, has_sid: true });
            let expected = match status {
                DeliveryStatus::Reserved => None,
                _ if status.releases_slot() => Some(SlotChange::Released),
                _ => Some(SlotChange::Kept),
            };
            assert_eq!(outcome, expected, "{status}");
        }
    }

    #[test]
    fn every_status_is_found_by_its_key() {
        for status in DeliveryStatus::ALL {
            assert_eq!(DeliveryStatus::from_key(status.key()), Some(status));
        }
        assert_eq!(DeliveryStatus::from_key("lost"), None);
    }
}
