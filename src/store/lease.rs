//! Leases: which process follows a delivery, and until when no one else does.

use jiff::{SignedDuration, Timestamp};

/// The right of one process to follow deliveries, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The process: a random number that it draws at its start.
    pub owner: i64,
    /// From when on others may take over.
    pub until: Timestamp,
}

/// The longest that a delivery may be deferred.
pub const MAX_DEFERRAL: SignedDuration = SignedDuration::from_hours(24);

/// The end of the longest lease that can have been given by `now`. One beyond it was given while
/// the clock was ahead, and counts as ended.
pub(super) fn latest_end(now: Timestamp) -> Timestamp {
    now.checked_add(MAX_DEFERRAL).unwrap_or(Timestamp::MAX)
}
