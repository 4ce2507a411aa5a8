//! What only the tests of this database do to a store.

use rusqlite::Connection;

use crate::store::contract::deck::Deck;

/// Reads and writes the file behind the store's back.
pub(super) fn behind_its_back(deck: &Deck) -> Connection {
    Connection::open(deck.folder().join("deck.db")).unwrap()
}
