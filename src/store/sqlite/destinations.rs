//! Where the codes of an environment went within the last day, and what was usual before.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result, Row};

use super::Sqlite;
use super::values::{Millis, country, statuses, whole_number};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::refusal::Refusal;
use crate::domain::secret::LookupKey;
use crate::store::destinations::{BlockTraffic, CountryTraffic, Destinations};
use crate::store::error::StoreError;
use crate::store::event::{EventKind, EventReason};

/// Blocks that are listed, those with the most numbers.
const MAX_BLOCKS: usize = 5;

/// Different numbers from which on a block is listed.
const MIN_NUMBERS: u32 = 3;

/// Days that the usual is taken from, at most.
const DAYS: u32 = 7;

impl Sqlite {
    pub async fn destinations(
        &self,
        environment: Environment,
        now: Timestamp,
    ) -> Result<Destinations, StoreError> {
        self.worker.read(move |connection| destinations(connection, environment, now)).await
    }
}

/// The spans that are compared.
#[derive(Clone, Copy)]
struct Spans {
    now: Millis,
    /// When the last day begins.
    day: Millis,
    /// When the days before it begin, of which the usual is taken.
    before: Millis,
    /// Days before the last one that there are codes of: a deck may be young, or forget early.
    /// At least 1.
    days: u32,
    /// Whether there were codes before the last day.
    has_history: bool,
}

impl Spans {
    fn read(connection: &Connection, environment: Environment, now: Timestamp) -> Result<Self> {
        let ago = |days: u32| {
            let span = SignedDuration::from_hours(i64::from(days) * 24);
            Millis(now.checked_sub(span).unwrap_or(Timestamp::MIN))
        };
        let (day, before) = (ago(1), ago(1 + DAYS));
        let first: Option<Millis> = connection
            .prepare_cached("SELECT min(at) FROM deliveries WHERE environment = ?1 AND at >= ?2")?
            .query_row((environment, before), |row| row.get(0))?;
        let seconds = first.map_or(0, |first| day.0.duration_since(first.0).as_secs().max(0));
        let days = u32::try_from(seconds).unwrap_or(u32::MAX).div_ceil(24 * 60 * 60).max(1);
        Ok(Self { now: Millis(now), day, before, days, has_history: seconds > 0 })
    }
}

fn destinations(
    connection: &Connection,
    environment: Environment,
    now: Timestamp,
) -> Result<Destinations> {
    let spans = Spans::read(connection, environment, now)?;
    Ok(Destinations {
        countries: countries(connection, environment, spans)?,
        blocks: blocks(connection, environment, spans)?,
        refused: refused(connection, environment, spans.day)?,
        has_history: spans.has_history,
    })
}

/// A code that works no more was entered if its challenge was; the newest code of a challenge
/// that was entered counts for all of them.
fn countries(
    connection: &Connection,
    environment: Environment,
    spans: Spans,
) -> Result<Vec<CountryTraffic>> {
    let never_sent = statuses(DeliveryStatus::releases_slot);
    let sql = format!(
        "SELECT country,
                count(*) FILTER (WHERE at >= ?2) AS day,
                count(*) FILTER (WHERE at < ?2) AS before,
                count(*) FILTER (WHERE at >= ?2 AND (entered OR at + validity <= ?4)) AS settled,
                count(*) FILTER (WHERE at >= ?2 AND NOT entered AND at + validity <= ?4) AS unused
         FROM deliveries
         WHERE environment = ?1 AND at >= ?3 AND status NOT IN ({never_sent})
         GROUP BY country HAVING day > 0 ORDER BY day DESC, country"
    );
    connection
        .prepare_cached(&sql)?
        .query_map((environment, spans.day, spans.before, spans.now), |row| {
            Ok(CountryTraffic {
                country: country(row, "country")?,
                day: row.get("day")?,
                usual: row.get::<_, u32>("before")?.div_ceil(spans.days),
                settled: row.get("settled")?,
                unverified: row.get("unused")?,
            })
        })?
        .collect()
}

fn blocks(
    connection: &Connection,
    environment: Environment,
    spans: Spans,
) -> Result<Vec<BlockTraffic>> {
    let never_sent = statuses(DeliveryStatus::releases_slot);
    let sql = format!(
        "SELECT block, country,
                count(*) FILTER (WHERE at >= ?2) AS codes,
                count(*) FILTER (WHERE at < ?2) AS before,
                count(DISTINCT number) FILTER (WHERE at >= ?2) AS numbers
         FROM deliveries
         WHERE environment = ?1 AND at >= ?3 AND block IS NOT NULL
           AND status NOT IN ({never_sent})
         GROUP BY block HAVING numbers >= ?4 ORDER BY numbers DESC, codes DESC LIMIT ?5"
    );
    let values = (environment, spans.day, spans.before, MIN_NUMBERS, whole_number(MAX_BLOCKS));
    connection
        .prepare_cached(&sql)?
        .query_map(values, |row| {
            Ok(BlockTraffic {
                block: block(row)?,
                country: country(row, "country")?,
                codes: row.get("codes")?,
                usual: row.get::<_, u32>("before")?.div_ceil(spans.days),
                numbers: row.get("numbers")?,
            })
        })?
        .collect()
}

/// The block in a row, of which only the first bytes are kept.
fn block(row: &Row<'_>) -> Result<LookupKey> {
    let mut block = [0; 32];
    let kept: Vec<u8> = row.get("block")?;
    block.iter_mut().zip(kept).for_each(|(place, byte)| *place = byte);
    Ok(LookupKey(block))
}

/// Countries that a From number was missing for since a moment.
fn refused(
    connection: &Connection,
    environment: Environment,
    since: Millis,
) -> Result<BTreeSet<Country>> {
    let reason = EventReason::Refusal(Refusal::NoSender);
    let countries: Vec<Option<Country>> = connection
        .prepare_cached(
            "SELECT DISTINCT country FROM events
             WHERE environment = ?1 AND at >= ?2 AND kind = ?3 AND reason = ?4",
        )?
        .query_map((environment, since, EventKind::REFUSED, reason), |row| country(row, "country"))?
        .collect::<Result<_>>()?;
    Ok(countries.into_iter().flatten().collect())
}
