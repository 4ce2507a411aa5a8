//! Tries whether the store can be written.

use std::time::Duration;

use rusqlite::TransactionBehavior;

use super::error::{MAX_WAIT, has_no_room, store_error};
use super::file::File;
use crate::store::error::StoreError;

/// How long a probe waits for another writer: less than anyone who asks for a status waits for it.
const MAX_PROBE: Duration = Duration::from_secs(2);

/// Tries to write, and takes it back. That alone would not notice a full disk: what is rolled back
/// may never have left the memory.
pub(super) fn probe(file: &mut File) -> Result<(), StoreError> {
    file.check()?;
    let path = &file.path;
    let failed = |error: rusqlite::Error| match store_error(path, &error) {
        StoreError::Busy { path, .. } => {
            StoreError::Busy { path, waited_seconds: MAX_PROBE.as_secs() }
        }
        error => error,
    };
    file.connection.busy_timeout(MAX_PROBE).map_err(failed)?;
    let written = file
        .connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .and_then(|transaction| {
            transaction.execute(
                "INSERT INTO subjects (environment, key, label)
                 VALUES (0, randomblob(32), 'probe')",
                (),
            )?;
            transaction.rollback()
        });
    file.connection.busy_timeout(MAX_WAIT).map_err(failed)?;
    written.map_err(failed)?;
    if has_no_room(path) { Err(StoreError::Full { path: path.clone() }) } else { Ok(()) }
}
