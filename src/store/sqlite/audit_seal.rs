//! The seal over the end of the audit, which every audit has from its beginning: where it is missing,
//! the audit was wiped.

use rusqlite::{Connection, Result};

use crate::domain::secret::DeckKey;
use crate::store::audit_chain::{BEGINNING, seal};

/// Seals an audit that has no row yet. One that is there already, from an earlier schema, is
/// sealed already.
pub(super) fn begin(connection: &Connection, key: &DeckKey) -> Result<()> {
    connection
        .execute(
            "INSERT INTO audit_head (only, count, seal)
             SELECT 1, 0, ?1 WHERE NOT EXISTS (SELECT 1 FROM audit) ON CONFLICT DO NOTHING",
            [seal(key, 0, &BEGINNING)],
        )
        .map(drop)
}
