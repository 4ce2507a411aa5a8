//! Takes the slot of a code before anything is sent. Judging and taking are one transaction,
//! so that requests which race, in whatever process, never get more slots than there are.

use rusqlite::{Connection, Result};

use super::quota::Counted;
use super::{Sqlite, audit, challenges, deliveries, events, limits, subjects};
use crate::domain::limits::OverLimit;
use crate::domain::passcode::{IssuedCode, MAX_WRONG_TRIES, Validity};
use crate::domain::refusal::Refusal;
use crate::store::error::StoreError;
use crate::store::event::{EventKind, EventReason};
use crate::store::ids::{ChallengeId, DeliveryId};
use crate::store::reservation::{RefusedRequest, Reservation, Reserved};

impl Sqlite {
    pub async fn reserve(
        &self,
        reservation: Reservation,
        digest: impl FnOnce(ChallengeId) -> [u8; 32] + Send + 'static,
    ) -> Result<Reserved, StoreError> {
        let key = self.key.clone();
        self.worker
            .write(move |connection| {
                let reserved = reserve(connection, &reservation, digest)?;
                if matches!(reserved, Reserved::Slot { .. }) {
                    audit::append(connection, &key, &reservation.audit())?;
                }
                Ok(reserved)
            })
            .await
    }

    pub async fn record_refusal(&self, refused: RefusedRequest) -> Result<(), StoreError> {
        self.worker.write(move |connection| record(connection, &refused)).await
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
    let (delivery, reserved) = take(connection, request, counted, digest)?;
    if let Some(over) = over {
        record_over_limit(connection, request, delivery, over)?;
    }
    Ok(reserved)
}

fn take(
    connection: &Connection,
    request: &Reservation,
    mut counted: Counted,
    digest: impl FnOnce(ChallengeId) -> [u8; 32],
) -> Result<(DeliveryId, Reserved)> {
    let user = subjects::ensure(connection, request.environment, &request.user)?;
    let number = subjects::ensure(connection, request.environment, &request.number)?;
    let counted_at = counted.add(request.at);
    let delivery = deliveries::begin(connection, request, (user, number), counted_at)?;
    let challenge = challenges::open_or_new(connection, user, number, request.at)?;
    let validity = Validity { from: request.at, until: request.valid_until };
    let code = IssuedCode { digest: digest(challenge), validity, by_wall_clock: validity };
    challenges::add_code(connection, challenge, delivery, &code)?;
    let quota = counted.judge(request.rule, request.at);
    Ok((delivery, Reserved::Slot { delivery, challenge, quota }))
}

/// Writes the event of a request that was refused.
fn record(connection: &Connection, refused: &RefusedRequest) -> Result<()> {
    let event = events::NewEvent {
        keys: Some((refused.user.key, refused.number.key)),
        reason: Some(EventReason::Refusal(refused.refusal)),
        country: refused.country,
        detail: Some(&refused.detail),
        ..events::NewEvent::of(
            refused.environment,
            refused.at,
            EventKind::REFUSED,
            (&refused.user.label, &refused.number.label),
        )
    };
    events::insert(connection, &event)
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
        sender: Some(request.sender.as_str()),
        reason: Some(EventReason::Refusal(over.into())),
        country: request.country,
        detail: Some(&format!("{over}; sent anyway, as limits are log-only")),
        ..events::NewEvent::of(
            request.environment,
            request.at,
            EventKind::WouldRefuse,
            (&request.user.label, &request.number.label),
        )
    };
    events::insert(connection, &event)
}
