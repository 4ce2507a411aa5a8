//! Helping a user who gets no code.

use super::acting::ActingEngine;
use super::error::EngineError;
use crate::domain::environment::Environment;
use crate::domain::text::{masked_digits, printable};
use crate::store::{Remedy, Subject, Unlock};

/// Characters of a reason that are kept.
const MAX_REASON: usize = 200;

/// Characters of a ticket that are kept.
const MAX_TICKET: usize = 40;

/// An operator's request to help a user.
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
        let given = engine.store()?.unlock(unlock).await?;
        engine.changed();
        Ok(given)
    }
}
