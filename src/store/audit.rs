//! The audit: who did what. Rows are only ever added, each chained to the one before it by a
//! hash under the deck's key, so that a changed, removed or reordered row is found. A sealed
//! count tells whether rows were cut off at the end.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::values::{Millis, known, whole_number};
use crate::domain::environment::Environment;
use crate::domain::secret::DeckKey;
use crate::domain::text::printable;

/// Characters of each text that are kept.
const MAX_TEXT: usize = 1_000;

/// What the first row is chained to.
const BEGINNING: [u8; 32] = [0; 32];

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// Changed a setting.
    Change,
    /// Tried to save settings, in vain.
    FailedSave,
    /// Had a code sent.
    Send,
    /// Gave a user all codes back.
    Unlock,
    /// Gave a user one code back.
    GiveBack,
    /// Let a user's wrong tries count no more.
    ForgiveTries,
    /// Called a message back.
    CancelMessage,
}

impl AuditAction {
    const ALL: [Self; 7] = [
        Self::Change,
        Self::FailedSave,
        Self::Send,
        Self::Unlock,
        Self::GiveBack,
        Self::ForgiveTries,
        Self::CancelMessage,
    ];

    /// The stable name in the store and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::FailedSave => "failed_save",
            Self::Send => "send",
            Self::Unlock => "unlock",
            Self::GiveBack => "give_back",
            Self::ForgiveTries => "forgive_tries",
            Self::CancelMessage => "call_back",
        }
    }
}

/// A row that is about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who, by way of what, from where.
    pub operator: String,
    /// In which environment; `None`: in the whole deck.
    pub environment: Option<Environment>,
    /// What.
    pub action: AuditAction,
    /// What exactly, in words. Never holds a secret or a whole number.
    pub detail: String,
}

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place, from 1.
    pub id: i64,
    /// What it says.
    pub entry: AuditEntry,
    hash: [u8; 32],
}

/// Where the audit is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenAudit {
    /// A row is not as it was written, or does not follow the one before it.
    #[error("row {0} was changed, or rows before it were removed or reordered")]
    Row(i64),
    /// The seal is missing: rows were removed, all of them if none is left.
    #[error("the seal of the end is missing, so rows may be too: {found} rows are there")]
    NoSeal {
        /// Rows that are there.
        found: i64,
    },
    /// Rows are missing at the end, or the seal was tampered with.
    #[error("the end does not fit: {found} rows are there, {sealed} were written")]
    End {
        /// Rows that are there.
        found: i64,
        /// Rows that were written.
        sealed: i64,
    },
}

/// Seals an audit that has no row yet. One that is there already, from an earlier schema, is
/// sealed already.
pub(super) fn begin(connection: &Connection, key: &DeckKey) -> Result<()> {
    connection
        .execute(
            "INSERT INTO audit_head (only, count, seal)
             SELECT 1, 0, ?1 WHERE NOT EXISTS (SELECT 1 FROM audit) ON CONFLICT DO NOTHING",
            [seal(key, 0, &BEGINNING)],
        )
        .map(drop)
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
        at: super::values::whole_millisecond(entry.at),
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
            Millis(entry.at),
            &entry.operator,
            entry.environment.map_or("", Environment::key),
            entry.action.key(),
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

/// The hash of a row.
fn link(key: &DeckKey, before: &[u8; 32], id: i64, entry: &AuditEntry) -> [u8; 32] {
    key.link(&[
        before,
        &id.to_be_bytes(),
        &entry.at.as_millisecond().to_be_bytes(),
        entry.operator.as_bytes(),
        entry.environment.map_or("", Environment::key).as_bytes(),
        entry.action.key().as_bytes(),
        entry.detail.as_bytes(),
    ])
}

fn seal(key: &DeckKey, count: i64, last: &[u8; 32]) -> [u8; 32] {
    key.link(&[b"end", &count.to_be_bytes(), last])
}

/// The rows from one on, oldest first.
pub(super) fn rows(connection: &Connection, from: i64, most: usize) -> Result<Vec<AuditRow>> {
    connection
        .prepare_cached(
            "SELECT id, at, operator, environment, action, detail, hash FROM audit
             WHERE id >= ?1 ORDER BY id LIMIT ?2",
        )?
        .query_map((from, whole_number(most)), read)?
        .collect()
}

fn read(row: &Row<'_>) -> Result<AuditRow> {
    let environment: String = row.get("environment")?;
    let action: String = row.get("action")?;
    let entry = AuditEntry {
        at: row.get::<_, Millis>("at")?.0,
        operator: row.get("operator")?,
        environment: match environment.as_str() {
            "" => None,
            _ => Some(row.get("environment")?),
        },
        action: known(AuditAction::ALL.into_iter().find(|known| known.key() == action), "action")?,
        detail: row.get("detail")?,
    };
    Ok(AuditRow { id: row.get("id")?, entry, hash: row.get("hash")? })
}

/// Rows that are checked at a time.
const AT_ONCE: usize = 1_000;

/// Checks every row and the end; how many rows there are.
pub(super) fn verify(
    connection: &Connection,
    key: &DeckKey,
) -> Result<std::result::Result<i64, BrokenAudit>> {
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
    use super::super::test_deck::{Deck, HERE, at, request};
    use super::*;

    async fn with_five_rows() -> Deck {
        let deck = Deck::new().await;
        for number in 0..5 {
            let entry = AuditEntry {
                at: at(number),
                operator: "console by ana".to_owned(),
                environment: Some(HERE),
                action: AuditAction::Change,
                detail: format!("Codes allowed: {number} → {}", number + 1),
            };
            deck.store.audit(entry).await.unwrap();
        }
        assert_eq!(deck.store.verify_audit().await.unwrap(), Ok(5));
        deck
    }

    /// What is found after somebody has meddled with the file.
    async fn after(sql: &str) -> std::result::Result<i64, BrokenAudit> {
        let deck = with_five_rows().await;
        deck.behind_its_back().execute_batch(sql).unwrap();
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
    async fn rows_cut_off_at_the_end_are_missed() {
        let cut = Err(BrokenAudit::End { found: 4, sealed: 5 });
        assert_eq!(after("DELETE FROM audit WHERE id = 5").await, cut);
        let hidden = "DELETE FROM audit WHERE id = 5; UPDATE audit_head SET count = 4;";
        assert_eq!(after(hidden).await, Err(BrokenAudit::End { found: 4, sealed: 4 }));
    }

    #[tokio::test]
    async fn an_audit_that_was_wiped_with_its_seal_is_missed() {
        let wiped = "DELETE FROM audit; DELETE FROM audit_head;";
        assert_eq!(after(wiped).await, Err(BrokenAudit::NoSeal { found: 0 }));
        let deck = Deck::new().await;
        assert_eq!(deck.store.verify_audit().await.unwrap(), Ok(0));
        deck.behind_its_back().execute_batch(wiped).unwrap();
        // Opening it again seals nothing anew.
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
            deck.behind_its_back().execute_batch(sql).unwrap();
            deck.slot(request(0)).await;
            assert_eq!(deck.store.verify_audit().await.unwrap(), Err(broken), "{sql}");
        }
    }

    #[tokio::test]
    async fn a_send_is_in_the_audit_and_a_refusal_is_not() {
        let deck = Deck::new().await;
        for _ in 0..5 {
            deck.ask(request(0)).await;
        }
        let rows = deck.store.audit_rows(1, 99).await.unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].entry.action, AuditAction::Send);
        assert_eq!(rows[0].entry.detail, "user-1 at +57 ••• ••• 0001 from 72404");
        deck.unlock(1).await;
        let last = deck.store.audit_rows(4, 1).await.unwrap().remove(0);
        assert_eq!(last.entry.action, AuditAction::Unlock);
        assert_eq!(deck.store.verify_audit().await.unwrap(), Ok(4));
    }
}
