//! How many codes an environment and a country have had lately, for the limits on them. What a
//! limit is stands in the domain.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Result};

use super::{Sqlite, traffic};
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::limits::{Limits, OverLimit, Traffic};
use crate::store::error::StoreError;

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
    let sent = |hours| {
        let since = now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
        traffic::since(connection, (environment, country), since)
    };
    let mut lately = Traffic::default();
    if limits.caps_hours() {
        (lately.hour, lately.country_hour) = sent(1)?;
    }
    if limits.caps_days() {
        (lately.day, lately.country_day) = sent(24)?;
    }
    Ok(limits.judge(country, lately))
}
