//! What can go wrong with the store, in words for the operator who has to put it right.
//! Nothing here knows what was being stored: no message holds a value of a row.

use std::path::PathBuf;

/// The store could not do its work; the job that failed has changed nothing, unless the
/// variant says otherwise.
///
/// Each message says what happened, to which file, and what to do, without a full stop at the
/// end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The folder is not there and cannot be made.
    #[error(
        "cannot make the folder {} for the store: {reason}. Make it yourself, or name another store in config.ron",
        folder.display()
    )]
    Folder {
        /// The folder of the store.
        folder: PathBuf,
        /// The message of the system.
        reason: String,
    },
    /// The file cannot be made or opened.
    #[error("cannot open the store {}: {reason}. Check the path and its permissions", path.display())]
    Unopened {
        /// The file of the store.
        path: PathBuf,
        /// The message of the system.
        reason: String,
    },
    /// The file or its folder can be read but not written.
    #[error(
        "the store {} cannot be written. Check the permissions of the file and its folder, and that the disk is not mounted read-only",
        path.display()
    )]
    ReadOnly {
        /// The file of the store.
        path: PathBuf,
    },
    /// Another process has kept it locked for longer than a job waits.
    #[error(
        "the store {} is busy: another process has locked it for {waited_seconds} s. Try again; if it persists, look for a stuck process that has the file open",
        path.display()
    )]
    Busy {
        /// The file of the store.
        path: PathBuf,
        /// How long the job has waited, in seconds.
        waited_seconds: u64,
    },
    /// So many requests wait for it that one more would wait for too long.
    #[error(
        "the store {} is overloaded: too many requests are waiting. Try again in a second",
        path.display()
    )]
    Overloaded {
        /// The file of the store.
        path: PathBuf,
    },
    /// No room is left on the disk.
    #[error("the disk of the store {} is full. Make room and try again", path.display())]
    Full {
        /// The file of the store.
        path: PathBuf,
    },
    /// Its content makes no sense.
    #[error(
        "the store {} is damaged ({reason}). Stop smsdeck, keep a copy of the file, and restore it from a backup",
        path.display()
    )]
    Damaged {
        /// The file of the store.
        path: PathBuf,
        /// What makes no sense.
        reason: String,
    },
    /// The file is something else.
    #[error("{} is not a smsdeck store. It was left alone; name another store in config.ron", path.display())]
    Foreign {
        /// The file that was found.
        path: PathBuf,
    },
    /// A later version of the program has written it.
    #[error(
        "the store {} has schema {found}; this smsdeck supports up to {known}. Install the newer smsdeck that wrote it",
        path.display()
    )]
    Newer {
        /// The file of the store.
        path: PathBuf,
        /// The schema of the file.
        found: usize,
        /// The latest schema that this program knows.
        known: usize,
    },
    /// It belongs to a deck with another key.
    #[error(
        "the store {} belongs to another deck key than the one in secrets.ron. Restore the matching secrets.ron, or name another store (`deck.store` in config.ron)",
        path.display()
    )]
    OtherKey {
        /// The file of the store.
        path: PathBuf,
    },
    /// The deck has a store, but not here.
    #[error("the deck's store is missing at {}; nothing is sent. Put the file back, or mount its disk", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("the store {} is empty; nothing is sent. Restore the right one; a copy also needs the -wal file beside it", path.display())]
    Empty {
        /// The file of the store.
        path: PathBuf,
    },
    /// It is a store of the deck's key, but not the one that counts its codes.
    #[error("{} is not this deck's store; nothing is sent. Restore the right one", path.display())]
    OtherStore {
        /// The file of the store.
        path: PathBuf,
    },
    /// The file is not the one any more that was opened.
    #[error(
        "the store {} was moved, deleted or replaced while open; nothing is sent or written. Put the file back, or restart smsdeck to use the current one",
        path.display()
    )]
    Replaced {
        /// The file of the store.
        path: PathBuf,
    },
    /// The settings name another store by now.
    #[error(
        "the settings now name the store {}, but {} is open; nothing is sent. Restart smsdeck to switch",
        named.display(), open.display()
    )]
    OtherPlace {
        /// The file that the settings name.
        named: PathBuf,
        /// The file that is open.
        open: PathBuf,
    },
    /// The disk failed, or something that should not happen.
    #[error("the store {} failed: {reason}. Check the disk and the system's log", path.display())]
    Failed {
        /// The file of the store.
        path: PathBuf,
        /// The message of the database.
        reason: String,
    },
    /// The thread of the store has ended; whether the job was done is not known.
    #[error("the store {} has stopped working. Restart smsdeck", path.display())]
    Stopped {
        /// The file of the store.
        path: PathBuf,
    },
}
