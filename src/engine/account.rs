//! Checks the account of an environment and lists its senders, without sending anything.
//!
//! Works for settings and tokens that are not saved yet, so that a wrong one is never stored.

use std::sync::Arc;

use super::client::{Account, Clients};
use super::deck::Deck;
use super::error::NotReady;
use super::open::Engine;
use crate::config::Config;
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::domain::secret::{DeckKey, Secret};
use crate::provider::{AccessError, AccountReport, OfferedSenders, Patience};

/// The account to query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountQuery {
    /// The environment, for its stored token.
    pub environment: Environment,
    /// The provider, perhaps as edited.
    pub provider: Provider,
    /// A token that is not stored yet; otherwise the one that the provider's settings name.
    pub token: Option<Secret>,
}

/// Why an account could not be queried, or cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountProblem {
    /// Something is missing on this side.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// The provider cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl AccountProblem {
    /// The stable name in JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotReady(_) => "not_ready",
            Self::Access(error) => error.code(),
        }
    }

    /// Whether it is certain that nothing can be sent with these credentials.
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::NotReady(_) => false,
            Self::Access(error) => error.refusal().is_some(),
        }
    }
}

impl Deck {
    /// Checks that an account accepts its credentials, and reads its status and balance. What it
    /// said of them counts from then on, if the engine is open.
    ///
    /// # Errors
    /// When it cannot be queried, or cannot send.
    pub async fn check_account(
        &self,
        config: &Config,
        query: AccountQuery,
    ) -> Result<AccountReport, AccountProblem> {
        let environment = query.environment;
        let (_clients, account) = self.account(config, query).await?;
        let checked = account.client.check_access().await;
        if let Some(engine) = self.engine() {
            engine.learn_from_check(environment, account.fingerprint, &checked).await;
        }
        Ok(checked?)
    }

    /// Lists the numbers, short codes and Messaging Services that an account can send from. Calls
    /// `on_progress` with the number read so far.
    ///
    /// # Errors
    /// When it cannot be queried, or refuses.
    pub async fn offered_senders(
        &self,
        config: &Config,
        query: AccountQuery,
        on_progress: impl Fn(usize),
    ) -> Result<OfferedSenders, AccountProblem> {
        let (_clients, account) = self.account(config, query).await?;
        Ok(account.client.offered_senders(on_progress).await?)
    }

    /// Returns the account, with the clients that it belongs to: a Sandbox that was started for the
    /// query ends when they are dropped.
    async fn account(
        &self,
        config: &Config,
        query: AccountQuery,
    ) -> Result<(Clients, Account), NotReady> {
        // Without an engine the fingerprint is of no use.
        let key = self.engine().map_or_else(|| DeckKey::new([0; 32]), Engine::key);
        let (_, config) = tokio::sync::watch::channel(Arc::new(config.clone()));
        let (paths, runtime) = (self.paths().clone(), self.runtime().clone());
        let clients = Clients::new(paths, config, Patience::default(), runtime, key);
        let AccountQuery { environment, provider, token } = query;
        let account = clients.account_with(environment, &provider, token).await?;
        Ok((clients, account))
    }
}
