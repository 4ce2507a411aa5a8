//! The health of an environment, read from its events.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result, Row};

use super::Sqlite;
use super::newest::{fault, five_minutes, is_missing, newest, outage, route_failures};
use super::values::{Millis, country, statuses, whole_number};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::store::error::StoreError;
use crate::store::event::EventKind;
use crate::store::health::{FailureCount, HOURS, Health, Outcomes, RouteHealth};

/// Deliveries whose times are looked at, the newest.
const MAX_TIMES: usize = 20_000;

/// The fewest codes of a week whose share of failures means something.
const MIN_USUAL: u32 = 20;

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
    let (usual_per_hour, usual_failed_percent) = usual(connection, environment, week, hour)?;
    let (newest, newest_cause) = newest(connection, environment, hour)?;
    Ok(Health {
        hour: outcomes(connection, environment, hour)?,
        day: outcomes(connection, environment, day)?,
        codes_by_hour: codes_by_hour(connection, environment, now)?,
        usual_per_hour,
        usual_failed_percent,
        newest,
        newest_cause,
        five_minutes: five_minutes(connection, environment, now)?,
        route_failures: route_failures(connection, environment, hour)?,
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

/// The codes an hour, on average over the hours since the first code of the span, and the share of
/// them that failed, in percent.
fn usual(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
    until: Timestamp,
) -> Result<(u32, u32)> {
    let missing = statuses(is_missing);
    let sql = format!(
        "SELECT count(*), min(at), total(status IN ({missing})) FROM deliveries
         WHERE environment = ?1 AND at >= ?2 AND at < ?3"
    );
    let (codes, first, failed): (u32, Option<Millis>, f64) = connection
        .prepare_cached(&sql)?
        .query_row((environment, Millis(since), Millis(until)), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let span = first.map_or(0, |first| until.duration_since(first.0).as_secs());
    let hours = u32::try_from(span / 3600).unwrap_or(u32::MAX).max(1);
    let percent = (failed * 100.0 / f64::from(codes.max(1))).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share in percent is from 0 to 100"
    )]
    let percent = if codes < MIN_USUAL { 0 } else { percent as u32 };
    Ok((codes.div_ceil(hours), percent))
}

fn failures(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Vec<FailureCount>> {
    let missing = statuses(is_missing);
    let sql = format!(
        "SELECT error_code, fault, count(*), min(at), max(at), country, sender FROM deliveries
         JOIN origins ON origins.id = origin
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
         FROM deliveries JOIN origins ON origins.id = origin
         WHERE environment = ?1 AND at >= ?2
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
