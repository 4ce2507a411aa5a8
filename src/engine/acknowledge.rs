//! Acknowledging findings: somebody knows, so nobody else is to be woken.

use jiff::SignedDuration;

use super::acting::ActingEngine;
use super::error::EngineError;
use super::finding::{Finding, Severity};
use crate::domain::environment::Environment;
use crate::domain::span::later;
use crate::domain::text::{masked_digits, printable};
use crate::store::Acknowledgement;

/// Characters of a reason that are kept.
const MAX_REASON: usize = 200;

/// An operator's request to acknowledge a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcknowledgeRequest {
    /// The environment.
    pub environment: Environment,
    /// The stable name of the finding.
    pub finding: String,
    /// Why, in the operator's words. Whole numbers in it are masked.
    pub reason: String,
    /// For how long; zero ends it.
    pub lasting: SignedDuration,
}

impl ActingEngine<'_> {
    /// Acknowledges a finding: until its end it is shown and marked, and no longer counts for what
    /// the status is. `false` where there is no such finding now, or no acknowledgement to end.
    ///
    /// # Errors
    /// When the operator may only look, or the store cannot be read or written.
    pub async fn acknowledge(self, request: AcknowledgeRequest) -> Result<bool, EngineError> {
        self.may_act()?;
        let AcknowledgeRequest { environment, finding, reason, lasting } = request;
        let at = self.engine.now();
        let store = self.engine.store()?;
        let is_there = if lasting.is_zero() {
            // It must not hide the finding when that comes back, so it can be ended without it.
            let known = store.acknowledgements(environment, at).await?;
            known.iter().any(|known| known.finding == finding)
        } else {
            let status = self.engine.status(environment).await?;
            let wrong = |it: &Finding| it.key == finding && it.severity > Severity::Fine;
            status.findings.iter().any(wrong)
        };
        if !is_there {
            return Ok(false);
        }
        let acknowledgement = Acknowledgement {
            environment,
            finding,
            at,
            until: later(at, lasting),
            by: self.operator.asked_by.clone(),
            reason: masked_digits(printable(&reason, MAX_REASON).trim(), 7),
        };
        store.acknowledge(acknowledgement).await?;
        self.engine.changed();
        Ok(true)
    }
}
