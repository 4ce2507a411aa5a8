//! How the words of the domain stand in columns. The only place that knows: moments are whole
//! milliseconds since 1970, what has a stable name is that name, keys are blobs.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Result, Row};

use super::events::{EventKind, EventReason};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::secret::LookupKey;

/// A moment in a column: whole milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Millis(pub(super) Timestamp);

/// Drops what a column does not keep of a moment, so that what is answered now equals what is
/// read later.
pub(super) fn whole_millisecond(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or(moment)
}

/// A count as an integer of a column or a `LIMIT`.
pub(super) fn whole_number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl ToSql for Millis {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.0.as_millisecond().into())
    }
}

impl FromSql for Millis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_millisecond(value.as_i64()?).map(Self).map_err(FromSqlError::other)
    }
}

impl ToSql for LookupKey {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for LookupKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self)
    }
}

impl ToSql for Environment {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.key().into())
    }
}

impl FromSql for Environment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let key = value.as_str()?;
        known(Self::ALL.into_iter().find(|environment| environment.key() == key), "environment")
    }
}

impl ToSql for DeliveryStatus {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.key().into())
    }
}

impl FromSql for DeliveryStatus {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        known(Self::from_key(value.as_str()?), "delivery status")
    }
}

impl ToSql for EventKind {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.key().into())
    }
}

impl ToSql for EventReason {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.key().into())
    }
}

impl FromSql for EventReason {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        known(Self::from_key(value.as_str()?), "reason")
    }
}

/// The country in a column; `None` also for one that this version's table does not have, as that
/// must not make a whole row unreadable.
pub(super) fn country(row: &Row<'_>, column: &str) -> Result<Option<Country>> {
    let code: Option<String> = row.get(column)?;
    Ok(code.and_then(|code| Country::from_code(&code)))
}

impl ToSql for Country {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.code().into())
    }
}

impl FromSql for EventKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        known(Self::from_key(value.as_str()?), "kind of event")
    }
}

/// What a column's word stands for.
pub(super) fn known<T>(found: Option<T>, what: &str) -> FromSqlResult<T> {
    found.ok_or_else(|| FromSqlError::Other(format!("it names an unknown {what}").into()))
}
