//! Requesting a code: what is allowed, and the slot for it. Handing the message over stands in
//! `submit`.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::acting::ActingEngine;
use super::client::Account;
use super::error::RequestError;
use super::open::Engine;
use super::plan::plan;
use super::poll::Followed;
use crate::config::Config;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::passcode::Passcode;
use crate::domain::phone::{Accept, PhoneNumber};
use crate::domain::quota::Quota;
use crate::domain::routing::Route;
use crate::domain::sender::Sender;
use crate::domain::settings::Settings;
use crate::domain::user::{User, UserId};
use crate::provider::NewMessage;
use crate::store::{
    AuditAction, ChallengeId, CredentialsReport, DeliveryId, RefusedRequest, Reservation, Reserved,
    Subject,
};

/// A user's request for a code.
#[derive(Clone)]
pub struct CodeRequest {
    /// The environment to send from.
    pub environment: Environment,
    /// The phone number as typed.
    pub number: String,
    /// The caller's id of the user; without it the number is the user.
    pub user: Option<UserId>,
    /// Which numbers may be texted.
    pub accept: Accept,
    /// The From number to send from; without it routing decides.
    pub sender: Option<Sender>,
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
        let environment = request.environment;
        let requested = self.engine.request_for(&self.operator.asked_by, request).await;
        let outcome = match &requested {
            Ok(Submission { delivery, status, .. }) => format!("delivery {}: {status}", delivery.0),
            // The slot is taken, and the audit has the intent.
            Err(error @ (RequestError::Unrecorded(_) | RequestError::TakenOver)) => {
                error.to_string()
            }
            Err(_) => return requested,
        };
        // The code has gone out or not, whatever becomes of this; the log has it too.
        let _ = self.audit(Some(environment), AuditAction::SendOutcome, outcome).await;
        requested
    }
}

/// A request that recipients and routing allow, with what sending it takes.
struct Allowed {
    environment: Environment,
    /// The settings in force when it was made.
    config: Arc<Config>,
    user: User,
    number: PhoneNumber,
    route: Route,
    segments: usize,
    account: Account,
    /// What was known of its credentials.
    known: Option<CredentialsReport>,
}

impl Allowed {
    fn settings(&self) -> &Settings {
        &self.config.environments[self.environment]
    }
}

impl Engine {
    /// As [`ActingEngine::request`], for someone who may.
    async fn request_for(
        &self,
        asked_by: &str,
        request: CodeRequest,
    ) -> Result<Submission, RequestError> {
        self.store()?;
        let allowed = self.allow(request).await?;
        let environment = allowed.environment;
        let code = Passcode::draw(|| self.inner.rng.u32()).map_err(|_| RequestError::NoEntropy)?;
        let reservation = self.reservation(&allowed, asked_by);
        let message = message(&allowed, &code);
        let now = reservation.at;
        let account = reservation.account.clone();
        let (key, user) = (self.inner.key.clone(), reservation.user.key);
        let digest =
            move |challenge: ChallengeId| key.code(environment, user, challenge.0, code.digits());
        let reserved = self.store()?.reserve(reservation, digest).await?;
        self.changed();
        let (delivery, quota) = match reserved {
            Reserved::Slot { delivery, quota, .. } => (delivery, quota),
            Reserved::Locked { quota } => return Err(locked(quota, allowed.settings(), now)),
            Reserved::UserLocked => return Err(RequestError::UserLocked),
            Reserved::OverLimit(over) => return Err(RequestError::OverLimit(over)),
        };
        let followed = Followed { delivery, environment, sid: None, account, asked_at: now };
        let status = self.hand_over((&allowed.account, allowed.known), followed, message).await?;
        Ok(Submission { delivery, status, quota })
    }

    /// Judges a request by everything but the store; a refusal is in the log.
    async fn allow(&self, request: CodeRequest) -> Result<Allowed, RequestError> {
        let config = self.config();
        let environment = request.environment;
        let settings = &config.environments[environment];
        let typed = (request.number.as_str(), request.accept);
        let (country, app_name) = (settings.default_country, config.deck.app_name.as_str());
        let plan = plan(settings, country, app_name, typed, request.sender.as_ref())?;
        let number = plan.recipient.number.clone();
        let user = request.user.map_or_else(|| User::Number(number.clone()), User::Id);
        let route = if plan.may_text {
            plan.route.map_err(RequestError::from)
        } else {
            Err(RequestError::NotARecipient { environment, recipient: number.masked() })
        };
        let route = match route {
            Ok(route) => route,
            Err(error) => {
                return Err(self.record_refusal(environment, &user, &number, error).await);
            }
        };
        let account = match self.inner.clients.account(environment, &settings.provider).await {
            Ok(account) => account,
            Err(error) => {
                return Err(self.record_refusal(environment, &user, &number, error.into()).await);
            }
        };
        let known = self.check_pause(environment, &account).await?;
        let segments = plan.message.segments().count;
        Ok(Allowed { environment, config, user, number, route, segments, account, known })
    }

    fn reservation(&self, allowed: &Allowed, asked_by: &str) -> Reservation {
        let Allowed { environment, user, number, route, .. } = allowed;
        let (settings, key, now) = (allowed.settings(), &self.inner.key, self.now());
        Reservation {
            environment: *environment,
            user: Subject { key: key.user(user), label: self.label(user) },
            number: Subject { key: key.number(number), label: number.masked() },
            country: number.country(),
            sender: route.sender.clone(),
            reason: route.reason.clone(),
            segments: allowed.segments,
            rule: settings.quota_rule(),
            valid_until: now + SignedDuration::from_mins(settings.code_validity.get().into()),
            at: now,
            asked_by: asked_by.to_owned(),
            lease: self.inner.leaseholder.lease(now),
            account: settings.provider.account(),
            block: key.block(number),
            limits: settings.limits.clone(),
        }
    }

    /// Writes a refusal into the log, so that anyone who watches sees it too. A store that
    /// cannot be written is reported instead.
    async fn record_refusal(
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
            user: Subject { key: key.user(user), label: self.label(user) },
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

fn message(allowed: &Allowed, code: &Passcode) -> NewMessage {
    let settings = allowed.settings();
    let validity = settings.code_validity.get();
    let text = settings.message_for(allowed.number.country());
    NewMessage {
        to: allowed.number.clone(),
        sender: allowed.route.sender.clone(),
        body: text.render(code, validity, allowed.config.deck.app_name.as_str()),
        validity_seconds: u32::from(validity) * 60,
        options: settings.provider.message_options(),
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
