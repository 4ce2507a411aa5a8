//! The send log: one row for each slot that was taken. Rows are added; of a row only what the
//! provider reports changes, and only forwards.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::challenge;
use super::events::{self, EventKind, EventReason, NewEvent};
use super::ids::{ChallengeId, DeliveryId};
use super::reserve::Reservation;
use super::values::{Millis, country, whole_number};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::secret::LookupKey;
use crate::domain::text::printable;

/// Characters of each text of a delivery that are kept.
const MAX_TEXT: usize = 300;

/// News of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The delivery.
    pub delivery: DeliveryId,
    /// When the news came.
    pub at: Timestamp,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// The provider's id of the message; `None` leaves it as it is.
    pub sid: Option<String>,
    /// The provider's error code; `None` leaves it as it is.
    pub error_code: Option<u32>,
    /// The provider's id of the request that told it.
    pub request_id: Option<String>,
    /// More, in words.
    pub detail: Option<String>,
}

/// A delivery whose end is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Where it was asked for.
    pub environment: Environment,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// The provider's id of the message, once it is known.
    pub sid: Option<String>,
    /// When it was asked for.
    pub at: Timestamp,
    /// Under what the recipient's number is found: to recognize it in the provider's list.
    pub number: LookupKey,
    /// Under what the user is found.
    pub user: LookupKey,
    /// The challenge and the hash of the code: to recognize the text in the provider's list.
    pub code: Option<(ChallengeId, [u8; 32])>,
    /// From when on its code is expired, and the provider does not send it any more; `None` if it
    /// has no code.
    pub valid_until: Option<Timestamp>,
    /// Who the message comes from, as [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: String,
    /// Who holds its message, as
    /// [`Provider::account`](crate::domain::provider::Provider::account); `None`: an older
    /// version sent it.
    pub account: Option<String>,
}

/// Begins a delivery: its row, which counts from `counted_at`, and its first event. `user` and
/// `number` are row ids.
pub(super) fn begin(
    connection: &Connection,
    request: &Reservation,
    (user, number): (i64, i64),
    counted_at: Timestamp,
) -> Result<DeliveryId> {
    let choice = EventReason::Sender(request.reason.choice());
    let delivery = connection
        .prepare_cached(
            "INSERT INTO deliveries (environment, user, number, country, sender, reason, segments,
                                     asked_by, at, counted_at, status, owner, lease_until,
                                     account, block, default_country)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             RETURNING id",
        )?
        .query_row(
            (
                request.environment,
                user,
                number,
                request.country,
                request.sender.as_str(),
                choice,
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
            ),
            |row| row.get(0),
        )?;
    let parts = match request.segments {
        1 => "1 segment".to_owned(),
        segments => format!("{segments} segments"),
    };
    let event = NewEvent {
        environment: request.environment,
        at: request.at,
        kind: EventKind::Delivery(DeliveryStatus::Reserved),
        user: &request.user.label,
        recipient: &request.number.label,
        delivery: Some(delivery),
        keys: None,
        sender: Some(request.sender.as_str()),
        sid: None,
        error_code: None,
        request_id: None,
        reason: Some(choice),
        country: request.country,
        detail: Some(&format!("{}, {} ({})", request.reason, parts, request.asked_by)),
    };
    events::insert(connection, &event)?;
    Ok(delivery)
}

/// What a report is compared with, and what its event repeats.
struct Known {
    environment: Environment,
    status: DeliveryStatus,
    country: Option<Country>,
    sender: String,
    sid: Option<String>,
    user: String,
    recipient: String,
}

/// Moves a delivery and writes its event; `false` if the report is old news, or of no delivery.
pub(super) fn report(connection: &Connection, report: &StatusReport) -> Result<bool> {
    let Some(known) = find(connection, report.delivery)? else { return Ok(false) };
    // A process that stood still may hear of the message only after another one has given it up.
    let is_late_truth = known.status.releases_slot()
        && known.sid.is_none()
        && report.sid.is_some()
        && report.status.is_with_provider();
    if is_late_truth {
        count_again(connection, report.delivery)?;
    } else if !known.status.may_become(report.status) {
        return Ok(false);
    }
    let sid = report.sid.as_deref().map(|sid| printable(sid, MAX_TEXT)).or(known.sid);
    connection
        .prepare_cached(
            "UPDATE deliveries
             SET status = ?2, finished = ?3, sid = ?4, error_code = coalesce(?5, error_code)
             WHERE id = ?1",
        )?
        .execute((
            report.delivery,
            report.status,
            report.status.is_final(),
            &sid,
            report.error_code,
        ))?;
    if report.status.releases_slot() {
        release(connection, report.delivery)?;
    }
    let event = NewEvent {
        environment: known.environment,
        at: report.at,
        kind: EventKind::Delivery(report.status),
        user: &known.user,
        recipient: &known.recipient,
        delivery: Some(report.delivery),
        keys: None,
        sender: Some(&known.sender),
        sid: sid.as_deref(),
        error_code: report.error_code,
        request_id: report.request_id.as_deref(),
        reason: None,
        country: known.country,
        detail: report.detail.as_deref(),
    };
    events::insert(connection, &event)?;
    Ok(true)
}

fn find(connection: &Connection, delivery: DeliveryId) -> Result<Option<Known>> {
    connection
        .prepare_cached(
            "SELECT deliveries.environment, status, country, sender, sid, users.label AS user,
                    numbers.label AS recipient
             FROM deliveries
             JOIN subjects AS users ON users.id = deliveries.user
             JOIN subjects AS numbers ON numbers.id = deliveries.number
             WHERE deliveries.id = ?1",
        )?
        .query_row([delivery], |row| {
            Ok(Known {
                environment: row.get("environment")?,
                status: row.get("status")?,
                country: country(row, "country")?,
                sender: row.get("sender")?,
                sid: row.get("sid")?,
                user: row.get("user")?,
                recipient: row.get("recipient")?,
            })
        })
        .optional()
}

/// Gives the slot of a message back that certainly never went out; its code works nowhere.
fn release(connection: &Connection, delivery: DeliveryId) -> Result<()> {
    connection
        .prepare_cached("UPDATE deliveries SET counted_at = NULL WHERE id = ?1")?
        .execute([delivery])?;
    challenge::forget_code(connection, delivery)
}

/// Takes the slot of a message back that went out after all. Its code works nowhere any more.
fn count_again(connection: &Connection, delivery: DeliveryId) -> Result<()> {
    connection
        .prepare_cached("UPDATE deliveries SET counted_at = at WHERE id = ?1")?
        .execute([delivery])
        .map(drop)
}

/// The columns that [`Unfinished::read`] wants, of `deliveries` joined with `numbers` and `users`.
const UNFINISHED: &str = "
    SELECT deliveries.id, deliveries.environment, status, sid, at, sender, account,
           numbers.key AS number, users.key AS user, challenge, digest,
           valid_until
    FROM deliveries
    JOIN subjects AS numbers ON numbers.id = deliveries.number
    JOIN subjects AS users ON users.id = deliveries.user
    LEFT JOIN codes ON codes.delivery = deliveries.id";

impl Unfinished {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
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
}

/// A delivery, if its end is not known yet.
pub(super) fn unfinished(
    connection: &Connection,
    delivery: DeliveryId,
) -> Result<Option<Unfinished>> {
    let sql = format!("{UNFINISHED} WHERE deliveries.id = ?1 AND finished = 0");
    connection.prepare_cached(&sql)?.query_row([delivery], Unfinished::read).optional()
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
    connection.prepare_cached(&sql)?.query_map(range, Unfinished::read)?.collect()
}

/// Whether a delivery has this SID of the provider.
pub(super) fn has_sid(connection: &Connection, sid: &str) -> Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM deliveries WHERE sid = ?1)")?
        .query_row([sid], |row| row.get(0))
}

/// Takes a message that was found at the provider for the one of a delivery; `false` if another
/// delivery has it, or this one has its end.
pub(super) fn adopt(connection: &Connection, found: &StatusReport) -> Result<bool> {
    let sid = found.sid.as_deref().unwrap_or_default();
    let Some(lost) = unfinished(connection, found.delivery)? else { return Ok(false) };
    if lost.sid.is_some() || has_sid(connection, sid)? {
        return Ok(lost.sid.as_deref() == Some(sid));
    }
    // Its status may be no news; its SID is.
    if !report(connection, found)? {
        connection
            .prepare_cached("UPDATE deliveries SET sid = ?2 WHERE id = ?1")?
            .execute((found.delivery, printable(sid, MAX_TEXT)))?;
    }
    Ok(true)
}

/// Notes that the provider does not list the message of a delivery, and answers since when.
pub(super) fn miss(
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

#[cfg(test)]
mod tests {
    use super::super::test_deck::{Deck, MINUTE, at, lease, number, report, request, rule};
    use super::*;

    #[tokio::test]
    async fn a_delivery_goes_forwards_only_and_old_news_leave_no_event() {
        use DeliveryStatus::{Delivered, Queued, Reserved, Sending, Submitting};
        let deck = Deck::new().await;
        let delivery = deck.slot(request(0)).await;
        for (status, moved) in [
            (Submitting, true),
            (Queued, true),
            (Queued, false),
            (Delivered, true),
            (Sending, false),
            (DeliveryStatus::Failed, false),
        ] {
            assert_eq!(deck.report(delivery, status).await, moved, "{status}");
        }
        let kinds = [Reserved, Submitting, Queued, Delivered].map(EventKind::Delivery);
        assert_eq!(deck.kinds().await, kinds);
        assert!(!deck.report(DeliveryId(99), Queued).await);
    }

    #[tokio::test]
    async fn a_released_slot_can_be_taken_again() {
        let deck = Deck::new().await;
        for second in 0..2 {
            deck.slot(request(second * 1000)).await;
        }
        let third = deck.slot(request(2000)).await;
        assert!(!deck.quota(rule(3, 15), MINUTE).await.is_open());
        assert!(deck.report(third, DeliveryStatus::Unknown).await);
        assert!(!deck.quota(rule(3, 15), MINUTE).await.is_open());
        assert!(deck.report(third, DeliveryStatus::NotSent).await);
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.left(), 1);
        deck.slot(request(MINUTE)).await;
        assert!(!deck.quota(rule(3, 15), MINUTE).await.is_open());
    }

    #[tokio::test]
    async fn what_the_provider_has_keeps_its_slot_whatever_happens_to_it() {
        let deck = Deck::new().await;
        let delivery = deck.slot(request(0)).await;
        deck.report(delivery, DeliveryStatus::Accepted).await;
        assert!(!deck.report(delivery, DeliveryStatus::Refused).await);
        assert!(deck.report(delivery, DeliveryStatus::Undelivered).await);
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.used(), 1);
    }

    #[tokio::test]
    async fn a_message_that_went_out_after_all_is_counted_again() {
        let deck = Deck::new().await;
        let delivery = deck.slot(request(0)).await;
        deck.report(delivery, DeliveryStatus::NotSent).await;
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.used(), 0);
        // Without a SID it is no more than an old status.
        assert!(!deck.report(delivery, DeliveryStatus::Queued).await);
        let sid = Some("SM1".to_owned());
        let late = StatusReport { sid, ..report(delivery, DeliveryStatus::Queued) };
        assert!(deck.store.report(late.clone()).await.unwrap());
        assert!(!deck.store.report(late).await.unwrap());
        assert_eq!(deck.quota(rule(3, 15), MINUTE).await.used(), 1);
        assert!(deck.report(delivery, DeliveryStatus::Delivered).await);
    }

    #[tokio::test]
    async fn an_event_repeats_what_is_known_of_its_delivery() {
        let deck = Deck::new().await;
        let delivery = deck.slot(request(0)).await;
        let sid = "SM0123".to_owned();
        let accepted = report(delivery, DeliveryStatus::Accepted);
        deck.store.report(StatusReport { sid: Some(sid.clone()), ..accepted }).await.unwrap();
        let failed = report(delivery, DeliveryStatus::Undelivered);
        let failed = StatusReport {
            error_code: Some(30003),
            detail: Some("no\x1b[31m phone".to_owned()),
            ..failed
        };
        deck.store.report(failed).await.unwrap();
        let events = deck.store.events_of(delivery).await.unwrap();
        assert_eq!(events.len(), 3);
        assert_eq!(events[0].detail.as_deref(), Some("CO is on 72404, 1 segment (console by ana)"));
        let last = &events[2];
        assert_eq!((last.user.as_str(), &last.recipient), ("user-1", &number(1).label));
        assert_eq!((last.sid.as_ref(), last.sender.as_deref()), (Some(&sid), Some("72404")));
        assert_eq!((last.error_code, last.detail.as_deref()), (Some(30003), Some("no[31m phone")));
    }

    #[tokio::test]
    async fn only_deliveries_whose_end_is_not_known_are_unfinished() {
        let deck = Deck::new().await;
        for (second, status) in DeliveryStatus::ALL.into_iter().enumerate() {
            let second = i64::try_from(second).unwrap();
            let delivery = deck.slot(request(second * 60 * MINUTE)).await;
            deck.report(delivery, status).await;
        }
        let unfinished = deck.store.take_over(lease(2, 0), at(MINUTE * 60 * 99)).await.unwrap();
        let statuses: Vec<DeliveryStatus> = unfinished.iter().map(|row| row.status).collect();
        let expected: Vec<DeliveryStatus> =
            DeliveryStatus::ALL.into_iter().filter(|status| !status.is_final()).collect();
        assert_eq!(statuses, expected);
        assert_eq!((unfinished[0].at, unfinished[0].number), (at(0), number(1).key));
    }
}
