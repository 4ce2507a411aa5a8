//! What accounts have said of credentials: a row for each that was used.

use jiff::Timestamp;
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
        self.worker.write(move |connection| record(connection, &report)).await
    }

    pub async fn credentials(
        &self,
        environment: Environment,
        fingerprint: Option<Fingerprint>,
    ) -> Result<Option<CredentialsReport>, StoreError> {
        self.worker.read(move |connection| find(connection, environment, fingerprint)).await
    }

    pub async fn claim_trial(
        &self,
        environment: Environment,
        fingerprint: Fingerprint,
        rested_since: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.worker
            .write(move |connection| {
                let claimed = connection
                    .prepare_cached(
                        "UPDATE credentials SET at = ?1
                         WHERE environment = ?2 AND fingerprint = ?3 AND at <= ?4",
                    )?
                    .execute((Millis(now), environment, fingerprint.0, Millis(rested_since)))?;
                Ok(claimed == 1)
            })
            .await
    }
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
    connection
        .prepare_cached(
            "SELECT environment, fingerprint, at, error_code FROM credentials
             WHERE environment = ?1 AND fingerprint = coalesce(?2, fingerprint)
             ORDER BY at DESC LIMIT 1",
        )?
        .query_row((environment, fingerprint.map(|it| it.0)), report)
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
