//! The health of an environment, read from its events.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::Sqlite;
use super::values::{Millis, country, statuses, whole_number};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::fault::Fault;
use crate::store::error::StoreError;
use crate::store::event::EventKind;
use crate::store::health::{FailureCount, HOURS, Health, Newest, Outage, Outcomes, RouteHealth};

/// Deliveries whose times are looked at, the newest.
const MAX_TIMES: usize = 20_000;

const DELIVERED: EventKind = EventKind::Delivery(DeliveryStatus::Delivered);

/// Countries and senders that are listed, those with the most codes.
const MAX_ROUTES: usize = 20;

impl Sqlite {
    pub async fn health(
        &self,
        environment: Environment,
        now: Timestamp,
    ) -> Result<Health, StoreError> {
        self.worker.read(move |connection| health(connection, environment, now)).await
    }
}

fn health(connection: &Connection, environment: Environment, now: Timestamp) -> Result<Health> {
    let ago = |hours| now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    let (hour, day, week) = (ago(1), ago(24), ago(7 * 24));
    Ok(Health {
        hour: outcomes(connection, environment, hour)?,
        day: outcomes(connection, environment, day)?,
        codes_by_hour: codes_by_hour(connection, environment, now)?,
        usual_per_hour: usual_per_hour(connection, environment, week, hour)?,
        newest: newest(connection, environment, hour)?,
        outage: outage(connection, environment, day)?,
        failures: failures(connection, environment, hour)?,
        routes: routes(connection, environment, day)?,
        oldest_open: oldest_open(connection, environment, day)?,
        last_delivered: last_delivered(connection, environment)?,
    })
}

fn oldest_open(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    connection
        .prepare_cached(
            "SELECT min(at) FROM deliveries
             WHERE environment = ?1 AND finished = 0 AND at >= ?2",
        )?
        .query_row((environment, Millis(since)), moment)
}

fn last_delivered(connection: &Connection, environment: Environment) -> Result<Option<Timestamp>> {
    connection
        .prepare_cached("SELECT max(at) FROM events WHERE environment = ?1 AND kind = ?2")?
        .query_row((environment, DELIVERED), moment)
}

fn moment(row: &Row<'_>) -> Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<Millis>>(0)?.map(|moment| moment.0))
}

fn outcomes(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Outcomes> {
    let mut outcomes = Outcomes::default();
    let mut statement = connection.prepare_cached(
        "SELECT status, count(*) FROM deliveries WHERE environment = ?1 AND at >= ?2
         GROUP BY status",
    )?;
    let counts = statement.query_map((environment, Millis(since)), |row| {
        Ok((row.get::<_, DeliveryStatus>(0)?, row.get::<_, u32>(1)?))
    })?;
    for count in counts {
        let (status, count) = count?;
        outcomes.codes += count;
        if status == DeliveryStatus::Delivered {
            outcomes.delivered += count;
        } else if is_missing(status) {
            outcomes.failed += count;
        }
    }
    let times = times_to_arrive(connection, environment, since)?;
    let under = |percent: usize| {
        let index = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(index).copied()
    };
    (outcomes.median, outcomes.p95) = (under(50), under(95));
    for took in times {
        outcomes.times.add(took);
    }
    Ok(outcomes)
}

/// The times that codes took from the provider to the phone, the shortest first. It is the provider's
/// clock that tells: when this host has asked says nothing.
fn times_to_arrive(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Vec<Duration>> {
    let mut times: Vec<Duration> = connection
        .prepare_cached(
            "SELECT took FROM deliveries
             WHERE environment = ?1 AND at >= ?2 AND took IS NOT NULL
             ORDER BY at DESC LIMIT ?3",
        )?
        .query_map((environment, Millis(since), whole_number(MAX_TIMES)), |row| {
            let milliseconds = row.get::<_, i64>(0)?;
            Ok(Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default()))
        })?
        .collect::<Result<_>>()?;
    times.sort_unstable();
    Ok(times)
}

fn codes_by_hour(
    connection: &Connection,
    environment: Environment,
    now: Timestamp,
) -> Result<[u32; HOURS]> {
    let mut hours = [0; HOURS];
    let since = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    let mut statement = connection.prepare_cached(
        "SELECT (?3 - at) / 3600000 AS age, count(*) FROM deliveries
         WHERE environment = ?1 AND at > ?2 AND at <= ?3 GROUP BY age",
    )?;
    let ages = statement.query_map((environment, Millis(since), Millis(now)), |row| {
        Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?))
    })?;
    for age in ages {
        let (age, count) = age?;
        if let Some(hour) = hours.iter_mut().rev().nth(age as usize) {
            *hour = count;
        }
    }
    Ok(hours)
}

/// The average over the hours since the first code of the span.
fn usual_per_hour(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
    until: Timestamp,
) -> Result<u32> {
    let (codes, first): (u32, Option<Millis>) = connection
        .prepare_cached(
            "SELECT count(*), min(at) FROM deliveries
             WHERE environment = ?1 AND at >= ?2 AND at < ?3",
        )?
        .query_row((environment, Millis(since), Millis(until)), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let span = first.map_or(0, |first| until.duration_since(first.0).as_secs());
    let hours = u32::try_from(span / 3600).unwrap_or(u32::MAX).max(1);
    Ok(codes.div_ceil(hours))
}

/// Whether a code did not go out, or nobody knows whether it did.
const fn is_missing(status: DeliveryStatus) -> bool {
    status.has_failed() || matches!(status, DeliveryStatus::Unknown)
}

/// Whether it has not been seen yet whether a code goes out.
const fn is_under_way(status: DeliveryStatus) -> bool {
    matches!(status, DeliveryStatus::Reserved | DeliveryStatus::Submitting)
}

fn newest(connection: &Connection, environment: Environment, since: Timestamp) -> Result<Newest> {
    let under_way = statuses(is_under_way);
    let sql = format!(
        "SELECT status FROM deliveries
         WHERE environment = ?1 AND at >= ?2 AND status NOT IN ({under_way})
         ORDER BY at DESC LIMIT ?3"
    );
    let mut newest = Newest::default();
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map((environment, Millis(since), Newest::MOST), |row| {
        row.get::<_, DeliveryStatus>(0)
    })?;
    for status in found {
        newest.codes += 1;
        newest.failed += u32::from(is_missing(status?));
    }
    Ok(newest)
}

/// What has failed since the last code that went out.
fn outage(
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
            error_code: row.get(0)?,
            fault: fault(row, 1)?,
        });
    }
    Ok(found)
}

fn fault(row: &Row<'_>, column: usize) -> Result<Option<Fault>> {
    Ok(row.get::<_, Option<String>>(column)?.as_deref().and_then(Fault::from_key))
}

fn failures(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Vec<FailureCount>> {
    let missing = statuses(is_missing);
    let sql = format!(
        "SELECT error_code, fault, count(*), min(at), max(at), country, sender FROM deliveries
         WHERE environment = ?1 AND at >= ?2 AND status IN ({missing})
         GROUP BY error_code, fault, country, sender ORDER BY count(*) DESC"
    );
    let mut failures: Vec<FailureCount> = Vec::new();
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((environment, Millis(since)))?;
    while let Some(row) = rows.next()? {
        let (error_code, fault) = (row.get(0)?, fault(row, 1)?);
        let (count, first) = (row.get::<_, u32>(2)?, row.get::<_, Millis>(3)?.0);
        let last = row.get::<_, Millis>(4)?.0;
        let route = (country(row, "country")?, row.get("sender")?, count);
        let known = failures.iter_mut().find(|it| (it.error_code, it.fault) == (error_code, fault));
        if let Some(known) = known {
            known.count += count;
            known.routes.push(route);
            (known.first, known.last) = (known.first.min(first), known.last.max(last));
        } else {
            let routes = vec![route];
            failures.push(FailureCount { error_code, fault, count, first, last, routes });
        }
    }
    failures.sort_by_key(|it| (std::cmp::Reverse(it.count), it.error_code, it.fault));
    Ok(failures)
}

fn routes(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Vec<RouteHealth>> {
    let mut routes: Vec<RouteHealth> = Vec::new();
    let failed = statuses(DeliveryStatus::has_failed);
    // Of a row with max(), SQLite takes the other columns from where the greatest one stands.
    let sql = format!(
        "SELECT country, sender, error_code, count(*) AS codes, max(at) AS last,
                status = ?3 AS delivered, status IN ({failed}) AS failed
         FROM deliveries WHERE environment = ?1 AND at >= ?2
         GROUP BY country, sender, delivered, failed"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((environment, Millis(since), DeliveryStatus::Delivered))?;
    while let Some(row) = rows.next()? {
        let (country, sender) = (country(row, "country")?, row.get("sender")?);
        let known =
            routes.iter().position(|route| (route.country, &route.sender) == (country, &sender));
        let index = known.unwrap_or_else(|| {
            routes.push(RouteHealth::of(country, sender));
            routes.len() - 1
        });
        let route = &mut routes[index];
        route.codes += row.get::<_, u32>("codes")?;
        let last = Some(row.get::<_, Millis>("last")?.0);
        if row.get("delivered")? {
            route.last_delivered = last;
        } else if row.get("failed")? {
            (route.last_failed, route.last_error) = (last, row.get("error_code")?);
        }
    }
    routes.sort_by_key(|route| std::cmp::Reverse(route.codes));
    routes.truncate(MAX_ROUTES);
    Ok(routes)
}
