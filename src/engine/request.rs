//! Requesting a code: what is allowed, and the slot for it. Handing the message over stands in
//! `submit`.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::acting::ActingEngine;
use super::client::Account;
use super::error::RequestError;
use super::leaseholder::Held;
use super::open::Engine;
use super::operator::Operator;
use super::pause::REST;
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
    AuditAction, ChallengeId, DeliveryId, RefusedRequest, Reservation, Reserved, Subject,
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
    /// where the message certainly did not go out. A caller that goes away changes nothing: what was
    /// begun is finished and recorded.
    ///
    /// # Errors
    /// When nothing was sent and nothing was counted, but for [`RequestError::Unrecorded`]. A
    /// message that the provider refused is not an error here but a [`Submission`] with that
    /// status.
    pub async fn request(self, request: CodeRequest) -> Result<Submission, RequestError> {
        self.may_act()?;
        let (engine, operator) = (self.engine.clone(), self.operator.clone());
        let sending = async move { engine.by(&operator).send(request).await };
        match tokio::spawn(sending).await {
            Ok(outcome) => outcome,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(RequestError::ShuttingDown),
            },
        }
    }

    /// Sends a code, and writes down what came of it.
    async fn send(self, request: CodeRequest) -> Result<Submission, RequestError> {
        let environment = request.environment;
        let requested = self.engine.request_for(self.operator, request).await;
        let outcome = match &requested {
            Ok(Submission { delivery, status, .. }) => format!("delivery {}: {status}", delivery.0),
            // The slot is taken, and the audit has the intent.
            Err(error @ (RequestError::Unrecorded(_) | RequestError::TakenOver)) => {
                error.to_string()
            }
            Err(_) => return requested,
        };
        if self.operator.is_person {
            // The code has gone out or not, whatever becomes of this; the log has it too.
            let _ = self.audit(Some(environment), AuditAction::SendOutcome, outcome).await;
        }
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
    account: Arc<Account>,
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
        operator: &Operator,
        request: CodeRequest,
    ) -> Result<Submission, RequestError> {
        self.store()?;
        let allowed = self.allow(request).await?;
        let environment = allowed.environment;
        // Before the slot: anyone who has to wait here has taken nothing.
        let _turn = allowed.account.turn().await.ok_or(RequestError::Busy)?;
        let code = Passcode::draw(|| self.inner.rng.u32()).map_err(|_| RequestError::NoEntropy)?;
        let message = message(&allowed, &code);
        let (key, user) = (self.inner.key.clone(), self.inner.key.user(&allowed.user));
        let digest =
            move |challenge: ChallengeId| key.code(environment, user, challenge.0, code.digits());
        let held = Held::now(&self.inner.clock);
        let reservation = self.reservation(&allowed, operator);
        let reserved = self.store()?.reserve(reservation, digest).await?;
        self.changed();
        let (delivery, asked_at, quota, known) = match reserved {
            Reserved::Slot { delivery, at, quota, known, .. } => (delivery, at, quota, known),
            Reserved::Locked { quota } => {
                return Err(locked(quota, allowed.settings(), self.now()));
            }
            Reserved::UserLocked => return Err(RequestError::UserLocked),
            Reserved::OverLimit(over) => return Err(RequestError::OverLimit(over)),
            Reserved::Paused { code, until } => {
                return Err(RequestError::Paused { environment, code, until, now: self.now() });
            }
        };
        let account = allowed.settings().provider.account().map(Into::into);
        let status = None;
        let followed = Followed { delivery, environment, sid: None, account, asked_at, status };
        let status = self.hand_over((&allowed.account, known, held), followed, message).await?;
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
        let segments = plan.message.segments().count;
        Ok(Allowed { environment, config, user, number, route, segments, account })
    }

    /// What is asked of the store, once it tells the moment.
    fn reservation(
        &self,
        allowed: &Allowed,
        operator: &Operator,
    ) -> impl FnOnce(Timestamp) -> Reservation + Send + 'static {
        let Allowed { environment, user, number, route, segments, .. } = allowed;
        let (settings, key) = (allowed.settings(), &self.inner.key);
        let (environment, segments) = (*environment, *segments);
        let (sender, reason) = (route.sender.clone(), route.reason.clone());
        let (rule, limits) = (settings.quota_rule(), settings.limits.clone());
        let user = Subject { key: key.user(user), label: self.label(user) };
        let block = key.block(number);
        let country = number.country();
        let number = Subject { key: key.number(number), label: number.masked() };
        let account = settings.provider.account();
        let credentials = allowed.account.fingerprint.map(|used| (used, REST));
        let validity = SignedDuration::from_mins(settings.code_validity.get().into());
        let (asked_by, is_audited) = (operator.asked_by.clone(), operator.is_person);
        let leaseholder = self.inner.leaseholder;
        move |at| Reservation {
            environment,
            user,
            number,
            country,
            sender,
            reason,
            segments,
            rule,
            valid_until: at.checked_add(validity).unwrap_or(Timestamp::MAX),
            at,
            asked_by,
            is_audited,
            lease: leaseholder.lease(at),
            account,
            block,
            limits,
            credentials,
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
