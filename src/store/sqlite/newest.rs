//! The outcomes of the newest codes: as a whole, within minutes, and to each country from each sender.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::values::{Millis, country, statuses};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::fault::Fault;
use crate::store::health::{CauseCount, Newest, Outage, RouteFailures};

/// Whether a code did not go out, or nobody knows whether it did.
pub(super) const fn is_missing(status: DeliveryStatus) -> bool {
    status.has_failed() || matches!(status, DeliveryStatus::Unknown)
}

/// Whether it has not been seen yet whether a code goes out.
const fn is_under_way(status: DeliveryStatus) -> bool {
    matches!(status, DeliveryStatus::Reserved | DeliveryStatus::Submitting)
}

/// The outcomes of the newest codes, and the most frequent cause of those that failed.
pub(super) fn newest(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<(Newest, Option<CauseCount>)> {
    let under_way = statuses(is_under_way);
    let sql = format!(
        "SELECT error_code, fault, status, at FROM deliveries
         WHERE environment = ?1 AND at >= ?2 AND status NOT IN ({under_way})
         ORDER BY at DESC LIMIT ?3"
    );
    let mut newest = Newest::default();
    let mut causes: Vec<CauseCount> = Vec::new();
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((environment, Millis(since), Newest::MOST))?;
    while let Some(row) = rows.next()? {
        newest.codes += 1;
        if !is_missing(row.get("status")?) {
            continue;
        }
        newest.failed += 1;
        let (error_code, fault) = (row.get("error_code")?, fault(row, 1)?);
        let first = row.get::<_, Millis>("at")?.0;
        let is_same = |it: &&mut CauseCount| (it.error_code, it.fault) == (error_code, fault);
        match causes.iter_mut().find(is_same) {
            // They come newest first.
            Some(cause) => (cause.count, cause.first) = (cause.count + 1, first),
            None => causes.push(CauseCount { error_code, fault, count: 1, first }),
        }
    }
    Ok((newest, causes.into_iter().max_by_key(|cause| cause.count)))
}

/// The outcomes of the codes of the last minutes.
pub(super) fn five_minutes(
    connection: &Connection,
    environment: Environment,
    now: Timestamp,
) -> Result<Newest> {
    let (missing, under_way) = (statuses(is_missing), statuses(is_under_way));
    let sql = format!(
        "SELECT count(*), count(*) FILTER (WHERE status IN ({missing})) FROM deliveries
         WHERE environment = ?1 AND at >= ?2 AND status NOT IN ({under_way})"
    );
    let since = SignedDuration::from_mins(Newest::MINUTES);
    let since = now.checked_sub(since).unwrap_or(Timestamp::MIN);
    connection.prepare_cached(&sql)?.query_row((environment, Millis(since)), |row| {
        Ok(Newest { codes: row.get(0)?, failed: row.get(1)? })
    })
}

/// What has failed since the last code that went out.
pub(super) fn outage(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Option<Outage>> {
    let (missing, under_way) = (statuses(is_missing), statuses(is_under_way));
    let went_out = format!(
        "SELECT at FROM deliveries
         WHERE environment = ?1 AND at >= ?2 AND status NOT IN ({missing}, {under_way})
         ORDER BY at DESC LIMIT 1"
    );
    let last: Option<Millis> = connection
        .prepare_cached(&went_out)?
        .query_row((environment, Millis(since)), |row| row.get(0))
        .optional()?;
    let failed = format!(
        "SELECT error_code, fault, count(*), min(at) FROM deliveries
         WHERE environment = ?1 AND at >= ?2 AND at > ?3 AND status IN ({missing})
         GROUP BY error_code, fault ORDER BY count(*)"
    );
    let mut statement = connection.prepare_cached(&failed)?;
    let after = last.unwrap_or(Millis(Timestamp::MIN));
    let mut rows = statement.query((environment, Millis(since), after))?;
    let mut found: Option<Outage> = None;
    while let Some(row) = rows.next()? {
        let (count, first) = (row.get::<_, u32>(2)?, row.get::<_, Millis>(3)?.0);
        let (before, since) = found.map_or((0, first), |it| (it.count, it.since));
        // The most frequent comes last.
        found = Some(Outage {
            since: since.min(first),
            count: before + count,
            of_cause: count,
            error_code: row.get(0)?,
            fault: fault(row, 1)?,
        });
    }
    Ok(found)
}

pub(super) fn fault(row: &Row<'_>, column: usize) -> Result<Option<Fault>> {
    Ok(row.get::<_, Option<String>>(column)?.as_deref().and_then(Fault::from_key))
}

/// Where the newest codes of a country and a sender have failed.
pub(super) fn route_failures(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Vec<RouteFailures>> {
    let (missing, under_way) = (statuses(is_missing), statuses(is_under_way));
    let sql = format!(
        "WITH newest AS (
             SELECT country, sender, error_code, fault, at, status IN ({missing}) AS failed,
                    row_number() OVER (PARTITION BY country, sender ORDER BY at DESC) AS nth
             FROM deliveries JOIN origins ON origins.id = origin
             WHERE environment = ?1 AND at >= ?2 AND status NOT IN ({under_way}))
         SELECT country, sender, failed, error_code, fault, count(*) AS codes, min(at) AS first
         FROM newest WHERE nth <= ?3
         GROUP BY country, sender, failed, iif(failed, error_code, NULL), iif(failed, fault, NULL)
         ORDER BY codes DESC"
    );
    let mut routes: Vec<RouteFailures> = Vec::new();
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((environment, Millis(since), Newest::MOST))?;
    while let Some(row) = rows.next()? {
        let (country, sender): (_, String) = (country(row, "country")?, row.get("sender")?);
        let known =
            routes.iter().position(|route| (route.country, &route.sender) == (country, &sender));
        let index = known.unwrap_or_else(|| {
            routes.push(RouteFailures { country, sender, codes: 0, causes: Vec::new() });
            routes.len() - 1
        });
        let count = row.get("codes")?;
        routes[index].codes += count;
        if row.get("failed")? {
            let (error_code, fault) = (row.get("error_code")?, fault(row, 4)?);
            let first = row.get::<_, Millis>("first")?.0;
            routes[index].causes.push(CauseCount { error_code, fault, count, first });
        }
    }
    routes.retain(|route| !route.causes.is_empty());
    let failed = |route: &RouteFailures| route.causes.iter().map(|it| it.count).sum::<u32>();
    routes.sort_by_key(|route| std::cmp::Reverse(failed(route)));
    Ok(routes)
}
