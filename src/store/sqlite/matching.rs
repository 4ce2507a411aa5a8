//! Finds events of the log by what is known of them, newest first: what is common is found soon, and
//! what is rare has an index.

use std::fmt::Display;

use rusqlite::types::{ToSql, ToSqlOutput, Value};
use rusqlite::{Connection, Result};

use super::events::{EVENTS, newest_first};
use super::values::{Millis, whole_number};
use super::{Sqlite, subjects};
use crate::domain::country::Country;
use crate::store::error::StoreError;
use crate::store::event::Event;
use crate::store::log::{Cursor, EventFilter};

/// The kinds that the index of rare ones leaves out. As the index has it, or it is not used.
const NOT_RARE: [&str; 7] =
    ["submitting", "accepted", "queued", "sending", "sent", "delivered", "verified"];

impl Sqlite {
    pub async fn matching_events(
        &self,
        filter: EventFilter,
        between: (Cursor, Cursor),
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.worker.read(move |connection| matching(connection, &filter, between, limit)).await
    }
}

fn matching(
    connection: &Connection,
    filter: &EventFilter,
    (after, upto): (Cursor, Cursor),
    limit: usize,
) -> Result<Vec<Event>> {
    let mut wanted = Conditions::default();
    wanted.add("events.id >", &after)?;
    wanted.add("events.id <=", &upto)?;
    if let Some(environment) = filter.environment {
        wanted.add("events.environment =", &environment)?;
    }
    if let Some(kind) = filter.kind {
        wanted.add("events.kind =", &kind)?;
        if !NOT_RARE.contains(&kind.key()) {
            let kinds: Vec<String> = NOT_RARE.iter().map(|kind| format!("'{kind}'")).collect();
            wanted.sql.push(format!("events.kind NOT IN ({})", kinds.join(", ")));
        }
    }
    if let Some(keys) = &filter.subjects {
        let mut ids = Vec::new();
        for (environment, key) in keys {
            ids.extend(subjects::find(connection, *environment, *key)?.map(|row| row.id));
        }
        wanted.sql.push(about(&ids));
    }
    if let Some(since) = filter.since {
        wanted.add("events.at >=", &Millis(since))?;
    }
    if let Some(until) = filter.until {
        wanted.add("events.at <", &Millis(until))?;
    }
    if let Some(country) = filter.country {
        wanted.add("coalesce(events.country, deliveries.country) =", &Country::code(country))?;
    }
    if let Some(code) = filter.error_code {
        wanted.add("events.error_code =", &code)?;
    }
    if let Some(sender) = &filter.sender {
        wanted.add("origins.sender =", sender)?;
    }
    wanted.values.push(whole_number(limit).into());
    let (conditions, last) = (wanted.sql.join(" AND "), wanted.values.len());
    let sql = format!("{EVENTS} WHERE {conditions} ORDER BY events.id DESC LIMIT ?{last}");
    newest_first(connection, &sql, rusqlite::params_from_iter(wanted.values))
}

/// The condition that an event is about one of these subjects, by their row ids.
fn about(ids: &[i64]) -> String {
    let ids = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    format!(
        "events.id IN (
             SELECT theirs.id FROM deliveries JOIN events AS theirs ON theirs.delivery = deliveries.id
             WHERE deliveries.user IN ({ids})
             UNION SELECT theirs.id FROM deliveries JOIN events AS theirs ON theirs.delivery = deliveries.id
             WHERE deliveries.number IN ({ids})
             UNION SELECT id FROM events WHERE user IN ({ids})
             UNION SELECT id FROM events WHERE number IN ({ids}))"
    )
}

/// Conditions that must all hold, and the values in them.
#[derive(Default)]
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a comparison with a value.
    fn add(&mut self, comparison: impl Display, value: &impl ToSql) -> Result<()> {
        self.values.push(match value.to_sql()? {
            ToSqlOutput::Borrowed(value) => value.try_into().map_err(rusqlite::Error::from)?,
            ToSqlOutput::Owned(value) => value,
            _ => Value::Null,
        });
        self.sql.push(format!("{comparison} ?{}", self.values.len()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_file::behind_its_back;
    use super::*;
    use crate::store::contract::deck::{Deck, HERE};
    use crate::store::event::EventKind;

    /// How `SQLite` finds the events of a filter.
    fn plan(connection: &Connection, conditions: &str) -> String {
        let sql = format!("EXPLAIN QUERY PLAN {EVENTS} WHERE {conditions} ORDER BY events.id DESC");
        let mut plan = connection.prepare(&sql).unwrap();
        let details = plan.query_map((), |row| row.get::<_, String>("detail")).unwrap();
        details.collect::<Result<Vec<_>>>().unwrap().join("; ")
    }

    #[tokio::test]
    async fn rare_events_and_those_of_a_user_are_found_by_an_index() {
        let deck = Deck::sqlite().await;
        let connection = behind_its_back(&deck);
        let kinds = NOT_RARE.map(|kind| format!("'{kind}'")).join(", ");
        let rare = format!("events.kind = 'failed' AND events.kind NOT IN ({kinds})");
        assert!(plan(&connection, &rare).contains("events_rare"), "{}", plan(&connection, &rare));
        let of_user = plan(&connection, &about(&[1, 2]));
        for index in ["deliveries_by_user", "deliveries_by_number", "events_by_user"] {
            assert!(of_user.contains(index), "{of_user}");
        }
        assert!(!of_user.contains("SCAN events"), "{of_user}");
        assert!(matching(&connection, &EventFilter::default(), (Cursor(0), Cursor(9)), 9).is_ok());
        let environment = Some(HERE);
        let filter = EventFilter { environment, kind: Some(EventKind::Verified), ..<_>::default() };
        assert!(matching(&connection, &filter, (Cursor(0), Cursor(9)), 9).is_ok());
    }
}
