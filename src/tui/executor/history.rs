//! Reads what the history shows: former versions of the config, and the audit.

use tokio::task::spawn_blocking;

use super::ask::NOT_OPEN;
use crate::config::{self, Config, Version};
use crate::engine::Deck;
use crate::store::{AuditAction, AuditRow};
use crate::tui::question::{Answer, DeckHistory};

/// Rows of the audit that are shown; `smsdeck audit list` has all of them.
const MAX_ROWS: usize = 1_000;

/// Reads the versions, and the newest rows of the audit if the store is open.
pub(super) async fn read(deck: &Deck) -> Result<Answer, String> {
    let paths = deck.paths().clone();
    let versions = spawn_blocking(move || {
        let versions = config::versions(&paths)?.into_iter();
        let read = |version: Version| -> (Version, Option<Config>) {
            let config = config::load(&version.path).ok().flatten();
            (version, config)
        };
        Ok::<_, std::io::Error>(versions.map(read).collect())
    });
    let versions = versions.await.map_err(|error| error.to_string())?;
    let versions = versions.map_err(|error| format!("Cannot read the versions: {error}"))?;
    let audit = match deck.engine() {
        Some(engine) => engine.newest_audit_rows(MAX_ROWS).await.map_err(|error| error.to_string()),
        None => Err(NOT_OPEN.to_owned()),
    };
    let audit = audit.map(|rows| without_done_intents(&rows));
    Ok(Answer::History(Box::new(DeckHistory { versions, audit })))
}

/// Leaves out what somebody was about to change where a row of its own says that it was changed, or
/// that the save failed. The rows are in order, the newest first.
fn without_done_intents(rows: &[AuditRow]) -> Vec<AuditRow> {
    let is_outcome = |row: &AuditRow, intent: &AuditRow| {
        let (row, intent) = (&row.entry, &intent.entry);
        row.operator == intent.operator
            && match row.action {
                AuditAction::Change => {
                    (row.environment, &row.detail) == (intent.environment, &intent.detail)
                }
                AuditAction::FailedSave => true,
                _ => false,
            }
    };
    let is_shown = |(at, row): &(usize, &AuditRow)| {
        row.entry.action != AuditAction::Intent
            || !rows[..*at].iter().any(|later| is_outcome(later, row))
    };
    rows.iter().enumerate().filter(is_shown).map(|(_, row)| row.clone()).collect()
}
