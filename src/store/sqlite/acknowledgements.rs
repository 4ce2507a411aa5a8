//! Findings that operators have acknowledged: a row for each.

use jiff::Timestamp;
use rusqlite::{Connection, Result, Row};

use super::values::Millis;
use super::{Sqlite, audit};
use crate::domain::environment::Environment;
use crate::store::acknowledgement::Acknowledgement;
use crate::store::error::StoreError;

impl Sqlite {
    pub async fn acknowledge(&self, acknowledgement: Acknowledgement) -> Result<(), StoreError> {
        let key = self.key.clone();
        self.worker
            .write(move |connection| {
                record(connection, &acknowledgement)?;
                audit::append(connection, &key, &acknowledgement.audit())
            })
            .await
    }

    pub async fn acknowledgements(
        &self,
        environment: Environment,
        now: Timestamp,
    ) -> Result<Vec<Acknowledgement>, StoreError> {
        self.worker.read(move |connection| read(connection, environment, now)).await
    }
}

fn record(connection: &Connection, acknowledgement: &Acknowledgement) -> Result<()> {
    let Acknowledgement { environment, finding, at, until, by, reason } = acknowledgement;
    connection
        .prepare_cached("DELETE FROM acknowledgements WHERE until <= ?1")?
        .execute([Millis(*at)])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO acknowledgements (environment, finding, at, until, operator,
                                                      reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((environment, finding, Millis(*at), Millis(*until), by, reason))
        .map(drop)
}

fn read(
    connection: &Connection,
    environment: Environment,
    now: Timestamp,
) -> Result<Vec<Acknowledgement>> {
    connection
        .prepare_cached(
            "SELECT environment, finding, at, until, operator, reason FROM acknowledgements
             WHERE environment = ?1 AND until > ?2 ORDER BY finding",
        )?
        .query_map((environment, Millis(now)), acknowledgement)?
        .collect()
}

fn acknowledgement(row: &Row<'_>) -> Result<Acknowledgement> {
    Ok(Acknowledgement {
        environment: row.get("environment")?,
        finding: row.get("finding")?,
        at: row.get::<_, Millis>("at")?.0,
        until: row.get::<_, Millis>("until")?.0,
        by: row.get("operator")?,
        reason: row.get("reason")?,
    })
}
