//! Checking codes, unlocking users, and reading the Sandbox's phones.

use std::fmt;

use super::acting::ActingEngine;
use super::error::EngineError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::domain::passcode::{Passcode, Verdict};
use crate::domain::phone::{PhoneNumber, Recipient};
use crate::domain::text::{masked_digits, printable};
use crate::domain::user::{User, UserId};
use crate::provider::{Capability, HandsetMessage, can, handset};
use crate::store::{Attempt, ChallengeId, Remedy, Subject, Unlock};

/// A user's try at proving a sign-in.
#[derive(Clone)]
pub struct CodeAttempt {
    /// The environment that sent the code.
    pub environment: Environment,
    /// The phone number as typed.
    pub number: String,
    /// The caller's id of the user, if the code was requested with one; without it the newest
    /// code of the number counts.
    pub user: Option<UserId>,
    /// The code that the user typed.
    pub code: Passcode,
}

/// Without the number and the code: they have no place in a log.
impl fmt::Debug for CodeAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeAttempt")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

/// Characters of a reason that are kept.
const MAX_REASON: usize = 200;

/// Characters of a ticket that are kept.
const MAX_TICKET: usize = 40;

/// An operator's wish to help a user.
#[derive(Debug, Clone)]
pub struct UnlockRequest {
    /// The environment.
    pub environment: Environment,
    /// The user as the quota shows them.
    pub user: Subject,
    /// Their number as the quota shows it.
    pub number: Subject,
    /// What they get.
    pub remedy: Remedy,
    /// Why, in the operator's words. Whole numbers in it are masked.
    pub reason: String,
    /// The ticket that it is about.
    pub ticket: Option<String>,
}

impl ActingEngine<'_> {
    /// Judges a code. A right one works once and gives the user all codes back.
    ///
    /// # Errors
    /// When the number is not valid or the store cannot be used; the try is not counted then.
    pub async fn verify(self, attempt: CodeAttempt) -> Result<Verdict, EngineError> {
        self.may_act()?;
        let engine = self.engine;
        let CodeAttempt { environment, number, user, code } = attempt;
        let number = engine.recipient(environment, &number)?;
        let key = engine.inner.key.clone();
        let attempt = Attempt {
            environment,
            number: key.number(&number),
            user: user.map(|id| key.user(&User::Id(id))),
            recipient: number.masked(),
            at: engine.now(),
        };
        let digest = move |user, challenge: ChallengeId| {
            key.code(environment, user, challenge.0, code.digits())
        };
        let verdict = engine.inner.store.verify(attempt, digest).await?;
        engine.changed();
        Ok(verdict)
    }

    /// Gives a user codes back or forgives their wrong tries, with a reason that stays in log and
    /// audit. `false` where there was nothing to give.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn unlock(self, request: UnlockRequest) -> Result<bool, EngineError> {
        self.may_act()?;
        let engine = self.engine;
        let UnlockRequest { environment, user, number, remedy, reason, ticket } = request;
        let mut reason = masked_digits(printable(&reason, MAX_REASON).trim(), 7);
        if let Some(ticket) = ticket {
            reason = format!("{reason} (ticket {})", printable(ticket.trim(), MAX_TICKET));
        }
        let (at, by) = (engine.now(), self.operator.asked_by.clone());
        let rule = engine.settings(environment).quota_rule();
        let unlock = Unlock { environment, user, number, remedy, rule, at, by, reason };
        let given = engine.inner.store.unlock(unlock).await?;
        engine.changed();
        Ok(given)
    }
}

impl Engine {
    /// What a phone has received from this environment's own Sandbox, oldest first.
    ///
    /// # Errors
    /// When the environment is not on the Sandbox, or the number is not valid.
    pub async fn handset(
        &self,
        environment: Environment,
        number: &str,
    ) -> Result<Vec<HandsetMessage>, EngineError> {
        if !can(self.settings(environment).provider.kind(), Capability::Handset) {
            return Err(EngineError::NoHandset(environment));
        }
        let number = self.recipient(environment, number)?;
        let base = self.inner.clients.sandbox_url(environment).await?;
        Ok(handset(self.inner.clients.loopback().await?, &base, &number).await?)
    }

    /// Understands a number by the environment's default country.
    fn recipient(&self, environment: Environment, typed: &str) -> Result<PhoneNumber, EngineError> {
        let default_country = self.settings(environment).default_country;
        Ok(Recipient::parse(typed, default_country)?.number)
    }
}
