//! How the rows of the audit are chained: each hash covers a row and the hash before it, under the
//! deck's key. The same in every store, so that an audit can be moved.

use super::audit::AuditEntry;
use crate::domain::environment::Environment;
use crate::domain::secret::DeckKey;

/// What the first row is chained to.
pub(super) const BEGINNING: [u8; 32] = [0; 32];

/// The hash of a row.
pub(super) fn link(key: &DeckKey, before: &[u8; 32], id: i64, entry: &AuditEntry) -> [u8; 32] {
    key.link(&[
        before,
        &id.to_be_bytes(),
        &entry.at.as_millisecond().to_be_bytes(),
        entry.operator.as_bytes(),
        entry.environment.map_or("", Environment::key).as_bytes(),
        entry.action.key().as_bytes(),
        entry.detail.as_bytes(),
    ])
}

/// The seal over so many rows, of which the last has this hash.
pub(super) fn seal(key: &DeckKey, count: i64, last: &[u8; 32]) -> [u8; 32] {
    key.link(&[b"end", &count.to_be_bytes(), last])
}
