//! What accounts have reported of credentials: a row for each that was used.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::Sqlite;
use super::values::Millis;
use crate::domain::environment::Environment;
use crate::domain::secret::Fingerprint;
use crate::store::credentials::CredentialsReport;
use crate::store::error::StoreError;

/// How many credentials of an environment are remembered; whatever was used before is of no use.
const KEPT: i64 = 50;

impl Sqlite {
    pub async fn report_credentials(&self, report: CredentialsReport) -> Result<(), StoreError> {
        self.worker.note(move |connection| record(connection, &report)).await
    }

    pub async fn credentials(
        &self,
        environment: Environment,
        fingerprint: Option<Fingerprint>,
    ) -> Result<Option<CredentialsReport>, StoreError> {
        self.worker.look(move |connection| find(connection, environment, fingerprint)).await
    }
}

/// Whether credentials may be used now.
pub(super) enum Trial {
    /// They may, as far as is known; this is what the account last said of them.
    Allowed(Option<CredentialsReport>),
    /// They were rejected, and rest until then.
    Resting { code: u32, until: Timestamp },
}

/// Judges whether a request may use credentials. Once rejected ones have rested, one request may try
/// them; from then on they rest again.
pub(super) fn try_out(
    connection: &Connection,
    environment: Environment,
    (fingerprint, rest): (Fingerprint, SignedDuration),
    now: Timestamp,
) -> Result<Trial> {
    let known = find(connection, environment, Some(fingerprint))?;
    let Some(CredentialsReport { at, refused: Some(code), .. }) = known else {
        return Ok(Trial::Allowed(known));
    };
    let until = at.checked_add(rest).unwrap_or(Timestamp::MAX);
    if now < until {
        return Ok(Trial::Resting { code, until });
    }
    connection
        .prepare_cached(
            "UPDATE credentials SET at = ?1 WHERE environment = ?2 AND fingerprint = ?3",
        )?
        .execute((Millis(now), environment, fingerprint.0))?;
    Ok(Trial::Allowed(known))
}

fn record(connection: &Connection, report: &CredentialsReport) -> Result<()> {
    let CredentialsReport { environment, fingerprint, at, refused } = report;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO credentials (environment, fingerprint, at, error_code)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((environment, fingerprint.0, Millis(*at), refused))?;
    connection
        .prepare_cached(
            "DELETE FROM credentials WHERE environment = ?1 AND fingerprint NOT IN
             (SELECT fingerprint FROM credentials WHERE environment = ?1
              ORDER BY at DESC LIMIT ?2)",
        )?
        .execute((environment, KEPT))
        .map(drop)
}

fn find(
    connection: &Connection,
    environment: Environment,
    fingerprint: Option<Fingerprint>,
) -> Result<Option<CredentialsReport>> {
    match fingerprint {
        Some(fingerprint) => connection
            .prepare_cached(
                "SELECT environment, fingerprint, at, error_code FROM credentials
                 WHERE environment = ?1 AND fingerprint = ?2",
            )?
            .query_row((environment, fingerprint.0), report),
        None => connection
            .prepare_cached(
                "SELECT environment, fingerprint, at, error_code FROM credentials
                 WHERE environment = ?1 ORDER BY at DESC LIMIT 1",
            )?
            .query_row([environment], report),
    }
    .optional()
}

fn report(row: &Row<'_>) -> Result<CredentialsReport> {
    Ok(CredentialsReport {
        environment: row.get(0)?,
        fingerprint: Fingerprint(row.get(1)?),
        at: row.get::<_, Millis>(2)?.0,
        refused: row.get(3)?,
    })
}
