//! Requesting a code: plan, reserve, submit.

use std::fmt;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::acting::ActingEngine;
use super::desk::{Order, Outcome};
use super::error::RequestError;
use super::open::Engine;
use super::plan::plan;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::passcode::Passcode;
use crate::domain::phone::PhoneNumber;
use crate::domain::quota::Quota;
use crate::domain::settings::Settings;
use crate::domain::user::{User, UserId};
use crate::provider::{Client, Created, NewMessage};
use crate::store::{
    ChallengeId, DeliveryId, RefusedRequest, Reservation, Reserved, StoreError, Subject,
};

/// How often a create is tried where repeating it is safe: nothing was sent, or the provider
/// answered that it processed nothing.
const MAX_ATTEMPTS: u32 = 5;

/// The longest wait that a provider may impose between two attempts; a code is wanted now.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The least time, in seconds, that must be left of a code's validity when it is handed over;
/// with less the user could hardly type it.
const MIN_VALIDITY: i64 = 10;

/// How often a result is written again where the store fails. Each try waits for a busy store
/// by itself already.
const MAX_REPORTS: u32 = 3;

/// A user's request for a code.
#[derive(Clone)]
pub struct CodeRequest {
    /// The environment to send from.
    pub environment: Environment,
    /// The phone number as typed.
    pub number: String,
    /// The caller's id of the user; without it the number is the user.
    pub user: Option<UserId>,
}

/// Without the number: it has no place in a log.
impl fmt::Debug for CodeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeRequest")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

/// A code that was handed to the provider, or tried to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Submission {
    /// The delivery, for following its events.
    pub delivery: DeliveryId,
    /// Where it stands after the provider's answer.
    pub status: DeliveryStatus,
    /// The user's quota after this code.
    pub quota: Quota,
}

impl ActingEngine<'_> {
    /// Sends a code to a user, if routing, recipients and quota allow it.
    ///
    /// The slot is reserved in the store before the provider is called. It is given back only
    /// where the message certainly did not go out.
    ///
    /// # Errors
    /// When nothing was sent and nothing was counted, but for [`RequestError::Unrecorded`]. A
    /// message that the provider refused is not an error here but a [`Submission`] with that
    /// status.
    pub async fn request(self, request: CodeRequest) -> Result<Submission, RequestError> {
        self.may_act()?;
        self.engine.request_for(&self.operator.asked_by, request).await
    }
}

impl Engine {
    /// As [`ActingEngine::request`], for somebody who may.
    async fn request_for(
        &self,
        asked_by: &str,
        request: CodeRequest,
    ) -> Result<Submission, RequestError> {
        let config = self.config();
        let environment = request.environment;
        let settings = &config.environments[environment];
        let plan =
            plan(settings, settings.default_country, &config.deck.app_name, &request.number)?;
        let number = plan.recipient.number.clone();
        let user = request.user.map_or_else(|| User::Number(number.clone()), User::Id);
        if !plan.may_text {
            let refusal = RequestError::NotARecipient { environment, recipient: number.masked() };
            return Err(self.recorded(environment, &user, &number, refusal).await);
        }
        let route = match plan.route {
            Ok(route) => route,
            Err(refusal) => {
                return Err(self.recorded(environment, &user, &number, refusal.into()).await);
            }
        };
        self.check_pause(environment, self.now()).await?;
        let client = match self.inner.clients.client(environment, &settings.provider).await {
            Ok(client) => client,
            Err(error) => {
                return Err(self.recorded(environment, &user, &number, error.into()).await);
            }
        };

        let code = Passcode::draw(|| self.inner.rng.u32()).map_err(|_| RequestError::NoEntropy)?;
        let validity = settings.code_validity.get();
        let message = settings.message_for(number.country());
        let body = message.render(&code, validity, &config.deck.app_name);
        let now = self.now();
        let key = self.inner.key.clone();
        let user_key = key.user(&user);
        let valid_until = now + SignedDuration::from_mins(validity.into());
        let reservation = Reservation {
            environment,
            user: Subject { key: user_key, label: user.label() },
            number: Subject { key: key.number(&number), label: number.masked() },
            country: number.country(),
            sender: route.sender.clone(),
            reason: route.reason,
            segments: plan.message.segments().count,
            rule: settings.quota_rule(),
            valid_until,
            at: now,
            asked_by: asked_by.to_owned(),
            lease: self.inner.tenure.lease(now),
            account: settings.provider.account(),
            block: key.block(&number),
            limits: settings.limits.clone(),
        };
        let digest = move |challenge: ChallengeId| {
            key.code(environment, user_key, challenge.0, code.digits())
        };
        let reserved = self.inner.store.reserve(reservation, digest).await?;
        self.changed();
        let (delivery, quota) = match reserved {
            Reserved::Slot { delivery, quota, .. } => (delivery, quota),
            Reserved::Locked { quota } => return Err(locked(quota, settings, now)),
            Reserved::UserLocked => return Err(RequestError::UserLocked),
            Reserved::OverLimit(over) => return Err(RequestError::OverLimit(over)),
        };
        let account = settings.provider.account();
        let order = |sid| Order { delivery, environment, sid, account, asked_at: now };
        let mut message = NewMessage {
            to: number,
            sender: route.sender,
            body,
            validity_seconds: u32::from(validity) * 60,
            options: settings.provider.message_options(),
        };
        let submitted =
            self.submit(&client, environment, delivery, &mut message, valid_until).await;
        let (status, outcome) = match submitted {
            Ok(submitted) => submitted,
            Err(error) => {
                // Nothing was sent; the scheduler writes so once the store can be written.
                self.inner.follower.follow(order(None)).await;
                return Err(error.into());
            }
        };
        let sid = outcome.sid.clone();
        let recorded = self.record(delivery, status, outcome).await;
        if !status.is_final() || recorded.is_err() {
            // Also where the store has failed: it may take a later status.
            self.inner.follower.follow(order(sid)).await;
        }
        match recorded {
            Ok(true) => Ok(Submission { delivery, status, quota }),
            // Another process has found the message, or given the slot back.
            Ok(false) => {
                let known = self.inner.store.unfinished(delivery).await;
                let known = known.map_err(RequestError::Unrecorded)?;
                let status = known.ok_or(RequestError::TakenOver)?.status;
                Ok(Submission { delivery, status, quota })
            }
            Err(error) if status.releases_slot() => Err(error.into()),
            Err(error) => Err(RequestError::Unrecorded(error)),
        }
    }

    /// Hands a reserved message to the provider and answers what became of it.
    async fn submit(
        &self,
        client: &Client,
        environment: Environment,
        delivery: DeliveryId,
        message: &mut NewMessage,
        valid_until: Timestamp,
    ) -> Result<(DeliveryStatus, Outcome), SubmitError> {
        let submitting = DeliveryStatus::Submitting;
        if let Err(error) = self.report(delivery, submitting, Outcome::default()).await {
            let detail = "the store failed before anything was sent".to_owned();
            let outcome = Outcome { detail: Some(detail), ..Outcome::default() };
            // The slot goes back, if the store takes at least this; else it stays counted.
            let _ = self.report(delivery, DeliveryStatus::NotSent, outcome).await;
            return Err(error.into());
        }
        let budget = &self.inner.retries[environment];
        let budget = || budget.lock().unwrap_or_else(PoisonError::into_inner);
        budget().earn();
        let mut attempt = 1;
        Ok(loop {
            let left = valid_until.duration_since(self.now()).as_secs();
            if left < MIN_VALIDITY {
                break settled(Created::NotSubmitted("the code was about to expire".to_owned()));
            }
            message.validity_seconds = u32::try_from(left).unwrap_or(u32::MAX);
            // A process that was stopped for long may find that another one has taken over.
            if !self
                .inner
                .store
                .renew_to_send(delivery, self.inner.tenure.lease(self.now()))
                .await?
            {
                return Err(SubmitError::TakenOver);
            }
            let created = client.create(message).await;
            let wait = match &created {
                Created::Busy { retry_after } => {
                    retry_after.unwrap_or_else(|| backoff(attempt)).min(MAX_WAIT)
                }
                Created::NotSubmitted(_) => backoff(attempt),
                _ => break settled(created),
            };
            if attempt >= MAX_ATTEMPTS || !budget().take() {
                break settled(created);
            }
            attempt += 1;
            tokio::time::sleep(wait).await;
        })
    }

    /// Writes what the provider said, and tries again where the store fails: a message may be
    /// on its way that nobody would know of. `false` if it is old news.
    async fn record(
        &self,
        delivery: DeliveryId,
        status: DeliveryStatus,
        outcome: Outcome,
    ) -> Result<bool, StoreError> {
        let mut attempt = 1;
        loop {
            match self.report(delivery, status, outcome.clone()).await {
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
        outcome: Outcome,
    ) -> Result<bool, StoreError> {
        let report = outcome.report(delivery, self.now(), status);
        let moved = self.inner.store.report(report).await?;
        self.changed();
        Ok(moved)
    }

    /// Writes a refusal into the log, so that whoever watches sees it too. A store that
    /// cannot be written is reported instead.
    async fn recorded(
        &self,
        environment: Environment,
        user: &User,
        number: &PhoneNumber,
        error: RequestError,
    ) -> RequestError {
        let Some(refusal) = error.refusal() else { return error };
        let key = &self.inner.key;
        let refused = RefusedRequest {
            environment,
            at: self.now(),
            user: Subject { key: key.user(user), label: user.label() },
            number: Subject { key: key.number(number), label: number.masked() },
            country: number.country(),
            refusal,
            detail: error.to_string(),
        };
        match self.inner.store.record_refusal(refused).await {
            Ok(()) => {
                self.changed();
                error
            }
            Err(failed) => failed.into(),
        }
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

/// The status that a last answer leads to.
fn settled(created: Created) -> (DeliveryStatus, Outcome) {
    match created {
        Created::Accepted(state) => (
            state.status.unwrap_or(DeliveryStatus::Accepted),
            Outcome {
                sid: Some(state.sid),
                error_code: state.error_code,
                request_id: state.request_id,
                detail: state.error_message,
            },
        ),
        Created::Refused(refusal) => (
            DeliveryStatus::Refused,
            Outcome {
                sid: None,
                error_code: refusal.code,
                request_id: refusal.request_id,
                detail: Some(refusal.message),
            },
        ),
        Created::Busy { .. } => {
            let detail = "the provider had too many requests at once; it did not take this one";
            (
                DeliveryStatus::Refused,
                Outcome { detail: Some(detail.to_owned()), ..Outcome::default() },
            )
        }
        Created::NotSubmitted(reason) => {
            (DeliveryStatus::NotSent, Outcome { detail: Some(reason), ..Outcome::default() })
        }
        Created::Unclear(reason) => {
            let detail = format!("{reason}; it may have gone out, so it stays counted");
            (DeliveryStatus::Unknown, Outcome { detail: Some(detail), ..Outcome::default() })
        }
    }
}

fn locked(quota: Quota, settings: &Settings, now: Timestamp) -> RequestError {
    RequestError::Locked {
        quota,
        unlock_at: quota.unlock_at().unwrap_or(now),
        now,
        allowed: settings.codes_allowed,
    }
}

/// Exponential back-off with full jitter: anywhere between nothing and 0.25 s, 0.5 s, 1 s, 2 s.
fn backoff(attempt: u32) -> Duration {
    let most = 250_u64 << attempt.clamp(1, 4).saturating_sub(1);
    let share = u64::from(getrandom::u32().unwrap_or(u32::MAX));
    Duration::from_millis(most * share / u64::from(u32::MAX))
}
