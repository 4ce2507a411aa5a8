//! How many codes an environment and a country have had lately, for the limits on them. What a
//! limit is stands in the domain.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result};

use super::Sqlite;
use super::values::{Millis, statuses};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::limits::{Limits, OverLimit, Traffic};
use crate::store::error::StoreError;

/// Counts what went out, or may have, since a moment. The second column is of one country.
static SENT_SINCE: LazyLock<String> = LazyLock::new(|| {
    let never_sent = statuses(DeliveryStatus::releases_slot);
    format!(
        "SELECT count(*), coalesce(sum(country IS ?3), 0) FROM deliveries
         WHERE environment = ?1 AND at > ?2 AND status NOT IN ({never_sent})"
    )
});

impl Sqlite {
    pub async fn over_limit(
        &self,
        environment: Environment,
        country: Option<Country>,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Option<OverLimit>, StoreError> {
        self.worker
            .read(move |connection| over(connection, (environment, country), &limits, now))
            .await
    }
}

/// The limit that one more code to a country would break; `None` if it breaks none.
pub(super) fn over(
    connection: &Connection,
    (environment, country): (Environment, Option<Country>),
    limits: &Limits,
    now: Timestamp,
) -> Result<Option<OverLimit>> {
    let sent = |hours| -> Result<(u32, u32)> {
        let since = now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
        connection
            .prepare_cached(&SENT_SINCE)?
            .query_row((environment, Millis(since), country), |row| Ok((row.get(0)?, row.get(1)?)))
    };
    let mut traffic = Traffic::default();
    if limits.caps_hours() {
        (traffic.hour, traffic.country_hour) = sent(1)?;
    }
    if limits.caps_days() {
        (traffic.day, traffic.country_day) = sent(24)?;
    }
    Ok(limits.judge(country, traffic))
}
