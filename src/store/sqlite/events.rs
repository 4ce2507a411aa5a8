//! The log of what has happened: rows that are written once, never changed, and read in the
//! order in which they were committed. Knows nothing of the rules that led to them.

use jiff::Timestamp;
use rusqlite::{Connection, Params, Result, Row};

use super::Sqlite;
use super::values::{Millis, RawMillis, country, whole_number};
use crate::domain::country::Country;
use crate::domain::environment::Environment;
use crate::domain::secret::LookupKey;
use crate::domain::text::printable;
use crate::store::error::StoreError;
use crate::store::event::{Event, EventKind, EventReason};
use crate::store::ids::DeliveryId;
use crate::store::log::{Cursor, EventPage, EventQuery, MAX_OF_USER, Position};

/// Characters of each text of an event that are kept.
const MAX_TEXT: usize = 300;

impl Sqlite {
    pub async fn events(&self, query: EventQuery) -> Result<Vec<Event>, StoreError> {
        self.worker.read(move |connection| read(connection, query)).await
    }

    pub async fn events_after(
        &self,
        cursor: Cursor,
        limit: usize,
    ) -> Result<EventPage, StoreError> {
        self.worker.read(move |connection| after(connection, cursor, limit)).await
    }

    pub async fn cursor(&self, position: Position) -> Result<Cursor, StoreError> {
        self.worker.read(move |connection| cursor(connection, position)).await
    }
}

/// An event that is about to get its id.
pub(super) struct NewEvent<'a> {
    pub(super) environment: Environment,
    pub(super) at: Timestamp,
    pub(super) kind: EventKind,
    pub(super) user: &'a str,
    pub(super) recipient: &'a str,
    pub(super) delivery: Option<DeliveryId>,
    /// User and number of an event that belongs to no delivery: labels do not tell people apart.
    pub(super) keys: Option<(LookupKey, LookupKey)>,
    pub(super) sender: Option<&'a str>,
    pub(super) sid: Option<&'a str>,
    pub(super) error_code: Option<u32>,
    pub(super) request_id: Option<&'a str>,
    pub(super) reason: Option<EventReason>,
    pub(super) country: Option<Country>,
    pub(super) detail: Option<&'a str>,
}

impl<'a> NewEvent<'a> {
    /// An event of which no more is known than what happened, where, when and to whom.
    pub(super) const fn of(
        environment: Environment,
        at: Timestamp,
        kind: EventKind,
        (user, recipient): (&'a str, &'a str),
    ) -> Self {
        Self {
            environment,
            at,
            kind,
            user,
            recipient,
            delivery: None,
            keys: None,
            sender: None,
            sid: None,
            error_code: None,
            request_id: None,
            reason: None,
            country: None,
            detail: None,
        }
    }
}

/// Writes an event. Its texts are made safe to show here, no matter who wrote them.
pub(super) fn insert(connection: &Connection, event: &NewEvent<'_>) -> Result<()> {
    let shown = |text: &str| printable(text, MAX_TEXT);
    connection
        .prepare_cached(
            "INSERT INTO events (at, environment, delivery, kind, user, recipient, sender, sid,
                                 error_code, request_id, reason, country, detail, user_key,
                                 number_key, wall)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute((
            Millis(event.at),
            event.environment,
            event.delivery,
            event.kind,
            shown(event.user),
            shown(event.recipient),
            event.sender.map(shown),
            event.sid.map(shown),
            event.error_code,
            event.request_id.map(shown),
            event.reason,
            event.country,
            event.detail.map(shown),
            event.keys.map(|(user, _)| user),
            event.keys.map(|(_, number)| number),
            RawMillis(event.at),
        ))
        .map(drop)
}

/// The columns that [`event`] wants.
const COLUMNS: &str =
    "id, at, environment, delivery, kind, user, recipient, sender, sid, error_code, request_id,
     reason, country, detail";

const OF_USER: &str = "
    WITH wanted (user, number) AS (SELECT
        (SELECT id FROM subjects WHERE environment = ?1 AND key = ?2),
        (SELECT id FROM subjects WHERE environment = ?1 AND key = ?3))
    SELECT events.id FROM wanted
    JOIN deliveries ON deliveries.user = wanted.user AND counted_at IS NOT NULL
    JOIN events ON events.delivery = deliveries.id
    UNION
    SELECT events.id FROM wanted
    JOIN deliveries ON deliveries.user = wanted.user AND counted_at IS NULL
    JOIN events ON events.delivery = deliveries.id
    UNION
    SELECT events.id FROM wanted
    JOIN deliveries ON deliveries.number = wanted.number AND counted_at IS NOT NULL
    JOIN events ON events.delivery = deliveries.id
    UNION
    SELECT events.id FROM wanted
    JOIN deliveries ON deliveries.number = wanted.number AND counted_at IS NULL
    JOIN events ON events.delivery = deliveries.id
    UNION
    SELECT id FROM events WHERE environment = ?1 AND user_key = ?2
    UNION
    SELECT id FROM events WHERE environment = ?1 AND number_key = ?3";

fn read(connection: &Connection, query: EventQuery) -> Result<Vec<Event>> {
    match query {
        EventQuery::Latest { environment, upto, limit } => {
            let sql = format!(
                "SELECT {COLUMNS} FROM events WHERE environment = ?1 AND id <= ?2
                 ORDER BY id DESC LIMIT ?3"
            );
            let upto = upto.unwrap_or(Cursor(i64::MAX));
            newest_first(connection, &sql, (environment, upto, whole_number(limit)))
        }
        EventQuery::OfDelivery(delivery) => {
            let sql = format!("SELECT {COLUMNS} FROM events WHERE delivery = ?1 ORDER BY id");
            select(connection, &sql, [delivery])
        }
        EventQuery::OfUser { environment, user, number } => {
            let sql = format!(
                "SELECT {COLUMNS} FROM events WHERE id IN ({OF_USER}) ORDER BY id DESC LIMIT ?4"
            );
            newest_first(connection, &sql, (environment, user, number, whole_number(MAX_OF_USER)))
        }
    }
}

/// Reads the newest and turns them round.
fn newest_first(connection: &Connection, sql: &str, values: impl Params) -> Result<Vec<Event>> {
    let mut events = select(connection, sql, values)?;
    events.reverse();
    Ok(events)
}

fn select(connection: &Connection, sql: &str, values: impl Params) -> Result<Vec<Event>> {
    connection.prepare_cached(sql)?.query_map(values, event)?.collect()
}

/// A place in the log is the id of the event before it, as ids are given in the order of commits.
fn after(connection: &Connection, cursor: Cursor, limit: usize) -> Result<EventPage> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE id > ?1 ORDER BY id LIMIT ?2");
    let events = select(connection, &sql, (cursor, whole_number(limit)))?;
    let end = events.last().map_or(cursor, |last| Cursor(last.id.0));
    Ok(EventPage { events, end })
}

fn cursor(connection: &Connection, position: Position) -> Result<Cursor> {
    match position {
        Position::Start => Ok(Cursor(0)),
        Position::Since(moment) => connection
            .prepare_cached(
                "SELECT coalesce((SELECT min(id) - 1 FROM events WHERE at >= ?1),
                                 (SELECT max(id) FROM events), 0)",
            )?
            .query_row([Millis(moment)], |row| row.get(0)),
        Position::End => connection
            .prepare_cached("SELECT coalesce(max(id), 0) FROM events")?
            .query_row((), |row| row.get(0)),
    }
}

fn event(row: &Row<'_>) -> Result<Event> {
    Ok(Event {
        id: row.get("id")?,
        at: row.get::<_, Millis>("at")?.0,
        environment: row.get("environment")?,
        delivery: row.get("delivery")?,
        kind: row.get("kind")?,
        user: row.get("user")?,
        recipient: row.get("recipient")?,
        sender: row.get("sender")?,
        sid: row.get("sid")?,
        error_code: row.get("error_code")?,
        request_id: row.get("request_id")?,
        reason: row.get("reason")?,
        country: country(row, "country")?,
        detail: row.get("detail")?,
    })
}
