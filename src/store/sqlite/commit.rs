//! How writes that wait at the same time are committed together: making a commit durable costs far
//! more than the work in it. Each has a savepoint of its own, so that one that fails takes no other
//! with it, and each gets its reply only once the commit is done.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};

use super::durability::Durability;
use super::error::store_error;
use super::file::{File, check_id, check_place};
use super::values::set_skew;
use crate::store::error::StoreError;

/// Tells everyone who waits for a write how it ended, once it is known whether the commit held.
pub(super) type Reply = Box<dyn FnOnce(&Result<(), StoreError>)>;

/// Work that writes. It gets the transaction, or why there is none.
pub(super) type Write = Box<dyn FnOnce(Result<&mut Transaction<'_>, &StoreError>) -> Reply + Send>;

/// Commits these writes in one transaction.
pub(super) fn commit_together(file: &mut File, writes: Vec<Write>, durability: Durability) {
    let begun = check_place(&file.path, file.number).and_then(|()| file.wait_for(durability));
    if let Err(error) = begun {
        return refuse(writes, &error);
    }
    let File { connection, timeline, path, id, number, .. } = file;
    let failed = |error| store_error(path, &error);
    let before = connection.total_changes();
    // IMMEDIATE takes the write lock at once: what is judged here cannot change before it is
    // acted upon, in whatever process.
    match connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed) {
        Ok(mut transaction) => {
            // In the transaction, so that nobody adopts another store meanwhile.
            if let Err(error) = check_id(&transaction, *id, path) {
                return refuse(writes, &error);
            }
            // After the wait for the lock.
            set_skew(timeline.skew());
            let replies: Vec<Reply> =
                writes.into_iter().map(|write| write(Ok(&mut transaction))).collect();
            let has_changed = transaction.total_changes() != before;
            let recorded = if has_changed { timeline.record(&transaction) } else { Ok(()) };
            let committed = check_place(path, *number)
                .and_then(|()| recorded.and_then(|()| transaction.commit()).map_err(failed));
            if committed.is_ok() && has_changed {
                announce(path);
            }
            for reply in replies {
                reply(&committed);
            }
        }
        Err(error) => refuse(writes, &error),
    }
}

/// Lets everyone who waits for these writes know why they are not done.
pub(super) fn refuse(writes: Vec<Write>, error: &StoreError) {
    for write in writes {
        write(Err(error))(&Ok(()));
    }
}

/// Wakes the processes that watch the file. The system tells them of what `SQLite` writes while it
/// cannot be read yet, and of nothing when the commit is done; a new time on the file tells them
/// that. By its path: opening and closing the file would drop the locks on it.
fn announce(path: &Path) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let times = Timestamps { last_access: now, last_modification: now };
    // Where the file is gone there is nothing to be seen either.
    let _ = utimensat(CWD, path, &times, AtFlags::empty());
}

/// Runs one write so that it leaves nothing behind if it fails.
pub(super) fn in_savepoint<T>(
    transaction: &mut Transaction<'_>,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    path: &Path,
) -> Result<T, StoreError> {
    // On a full or failing disk SQLite rolls the whole transaction back by itself; a savepoint
    // would then begin, and commit, one of its own.
    if transaction.is_autocommit() {
        let reason = "the transaction was rolled back".to_owned();
        return Err(StoreError::Failed { path: path.to_owned(), reason });
    }
    let failed = |error| store_error(path, &error);
    // By statements that stay prepared: rusqlite's own savepoints are parsed each time.
    let run = |sql| transaction.prepare_cached(sql)?.execute(()).map(drop);
    run("SAVEPOINT work").map_err(failed)?;
    let outcome = work(transaction);
    let ended = match outcome {
        Ok(_) => run("RELEASE work"),
        // The savepoint is gone where SQLite has rolled everything back.
        Err(_) if transaction.is_autocommit() => Ok(()),
        Err(_) => run("ROLLBACK TO work").and_then(|()| run("RELEASE work")),
    };
    let value = outcome.map_err(failed)?;
    ended.map_err(failed)?;
    Ok(value)
}
