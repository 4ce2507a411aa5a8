//! The log of what has happened: rows that are written once, never changed, and read in the
//! order in which they were committed. Knows nothing of the rules that led to them.

use jiff::Timestamp;
use rusqlite::{Connection, Params, Result, Row};

use super::Sqlite;
use super::values::{MAX_TEXT, Millis, country, present_skew, whole_number};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::routing::{RouteReason, SenderChoice};
use crate::domain::sender::Sender;
use crate::domain::text::printable;
use crate::store::error::StoreError;
use crate::store::event::{Event, EventKind, EventReason};
use crate::store::ids::DeliveryId;
use crate::store::log::{Cursor, EventPage, EventQuery, MAX_OF_USER, Position};
use crate::store::reservation::describe;

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
    pub(super) delivery: Option<DeliveryId>,
    /// The row ids of user and number of an event that belongs to no delivery.
    pub(super) subjects: Option<(i64, i64)>,
    pub(super) error_code: Option<u32>,
    pub(super) request_id: Option<&'a str>,
    pub(super) reason: Option<EventReason>,
    /// The country of an event that belongs to no delivery.
    pub(super) country: Option<Country>,
    /// More, in words; `None` for what the row of a delivery tells, if the event begins it.
    pub(super) detail: Option<&'a str>,
}

impl NewEvent<'_> {
    /// An event of which no more is known than what happened, where and when.
    pub(super) const fn of(environment: Environment, at: Timestamp, kind: EventKind) -> Self {
        Self {
            environment,
            at,
            kind,
            delivery: None,
            subjects: None,
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
            "INSERT INTO events (at, environment, delivery, kind, user, number, error_code,
                                 request_id, reason, country, detail, skew)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute((
            Millis(event.at),
            event.environment,
            event.delivery,
            event.kind,
            event.subjects.map(|(user, _)| user),
            event.subjects.map(|(_, number)| number),
            event.error_code,
            event.request_id.map(shown),
            event.reason,
            event.country,
            event.detail.map(shown),
            present_skew(),
        ))
        .map(drop)
}

/// Counts the newest event of a user again, if it is the same and of the same minute; returns whether
/// it is.
pub(super) fn repeat(connection: &Connection, event: &NewEvent<'_>) -> Result<bool> {
    let Some((user, number)) = event.subjects else { return Ok(false) };
    connection
        .prepare_cached(
            "UPDATE events SET repeats = repeats + 1
             WHERE id = (SELECT id FROM events WHERE user = ?1 ORDER BY id DESC LIMIT 1)
               AND number = ?2 AND kind = ?3 AND reason = ?4 AND at / 60000 = ?5 / 60000",
        )?
        .execute((user, number, event.kind, event.reason, Millis(event.at)))
        .map(|rows| rows > 0)
}

/// The columns that [`event`] wants, and where they come from: an event of a delivery repeats
/// nothing of it.
pub(super) const EVENTS: &str = "
    SELECT events.id, events.at, events.environment, events.delivery, events.kind,
           users.label AS user, numbers.label AS recipient, origins.sender,
           iif(events.kind IN ('reserved', 'submitting'), NULL, deliveries.sid) AS sid,
           events.error_code, events.request_id, events.reason, events.detail,
           coalesce(events.country, deliveries.country) AS country, events.repeats,
           deliveries.reason AS choice, deliveries.default_country, deliveries.segments,
           origins.asked_by
    FROM events
    LEFT JOIN deliveries ON deliveries.id = events.delivery
    LEFT JOIN origins ON origins.id = deliveries.origin
    LEFT JOIN subjects AS users ON users.id = coalesce(events.user, deliveries.user)
    LEFT JOIN subjects AS numbers ON numbers.id = coalesce(events.number, deliveries.number)";

const OF_USER: &str = "
    WITH wanted (user, number) AS (SELECT
        (SELECT id FROM subjects WHERE environment = ?1 AND key = ?2),
        (SELECT id FROM subjects WHERE environment = ?1 AND key = ?3))
    SELECT events.id FROM wanted
    JOIN deliveries ON deliveries.user = wanted.user
    JOIN events ON events.delivery = deliveries.id
    UNION
    SELECT events.id FROM wanted
    JOIN deliveries ON deliveries.number = wanted.number
    JOIN events ON events.delivery = deliveries.id
    UNION
    SELECT events.id FROM wanted JOIN events ON events.user = wanted.user
    UNION
    SELECT events.id FROM wanted JOIN events ON events.number = wanted.number";

fn read(connection: &Connection, query: EventQuery) -> Result<Vec<Event>> {
    match query {
        EventQuery::Latest { environment, upto, limit } => {
            let sql = format!(
                "{EVENTS} WHERE events.environment = ?1 AND events.id <= ?2
                 ORDER BY events.id DESC LIMIT ?3"
            );
            let upto = upto.unwrap_or(Cursor(i64::MAX));
            newest_first(connection, &sql, (environment, upto, whole_number(limit)))
        }
        EventQuery::OfDelivery(delivery) => {
            let sql = format!("{EVENTS} WHERE events.delivery = ?1 ORDER BY events.id");
            select(connection, &sql, [delivery])
        }
        EventQuery::OfUser { environment, user, number } => {
            let sql =
                format!("{EVENTS} WHERE events.id IN ({OF_USER}) ORDER BY events.id DESC LIMIT ?4");
            newest_first(connection, &sql, (environment, user, number, whole_number(MAX_OF_USER)))
        }
    }
}

/// Reads the newest and turns them round.
pub(super) fn newest_first(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<Vec<Event>> {
    let mut events = select(connection, sql, values)?;
    events.reverse();
    Ok(events)
}

fn select(connection: &Connection, sql: &str, values: impl Params) -> Result<Vec<Event>> {
    connection.prepare_cached(sql)?.query_map(values, event)?.collect()
}

/// A place in the log is the id of the event before it, as ids are given in the order of commits.
fn after(connection: &Connection, cursor: Cursor, limit: usize) -> Result<EventPage> {
    let sql = format!("{EVENTS} WHERE events.id > ?1 ORDER BY events.id LIMIT ?2");
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
    let kind: EventKind = row.get("kind")?;
    let delivery: Option<DeliveryId> = row.get("delivery")?;
    let country = country(row, "country")?;
    let (mut reason, mut detail) = (row.get("reason")?, row.get::<_, Option<String>>("detail")?);
    // An event that begins a delivery has no words of its own.
    if kind == BEGINNING && delivery.is_some() && detail.is_none() {
        let (choice, words) = beginning(row, country)?;
        (reason, detail) = (Some(choice), Some(words));
    }
    Ok(Event {
        id: row.get("id")?,
        at: row.get::<_, Millis>("at")?.0,
        environment: row.get("environment")?,
        delivery,
        kind,
        user: row.get::<_, Option<String>>("user")?.unwrap_or_default(),
        recipient: row.get::<_, Option<String>>("recipient")?.unwrap_or_default(),
        sender: row.get("sender")?,
        sid: row.get("sid")?,
        error_code: row.get("error_code")?,
        request_id: row.get("request_id")?,
        reason,
        country,
        detail: detail.filter(|detail| !detail.is_empty()),
        times: row.get::<_, u32>("repeats")?.saturating_add(1),
    })
}

/// What begins a delivery.
const BEGINNING: EventKind = EventKind::Delivery(DeliveryStatus::Submitting);

/// What a delivery says of its beginning: why it has its sender, and that in words.
fn beginning(row: &Row<'_>, to: Option<Country>) -> Result<(EventReason, String)> {
    let reason: EventReason = row.get("choice")?;
    let sender: String = row.get("sender")?;
    let route = RouteReason {
        country: to,
        listed_on: Sender::parse(&sender)
            .ok()
            .filter(|_| reason == EventReason::Sender(SenderChoice::Listed)),
        is_named: reason == EventReason::Sender(SenderChoice::Named),
        default_applied: country(row, "default_country")?,
    };
    let asked_by: String = row.get("asked_by")?;
    Ok((reason, describe(&route, row.get::<_, u32>("segments")? as usize, &asked_by)))
}
