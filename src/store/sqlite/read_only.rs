//! Stores for those who only read: nothing is made, and neither a disk without room nor one that is
//! mounted read-only is in the way.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::error::store_error;
use super::identity::file_number;
use super::open::{Opened, check_files, check_identity, connect, ensure_opened, open};
use super::schema;
use super::timeline::Timeline;
use crate::domain::deck_store::DeckStore;
use crate::domain::secret::DeckKey;
use crate::runtime::Clock;
use crate::store::error::StoreError;

/// Opens the store of a deck to read it. One of an earlier schema is brought up to date first.
///
/// # Errors
/// When it is not there, cannot be read, or is not the store that it should be.
pub(super) fn open_to_read(
    store: &DeckStore,
    key: &DeckKey,
    clock: &Clock,
) -> Result<Opened, StoreError> {
    let path = &store.path;
    let failed = |error| store_error(path, &error);
    check_files(path)?;
    let file = file_number(path).ok_or_else(|| StoreError::Missing { path: path.clone() })?;
    let connection = match connect(path).and_then(|it| schema::check(&it, path).map(|_| it)) {
        // SQLite makes files beside the store, even to read it. Without a log that is not yet in
        // the store, it can do without.
        Err(
            StoreError::Unopened { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::Full { .. }
            | StoreError::Failed { .. },
        ) if !has_log(path) => connect_alone(path)?,
        connected => connected?,
    };
    connection.pragma_update(None, "query_only", true).map_err(failed)?;
    if !schema::is_latest(&connection, path)? {
        drop(connection);
        drop(open(&DeckStore { is_new: false, ..store.clone() }, key, clock)?);
        return open_to_read(store, key, clock);
    }
    schema::check_key(&connection, path, key)?;
    check_identity(&connection, store)?;
    let timeline = Timeline::look(&connection, clock).map_err(failed)?;
    ensure_opened(path, file)?;
    Ok(Opened { connection, timeline, file: Some(file) })
}

/// Makes an empty store in memory, in place of one that was not made yet.
///
/// # Errors
/// When there is no memory.
pub(super) fn in_memory(
    store: &DeckStore,
    key: &DeckKey,
    clock: &Clock,
) -> Result<Opened, StoreError> {
    let failed = |error| store_error(&store.path, &error);
    let mut connection = Connection::open_in_memory().map_err(failed)?;
    schema::migrate(&mut connection, &store.path, key, store.id)?;
    let timeline = Timeline::begin(&connection, clock).map_err(failed)?;
    Ok(Opened { connection, timeline, file: None })
}

/// Whether there is a log beside the store, with what is not in the store yet.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(PathBuf::from(log)).is_ok_and(|log| log.len() > 0)
}

/// Connects to the file as if nothing could change it.
fn connect_alone(path: &Path) -> Result<Connection, StoreError> {
    let escaped =
        path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
        .map_err(|error| store_error(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::deck::{Deck, HERE, manual, place, request, test_key};
    use crate::store::{EventQuery, Store};

    #[tokio::test]
    async fn who_reads_a_store_can_neither_write_nor_make_one() {
        let deck = Deck::sqlite().await;
        let path = deck.folder().join("deck.db");
        let reader = Store::open_to_read(&place(&path), test_key(), manual()).await.unwrap();
        let refused = reader.reserve(|_| request(0), |_| [1; 32]).await.err();
        assert_eq!(refused, Some(StoreError::ReadOnly { path: path.clone() }));
        deck.slot(request(0)).await;
        assert_eq!(reader.events(EventQuery::latest(HERE, 9)).await.unwrap().len(), 1);
        let nowhere = path.with_file_name("nowhere.db");
        let missing = Store::open_to_read(&place(&nowhere), test_key(), manual()).await.err();
        assert_eq!(missing, Some(StoreError::Missing { path: nowhere.clone() }));
        assert!(!nowhere.exists());
    }

    #[tokio::test]
    async fn a_store_can_be_read_where_nothing_can_be_made_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a #1 100% deck?.db");
        drop(open(&place(&path), &test_key(), &manual()).unwrap());
        assert!(!has_log(&path));
        let alone = connect_alone(&path).unwrap();
        check_identity(&alone, &place(&path)).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_store_in_memory_is_empty_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder.path().join("deck.db"));
        let store = Store::in_memory(&place, test_key(), manual()).await.unwrap();
        assert_eq!(store.verify_audit().await.unwrap(), Ok(0));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
