//! How users stand with their quota.

use jiff::Timestamp;

use super::subject::Subject;
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::passcode::locks_user;
use crate::domain::quota::{Quota, QuotaRule};
use crate::domain::secret::LookupKey;

/// How a user with a number stands, judged as a request now would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The stricter of the quotas of both.
    pub quota: Quota,
    /// Whether so many wrong tries were made in a row that only an operator can unlock them.
    pub tries_used_up: bool,
}

impl Standing {
    /// Whether a code may be sent.
    pub const fn is_open(&self) -> bool {
        self.quota.is_open() && !self.tries_used_up
    }
}

/// How a user stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaRow {
    /// The user.
    pub user: Subject,
    /// The number that they were last texted at.
    pub number: Subject,
    /// The stricter of the quotas of both, by which a request now would be judged.
    pub quota: Quota,
    /// The moment from which the latest code counts, in milliseconds.
    pub last_sent: Timestamp,
    /// Wrong tries since the latest success or unlock: of user or number, whichever has more.
    pub wrong_in_a_row: u32,
    /// The country of the number.
    pub country: Option<Country>,
    /// Who the latest code came from, as
    /// [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: String,
}

impl QuotaRow {
    /// Whether no code is sent to the user now, be it for the codes sent or the wrong tries.
    pub const fn is_locked(&self) -> bool {
        !self.quota.is_open() || locks_user(self.wrong_in_a_row)
    }
}

/// Which users are asked about, and how they are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaQuery {
    /// Where.
    pub environment: Environment,
    /// Only the user or the number under this key; `None`: everyone of whom a send still
    /// matters or whom wrong tries lock.
    pub key: Option<LookupKey>,
    /// The rule by which they are judged.
    pub rule: QuotaRule,
    /// The moment at which they are judged.
    pub now: Timestamp,
}

/// What counted for the quotas that is read at the most, the newest.
pub const MAX_TRACES: usize = 200_000;
