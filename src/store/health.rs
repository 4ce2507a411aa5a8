//! How an environment fares, read from what happened.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result};

use super::values::{Millis, country};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;

/// Hours that are counted one by one.
pub const HOURS: usize = 24;

/// Deliveries whose times are looked at, the newest.
const MAX_TIMES: usize = 20_000;

/// Countries and senders that are listed, those with the most codes.
const MAX_ROUTES: usize = 20;

/// What happened in an environment lately, and what is still open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The last hour.
    pub hour: Outcomes,
    /// The last day.
    pub day: Outcomes,
    /// Codes in each of the last 24 hours, the oldest first; the last is the present one.
    pub codes_by_hour: [u32; HOURS],
    /// Codes an hour, on average over the week before the last hour, rounded up.
    pub usual_per_hour: u32,
    /// Codes of the last hour that failed, or of which nobody knows, by error code, the most
    /// frequent first; `None`: without a code.
    pub failures: Vec<FailureCount>,
    /// How each country fared with each sender within the last day, those with most codes first.
    pub routes: Vec<RouteHealth>,
    /// When the oldest code without an end was asked for; none older than a day.
    pub oldest_open: Option<Timestamp>,
    /// When a code was last delivered.
    pub last_delivered: Option<Timestamp>,
}

/// How the codes of a span of time fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Codes that were asked for and that quota and limits allowed.
    pub codes: u32,
    /// Codes that have arrived.
    pub delivered: u32,
    /// Codes that certainly have not.
    pub failed: u32,
    /// The time to arrive that half of them stayed under.
    pub median: Option<Duration>,
    /// The time to arrive that 95 of 100 stayed under.
    pub p95: Option<Duration>,
}

impl Outcomes {
    /// The share of what has arrived among what is known, in percent, rounded down.
    pub fn delivery_rate(&self) -> Option<u32> {
        (self.delivered * 100).checked_div(self.delivered + self.failed)
    }
}

/// How often one error happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureCount {
    /// The provider's error code, if it gave one.
    pub error_code: Option<u32>,
    /// How often.
    pub count: u32,
    /// When the last of those codes was asked for.
    pub last: Timestamp,
}

/// How one country fares with one sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteHealth {
    /// The country; `None`: numbers of no country.
    pub country: Option<Country>,
    /// Who the messages come from, as
    /// [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: String,
    /// Codes of the last day.
    pub codes: u32,
    /// When a code that arrived was last asked for.
    pub last_delivered: Option<Timestamp>,
    /// When a code that did not arrive was last asked for.
    pub last_failed: Option<Timestamp>,
    /// Why that one did not arrive.
    pub last_error: Option<u32>,
}

/// Reads how an environment has fared until now.
pub(super) fn health(
    connection: &Connection,
    environment: Environment,
    now: Timestamp,
) -> Result<Health> {
    let ago = |hours| now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    let (hour, day, week) = (ago(1), ago(24), ago(7 * 24));
    let moment = |sql: &str, since: Timestamp| -> Result<Option<Timestamp>> {
        let found = connection
            .prepare_cached(sql)?
            .query_row((environment, Millis(since)), |row| row.get::<_, Option<Millis>>(0))
            .optional()?;
        Ok(found.flatten().map(|moment| moment.0))
    };
    Ok(Health {
        hour: outcomes(connection, environment, hour)?,
        day: outcomes(connection, environment, day)?,
        codes_by_hour: codes_by_hour(connection, environment, now)?,
        usual_per_hour: usual_per_hour(connection, environment, week, hour)?,
        failures: failures(connection, environment, hour)?,
        routes: routes(connection, environment, day)?,
        oldest_open: moment(
            "SELECT min(at) FROM deliveries
             WHERE environment = ?1 AND finished = 0 AND at >= ?2",
            day,
        )?,
        last_delivered: moment(
            "SELECT max(at) FROM events
             WHERE environment = ?1 AND kind = 'delivered' AND at >= ?2",
            Timestamp::MIN,
        )?,
    })
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
        match status {
            DeliveryStatus::Delivered => outcomes.delivered += count,
            // Called back by an operator.
            DeliveryStatus::Canceled => {}
            status if status.is_failure() => outcomes.failed += count,
            _ => {}
        }
    }
    let mut times: Vec<i64> = connection
        .prepare_cached(
            "SELECT events.at - deliveries.at FROM events
             JOIN deliveries ON deliveries.id = events.delivery
             WHERE events.environment = ?1 AND events.at >= ?2 AND kind = 'delivered'
             ORDER BY events.at DESC LIMIT ?3",
        )?
        .query_map((environment, Millis(since), super::values::whole_number(MAX_TIMES)), |row| {
            row.get(0)
        })?
        .collect::<Result<_>>()?;
    times.sort_unstable();
    let under = |percent: usize| {
        let index = (times.len() * percent).div_ceil(100).saturating_sub(1);
        let milliseconds = times.get(index)?;
        Some(Duration::from_millis(u64::try_from(*milliseconds).unwrap_or_default()))
    };
    (outcomes.median, outcomes.p95) = (under(50), under(95));
    Ok(outcomes)
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

fn failures(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Vec<FailureCount>> {
    connection
        .prepare_cached(
            "SELECT error_code, count(*), max(at) FROM deliveries
             WHERE environment = ?1 AND at >= ?2
               AND status IN ('failed', 'undelivered', 'refused', 'not_sent', 'unknown')
             GROUP BY error_code ORDER BY count(*) DESC, error_code",
        )?
        .query_map((environment, Millis(since)), |row| {
            let last = row.get::<_, Millis>(2)?.0;
            Ok(FailureCount { error_code: row.get(0)?, count: row.get(1)?, last })
        })?
        .collect()
}

fn routes(
    connection: &Connection,
    environment: Environment,
    since: Timestamp,
) -> Result<Vec<RouteHealth>> {
    let mut routes: Vec<RouteHealth> = Vec::new();
    // Of a row with max(), SQLite takes the other columns from where the greatest one stands.
    let mut statement = connection.prepare_cached(
        "SELECT country, sender, error_code, count(*), max(at),
                CASE WHEN status = 'delivered' THEN 1
                     WHEN status IN ('failed', 'undelivered', 'refused', 'not_sent') THEN 2
                     ELSE 0 END AS fate
         FROM deliveries WHERE environment = ?1 AND at >= ?2
         GROUP BY country, sender, fate",
    )?;
    let mut rows = statement.query((environment, Millis(since)))?;
    while let Some(row) = rows.next()? {
        let country = country(row, "country")?;
        let sender: String = row.get(1)?;
        let known =
            routes.iter().position(|route| (route.country, &route.sender) == (country, &sender));
        let index = known.unwrap_or_else(|| {
            let (codes, last_delivered, last_failed, last_error) = (0, None, None, None);
            routes.push(RouteHealth {
                country,
                sender,
                codes,
                last_delivered,
                last_failed,
                last_error,
            });
            routes.len() - 1
        });
        let route = &mut routes[index];
        route.codes += row.get::<_, u32>(3)?;
        let last = Some(row.get::<_, Millis>(4)?.0);
        match row.get::<_, i64>(5)? {
            1 => route.last_delivered = last,
            2 => (route.last_failed, route.last_error) = (last, row.get(2)?),
            _ => {}
        }
    }
    routes.sort_by_key(|route| std::cmp::Reverse(route.codes));
    routes.truncate(MAX_ROUTES);
    Ok(routes)
}

#[cfg(test)]
mod tests {
    use super::super::test_deck::{Deck, HERE, MINUTE, at, report, request, rule};
    use super::super::{Reservation, StatusReport};
    use super::*;

    /// A delivery that is asked for at a minute and comes to its end so many seconds later.
    async fn ended(deck: &Deck, minute: i64, status: DeliveryStatus, seconds: i64) {
        let delivery =
            deck.slot(Reservation { rule: rule(20, 1), ..request(minute * MINUTE) }).await;
        let code = (status == DeliveryStatus::Undelivered).then_some(30003);
        let told = StatusReport {
            error_code: code,
            at: at(minute * MINUTE + seconds * 1000),
            ..report(delivery, status)
        };
        deck.store.report(told).await.unwrap();
    }

    #[tokio::test]
    async fn an_environment_is_read_from_what_happened_to_its_codes() {
        use DeliveryStatus::{Delivered, Queued, Undelivered};
        let deck = Deck::new().await;
        for (minute, status, seconds) in [
            (0, Delivered, 2),
            (26 * 60, Delivered, 4),
            (47 * 60, Undelivered, 9),
            (48 * 60 - 30, Delivered, 2),
            (48 * 60 - 20, Delivered, 8),
            (48 * 60 - 10, Undelivered, 3),
            (48 * 60 - 5, Queued, 1),
        ] {
            ended(&deck, minute, status, seconds).await;
        }
        let now = at(48 * 60 * MINUTE);
        let health = deck.store.health(HERE, now).await.unwrap();
        let hour = Outcomes {
            codes: 5,
            delivered: 2,
            failed: 2,
            median: Some(Duration::from_secs(2)),
            p95: Some(Duration::from_secs(8)),
        };
        assert_eq!(health.hour, hour);
        assert_eq!(health.hour.delivery_rate(), Some(50));
        assert_eq!((health.day.codes, health.day.delivered), (6, 3));
        assert_eq!(health.codes_by_hour[HOURS - 1], 4);
        assert_eq!(health.codes_by_hour.iter().sum::<u32>(), 6);
        // Two codes in the 47 hours before the last one.
        assert_eq!(health.usual_per_hour, 1);
        let failure = &health.failures[0];
        assert_eq!((failure.error_code, failure.count), (Some(30003), 2));
        assert_eq!(health.oldest_open, Some(at((48 * 60 - 5) * MINUTE)));
        let route = &health.routes[0];
        assert_eq!((route.country, route.sender.as_str()), (Country::from_code("CO"), "72404"));
        assert_eq!((route.codes, route.last_error), (6, Some(30003)));
        assert_eq!(route.last_failed, Some(at((48 * 60 - 10) * MINUTE)));
    }

    #[tokio::test]
    async fn what_has_been_open_for_days_alarms_nobody_any_more() {
        let deck = Deck::new().await;
        deck.slot(request(0)).await;
        let health = deck.store.health(HERE, at(25 * 60 * MINUTE)).await.unwrap();
        assert_eq!((health.oldest_open, health.hour.codes), (None, 0));
    }
}
