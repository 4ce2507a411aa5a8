//! An open file with the time in it, and whether it still is the store that was opened.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::durability::{Durability, set_durability};
use super::error::store_error;
use super::identity::{self, FileNumber};
use super::open::{Opened, ensure_opened};
use super::timeline::Timeline;
use crate::domain::deck_store::{DeckStore, StoreId};
use crate::store::error::StoreError;

/// The open file, and the time in it.
pub(super) struct File {
    pub(super) connection: Connection,
    pub(super) timeline: Timeline,
    pub(super) path: PathBuf,
    pub(super) id: StoreId,
    /// The number of the file; `None` for a store in memory.
    pub(super) number: Option<FileNumber>,
    /// What its commits do now.
    durability: Durability,
}

impl File {
    pub(super) fn new(opened: Opened, store: DeckStore) -> Self {
        let Opened { connection, timeline, file } = opened;
        Self {
            connection,
            timeline,
            path: store.path,
            id: store.id,
            number: file,
            durability: Durability::OnDisk,
        }
    }

    /// Fails where the path now leads to another file, or to none, or to what has become another
    /// store: others would not see what is written here, and count on their own.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        check_place(&self.path, self.number)?;
        check_id(&self.connection, self.id, &self.path)
    }

    /// Makes the next commits do this.
    pub(super) fn wait_for(&mut self, durability: Durability) -> Result<(), StoreError> {
        if self.durability != durability {
            let set = set_durability(&self.connection, durability);
            set.map_err(|error| store_error(&self.path, &error))?;
            self.durability = durability;
        }
        Ok(())
    }
}

/// Fails where the path leads to another file than the one that was opened.
pub(super) fn check_place(path: &Path, number: Option<FileNumber>) -> Result<(), StoreError> {
    number.map_or(Ok(()), |number| ensure_opened(path, number))
}

/// Fails where the file has become another store.
pub(super) fn check_id(
    connection: &Connection,
    id: StoreId,
    path: &Path,
) -> Result<(), StoreError> {
    let found = identity::read(connection).map_err(|error| store_error(path, &error))?;
    if found == Some(id) { Ok(()) } else { Err(StoreError::Replaced { path: path.to_owned() }) }
}
