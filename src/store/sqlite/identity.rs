//! What distinguishes a store from any other: the identity in the file, and the file itself.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Result};

use super::error::store_error;
use crate::domain::deck_store::StoreId;
use crate::store::error::StoreError;

/// The device and the number by which the system knows a file.
pub(super) type FileNumber = (u64, u64);

/// Returns the number of the file at a path; `None` where there is none.
pub(super) fn file_number(path: &Path) -> Option<FileNumber> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Gives the store its identity, unless it has one.
pub(super) fn give(connection: &Connection, id: StoreId) -> Result<()> {
    let give = "UPDATE deck SET store_id = ?1 WHERE store_id IS NULL";
    connection.execute(give, [id.0]).map(drop)
}

/// Replaces the identity: a process that knows the store by the old one no longer uses it.
pub(super) fn replace(connection: &Connection, id: StoreId) -> Result<()> {
    connection.execute("UPDATE deck SET store_id = ?1", [id.0]).map(drop)
}

/// Returns the identity of the store.
pub(super) fn read(connection: &Connection) -> Result<Option<StoreId>> {
    let mut statement = connection.prepare_cached("SELECT store_id FROM deck")?;
    let found = statement.query_row((), |row| row.get::<_, Option<[u8; 16]>>(0)).optional()?;
    Ok(found.flatten().map(StoreId))
}

/// Returns the identity of the store in a file that this process does not have open; `None` where
/// an earlier version has made it. Changes nothing.
///
/// # Errors
/// When the file cannot be read, or is not a store.
pub(super) fn read_file(path: &Path) -> Result<Option<StoreId>, StoreError> {
    let failed = |error| store_error(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    let known = "SELECT count(*) FROM pragma_table_info('deck') WHERE name = 'store_id'";
    let is_known = connection.query_row(known, (), |row| row.get::<_, bool>(0)).map_err(failed)?;
    if is_known { read(&connection).map_err(failed) } else { Ok(None) }
}
