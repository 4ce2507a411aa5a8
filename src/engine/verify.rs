//! Checking codes.

use std::fmt;

use super::acting::ActingEngine;
use super::error::EngineError;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::domain::passcode::{Passcode, Verdict};
use crate::domain::phone::{Accept, PhoneNumber, Recipient};
use crate::domain::user::{User, UserId};
use crate::store::{Attempt, ChallengeId};

/// A user's try at proving a sign-in.
#[derive(Clone)]
pub struct CodeAttempt {
    /// The environment that sent the code.
    pub environment: Environment,
    /// The phone number as typed.
    pub number: String,
    /// The caller's id of the user, if the code was requested with one; without it only codes
    /// that were requested without one count.
    pub user: Option<UserId>,
    /// The code that the user typed.
    pub code: Passcode,
}

/// How a code was judged, and whose sign-in it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How it was judged.
    pub verdict: Verdict,
    /// The user whose challenge was looked for: the id as it may be shown, or the masked number.
    pub user: String,
}

/// For people: the verdict, and of an approval for whom it is.
impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.verdict {
            Verdict::Approved => write!(f, "Approved for {}.", self.user),
            verdict => verdict.fmt(f),
        }
    }
}

/// Without the number and the code: they have no place in a log.
impl fmt::Debug for CodeAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeAttempt")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

impl ActingEngine<'_> {
    /// Judges a code. A right one works once and gives the user all codes back.
    ///
    /// # Errors
    /// When the number is not valid or the store cannot be used; the try is not counted then.
    pub async fn verify(self, attempt: CodeAttempt) -> Result<Verified, EngineError> {
        self.may_act()?;
        let engine = self.engine;
        let CodeAttempt { environment, number, user, code } = attempt;
        let number = engine.recipient(environment, &number)?;
        let key = engine.inner.key.clone();
        let of = engine.label(&user.clone().map_or_else(|| User::Number(number.clone()), User::Id));
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
        let verdict = engine.store()?.verify(attempt, digest).await?;
        engine.changed();
        Ok(Verified { verdict, user: of })
    }
}

impl Engine {
    /// Understands a number that may have been texted, by the environment's default country.
    pub(super) fn recipient(
        &self,
        environment: Environment,
        typed: &str,
    ) -> Result<PhoneNumber, EngineError> {
        let default_country = self.settings(environment).default_country;
        Ok(Recipient::parse_accepting(typed, default_country, Accept::Possible)?.number)
    }
}
