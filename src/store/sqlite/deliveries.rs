//! The send log: one row for each slot that was taken. Rows are added; of a row only what the
//! provider reports changes, see `report`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::events::{self, NewEvent};
use super::values::{Millis, present_skew, whole_number};
use super::{Sqlite, origins, traffic};
use crate::domain::delivery::DeliveryStatus;
use crate::store::delivery::Unfinished;
use crate::store::error::StoreError;
use crate::store::event::{EventKind, EventReason};
use crate::store::ids::{ChallengeId, DeliveryId};
use crate::store::reservation::Reservation;

impl Sqlite {
    pub async fn unfinished(&self, delivery: DeliveryId) -> Result<Option<Unfinished>, StoreError> {
        self.worker.look(move |connection| unfinished(connection, delivery)).await
    }

    pub async fn has_sid(&self, sid: String) -> Result<bool, StoreError> {
        self.worker.look(move |connection| has_sid(connection, &sid)).await
    }

    pub async fn record_missing(
        &self,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        self.worker.note(move |connection| record_missing(connection, delivery, now)).await
    }
}

/// What a delivery has besides the request for it.
pub(super) struct Begun {
    pub(super) id: DeliveryId,
    /// The row ids of user and number.
    pub(super) user: i64,
    pub(super) number: i64,
    /// From when on it counts.
    pub(super) counted_at: Timestamp,
    /// The challenge of its code, and the hash of the code.
    pub(super) code: (ChallengeId, [u8; 32]),
}

/// The id of the next delivery. Ids are never given twice, as later rows are compared with them.
pub(super) fn next_id(connection: &Connection) -> Result<DeliveryId> {
    connection
        .prepare_cached("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'deliveries'")?
        .query_row((), |row| row.get(0))
        .optional()
        .map(|id| id.unwrap_or(DeliveryId(1)))
}

/// Begins a delivery: its row, and its first event, whose words come from the row.
pub(super) fn begin(connection: &Connection, request: &Reservation, begun: &Begun) -> Result<()> {
    insert(connection, request, begun)?;
    traffic::count(connection, (request.environment, request.country), request.at, 1)?;
    let kind = EventKind::Delivery(DeliveryStatus::Submitting);
    events::insert(
        connection,
        &NewEvent {
            delivery: Some(begun.id),
            ..NewEvent::of(request.environment, request.at, kind)
        },
    )
}

/// Bytes of the hash of a block that are kept: enough to tell millions of blocks apart.
const BLOCK_BYTES: usize = 8;

fn insert(connection: &Connection, request: &Reservation, begun: &Begun) -> Result<()> {
    let validity = request.valid_until.duration_since(request.at);
    connection
        .prepare_cached(
            "INSERT INTO deliveries (id, environment, user, number, country, origin, reason,
                                     default_country, segments, at, skew, counted_at, status, owner,
                                     lease_until, block, challenge, digest, validity)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                     ?18, ?19)",
        )?
        .execute(params![
            begun.id,
            request.environment,
            begun.user,
            begun.number,
            request.country,
            origins::ensure(connection, request)?,
            EventReason::Sender(request.reason.choice()),
            request.reason.default_applied,
            whole_number(request.segments),
            Millis(request.at),
            present_skew(),
            Millis(begun.counted_at),
            DeliveryStatus::Submitting,
            request.lease.owner,
            Millis(request.lease.until),
            &request.block.0[..BLOCK_BYTES],
            begun.code.0,
            begun.code.1,
            i64::try_from(validity.as_millis()).unwrap_or(0),
        ])
        .map(drop)
}

/// The columns that [`read`] wants.
const UNFINISHED: &str = "
    SELECT deliveries.id, deliveries.environment, status, sid, at, sender, account,
           numbers.key AS number, users.key AS user, challenge, digest,
           at + validity AS valid_until
    FROM deliveries
    JOIN origins ON origins.id = deliveries.origin
    JOIN subjects AS numbers ON numbers.id = deliveries.number
    JOIN subjects AS users ON users.id = deliveries.user";

fn read(row: &Row<'_>) -> Result<Unfinished> {
    let challenge: Option<ChallengeId> = row.get("challenge")?;
    let valid_until: Option<Millis> = row.get("valid_until")?;
    let account: String = row.get("account")?;
    Ok(Unfinished {
        delivery: row.get("id")?,
        environment: row.get("environment")?,
        status: row.get("status")?,
        sid: row.get("sid")?,
        at: row.get::<_, Millis>("at")?.0,
        number: row.get("number")?,
        user: row.get("user")?,
        sender: row.get("sender")?,
        account: Some(account).filter(|account| !account.is_empty()),
        valid_until: challenge.and(valid_until).map(|moment| moment.0),
        code: match challenge {
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
