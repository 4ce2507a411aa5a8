//! Handing a reserved message to the provider, and recording what came of it.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::client::Account;
use super::error::RequestError;
use super::leaseholder::Held;
use super::open::Engine;
use super::poll::Followed;
use super::status_details::StatusDetails;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::fault::Fault;
use crate::provider::{Client, Created, NewMessage};
use crate::store::{CredentialsReport, DeliveryId, StoreError};

/// How often a create is tried where repeating it is safe: nothing was sent, or the provider
/// responded that it processed nothing.
const MAX_ATTEMPTS: u32 = 5;

/// The longest wait that a provider may impose between two attempts; a code is wanted now.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The least time, in seconds, that must be left of a code's validity when it is handed over;
/// with less the user could hardly type it.
const MIN_VALIDITY: u32 = 10;

/// How often a result is written again where the store fails. Each try waits for a busy store
/// by itself already.
const MAX_REPORTS: u32 = 3;

impl Engine {
    /// Hands a reserved message over and returns where it stands then. It is followed from here on
    /// unless it has come to its end.
    pub(super) async fn hand_over(
        &self,
        (account, known, held): (&Account, Option<CredentialsReport>, Held),
        mut followed: Followed,
        message: NewMessage,
    ) -> Result<DeliveryStatus, RequestError> {
        let delivery = followed.delivery;
        let (status, details) =
            match self.submit(&account.client, (&followed, &held), message).await {
                Ok(created) => {
                    self.learn_from(followed.environment, account, known, &created).await;
                    settled(created)
                }
                Err(error) => {
                    // Nothing was sent; the scheduler writes so once the store can be written.
                    self.inner.follower.follow(followed).await;
                    return Err(error.into());
                }
            };
        followed.sid = details.sid.clone().map(Into::into);
        let recorded = self.record(delivery, status, details).await;
        followed.status = recorded.is_ok().then_some(status);
        if !status.is_final() || recorded.is_err() {
            // Also where the store has failed: it may take a later status.
            self.inner.follower.follow(followed).await;
        }
        match recorded {
            Ok(true) => Ok(status),
            // Another process has found the message, or given the slot back.
            Ok(false) => {
                let known = self.inner.store.unfinished(delivery).await;
                let known = known.map_err(RequestError::Unrecorded)?;
                Ok(known.ok_or(RequestError::TakenOver)?.status)
            }
            Err(error) if status.releases_slot() => Err(error.into()),
            Err(error) => Err(RequestError::Unrecorded(error)),
        }
    }

    /// Has the provider create the message, and again where that is safe.
    async fn submit(
        &self,
        client: &Client,
        (followed, held): (&Followed, &Held),
        mut message: NewMessage,
    ) -> Result<Created, SubmitError> {
        let delivery = followed.delivery;
        let (validity, begun) = (message.validity_seconds, Instant::now());
        let budget = &self.inner.retries[followed.environment];
        let budget = || budget.lock().unwrap_or_else(PoisonError::into_inner);
        budget().earn();
        let mut attempt = 1;
        loop {
            if !self.inner.leaseholder.holds(held, &self.inner.clock) {
                let lease = self.inner.leaseholder.lease(self.now());
                // A process that was stopped for long may find that another one has taken over.
                if !self.inner.store.renew_to_send(delivery, lease).await? {
                    return Err(SubmitError::TakenOver);
                }
            }
            // After the wait for the store, which may have been long.
            let left = left_of(validity, followed.asked_at, self.now(), begun);
            if left < MIN_VALIDITY {
                let reason = "the code was about to expire".to_owned();
                return Ok(Created::NotSubmitted(Fault::TooLate, reason));
            }
            message.validity_seconds = left;
            let created = client.create(&message).await;
            let wait = match &created {
                Created::Busy { retry_after } => {
                    retry_after.unwrap_or_else(|| backoff(attempt)).min(MAX_WAIT)
                }
                Created::NotSubmitted(..) => backoff(attempt),
                _ => return Ok(created),
            };
            if attempt >= MAX_ATTEMPTS || !budget().take() {
                return Ok(created);
            }
            attempt += 1;
            tokio::time::sleep(wait).await;
        }
    }

    /// Records what came of it, and tries again where the store fails: a message may be
    /// on its way that no one would know of. `false` if it is stale.
    async fn record(
        &self,
        delivery: DeliveryId,
        status: DeliveryStatus,
        details: StatusDetails,
    ) -> Result<bool, StoreError> {
        let mut attempt = 1;
        loop {
            match self.report(delivery, status, details.clone()).await {
                Err(_) if attempt < MAX_REPORTS => {
                    tokio::time::sleep(backoff(attempt)).await;
                    attempt += 1;
                }
                recorded => return recorded,
            }
        }
    }

    async fn report(
        &self,
        delivery: DeliveryId,
        status: DeliveryStatus,
        details: StatusDetails,
    ) -> Result<bool, StoreError> {
        let report = details.report(delivery, self.now(), status);
        let moved = self.inner.store.report(report).await?;
        self.changed();
        Ok(moved)
    }
}

/// Why a reserved message was not handed over.
enum SubmitError {
    Store(StoreError),
    TakenOver,
}

impl From<StoreError> for SubmitError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SubmitError> for RequestError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Store(error) => Self::Store(error),
            SubmitError::TakenOver => Self::TakenOver,
        }
    }
}

/// The status that the last attempt leads to.
fn settled(created: Created) -> (DeliveryStatus, StatusDetails) {
    match created {
        Created::Accepted(state) => (
            state.status.unwrap_or(DeliveryStatus::Accepted),
            StatusDetails {
                sid: Some(state.sid),
                error_code: state.error_code,
                request_id: state.request_id,
                detail: state.error_message,
                fault: None,
                took: state.took,
            },
        ),
        Created::Refused(refusal) => (
            DeliveryStatus::Refused,
            StatusDetails {
                sid: None,
                error_code: refusal.code,
                request_id: refusal.request_id,
                detail: Some(refusal.message),
                fault: None,
                took: None,
            },
        ),
        Created::Busy { .. } => {
            let detail = "the provider had too many requests at once; it did not take this one";
            let fault = Some(Fault::Busy);
            (DeliveryStatus::Refused, StatusDetails { fault, ..StatusDetails::in_words(detail) })
        }
        Created::NotSubmitted(fault, reason) => {
            let fault = Some(fault);
            (DeliveryStatus::NotSent, StatusDetails { fault, ..StatusDetails::in_words(reason) })
        }
        Created::Unclear(fault, reason) => {
            let detail = format!("{reason}; it may have been sent, so it counts");
            let fault = Some(fault);
            (DeliveryStatus::Unknown, StatusDetails { fault, ..StatusDetails::in_words(detail) })
        }
    }
}

/// The seconds that are left of a validity of so many seconds since a moment. A wall clock that was
/// set back makes it no longer: at least the time since `begun` has passed.
fn left_of(validity: u32, asked_at: Timestamp, now: Timestamp, begun: Instant) -> u32 {
    let by_wall_clock = Duration::try_from(now.duration_since(asked_at)).unwrap_or_default();
    let passed = by_wall_clock.max(begun.elapsed());
    let left = (u128::from(validity) * 1000).saturating_sub(passed.as_millis());
    u32::try_from(left / 1000).unwrap_or(0)
}

/// Exponential back-off with full jitter: anywhere between nothing and 0.25 s, 0.5 s, 1 s, 2 s.
fn backoff(attempt: u32) -> Duration {
    let most = 250_u64 << attempt.clamp(1, 4).saturating_sub(1);
    let share = u64::from(getrandom::u32().unwrap_or(u32::MAX));
    Duration::from_millis(most * share / u64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_validity_shrinks_with_the_time_since_the_request_by_either_clock() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let now = Instant::now();
        assert!(left_of(300, at(0), at(0), now) >= 299);
        assert_eq!(left_of(300, at(0), at(40), now), 260);
        assert_eq!(left_of(300, at(0), at(301), now), 0);
        // A clock that was set back by an hour.
        assert!((299..=300).contains(&left_of(300, at(0), at(-3600), now)));
        let earlier = now.checked_sub(Duration::from_secs(100)).unwrap();
        assert!(left_of(300, at(0), at(-3600), earlier) <= 200);
    }
}
