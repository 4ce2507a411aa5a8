//! Cancels a message that has not left the provider yet: a code that was sent by mistake.

use super::acting::ActingEngine;
use super::error::NotReady;
use super::operator::ReadOnly;
use super::status_details::StatusDetails;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::provider::{Capability, ProviderError, can};
use crate::store::{AuditAction, DeliveryId, StoreError};

/// Why a message was not canceled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// The operator may only look.
    #[error(transparent)]
    ReadOnly(#[from] ReadOnly),
    /// The delivery has its final status, or the provider's id of the message is not known yet.
    #[error(
        "there is nothing to call back: the delivery has ended, or the provider does not have it yet"
    )]
    NothingThere,
    /// The provider refuses; most likely the message has left already.
    #[error("the provider does not call it back: {0}")]
    Refused(#[from] ProviderError),
    /// The message has left already.
    #[error("it is {0} already: it cannot be called back any more")]
    TooLate(DeliveryStatus),
    /// The settings name another account than the one that holds the message.
    #[error("{0} has another account now than the one that the message was sent with")]
    OtherAccount(Environment),
    /// The provider cannot cancel messages.
    #[error("{0} cannot call messages back")]
    Unsupported(&'static str),
    /// The provider cannot be used.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message was canceled, but the audit could not be written.
    #[error("called back, but it is not in the audit: {0}")]
    Unaudited(StoreError),
}

impl ActingEngine<'_> {
    /// Cancels the message of a delivery. It stays counted: it may have been on its way already.
    ///
    /// # Errors
    /// When it has left already, or the provider or the store fails.
    pub async fn cancel(self, delivery: DeliveryId) -> Result<(), CancelError> {
        self.may_act()?;
        let engine = self.engine;
        let open = engine.store()?.unfinished(delivery).await?;
        let open = open.ok_or(CancelError::NothingThere)?;
        let sid = open.sid.ok_or(CancelError::NothingThere)?;
        let provider = engine.settings(open.environment).provider;
        if provider.account() != open.account {
            return Err(CancelError::OtherAccount(open.environment));
        }
        if !can(provider.kind(), Capability::CancelMessage) {
            return Err(CancelError::Unsupported(provider.name()));
        }
        let client = engine.inner.clients.client(open.environment, &provider).await?;
        let message = format!("delivery {} ({sid})", delivery.0);
        let audit = |action, words| self.audit(Some(open.environment), action, words);
        audit(AuditAction::Intent, format!("call back {message}")).await?;
        let canceled = client.cancel(&sid).await;
        if let Err(error) = &canceled {
            // The refusal is what matters; the audit has the intent at least.
            let words = format!("{message}: not called back: {error}");
            let _ = audit(AuditAction::CancelMessage, words).await;
        }
        let status = canceled?.status.unwrap_or(DeliveryStatus::Canceled);
        let details = match status {
            DeliveryStatus::Canceled => StatusDetails::in_words("called back"),
            _ => StatusDetails::in_words("could not be called back"),
        };
        engine.inner.store.report(details.report(delivery, engine.now(), status)).await?;
        engine.changed();
        let audited = audit(AuditAction::CancelMessage, format!("{message}: {status}")).await;
        if status != DeliveryStatus::Canceled {
            return Err(CancelError::TooLate(status));
        }
        audited.map_err(CancelError::Unaudited)
    }
}
