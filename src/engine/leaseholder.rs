//! Who holds the leases of a process.

use std::time::Duration;

use jiff::Timestamp;

use crate::store::Lease;

/// The identity of a process towards the others on the same store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaseholder {
    /// Drawn at random.
    pub owner: i64,
    /// How long what it follows stays its own.
    pub lease: Duration,
}

impl Leaseholder {
    /// The lease from now on.
    pub(super) fn lease(self, now: Timestamp) -> Lease {
        let until = now.checked_add(self.lease).unwrap_or(Timestamp::MAX);
        Lease { owner: self.owner, until }
    }
}
