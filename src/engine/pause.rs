//! What the account of an environment says of its credentials, and the pause in sending while it
//! rejects them: asking again for every user would fail each time, and could get the account
//! blocked.
//!
//! It is in the store, for each credentials by themselves: another process that has the right token
//! goes on, and one that has learned better ends the pause for all that have the same.

use jiff::SignedDuration;

use super::client::Account;
use super::credentials_status::CredentialsStatus;
use super::open::Engine;
use crate::domain::environment::Environment;
use crate::domain::secret::Fingerprint;
use crate::provider::{Created, ErrorCode};
use crate::store::{CredentialsReport, StoreError};

/// How long nothing is sent after a refusal; then one request shows whether it still applies.
pub(super) const REST: SignedDuration = SignedDuration::from_mins(1);

impl Engine {
    /// Records what a response to a message says of the credentials, where that is news.
    pub(super) async fn learn_from(
        &self,
        environment: Environment,
        account: &Account,
        known: Option<CredentialsReport>,
        created: &Created,
    ) {
        let Some(fingerprint) = account.fingerprint else { return };
        let refused = match created {
            Created::Refused(refusal) if refusal.class.refuses_credentials() => {
                Some(refusal.code.unwrap_or_default())
            }
            // It has looked at the message, so it knows whose it is.
            Created::Accepted(_) | Created::Refused(_) => None,
            Created::Busy { .. } | Created::NotSubmitted(..) | Created::Unclear(..) => return,
        };
        // A rejection begins the pause again.
        if refused.is_none() && known.is_some_and(|known| known.refused.is_none()) {
            return;
        }
        // The pause is a courtesy: a store that fails stops the codes by itself.
        let _ = self.report_credentials(environment, fingerprint, refused).await;
    }

    /// Records what the account says of credentials.
    pub(super) async fn report_credentials(
        &self,
        environment: Environment,
        fingerprint: Fingerprint,
        refused: Option<u32>,
    ) -> Result<(), StoreError> {
        let at = self.now();
        let report = CredentialsReport { environment, fingerprint, at, refused };
        self.store()?.report_credentials(report).await?;
        self.changed();
        Ok(())
    }

    /// What is known of the credentials that are in force; `None` where there are none, as for the
    /// Sandbox. Of a secret that cannot be had here, what was last known of any.
    pub(super) async fn credentials_status(
        &self,
        environment: Environment,
    ) -> Result<Option<CredentialsStatus>, StoreError> {
        if !self.has_account(environment) {
            return Ok(None);
        }
        let account = self.account_at_hand(environment).await;
        let fingerprint = account.and_then(|account| account.fingerprint);
        let known = self.store()?.credentials(environment, fingerprint).await?;
        let provider = self.settings(environment).provider.kind();
        Ok(Some(match known {
            None => CredentialsStatus::Unverified,
            Some(CredentialsReport { at, refused: None, .. }) => {
                CredentialsStatus::Accepted { since: at }
            }
            Some(CredentialsReport { at, refused: Some(code), .. }) => {
                CredentialsStatus::Refused { code: ErrorCode::new(provider, code), at }
            }
        }))
    }
}
