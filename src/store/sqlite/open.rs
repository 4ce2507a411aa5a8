//! Opens the file of the store: folder, permissions, journal, schema. Knows nothing of what
//! is in the tables.

use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::{MAX_WAIT, store_error};
use super::identity::{FileNumber, file_number};
use super::timeline::Timeline;
use super::{identity, schema};
use crate::domain::deck_store::DeckStore;
use crate::domain::secret::DeckKey;
use crate::files;
use crate::runtime::Clock;
use crate::store::error::StoreError;

/// How long one of several processes that make the store at once waits before it tries again.
const PAUSE: Duration = Duration::from_millis(10);

/// Statements kept prepared; more than there are.
const PREPARED_STATEMENTS: usize = 128;

/// Free pages of the file are given back step by step (`SQLite`'s `auto_vacuum`), so that no send
/// waits for long.
pub(super) const INCREMENTAL: i64 = 2;

/// An open store.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) timeline: Timeline,
    /// The file behind it; `None` where there is none.
    pub(super) file: Option<FileNumber>,
}

/// Opens the store of a deck. Folder (0700), file (0600) and tables are made where they are missing,
/// if the store is new.
///
/// # Errors
/// When that is not possible, or the file is not the store that it should be.
pub(super) fn open(store: &DeckStore, key: &DeckKey, clock: &Clock) -> Result<Opened, StoreError> {
    let path = &store.path;
    if store.is_new {
        make_folder(path)?;
        make_file(path)?;
    }
    check_files(path)?;
    let file = file_number(path).ok_or_else(|| StoreError::Missing { path: path.clone() })?;
    let begun = Instant::now();
    let (connection, timeline) = loop {
        match prepare(store, key, clock) {
            // Changing the journal does not wait where two processes that make the store at the
            // same time would wait for each other: then one begins again.
            Err(StoreError::Busy { .. }) if begun.elapsed() < MAX_WAIT => thread::sleep(PAUSE),
            outcome => break outcome?,
        }
    };
    ensure_opened(path, file)?;
    Ok(Opened { connection, timeline, file: Some(file) })
}

/// Fails where the path has led to another file while it was opened.
pub(super) fn ensure_opened(path: &Path, file: FileNumber) -> Result<(), StoreError> {
    if file_number(path) == Some(file) {
        return Ok(());
    }
    Err(StoreError::Replaced { path: path.to_owned() })
}

fn prepare(
    store: &DeckStore,
    key: &DeckKey,
    clock: &Clock,
) -> Result<(Connection, Timeline), StoreError> {
    let path = &store.path;
    let failed = |error| store_error(path, &error);
    let mut connection = connect(path)?;
    if schema::check(&connection, path)? == 0 && !store.is_new {
        return Err(StoreError::Empty { path: path.clone() });
    }
    // SQLite silently opens for reading what it may not write.
    if connection.is_readonly("main").map_err(failed)? {
        return Err(StoreError::ReadOnly { path: path.clone() });
    }
    if store.is_new {
        // Only before there is any table.
        connection.pragma_update(None, "auto_vacuum", INCREMENTAL).map_err(failed)?;
    }
    set_journal(&connection, path)?;
    schema::migrate(&mut connection, path, key, store.id)?;
    check_identity(&connection, store)?;
    if let Some(timeline) = Timeline::resume(&connection, clock).map_err(failed)? {
        return Ok((connection, timeline));
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let timeline = Timeline::begin(&transaction, clock).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok((connection, timeline))
}

/// Connects to a file that is there.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let failed = |error| store_error(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(MAX_WAIT).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    // Else SQLite plans a statement again whenever it is run with other values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    Ok(connection)
}

/// Refuses a store that is not the deck's, although it was made with its key.
pub(super) fn check_identity(connection: &Connection, store: &DeckStore) -> Result<(), StoreError> {
    let found = identity::read(connection).map_err(|error| store_error(&store.path, &error))?;
    if found == Some(store.id) {
        return Ok(());
    }
    Err(StoreError::OtherStore { path: store.path.clone() })
}

fn make_folder(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        StoreError::Folder { folder: folder.to_owned(), reason: error.to_string() }
    })
}

/// Makes an empty file that only its owner may read; `SQLite` gives the files beside it the same
/// mode.
///
/// A file that is there already is never opened here: closing it would drop the locks that
/// `SQLite` holds on it in this process.
fn make_file(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::StorageFull => {
            Err(StoreError::Full { path: path.to_owned() })
        }
        Err(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => {
            Err(StoreError::ReadOnly { path: path.to_owned() })
        }
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(StoreError::Unopened { path: path.to_owned(), reason: error.to_string() })
        }
        _ => Ok(()),
    }
}

/// Makes sure that file and journal are regular files, without opening them: `SQLite` would call
/// anything else a failure of the disk.
pub(super) fn check_files(path: &Path) -> Result<(), StoreError> {
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        let file = PathBuf::from(file);
        if let Err(error) = files::check_regular(&file) {
            return Err(StoreError::Unopened { path: file, reason: error.to_string() });
        }
    }
    Ok(())
}

/// A write-ahead log lets others read while one writes; `FULL` makes a commit survive the loss
/// of power, so that no code goes out whose slot could be forgotten.
fn set_journal(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| store_error(path, &error);
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(failed)?;
    if mode != "wal" {
        let reason = "its file system cannot hold a write-ahead log".to_owned();
        return Err(StoreError::Unopened { path: path.to_owned(), reason });
    }
    connection.pragma_update(None, "synchronous", "full").map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::super::test_file::behind_its_back;
    use super::*;
    use crate::domain::deck_store::StoreId;
    use crate::store::Store;
    use crate::store::contract::deck::{Deck, MINUTE, manual, place, request, test_key};

    fn refusal(path: &Path) -> StoreError {
        open(&place(path), &test_key(), &manual()).unwrap_err()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_store_that_is_no_regular_file_is_named_as_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deck.db");
        for ending in ["", "-wal", "-shm"] {
            let mut file = path.clone().into_os_string();
            file.push(ending);
            rustix::fs::mkfifoat(rustix::fs::CWD, &file, rustix::fs::Mode::RUSR).unwrap();
            let error = refusal(&path).to_string();
            assert!(error.contains("it is a named pipe, not a regular file"), "{error}");
            fs::remove_file(&file).unwrap();
        }
    }

    #[tokio::test]
    async fn folder_and_files_belong_to_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/state/deck.db");
        let store = Store::open(&place(&path), test_key(), manual()).await.unwrap();
        store.reserve(|_| request(0), |_| [1; 32]).await.unwrap();
        assert_eq!(mode(&folder.path().join("new/state")), 0o700);
        for file in ["deck.db", "deck.db-wal", "deck.db-shm"] {
            assert_eq!(mode(&path.with_file_name(file)), 0o600, "{file}");
        }
    }

    #[tokio::test]
    async fn a_commit_waits_for_the_disk_and_rows_refer_to_rows_that_exist() {
        let deck = Deck::sqlite().await;
        let path = deck.folder().join("deck.db");
        let connection = open(&place(&path), &test_key(), &manual()).unwrap().connection;
        let setting = |name| -> i64 {
            connection.query_row(&format!("PRAGMA {name}"), (), |row| row.get(0)).unwrap()
        };
        assert_eq!((setting("synchronous"), setting("foreign_keys")), (2, 1));
    }

    #[test]
    fn processes_that_make_the_store_at_once_all_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deck.db");
        let opened: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| open(&place(&path), &test_key(), &manual()).map(drop)))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(opened, vec![Ok(()); 8]);
    }

    #[test]
    fn a_place_where_no_folder_can_be_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = refusal(&file.path().join("state/deck.db"));
        assert!(matches!(error, StoreError::Folder { .. }), "{error}");
        assert!(error.to_string().contains("state for the store"), "{error}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let error = refusal(Path::new("/proc/deck.db"));
        assert!(matches!(error, StoreError::Unopened { .. }), "{error}");
        assert!(error.to_string().contains("/proc/deck.db"), "{error}");
    }

    #[test]
    fn a_folder_in_the_place_of_the_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(refusal(folder.path()), StoreError::Unopened { .. }));
    }

    #[test]
    fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text");
        let words = "not a database, however long this line is ".repeat(50);
        fs::write(&text, &words).unwrap();
        assert_eq!(refusal(&text), StoreError::Foreign { path: text.clone() });
        assert_eq!(fs::read_to_string(&text).unwrap(), words);

        let other = folder.path().join("other.db");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE mail (id)").unwrap();
        let before = fs::read(&other).unwrap();
        assert_eq!(refusal(&other), StoreError::Foreign { path: other.clone() });
        assert_eq!(fs::read(&other).unwrap(), before);
    }

    #[tokio::test]
    async fn a_store_that_was_made_before_must_be_there_and_be_the_same() {
        let deck = Deck::sqlite().await;
        let path = deck.folder().join("deck.db");
        let made = DeckStore { is_new: false, ..place(&path) };
        let opened = |store: &DeckStore| open(store, &test_key(), &manual()).map(drop);
        assert_eq!(opened(&made), Ok(()));
        let other = DeckStore { id: StoreId([6; 16]), ..made.clone() };
        assert_eq!(opened(&other), Err(StoreError::OtherStore { path: path.clone() }));
        fs::remove_file(&path).unwrap();
        assert_eq!(opened(&made), Err(StoreError::Missing { path: path.clone() }));
        fs::write(&path, "").unwrap();
        assert_eq!(opened(&made), Err(StoreError::Empty { path: path.clone() }));
        assert_eq!(fs::read(&path).unwrap(), b"", "tables were made");
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused() {
        let deck = Deck::sqlite().await;
        behind_its_back(&deck).pragma_update(None, "user_version", 99).unwrap();
        let path = deck.folder().join("deck.db");
        let error = refusal(&path);
        assert_eq!(error, StoreError::Newer { path, found: 99, known: 9 });
        assert!(error.to_string().contains("Install the newer smsdeck"), "{error}");
    }

    #[tokio::test]
    async fn a_damaged_file_gives_an_error_and_no_slot() {
        let deck = Deck::sqlite().await;
        for minute in 0..40 {
            deck.slot(request(minute * 60 * MINUTE)).await;
        }
        let path = deck.folder().join("deck.db");
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        Connection::open(&path).unwrap().query_row(checkpoint, (), |_| Ok(())).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0x5a);
        let damaged = path.with_file_name("damaged.db");
        fs::write(&damaged, bytes).unwrap();
        let outcome = match Store::open(&place(&damaged), test_key(), manual()).await {
            Ok(store) => store.reserve(|_| request(0), |_| [1; 32]).await.map(drop),
            Err(error) => Err(error),
        };
        assert!(matches!(outcome, Err(StoreError::Damaged { .. })), "{outcome:?}");
    }
}
