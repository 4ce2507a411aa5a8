//! Takes the slot of a code before anything is sent. Judging and taking are one transaction,
//! so that requests which race, in whatever process, never get more slots than there are.

use jiff::Timestamp;
use rusqlite::{Connection, Result};

use super::credentials::Trial;
use super::deliveries::Begun;
use super::quota::Counted;
use super::subjects::SubjectRow;
use super::{Sqlite, audit, challenges, credentials, deliveries, events, limits, subjects};
use crate::domain::limits::OverLimit;
use crate::domain::passcode::MAX_WRONG_TRIES;
use crate::domain::refusal::Refusal;
use crate::store::credentials::CredentialsReport;
use crate::store::error::StoreError;
use crate::store::event::{EventKind, EventReason};
use crate::store::ids::{ChallengeId, DeliveryId};
use crate::store::reservation::{RefusedRequest, Reservation, Reserved};
use crate::store::subject::Subject;

impl Sqlite {
    pub async fn reserve(
        &self,
        reservation: impl FnOnce(Timestamp) -> Reservation + Send + 'static,
        digest: impl FnOnce(ChallengeId) -> [u8; 32] + Send + 'static,
    ) -> Result<Reserved, StoreError> {
        let (key, clock) = (self.key.clone(), self.clock.clone());
        let work = move |connection: &Connection| {
            let reservation = reservation(clock.now());
            let reserved = reserve(connection, &reservation, digest)?;
            if reservation.is_audited && matches!(reserved, Reserved::Slot { .. }) {
                audit::append(connection, &key, &reservation.audit())?;
            }
            Ok(reserved)
        };
        self.worker.write_soon(work).await
    }

    pub async fn record_refusal(&self, refused: RefusedRequest) -> Result<(), StoreError> {
        self.worker.note(move |connection| record(connection, &refused)).await
    }
}

/// Takes a slot if user and number are both open and no limit is reached. A refusal leaves an
/// event and nothing else.
fn reserve(
    connection: &Connection,
    request: &Reservation,
    digest: impl FnOnce(ChallengeId) -> [u8; 32],
) -> Result<Reserved> {
    let refuse = |refusal, detail| record(connection, &request.refused(refusal, detail));
    let user = subjects::find(connection, request.environment, request.user.key)?;
    let number = subjects::find(connection, request.environment, request.number.key)?;
    if subjects::is_locked(user.as_ref(), number.as_ref()) {
        refuse(Refusal::UserLocked, format!("{MAX_WRONG_TRIES} wrong tries in a row"))?;
        return Ok(Reserved::UserLocked);
    }
    let counted = Counted::read(connection, user.as_ref(), number.as_ref())?;
    let quota = counted.judge(request.rule, request.at);
    if !quota.is_open() {
        let allowed = request.rule.allowed.get();
        refuse(Refusal::Quota, format!("{allowed} of {allowed} codes used"))?;
        return Ok(Reserved::Locked { quota });
    }
    let place = (request.environment, request.country);
    let over = limits::over(connection, place, &request.limits, request.at)?;
    if let Some(over) = over.filter(|_| !request.limits.record_only) {
        refuse(over.into(), over.to_string())?;
        return Ok(Reserved::OverLimit(over));
    }
    let known = match request.credentials {
        None => None,
        Some(used) => {
            match credentials::try_out(connection, request.environment, used, request.at)? {
                Trial::Allowed(known) => known,
                Trial::Resting { code, until } => return Ok(Reserved::Paused { code, until }),
            }
        }
    };
    let (delivery, reserved) =
        take(connection, request, (user.as_ref(), number.as_ref()), (counted, known), digest)?;
    if let Some(over) = over {
        record_over_limit(connection, request, delivery, over)?;
    }
    Ok(reserved)
}

fn take(
    connection: &Connection,
    request: &Reservation,
    (user, number): (Option<&SubjectRow>, Option<&SubjectRow>),
    (mut counted, known): (Counted, Option<CredentialsReport>),
    digest: impl FnOnce(ChallengeId) -> [u8; 32],
) -> Result<(DeliveryId, Reserved)> {
    let user = subjects::ensure(connection, request.environment, &request.user, user)?;
    let number = if request.number.key == request.user.key {
        user
    } else {
        subjects::ensure(connection, request.environment, &request.number, number)?
    };
    let counted_at = counted.add(request.at);
    let delivery = deliveries::next_id(connection)?;
    let place = (number, user);
    let challenge = challenges::open_or_new(connection, place, delivery, request.at)?;
    let code = (challenge, digest(challenge));
    let begun = Begun { id: delivery, user, number, counted_at, code };
    deliveries::begin(connection, request, &begun)?;
    let quota = counted.judge(request.rule, request.at);
    Ok((delivery, Reserved::Slot { delivery, challenge, at: request.at, quota, known }))
}

/// Writes the event of a request that was refused, or counts it again where the same has happened
/// within this minute, so that a flood of requests does not fill the disk.
fn record(connection: &Connection, refused: &RefusedRequest) -> Result<()> {
    let id = |subject: &Subject| -> Result<i64> {
        let found = subjects::find(connection, refused.environment, subject.key)?;
        subjects::ensure(connection, refused.environment, subject, found.as_ref())
    };
    let event = events::NewEvent {
        subjects: Some((id(&refused.user)?, id(&refused.number)?)),
        reason: Some(EventReason::Refusal(refused.refusal)),
        country: refused.country,
        detail: Some(&refused.detail),
        ..events::NewEvent::of(refused.environment, refused.at, EventKind::REFUSED)
    };
    if events::repeat(connection, &event)? { Ok(()) } else { events::insert(connection, &event) }
}

/// Writes the event of a code that a limit would have refused, had it not been only recorded.
fn record_over_limit(
    connection: &Connection,
    request: &Reservation,
    delivery: DeliveryId,
    over: OverLimit,
) -> Result<()> {
    let event = events::NewEvent {
        delivery: Some(delivery),
        reason: Some(EventReason::Refusal(over.into())),
        detail: Some(&format!("{over}; sent anyway, as limits are log-only")),
        ..events::NewEvent::of(request.environment, request.at, EventKind::WouldRefuse)
    };
    events::insert(connection, &event)
}
