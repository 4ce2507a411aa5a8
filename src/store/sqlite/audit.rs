//! The audit: rows are only ever added, each chained to the one before it, so that a changed,
//! removed or reordered row is found. A sealed count shows whether rows were cut off at the end.

use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::Sqlite;
use super::values::{RawMillis, whole_millisecond, whole_number};
use crate::domain::environment::Environment;
use crate::domain::secret::DeckKey;
use crate::domain::text::printable;
use crate::store::audit::{AuditEntry, AuditRow, BrokenAudit};
use crate::store::audit_chain::{BEGINNING, link, seal};
use crate::store::error::StoreError;

/// Characters of each text that are kept.
const MAX_TEXT: usize = 1_000;

impl Sqlite {
    pub async fn append_audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        let key = self.key.clone();
        self.worker.write(move |connection| append(connection, &key, &entry)).await
    }

    pub async fn audit_rows(&self, from: i64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.worker.read(move |connection| rows(connection, from, limit)).await
    }

    pub async fn newest_audit_rows(&self, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.worker.read(move |connection| newest(connection, limit)).await
    }

    pub async fn verify_audit(&self) -> Result<Result<i64, BrokenAudit>, StoreError> {
        let key = self.key.clone();
        self.worker.read(move |connection| verify(connection, &key)).await
    }
}

/// Adds a row, and seals the new end.
pub(super) fn append(connection: &Connection, key: &DeckKey, entry: &AuditEntry) -> Result<()> {
    let last = connection
        .prepare_cached("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")?
        .query_row((), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (last, before): (i64, [u8; 32]) = last.unwrap_or((0, BEGINNING));
    let id = last + 1;
    let entry = AuditEntry {
        at: whole_millisecond(entry.at),
        operator: printable(&entry.operator, MAX_TEXT),
        detail: printable(&entry.detail, MAX_TEXT),
        ..*entry
    };
    let hash = link(key, &before, id, &entry);
    connection
        .prepare_cached(
            "INSERT INTO audit (id, at, operator, environment, action, detail, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            id,
            RawMillis(entry.at),
            &entry.operator,
            entry.environment.map_or("", Environment::key),
            entry.action,
            &entry.detail,
            hash,
        ))?;
    // A seal that does not fit what it was over stays as it is: a new one would hide that.
    connection
        .prepare_cached(
            "UPDATE audit_head SET count = ?1, seal = ?2 WHERE count = ?3 AND seal = ?4",
        )?
        .execute((id, seal(key, id, &hash), last, seal(key, last, &before)))
        .map(drop)
}

/// The rows from one on, oldest first.
fn rows(connection: &Connection, from: i64, most: usize) -> Result<Vec<AuditRow>> {
    connection
        .prepare_cached(
            "SELECT id, at, operator, environment, action, detail, hash FROM audit
             WHERE id >= ?1 ORDER BY id LIMIT ?2",
        )?
        .query_map((from, whole_number(most)), read)?
        .collect()
}

/// The newest rows, newest first.
fn newest(connection: &Connection, most: usize) -> Result<Vec<AuditRow>> {
    connection
        .prepare_cached(
            "SELECT id, at, operator, environment, action, detail, hash FROM audit
             ORDER BY id DESC LIMIT ?1",
        )?
        .query_map([whole_number(most)], read)?
        .collect()
}

fn read(row: &Row<'_>) -> Result<AuditRow> {
    let named: String = row.get("environment")?;
    let environment = Environment::ALL.into_iter().find(|it| it.key() == named);
    if environment.is_none() && !named.is_empty() {
        let unknown = FromSqlError::Other("it holds an unknown environment".into());
        return Err(rusqlite::Error::FromSqlConversionFailure(3, Type::Text, Box::new(unknown)));
    }
    let entry = AuditEntry {
        at: row.get::<_, RawMillis>("at")?.0,
        operator: row.get("operator")?,
        environment,
        action: row.get("action")?,
        detail: row.get("detail")?,
    };
    Ok(AuditRow { id: row.get("id")?, entry, hash: row.get("hash")? })
}

/// Rows that are checked at a time.
const AT_ONCE: usize = 1_000;

/// Checks every row and the end; how many rows there are.
fn verify(connection: &Connection, key: &DeckKey) -> Result<std::result::Result<i64, BrokenAudit>> {
    let (mut count, mut before) = (0, BEGINNING);
    loop {
        let page = rows(connection, count + 1, AT_ONCE)?;
        for row in &page {
            if row.id != count + 1 || row.hash != link(key, &before, row.id, &row.entry) {
                return Ok(Err(BrokenAudit::Row(row.id)));
            }
            (count, before) = (row.id, row.hash);
        }
        if page.len() < AT_ONCE {
            break;
        }
    }
    let head: Option<(i64, [u8; 32])> = connection
        .query_row("SELECT count, seal FROM audit_head", (), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match head {
        None => Err(BrokenAudit::NoSeal { found: count }),
        Some((sealed, written)) if sealed == count && written == seal(key, count, &before) => {
            Ok(count)
        }
        Some((sealed, _)) => Err(BrokenAudit::End { found: count, sealed }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::AuditAction;
    use crate::store::contract::deck::{Deck, HERE, at, request};
    use crate::store::sqlite::test_file::behind_its_back;

    async fn with_five_rows() -> Deck {
        let deck = Deck::sqlite().await;
        for number in 0..5 {
            let entry = AuditEntry {
                at: at(number),
                operator: "console by ana".to_owned(),
                environment: Some(HERE),
                action: AuditAction::Change,
                detail: format!("Codes allowed: {number} → {}", number + 1),
            };
            deck.store.append_audit(entry).await.unwrap();
        }
        assert_eq!(deck.store.verify_audit().await.unwrap(), Ok(5));
        deck
    }

    /// What is found after someone has meddled with the file.
    async fn after(sql: &str) -> std::result::Result<i64, BrokenAudit> {
        let deck = with_five_rows().await;
        behind_its_back(&deck).execute_batch(sql).unwrap();
        deck.store.verify_audit().await.unwrap()
    }

    #[tokio::test]
    async fn a_changed_removed_or_reordered_row_is_found() {
        assert_eq!(
            after("UPDATE audit SET detail = 'nothing' WHERE id = 3").await,
            Err(BrokenAudit::Row(3))
        );
        assert_eq!(after("DELETE FROM audit WHERE id = 2").await, Err(BrokenAudit::Row(3)));
        let swap = "UPDATE audit SET id = 99 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3;
                    UPDATE audit SET id = 3 WHERE id = 99;";
        assert_eq!(after(swap).await, Err(BrokenAudit::Row(2)));
        let renumber = "DELETE FROM audit WHERE id = 2; UPDATE audit SET id = id - 1 WHERE id > 2;";
        assert_eq!(after(renumber).await, Err(BrokenAudit::Row(2)));
    }

    #[tokio::test]
    async fn rows_cut_off_at_the_end_are_noticed() {
        let cut = Err(BrokenAudit::End { found: 4, sealed: 5 });
        assert_eq!(after("DELETE FROM audit WHERE id = 5").await, cut);
        let hidden = "DELETE FROM audit WHERE id = 5; UPDATE audit_head SET count = 4;";
        assert_eq!(after(hidden).await, Err(BrokenAudit::End { found: 4, sealed: 4 }));
    }

    #[tokio::test]
    async fn an_audit_wiped_together_with_its_seal_is_noticed() {
        let wiped = "DELETE FROM audit; DELETE FROM audit_head;";
        assert_eq!(after(wiped).await, Err(BrokenAudit::NoSeal { found: 0 }));
        let deck = Deck::sqlite().await;
        assert_eq!(deck.store.verify_audit().await.unwrap(), Ok(0));
        behind_its_back(&deck).execute_batch(wiped).unwrap();
        // Opening it again adds no second seal.
        let again = deck.again().await.verify_audit().await.unwrap();
        assert_eq!(again, Err(BrokenAudit::NoSeal { found: 0 }));
    }

    #[tokio::test]
    async fn later_rows_do_not_hide_what_was_removed() {
        for (sql, broken) in [
            ("DELETE FROM audit; DELETE FROM audit_head;", BrokenAudit::NoSeal { found: 1 }),
            ("DELETE FROM audit;", BrokenAudit::End { found: 1, sealed: 5 }),
            (
                "DELETE FROM audit; UPDATE audit_head SET count = 0;",
                BrokenAudit::End { found: 1, sealed: 0 },
            ),
            ("DELETE FROM audit WHERE id = 5;", BrokenAudit::End { found: 5, sealed: 5 }),
        ] {
            let deck = with_five_rows().await;
            behind_its_back(&deck).execute_batch(sql).unwrap();
            deck.slot(request(0)).await;
            assert_eq!(deck.store.verify_audit().await.unwrap(), Err(broken), "{sql}");
        }
    }
}
