//! How far a commit has come when it is done.

use rusqlite::Connection;

/// What must have happened when a commit is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Durability {
    /// Everyone sees it. A power cut may take it back, as long as nothing after it is on disk.
    Visible,
    /// It is on disk, with everything that was committed before.
    OnDisk,
}

/// Makes the commits from now on wait for the disk, or not. Not inside a transaction.
///
/// In a write-ahead log `NORMAL` writes without waiting, and `FULL` syncs the whole log: see
/// `SQLite`'s documentation of `PRAGMA synchronous`.
pub(super) fn set_durability(
    connection: &Connection,
    durability: Durability,
) -> rusqlite::Result<()> {
    let level = match durability {
        Durability::Visible => "normal",
        Durability::OnDisk => "full",
    };
    connection.pragma_update(None, "synchronous", level)
}
