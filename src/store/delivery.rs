//! Reports about a delivery, and what is known of one that has not ended.

use std::time::Duration;

use jiff::Timestamp;

use super::ids::{ChallengeId, DeliveryId};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::fault::Fault;
use crate::domain::secret::LookupKey;

/// News of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The delivery.
    pub delivery: DeliveryId,
    /// When the news came.
    pub at: Timestamp,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// The provider's id of the message; `None` leaves it as it is.
    pub sid: Option<String>,
    /// The provider's error code; `None` leaves it as it is.
    pub error_code: Option<u32>,
    /// The provider's id of the request that reported it.
    pub request_id: Option<String>,
    /// More, in words.
    pub detail: Option<String>,
    /// What kept it from the provider, where the provider has said nothing; `None` leaves it as it
    /// is.
    pub fault: Option<Fault>,
    /// How long the message took from the provider to the phone, by the provider's clock; `None`
    /// leaves it as it is.
    pub took: Option<Duration>,
}

/// A delivery whose end is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Where it was asked for.
    pub environment: Environment,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// The provider's id of the message, once it is known.
    pub sid: Option<String>,
    /// When it was asked for.
    pub at: Timestamp,
    /// Under what the recipient's number is found: to recognize it in the provider's list.
    pub number: LookupKey,
    /// Under what the user is found.
    pub user: LookupKey,
    /// The challenge and the hash of the code: to recognize the text in the provider's list.
    pub code: Option<(ChallengeId, [u8; 32])>,
    /// From when on its code is expired, and the provider does not send it any more; `None` if it
    /// has no code.
    pub valid_until: Option<Timestamp>,
    /// Who the message comes from, as [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: String,
    /// Who holds its message, as
    /// [`Provider::account`](crate::domain::provider::Provider::account); `None`: an older
    /// version sent it.
    pub account: Option<String>,
}
