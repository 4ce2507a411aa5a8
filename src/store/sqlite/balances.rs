//! What accounts have left: a row for each environment.

use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::Sqlite;
use super::values::Millis;
use crate::domain::balance::Balance;
use crate::domain::environment::Environment;
use crate::domain::secret::Fingerprint;
use crate::store::balance::BalanceReport;
use crate::store::error::StoreError;

impl Sqlite {
    pub async fn report_balance(&self, report: BalanceReport) -> Result<(), StoreError> {
        self.worker.note(move |connection| record(connection, &report)).await
    }

    pub async fn balance(
        &self,
        environment: Environment,
    ) -> Result<Option<BalanceReport>, StoreError> {
        self.worker.read(move |connection| find(connection, environment)).await
    }
}

fn record(connection: &Connection, report: &BalanceReport) -> Result<()> {
    let BalanceReport { environment, fingerprint, at, balance } = report;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO balances (environment, fingerprint, at, millionths, currency)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            environment,
            fingerprint.0,
            Millis(*at),
            balance.millionths(),
            balance.currency(),
        ))
        .map(drop)
}

fn find(connection: &Connection, environment: Environment) -> Result<Option<BalanceReport>> {
    connection
        .prepare_cached(
            "SELECT environment, fingerprint, at, millionths, currency FROM balances
             WHERE environment = ?1",
        )?
        .query_row([environment], report)
        .optional()
}

fn report(row: &Row<'_>) -> Result<BalanceReport> {
    Ok(BalanceReport {
        environment: row.get("environment")?,
        fingerprint: Fingerprint(row.get("fingerprint")?),
        at: row.get::<_, Millis>("at")?.0,
        balance: Balance::new(row.get("millionths")?, row.get("currency")?),
    })
}
