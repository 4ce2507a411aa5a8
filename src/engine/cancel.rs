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
        "nothing to cancel: the code has its final status, or the provider does not have it yet"
    )]
    NothingThere,
    /// The provider refuses; most likely the message has left already.
    #[error("the provider does not cancel it: {0}")]
    Refused(#[from] ProviderError),
    /// The message has left already.
    #[error("it is already {0}; it can no longer be canceled")]
    TooLate(DeliveryStatus),
    /// The settings name another account than the one that holds the message.
    #[error("{0} now uses another account than the message")]
    OtherAccount(Environment),
    /// The provider cannot cancel messages.
    #[error("{0} cannot cancel messages")]
    Unsupported(&'static str),
    /// The provider cannot be used.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message was canceled, but the audit could not be written.
    #[error("canceled, but the audit has no record of it: {0}")]
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
        audit(AuditAction::Intent, format!("cancel {message}")).await?;
        let canceled = client.cancel(&sid).await;
        if let Err(error) = &canceled {
            // The refusal is what matters; the audit has the intent at least.
            let words = format!("{message}: not canceled: {error}");
            let _ = audit(AuditAction::CancelMessage, words).await;
        }
        let status = canceled?.status.unwrap_or(DeliveryStatus::Canceled);
        let details = match status {
            DeliveryStatus::Canceled => StatusDetails::in_words("canceled"),
            _ => StatusDetails::in_words("could not be canceled"),
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
