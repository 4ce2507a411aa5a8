//! The numbers by which rows are known outside the store. They only grow and are never given
//! twice, also after rows have been pruned.

use rusqlite::Result;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// Declares one kind of id, so that none can be taken for another.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl ToSql for $name {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    };
}

id! {
    /// Identifies a delivery: one code on its way to one number.
    DeliveryId
}

id! {
    /// Identifies an event; a later event has a greater one, over all processes.
    EventId
}

id! {
    /// Identifies a challenge: the codes from which a user may choose to prove one sign-in.
    ChallengeId
}
