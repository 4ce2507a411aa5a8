//! What many deliveries have in common: sender, account and caller, in few rows.

use rusqlite::{Connection, OptionalExtension, Result};

use super::values::MAX_TEXT;
use crate::domain::text::printable;
use crate::store::reservation::Reservation;

/// The row id of what a request has in common with others, which is put there if it is new.
pub(super) fn ensure(connection: &Connection, request: &Reservation) -> Result<i64> {
    let asked_by = printable(&request.asked_by, MAX_TEXT);
    let account = request.account.as_deref().unwrap_or_default();
    let values = (request.sender.as_str(), account, asked_by.as_str());
    let known = connection
        .prepare_cached(
            "SELECT id FROM origins WHERE sender = ?1 AND account = ?2 AND asked_by = ?3",
        )?
        .query_row(values, |row| row.get(0))
        .optional()?;
    match known {
        Some(id) => Ok(id),
        None => connection
            .prepare_cached(
                "INSERT INTO origins (sender, account, asked_by) VALUES (?1, ?2, ?3) RETURNING id",
            )?
            .query_row(values, |row| row.get(0)),
    }
}
