//! How the words of the domain stand in columns. The only place that knows: moments are whole
//! milliseconds since 1970, what has a stable name is that name, keys are blobs.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Result, Row};

use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::secret::LookupKey;
use crate::store::audit::AuditAction;
use crate::store::event::{EventKind, EventReason};
use crate::store::ids::{ChallengeId, DeliveryId, EventId};
use crate::store::log::Cursor;

/// Characters of each text of a delivery or an event that are kept.
pub(super) const MAX_TEXT: usize = 300;

/// A moment in a column: whole milliseconds since 1970, in the deck's own time; outside of the
/// column it is what the present wall clock would have shown then, see `timeline`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Millis(pub(super) Timestamp);

/// A moment in a column as the wall clock showed it: whole milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawMillis(pub(super) Timestamp);

thread_local! {
    /// Milliseconds that the wall clock is ahead of the deck's time in the transaction of this
    /// thread. The thread of the file sets it before each one.
    static SKEW: Cell<i64> = const { Cell::new(0) };
}

/// Sets how many milliseconds the wall clock is ahead of the deck's time, for this thread.
pub(super) fn set_skew(skew: i64) {
    SKEW.set(skew);
}

/// How many milliseconds the wall clock is ahead of the deck's time in this transaction: a moment by
/// the deck's time and this are what the wall clock shows.
pub(super) fn present_skew() -> i64 {
    SKEW.get()
}

/// Drops what a column does not keep of a moment, so that what is returned now equals what
/// is read later.
pub(super) fn whole_millisecond(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or(moment)
}

/// A count as an integer of a column or a `LIMIT`.
pub(super) fn whole_number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl ToSql for Millis {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(shifted(self.0, -SKEW.get()).as_millisecond().into())
    }
}

impl FromSql for Millis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        RawMillis::column_result(value).map(|moment| Self(shifted(moment.0, SKEW.get())))
    }
}

/// The first and the last moment mean "ever" and "never": they stay where they are.
fn shifted(moment: Timestamp, by: i64) -> Timestamp {
    if by == 0 || moment == Timestamp::MIN || moment == Timestamp::MAX {
        return moment;
    }
    moment.saturating_add(SignedDuration::from_millis(by)).unwrap_or(moment)
}

impl ToSql for RawMillis {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.0.as_millisecond().into())
    }
}

impl FromSql for RawMillis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_millisecond(value.as_i64()?).map(Self).map_err(FromSqlError::other)
    }
}

/// Declares how a type stands in a column: by the number or the bytes in it.
macro_rules! wrapped {
    ($($name:ident($inner:ty)),* $(,)?) => { $(
        impl ToSql for $name {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <$inner>::column_result(value).map(Self)
            }
        }
    )* };
}

wrapped!(DeliveryId(i64), EventId(i64), ChallengeId(i64), Cursor(i64), LookupKey([u8; 32]));

/// Declares that a type stands in a column by its stable name.
macro_rules! named {
    ($($name:ident),* $(,)?) => { $(
        impl ToSql for $name {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                Ok(self.key().into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let key = value.as_str()?;
                Self::from_key(key).ok_or_else(|| {
                    FromSqlError::Other(format!("it holds an unknown {}", stringify!($name)).into())
                })
            }
        }
    )* };
}

named!(DeliveryStatus, EventKind, EventReason, AuditAction);

/// An environment is its place among all.
impl ToSql for Environment {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Development => 0,
            Self::Test => 1,
            Self::Production => 2,
        }
        .into())
    }
}

impl FromSql for Environment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let place = usize::try_from(value.as_i64()?).ok();
        let environment = place.and_then(|place| Self::ALL.get(place)).copied();
        environment.ok_or_else(|| FromSqlError::Other("it holds an unknown environment".into()))
    }
}

impl ToSql for Country {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.code().into())
    }
}

/// The country in a column; `None` also for one that this version's table does not have, as that
/// must not make a whole row unreadable.
pub(super) fn country(row: &Row<'_>, column: &str) -> Result<Option<Country>> {
    let code: Option<String> = row.get(column)?;
    Ok(code.and_then(|code| Country::from_code(&code)))
}

/// The statuses of which something holds, for an `IN (…)`.
pub(super) fn statuses(holds: impl Fn(DeliveryStatus) -> bool) -> String {
    list(DeliveryStatus::ALL.into_iter().filter(|&status| holds(status)).map(DeliveryStatus::key))
}

/// The kinds of events of which something holds, for an `IN (…)`.
pub(super) fn kinds(holds: impl Fn(EventKind) -> bool) -> String {
    list(EventKind::all().filter(|&kind| holds(kind)).map(EventKind::key))
}

/// Stable names have nothing that needs escaping.
fn list(keys: impl Iterator<Item = &'static str>) -> String {
    keys.map(|key| format!("'{key}'")).collect::<Vec<_>>().join(", ")
}
