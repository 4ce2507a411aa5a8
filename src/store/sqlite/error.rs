//! What `SQLite` reports, in the words of the store.

use std::path::Path;
use std::time::Duration;

use rusqlite::ErrorCode;

use crate::store::error::StoreError;

/// How long a job waits for a lock that another process holds. A transaction takes well under
/// a millisecond, so anyone who holds it longer is stuck.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(5);

/// Says in our words what `SQLite` reported about a file.
pub(super) fn store_error(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Busy { path, waited_seconds: MAX_WAIT.as_secs() }
        }
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        // SQLite says so where it cannot even make the files beside it.
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) if has_no_room(&path) => {
            StoreError::Full { path }
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { path },
        Some(ErrorCode::CannotOpen) => StoreError::Unopened { path, reason },
        Some(ErrorCode::NotADatabase) => StoreError::Foreign { path },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path, reason },
        None if is_conversion(error) => StoreError::Damaged { path, reason },
        _ => StoreError::Failed { path, reason },
    }
}

/// Whether the disk of a file has no room, for bytes or for another file.
pub(super) fn has_no_room(path: &Path) -> bool {
    /// What the log and the index beside a store take at least.
    const LEAST_BYTES: u64 = 64 * 1024;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(disk) = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))) else { return false };
    let bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
    (disk.f_blocks > 0 && bytes < LEAST_BYTES) || (disk.f_files > 0 && disk.f_favail == 0)
}

/// Whether a row held something that no version of this program writes.
fn is_conversion(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
    )
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn message(code: i32) -> String {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        store_error(Path::new("/srv/deck.db"), &error).to_string()
    }

    #[test]
    fn every_error_names_the_file_and_says_what_to_do() {
        for (code, what, to_do) in [
            (ffi::SQLITE_BUSY, "is busy", "Try again"),
            (ffi::SQLITE_FULL, "is full", "Make room"),
            (ffi::SQLITE_READONLY, "cannot be written", "Check the permissions"),
            (ffi::SQLITE_READONLY_DIRECTORY, "cannot be written", "Check the permissions"),
            (ffi::SQLITE_CANTOPEN, "cannot open", "Check the path"),
            (ffi::SQLITE_CORRUPT, "is damaged", "restore it from a backup"),
            (ffi::SQLITE_NOTADB, "is not a smsdeck store", "name another store"),
            (ffi::SQLITE_IOERR, "failed", "Check the disk"),
        ] {
            let text = message(code);
            assert!(text.contains("/srv/deck.db"), "{text}");
            assert!(text.contains(what) && text.contains(to_do), "{text}");
        }
    }
}
