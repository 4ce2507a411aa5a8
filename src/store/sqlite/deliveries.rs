//! The send log: one row for each slot that was taken. Rows are added; of a row only what the
//! provider reports changes, see `report`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Sqlite;
use super::events::{self, NewEvent};
use super::values::{Millis, RawMillis, whole_number};
use crate::domain::delivery::DeliveryStatus;
use crate::domain::text::printable;
use crate::store::delivery::Unfinished;
use crate::store::error::StoreError;
use crate::store::event::{EventKind, EventReason};
use crate::store::ids::{ChallengeId, DeliveryId};
use crate::store::reservation::Reservation;

impl Sqlite {
    pub async fn unfinished(&self, delivery: DeliveryId) -> Result<Option<Unfinished>, StoreError> {
        self.worker.read(move |connection| unfinished(connection, delivery)).await
    }

    pub async fn has_sid(&self, sid: String) -> Result<bool, StoreError> {
        self.worker.read(move |connection| has_sid(connection, &sid)).await
    }

    pub async fn record_missing(
        &self,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        self.worker.write(move |connection| record_missing(connection, delivery, now)).await
    }
}

/// Characters of each text of a delivery that are kept.
pub(super) const MAX_TEXT: usize = 300;

/// Begins a delivery: its row, which counts from `counted_at`, and its first event. `subjects` are
/// the row ids of user and number.
pub(super) fn begin(
    connection: &Connection,
    request: &Reservation,
    subjects: (i64, i64),
    counted_at: Timestamp,
) -> Result<DeliveryId> {
    let delivery = insert(connection, request, subjects, counted_at)?;
    let event = NewEvent {
        delivery: Some(delivery),
        sender: Some(request.sender.as_str()),
        reason: Some(EventReason::Sender(request.reason.choice())),
        country: request.country,
        detail: Some(&request.detail()),
        ..NewEvent::of(
            request.environment,
            request.at,
            EventKind::Delivery(DeliveryStatus::Reserved),
            (&request.user.label, &request.number.label),
        )
    };
    events::insert(connection, &event)?;
    Ok(delivery)
}

fn insert(
    connection: &Connection,
    request: &Reservation,
    (user, number): (i64, i64),
    counted_at: Timestamp,
) -> Result<DeliveryId> {
    connection
        .prepare_cached(
            "INSERT INTO deliveries (environment, user, number, country, sender, reason, segments,
                                     asked_by, at, counted_at, status, owner, lease_until,
                                     account, block, default_country, wall)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             RETURNING id",
        )?
        .query_row(
            params![
                request.environment,
                user,
                number,
                request.country,
                request.sender.as_str(),
                EventReason::Sender(request.reason.choice()),
                whole_number(request.segments),
                printable(&request.asked_by, MAX_TEXT),
                Millis(request.at),
                Millis(counted_at),
                DeliveryStatus::Reserved,
                request.lease.owner,
                Millis(request.lease.until),
                &request.account,
                request.block,
                request.reason.default_applied,
                RawMillis(request.at),
            ],
            |row| row.get(0),
        )
}

/// The columns that [`read`] wants, of `deliveries` joined with `numbers` and `users`.
const UNFINISHED: &str = "
    SELECT deliveries.id, deliveries.environment, status, sid, at, sender, account,
           numbers.key AS number, users.key AS user, challenge, digest,
           valid_until
    FROM deliveries
    JOIN subjects AS numbers ON numbers.id = deliveries.number
    JOIN subjects AS users ON users.id = deliveries.user
    LEFT JOIN codes ON codes.delivery = deliveries.id";

fn read(row: &Row<'_>) -> Result<Unfinished> {
    Ok(Unfinished {
        delivery: row.get("id")?,
        environment: row.get("environment")?,
        status: row.get("status")?,
        sid: row.get("sid")?,
        at: row.get::<_, Millis>("at")?.0,
        number: row.get("number")?,
        user: row.get("user")?,
        sender: row.get("sender")?,
        account: row.get("account")?,
        valid_until: row.get::<_, Option<Millis>>("valid_until")?.map(|moment| moment.0),
        code: match row.get::<_, Option<ChallengeId>>("challenge")? {
            Some(challenge) => Some((challenge, row.get("digest")?)),
            None => None,
        },
    })
}

/// A delivery, if its end is not known yet.
pub(super) fn unfinished(
    connection: &Connection,
    delivery: DeliveryId,
) -> Result<Option<Unfinished>> {
    let sql = format!("{UNFINISHED} WHERE deliveries.id = ?1 AND finished = 0");
    connection.prepare_cached(&sql)?.query_row([delivery], read).optional()
}

/// Deliveries without an end whose lease has run out, oldest first. One that ends beyond
/// `latest` was written by a clock that has been set back since: it counts as run out.
pub(super) fn abandoned(
    connection: &Connection,
    now: Timestamp,
    latest: Timestamp,
) -> Result<Vec<Unfinished>> {
    let sql = format!(
        "{UNFINISHED} WHERE finished = 0 AND (lease_until <= ?1 OR lease_until > ?2)
         ORDER BY deliveries.id LIMIT 1000"
    );
    let range = (Millis(now), Millis(latest));
    connection.prepare_cached(&sql)?.query_map(range, read)?.collect()
}

/// Whether a delivery has this SID of the provider.
pub(super) fn has_sid(connection: &Connection, sid: &str) -> Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM deliveries WHERE sid = ?1)")?
        .query_row([sid], |row| row.get(0))
}

/// Notes that the provider does not list the message of a delivery, and returns since when.
fn record_missing(
    connection: &Connection,
    delivery: DeliveryId,
    now: Timestamp,
) -> Result<Timestamp> {
    connection
        .prepare_cached(
            "UPDATE deliveries SET missed_at = coalesce(missed_at, ?2) WHERE id = ?1
             RETURNING missed_at",
        )?
        .query_row((delivery, Millis(now)), |row| row.get::<_, Millis>(0))
        .map(|moment| moment.0)
}
