//! The log of what has happened: lines that are written once, never changed, and read in the
//! order in which they were committed. Knows nothing of the rules that led to them.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Result, Row};

use super::ids::{DeliveryId, EventId};
use super::subject::Subject;
use super::values::{Millis, country, whole_number};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::refusal::Refusal;
use crate::domain::routing::SenderChoice;
use crate::domain::secret::LookupKey;
use crate::domain::text::printable;

/// Characters of each text of an event that are kept.
const MAX_TEXT: usize = 300;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log.
    pub id: EventId,
    /// When it happened, in milliseconds.
    pub at: Timestamp,
    /// Where it happened.
    pub environment: Environment,
    /// The delivery that it tells of, if one was begun.
    pub delivery: Option<DeliveryId>,
    /// What happened.
    pub kind: EventKind,
    /// The user's id or masked number; empty if not known.
    pub user: String,
    /// The recipient's masked number.
    pub recipient: String,
    /// Who the message comes from, as [`Sender::as_str`](crate::domain::sender::Sender::as_str).
    pub sender: Option<String>,
    /// The provider's id of the message.
    pub sid: Option<String>,
    /// The provider's error code.
    pub error_code: Option<u32>,
    /// The provider's id of the request that told it, for the provider's support.
    pub request_id: Option<String>,
    /// Why it happened, if smsdeck decided it.
    pub reason: Option<EventReason>,
    /// The recipient's country; `None` for numbers of no country, and where nothing was sent or
    /// refused.
    pub country: Option<Country>,
    /// More, in words for people. Nothing else reads them.
    pub detail: Option<String>,
}

/// Why something happened that smsdeck decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventReason {
    /// Of a code that was reserved: how its sender was chosen.
    Sender(SenderChoice),
    /// Of a request that was refused, or would have been: why.
    Refusal(Refusal),
}

impl EventReason {
    /// The stable name in the store and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sender(choice) => choice.key(),
            Self::Refusal(refusal) => refusal.key(),
        }
    }

    /// Finds a reason by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        let choice = SenderChoice::from_key(key).map(Self::Sender);
        choice.or_else(|| Refusal::from_key(key).map(Self::Refusal))
    }
}

/// What an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A delivery has reached a status; without a delivery: a request was refused.
    Delivery(DeliveryStatus),
    /// A right code was given.
    Verified,
    /// A wrong code was given.
    WrongCode,
    /// A code was given too late.
    ExpiredCode,
    /// An operator has unlocked a user.
    Unlocked,
    /// An operator has forgiven wrong tries; no code came back with it.
    ForgaveTries,
    /// An operator has given one code back.
    GaveBack,
    /// A code was sent that a limit would have refused, had it not been only recorded.
    WouldRefuse,
}

impl EventKind {
    const WITHOUT_STATUS: [Self; 7] = [
        Self::Verified,
        Self::WrongCode,
        Self::ExpiredCode,
        Self::Unlocked,
        Self::ForgaveTries,
        Self::GaveBack,
        Self::WouldRefuse,
    ];

    /// The stable name in the store and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Delivery(status) => status.key(),
            Self::Verified => "verified",
            Self::WrongCode => "wrong_code",
            Self::ExpiredCode => "expired_code",
            Self::Unlocked => "unlocked",
            Self::ForgaveTries => "forgave_tries",
            Self::GaveBack => "gave_back",
            Self::WouldRefuse => "would_refuse",
        }
    }

    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        DeliveryStatus::ALL.into_iter().map(Self::Delivery).chain(Self::WITHOUT_STATUS)
    }

    /// Finds a kind by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::WITHOUT_STATUS
            .into_iter()
            .find(|kind| kind.key() == key)
            .or_else(|| DeliveryStatus::from_key(key).map(Self::Delivery))
    }
}

/// The word for screens.
impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery(status) => status.fmt(f),
            Self::WrongCode => f.pad("wrong code"),
            Self::ExpiredCode => f.pad("expired code"),
            Self::ForgaveTries => f.pad("forgiven"),
            Self::GaveBack => f.pad("gave back"),
            Self::WouldRefuse => f.pad("over limit"),
            Self::Verified | Self::Unlocked => f.pad(self.key()),
        }
    }
}

/// A request that was refused before a slot was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRequest {
    /// Where it was made.
    pub environment: Environment,
    /// When it was refused.
    pub at: Timestamp,
    /// The user.
    pub user: Subject,
    /// The recipient.
    pub number: Subject,
    /// The country of the number.
    pub country: Option<Country>,
    /// Why.
    pub refusal: Refusal,
    /// Why, in words for people.
    pub detail: String,
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

/// The columns that [`read`] wants.
const COLUMNS: &str =
    "id, at, environment, delivery, kind, user, recipient, sender, sid, error_code, request_id,
     reason, country, detail";

/// Writes the event of a request that was refused.
pub(super) fn record_refusal(connection: &Connection, refused: &RefusedRequest) -> Result<()> {
    let event = NewEvent {
        environment: refused.environment,
        at: refused.at,
        kind: EventKind::Delivery(DeliveryStatus::Refused),
        user: &refused.user.label,
        recipient: &refused.number.label,
        delivery: None,
        keys: Some((refused.user.key, refused.number.key)),
        sender: None,
        sid: None,
        error_code: None,
        request_id: None,
        reason: Some(EventReason::Refusal(refused.refusal)),
        country: refused.country,
        detail: Some(&refused.detail),
    };
    insert(connection, &event)
}

/// Writes an event. Its texts are made safe to show here, whoever wrote them.
pub(super) fn insert(connection: &Connection, event: &NewEvent<'_>) -> Result<()> {
    let shown = |text: &str| printable(text, MAX_TEXT);
    connection
        .prepare_cached(
            "INSERT INTO events (at, environment, delivery, kind, user, recipient, sender, sid,
                                 error_code, request_id, reason, country, detail, user_key,
                                 number_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
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
        ))
        .map(drop)
}

/// The id before the first event that is not older than a moment.
pub(super) fn before(connection: &Connection, since: Timestamp) -> Result<EventId> {
    connection
        .prepare_cached("SELECT coalesce(min(id), ?2) - 1 FROM events WHERE at >= ?1")?
        .query_row((Millis(since), i64::MAX), |row| row.get(0))
}

/// The id of the newest event; 0 before the first.
pub(super) fn newest(connection: &Connection) -> Result<EventId> {
    connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM events")?
        .query_row((), |row| row.get(0))
}

/// The events after one, of all environments, oldest first.
pub(super) fn after(connection: &Connection, after: EventId, most: usize) -> Result<Vec<Event>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE id > ?1 ORDER BY id LIMIT ?2");
    select(connection, &sql, (after, whole_number(most)))
}

/// The newest events of an environment, oldest first.
pub(super) fn latest(
    connection: &Connection,
    environment: Environment,
    most: usize,
) -> Result<Vec<Event>> {
    let sql =
        format!("SELECT {COLUMNS} FROM events WHERE environment = ?1 ORDER BY id DESC LIMIT ?2");
    let mut events = select(connection, &sql, (environment, whole_number(most)))?;
    events.reverse();
    Ok(events)
}

/// Events of a user that are read at most.
const MAX_OF_USER: usize = 500;

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

/// The events of a user and a number, oldest first.
pub(super) fn of_user(
    connection: &Connection,
    environment: Environment,
    user: &Subject,
    number: &Subject,
) -> Result<Vec<Event>> {
    let sql =
        format!("SELECT {COLUMNS} FROM events WHERE id IN ({OF_USER}) ORDER BY id DESC LIMIT ?4");
    let values = (environment, user.key, number.key, whole_number(MAX_OF_USER));
    let mut events = select(connection, &sql, values)?;
    events.reverse();
    Ok(events)
}

/// When the provider last answered in an environment, and the error code if it refused.
pub(super) fn newest_answer(
    connection: &Connection,
    environment: Environment,
) -> Result<Option<(Timestamp, Option<u32>)>> {
    connection
        .prepare_cached(
            "SELECT at, error_code FROM events
             WHERE environment = ?1 AND delivery IS NOT NULL AND kind IN
                   ('refused', 'accepted', 'queued', 'sending', 'sent', 'delivered')
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row([environment], |row| Ok((row.get::<_, Millis>(0)?.0, row.get(1)?)))
        .optional()
}

/// The events of a delivery, oldest first.
pub(super) fn of_delivery(connection: &Connection, delivery: DeliveryId) -> Result<Vec<Event>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE delivery = ?1 ORDER BY id");
    select(connection, &sql, [delivery])
}

fn select(connection: &Connection, sql: &str, values: impl Params) -> Result<Vec<Event>> {
    connection.prepare_cached(sql)?.query_map(values, read)?.collect()
}

fn read(row: &Row<'_>) -> Result<Event> {
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

#[cfg(test)]
mod tests {
    use super::super::Reservation;
    use super::super::test_deck::{Deck, HERE, MINUTE, at, number, request, rule, user};
    use super::*;

    fn refused(environment: Environment, detail: &str) -> RefusedRequest {
        RefusedRequest {
            environment,
            at: at(0),
            user: user(1),
            number: number(1),
            country: Country::from_code("CA"),
            refusal: Refusal::NoSender,
            detail: detail.to_owned(),
        }
    }

    fn details(events: Vec<Event>) -> Vec<String> {
        events.into_iter().filter_map(|event| event.detail).collect()
    }

    #[tokio::test]
    async fn events_are_read_oldest_first_from_any_place_of_the_log() {
        let deck = Deck::new().await;
        let other = deck.again().await;
        deck.store.record_refusal(refused(HERE, "one")).await.unwrap();
        other.record_refusal(refused(Environment::Production, "two")).await.unwrap();
        deck.store.record_refusal(refused(HERE, "three")).await.unwrap();
        let all = deck.store.events_after(EventId(0), 9).await.unwrap();
        let first = all[0].id;
        assert_eq!(details(all), ["one", "two", "three"]);
        assert_eq!(details(deck.store.events_after(first, 1).await.unwrap()), ["two"]);
        assert_eq!(details(deck.store.latest_events(HERE, 9).await.unwrap()), ["one", "three"]);
        assert_eq!(details(deck.store.latest_events(HERE, 1).await.unwrap()), ["three"]);
    }

    #[tokio::test]
    async fn the_story_of_a_user_has_their_refusals_and_nobody_elses_events() {
        let deck = Deck::new().await;
        for minute in 0..4 {
            deck.ask(request(minute * MINUTE)).await;
        }
        let released = deck.slot(Reservation { rule: rule(9, 15), ..request(5 * MINUTE) }).await;
        deck.report(released, DeliveryStatus::Refused).await;
        let stranger = Reservation { user: user(2), number: number(2), ..request(0) };
        deck.slot(stranger.clone()).await;
        let namesake = Subject { label: user(1).label, ..user(3) };
        deck.slot(Reservation { user: namesake, number: number(3), ..request(0) }).await;
        let story = deck.store.user_story(HERE, user(1), number(1)).await.unwrap();
        let kinds: Vec<&str> = story.iter().map(|event| event.kind.key()).collect();
        assert_eq!(kinds, ["reserved", "reserved", "reserved", "refused", "reserved", "refused"]);
        // The same label and the same masked number, and yet somebody else.
        let twin = (Subject { label: user(1).label, ..user(4) }, number(4));
        let of_twin = RefusedRequest { user: twin.0, number: twin.1, ..refused(HERE, "of a twin") };
        deck.store.record_refusal(of_twin).await.unwrap();
        let story = deck.store.user_story(HERE, user(1), number(1)).await.unwrap();
        assert_eq!(story.len(), 6);
        let others = deck.store.user_story(HERE, stranger.user, stranger.number).await.unwrap();
        assert_eq!(others.len(), 1);
    }

    #[tokio::test]
    async fn text_from_outside_loses_its_control_characters() {
        let deck = Deck::new().await;
        deck.store.record_refusal(refused(HERE, "\x1b[2J\u{202e}cleared\n")).await.unwrap();
        assert_eq!(details(deck.store.latest_events(HERE, 1).await.unwrap()), ["[2Jcleared "]);
    }

    #[test]
    fn every_reason_is_found_by_its_key() {
        let choices = SenderChoice::ALL.into_iter().map(EventReason::Sender);
        for reason in choices.chain(Refusal::ALL.into_iter().map(EventReason::Refusal)) {
            assert_eq!(EventReason::from_key(reason.key()), Some(reason));
        }
        assert_eq!(EventReason::from_key("a whim"), None);
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_reason_and_its_country_whatever_its_words() {
        let deck = Deck::new().await;
        deck.store.record_refusal(refused(HERE, "reworded since")).await.unwrap();
        let event = deck.store.latest_events(HERE, 1).await.unwrap().remove(0);
        assert_eq!(event.reason, Some(EventReason::Refusal(Refusal::NoSender)));
        assert_eq!(event.country, Country::from_code("CA"));
        let refused = deck.store.destinations(HERE, at(1)).await.unwrap().refused;
        assert_eq!(refused.into_iter().collect::<Vec<_>>(), ["CA".parse().unwrap()]);
    }

    #[test]
    fn every_kind_is_found_by_its_key() {
        for kind in EventKind::all() {
            assert_eq!(EventKind::from_key(kind.key()), Some(kind));
        }
        assert_eq!(EventKind::from_key("teleported"), None);
        assert_eq!(EventKind::ExpiredCode.to_string(), "expired code");
    }
}
